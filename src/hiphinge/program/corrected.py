"""Which entries count, and with which values: withdrawn entries are left out, corrected ones read as corrected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from hiphinge.program.clock import find_withdrawn
from hiphinge.program.history import ClipSeen, Corrected, Event, SetDone, Withdrawn

__all__ = ["ABOUT_OTHERS", "apply_correction", "counting_events", "find_corrections"]

#: Entries that only say how an earlier one is to be read.
ABOUT_OTHERS = (Withdrawn, Corrected)
_NONE: Mapping[str, Corrected] = MappingProxyType({})


def find_corrections(events: Sequence[Event], gone: Collection[str]) -> Mapping[str, Corrected]:
    """Return the correction that counts of each corrected entry: the last one.

    Only a set or a clip that stands before it can be corrected; ``gone`` are the keys that are withdrawn.
    """
    if not any(isinstance(event, Corrected) for event in events):
        return _NONE
    first: dict[str, Event] = {}
    found: dict[str, Corrected] = {}
    for event in events:
        if not isinstance(event, Corrected):
            first.setdefault(event.key, event)
        elif event.key not in gone and isinstance(first.get(event.entry), SetDone | ClipSeen):
            found[event.entry] = event
    return MappingProxyType(found)


def apply_correction(event: Event, corrections: Mapping[str, Corrected]) -> Event:
    """Return an entry as it is to be read."""
    found = corrections.get(event.key)
    if found is None:
        return event
    if isinstance(event, SetDone):
        return replace(event, outcome=found.outcome, reps=found.reps, measures=found.measures)
    if isinstance(event, ClipSeen):
        return replace(event, outcome=found.outcome, measures=found.measures)
    return event


def counting_events(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return the entries that count, as they are to be read, in the order of the log."""
    gone = find_withdrawn(events)
    corrections = find_corrections(events, gone)
    return tuple(
        apply_correction(event, corrections)
        for event in events
        if event.key not in gone and not isinstance(event, ABOUT_OTHERS)
    )
