"""Scores: ranges, least changes, direction."""

from __future__ import annotations

import math

import pytest

from hiphinge.errors import UsageError
from hiphinge.program.outcomes import OUTCOMES, check_score, classify_change, find_outcome


@pytest.mark.parametrize(
    ("measure", "before", "after", "verdict"),
    [
        ("nprs", 6, 4, "better"),  # 2 points
        ("nprs", 6, 5, "no_clear_change"),
        ("nprs", 3, 2, "no_clear_change"),  # a third, but 1 point: inside the band
        ("nprs", 4, 3, "no_clear_change"),  # a quarter
        ("nprs", 1, 0.5, "no_clear_change"),  # half, but less than a point
        ("nprs", 3.2, 1.2, "better"),  # 2.0000000000000004 or less
        ("nprs", 0, 1, "no_clear_change"),
        ("nprs", 2, 4, "other_way"),
        ("nprs", 2, 3, "no_clear_change"),
        ("psfs", 4.3, 6.3, "better"),
        ("psfs", 6.3, 4.3, "other_way"),
        ("psfs", 4.3, 6.2, "no_clear_change"),
        ("rmdq", 12, 7, "better"),
        ("rmdq", 10, 7, "no_clear_change"),  # 30 %, but inside the band
        ("rmdq", 11, 8, "no_clear_change"),
        ("rmdq", 2, 1, "no_clear_change"),  # half, but one item
        ("rmdq", 7, 12, "other_way"),
        ("ftf_cm", 20, 15.5, "better"),
        ("ftf_cm", 20, 15.6, "no_clear_change"),
        ("ftf_cm", 15, 20, "other_way"),
    ],
)
def test_a_change_is_clear_from_the_least_important_one_on(measure, before, after, verdict) -> None:
    change = classify_change(measure, before, after)
    assert change.verdict == verdict
    assert change.by == after - before
    words = {"better": "better", "no_clear_change": "no clear change", "other_way": "the other way"}
    assert change.words == words[verdict]


def test_a_figure_from_memory_is_said_to_be_unsure() -> None:
    change = classify_change("psfs", 4, 7)
    assert not change.sure
    assert "not yet checked" in change.detail
    assert classify_change("nprs", 4, 7).sure
    assert classify_change("nprs", 4, 7).detail == "A clear change is 2 points."
    assert "Ostelo 2008" in classify_change("rmdq", 4, 7).source
    assert "4.5 cm" in classify_change("ftf_cm", 4, 7).detail


def test_a_large_share_is_only_told_beside_the_points() -> None:
    assert classify_change("nprs", 3, 2).detail == "A clear change is 2 points. 33 % less, below 2 points."
    assert classify_change("rmdq", 10, 7).detail.endswith("30 % less, below 5 points.")
    assert "%" not in classify_change("nprs", 4, 3).detail  # a quarter
    assert "%" not in classify_change("nprs", 6, 2).detail


def test_no_licensed_questionnaire_ships() -> None:
    assert [one.id for one in OUTCOMES] == ["nprs", "psfs", "rmdq", "ftf_cm"]


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("nprs", -1),
        ("nprs", 10.1),
        ("nprs", math.nan),
        ("rmdq", 25),
        ("rmdq", 3.5),
        ("ftf_cm", 121),
        ("psfs", math.inf),
    ],
)
def test_a_score_that_cannot_be_is_refused(measure, value) -> None:
    with pytest.raises(UsageError, match="is not a score it can have") as caught:
        check_score(measure, value)
    assert f"{find_outcome(measure).high:g}" in caught.value.expected
    with pytest.raises(UsageError):
        classify_change(measure, 3, value)


def test_an_unknown_outcome_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UsageError, match="There is no outcome 'odi'") as caught:
        classify_change("odi", 1, 2)
    assert "nprs or psfs or rmdq or ftf_cm" in caught.value.expected


def test_scores_that_can_be_pass() -> None:
    assert check_score("rmdq", 24) == 24.0
    assert check_score("psfs", 6.333) == 6.333
