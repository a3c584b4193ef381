"""The rows of the roster, kept at hand: reading a long log takes a moment, and most logs are as they were."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Any

from hiphinge.service.desk import Desk
from hiphinge.service.roster import Facts, RosterRow, roster_row, sort_rows
from hiphinge.store import Person, Store
from hiphinge.web.context import Context

__all__ = ["failed_films", "find_facts", "find_rows"]

_ROWS = "desk.rows"
_MOST = 2000


def find_rows(context: Context, desk: Desk) -> tuple[RosterRow, ...]:
    """Return everybody's row, those who need a look first."""
    failed = failed_films(desk.store)
    return sort_rows(_row(context, desk, one, failed) for one in desk.store.people())


def failed_films(store: Store) -> Mapping[str, int]:
    """Return how many films of each person could not be looked at."""
    found: dict[str, int] = {}
    for job in store.jobs(state="failed"):
        found[job.person] = found.get(job.person, 0) + 1
    return found


def find_facts(desk: Desk, person: Person, failed: Mapping[str, int]) -> Facts:
    """Return what the log does not hold; a note waits where the newest one is the person's own."""
    notes = desk.store.notes(person.id)
    own = bool(notes) and notes[-1].author == person.name
    return Facts(failed=failed.get(person.id, 0), waiting_note=notes[-1].at if own else None)


def _row(context: Context, desk: Desk, person: Person, failed: Mapping[str, int]) -> RosterRow:
    history, facts = desk.history(person), find_facts(desk, person, failed)
    last = history.events[-1].key if history.events else ""
    key: tuple[Any, ...] = (person.name, len(history.events), last, facts, context.program()[1], _hour(history.now))
    kept, lock = context.extras.setdefault(_ROWS, (OrderedDict(), Lock()))
    with lock:
        found = kept.get(person.id)
        if found is not None and found[0] == key:
            kept.move_to_end(person.id)
            row: RosterRow = found[1]
            return row
    row = roster_row(history, desk.program, person=person.id, name=person.name, facts=facts)
    with lock:
        kept[person.id] = (key, row)
        while len(kept) > _MOST:
            kept.popitem(last=False)
    return row


def _hour(now: datetime) -> int:
    """Return which hour it is: waiting and being away are told to the hour."""
    return int(now.timestamp() // 3600)
