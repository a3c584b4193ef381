"""Today's session: equipment, minutes, space, and what to do without them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hiphinge.errors import UsageError
from hiphinge.program.decision import Decision, Line
from hiphinge.program.history import FeelLog, History, SessionOpened, SetDone
from hiphinge.program.next_step import next_step
from hiphinge.program.pain import FULL_DOSE
from hiphinge.program.today import plan_today, rep_seconds
from tests.program.sample_log import BEGAN, PROGRAM, reps, sample_events


def due(drill: str | None, *, action: str = "do", variant: str = "", options: tuple[str, ...] = ()) -> Decision:
    return Decision(action, "wall", drill, variant, "Because.", (), options)


def test_the_whole_dose_where_nothing_is_said() -> None:
    plan = plan_today(due("wall_hinge", variant="half"), PROGRAM)
    (block,) = plan.blocks
    assert (block.sets, block.reps, block.counts, block.warm_up) == (3, 8, True, "")
    assert block.variant is not None
    assert block.variant.name == "Heels half a shoe-length from the wall"
    # 90 s of setting up, three sets of 48 s + 25 s, two rests of 45 s
    assert block.minutes == plan.minutes == pytest.approx(399 / 60)
    assert (plan.left_out, plan.instead, plan.choose) == ((), (), False)
    assert any("arms crossed" in line for line in block.film)


@pytest.mark.parametrize(
    ("minutes", "sets", "n_reps", "counts"), [(6, 2, 8, True), (4, 1, 8, False), (2.5, 1, 5, False)]
)
def test_sets_go_first_then_reps(minutes, sets, n_reps, counts) -> None:
    plan = plan_today(due("wall_hinge"), PROGRAM, minutes=minutes)
    (block,) = plan.blocks
    assert (block.sets, block.reps, block.counts) == (sets, n_reps, counts)
    assert block.minutes <= minutes
    (line,) = plan.left_out
    assert f"{sets} x {n_reps} in place of 3 x 8, to fit {minutes:g} minutes." in line
    assert ("too few reps to move on" in line) is not counts


def test_todays_sets_are_said_where_the_minutes_hold_fewer() -> None:
    assert plan_today(due("wall_hinge"), PROGRAM, minutes=6).amount == "In your 6 minutes: 2 sets of 8."
    assert plan_today(due("wall_hinge"), PROGRAM, minutes=2.5).amount == "In your 2.5 minutes: 1 set of 5."
    assert plan_today(due("wall_hinge"), PROGRAM, minutes=30).amount == ""
    assert plan_today(due("wall_hinge"), PROGRAM).amount == ""


def test_too_few_minutes_to_film_give_practice() -> None:
    plan = plan_today(due("wall_hinge"), PROGRAM, minutes=2)
    assert plan.blocks == ()
    assert plan.minutes is None
    assert "2 minutes are too few to film wall hinge; it takes 3." in plan.instead[0]
    assert "not judged" in plan.instead[0]


def test_the_set_up_is_that_of_what_the_person_has() -> None:
    (block,) = plan_today(due("goat_bag"), PROGRAM, equipment=["dumbbell", "band"]).blocks
    (dumbbell,) = block.alternatives
    assert "both palms on the far bell, not on the handle" in dumbbell.setup[0]
    assert "without a load" in block.warm_up
    (block,) = plan_today(due("goat_bag"), PROGRAM).blocks
    assert [one.id for one in block.alternatives] == ["kettlebell", "dumbbell", "backpack"]


def test_nothing_to_load_with_gives_the_same_hinge_without() -> None:
    plan = plan_today(due("goat_bag"), PROGRAM, equipment=[])
    assert [block.drill.id for block in plan.blocks] == ["free_hinge"]
    assert plan.left_out == ("Goat-bag hinge: it takes a kettlebell, dumbbell or loaded backpack.",)
    assert plan.instead[0] == "A backpack filled with books is weight enough to begin with."
    assert "free hinge without a load" in plan.instead[1]


def test_of_two_equals_the_one_that_can_be_done_is_left() -> None:
    both = due(None, action="choose", options=("upper_back", "pull_through"))
    plan = plan_today(both, PROGRAM, equipment=["band"])
    assert [block.drill.id for block in plan.blocks] == ["pull_through"]
    assert not plan.choose
    assert plan.left_out == ("Load on the upper back: it takes a light kettlebell or loaded backpack.",)
    whole = plan_today(both, PROGRAM)
    assert [block.drill.id for block in whole.blocks] == ["upper_back", "pull_through"]
    assert whole.choose


@pytest.mark.parametrize("action", ["ask", "stop_now", "stop_see", "end_set", "end_session", "wait"])
def test_nothing_is_planned_while_something_stands_in_the_way(action) -> None:
    plan = plan_today(due("wall_hinge", action=action), PROGRAM)
    assert (plan.blocks, plan.reason) == ((), "Because.")


def test_little_space_says_what_to_do() -> None:
    little, tiny, enough = (plan_today(due("free_hinge"), PROGRAM, space_m=space) for space in (2, 1, 3))
    assert "hold the phone upright" in little.blocks[0].film[-1]
    assert "not judged" in tiny.blocks[0].film[-1]
    assert (little.instead, tiny.instead) == ((), ())  # it is about the filming, and replaces nothing
    assert not any(" m " in line for line in enough.blocks[0].film)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"equipment": ["anvil"]}, "no equipment 'anvil'"),
        ({"minutes": 0}, "Time: 0 minutes"),
        ({"minutes": float("nan")}, "Time: nan minutes"),
        ({"space_m": -1}, "Space: -1 metres"),
    ],
)
def test_what_cannot_be_planned_with_is_refused(given, what) -> None:
    with pytest.raises(UsageError, match=what):
        plan_today(due("wall_hinge"), PROGRAM, **given)


def test_a_little_pain_halves_the_sets() -> None:
    sore = Decision("do", "wall", "wall_hinge", "", "Fewer.", (Line(FULL_DOSE, "2 of 10 or less", "3 of 10", False),))
    plan = plan_today(sore, PROGRAM)
    assert plan.blocks[0].sets == 2
    assert plan.left_out == ("Wall hinge: 2 of 3 sets, because it hurt a little.",)


def test_the_pain_rule_of_the_decisions_is_understood() -> None:
    at = BEGAN + timedelta(days=22)
    more = (
        SessionOpened(key="o", at=at, session="s7", resting_pain=2, new_symptoms=False),
        SetDone(key="d", at=at, session="s7", drill="pull_through", reps=reps(10)),
        FeelLog(key="f", at=at, session="s7", drill="pull_through", effort=("hamstrings",), pain=3),
    )
    decision = next_step(History((*sample_events(), *more), at), PROGRAM)
    assert "fewer reps" in decision.reason
    plan = plan_today(decision, PROGRAM)
    assert (plan.blocks[0].drill.id, plan.blocks[0].sets) == ("pull_through", 1)


def test_tempo_is_read_from_its_words() -> None:
    assert rep_seconds("three seconds down, one second there, two seconds up") == 6
    assert rep_seconds("2.5 seconds down, 1 second up") == 3.5
    assert rep_seconds("slow down, smooth up") == 6
    assert rep_seconds("a few seconds") == 6
