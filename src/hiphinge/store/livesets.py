"""Live sets, and the chunks of what came from them until they are finished."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from hiphinge.errors import RecordConflict, StoreError
from hiphinge.store.log import in_parts, known_sessions
from hiphinge.store.packed import pack, unpack
from hiphinge.store.people import lock_person
from hiphinge.store.rules import check_text
from hiphinge.store.tables import assessments, live_chunks, lives
from hiphinge.store.webrecords import LiveChunk, LiveSet

__all__ = [
    "LiveTakenOver",
    "append_chunks",
    "close_live",
    "delete_old_chunks",
    "insert_live",
    "read_chunks",
    "read_live",
    "read_lives",
]

KINDS = ("frames", "command")
_LONGEST_OPTIONS = 20_000
_LARGEST_CHUNK = 4 << 20
#: Half an hour at 60 pictures a second is 150 MB.
_LARGEST_SET = 256 << 20
#: A set that nothing came from for so long can no longer be entered either.
ABANDONED = timedelta(hours=48)


class LiveTakenOver(RecordConflict):
    """Another server has gone on with a live set since."""


def insert_live(connection: Connection, person: str, values: Mapping[str, Any], *, now: datetime) -> LiveSet:
    """Open a live set.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    RecordConflict
        Its session is not open, or a text or a value that cannot be kept.
    """
    lock_person(connection, person)
    check_text(values["drill"], "name of the drill")
    check_text(values["variant"] or "-", "variant of the drill")
    session = values["session"]
    if session is not None and not known_sessions(connection, person).get(session, False):
        raise RecordConflict(f"The session {session[:80]!r} is not open.", next_step="Begin a session first.")
    said = pack(values["options"], "options of the live set", longest=_LONGEST_OPTIONS)
    number = uuid.uuid4().hex
    fixed = {"id": number, "person": person, "state": "open", "next_number": 0, "bytes": 0}
    connection.execute(insert(lives).values({**values, **fixed, "options": said, "created": now, "changed": now}))
    return read_live(connection, number)


def read_live(connection: Connection, number: str, *, hold: bool = False) -> LiveSet:
    """Return a live set; ``hold`` keeps it as it is until the transaction ends.

    Raises
    ------
    StoreError
        There is none with this id.
    """
    row = None
    if number.isalnum():
        query = select(lives).where(lives.c.id == number)
        row = connection.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None:
        raise _no_live(number)
    return _live(row)


def read_lives(connection: Connection, person: str | None, state: str | None) -> tuple[LiveSet, ...]:
    """Return live sets, oldest first; of one person, in one state."""
    query = select(lives)
    if person is not None:
        query = query.where(lives.c.person == person)
    if state is not None:
        query = query.where(lives.c.state == state)
    return tuple(_live(row) for row in connection.execute(query.order_by(lives.c.created, lives.c.id)))


def append_chunks(connection: Connection, chunks: Sequence[LiveChunk], *, now: datetime) -> dict[str, int]:
    """Add chunks to many sets, all or none; return the number that comes next, set by set.

    Raises
    ------
    StoreError
        A set that is not there.
    LiveTakenOver
        Another chunk has one of the numbers.
    RecordConflict
        A set that is over, a number too far on, or a chunk that cannot be kept.
    """
    by_live: dict[str, list[LiveChunk]] = defaultdict(list)
    for chunk in chunks:
        _check_chunk(chunk)
        by_live[chunk.live].append(chunk)
    found = _hold_lives(connection, sorted(by_live))
    rows: list[dict[str, Any]] = []
    after: dict[str, int] = {}
    for number, new in sorted(by_live.items()):
        if number not in found:
            raise _no_live(number)
        fresh = _fresh(found[number], sorted(new, key=lambda chunk: chunk.number))
        _check_same(connection, [chunk for chunk in new if chunk.number < found[number].next_number])
        after[number] = found[number].next_number + len(fresh)
        if fresh:
            rows += fresh
            size = found[number].bytes + sum(len(row["data"]) for row in fresh)
            values = {"next_number": after[number], "bytes": size, "changed": now}
            connection.execute(update(lives).where(lives.c.id == number).values(values))
    if rows:
        connection.execute(insert(live_chunks), rows)
    return after


def _check_chunk(chunk: LiveChunk) -> None:
    """Refuse what is no chunk."""
    check_text(chunk.live, "id of the live set")
    if chunk.kind not in KINDS or chunk.number < 0 or len(chunk.data) > _LARGEST_CHUNK:
        raise RecordConflict(
            f"The chunk {chunk.number} of kind {chunk.kind!r} with {len(chunk.data)} bytes cannot be kept.",
            expected=f"{' or '.join(KINDS)}, numbered from 0, up to {_LARGEST_CHUNK} bytes",
        )


def _hold_lives(connection: Connection, numbers: Sequence[str]) -> dict[str, LiveSet]:
    """Return live sets by id, kept as they are until the transaction ends; in order, so that nobody waits in a ring."""
    found = {}
    for part in in_parts(numbers):
        query = select(lives).where(lives.c.id.in_(part)).order_by(lives.c.id).with_for_update()
        found.update({row.id: _live(row) for row in connection.execute(query)})
    return found


def _check_same(connection: Connection, known: Sequence[LiveChunk]) -> None:
    """Refuse chunks whose numbers another server has given to others: what it wrote counts, these would be lost.

    The same chunk once more is fine: its writer did not know whether it came through.
    """
    c = live_chunks.c
    for chunk in known:
        query = select(c.kind, c.data).where(c.live == chunk.live, c.number == chunk.number)
        row = connection.execute(query).one_or_none()
        if row is None or (row.kind, bytes(row.data)) != (chunk.kind, chunk.data):
            raise LiveTakenOver(
                f"The chunk {chunk.number} of the live set {chunk.live!r} is there already, and another one.",
                expected="one server at a time that goes on with a set",
                next_step="Read the set again from what is stored.",
            )


def _fresh(live: LiveSet, chunks: Sequence[LiveChunk]) -> list[dict[str, Any]]:
    """Return the rows of what is not there yet: the next number, and each after it, once."""
    fresh: list[dict[str, Any]] = []
    if live.state != "open":
        raise RecordConflict(f"The live set {live.id!r} is {live.state}.", expected="a set that is open")
    size = live.bytes
    for chunk in chunks:
        expected = live.next_number + len(fresh)
        if chunk.number > expected:
            raise RecordConflict(
                f"The chunk {chunk.number} of the live set {live.id!r} comes too early.",
                expected=f"the chunk {expected}",
                next_step=f"Send again from {expected} on.",
            )
        if chunk.number == expected:
            size += len(chunk.data)
            row = {"live": live.id, "number": chunk.number, "person": live.person, "kind": chunk.kind}
            fresh.append({**row, "data": chunk.data})
    if size > _LARGEST_SET:
        raise RecordConflict(
            f"The live set {live.id!r} has {size >> 20} MB.",
            expected=f"up to {_LARGEST_SET >> 20} MB",
            next_step="Stop this set and begin another.",
        )
    return fresh


def read_chunks(connection: Connection, number: str, first: int, count: int) -> Iterator[LiveChunk]:
    """Yield the chunks of a set from a number on, up to so many."""
    c = live_chunks.c
    query = select(c.live, c.number, c.kind, c.data).where(c.live == number, c.number >= first)
    for row in connection.execute(query.order_by(c.number).limit(count)):
        yield LiveChunk(row.live, row.number, row.kind, bytes(row.data))


def close_live(
    connection: Connection, number: str, state: str, assessment: str | None, *, now: datetime
) -> tuple[LiveSet, bool]:
    """End a live set and let its chunks go; return it, and whether anything was changed: twice is once.

    Raises
    ------
    RecordConflict
        It ended otherwise before, or the assessment is not this person's.
    """
    lock_person(connection, read_live(connection, number).person)
    live = read_live(connection, number, hold=True)
    if live.state != "open":
        if (live.state, live.assessment) != (state, assessment):
            raise RecordConflict(f"The live set is {live.state} already.", expected="a set that is open")
        return live, False
    if assessment is not None:
        c = assessments.c
        owner = connection.execute(select(c.person).where(c.id == assessment)).scalar()
        if owner != live.person:
            raise RecordConflict("The assessment is none of this person's.", next_step="Add it first.")
    connection.execute(delete(live_chunks).where(live_chunks.c.live == number))
    values = {"state": state, "assessment": assessment, "bytes": 0, "changed": now, "finished": now}
    connection.execute(update(lives).where(lives.c.id == number).values(values))
    return read_live(connection, number), True


def delete_old_chunks(connection: Connection, *, now: datetime, only_look: bool = False) -> tuple[str, ...]:
    """Give up the sets that nothing came from for long; return their ids."""
    c = lives.c
    query = select(c.id).where(c.state == "open", c.changed < now - ABANDONED).order_by(c.id)
    if only_look:
        return tuple(connection.execute(query).scalars())
    old = tuple(connection.execute(query.with_for_update()).scalars())
    for part in in_parts(old):
        connection.execute(delete(live_chunks).where(live_chunks.c.live.in_(part)))
        values = {"state": "abandoned", "bytes": 0, "finished": now}
        connection.execute(update(lives).where(c.id.in_(part)).values(values))
    return old


def _no_live(number: str) -> StoreError:
    """A live set that is not there."""
    return StoreError(f"There is no live set {number[:40]!r}.", next_step="Begin the set again.")


def _live(row: Row[Any]) -> LiveSet:
    """Return a row as a live set."""
    return LiveSet(**{**row._mapping, "options": unpack(row.options)})
