"""What comes next: sets, pain, easier forms, mornings, clocks, overrides; each decision and its reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hiphinge.program import load_program, next_step, present, read_moves, read_program, replay, shipped_text
from hiphinge.program.history import History, OutcomeScore, Ticks
from tests.program.scripted import HIPS, PROGRAM, START, Person, line

ALL = "pppppppppp"


def facts(decision):
    return decision.action, decision.step, decision.drill, decision.variant


# --- The wall: a gate inside one session ---


def test_two_good_sets_of_five_move_on_at_once() -> None:
    person = Person().at_wall()
    assert facts(person.set("wall_hinge", "ppppm")) == ("ask", "wall", "wall_hinge", "")
    assert person.decide().reason == "Please say where you felt the effort of this set, and whether anything hurt."
    assert facts(person.feel("wall_hinge", ("nothing",), 0)) == ("do", "wall", "wall_hinge", "")
    person.set("wall_hinge", "pppmp")
    up = person.feel("wall_hinge", ("nothing",), 0)
    assert facts(up) == ("up", "free", "free_hinge", "")
    assert up.reason == "Well done, this step is done; next comes the free hinge."
    assert line(up, "Reps that pass").seen == "2 such sets"
    assert line(up, "Reps that pass").events == ("e7", "e8", "e9", "e10")


def test_sets_of_two_sessions_do_not_add_up_at_the_wall() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "ppppp")
    person.feel("wall_hinge")
    person.close()
    person.open()
    person.set("wall_hinge", "ppppp")
    assert person.feel("wall_hinge").action == "do"
    person.set("wall_hinge", "ppppp")
    assert person.feel("wall_hinge").action == "up"


def test_a_set_with_no_reps_and_a_feeling_without_a_set_count_nothing() -> None:
    person = Person().at_wall()
    for _ in range(3):
        person.set("wall_hinge", "")
        person.feel("wall_hinge")
        person.feel("wall_hinge")
    assert person.decide().action == "do"
    assert line(person.decide(), "Reps that pass").seen == "0 such sets"


def test_two_misses_in_a_row_pause_with_a_cue_and_the_form_that_helps() -> None:
    person = Person().at_wall()
    easier = person.set("wall_hinge", "pmmpp")
    assert facts(easier) == ("easier", "wall", "wall_hinge", "half")
    assert easier.reason == (
        "Two reps in a row missed: pause, then try the wall hinge (heels half a shoe-length from the wall). "
        "One cue: Make your back a long table top."
    )
    assert line(easier, "Missed reps").seen == "two in a row; not yet: back flat"
    assert facts(person.set("wall_hinge", "mm", "half")) == ("easier", "wall", "wall_hinge", "wider")
    assert facts(person.set("wall_hinge", "mm", "wider"))[3] == "small_range"
    assert facts(person.set("wall_hinge", "mm", "small_range"))[3] == "three_quarters"
    last = person.set("wall_hinge", "mm", "three_quarters")
    assert last.action == "end_session"
    assert last.reason == "You have tried every easier form today: let it rest, and come back to it next time."


def test_a_wall_distance_passes_the_walls_gate() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "mmppp", rules=("11",))
    person.set("wall_hinge", "ppppp", "three_quarters")
    assert facts(person.feel("wall_hinge")) == ("do", "wall", "wall_hinge", "three_quarters")
    person.set("wall_hinge", "ppppp", "three_quarters")
    assert person.feel("wall_hinge").action == "up"


def test_an_easier_form_leads_back_to_the_drill_as_it_stands_which_alone_passes() -> None:
    person = Person().at_free()
    person.open()
    assert facts(person.set("free_hinge", "mmppp"))[3] == "wider"
    person.feel("free_hinge")
    person.set("free_hinge", ALL, "wider")
    back = person.feel("free_hinge")
    assert facts(back) == ("do", "free", "free_hinge", "")
    assert line(back, "Reps that pass").seen == "0 of 0 passed"  # two misses in a row: that set counts for nothing
    assert person.set("free_hinge", "pmpmp", "wider").variant == "wider"


def test_practice_that_the_camera_does_not_judge_leads_back_too() -> None:
    person = Person().at_free()
    person.open()
    assert person.set("free_hinge", "mm", rules=("6",)).variant == "dowel"
    assert person.set("free_hinge", "cccccc", "dowel").variant == ""


def test_the_easier_form_is_kept_for_the_next_session() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "mm")
    person.close()
    assert person.open().variant == "half"


# --- How it looks and how it feels ---


def test_looks_fine_but_felt_in_the_back_is_an_outcome_of_its_own() -> None:
    person = Person().at_free()
    person.open()
    person.set("free_hinge", ALL)
    decision = person.feel("free_hinge", ("low_back",), 1)
    assert facts(decision) == ("easier", "free", "free_hinge", "wider")
    assert decision.reason == (
        "It looks fine, but you feel it in the back: stay at this step and try the free hinge (feet wider)."
    )
    assert line(decision, "How it looks and how it feels").seen == "looks fine, feels it in the back"
    person.close()
    assert person.decide().action == "do"  # nothing to ask about in the morning: the session did not count


def test_felt_in_the_back_with_reps_that_miss_says_only_where_it_is_felt() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "pmpmp")
    decision = person.feel("wall_hinge", ("low_back",), 1)
    assert decision.reason.startswith("You feel the effort in the back: stay at this step")


def test_looks_rounded_but_felt_in_the_hips_is_an_outcome_of_its_own() -> None:
    person = Person().at_free()
    person.open()
    person.set("free_hinge", "pmpmp")
    decision = person.feel("free_hinge", ("hamstrings",), 0)
    assert decision.action == "do"
    assert decision.reason == (
        "You feel it where you should, but your back rounds: do it again with one cue: Make your back a long table top."
    )
    assert line(decision, "How it looks and how it feels").seen == "looks rounded, feels it in the hips"
    person.set("free_hinge", "pmmpp")
    again = person.feel("free_hinge", ("hamstrings",), 0)
    assert again.action == "easier"
    assert again.reason.startswith("You feel it where you should, but your back rounds: pause, then try")


def test_nothing_much_passes_neither_the_gate_before_the_first_load_nor_a_loaded_one() -> None:
    person = Person().at_free()
    person.open()
    person.set("free_hinge", ALL)
    decision = person.feel("free_hinge", ("nothing",), 0)
    assert decision.action == "do"
    assert decision.reason.startswith(
        "It looks fine; before you go on it should be felt in hamstrings or buttocks: go slowly, and hips"
    )
    person = Person().at_load()
    person.open()
    for _ in range(2):
        person.set("goat_bag", "ppppp")
        decision = person.feel("goat_bag", ("nothing",), 0)
    assert decision.action == "do"
    assert line(decision, "Where the effort is felt").holds is False


# --- Pain ---


def test_three_or_four_keeps_range_and_weight_and_cuts_the_dose() -> None:
    person = Person().at_free()
    person.open(2)
    person.set("free_hinge", ALL)
    decision = person.feel("free_hinge", pain=3)
    assert decision.action == "do"
    assert (
        decision.reason
        == "It looks fine and hurts a little (3 of 10): keep the range and the weight, and do fewer reps: half as "
        "many, one more set at most."
    )
    assert line(decision, "Back pain for the full dose").holds is False
    person.close()
    assert person.decide().action == "do"  # the session does not count: 3 is more than the gate's 2


def test_five_stops_the_set_and_a_second_time_ends_the_session() -> None:
    person = Person().at_free()
    person.open(4)
    person.set("free_hinge", ALL)
    stop = person.feel("free_hinge", pain=5)
    assert stop.action == "end_set"
    assert stop.reason == (
        "Stop this set: pain was 5 of 10, though the set looked fine. Rest, and go on only if it is back to what it "
        "was at rest within a few minutes."
    )
    assert person.feel("free_hinge", pain=6).action == "end_set"  # said twice of one set: one stop
    person.set("free_hinge", "ppp")
    end = person.feel("free_hinge", pain=6)
    assert end.action == "end_session"
    assert end.reason == "Pain stopped a second set (6 of 10): that is enough for today."


def test_two_over_rest_stops_the_set_though_two_is_little() -> None:
    person = Person().at_wall()
    person.close()
    person.open(0)
    person.set("wall_hinge", "ppp")
    decision = person.feel("wall_hinge", pain=2)
    assert decision.action == "end_set"
    assert decision.reason == (
        "Stop this set: pain was 2 of 10 (0 at rest). Rest, and go on only if it is back to what it was at rest within "
        "a few minutes."
    )
    assert line(decision, "Back pain over rest").holds is False


def test_a_session_with_a_stopped_set_passes_nothing_and_parts_the_sessions_beside_it() -> None:
    person = Person().at_free()
    person.day("free_hinge")
    person.later(hours=24)
    person.open(1)
    for _ in range(2):
        person.set("free_hinge", ALL)
        person.feel("free_hinge")
    person.set("free_hinge", "ppp")
    person.feel("free_hinge", pain=3)
    person.close()
    assert person.morning(1).action == "wait"
    person.later(hours=8)
    assert person.decide().action == "do"
    assert person.day("free_hinge").action == "wait"
    assert person.day("free_hinge").action == "up"


def test_a_stopped_set_closes_the_walls_gate_for_the_session_however_small_the_pain() -> None:
    person = Person().at_wall()
    person.close()
    person.open(0)
    person.set("wall_hinge", "ppp")
    assert person.feel("wall_hinge", pain=2).action == "end_set"
    for _ in range(3):
        person.set("wall_hinge", "ppppp")
        assert person.feel("wall_hinge", pain=0).action == "do"
    assert person.close().step == "wall"


def test_no_sets_count_in_a_session_that_began_with_five_at_rest() -> None:
    person = Person().at_wall()
    person.close()
    person.open(5)
    for _ in range(2):
        person.set("wall_hinge", "ppppp")
        assert person.feel("wall_hinge", pain=1).action == "end_session"
    assert person.close().action == "wait"


@pytest.mark.parametrize("sign", [{"leg": "further"}, {"new_numbness": True}])
def test_leg_pain_that_moves_down_or_numbness_stops_until_a_clinician_lifts_it(sign) -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "ppppp")
    stop = person.feel("wall_hinge", pain=0, **sign)
    assert stop.action == "stop_see"
    assert stop.reason.startswith("Please stop here and see a clinician before you go on, because of ")
    for entry in (person.close, person.open, person.answer):
        assert entry().action == "stop_see"
    for _ in range(2):
        person.set("wall_hinge", "ppppp")
        assert person.feel("wall_hinge").action == "stop_see"
    told = person.override("wall")
    assert told.action == "stop_see"
    assert line(told, "The stop").seen == "not lifted by this decision"
    assert person.override("wall", clears_stop=True).action == "do"
    assert line(person.decide(), "Reps that pass").seen == "0 such sets"  # what was done under the stop does not count


def test_leg_pain_that_moves_back_goes_on() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "ppppp")
    decision = person.feel("wall_hinge", pain=2, leg="back")
    assert decision.action == "do"
    assert decision.reason.startswith(
        "Leg pain that moves back towards the spine is no reason to stop. Do the wall hinge"
    )


def test_a_tired_back_ends_the_set() -> None:
    person = Person().at_free()
    person.open()
    tired = person.set("free_hinge", "pppppppp", lumbar=(5, 5, 6, 8, 10, 15, 16, 17))
    assert tired.action == "end_set"
    assert tired.reason == "Your back bent more towards the end: end the set here, rest, and say how it felt."
    assert line(tired, "Lumbar flexion, last reps against first").seen == "+11° (estimate from video)"
    assert person.feel("free_hinge").action == "do"


def test_pain_of_every_clip_counts_as_a_sets_does() -> None:
    person = Person().at_wall()
    assert person.clip("toe_touch", "back_first", pain=6, label="usual").action == "end_set"
    assert person.clip("wall_hinge", "hinge", pain=6, label="coached").action == "end_session"
    person = Person().at_wall()
    assert person.clip("wall_hinge", "hinge", pain=8).action == "end_set"


# --- Mornings, hours, clocks ---


def test_before_the_first_load_two_calm_days_apart_are_asked() -> None:
    person = Person().at_free()
    person.open()
    person.set("free_hinge", "ppppm")
    person.feel("free_hinge")
    person.set("free_hinge", "ppppm")
    end = person.feel("free_hinge")
    assert end.action == "end_session"
    assert end.reason == (
        "This session has all that this step needs: finish it here, and say tomorrow how your back is."
    )
    first = person.events[-4].at
    wait = person.close()
    assert (wait.action, wait.not_before) == ("wait", person.events[-2].at + timedelta(hours=10))
    assert wait.reason == "Well done for today. Rest, and say tomorrow morning how your back is."
    person.later(hours=11)
    ask = person.decide()
    assert ask.action == "ask"
    assert ask.reason == "Please say how your back was on the morning after the session of 5 January (0 to 10)."
    assert line(ask, "The next morning").holds is None
    calm = person.morning(2)
    assert (calm.action, calm.not_before) == ("wait", first + timedelta(hours=24))
    assert calm.reason == "That session counts. The next one counts 24 hours after it; rest until then."
    person.later(hours=24)
    assert person.decide().action == "do"
    person.open()
    person.set("free_hinge", ALL)
    person.feel("free_hinge")
    assert person.close().action == "wait"
    assert facts(person.morning(2)) == ("up", "front_load", "goat_bag", "")
    assert [one.seen for one in person.decide().evidence if one.rule == "The next morning"] == ["+1 over rest"] * 2


def test_an_unanswered_morning_stays() -> None:
    person = Person().at_free()
    for _ in range(4):
        assert person.day("free_hinge", morning=None).action == "wait"
        person.later(hours=11)
        assert person.decide().action == "ask"
    assert present(person.history, PROGRAM).step == "free"
    sessions = [one.session for one in person.events if type(one).__name__ == "SessionClosed"]
    person.morning(1, sessions[-3])
    assert person.morning(1, sessions[-1]).action == "up"  # a late answer still counts


def test_an_answer_before_the_night_is_not_the_mornings() -> None:
    person = Person().at_free()
    person.day("free_hinge")
    person.day("free_hinge", morning=None)
    person.later(hours=-11)
    assert person.morning(1).action == "wait"
    assert person.morning(1).action == "up"


def test_sessions_too_close_together_do_not_count_twice() -> None:
    person = Person().at_free()
    person.day("free_hinge")
    person.later(hours=-1)
    person.open()
    person.set("free_hinge", ALL)
    person.feel("free_hinge")
    person.close()
    decision = person.morning(1)
    assert decision.step == "free"
    assert line(decision, "Sessions that count").seen == "1 counted, 1 not: too early, or no calm morning after it"
    assert person.day("free_hinge").action == "up"


def test_two_more_the_next_morning_steps_back_one_level() -> None:
    person = Person().at_load()
    person.later(hours=24)
    down = person.day("goat_bag", "ppppp", morning=3)
    assert facts(down) == ("down", "free", "free_hinge", "")
    assert down.reason == (
        "Your back was more sore the next morning: go back one step, to the free hinge, until it is calm."
    )
    assert line(down, "The next morning").seen == "3 of 10"
    assert person.morning(5).step == "free"  # the same morning said again does not step back twice
    assert person.day("free_hinge").action == "wait"
    assert person.day("free_hinge").step == "front_load"


def test_one_more_the_next_morning_is_calm_and_nobody_steps_back_beyond_the_wall() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "ppppp")
    person.close()
    stay = person.morning(3)
    assert facts(stay) == ("easier", "wall", "wall_hinge", "half")
    assert stay.reason.startswith(
        "Your back was more sore the next morning: stay at this step, with the wall hinge (heels"
    )
    again = person.open(new=False)
    assert (again.action, again.reason) == (
        "ask",
        "Your back was more sore the next morning, so please answer the safety questions first; they take a minute.",
    )
    assert person.answer().variant == "half"


def test_a_rise_of_a_session_that_is_not_known_counts_against_no_pain_at_rest() -> None:
    person = Person().at_free()
    assert person.morning(1, "no such session").step == "free"
    assert facts(person.morning(9, "no such session"))[:2] == ("down", "wall")
    assert person.morning(9, "no such session").step == "wall"


def test_a_clock_that_went_back_makes_no_pass() -> None:
    person = Person().at_free()
    person.day("free_hinge")
    person.later(days=-30)
    assert person.day("free_hinge").step == "free"
    assert present(person.history, PROGRAM).step == "free"


def test_a_gap_made_of_a_clock_ahead_of_time_makes_no_pass() -> None:
    person = Person().at_free()
    person.day("free_hinge")
    real = person.now
    person.later(days=3)
    assert person.day("free_hinge").action == "up"  # nothing shows yet that the clock is ahead
    assert next_step(History(person.history.events, real), PROGRAM).step == "free"
    person.now = real + timedelta(hours=1)
    person.log(OutcomeScore, measure="nprs", value=2.0)
    assert person.decide().step == "free"
    assert replay(person.history, PROGRAM)[-1] == person.decide()
    assert [move.how for move in read_moves(person.history, PROGRAM)] == ["start", "up", "up"]


# --- Choices, overrides, withdrawals, the end ---


def at_choice() -> Person:
    person = Person().at_load()
    person.day("goat_bag", "ppppp")
    return person


def test_equals_are_chosen_by_the_person_and_gate_each_for_itself() -> None:
    person = at_choice()
    up = person.decide()
    assert (up.action, up.drill, up.options) == ("up", None, ("upper_back", "pull_through"))
    assert up.reason.endswith("next comes the load on the upper back or pull-through: choose either, both are fine.")
    person.later(hours=24)
    choose = person.open()
    assert (choose.action, choose.drill, choose.options) == ("choose", None, ("upper_back", "pull_through"))
    person.set("pull_through", ALL)
    assert person.feel("pull_through").drill == "pull_through"
    person.close()
    person.morning(1)
    assert facts(person.day("upper_back")) == ("wait", "second_load", "upper_back", "")
    assert facts(person.day("pull_through")) == ("up", "deadlift_block", "deadlift_block", "")


def test_work_ahead_of_the_step_is_kept_and_gates_nothing() -> None:
    person = Person().at_free()
    for _ in range(4):
        person.day("goat_bag", "ppppp")
    assert facts(person.decide())[:3] == ("do", "free", "free_hinge")
    assert line(person.decide(), "Reps that pass").seen == "0 of 0 passed"


def test_an_override_wins_and_says_by_whom_when_and_why() -> None:
    person = Person().at_wall()
    told = person.override("front_load", reason="Strong, knows the hinge.")
    assert facts(told) == ("do", "front_load", "goat_bag", "")
    assert told.reason.startswith("Dr Lee decided: Strong, knows the hinge. Do the goat-bag hinge")
    seen = line(told, "A clinician's decision")
    assert seen.seen == f"Dr Lee, {person.now:%Y-%m-%d %H:%M} UTC: Strong, knows the hinge."
    assert seen.needed == "go on at front_load"
    assert seen.events == ("e7",)
    person.close()
    assert line(person.open(), "A clinician's decision").seen == seen.seen  # until the next change of step
    back = person.override("wall", drill="wall_hinge", variant="half")
    assert facts(back) == ("do", "wall", "wall_hinge", "half")
    assert [move.how for move in read_moves(person.history, PROGRAM)] == ["start", "up", "override", "override"]


def test_an_override_lifts_a_red_flag_only_when_it_says_so() -> None:
    person = Person()
    person.answer(cancer=True)
    assert person.override("screen").action == "stop_see"
    lifted = person.override(None, clears_stop=True, reason="Ten years ago, all clear")
    assert lifted.action == "ask"
    assert lifted.reason == (
        "Dr Lee decided: Ten years ago, all clear. Please say how much pain you have now, where, and since when."
    )
    assert line(lifted, "A clinician's decision").needed == "the program decides again, the stop is lifted"
    person.intake()
    person.open(new=None)
    person.close()
    person.open(new=True)
    assert person.decide().action == "ask"
    assert person.answer(cancer=True).action == "stop_see"  # a later yes stops again


def test_an_override_does_not_answer_the_red_flags() -> None:
    person = Person()
    assert person.override("wall").action == "ask"
    assert facts(person.answer())[:3] == ("do", "wall", "wall_hinge")


def test_an_override_to_what_the_program_does_not_have_is_told() -> None:
    person = Person().at_wall()
    told = person.override("swing")
    assert told.step == "wall"
    assert told.reason.startswith(
        "The clinician's decision changes nothing, since there is no step 'swing'. Do the wall"
    )
    assert line(told, "The step decided on").holds is False
    told = person.override("second_load", drill="swing", variant="swing")
    assert facts(told) == ("do", "wall", "wall_hinge", "")
    assert line(told, "The drill decided on").needed == "upper_back or pull_through"
    told = person.override("second_load", variant="lighter")
    assert line(told, "The form decided on").holds is False
    told = person.override("wall", variant="nope")
    assert line(told, "The form decided on").seen == "nope"
    assert facts(told) == ("do", "wall", "wall_hinge", "")


def test_an_override_back_to_the_screen_films_it_again() -> None:
    person = Person().at_free()
    assert facts(person.override("screen"))[:3] == ("screen", "screen", "toe_touch")


def test_new_symptoms_ask_the_red_flags_again_and_so_does_no_answer_about_them() -> None:
    person = Person().at_wall()
    person.close()
    ask = person.open(new=True)
    assert (ask.action, ask.drill) == ("ask", None)
    assert ask.reason == ("Something is new or worse, so please answer the safety questions first; they take a minute.")
    for _ in range(2):
        person.set("wall_hinge", "ppppp")
        assert person.feel("wall_hinge").action == "ask"
    assert person.answer().action == "do"  # sets before the answers do not count
    person.close()
    assert person.open(new=None).reason.startswith("Whether anything is new or worse was not answered, so please")
    person.answer()
    person.close()
    person.answer()
    assert person.open(new=None).action == "do"  # answered afresh since the last session


def test_a_set_of_a_session_that_is_not_open_counts_nothing() -> None:
    person = Person().at_wall()
    person.close()
    for _ in range(2):
        person.set("wall_hinge", "ppppp")
        person.feel("wall_hinge")
    assert facts(person.decide()) == ("do", "wall", "wall_hinge", "")
    assert present(person.history, PROGRAM).session is None


def test_a_withdrawn_entry_counts_as_never_entered() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "ppppp")
    person.feel("wall_hinge")
    person.set("wall_hinge", "ppppp")
    assert person.feel("wall_hinge").action == "up"
    assert person.withdraw("e9").action != "up"
    kept = tuple(one for one in person.events if one.key not in ("e9", "e11"))
    assert person.decide() == next_step(History(kept, person.now), PROGRAM)
    person.withdraw("e11")
    assert person.decide().step == "free"


def test_ticks_and_scores_change_nothing() -> None:
    person = Person().at_wall()
    before = person.decide()
    person.log(Ticks, session=person.session, drill="wall_hinge", ticks={"wall_touched": True})
    after = person.log(OutcomeScore, measure="psfs", value=4.0)
    assert (before.action, after.action) == ("up", "do")
    assert (before.step, before.drill) == (after.step, after.drill)


def test_the_last_gate_ends_the_program_and_a_sore_morning_steps_back_from_there() -> None:
    person = Person().at_wall()
    person.override("deadlift_floor")
    person.close()
    person.day("deadlift_floor")
    done = person.day("deadlift_floor")
    assert facts(done) == ("done", "deadlift_floor", "deadlift_floor", "")
    assert done.reason == "You have been through every step: keep lifting, two or three times a week."
    assert line(done, "Sessions that count").seen == "2 counted"
    person.later(hours=24)
    assert person.open().action == "done"
    person.close()
    assert facts(person.morning(4))[:2] == ("down", "deadlift_block")


def test_a_clinicians_own_gate_is_followed() -> None:
    text = shipped_text().replace("sessions = 2\napart_h = 24\nsets = 1", "sessions = 1\nsets = 1", 1)
    program = read_program(text.replace("max_morning_rise = 1\n", "", 1), name="mine.toml")
    person = Person(program)
    person.at_free()
    person.open()
    person.set("free_hinge", ALL)
    assert facts(person.feel("free_hinge")) == ("up", "front_load", "goat_bag", "")


def test_present_tells_where_the_person_stands() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "mm")
    seen = present(person.history, PROGRAM)
    assert (seen.step, seen.drill, seen.variant, seen.session) == ("wall", "wall_hinge", "half", person.session)
    assert (seen.resting_pain, seen.stopped, seen.done) == (1, False, False)
    empty = present(History((), START), load_program())
    assert (empty.step, empty.session, empty.resting_pain) == ("screen", None, None)
    assert read_moves(History((), START), PROGRAM) == ()
    assert HIPS == ("hamstrings", "buttocks")
