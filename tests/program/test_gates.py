"""Sets and sessions as a gate sees them: judged reps, hidden backs, tiredness, shares, hours apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hiphinge.program.clock import Back, Moment
from hiphinge.program.gates import (
    Credit,
    Tally,
    add_feel,
    add_set,
    count_apart,
    counts_for_gate,
    find_fatigue_deg,
    grade_reps,
    has_two_missed,
    is_back_rule,
    read_set,
    session_lines,
)
from hiphinge.program.history import FeelLog, RepResult, SetDone
from hiphinge.program.model import Gate
from tests.program.scripted import PROGRAM, START, reps

FREE, WALL = PROGRAM.drill("free_hinge"), PROGRAM.drill("wall_hinge")


def done(grades, rules=("4",), lumbar=None, drill="free_hinge", **more):
    return SetDone(key="d", at=START, session="s", drill=drill, reps=reps(grades, rules, lumbar), **more)


def moment(hours=0.0, index=0):
    at = START + timedelta(hours=hours)
    return Moment(index, at, at)


def felt(effort=("hamstrings",), pain=1, **more):
    return FeelLog(key="f", at=START, session="s", drill="free_hinge", effort=effort, pain=pain, **more)


def tally_of(*sets, drill=FREE, feel=None):
    tally = Tally()
    for one in sets:
        tally = add_set(tally, one, read_set(one, drill.gate), drill.gate, moment())
    return tally if feel is None else add_feel(tally, feel, True)


@pytest.mark.parametrize(
    ("grades", "holds"),
    [("pmmp", True), ("pmpm", False), ("mcm", True), ("mccpm", False), ("m", False), ("", False), ("ccc", False)],
)
def test_two_judged_misses_in_a_row_are_found_across_reps_that_cannot_be_told(grades, holds) -> None:
    assert has_two_missed([rep.grade for rep in reps(grades)]) is holds


def test_rules_of_the_back_are_four_and_its_letters() -> None:
    assert [is_back_rule(rule) for rule in ("4", "4b", "4d", "14", "1b", "10p")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_rep_with_hands_on_the_back_can_miss_another_rule_but_never_pass() -> None:
    mixed = (
        RepResult(number=1, grade="pass"),
        RepResult(number=2, grade="miss", missed_rules=("4", "4d")),
        RepResult(number=3, grade="miss", missed_rules=("4", "2")),
        RepResult(number=4, grade="miss"),
        RepResult(number=5, grade="cannot_tell"),
        *(RepResult(number=k, grade="pass") for k in (6, 7)),
        RepResult(number=8, grade="miss", missed_rules=("4",)),
    )
    graded = grade_reps(SetDone(key="d", at=START, session="s", drill="free_hinge", reps=mixed, back_reps=3))
    assert graded == (
        ("cannot_tell", ()), ("cannot_tell", ()), ("miss", ("2",)), ("miss", ()), ("cannot_tell", ()),
        ("pass", ()), ("pass", ()), ("miss", ("4",)),
    )  # fmt: skip


def test_all_reps_count_where_the_back_was_free_throughout() -> None:
    assert [grade for grade, _ in grade_reps(done("ppm"))] == ["pass", "pass", "miss"]
    assert [grade for grade, _ in grade_reps(done("ppm", back_reps=9))] == ["pass", "pass", "miss"]
    assert [grade for grade, _ in grade_reps(done("ppm", back_reps=0))] == ["cannot_tell", "cannot_tell", "cannot_tell"]


@pytest.mark.parametrize(
    ("lumbar", "rise"),
    [
        ((10, 11, 12, 13, 14, 20, 21, 22), 10.0), ((10, 11, 12, 13, 14, 19, 20, 21), 9.0), ((5, 6, 15, 16), 10.0),
        ((5, 16, 27), None), ((), None), ((5, 5, 5, 5, 20), 7.5),
    ],
)  # fmt: skip
def test_tiredness_compares_the_last_reps_with_the_first(lumbar, rise) -> None:
    assert find_fatigue_deg(reps("p" * len(lumbar), lumbar=lumbar)) == rise


def test_tiredness_is_told_from_reps_with_a_free_back_only() -> None:
    hidden = reps("pppppppp", lumbar=(0, 0, 0, 0, 0, 12, 12, 12))
    assert find_fatigue_deg(hidden) == 12.0
    assert find_fatigue_deg(hidden, back_reps=3) is None
    untold = (*reps("pp"), *reps("pppp", lumbar=(4, 6, 15, 17)))
    assert find_fatigue_deg(untold) == 11.0


def test_a_set_is_good_with_five_judged_reps_and_the_gates_share() -> None:
    assert read_set(done("ppppm"), FREE.gate).good
    assert not read_set(done("pppp"), FREE.gate).good
    assert not read_set(done("pppmm"), FREE.gate).good
    assert not read_set(done("ppppp"), None).good
    assert not read_set(done(""), FREE.gate).good


def test_a_set_is_rounded_where_the_back_missed_not_where_it_arched() -> None:
    assert read_set(done("pmpmp"), FREE.gate).rounded
    assert not read_set(done("pmppp"), FREE.gate).rounded
    assert not read_set(done("mmmmm", ("4d",)), FREE.gate).rounded
    assert read_set(done("mpm", ("2", "4")), FREE.gate).missed == ("2", "4")


def test_the_shape_of_a_session_gate_ten_judged_reps_eight_of_ten() -> None:
    lines = session_lines(tally_of(done("ppppm"), done("ppppm"), feel=felt()), FREE.gate, PROGRAM)
    assert [one.holds for one in lines] == [True, True, True]
    assert lines[0].needed == "at least 10 judged reps in one session, 8 of 10 passing"
    assert lines[0].seen == "8 of 10 passed"
    few = session_lines(tally_of(done("ppppppppp"), feel=felt()), FREE.gate, PROGRAM)
    assert few[0].holds is False
    missed = session_lines(tally_of(done("pppppppmpmm"), feel=felt()), FREE.gate, PROGRAM)
    assert missed[0].seen == "8 of 11 passed"
    assert missed[0].holds is False


def test_reps_that_cannot_be_told_are_not_judged() -> None:
    lines = session_lines(tally_of(done("pppppcccccppp"), feel=felt()), FREE.gate, PROGRAM)
    assert lines[0].seen == "8 of 8 passed"
    assert lines[0].holds is False


def test_two_sets_of_five_are_two_sets_each_with_its_share() -> None:
    gate = WALL.gate
    assert tally_of(done("ppppm"), done("ppppm"), drill=WALL).good_sets == 2
    assert tally_of(done("pppppppppp"), drill=WALL).good_sets == 1
    assert tally_of(done("pppmm"), done("ppppp"), done("ppppc"), drill=WALL).good_sets == 1
    lines = session_lines(tally_of(done("ppppm"), done("ppppm"), drill=WALL, feel=felt(("nothing",))), gate, PROGRAM)
    assert [one.holds for one in lines] == [True, True, True]


def test_unanswered_pain_or_effort_is_not_known() -> None:
    sets = done("pppppppppp")
    assert [one.holds for one in session_lines(tally_of(sets), FREE.gate, PROGRAM)] == [True, None, None]
    for answer in (felt(None), felt(pain=None)):
        lines = session_lines(tally_of(sets, feel=answer), FREE.gate, PROGRAM)
        assert [one.holds for one in lines] == [True, None, None]
    again = add_set(tally_of(sets, feel=felt()), sets, read_set(sets, FREE.gate), FREE.gate, moment())
    assert [one.holds for one in session_lines(again, FREE.gate, PROGRAM)] == [True, None, None]


def test_pain_above_the_gate_is_told_even_before_the_last_set_is_answered() -> None:
    sets = done("pppppppppp")
    hurt = tally_of(sets, feel=felt(pain=3))
    again = add_set(hurt, sets, read_set(sets, FREE.gate), FREE.gate, moment())
    assert session_lines(again, FREE.gate, PROGRAM)[1].holds is False
    assert session_lines(tally_of(sets, feel=felt()), FREE.gate, PROGRAM, worst=3)[1].seen == "3 of 10"


@pytest.mark.parametrize(
    ("drill", "effort", "holds"),
    [
        ("free_hinge", ("hamstrings",), True), ("free_hinge", ("buttocks", "thighs_front"), True),
        ("free_hinge", ("nothing",), False), ("free_hinge", ("thighs_front",), False),
        ("goat_bag", ("nothing",), False), ("goat_bag", ("buttocks",), True), ("goat_bag", (), None),
        ("wall_hinge", ("neck",), True), ("wall_hinge", ("nothing",), True),
    ],
)  # fmt: skip
def test_hamstrings_or_buttocks_are_asked_for_from_the_first_load_on_and_nothing_much_passes_before(
    drill, effort, holds
) -> None:
    own = PROGRAM.drill(drill)
    tally = tally_of(done("pppppppppp"), drill=own, feel=felt(effort))
    assert session_lines(tally, own.gate, PROGRAM)[2].holds is holds


def test_sets_that_were_felt_in_the_back_do_not_count_and_their_pain_stays() -> None:
    tally = tally_of(done("pppppppppp"), feel=felt(("low_back", "hamstrings"), pain=2))
    assert tally == Tally(pain=2)


def test_wall_distances_and_wider_feet_pass_the_walls_gate_and_nothing_easier_passes_another() -> None:
    assert [one.id for one in WALL.variants if counts_for_gate(WALL, one.id)] == ["three_quarters", "half", "wider"]
    for drill in PROGRAM.drills:
        if drill.id != "wall_hinge":
            assert {one.id for one in drill.variants if counts_for_gate(drill, one.id)} <= {"heavier"}
    assert counts_for_gate(FREE, "")
    assert not counts_for_gate(FREE, "no such form")


def credit(hours, rise=0, index=0):
    return Credit(f"s{hours}", moment(hours, index), ("k",), 1, (), rise)


def test_sessions_count_when_far_enough_apart_with_calm_mornings() -> None:
    gate = Gate(sessions=2, sets=1, reps=10, passed=8, max_pain=2, apart_h=24, max_morning_rise=1)
    assert len(count_apart([credit(0), credit(24)], gate, ())) == 2
    assert len(count_apart([credit(0), credit(23.99)], gate, ())) == 1
    assert len(count_apart([credit(0), credit(12), credit(24)], gate, ())) == 2
    assert len(count_apart([credit(0, None), credit(24)], gate, ())) == 1
    assert len(count_apart([credit(0, 2), credit(24, 1)], gate, ())) == 1


def test_a_clock_that_is_set_back_later_shortens_the_gap() -> None:
    gate = Gate(sessions=2, sets=1, reps=10, passed=8, max_pain=2, apart_h=24)
    sessions = [credit(0, index=1), credit(72, index=5)]
    assert len(count_apart(sessions, gate, ())) == 2
    assert len(count_apart(sessions, gate, (Back(9, START + timedelta(hours=2)),))) == 1
    assert len(count_apart(sessions, gate, (Back(9, START + timedelta(hours=30)),))) == 2
