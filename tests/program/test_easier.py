"""Easier forms: chosen by what failed, and never twice."""

from __future__ import annotations

import pytest

from hiphinge.program.easier import choose_easier, order_rules
from tests.program.scripted import PROGRAM


@pytest.mark.parametrize(
    ("drill", "missed", "tried", "chosen"),
    [
        ("wall_hinge", ("11",), (), "three_quarters"),
        ("wall_hinge", ("11",), ("three_quarters",), "half"),
        ("wall_hinge", ("4",), (), "half"),
        ("wall_hinge", ("4",), ("half",), "wider"),
        ("wall_hinge", ("4",), ("half", "wider"), "small_range"),
        ("wall_hinge", ("4",), ("half", "wider", "small_range"), "three_quarters"),
        ("wall_hinge", ("2",), (), "wider"),
        ("wall_hinge", ("4d",), (), "small_range"),
        ("wall_hinge", ("10p", "11", "4"), (), "half"),
        ("wall_hinge", (), (), "three_quarters"),
        ("free_hinge", ("1b",), (), "wall"),
        ("free_hinge", ("6",), (), "dowel"),
        ("goat_bag", ("13",), (), "lighter"),
        ("deadlift_block", ("7b",), (), "higher_block"),
        ("pull_through", ("8",), (), "lighter"),
    ],
)
def test_the_easier_form_helps_with_what_failed_first(drill, missed, tried, chosen) -> None:
    variant = choose_easier(PROGRAM.drill(drill), missed, tried)
    assert variant is not None
    assert variant.id == chosen


def test_when_all_were_tried_there_is_none_and_harder_is_never_chosen() -> None:
    for drill in PROGRAM.drills:
        easier = [one.id for one in drill.variants if one.direction == "easier"]
        assert choose_easier(drill, ("4",), easier) is None


def test_the_back_speaks_before_all_then_down_then_the_drills_own() -> None:
    assert order_rules(("10", "6", "8", "3", "1", "11", "2", "4", "nothing", "4")) == (
        "4", "2", "11", "1", "3", "8", "6", "10", "nothing",
    )  # fmt: skip
