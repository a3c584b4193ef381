"""A person's log of entries: adding to it, reading it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, func, insert, select

from hiphinge.errors import RecordConflict
from hiphinge.program.history import Corrected, Event, SessionClosed, SessionOpened, Withdrawn
from hiphinge.store.codec import decode_event, encode_event
from hiphinge.store.people import lock_person
from hiphinge.store.records import LoggedFilm
from hiphinge.store.rules import LogState, Seen, check_entry, check_text, moment
from hiphinge.store.tables import assessments, events

__all__ = [
    "Appended",
    "append_events",
    "check_film",
    "event_row",
    "find_film",
    "in_parts",
    "known_sessions",
    "last_sequence",
    "read_events",
    "standing_entry",
]

#: Of one statement, below every database's limit of parameters.
_CHUNK = 500


_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Appended:
    """The last number of the log after a call, and how many entries the call added to it."""

    last: int
    added: int


def append_events(connection: Connection, person: str, new: Sequence[Event], *, now: datetime) -> Appended:
    """Add entries to a person's log, all or none; those already there are passed over.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    RecordConflict
        An entry that does not fit what is recorded.
    """
    lock_person(connection, person)
    last = last_sequence(connection, person)
    fresh = _not_yet_recorded(connection, person, new)
    if not fresh:
        return Appended(last, 0)
    for event, _ in fresh:
        check_entry(event, now)
    _check_assessments(connection, person, [event for event, _ in fresh])
    state = LogState(_seen(connection, person, [event for event, _ in fresh]))
    rows = []
    for sequence, (event, payload) in enumerate(fresh, start=last + 1):
        state.accept(event)
        rows.append(event_row(person, sequence, event, now, payload=payload))
    connection.execute(insert(events), rows)
    return Appended(last + len(rows), len(rows))


def read_events(connection: Connection, person: str) -> tuple[Event, ...]:
    """Return a person's entries, oldest first."""
    query = select(events.c.kind, events.c.key, events.c.at, events.c.payload)
    rows = connection.execute(query.where(events.c.person == person).order_by(events.c.sequence))
    return tuple(decode_event(kind, key, at, payload) for kind, key, at, payload in rows)


def last_sequence(connection: Connection, person: str) -> int:
    """Return the number of the newest entry, 0 for an empty log."""
    return connection.execute(select(func.max(events.c.sequence)).where(events.c.person == person)).scalar() or 0


def known_sessions(connection: Connection, person: str) -> Mapping[str, bool]:
    """Return every session that was begun → whether it is open."""
    return LogState(_seen(connection, person, [])).sessions()


def standing_entry(connection: Connection, assessment: str) -> tuple[str, datetime] | None:
    """Return key and time of the entry that an assessment was logged with and that counts, or None."""
    query = select(events.c.person, events.c.key, events.c.at).where(events.c.assessment == assessment)
    rows = connection.execute(query.order_by(events.c.sequence)).all()
    withdrawn = {row.entry for row in _seen(connection, rows[0].person, [])} if rows else set()
    return next(((row.key, row.at) for row in rows if row.key not in withdrawn), None)


def in_parts(items: Sequence[_Item], size: int = _CHUNK) -> Iterator[Sequence[_Item]]:
    """Yield the items in runs of ``size``, since a statement takes only so many parameters."""
    for first in range(0, len(items), size):
        yield items[first : first + size]


def _not_yet_recorded(connection: Connection, person: str, new: Sequence[Event]) -> list[tuple[Event, str]]:
    """Return what is new with its payload; an entry that is there under the same key must say the same."""
    for event in new:
        check_text(event.key, "key of an entry")
    known: dict[str, tuple[str, str, datetime]] = {}
    for keys in in_parts([event.key for event in new], _CHUNK):
        query = select(events.c.key, events.c.kind, events.c.payload, events.c.at)
        for row in connection.execute(query.where(events.c.person == person, events.c.key.in_(keys))):
            known[row.key] = (row.kind, row.payload, row.at)
    fresh = []
    for event in new:
        said = (type(event).__name__, encode_event(event))
        if event.key not in known:
            fresh.append((event, said[1]))
            known[event.key] = (*said, event.at)
        elif known[event.key][:2] != said:
            raise RecordConflict(
                f"The entry {event.key!r} was already recorded on {moment(known[event.key][2])} with other values.",
                expected="the same values, or a key of its own",
                next_step="To correct a slip, withdraw that entry and enter it again.",
            )
    return fresh


def _check_assessments(connection: Connection, person: str, new: Sequence[Event]) -> None:
    """Refuse an assessment that is not there, or is somebody else's."""
    wanted = sorted({getattr(event, "assessment", "") for event in new} - {""})
    c = assessments.c
    for number in wanted:
        check_text(number, "id of an assessment")
        row = connection.execute(select(c.person, c.sha256, c.at).where(c.id == number)).one_or_none()
        if row is None:
            raise RecordConflict(f"There is no assessment {number!r} in the store.", next_step="Add it first.")
        if row.person != person:
            raise RecordConflict(
                f"The assessment {number!r} was added for another person, on {moment(row.at)}.",
                next_step="Check whose film it is.",
            )
        check_film(connection, person, row.sha256, but=number)


def check_film(connection: Connection, person: str, sha256: str, *, but: str = "") -> None:
    """Refuse a film that an entry which counts was logged with already, this person's or another's.

    ``but`` is an assessment that does not matter here.

    Raises
    ------
    RecordConflict
        Naming when.
    """
    found = find_film(connection, person, sha256, but=but, hold=True)
    if found is None:
        return
    if not found.own:
        raise RecordConflict(
            str(found), next_step="Check whose film it is. Logged by mistake? Withdraw it there first."
        )
    raise RecordConflict(
        str(found), expected="each film once", next_step="Log another film, or withdraw that entry first."
    )


def find_film(
    connection: Connection, person: str, sha256: str, *, but: str = "", hold: bool = False
) -> LoggedFilm | None:
    """Return where a film was logged already, this person's entry first; None where no entry that counts names it.

    ``but`` is an assessment that does not matter here; ``hold`` lets nobody else log the film meanwhile.
    """
    c = assessments.c
    query = select(c.id, c.person).where(c.sha256 == sha256, c.id != but)
    rows = connection.execute(query.with_for_update() if hold else query).all()
    for number, owner in sorted(rows, key=lambda row: bool(row.person != person)):
        entry = standing_entry(connection, number)
        if entry is not None:
            own = bool(owner == person)
            return LoggedFilm(at=entry[1], own=own, entry=entry[0] if own else "")
    return None


def _seen(connection: Connection, person: str, new: Sequence[Event]) -> Iterator[Seen]:
    """Yield the earlier entries that decide whether the new ones fit, oldest first."""
    keys = [event.entry for event in new if isinstance(event, Withdrawn | Corrected)]
    films = sorted({getattr(event, "assessment", "") for event in new} - {""})
    kinds = [kind.__name__ for kind in (SessionOpened, SessionClosed, Withdrawn)]
    c = events.c
    wanted = [c.kind.in_(kinds), *(c.key.in_(part) for part in in_parts(keys, _CHUNK))]
    wanted += [c.assessment.in_(part) for part in in_parts(films, _CHUNK)]
    columns = (c.sequence, c.key, c.kind, c.at, c.session, c.assessment, c.payload)
    found = {}
    for condition in wanted:
        for row in connection.execute(select(*columns).where(c.person == person, condition)):
            found[row.sequence] = row
    for _, row in sorted(found.items()):
        entry = ""
        if row.kind == Withdrawn.__name__:
            withdrawal = decode_event(row.kind, row.key, row.at, row.payload)
            entry = getattr(withdrawal, "entry", "")
        yield Seen(row.key, row.kind, row.at, row.session, row.assessment, entry)


def event_row(
    person: str, sequence: int, event: Event, now: datetime, *, payload: str | None = None
) -> dict[str, object]:
    """Return an entry as a row; ``payload`` where it is known already."""
    return {
        "person": person,
        "sequence": sequence,
        "key": event.key,
        "kind": type(event).__name__,
        "session": getattr(event, "session", None),
        "assessment": getattr(event, "assessment", "") or None,
        "at": event.at.astimezone(UTC),
        "entered_at": now,
        "payload": encode_event(event) if payload is None else payload,
    }
