"""A whole first session over HTTP, from the red flags to the page at the end, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from hiphinge.program.history import ClipSeen, FeelLog, Intake, SessionOpened, SetDone, Ticks
from hiphinge.verdict.headlines import NOTICE
from tests.web.patients import House, open_house

BACK = {"pain": "1", "places": "low_back", "numbness": "no"}
SET = {"effort": "hamstrings", "pain": "0", "numbness": "no"}


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    with open_house(tmp_path) as found:
        yield found


def test_a_first_session_from_red_flags_to_the_summary(house) -> None:
    text = house.get("today")
    assert "Start a session" in text
    assert NOTICE.split(";")[0] in text

    answer = house.post("begin", resting_pain="2", minutes="30", equipment="kettlebell")
    assert answer.headers["location"].endswith("/questions")
    assert "decide whether it is better to see somebody" in house.follow(answer)
    answer = house.post("questions", **house.no_flags())
    assert answer.headers["location"].endswith("/intake")
    answer = house.post("intake", places="low_back", since="May", goal="garden")
    text = house.follow(answer)
    assert "Toe touch" in text
    assert "/pictures/toe_touch.loop.webp" in text
    assert "Leave it out" in text

    house.plan = ["touch-3"]
    text = house.follow(house.send(label="usual", **BACK))
    assert "waits for its turn" in text
    assert house.work() == 1
    text = house.follow(house.send(drill="free_hinge", label="coached", pain="0", numbness="no"))
    assert house.work() == 1
    house.post("leave-out", drill="pelvic_tilt")

    house.plan = ["touch-3", "round-3"]
    house.send(drill="toe_touch", **BACK)
    house.send(drill="rounding", **BACK)
    assert house.work() == 2
    text = house.get("today")
    assert "Wall hinge" in text
    assert "Only you can tell" in text
    house.post("ticks", drill="wall_hinge", asked=["feet_active", "hands_steady"], ticks="feet_active")

    house.plan = ["good-5"]
    house.send(drill="wall_hinge", touched="yes", **SET)
    house.work()
    house.send(drill="wall_hinge", touched="yes")
    house.work()
    text = house.get("today")
    assert "How did it feel?" in text
    house.post("feel", drill="wall_hinge", **SET)

    answer = house.post("finish")
    text = house.follow(answer)
    assert "The session in four points" in text
    assert "Pain: at rest, before 2 of 10" in text
    assert "no to all 17 (a no does not clear anyone)" in text
    title = re.search(r'id="next">([^<]+)<', text)[1]
    assert text.count(f">{title}<") == 1
    assert "Before and after" in text
    assert "5 of 5" in text
    session = answer.headers["location"].split("/")[-1].split("?")[0]
    pdf = house.browser.get(f"{house.base}/sessions/{session}.pdf")
    assert pdf.content.startswith(b"%PDF")

    kinds = [type(one) for one in house.events()]
    assert kinds.count(SetDone) == 2
    assert kinds.count(Ticks) == 3
    opened = next(one for one in house.events() if isinstance(one, SessionOpened))
    assert (opened.resting_pain, opened.minutes, opened.equipment) == (2, 30, ("kettlebell",))
    intake = next(one for one in house.events() if isinstance(one, Intake))
    assert (intake.pain, intake.places, intake.goal) == (2, ("low_back",), "garden")
    labels = [one.label for one in house.events() if isinstance(one, ClipSeen)]
    assert labels[:2] == ["usual", "coached"]


def test_a_set_is_told_with_its_feeling_and_the_next_step_follows(house) -> None:
    house.begin()
    house.skip_screens()
    text = house.follow(house.send(touched="yes", **SET))
    assert "Only numbers stay" in text or "only numbers stay" in text
    house.work()
    done = [one for one in house.events() if isinstance(one, SetDone | FeelLog)]
    assert [type(one) for one in done] == [SetDone, FeelLog]
    assert done[1].effort == ("hamstrings",)
    text = house.get(f"clips/{done[0].assessment}")
    assert "Rep by rep" in text
    assert "5 met the drill" in text
    assert "How did it feel?" not in text
    report = house.browser.get(f"{house.base}/clips/{done[0].assessment}/report")
    assert "script-src" not in report.headers["content-security-policy"]
    assert house.store.clips(house.person.id)[0].kept is False


def test_the_morning_after_is_asked_before_the_next_session(house) -> None:
    house.begin()
    house.skip_screens()
    house.send(touched="yes", **SET)
    house.work()
    house.post("finish")
    answer = house.post("morning", 409, pain="0")
    assert "too soon" in answer.text
    assert f'href="{house.base}/today"' in answer.text.split("<main")[1]
    text = house.get("morning")
    assert "It is asked from" in text
    assert 'name="pain"' not in text
    assert "hiphinge session" not in answer.text
    house.sleep(20)
    assert "How was the morning after?" in house.get("today")
    house.post("morning", pain="0")
    text = house.get("begin")
    assert "Is anything new or worse since" in text
    answer = house.post("begin", resting_pain="1", new_symptoms="yes")
    assert answer.headers["location"].endswith("/questions")


def test_while_a_rest_is_in_force_no_session_is_offered_as_the_next_thing(house) -> None:
    house.begin()
    house.skip_screens()
    house.send(touched="yes", **{**SET, "pain": "6", "places": "low_back"})
    house.work()
    house.post("finish")
    text = house.get("today")
    assert "Not before" in text
    assert "Start a session" not in text
    assert "Begin earlier all the same" in text
    assert "button--primary" not in text.split('class="row actions"')[1].split("</div>")[0]
    assert "Rest for now" in house.browser.get("/").text
    text = house.get("begin")
    assert "Not before" in text
    assert "button--primary" not in text.split('action="' + house.base + '/begin"')[1]


def test_answers_that_are_missing_are_asked_again_and_nothing_is_kept(house) -> None:
    answer = house.post("questions", 422, saddle_numbness="no")
    assert answer.text.count("Please answer yes or no") == 16
    said = answer.text.split('id="errors"')[1].split("</div>")[0]
    assert "16 questions are still open:" in said
    assert '<a href="#f-cancer">Have you ever had cancer?</a>' in said
    assert "saddle_numbness" not in said
    assert 'id="f-cancer" aria-describedby=" e-cancer"' in answer.text
    assert house.events() == ()
    answer = house.post("begin", 422, minutes="soon")
    assert "Please pick a number from 0 to 10" in answer.text
    assert "whole number from 1 to 999" in answer.text
    house.post("begin", resting_pain="3")
    house.post("questions", **house.no_flags())
    answer = house.post("intake", 422)
    assert "Please mark where it hurts" in answer.text
    house.post("intake", places="hip")
    house.skip_screens()
    answer = house.post("feel", 422, drill="wall_hinge", pain="2", numbness="no", effort="buttocks")
    assert "Please mark where it hurt" in answer.text
    assert not any(isinstance(one, FeelLog) and one.effort for one in house.events())


@pytest.mark.parametrize(
    ("flag", "heading", "words"),
    [("bladder", "Stop, and get help now", "Call your emergency number now"),
     ("night_pain", "Stop, and see a clinician first", "Show this page to a doctor")],
)  # fmt: skip
def test_a_yes_stops_whatever_else_is_open(house, flag, heading, words) -> None:
    house.begin()
    text = house.follow(house.post("questions", **{flag: "yes"}))
    assert heading in text
    assert words in text
    assert text.index(words) < text.index("Why")
    for page in ("upload", "begin", "cannot"):
        found = house.browser.get(f"{house.base}/{page}")
        assert found.headers["location"].endswith("/today")
    assert house.browser.get(f"{house.base}/upload").status_code == 303
    first = house.browser.get("/").text
    assert "A stop is in force" in first
    assert "Today" not in first.split("<main")[1].split("</main")[0]


def test_new_numbness_is_kept_though_the_rest_is_open_and_says_the_emergency_first(house) -> None:
    house.begin()
    house.skip_screens()
    text = house.follow(house.post("feel", drill="wall_hinge", numbness="yes"))
    assert "get emergency help now" in text
    assert "Stop, and see a clinician first" in text
    told = [one for one in house.events() if isinstance(one, FeelLog)][-1]
    assert told.new_numbness is True


def test_numbness_told_with_a_film_stops_at_once_and_the_film_goes(house) -> None:
    house.begin()
    house.skip_screens()
    text = house.follow(house.send(touched="yes", numbness="yes"))
    assert "get emergency help now" in text
    assert house.store.jobs(house.person.id) == ()
    assert house.store.uploads(house.person.id) == ()


def test_a_screen_is_left_out_with_or_without_saying_why(house) -> None:
    house.begin(resting_pain="0")
    house.post("leave-out", drill="toe_touch", pain="4", places="low_back", numbness="no")
    seen = [one for one in house.events() if isinstance(one, ClipSeen)][-1]
    assert (seen.outcome, seen.pain) == ("left_out", 4)
    house.post("leave-out", drill="wall_hinge")
    assert [one.drill for one in house.events() if isinstance(one, ClipSeen)] == ["toe_touch"]
    assert '<span class="soft">(left out)</span>' in house.get("history")


def test_the_last_entry_is_taken_back_with_a_reason_and_only_if_it_still_is_the_last(house) -> None:
    house.begin()
    house.post("leave-out", drill="toe_touch")
    text = house.get("undo")
    assert "toe touch" in text
    key = house.events()[-1].key
    house.post("undo", 422, entry=key, reason=" ")
    house.post("leave-out", drill="pelvic_tilt")
    house.post("undo", 200, entry=key, reason="slip")
    newest = house.events()[-1].key
    house.post("undo", entry=newest, reason="slip")
    assert "Pelvic tilt" in house.get("today")


def test_what_there_is_changes_today_and_odd_numbers_are_told(house) -> None:
    house.begin()
    house.skip_screens()
    assert "3 sets of 8" in house.get("today")
    text = house.get("today?have=1&minutes=5&space_m=1")
    assert "rarely shows head to feet" in text
    assert "The time, minutes, is 0" in house.get("today?have=1&minutes=0")
    house.get("today?have=1&minutes=soon")


def test_a_session_left_open_overnight_can_only_be_finished(house) -> None:
    house.begin()
    house.sleep(30)
    assert "Finish the session" in house.get("today")
    assert "it can only be finished" in house.get("finish")
    answer = house.post("feel", 409, drill="wall_hinge", **SET)
    assert "hiphinge" not in answer.text.split("<main")[1].split("<footer")[0]
    house.post("finish")
