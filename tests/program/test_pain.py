"""Pain: what each answer asks for, at its borders."""

from __future__ import annotations

import pytest

from hiphinge.program.history import FeelLog
from hiphinge.program.pain import call_pain, pain_lines, rate_back
from tests.program.scripted import PROGRAM, START


def feel(pain, **more):
    return FeelLog(key="f", at=START, session="s", drill="wall_hinge", effort=("hamstrings",), pain=pain, **more)


@pytest.mark.parametrize(
    ("resting", "pain", "call"),
    [
        (0, 0, "go"), (0, 1, "go"), (0, 2, "stop_set"), (1, 2, "go"), (2, 3, "less"), (1, 3, "stop_set"),
        (3, 3, "less"), (3, 4, "less"), (4, 4, "less"), (4, 5, "stop_set"), (7, 5, "stop_set"), (2, 4, "stop_set"),
    ],
)  # fmt: skip
def test_three_or_four_cuts_the_dose_and_five_or_two_over_rest_stops_the_set(resting, pain, call) -> None:
    assert call_pain(feel(pain), resting) == call


def test_pain_that_was_not_asked_is_not_judged() -> None:
    assert rate_back(feel(None)) is None
    assert call_pain(feel(None), 0) == "go"
    assert pain_lines(feel(None), 0, PROGRAM)[0].holds is None


def test_pain_elsewhere_is_not_the_backs_but_five_stops_the_set_anywhere() -> None:
    knee = feel(4, pain_places=("knee",))
    assert rate_back(knee) == 0
    assert call_pain(knee, 0) == "go"
    assert call_pain(feel(5, pain_places=("knee",)), 0) == "stop_set"
    assert rate_back(feel(4, pain_places=("knee", "buttock"))) == 4


def test_leg_pain_further_down_or_new_numbness_asks_for_a_clinician_whatever_the_number() -> None:
    assert call_pain(feel(0, leg="further"), 0) == "stop_see"
    assert call_pain(feel(None, new_numbness=True), 0) == "stop_see"
    assert call_pain(feel(1, leg="same", new_numbness=False), 1) == "go"


def test_leg_pain_that_moves_back_goes_on_but_lifts_no_other_rule() -> None:
    assert call_pain(feel(2, leg="back"), 1) == "go"
    assert call_pain(feel(5, leg="back"), 4) == "stop_set"


def test_every_line_names_rule_need_sight_entry_and_source() -> None:
    lines = pain_lines(feel(4, leg="further", new_numbness=False), 3, PROGRAM)
    assert [(one.needed, one.seen, one.holds) for one in lines] == [
        ("less than 5 of 10", "4 of 10", True),
        ("less than 2 more than at rest (3)", "4 of 10", True),
        ("2 of 10 or less", "4 of 10", False),
        ("does not move further down the leg", "moved further down", False),
        ("none", "no", True),
    ]
    assert all(one.events == ("f",) for one in lines)
    assert all("Thomeé" in one.source for one in lines[:3])
    assert all("[M]" in one.source and "Thomeé" not in one.source for one in lines[3:])
