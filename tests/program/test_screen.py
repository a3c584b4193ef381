"""The screen: red flags first, the intake, the clips, and words for a clinician."""

from __future__ import annotations

import pytest

from hiphinge.program import explain_screen, screen
from hiphinge.program.facts import counting, session_facts
from tests.program.scripted import PROGRAM, START, Person, line


def ready(pain=2) -> Person:
    person = Person()
    person.answer()
    person.intake(pain)
    person.open(new=None)
    return person


def test_nothing_begins_before_the_red_flags_are_answered() -> None:
    person = Person()
    first = screen(person.history, PROGRAM)
    assert (first.action, first.step, first.drill) == ("ask", "screen", None)
    assert first.evidence[0].seen == "0 of 17 answered"
    assert first.evidence[0].holds is None
    assert person.answer(bladder=None).action == "ask"
    assert line(person.decide(), "Safety questions").seen == "16 of 17 answered; open: bladder"
    assert person.answer().reason == "Please say how much pain you have now, where, and since when."
    assert person.intake(None).action == "ask"
    assert person.intake(2).action == "screen"


@pytest.mark.parametrize(
    ("flag", "action"),
    [("bladder", "stop_now"), ("trauma", "stop_now"), ("cancer", "stop_see"), ("weight_loss", "stop_see")],
)
def test_a_yes_stops_and_routes(flag, action) -> None:
    person = Person()
    decision = person.answer(**{flag: True})
    assert decision.action == screen(person.history, PROGRAM).action == action
    question = next(one.question for one in PROGRAM.red_flags if one.id == flag)
    assert decision.evidence[0].rule == question
    assert decision.evidence[0].holds is False
    assert decision.evidence[0].events == ("e1",)


def test_an_emergency_comes_before_a_clinician_and_a_yes_before_open_questions() -> None:
    person = Person()
    assert person.answer(cancer=True, bowel=True).action == "stop_now"
    assert "emergency" in person.decide().reason
    assert Person().answer(cancer=True, bladder=None).action == "stop_see"


def test_a_later_no_clears_nobody_but_withdrawing_a_slip_does() -> None:
    person = Person()
    person.answer(cancer=True)
    assert person.answer().action == "stop_see"
    assert person.withdraw("e1").action == "ask"
    assert person.decide().reason.startswith("Please say how much pain")


def test_a_yes_to_a_question_the_program_no_longer_asks_still_stops() -> None:
    person = Person()
    assert person.answer(old_question=True).action == "stop_see"
    assert person.decide().evidence[0].rule == "old_question"


def test_the_clips_follow_each_other_and_then_the_wall() -> None:
    person = ready()
    assert [person.decide().drill] == ["toe_touch"]
    assert person.clip("toe_touch", "typical").drill == "pelvic_tilt"
    assert person.clip("pelvic_tilt", "no_tilt").drill == "rounding"
    last = person.clip("rounding", "reference_taken")
    assert (last.action, last.step, last.drill) == ("up", "wall", "wall_hinge")
    assert last.reason == "The first look is done; next comes the wall hinge."
    assert [one.seen for one in last.evidence[2:]] == [
        "typical, pain 1 of 10", "no tilt, pain 1 of 10", "reference taken, pain 1 of 10",
    ]  # fmt: skip
    done = screen(person.history, PROGRAM)
    assert (done.action, done.step, done.drill) == ("do", "wall", "wall_hinge")
    assert done.reason == "The first look is done; the program begins with the wall hinge."


def test_a_clip_that_cannot_be_told_is_filmed_once_more_and_then_let_be() -> None:
    person = ready()
    again = person.clip("toe_touch", "cannot_tell")
    assert (again.action, again.drill) == ("screen", "toe_touch")
    assert again.reason == "The camera could not tell: film the toe touch once more, or leave it out if it hurts."
    assert line(again, "Toe touch").holds is None
    assert person.clip("toe_touch", "no_bend").drill == "pelvic_tilt"


@pytest.mark.parametrize(
    ("outcome", "pain", "skipped"),
    [
        ("typical", 1, False),
        ("typical", 2, False),
        ("typical", 3, True),
        ("left_out", None, True),
        ("typical", None, False),
    ],
)
def test_rounding_is_left_out_where_bending_hurts(outcome, pain, skipped) -> None:
    person = ready()
    person.close()
    person.open(2)
    person.clip("toe_touch", outcome, pain=pain)
    last = person.clip("pelvic_tilt", "pelvis_tilts")
    assert (last.action == "up") is skipped
    if skipped:
        assert line(last, "Comfortable rounding").seen == "bending hurts: left out"


def test_pain_said_after_the_clip_counts_as_the_clips() -> None:
    person = ready()
    person.close()
    person.open(2)
    person.clip("toe_touch", "typical", pain=None)
    person.feel("toe_touch", pain=3)
    assert person.clip("pelvic_tilt", "pelvis_tilts").action == "up"


def test_leaving_a_screen_out_and_logging_it_as_a_set_both_settle_it() -> None:
    person = ready()
    person.set("toe_touch", "ppp", outcome="hips_first")
    person.clip("pelvic_tilt", "left_out")
    assert person.decide().action == "up"  # the tilt was left out since it hurts: the rounding is too


def test_the_coached_side_of_a_before_and_after_is_no_screen() -> None:
    person = ready()
    assert person.clip("toe_touch", "hips_first", label="coached").drill == "toe_touch"
    assert person.clip("toe_touch", "back_first", label="usual").drill == "pelvic_tilt"


def test_five_at_rest_leaves_the_sets_for_another_day() -> None:
    person = Person()
    person.answer()
    person.intake(6)
    decision = person.open(6, new=None)
    assert decision.action == "end_session"
    assert decision.reason == (
        "Your pain at rest is 6 of 10: leave the sets for another day, and see a clinician if it stays."
    )


def test_pain_at_rest_is_asked_and_an_intake_answers_it() -> None:
    person = ready()
    person.close()
    assert person.open(None).reason == "Please say how much pain you have at rest, before the first set."
    assert person.intake(2).action == "screen"


def test_the_words_for_a_clinician_say_what_was_seen_and_leave_the_meaning_open() -> None:
    person = ready(pain=4)
    assert explain_screen(person.history) == ()
    person.clip("toe_touch", "back_first")
    person.clip("pelvic_tilt", "pelvis_tilts")
    told = explain_screen(person.history)
    assert told[:3] == (
        "On 5 January 2026 your back hurt (4 of 10).",
        "In the toe touch your back bent first, and the hips followed.",
        "Standing, you could tuck your pelvis under while the rest stayed still.",
    )
    assert "no study that we know has tested it" in told[3]
    assert "your clinician" in told[4]
    for word in ("wrong", "damage", "unstable", "prevent", "cure", "cause"):
        assert word not in " ".join(told).lower()


@pytest.mark.parametrize(("pain", "places"), [(0, ("low_back",)), (4, ("knee",)), (None, ())])
def test_without_a_sore_back_nothing_is_made_of_it(pain, places) -> None:
    person = Person()
    person.answer()
    person.intake(pain, places)
    person.open(new=None)
    person.clip("pelvic_tilt", "pelvis_tilts")
    told = explain_screen(person.history)
    assert len(told) == 2
    assert "hint" not in " ".join(told)


def test_a_withdrawn_clip_explains_nothing() -> None:
    person = ready()
    person.clip("toe_touch", "back_first")
    person.withdraw("e4")
    assert explain_screen(person.history) == ()
    assert person.decide().drill == "toe_touch"


def test_screen_asks_at_any_time() -> None:
    assert START.tzinfo is not None
    person = Person().at_wall()
    person.close()
    person.open(new=True)
    assert screen(person.history, PROGRAM).action == "ask"


@pytest.mark.parametrize(
    ("pain", "resting", "action"),
    [(2, 3, "screen"), (2, 2, "screen"), (2, 0, "end_session"), (4, 3, "screen"), (5, 5, "end_session")],
)
def test_pain_of_a_first_bend_is_compared_with_what_is_at_rest_once_that_is_told(pain, resting, action) -> None:
    person = Person()
    person.open(resting=None, new=None)
    person.clip("toe_touch", "typical", pain=pain)
    person.answer()
    assert person.intake(resting).action == action
    told = next(iter(session_facts(counting(person.history)).values()))
    assert told.resting == resting
