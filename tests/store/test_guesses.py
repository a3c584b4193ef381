"""Failed guesses, counted for all servers together, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from hiphinge.store import Guess, open_store


def test_each_failure_waits_twice_as_long(store, clock):
    guess = Guess("a", free=2, longest_s=60)
    waits = []
    for _number in range(9):
        waits.append(store.try_guess([guess]))
        clock.move(seconds=waits[-1])
        if waits[-1]:
            assert store.try_guess([guess]) == 0
    assert waits == pytest.approx([0, 0, 2, 4, 8, 16, 32, 60, 60])
    assert store.try_guess([Guess("b", free=2)]) == 0
    store.guessed_right([guess])
    assert store.try_guess([guess]) == 0


def test_one_failure_is_taken_back(store):
    guess = Guess("a", free=1, longest_s=60)
    store.guessed_right([], forgive=[guess])
    assert store.try_guess([guess]) == 0
    assert store.try_guess([guess]) == pytest.approx(2)
    store.guessed_right([], forgive=[guess])
    store.guessed_right([], forgive=[guess])
    assert store.try_guess([guess]) == 0
    assert store.try_guess([guess]) == pytest.approx(2)


def test_failures_are_forgotten_and_their_rows_go(store, clock):
    guess = Guess("a", free=2, longest_s=60)
    store.try_guess([guess])
    store.try_guess([guess])
    assert store.try_guess([guess]) > 0
    clock.move(seconds=61)
    # As if for the first time.
    assert store.try_guess([guess]) == store.try_guess([guess]) == 0
    clock.move(seconds=121)
    store.tidy()
    with store._reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM guesses")).scalar() == 0


def test_where_one_has_to_wait_nothing_is_counted(store):
    narrow, wide = Guess("narrow", free=1), Guess("wide", free=2)
    assert store.try_guess([narrow, wide]) == 0
    assert store.try_guess([narrow, wide]) > 0
    assert store.try_guess([wide]) == 0
    assert store.try_guess([wide]) > 0


def test_a_clock_that_is_behind_makes_nobody_wait_longer(store, clock):
    guess = Guess("a", free=1, longest_s=60)
    store.try_guess([guess])
    clock.move(hours=-5)
    assert store.try_guess([guess]) == pytest.approx(2)


def test_many_at_once_from_several_connections_do_not_slip_through(store, address, clock):
    guesses = [Guess("a", free=5), Guess("b", free=50)]
    with open_store(address, clock=clock) as other, ThreadPoolExecutor(6) as threads:
        waits = list(threads.map(lambda n: (store, other)[n % 2].try_guess(guesses[:: 1 if n % 3 else -1]), range(24)))
    assert waits.count(0) == 5


def test_whose_they_are_is_not_kept_and_no_backup_has_them(store, tmp_path):
    store.try_guess([Guess("sign-in 203.0.113.7 ana@example.org")])
    with store._reading() as connection:
        assert "ana" not in str(connection.execute(text("SELECT * FROM guesses")).all())
    backup = store.backup(tmp_path / "b.zip")
    with open_store(tmp_path / "new.sqlite3") as new:
        new.restore(backup)
        with new._reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM guesses")).scalar() == 0
