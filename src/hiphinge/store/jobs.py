"""A queue of work with leases: a job is done once in effect, whatever happens to the worker that has it.

A worker takes a job for some seconds and says again and again that it is still at it. Where it falls silent, another
takes the job, as its next attempt. Owner and attempt are checked whenever something is written down, so that a worker
that comes back too late is told so. Time is the database's: the clocks of several computers may differ.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, text, update

from hiphinge.errors import RecordConflict, StoreError
from hiphinge.store.packed import pack, unpack
from hiphinge.store.people import lock_person
from hiphinge.store.rules import check_text
from hiphinge.store.tables import jobs
from hiphinge.store.webrecords import Job

__all__ = [
    "beat",
    "call_off",
    "complete_job",
    "database_now",
    "delete_old_jobs",
    "give_up_job",
    "insert_job",
    "is_work_waiting",
    "put_back",
    "read_job",
    "read_jobs",
    "take_job",
]

_LONGEST_LEASE_S = 86_400.0
_MOST_ATTEMPTS = 20
_LONGEST_REASON = 2000
#: What is over is forgotten after so long; the entries that it made stay.
_KEPT = timedelta(days=30)
_NOW_SQLITE = text("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
_NOW_POSTGRESQL = text("SELECT clock_timestamp()")


def database_now(connection: Connection) -> datetime:
    """Return the moment that the database's clock shows."""
    if connection.dialect.name == "sqlite":
        return datetime.fromisoformat(connection.execute(_NOW_SQLITE).scalar_one())
    moment: datetime = connection.execute(_NOW_POSTGRESQL).scalar_one()
    return moment


def insert_job(
    connection: Connection, kind: str, person: str, payload: Mapping[str, Any], key: str, *, max_attempts: int
) -> tuple[Job, bool]:
    """Add a job at the end of its person's; return it, and whether it is new: the same key of a person is one job.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    RecordConflict
        A text or a value that cannot be kept.
    """
    lock_person(connection, person)
    check_text(kind, "kind of the job")
    check_text(key, "key of the job")
    said = pack(payload, "job")
    if not 1 <= max_attempts <= _MOST_ATTEMPTS:
        raise RecordConflict(f"The job may be tried {max_attempts} times.", expected=f"1 to {_MOST_ATTEMPTS}")
    row = connection.execute(select(jobs).where(jobs.c.person == person, jobs.c.key == key)).one_or_none()
    if row is not None:
        return _job(row), False
    number = uuid.uuid4().hex
    values: dict[str, Any] = {"id": number, "kind": kind, "person": person, "key": key, "payload": said}
    values |= {"state": "queued", "turn": _next_turn(connection, person), "attempt": 0, "max_attempts": max_attempts}
    values |= {"progress": 0.0, "stage": "", "reason": "", "created": database_now(connection)}
    connection.execute(insert(jobs).values(values))
    return read_job(connection, number), True


def _next_turn(connection: Connection, person: str) -> int:
    """Return the round of a new job: after the person's own that wait, and not before the round that is going on."""
    waiting = jobs.c.state == "queued"
    going_on = connection.execute(select(func.min(jobs.c.turn)).where(waiting)).scalar()
    own = connection.execute(select(func.max(jobs.c.turn)).where(waiting, jobs.c.person == person)).scalar()
    return max(going_on if going_on is not None else 1, own + 1 if own is not None else 1)


def read_job(connection: Connection, number: str, *, hold: bool = False) -> Job:
    """Return a job; ``hold`` keeps it as it is until the transaction ends.

    Raises
    ------
    StoreError
        There is none with this id.
    """
    row = None
    if number.isalnum():
        query = select(jobs).where(jobs.c.id == number)
        row = connection.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None:
        raise StoreError(f"There is no job {number[:40]!r}.", next_step="Check its id.")
    return _job(row)


def read_jobs(connection: Connection, person: str | None, state: str | None) -> tuple[Job, ...]:
    """Return jobs in the order in which they were added; of one person, in one state."""
    query = select(jobs)
    if person is not None:
        query = query.where(jobs.c.person == person)
    if state is not None:
        query = query.where(jobs.c.state == state)
    return tuple(_job(row) for row in connection.execute(query.order_by(jobs.c.created, jobs.c.id)))


def is_work_waiting(connection: Connection) -> bool:
    """Whether there is a job that can be taken; asked before, since asking alone locks nobody out."""
    query = select(jobs.c.id).where(_free(database_now(connection))).limit(1)
    return connection.execute(query).first() is not None


def take_job(connection: Connection, owner: str, lease_s: float) -> Job | None:
    """Take the next job for so many seconds; None where there is none.

    Raises
    ------
    RecordConflict
        A name of the worker, or a time, that cannot be.
    """
    check_text(owner, "name of the worker")
    while True:
        now = database_now(connection)
        # Taken by two at once is impossible: SQLite's writers take turns, PostgreSQL passes over locked rows.
        query = select(jobs).where(_free(now)).order_by(jobs.c.turn, jobs.c.created, jobs.c.id)
        row = connection.execute(query.limit(1).with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        if row.attempt >= row.max_attempts:
            _end(connection, row.id, "failed", now, reason=_cut_off(row.attempt))
            continue
        values = {"state": "running", "attempt": row.attempt + 1, "owner": owner, "progress": 0.0, "stage": ""}
        values["lease_until"] = now + _lease(lease_s)
        connection.execute(update(jobs).where(jobs.c.id == row.id).values(values))
        return read_job(connection, row.id)


def beat(
    connection: Connection, number: str, owner: str, attempt: int, lease_s: float, *, progress: float, stage: str
) -> Job:
    """Keep a job for so many more seconds, and write down how far it is.

    Raises
    ------
    RecordConflict
        It is no longer this worker's: stop working on it.
    """
    if not 0 <= progress <= 1:
        raise RecordConflict(f"The progress is {progress}.", expected="0 to 1")
    check_text(stage or "-", "stage of the job")
    _check_held(connection, number, owner, attempt)
    values = {"lease_until": database_now(connection) + _lease(lease_s), "progress": progress, "stage": stage}
    connection.execute(update(jobs).where(jobs.c.id == number).values(values))
    return read_job(connection, number)


def complete_job(connection: Connection, number: str, owner: str, attempt: int, result: Mapping[str, Any]) -> Job:
    """Write down that a job is done, and what it came to; the same worker saying it twice is once.

    Raises
    ------
    RecordConflict
        It is no longer this worker's, or a value that cannot be kept.
    """
    said = pack(result, "result of the job")
    found = read_job(connection, number, hold=True)
    if (found.state, found.owner, found.attempt) == ("done", owner, attempt):
        return found
    _check_held(connection, number, owner, attempt)
    _end(connection, number, "done", database_now(connection), result=said, progress=1.0, stage="", reason="")
    return read_job(connection, number)


def give_up_job(connection: Connection, number: str, owner: str, attempt: int, reason: str, *, retry: bool) -> Job:
    """Write down why a job failed; with ``retry`` it waits for its next attempt, while it has one.

    Raises
    ------
    RecordConflict
        It is no longer this worker's.
    """
    check_text(reason, "reason why the job failed", longest=_LONGEST_REASON, lines=True)
    found = _check_held(connection, number, owner, attempt)
    if retry and found.attempt < found.max_attempts:
        values = {"state": "queued", "owner": None, "lease_until": None, "reason": reason, "progress": 0.0, "stage": ""}
        connection.execute(update(jobs).where(jobs.c.id == number).values(values))
    else:
        _end(connection, number, "failed", database_now(connection), reason=reason)
    return read_job(connection, number)


def put_back(connection: Connection, number: str) -> Job:
    """Let a job that failed or was called off wait again, with all its attempts; one that waits is left as it is.

    Raises
    ------
    RecordConflict
        It is running or done.
    """
    found = read_job(connection, number, hold=True)
    if found.state == "queued":
        return found
    if found.state not in ("failed", "cancelled"):
        raise RecordConflict(f"The job is {found.state}.", expected="a job that failed or was called off")
    values: dict[str, Any] = {"state": "queued", "attempt": 0, "owner": None, "lease_until": None, "finished": None}
    values |= {"progress": 0.0, "stage": "", "reason": "", "turn": _next_turn(connection, found.person)}
    connection.execute(update(jobs).where(jobs.c.id == number).values(values))
    return read_job(connection, number)


def call_off(connection: Connection, number: str) -> Job:
    """Cancel a job that waits or is running; its worker is told when it next says something.

    Raises
    ------
    RecordConflict
        It is done, or failed.
    """
    found = read_job(connection, number, hold=True)
    if found.state == "cancelled":
        return found
    if found.state not in ("queued", "running"):
        raise RecordConflict(f"The job is {found.state}.", expected="a job that waits or is running")
    _end(connection, number, "cancelled", database_now(connection))
    return read_job(connection, number)


def delete_old_jobs(connection: Connection, *, only_look: bool = False) -> int:
    """Delete what was over long ago; return how many there are."""
    over = jobs.c.state.in_(("done", "failed", "cancelled"))
    old = and_(over, jobs.c.finished < database_now(connection) - _KEPT)
    if only_look:
        return connection.execute(select(func.count()).select_from(jobs).where(old)).scalar_one()
    return connection.execute(delete(jobs).where(old)).rowcount


def _free(now: datetime) -> ColumnElement[bool]:
    """What a job must be to be taken: waiting, or its worker has fallen silent."""
    return or_(jobs.c.state == "queued", and_(jobs.c.state == "running", jobs.c.lease_until < now))


def _check_held(connection: Connection, number: str, owner: str, attempt: int) -> Job:
    """Return a job that this worker has; a lease that ran out is still its own until another takes the job."""
    c = jobs.c
    query = select(jobs).where(c.id == number, c.owner == owner, c.attempt == attempt, c.state == "running")
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise RecordConflict(
            "The job is no longer this worker's: another took it, or it was called off.",
            expected="the worker that has it, at its present attempt",
            next_step="Stop working on it. Nothing was written.",
        )
    return _job(row)


def _lease(lease_s: float) -> timedelta:
    """Return how long a job is held."""
    if not 0 < lease_s <= _LONGEST_LEASE_S:
        raise RecordConflict(f"The job is taken for {lease_s} s.", expected=f"above 0, up to {_LONGEST_LEASE_S:g} s")
    return timedelta(seconds=lease_s)


def _cut_off(attempts: int) -> str:
    """Why a job failed whose workers all fell silent."""
    times = "once" if attempts == 1 else f"{attempts} times"
    return f"This was tried {times} and cut off each time, so it was set aside. It can be tried again."


def _end(
    connection: Connection,
    number: str,
    state: Literal["done", "failed", "cancelled"],
    now: datetime,
    **values: Any,
) -> None:
    """Write down how a job ended."""
    ended = {"state": state, "lease_until": None, "finished": now, **values}
    connection.execute(update(jobs).where(jobs.c.id == number).values(ended))


def _job(row: Row[Any]) -> Job:
    """Return a row as a job."""
    values = {name: getattr(row, name) for name in Job.__dataclass_fields__}
    result = None if row.result is None else unpack(row.result)
    return Job(**{**values, "payload": unpack(row.payload), "result": result})
