"""Entries that no longer count, and cautious gaps between entries."""

from __future__ import annotations

from datetime import timedelta

from hiphinge.program.clock import SLACK, Back, Moment, find_backs, find_gap, find_withdrawn
from hiphinge.program.history import OutcomeScore, Withdrawn
from tests.program.scripted import START


def score(key):
    return OutcomeScore(key=key, at=START, measure="nprs", value=3)


def gone(key, entry):
    return Withdrawn(key=key, at=START, entry=entry, reason="a slip")


def hours(*values):
    return [(k, START + timedelta(hours=value)) for k, value in enumerate(values)]


def moment(at_h, latest_h=None, index=0):
    return Moment(index, START + timedelta(hours=at_h), START + timedelta(hours=at_h if latest_h is None else latest_h))


def test_what_stands_before_can_be_withdrawn_and_nothing_else() -> None:
    assert find_withdrawn([score("a"), gone("w", "a")]) == {"a"}
    assert find_withdrawn([gone("w", "a"), score("a")]) == frozenset()
    assert find_withdrawn([score("a"), gone("w", "b")]) == frozenset()
    assert find_withdrawn([]) == frozenset()


def test_a_withdrawal_can_be_withdrawn() -> None:
    assert find_withdrawn([score("a"), gone("w", "a"), gone("v", "w")]) == {"w"}
    assert find_withdrawn([score("a"), gone("w", "a"), gone("v", "w"), gone("u", "v")]) == {"v", "a"}


def test_a_clock_that_went_back_is_found_and_a_little_is_let_pass() -> None:
    assert find_backs(hours(0, 1, 2)) == ()
    assert find_backs(hours(0, 5, 1, 4, 6)) == (
        Back(2, START + timedelta(hours=1)),
        Back(3, START + timedelta(hours=4)),
    )
    assert find_backs([(0, START), (1, START - SLACK)]) == ()
    assert find_backs([]) == ()


def test_a_gap_is_counted_from_the_latest_time_the_log_had_shown() -> None:
    assert find_gap(moment(0), moment(30), ()) == timedelta(hours=30)
    assert find_gap(moment(-10, 0), moment(20, index=3), ()) == timedelta(hours=20)


def test_a_later_entry_between_the_two_shows_that_the_clock_was_ahead() -> None:
    back = (Back(7, START + timedelta(hours=1)),)
    assert find_gap(moment(0, index=1), moment(72, index=5), back) == timedelta(hours=1)
    # A clock that fell to long before both says nothing about the gap between them.
    assert find_gap(moment(0, index=1), moment(72, index=5), (Back(7, START - timedelta(days=900)),)).days == 3
    # Nor does one that went back before the later of the two was entered.
    assert find_gap(moment(0, index=1), moment(72, index=5), (Back(4, START + timedelta(hours=1)),)).days == 3
