"""Which entries count, and how far apart they are, when entries are withdrawn and clocks are set back.

The order of a log is the order of its entries; times serve only to tell how far apart two entries are. The rule is
cautious: a clock that was set back, or that had run ahead, makes a gap shorter, never longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hiphinge.program.history import Event, Withdrawn

__all__ = ["SLACK", "Back", "Moment", "find_backs", "find_gap", "find_withdrawn"]

#: Clocks that correct themselves by so much have not been set back.
SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Back:
    """An entry (or the present) that reads earlier than one before it."""

    index: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """When an entry was made: its place in the log, what the clock read, and the latest it had read until then."""

    index: int
    at: datetime
    latest: datetime


def find_withdrawn(events: Sequence[Event]) -> frozenset[str]:
    """Return the keys of the entries that no longer count. Only what stands before it can be withdrawn."""
    first: dict[str, int] = {}
    for index, event in enumerate(events):
        first.setdefault(event.key, index)
    gone: set[str] = set()
    for index in range(len(events) - 1, -1, -1):
        event = events[index]
        if isinstance(event, Withdrawn) and event.key not in gone and first.get(event.entry, index) < index:
            gone.add(event.entry)
    return frozenset(gone)


def find_backs(times: Iterable[tuple[int, datetime]]) -> tuple[Back, ...]:
    """Return where the clock went back by more than ``SLACK``, from (place in the log, time) in order of the log."""
    latest: datetime | None = None
    found = []
    for index, at in times:
        if latest is not None and at < latest - SLACK:
            found.append(Back(index, at))
        latest = at if latest is None else max(latest, at)
    return tuple(found)


def find_gap(earlier: Moment, later: Moment, backs: Iterable[Back]) -> timedelta:
    """Measure the time between two entries, cautiously.

    Counted from the latest time the log had shown at ``earlier``. A still later entry whose clock reads between the two
    shows that ``later`` was entered with a clock ahead of time: the gap then ends at that entry's time.
    """
    end = later.at
    for back in backs:
        if back.index > later.index and earlier.latest <= back.at < end:
            end = back.at
    return end - earlier.latest
