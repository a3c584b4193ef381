"""A person from the first toe touch to the deadlift: weeks with setbacks, an override, a red flag; every decision."""

from __future__ import annotations

from hiphinge.program import next_step, read_moves, replay
from hiphinge.program.history import History
from tests.program.scripted import PROGRAM, Person

FELT = "Please say where you felt the effort of this set, and whether anything hurt."
ENOUGH = "This session has all that this step needs: finish it here, and say tomorrow how your back is."
REST = "Well done for today. Rest, and say tomorrow morning how your back is."
SAY = "Say tomorrow morning how your back is."
SORE = "Your back was more sore the next morning, so please answer the safety questions first; they take a minute."
COUNTS = "That session counts. The next one counts 24 hours after it; rest until then."
SLOW = "three seconds down, one second there, two seconds up."


def given(*values, **named):
    return values, named


def later(**span):
    return "later", ((), span), None, None, None, None, None


#: What happened, and what was decided after it: action, step, drill, form, reason.
# fmt: off
STORY = [
    ("answer", given(), "ask", "screen", None, "", "Please say how much pain you have now, where, and since when."),
    ("intake", given(4), "screen", "screen", "toe_touch", "",
     "Film the toe touch, side-on; leave it out if it hurts."),
    ("open", given(3, new=None), "screen", "screen", "toe_touch", "",
     "Film the toe touch, side-on; leave it out if it hurts."),
    ("clip", given("toe_touch", "back_first", pain=4), "screen", "screen", "pelvic_tilt", "",
     "Film the pelvic tilt, side-on; leave it out if it hurts."),
    ("clip", given("pelvic_tilt", "pelvis_tilts", pain=3), "up", "wall", "wall_hinge", "",
     "The first look is done; next comes the wall hinge."),
    ("set", given("wall_hinge", "pmmpp", rules=("11",)), "easier", "wall", "wall_hinge", "three_quarters",
     "Two reps in a row missed: pause, then try the wall hinge (heels 0.75 of a shoe-length from the "
     "wall). One cue: Make your back a long table top."),
    ("feel", given("wall_hinge", ("thighs_front",), 3), "easier", "wall", "wall_hinge", "three_quarters",
     "Two reps in a row missed: pause, then try the wall hinge (heels 0.75 of a shoe-length from the "
     "wall). Pain was 3 of 10, so do fewer reps: half as many, one more set at most. One cue: Make your "
     "back a long table top."),
    ("close", given(), "do", "wall", "wall_hinge", "three_quarters",
     f"Next session: do the wall hinge (heels 0.75 of a shoe-length from the wall): 3 sets of 8, {SLOW} {SAY}"),
    later(hours=4),
    ("morning", given(4), "do", "wall", "wall_hinge", "three_quarters",
     f"Next session: do the wall hinge (heels 0.75 of a shoe-length from the wall): 3 sets of 8, {SLOW}"),
    later(hours=4),
    ("open", given(2), "do", "wall", "wall_hinge", "three_quarters",
     f"Do the wall hinge (heels 0.75 of a shoe-length from the wall): 3 sets of 8, {SLOW}"),
    ("set", given("wall_hinge", "pppmp", "three_quarters"), "ask", "wall", "wall_hinge", "three_quarters", FELT),
    ("feel", given("wall_hinge", ("nothing",), 2), "do", "wall", "wall_hinge", "three_quarters",
     f"Do the wall hinge (heels 0.75 of a shoe-length from the wall): 3 sets of 8, {SLOW}"),
    ("set", given("wall_hinge", "ppppp", "three_quarters"), "ask", "wall", "wall_hinge", "three_quarters", FELT),
    ("feel", given("wall_hinge", ("hamstrings",), 2), "up", "free", "free_hinge", "",
     "Well done, this step is done; next comes the free hinge."),
    ("set", given("free_hinge", "pmmmp", rules=("2",)), "easier", "free", "free_hinge", "wall",
     "Two reps in a row missed: pause, then try the free hinge (back at the wall). One cue: Make your back"
     " a long table top."),
    ("feel", given("free_hinge", ("thighs_front",), 2), "easier", "free", "free_hinge", "wall",
     "Two reps in a row missed: pause, then try the free hinge (back at the wall). One cue: Make your back"
     " a long table top."),
    ("set", given("free_hinge", "ppppppcc", "wall"), "ask", "free", "free_hinge", "", FELT),
    ("feel", given("free_hinge", ("hamstrings",), 2), "do", "free", "free_hinge", "",
     f"Do the free hinge: 3 sets of 8, {SLOW}"),
    ("close", given(), "do", "free", "free_hinge", "", f"Next session: do the free hinge: 3 sets of 8, {SLOW} {SAY}"),
    ("morning", given(4), "down", "wall", "wall_hinge", "",
     "Your back was more sore the next morning: go back one step, to the wall hinge, until it is calm."),
    later(hours=36),
    ("open", given(2), "ask", "wall", None, "", SORE),
    ("answer", given(), "do", "wall", "wall_hinge", "", f"Do the wall hinge: 3 sets of 8, {SLOW}"),
    ("set", given("wall_hinge", "ppppp"), "ask", "wall", "wall_hinge", "", FELT),
    ("feel", given("wall_hinge", ("hamstrings",), 1), "do", "wall", "wall_hinge", "",
     f"Do the wall hinge: 3 sets of 8, {SLOW}"),
    ("set", given("wall_hinge", "ppppp"), "ask", "wall", "wall_hinge", "", FELT),
    ("feel", given("wall_hinge", ("hamstrings",), 1), "up", "free", "free_hinge", "",
     "Well done, this step is done; next comes the free hinge."),
    ("close", given(), "do", "free", "free_hinge", "", f"Next session: do the free hinge: 3 sets of 8, {SLOW} {SAY}"),
    later(hours=36),
    ("open", given(1), "ask", "free", "free_hinge", "",
     "Please say how your back was on the morning after the session of 8 January (0 to 10)."),
    ("close", given(), "ask", "free", "free_hinge", "",
     "Please say how your back was on the morning after the session of 8 January (0 to 10)."),
    ("tell", given(2), "do", "free", "free_hinge", "", f"Next session: do the free hinge: 3 sets of 8, {SLOW}"),
    ("open", given(1), "do", "free", "free_hinge", "", f"Do the free hinge: 3 sets of 8, {SLOW}"),
    ("set", given("free_hinge", "pppppppp", back_reps=3), "ask", "free", "free_hinge", "", FELT),
    ("feel", given("free_hinge", ("hamstrings",), 1), "do", "free", "free_hinge", "",
     f"Do the free hinge: 3 sets of 8, {SLOW}"),
    ("set", given("free_hinge", "ppppmppp", lumbar=(6, 7, 8, 9, 12, 15, 18, 19)), "end_set", "free", "free_hinge", "",
     "Your back bent more towards the end: end the set here, rest, and say how it felt."),
    ("feel", given("free_hinge", ("hamstrings", "buttocks"), 1), "end_session", "free", "free_hinge", "", ENOUGH),
    ("close", given(), "wait", "free", "free_hinge", "", REST),
    ("morning", given(2), "wait", "free", "free_hinge", "", COUNTS),
    later(hours=30),
    ("open", given(1), "do", "free", "free_hinge", "", f"Do the free hinge: 3 sets of 8, {SLOW}"),
    ("set", given("free_hinge", "ppppcppppmpp"), "ask", "free", "free_hinge", "", FELT),
    ("feel", given("free_hinge", ("low_back",), 2), "easier", "free", "free_hinge", "wider",
     "It looks fine, but you feel it in the back: stay at this step and try the free hinge (feet wider)."),
    ("set", given("free_hinge", "pppppppp", "wider"), "ask", "free", "free_hinge", "", FELT),
    ("feel", given("free_hinge", ("hamstrings",), 1), "do", "free", "free_hinge", "",
     f"Do the free hinge: 3 sets of 8, {SLOW}"),
    ("set", given("free_hinge", "ppppcppppmpp"), "ask", "free", "free_hinge", "", FELT),
    ("feel", given("free_hinge", ("hamstrings",), 1), "end_session", "free", "free_hinge", "", ENOUGH),
    ("close", given(), "wait", "free", "free_hinge", "", REST),
    ("morning", given(1), "up", "front_load", "goat_bag", "",
     "Well done, this step is done; next comes the goat-bag hinge."),
    later(hours=30),
    ("open", given(1), "do", "front_load", "goat_bag", "", f"Do the goat-bag hinge: 2 sets of 8, {SLOW}"),
    ("set", given("goat_bag", "pppppp", load_kg=8.0), "ask", "front_load", "goat_bag", "", FELT),
    ("feel", given("goat_bag", ("hamstrings",), 1), "do", "front_load", "goat_bag", "",
     f"Do the goat-bag hinge: 2 sets of 8, {SLOW}"),
    ("set", given("goat_bag", "ppppmp", load_kg=8.0), "ask", "front_load", "goat_bag", "", FELT),
    ("feel", given("goat_bag", ("hamstrings",), 1), "end_session", "front_load", "goat_bag", "", ENOUGH),
    ("close", given(), "wait", "front_load", "goat_bag", "", REST),
    ("morning", given(3), "down", "free", "free_hinge", "",
     "Your back was more sore the next morning: go back one step, to the free hinge, until it is calm."),
    ("override", given("front_load", reason="Sore from gardening, not from the drill"),
     "do", "front_load", "goat_bag", "",
     "Dr Lee decided: Sore from gardening, not from the drill. Next session: do the goat-bag hinge: 2 sets"
     f" of 8, {SLOW}"),
    later(hours=24),
    ("open", given(1), "ask", "front_load", None, "", SORE),
    ("answer", given(), "do", "front_load", "goat_bag", "", f"Do the goat-bag hinge: 2 sets of 8, {SLOW}"),
    ("set", given("goat_bag", "pppppp", load_kg=6.0), "ask", "front_load", "goat_bag", "", FELT),
    ("feel", given("goat_bag", ("buttocks",), 1), "do", "front_load", "goat_bag", "",
     f"Do the goat-bag hinge: 2 sets of 8, {SLOW}"),
    ("set", given("goat_bag", "pppppp", load_kg=6.0), "ask", "front_load", "goat_bag", "", FELT),
    ("feel", given("goat_bag", ("buttocks",), 1), "end_session", "front_load", "goat_bag", "", ENOUGH),
    ("close", given(), "wait", "front_load", "goat_bag", "", REST),
    ("morning", given(1), "up", "second_load", None, "",
     "Well done, this step is done; next comes the load on the upper back or pull-through: choose "
     "either, both are fine."),
    later(hours=24),
    ("open", given(1), "choose", "second_load", None, "",
     "Choose one, both are fine: load on the upper back or pull-through."),
    ("set", given("pull_through", "pppppppppp"), "ask", "second_load", "pull_through", "", FELT),
    ("feel", given("pull_through", ("buttocks",), 1), "end_session", "second_load", "pull_through", "", ENOUGH),
    ("close", given(), "wait", "second_load", "pull_through", "", REST),
    ("morning", given(1), "wait", "second_load", "pull_through", "", COUNTS),
    later(hours=48),
    ("open", given(1, new=True), "ask", "second_load", None, "",
     "Something is new or worse, so please answer the safety questions first; they take a minute."),
    ("answer", given(night_pain=True), "stop_see", "second_load", None, "",
     "Please stop here and see a clinician before you go on, because of one of your answers."),
    ("close", given(), "stop_see", "second_load", None, "",
     "Please stop here and see a clinician before you go on, because of one of your answers."),
    later(days=6),
    ("override", given(None, reason="Examined, may train", clears_stop=True), "do", "second_load", "pull_through", "",
     f"Dr Lee decided: Examined, may train. Next session: do the pull-through: 2 sets of 8, {SLOW}"),
    ("open", given(1), "do", "second_load", "pull_through", "", f"Do the pull-through: 2 sets of 8, {SLOW}"),
    ("set", given("pull_through", "pppppppppp"), "ask", "second_load", "pull_through", "", FELT),
    ("feel", given("pull_through", ("buttocks",), 1), "end_session", "second_load", "pull_through", "", ENOUGH),
    ("close", given(), "wait", "second_load", "pull_through", "", REST),
    ("morning", given(1), "wait", "second_load", "pull_through", "", COUNTS),
    later(hours=24),
    ("open", given(0), "do", "second_load", "pull_through", "", f"Do the pull-through: 2 sets of 8, {SLOW}"),
    ("set", given("pull_through", "ppppppppmp"), "ask", "second_load", "pull_through", "", FELT),
    ("feel", given("pull_through", ("hamstrings",), 0), "end_session", "second_load", "pull_through", "", ENOUGH),
    ("close", given(), "wait", "second_load", "pull_through", "", REST),
    ("morning", given(0), "up", "deadlift_block", "deadlift_block", "",
     "Well done, this step is done; next comes the deadlift from a block."),
    later(hours=24),
    ("open", given(0), "do", "deadlift_block", "deadlift_block", "",
     "Do the deadlift from a block: 2 sets of 8, slow down, smooth up."),
    ("set", given("deadlift_block", "ppp"), "ask", "deadlift_block", "deadlift_block", "", FELT),
    ("feel", given("deadlift_block", ("hamstrings",), 5), "end_set", "deadlift_block", "deadlift_block", "",
     "Stop this set: pain was 5 of 10. Rest, and go on only if it is back to what it was at rest within a few "
     "minutes."),
    ("set", given("deadlift_block", "ppp", "higher_block"),
     "ask", "deadlift_block", "deadlift_block", "higher_block", FELT),
    ("feel", given("deadlift_block", ("hamstrings",), 1, leg="back"),
     "do", "deadlift_block", "deadlift_block", "higher_block",
     "Leg pain that moves back towards the spine is no reason to stop. Do the deadlift from a block (higher block): 1"
     " set of 8 in place of 2, since it hurt in this session; slow down, smooth up."),
    ("close", given(), "wait", "deadlift_block", "deadlift_block", "higher_block",
     "Pain stopped a set: that is enough for today. The next session can be tomorrow."),
    ("day", given("deadlift_block", "pppppppp"), "wait", "deadlift_block", "deadlift_block", "", COUNTS),
    ("day", given("deadlift_block", "pppppppp"), "up", "deadlift_floor", "deadlift_floor", "",
     "Well done, this step is done; next comes the deadlift from the floor."),
    ("day", given("deadlift_floor", "pppppppp"), "wait", "deadlift_floor", "deadlift_floor", "", COUNTS),
    ("day", given("deadlift_floor", "pppppppm"), "done", "deadlift_floor", "deadlift_floor", "",
     "You have been through every step: keep lifting, two or three times a week."),
]
# fmt: on


def live(until: int | None = None) -> Person:
    person = Person()
    for name, (values, named), *_ in STORY[:until]:
        getattr(person, name)(*values, **named)
    return person


def test_every_decision_of_the_way_from_toe_touch_to_deadlift() -> None:
    person = Person()
    for number, (name, (values, named), action, step, drill, variant, reason) in enumerate(STORY):
        decision = getattr(person, name)(*values, **named)
        if action is not None:
            seen = (decision.action, decision.step, decision.drill, decision.variant, decision.reason)
            assert seen == (action, step, drill, variant, reason), f"{number}: {name}"
            assert decision.evidence, number


def test_the_ladder_of_that_way() -> None:
    moves = read_moves(live().history, PROGRAM)
    assert [(move.step, move.how) for move in moves] == [
        ("screen", "start"), ("wall", "up"), ("free", "up"), ("wall", "down"), ("free", "up"), ("front_load", "up"),
        ("free", "down"), ("front_load", "override"), ("second_load", "up"), ("deadlift_block", "up"),
        ("deadlift_floor", "up"), ("deadlift_floor", "done"),
    ]  # fmt: skip
    assert (moves[-1].at - moves[0].at).days == 28


def test_a_replay_says_what_was_said_then() -> None:
    person = live()
    decisions = replay(person.history, PROGRAM)
    assert len(decisions) == len(person.events)
    for k, event in enumerate(person.events):
        assert decisions[k] == next_step(History(tuple(person.events[: k + 1]), event.at), PROGRAM)


def test_the_clinicians_name_time_and_reason_stand_in_the_evidence() -> None:
    until = next(k for k, row in enumerate(STORY) if row[0] == "override") + 1
    person = live(until)
    told = next(one for one in person.decide().evidence if one.rule == "A clinician's decision")
    assert told.seen == f"Dr Lee, {person.now:%Y-%m-%d %H:%M} UTC: Sore from gardening, not from the drill"
