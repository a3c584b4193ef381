"""What the pages show: the same numbers as the documents, in words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import get_args

import pytest

from hiphinge.program.about import find_safety
from hiphinge.program.decision import Action, Decision, Line
from hiphinge.program.facts import Estimate
from hiphinge.program.history import Override, RedFlagAnswers, SessionOpened
from hiphinge.program.next_step import next_step
from hiphinge.program.progress import RungState, summarise_progress
from hiphinge.program.summary import Remark, summarise_session
from hiphinge.program.trend import Point, trend
from hiphinge.report.program import (
    render_progress_html,
    render_progress_pdf,
    render_session_html,
    render_session_pdf,
    words,
)
from hiphinge.report.program.charts import draw_trend
from hiphinge.report.program.views import booklet_view, progress_view, session_view
from hiphinge.verdict.headlines import NOTICE
from tests.program.sample_log import BEGAN, PROGRAM, sample_history

HISTORY = sample_history()
NEXT = Decision(
    "easier", "wall", "wall_hinge", "half", "Two reps in a row missed.",
    (
        Line("Missed reps", "fewer than two in a row", "two in a row", False, ("set",)),
        Line("Pain", "2 or less", "?", None, ("feel",)),
    ),
)  # fmt: skip
SUMMARY = summarise_session(HISTORY, "s1", PROGRAM, NEXT, person="Anna")
PROGRESS = summarise_progress(HISTORY, PROGRAM, person="Anna")


def test_the_session_shows_the_documents_numbers() -> None:
    view = session_view(SUMMARY, zone=UTC)
    assert view["title"] == "Session of 2 November 2026"
    assert view["document_title"] == "Anna · session of 2 November 2026"
    assert view["next"]["drill"] == "Wall hinge: heels half a shoe-length from the wall"
    assert view["next"]["label"] == "An easier way"
    assert [row["cells"] for row in view["before_after"]["rows"]] == [
        ["38° (32 to 44)", "14° (8 to 20)"],
        ["45 % (36 to 54)", "72 % (63 to 81)"],
        ["4 of 10", "2 of 10"],
    ]
    assert [row["reps"] for row in view["work"]] == ["5 of 8", "5 of 8"]
    assert view["work"][0]["lumbar"] == "34° (28 to 40)"
    assert [point["answer"] for point in view["points"]] == ["not yet", "not yet", "yes", "not yet"]
    assert [line["holds"] for line in view["why"]] == ["not met", "not known"]
    assert view["notice"] == NOTICE


def test_the_progress_shows_the_documents_numbers() -> None:
    view = progress_view(PROGRESS, zone=UTC)
    hinge, scores = view["groups"]
    assert (hinge["title"], scores["title"]) == ("Hinge drills", "Scores")
    assert hinge["note"] == "First wall hinge, latest goat-bag hinge: another drill, so compare with care."
    lumbar = hinge["trends"][0]
    assert (lumbar["first"], lumbar["latest"]) == ("35° (29 to 41)", "13° (7 to 19)")
    assert (lumbar["by"], lumbar["verdict"]) == ("−22°", "better")
    assert "changes within 10° are not clear" in lumbar["alt"]
    reach = next(one for one in scores["trends"] if one["label"] == "Fingertips to floor")
    assert (reach["first"], reach["latest"], reach["by"], reach["verdict"]) == (
        "18 cm", "15 cm", "−3 cm", "no clear change",
    )  # fmt: skip
    assert {one["label"] for one in view["firsts"]} >= {"Lumbar flexion: usual bend"}
    assert view["weeks"]["text"] == "2 a week over the last 3 whole weeks; the plan for this step is 2 to 3."
    assert [rung["when"] for rung in view["rungs"]][:5] == [
        "done 2 Nov",
        "passed 5 Nov",
        "passed 12 Nov",
        "passed 17 Nov",
        "here since 17 Nov",
    ]


def test_where_the_bands_come_from_is_said_once_each() -> None:
    bands = progress_view(PROGRESS, zone=UTC)["bands"]
    assert sum("stand-in" in line for line in bands) == 1
    assert sum("Ostelo 2008" in line for line in bands) == 2  # pain, everyday limits
    assert any("not yet checked in its source" in line for line in bands)


def test_words_that_not_everybody_knows_are_explained() -> None:
    assert "Lumbar flexion: how far the lower back bends" in session_view(SUMMARY, zone=UTC)["estimates"]
    assert progress_view(PROGRESS, zone=UTC)["estimates"].endswith("FL: foot length, heel to toe.")


@pytest.mark.parametrize(("holds", "mark"), [(True, "✓"), (False, "○"), (None, "?")])
def test_a_line_says_what_was_seen_before_what_was_asked_for(holds, mark) -> None:
    line = Line("New numbness or weakness", "none", "yes", holds, ("e",))
    flag = Line("Is one foot newly weak?", "no", "yes", holds, ("e",))
    summary = replace(SUMMARY, decision=replace(NEXT, evidence=(line, flag)))
    assert [one["mark"] for one in session_view(summary, zone=UTC)["why"]] == [mark, mark]
    page = " ".join(re.sub(r"<[^>]*>", "", render_session_html(summary, zone=UTC)).split())
    assert "New numbness or weakness: yes asked for: none" in page
    assert "Is one foot newly weak? yes asked for: no" in page
    assert "Seen:" not in page


def test_lines_without_entries_are_about_the_next_session_once_one_is_over() -> None:
    lines = (
        Line("Safety questions", "all answered, none with yes", "17 of 17 answered", True, ("flags",)),
        Line("Back pain in the session", "2 of 10 or less", "not answered", None),
        Line("Reps that pass", "2 sets", "0 such sets", False),
    )
    for view in (
        session_view(replace(SUMMARY, decision=replace(NEXT, evidence=lines)), zone=UTC),
        progress_view(replace(PROGRESS, decision=replace(NEXT, evidence=lines)), zone=UTC),
    ):
        assert [line["rule"] for line in view["why"]] == ["Safety questions:"]
        assert view["later"] == [
            {"rule": "Back pain in the session", "needed": "2 of 10 or less"},
            {"rule": "Reps that pass", "needed": "2 sets"},
        ]
    going = session_view(replace(SUMMARY, closed=False, decision=replace(NEXT, evidence=lines)), zone=UTC)
    assert (len(going["why"]), going["later"]) == (3, [])


def test_the_page_of_a_finished_session_says_of_no_answer_that_it_is_missing() -> None:
    summary = summarise_session(HISTORY, "s6", PROGRAM, next_step(HISTORY, PROGRAM))
    page = render_session_html(summary, zone=UTC)
    assert "In the next session" in page
    assert "not answered" not in page


def test_every_state_of_a_step_has_a_mark_and_words() -> None:
    assert set(words.RUNG_MARKS) == set(get_args(RungState))
    assert [state for state, mark in words.RUNG_MARKS.items() if mark == "✓"] == ["passed"]
    placed = replace(PROGRESS.rungs[1], state="placed", passed=None, placed=BEGAN, by="Dr Bo")
    view = progress_view(replace(PROGRESS, rungs=(placed,)), zone=UTC)
    assert view["rungs"][0]["when"] == "placed ahead by Dr Bo, 2 Nov"
    assert "placed ahead by Dr Bo, 2 Nov" in render_progress_html(replace(PROGRESS, rungs=(placed,)), zone=UTC)
    assert render_progress_pdf(replace(PROGRESS, rungs=(placed,)), zone=UTC).startswith(b"%PDF")
    assert words.rung_text(replace(placed, state="ahead", reached=None), BEGAN, UTC) == "ahead"
    assert words.rung_text(replace(placed, state="present", reached=None), BEGAN, UTC) == "here"


def test_what_was_said_and_the_first_look_stand_on_both_pages() -> None:
    about, ticks, screen = "Goal: dance.", ("Wall hinge, ticked: X.",), ("Your back bent first.",)
    more = {"about": about, "ticks": ticks, "screen": screen}
    for page in (render_session_html(replace(SUMMARY, **more)), render_progress_html(replace(PROGRESS, **more))):
        assert "Goal: dance. Wall hinge, ticked: X." in page
        assert "to read with your clinician" in page
        assert "Your back bent first." in page
    without = {"about": "", "ticks": (), "screen": ()}
    for page in (render_session_html(replace(SUMMARY, **without)), render_progress_html(replace(PROGRESS, **without))):
        assert 'class="about"' not in page
        assert "to read with your clinician" not in page


def test_pain_at_rest_and_the_safety_questions_stand_on_the_page_of_a_session() -> None:
    assert SUMMARY.safety is not None
    asked = "Safety questions, 2 November 2026: no to all 17 (a no does not clear anyone)."
    page = render_session_html(SUMMARY, zone=UTC)
    assert asked in page
    assert "at rest, before: " in page
    assert session_view(SUMMARY, zone=UTC)["safety"] == asked
    flags = [event for event in HISTORY.events if isinstance(event, RedFlagAnswers)]
    rest = [event for event in HISTORY.events if not isinstance(event, RedFlagAnswers)]
    assert words.safety_text(find_safety(rest, PROGRAM, "s1"), UTC) == "Safety questions: not asked."
    later = replace(flags[0], answers={"cancer": True, "bowel": None})
    sure = Override(key="o", at=BEGAN, clinician="Dr Bo", reason="Seen.", step=None, clears_stop=True)
    text = words.safety_text(find_safety([*HISTORY.events[:3], later, sure], PROGRAM, "s1"), UTC)
    assert text == (
        "Safety questions, 2 November 2026: yes to “Have you ever had cancer?”; 1 not answered. Dr Bo lifted the stop."
    )
    opened = next(event for event in HISTORY.events if isinstance(event, SessionOpened))
    nextone = replace(opened, session="later", key="later")
    assert find_safety([*flags, opened, nextone, later], PROGRAM, opened.session) == find_safety(flags, PROGRAM, "s1")


def test_a_share_stays_between_0_and_100() -> None:
    assert words.estimate_text(Estimate(98.0, 89.0, 107.0, "%")) == "98 % (89 to 100)"
    assert words.told_text(Point(3.0, BEGAN, -6.0, 12.0), "%") == "3 % (0 to 12)"
    assert words.told_text(Point(3.0, BEGAN, -6.0, 12.0), "°") == "3° (−6 to 12)"
    drawn = draw_trend(trend([Point(98, BEGAN, 89, 107)], 5, unit="%"), 1, UTC)
    assert ">120<" not in drawn


def test_only_the_newest_notes_stand_on_the_page_of_a_session() -> None:
    notes = tuple(Remark(BEGAN + timedelta(days=k), "Ana", f"note {k}") for k in range(7))
    assert [one["text"] for one in session_view(replace(SUMMARY, notes=notes))["notes"]] == [
        "note 6", "note 5", "note 4", "note 3", "note 2",
    ]  # fmt: skip
    assert len(progress_view(replace(PROGRESS, notes=notes))["notes"]) == 7


def test_no_page_shows_an_address() -> None:
    notes = (Remark(BEGAN, "ana@example.org", "Mail lee@example.org."),)
    for page in (
        render_session_html(replace(SUMMARY, notes=notes)),
        render_progress_html(replace(PROGRESS, notes=notes)),
    ):
        assert "example.org" not in page
        assert page.count("(e-mail address left out)") == 2


@pytest.mark.parametrize("action", get_args(Action))
def test_a_drill_is_named_only_where_there_is_something_to_do(action) -> None:
    view = session_view(replace(SUMMARY, decision=replace(NEXT, action=action)), zone=UTC)["next"]
    works = action in ("screen", "do", "up", "down", "choose", "easier")
    assert (view["drill"] != "") is works
    assert (view["cue"] != "") is works
    assert (view["tone"] == "stop") is (action in ("stop_now", "stop_see"))
    assert view["label"]


def test_views_are_plain_data() -> None:
    for view in (session_view(SUMMARY), progress_view(PROGRESS), booklet_view(PROGRAM)):
        assert json.loads(json.dumps(view)) == view


def test_the_booklet_has_every_drill_whole() -> None:
    view = booklet_view(PROGRAM)
    assert [drill["name"] for drill in view["drills"]] == [drill.name for drill in PROGRAM.drills]
    bag = next(drill for drill in view["drills"] if drill["id"] == "goat_bag")
    assert [one["name"] for one in bag["equipment"]] == ["Kettlebell", "Dumbbell", "Loaded backpack"]
    assert bag["dose"][0] == "2 x 8 reps, 2 to 3 days a week, three seconds down, one second there, two seconds up."
    assert "2 sets in which at least 4 of 5 reps met the drill's own rules." in bag["gate"]
    assert "Felt in hamstrings or buttocks, and not in the back." in bag["gate"]
    assert sum(len(group["questions"]) for group in view["flags"]) == 17
    assert [step["choice"] for step in view["steps"]] == [False, False, False, False, True, False, False]


def test_days_are_the_readers() -> None:
    late = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
    assert words.date_text(late, UTC) == "2 November 2026"
    assert words.date_text(late, timezone(timedelta(hours=2))) == "3 November 2026"
    assert words.date_text(date(2026, 2, 28), None, short=True) == "28 Feb"
    assert words.date_text(None, UTC) == ""


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12.5, "°", "12°"),
        (4.3, "of 10", "4.3 of 10"),
        (10.0, "of 10", "10 of 10"),
        (0.7, "FL", "0.70 FL"),
        (None, "°", "–"),
    ],
)
def test_values_in_words(value, unit, text) -> None:
    assert words.point_text(value, unit) == text


@pytest.mark.parametrize(
    ("by", "unit", "text"),
    [
        (-1, "of 10", "−1 point"),
        (3, "of 24", "+3 points"),
        (24, "%", "+24 points"),
        (-0.004, "FL", "0.00 FL"),
        (None, "°", ""),
    ],
)
def test_changes_in_words(by, unit, text) -> None:
    assert words.change_text(by, unit) == text


def test_reps_in_words() -> None:
    assert words.rep_text(7, 8, 8) == "7 of 8"
    assert words.rep_text(6, 6, 8) == "6 of 6, 2 cannot be told"
    assert words.rep_text(0, 0, 8) == "cannot tell (8 reps)"
    assert words.rep_text(0, 0, 0) == "none filmed"
    assert words.estimate_text(None) == "–"
    assert words.estimate_text(Estimate(-3.2, -9.0, 2.4, "°")) == "−3° (−9 to 2)"


def test_a_date_of_another_year_has_its_year() -> None:
    old = replace(PROGRESS, now=BEGAN + timedelta(days=400))
    assert progress_view(old, zone=UTC)["rungs"][1]["when"] == "passed 5 Nov 2026"


@pytest.mark.parametrize(("n", "text"), [(1, "3 this week;"), (2, "3 a week over the last whole week;")])
def test_the_present_week_is_not_counted_as_a_whole_one(n, text) -> None:
    assert progress_view(replace(PROGRESS, weeks=PROGRESS.weeks[:n]))["weeks"]["text"].startswith(text)


def test_a_trend_without_a_band_says_so() -> None:
    bare = trend([Point(1, BEGAN, session="a"), Point(2, BEGAN, session="b")], None, label="Bare", group="Hinge drills")
    view = progress_view(replace(PROGRESS, trends=(bare,)), zone=UTC)
    assert view["bands"] == ["Bare: no interval is known, so no change can be told."]
    assert view["groups"][0]["trends"][0]["verdict"] == "cannot tell"


def test_notes_stand_on_both_pages_newest_first_and_stay_text() -> None:
    notes = (
        Remark(datetime(2026, 11, 3, 8, tzinfo=UTC), "Ana", "Felt <b>easier</b> #today"),
        Remark(datetime(2026, 11, 4, 8, tzinfo=UTC), "Dr Lee", "Good; try wider feet."),
    )
    for page in (
        render_session_html(replace(SUMMARY, notes=notes)),
        render_progress_html(replace(PROGRESS, notes=notes)),
    ):
        assert "Felt &lt;b&gt;easier&lt;/b&gt; #today" in page
        assert page.index("Dr Lee, 4 November 2026:") < page.index("Ana, 3 November 2026:")
    assert ">Notes<" not in render_session_html(SUMMARY)
    assert render_session_pdf(replace(SUMMARY, notes=notes)).startswith(b"%PDF")
    assert render_progress_pdf(replace(PROGRESS, notes=notes)).startswith(b"%PDF")
