"""Slowing guesses down: failures are counted here, so that several servers do not give several times the tries.

Whose a count is (an address, a sign-in name) is known by a hash alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from hiphinge.store.packed import insert_once
from hiphinge.store.tables import guesses

__all__ = ["Guess", "delete_old_guesses", "forget", "forgive", "has_old_guesses", "try_guesses"]


@dataclass(frozen=True, slots=True)
class Guess:
    """Something that can be guessed at, and how patient one is with it.

    Parameters
    ----------
    key
        Whose tries are counted together.
    free
        Failures without a wait; each further one waits twice as long as the one before.
    longest_s
        The longest wait, and how long failures are remembered after the last one.
    """

    key: str
    free: int = 5
    longest_s: float = 900.0

    @property
    def key_sha256(self) -> str:
        """The hash by which it is known."""
        return hashlib.sha256(self.key.encode()).hexdigest()


def try_guesses(connection: Connection, tried: Sequence[Guess], *, now: datetime) -> float:
    """Count one failure for each, and return 0; where one has to wait, count nothing and return for how long, seconds.

    Counted before it is known whether the guess was right, so that many at once do not slip through.
    """
    c = guesses.c
    # In order, so that nobody waits in a ring.
    ordered = sorted({one.key_sha256: one for one in tried}.items())
    for number, _one in ordered:
        insert_once(connection, guesses, {"key_sha256": number, "failures": 0, "last": now, "expires": now})
    counts: list[tuple[str, Guess, int]] = []
    wait_s = 0.0
    for number, one in ordered:
        row = connection.execute(select(guesses).where(c.key_sha256 == number).with_for_update()).one()
        # Computers' clocks differ: nobody waits longer for that.
        ago_s = max(0.0, (now - row.last).total_seconds())
        if row.failures >= one.free:
            wait_s = max(wait_s, min(2.0 ** min(row.failures - one.free + 1, 60), one.longest_s) - ago_s)
        counts.append((number, one, 0 if ago_s > one.longest_s else row.failures))
    if wait_s > 0:
        return wait_s
    for number, one, failures in counts:
        # One that would be forgotten in the middle of its own wait would be no wait.
        values = {"failures": failures + 1, "last": now, "expires": now + timedelta(seconds=2 * one.longest_s)}
        connection.execute(update(guesses).where(c.key_sha256 == number).values(values))
    return 0.0


def forget(connection: Connection, guess: Guess) -> None:
    """Forget all failures: the guess was right."""
    connection.execute(delete(guesses).where(guesses.c.key_sha256 == guess.key_sha256))


def forgive(connection: Connection, guess: Guess) -> None:
    """Take one failure back, and no more: who may get in cannot wipe out what others failed at."""
    c = guesses.c
    connection.execute(
        update(guesses).where(c.key_sha256 == guess.key_sha256, c.failures > 0).values(failures=c.failures - 1)
    )


def has_old_guesses(connection: Connection, *, now: datetime) -> bool:
    """Whether there are failures that are remembered no longer."""
    return bool(
        connection.execute(select(func.count()).select_from(guesses).where(guesses.c.expires <= now)).scalar_one()
    )


def delete_old_guesses(connection: Connection, *, now: datetime) -> None:
    """Delete failures that are remembered no longer."""
    connection.execute(delete(guesses).where(guesses.c.expires <= now))
