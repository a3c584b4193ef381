"""Which entries count, and how far apart they are, when entries are withdrawn and clocks are set back.

The order of a log is the order of its entries; times serve only to tell how far apart two entries are. The rule is
cautious: a clock that was set back, or that had run ahead, makes a gap shorter, never longer; but where one entry ran
ahead of later ones by more than a week, nobody waits for years: the later ones then count among themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hiphinge.program.history import Event, Withdrawn

__all__ = ["AHEAD", "SLACK", "Back", "Moment", "find_ahead", "find_backs", "find_gap", "find_withdrawn"]

#: Clocks that correct themselves by so much have not been set back.
SLACK = timedelta(minutes=5)
#: An entry that reads so much later than a later one is not waited for (DESIGN).
AHEAD = timedelta(days=7)


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
    shows that ``later`` was entered with a clock ahead of time: the gap then ends at that entry's time. Where ``later``
    itself reads more than ``AHEAD`` before that latest time, the gap is counted from the first entry since ``earlier``
    that shows so: ``earlier`` was entered by then.
    """
    backs = tuple(backs)
    start, end = earlier.latest, later.at
    if later.at < start - AHEAD:
        shown = (back.at for back in backs if earlier.index <= back.index <= later.index and back.at < start - AHEAD)
        start = next(shown, start)
    for back in backs:
        if back.index > later.index and start <= back.at < end:
            end = back.at
    return end - start


def find_ahead(entries: Iterable[tuple[int, datetime, str]], backs: Iterable[Back]) -> str:
    """Return the key of the entry that ran furthest ahead of a later one, by more than ``AHEAD``; "" for none."""
    left = sorted(backs, key=lambda back: back.index)
    lowest: datetime | None = None
    best: tuple[datetime, str] | None = None
    for index, at, key in sorted(entries, reverse=True):
        while left and left[-1].index > index:
            shown = left.pop().at
            lowest = shown if lowest is None else min(lowest, shown)
        if lowest is not None and lowest < at - AHEAD and (best is None or at >= best[0]):
            best = (at, key)
    return best[1] if best else ""
