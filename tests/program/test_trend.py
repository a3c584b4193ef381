"""Trends: the first session is the baseline, the band is the least change that counts."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from hiphinge.program.trend import Point, find_mdc, trend

DAY = datetime(2026, 11, 2, tzinfo=UTC)


def points(*values: float, half: float | None = None) -> list[Point]:
    return [
        Point(
            value, DAY + timedelta(days=k), None if half is None else value - half,
            None if half is None else value + half, f"s{k}",
        )
        for k, value in enumerate(values)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "better", "verdict"),
    [
        (30, 19.9, "lower", "better"),
        (30, 20, "lower", "no_clear_change"),  # the band's edge is inside
        (30, 40.1, "lower", "other_way"),
        (50, 61, "higher", "better"),
        (50, 39, "higher", "other_way"),
        (20, 40, None, "changed"),
    ],
)
def test_a_change_beyond_the_band_has_a_direction(first, last, better, verdict) -> None:
    found = trend(points(first, 25, last), 10, better=better)
    assert found.verdict == verdict
    assert found.band == (first - 10, first + 10)
    assert found.by == last - first
    assert (found.baseline, found.latest) == (first, last)


def test_a_session_counts_once_by_the_one_in_the_middle_with_its_own_interval() -> None:
    same = [Point(value, DAY, value - 5, value + 5, "s0") for value in (40, 20, 30)]
    found = trend([*same, Point(12, DAY + timedelta(days=1), 7, 17, "s1")], 10, better="lower")
    assert [one.value for one in found.points] == [30, 12]
    assert (found.points[0].lo, found.points[0].hi) == (25, 35)
    even = trend([Point(20, DAY, 15, 25, "s0"), Point(30, DAY, 20, 40, "s0")], 10)
    assert (even.points[0].value, even.points[0].lo, even.points[0].hi) == (30, 20, 40)  # one of the two, not a mean


def test_one_session_is_a_first_measure_and_none_tells_nothing() -> None:
    first = trend(points(30), 10)
    assert (first.verdict, first.words, first.by) == ("first", "first measure", None)
    nothing = trend([Point(math.nan, DAY)], 10)
    assert (nothing.verdict, nothing.baseline, nothing.band) == ("untold", None, None)


@pytest.mark.parametrize("mdc", [None, math.nan])
def test_without_a_band_nothing_can_be_told(mdc) -> None:
    assert trend(points(30, 10), mdc, better="lower").verdict == "untold"


def test_the_order_is_the_logs_even_where_a_clock_went_back() -> None:
    found = trend([Point(30, DAY, session="a"), Point(10, DAY - timedelta(days=2), session="b")], 5, better="lower")
    assert (found.baseline, found.latest, found.verdict) == (30, 10, "better")


def test_another_drill_is_said() -> None:
    wall, free = Point(30, DAY, session="a", drill="Wall hinge"), Point(10, DAY, session="b", drill="Free hinge")
    assert trend([wall, free], 5).another_drill
    assert not trend([wall, Point(9, DAY, session="c", drill="Wall hinge")], 5).another_drill


def test_the_band_of_lumbar_flexion_is_ten_degrees_and_others_stand_in() -> None:
    mdc, source = find_mdc("lumbar_flexion", points(30, half=1.0))
    assert mdc == 10.0
    assert "DESIGN" in source
    assert "reliability study" in source
    mdc, source = find_mdc("hip_share", points(50, 60, 70, half=8.0))
    assert mdc == pytest.approx(8 * math.sqrt(2))
    assert "stand-in" in source
    assert find_mdc("hip_share", points(50, 60)) == (None, "")
