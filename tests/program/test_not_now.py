"""What says *not now* and for how long: pain in clips, ended sessions, sore mornings, answers left out, slips."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hiphinge.program import explain_screen, present, read_program, replay, screen, shipped_text
from hiphinge.program.history import FeelLog, NextMorning, Override, RedFlagAnswers, RepResult, SessionOpened, SetDone
from hiphinge.program.pain import FULL_DOSE
from hiphinge.program.read import find_cautions
from tests.program.scripted import HIPS, PROGRAM, Person, line

ALL = "pppppppppp"
AGAIN = "Your back was more sore the next morning, so please answer the safety questions first; they take a minute."


def ready(resting=1) -> Person:
    person = Person()
    person.answer()
    person.intake()
    person.open(resting, new=None)
    return person


def open_wall(resting=0) -> Person:
    """A person at the wall, in a session of the next day, whose last morning was calm."""
    person = Person().at_wall()
    person.close()
    person.morning(1)
    person.later(hours=18)
    person.open(resting)
    return person


def good(person, drill="wall_hinge", grades="ppppp", **more):
    person.set(drill, grades)
    return person.feel(drill, **more)


# --- Clips ---


def test_pain_in_a_clip_of_the_first_look_ends_it_for_the_day() -> None:
    person = ready()
    stop = person.clip("toe_touch", "back_first", pain=9)
    assert stop.action == "end_session"
    assert stop.reason == "Pain was 9 of 10: rest, and what is left to film can wait for another day."
    assert line(stop, "Pain in the set").seen == "9 of 10"
    for drill in ("pelvic_tilt", "rounding"):
        assert person.clip(drill, "typical", pain=0).action == "end_session"  # no milder clip lifts it
    assert person.close().action == "wait"
    assert person.open(0).action == "wait"
    person.close()
    person.later(hours=18)
    person.tell(1)
    assert person.open(1).drill == "pelvic_tilt"  # what was filmed after the stop is filmed again


def test_pain_said_after_a_screen_ends_it_too() -> None:
    person = ready()
    person.clip("toe_touch", "back_first", pain=None)
    assert person.feel("toe_touch", effort=None, pain=9).action == "end_session"
    assert person.clip("pelvic_tilt", "pelvis_tilts", pain=1).action == "end_session"


@pytest.mark.parametrize("label", ["", "usual", "coached"])
def test_pain_in_any_clip_beside_the_sets_stops_the_session_from_passing(label) -> None:
    person = Person().at_wall()
    assert person.clip("toe_touch", "x", pain=8, label=label).action == "end_set"
    for _ in range(3):
        assert good(person).action == "do"
    assert person.close().step == "wall"


def test_a_first_look_before_the_red_flags_counts_once_every_answer_is_no() -> None:
    person = Person()
    person.open(None, None)
    assert person.clip("toe_touch", "back_first", pain=2).action == "ask"
    assert person.intake(2).action == "ask"
    assert person.answer(bladder=None).action == "ask"  # one answer is still open
    next_look = person.answer()
    assert (next_look.action, next_look.drill) == ("screen", "pelvic_tilt")


def test_pain_told_after_a_first_look_is_its_pain_though_the_red_flags_were_still_open() -> None:
    person = Person()
    person.open(1, None)
    person.clip("toe_touch", "back_first", pain=None)
    person.feel("toe_touch", effort=None, pain=4)
    person.intake(1)
    person.answer()
    # Four of ten, at one at rest: bending hurts, so that nobody is asked to round the back.
    assert person.clip("pelvic_tilt", "pelvis_tilts", pain=1).action != "screen"
    unhurt = Person()
    unhurt.open(1, None)
    unhurt.clip("toe_touch", "back_first", pain=1)
    unhurt.intake(1)
    unhurt.answer()
    assert unhurt.clip("pelvic_tilt", "pelvis_tilts", pain=1).drill == "rounding"


def test_a_first_look_that_could_not_be_told_before_the_red_flags_is_filmed_once_more() -> None:
    person = Person()
    person.open(1, None)
    person.clip("toe_touch", "cannot_tell")
    person.intake()
    again = person.answer()
    assert (again.drill, "once more" in again.reason) == ("toe_touch", True)


def test_a_first_look_before_a_yes_is_filmed_again_once_the_stop_is_lifted() -> None:
    person = Person()
    person.open(1, None)
    person.intake()
    person.clip("toe_touch", "back_first")
    assert person.answer(bladder=True).action == "stop_now"
    assert person.override(None, clears_stop=True).drill == "toe_touch"


def test_screens_filmed_under_a_stop_or_while_something_is_new_are_filmed_again() -> None:
    person = Person()
    person.answer(bladder=True)
    person.open(1, None)
    person.intake()
    person.clip("toe_touch", "back_first")
    assert person.override(None, clears_stop=True).drill == "toe_touch"
    other = ready()
    other.close()
    other.later(hours=24)
    other.open(1, new=True)
    other.clip("toe_touch", "back_first")
    assert other.answer().drill == "toe_touch"


# --- A session that has ended ---


def end_for_pain(person):
    for _ in range(2):
        good(person, pain=6)
    return person.decide()


def test_nothing_more_is_due_in_a_session_that_pain_has_ended() -> None:
    person = Person().at_wall()
    end = end_for_pain(person)
    assert (end.action, end.reason) == ("end_session", "Pain stopped a second set (6 of 10): that is enough for today.")
    for _ in range(3):
        assert person.set("wall_hinge", "ppppp").action == "end_session"
        assert person.feel("wall_hinge", pain=0).action == "end_session"


def test_closing_and_opening_again_makes_no_new_day() -> None:
    person = Person().at_wall()
    end_for_pain(person)
    ended = person.now
    wait = person.close()
    assert (wait.action, wait.not_before) == ("wait", ended + timedelta(hours=18))
    for _ in range(2):
        assert person.open(0).action == "wait"
        for _ in range(2):
            assert good(person, pain=0).action == "wait"
        assert person.close().action == "wait"
    person.later(hours=18)
    person.tell(1)
    assert person.open(1).action == "do"


def test_one_stopped_set_closes_the_day_with_the_session() -> None:
    person = Person().at_wall()
    assert good(person, pain=6).action == "end_set"
    assert person.close().action == "wait"
    person.open(0)
    assert [good(person, pain=0).action for _ in range(2)] == ["wait", "wait"]


def test_five_at_rest_lasts_a_night_and_so_do_all_easier_forms_tried() -> None:
    person = open_wall(7)
    assert person.decide().action == "end_session"
    assert person.close().action == "wait"
    assert person.open(0).action == "wait"
    person = Person().at_wall()
    for variant in ("", "half", "wider", "small_range", "three_quarters"):
        person.set("wall_hinge", "mm", variant)
    assert person.decide().action == "end_session"
    assert good(person).action == "end_session"
    person.close()
    assert person.open(0).action == "wait"


@pytest.mark.parametrize(("places", "holds"), [(("low_back",), True), ((), True), (("knee",), False)])
def test_five_in_the_intake_leaves_the_sets_for_another_day(places, holds) -> None:
    person = Person()
    person.answer()
    assert (person.intake(9, places).action == "wait") is holds
    assert (person.open(1, None).action == "wait") is holds
    person = open_wall(1)
    assert (person.intake(9, places).action == "end_session") is holds


def test_a_clinician_can_let_a_person_go_on_the_same_day() -> None:
    person = Person().at_wall()
    end_for_pain(person)
    assert person.override("wall").action == "do"


# --- Mornings ---


def test_the_morning_is_asked_after_a_session_that_hurt_and_at_the_next_opening() -> None:
    person = open_wall()
    good(person, pain=8)
    person.close()
    person.later(hours=14)
    assert person.decide().action == "ask"
    assert present(person.history, PROGRAM).morning == person.session
    ask = person.open(1)
    assert (ask.action, ask.reason) == (
        "ask", "Please say how your back was on the morning after the session of 6 January (0 to 10).",
    )  # fmt: skip
    assert person.tell(1).action == "wait"  # told in the morning; the day itself is still to pass
    person.later(days=8)
    person.close()
    assert person.decide().action == "do"  # a week later nobody remembers


def test_the_morning_is_asked_after_the_last_step_too() -> None:
    person = Person().at_wall()
    person.override("deadlift_floor")
    person.close()
    for _ in range(2):
        person.day("deadlift_floor")
    assert person.decide().action == "done"
    person.day("deadlift_floor", morning=None)
    person.later(hours=18)
    assert person.decide().action == "ask"


def test_a_set_that_misses_after_the_last_step_is_not_praised() -> None:
    person = Person().at_wall()
    person.override("deadlift_floor")
    person.close()
    for _ in range(2):
        person.day("deadlift_floor")
    person.later(hours=24)
    person.open()
    assert person.set("deadlift_floor", "mpmpm").action == "ask"
    told = person.feel("deadlift_floor", ("thighs_front",))
    assert told.action == "done"
    assert "2 of 5 reps met the drill's own rules: take less weight" in told.reason


def test_a_sore_morning_holds_until_a_day_later_and_has_the_red_flags_asked_again() -> None:
    person = Person().at_free()
    person.later(hours=24)
    person.open(0)
    good(person, "free_hinge", ALL, pain=0)
    person.close()
    assert person.morning(6).action == "down"
    assert person.open(1, new=False).reason == AGAIN
    assert present(person.history, PROGRAM).open_flags == tuple(flag.id for flag in PROGRAM.red_flags)
    told = person.answer()
    assert (told.action, line(told, FULL_DOSE).holds) == ("do", False)
    assert told.reason.startswith("Do the wall hinge: 2 sets of 8 in place of 3, since your back was more sore")
    for _ in range(3):
        assert good(person).step == "wall"  # no way up in the same quarter of an hour
    assert person.close().step == "wall"
    assert person.morning(1).step == "free"  # a calm morning lifts it, and the sets of that session count


def test_a_sore_morning_is_lifted_by_a_day_and_calm_rest() -> None:
    for hours, resting, lifted in ((25, 1, True), (25, 3, False), (10, 1, False)):
        person = Person().at_free()
        person.later(hours=24)
        person.open(1)
        good(person, "free_hinge", ALL)
        person.close()
        person.morning(6)
        person.later(hours=hours)
        person.open(resting)
        told = person.answer()
        assert any(one.rule == FULL_DOSE for one in told.evidence) is not lifted
        for _ in range(2):
            told = good(person)
        assert (told.action == "up") is lifted


def test_a_sore_morning_in_the_first_look_leaves_out_what_bends() -> None:
    person = ready()
    person.clip("toe_touch", "back_first")
    person.close()
    sore = person.morning(9)
    assert (sore.action, sore.drill) == ("screen", "pelvic_tilt")
    assert sore.reason.startswith("Your back was more sore the next morning (9 of 10): leave the bending out")
    assert person.open(1).reason == AGAIN
    person.answer()
    person.clip("pelvic_tilt", "pelvis_tilts")
    wait = person.clip("rounding", "reference_taken")
    assert (wait.action, wait.step) == ("wait", "screen")
    person.close()
    assert person.morning(1).action == "up"


def test_a_next_morning_lies_ten_hours_to_seven_days_after_the_last_entry() -> None:
    for hours, counts in ((9, False), (11, True), (24 * 6, True), (24 * 8, False)):
        person = Person().at_free()
        person.day("free_hinge", morning=None)
        person.later(hours=hours)
        told = person.log(NextMorning, session=person.session, pain=1)
        held = [one.holds for one in told.evidence if one.rule == "The next morning"]
        assert held == [True if counts else None]


def test_a_morning_answered_before_the_session_was_closed_counts() -> None:
    person = Person().at_free()
    person.later(hours=24)
    person.open(0)
    good(person, "free_hinge", ALL, pain=0)
    person.morning(0)
    told = person.close()
    assert line(told, "Sessions that count").seen == "1 counted"


def test_a_morning_of_three_is_no_calm_one_and_three_at_rest_cuts_the_dose() -> None:
    person = Person().at_free()
    for _ in range(3):
        assert person.day("free_hinge", morning=3, resting=2).step == "free"
    assert line(person.decide(), "The next morning").holds is False
    person = Person().at_free()
    person.morning(1)
    person.later(hours=24)
    told = person.open(4)
    assert told.reason.startswith("Do the free hinge: 2 sets of 8 in place of 3, since your pain at rest is 4 of 10;")
    assert line(told, FULL_DOSE).seen == "4 of 10"
    good(person, "free_hinge", ALL, pain=2)
    person.close()
    assert person.morning(2).action == "do"  # no credit


def test_a_session_that_was_begun_again_keeps_its_lower_rest() -> None:
    person = Person().at_free()
    person.later(hours=24)
    person.open(0)
    good(person, "free_hinge", ALL, pain=0)
    person.close()
    person.log(SessionOpened, session=person.session, resting_pain=4, new_symptoms=False)
    person.close()
    assert person.morning(2).action == "down"


# --- Answers left out, or not known ---


def test_a_set_counts_only_with_its_own_answer() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "ppppp")
    assert good(person).action == "do"
    assert line(person.decide(), "Reps that pass").seen == "1 such set"
    assert good(person).action == "up"


@pytest.mark.parametrize("place", ["back", "upper_back", "sacrum"])
def test_a_place_of_pain_that_is_not_known_counts_as_the_back(place) -> None:
    person = Person().at_wall()
    assert good(person, pain=4, pain_places=(place,)).action == "end_set"


@pytest.mark.parametrize("effort", [(), ("lower_back",), ("hamstrings", "somewhere")])
def test_an_effort_that_is_not_known_is_no_answer(effort) -> None:
    person = Person().at_wall()
    for _ in range(3):
        assert good(person, effort=effort).action == "ask"
    assert person.close().step == "wall"


def test_two_misses_in_a_row_bring_nothing_for_the_gate_not_even_on_closing() -> None:
    person = Person().at_wall()
    good(person)
    assert good(person, grades="ppppppppmm").action == "easier"
    assert person.close().step == "wall"
    person = Person().at_free()
    for _ in range(2):
        person.day("free_hinge", "ppppppppmm")
    assert present(person.history, PROGRAM).step == "free"
    person = Person().at_free()
    person.later(hours=24)
    person.open()
    good(person, "free_hinge", ALL)
    good(person, "free_hinge", "pmm")
    assert not [one for one in person.close().evidence if one.seen == "1 counted"]


def test_pain_in_the_leg_asks_whether_it_moved() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "ppppp")
    asked = person.feel("wall_hinge", pain=2, pain_places=("leg_below_knee",))
    assert (asked.action, asked.reason) == (
        "ask", "Please say whether the leg pain moved, and whether there is new numbness or weakness.",
    )  # fmt: skip
    told = person.feel("wall_hinge", pain=2, pain_places=("leg_below_knee",), leg="same", new_numbness=False)
    assert told.action == "do"


def test_rest_that_was_not_answered_is_asked_on_and_gives_no_credit() -> None:
    person = open_wall(None)
    for _ in range(2):
        assert good(person, pain=0).action == "ask"
    assert person.intake(4).action == "do"  # too late to compare with
    assert person.close().step == "wall"
    person = open_wall(None)
    assert person.intake(4, ("knee",)).action == "do"  # pain in the knee is not the back's
    assert present(person.history, PROGRAM).resting_pain == 0


def test_part_of_the_red_flags_is_no_fresh_answer() -> None:
    person = Person().at_free()
    person.log(RedFlagAnswers, answers={"bladder": False})
    assert person.open(1, None).action == "ask"


def test_a_milder_second_answer_does_not_undo_a_stop() -> None:
    person = Person().at_wall()
    assert good(person, pain=8).action == "end_set"
    told = person.feel("wall_hinge", pain=0)
    assert (told.action, line(told, "Pain in the set").seen) == ("end_set", "8 of 10")


def test_an_answer_of_another_session_is_none_of_this_set() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "ppppp")
    assert person.log(FeelLog, session="old", drill="wall_hinge", effort=HIPS, pain=0).action == "ask"


def test_a_drill_of_a_later_step_is_asked_about_and_does_not_count() -> None:
    person = Person().at_wall()
    assert person.set("deadlift_floor", ALL).action == "ask"
    told = person.feel("deadlift_floor")
    assert told.reason.startswith("The deadlift from the floor comes later and does not count yet. Do the wall hinge")
    assert line(told, "The drill of this step").seen == "deadlift from the floor"


def test_a_set_in_which_no_rep_was_told_says_how_to_film() -> None:
    person = Person().at_wall()
    told = good(person, grades="cccccccc")
    assert told.reason.startswith("The camera could not tell any rep: film side-on, head to feet in the picture")
    assert line(told, "Reps that the camera could tell").seen == "0 of 8"


# --- Clinicians, clocks, old sessions ---


@pytest.mark.parametrize(("clinician", "reason"), [("", "seen"), ("Dr Lee", "  "), (" ", "")])
def test_a_decision_without_name_or_reason_lifts_nothing(clinician, reason) -> None:
    person = Person().at_wall()
    person.answer(bladder=True)
    told = person.log(Override, clinician=clinician, reason=reason, step="wall", clears_stop=True)
    assert told.action == "stop_now"
    assert told.reason.startswith("The clinician's decision changes nothing, since it does not give the ")
    assert line(told, "A clinician's decision").holds is False


def test_a_step_that_does_not_exist_lifts_no_pain() -> None:
    person = Person().at_wall()
    good(person, pain=7)
    assert person.override("no such step").action == "end_set"
    for _ in range(2):
        assert good(person).action == "do"
    assert person.close().action == "wait"


def test_a_yes_that_was_lifted_stays_a_yes() -> None:
    person = Person().at_wall()
    person.answer(cancer=True)
    lifted = line(person.override(None, clears_stop=True), "Safety questions")
    assert lifted.seen == "17 of 17 answered; 1 yes, lifted by Dr Lee on 2026-01-05"
    assert lifted.holds is True


def test_the_emergency_says_what_to_do_and_what_was_answered() -> None:
    told = Person().answer(bowel=True)
    assert told.reason.startswith("Please call your emergency number, or go to an emergency department, now.")
    assert told.reason.endswith("or do you no longer feel it when stool passes?")


def test_the_screen_is_not_done_while_pain_says_no() -> None:
    person = open_wall(8)
    assert screen(person.history, PROGRAM).action == "end_session"


def test_no_words_for_a_clinician_under_a_stop() -> None:
    person = ready()
    person.clip("toe_touch", "back_first")
    assert len(explain_screen(person.history)) == 3
    person.answer(bladder=True)
    assert explain_screen(person.history) == ()
    person.override(None, clears_stop=True)
    assert len(explain_screen(person.history)) == 3


def test_one_clock_ahead_does_not_lock_for_years() -> None:
    person = Person().at_free()
    good_now = person.now
    person.now = good_now + timedelta(days=1460)
    person.open(1)
    ahead = person.events[-1].key
    person.now = good_now + timedelta(days=1)
    person.close()
    told = person.day("free_hinge")
    assert line(told, "Times of the entries").seen == (f"a clock ran ahead by more than a week; withdraw entry {ahead}")
    assert person.day("free_hinge").action == "up"
    assert replay(person.history, PROGRAM)[-1] == person.decide()


def test_a_session_counts_for_four_weeks() -> None:
    person = Person().at_free()
    person.day("free_hinge")
    person.later(weeks=4)
    assert person.day("free_hinge").action == "wait"
    assert person.day("free_hinge").action == "up"


# --- Hidden reps, programs ---


def hidden(free="ppp", untold=("4",), rules=("4",)) -> Person:
    """Eight reps with hands on the back, then some with it free."""
    before = [RepResult(number=k + 1, grade="cannot_tell", untold_rules=untold) for k in range(7)]
    grades = {"p": "pass", "m": "miss", "c": "cannot_tell"}
    after = [
        RepResult(number=k + 8, grade=grades[one], missed_rules=rules if one == "m" else ())
        for k, one in enumerate(free)
    ]  # fmt: skip
    person = Person().at_free()
    person.later(hours=24)
    person.open()
    done = (*before, *after)
    person.log(
        SetDone, session=person.session, drill="free_hinge", reps=done, back_reps=len(free), variant=""
    )  # fmt: skip
    person.feel("free_hinge")
    return person


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({}, "10 of 10 passed"), ({"free": "pp"}, "2 of 2 passed"), ({"free": "pmp"}, "2 of 3 passed"),
        ({"free": "pmp", "rules": ("2",)}, "9 of 10 passed"), ({"free": "pcc"}, "1 of 1 passed"),
        ({"untold": ("4", "2")}, "3 of 3 passed"), ({"untold": ()}, "3 of 3 passed"),
    ],
)  # fmt: skip
def test_reps_with_hands_on_the_back_pass_where_the_free_ones_keep_it(given, seen) -> None:
    assert line(hidden(**given).decide(), "Reps that pass").seen == seen


def test_a_looser_program_is_told() -> None:
    assert find_cautions(PROGRAM) == ()
    text = shipped_text().replace("max_pain = 2", "max_pain = 4", 1)
    head, tail = text.split('id = "goat_bag"\n', 1)
    loose = head + 'id = "goat_bag"\n' + tail.replace("max_morning_rise = 1\n", "", 1)
    told = find_cautions(read_program(loose, name="mine.toml"))
    assert [one.split(":")[0] for one in told] == ["Wall hinge", "Goat-bag hinge"]


def test_a_second_stop_while_a_hold_still_runs_begins_the_hold_anew() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "ppppp")
    person.feel("wall_hinge", pain=8, pain_places=("low_back",))
    person.close()
    person.later(hours=15)
    person.tell(1)
    person.open(1)
    person.set("wall_hinge", "ppppp")
    person.feel("wall_hinge", pain=8, pain_places=("low_back",))
    again = person.close().not_before
    assert again is not None
    assert again - person.now > timedelta(hours=17)
    person.later(hours=4)
    person.open(1)
    for _ in range(2):
        person.set("wall_hinge", "ppppp")
        assert person.feel("wall_hinge", pain=0).action == "wait"
