"""Notes, decisions and the audit trail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from hiphinge.errors import RecordConflict
from hiphinge.program.decision import Decision
from hiphinge.store.codec import decode_decision, encode_decision
from hiphinge.store.log import known_sessions, last_sequence
from hiphinge.store.people import lock_person
from hiphinge.store.records import AuditEntry, Note, SavedDecision
from hiphinge.store.rules import check_text
from hiphinge.store.tables import audit, decisions, notes

__all__ = ["insert_note", "read_audit", "read_decisions", "read_notes", "save_decision", "write_audit"]

_LONGEST_NOTE = 20_000


def insert_note(
    connection: Connection, person: str, text: str, *, author: str, session: str | None, now: datetime
) -> Note:
    """Add a note on a session or (None) on the whole.

    Raises
    ------
    RecordConflict
        An empty note, or a session that was never begun.
    """
    lock_person(connection, person)
    check_text(text, "note", longest=_LONGEST_NOTE, lines=True)
    check_text(author, "author of the note")
    if session is not None and session not in known_sessions(connection, person):
        raise RecordConflict(
            f"There is no session {session!r} to write a note on.", next_step="Leave it out, or check it."
        )
    values = {"person": person, "session": session, "author": author, "text": text, "at": now}
    number = connection.execute(insert(notes).values(values).returning(notes.c.id)).scalar_one()
    return Note(id=number, person=person, session=session, author=author, text=text, at=now)


def read_notes(connection: Connection, person: str) -> tuple[Note, ...]:
    """Return a person's notes, oldest first."""
    rows = connection.execute(select(notes).where(notes.c.person == person).order_by(notes.c.id))
    return tuple(Note(**row._mapping) for row in rows)


def save_decision(
    connection: Connection, person: str, after_sequence: int, program_sha: str, decision: Decision, *, now: datetime
) -> None:
    """Keep a decision as it was given; the same one twice in a row is kept once.

    Raises
    ------
    RecordConflict
        It rests on entries that are not there.
    """
    lock_person(connection, person)
    last = last_sequence(connection, person)
    if not 0 <= after_sequence <= last:
        raise RecordConflict(
            f"The decision rests on {after_sequence} entries; {last} are recorded.", expected=f"0 to {last}"
        )
    c = decisions.c
    newest = select(c.after_sequence, c.program_sha, c.decision).where(c.person == person).order_by(c.id.desc())
    given = (after_sequence, program_sha, encode_decision(decision))
    before = connection.execute(newest.limit(1)).first()
    if before is None or tuple(before) != given:
        values = dict(zip(("after_sequence", "program_sha", "decision"), given, strict=True))
        connection.execute(insert(decisions).values({"person": person, "at": now, **values}))


def read_decisions(connection: Connection, person: str) -> tuple[SavedDecision, ...]:
    """Return a person's decisions, oldest first."""
    rows = connection.execute(select(decisions).where(decisions.c.person == person).order_by(decisions.c.id))
    return tuple(
        SavedDecision(
            person=row.person,
            after_sequence=row.after_sequence,
            program_sha=row.program_sha,
            decision=decode_decision(row.decision),
            at=row.at,
        )
        for row in rows
    )


def write_audit(connection: Connection, what: str, person: str | None, *, who: str, now: datetime) -> None:
    """Add to the audit trail."""
    connection.execute(insert(audit).values({"at": now, "who": who, "what": what, "person": person}))


def read_audit(connection: Connection, person: str | None = None) -> tuple[AuditEntry, ...]:
    """Return the audit trail, oldest first; of one person where an id is given."""
    query = select(audit.c.at, audit.c.who, audit.c.what, audit.c.person).order_by(audit.c.id)
    if person is not None:
        query = query.where(audit.c.person == person)
    return tuple(AuditEntry(**row._mapping) for row in connection.execute(query))
