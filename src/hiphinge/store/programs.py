"""Programs as they were saved, newest last."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, insert, select

from hiphinge.errors import RecordConflict
from hiphinge.store.packed import check_sha256
from hiphinge.store.rules import check_text
from hiphinge.store.tables import programs
from hiphinge.store.webrecords import SavedProgram

__all__ = ["insert_program", "newest_program", "read_programs"]

_LONGEST_PROGRAM = 1_000_000
_LONGEST_NOTE = 2000


def insert_program(
    connection: Connection, toml: str, sha256: str, note: str, *, who: str, now: datetime
) -> tuple[SavedProgram, bool]:
    """Save a program's text; return it, and whether it is new: the one in use, saved again, is one.

    Raises
    ------
    RecordConflict
        The hash is not the text's, or a text that cannot be kept.
    """
    check_sha256(sha256, "hash of the program")
    check_text(toml, "program", longest=_LONGEST_PROGRAM, lines=True)
    check_text(note or "-", "note on the program", longest=_LONGEST_NOTE, lines=True)
    if hashlib.sha256(toml.encode()).hexdigest() != sha256:
        raise RecordConflict("The hash is not that of the program's text.", expected="the sha256 of its UTF-8 bytes")
    newest = newest_program(connection)
    if newest is not None and newest.sha256 == sha256:
        return newest, False
    values = {"sha256": sha256, "toml": toml, "note": note, "who": who, "at": now}
    number = connection.execute(insert(programs).values(values).returning(programs.c.id)).scalar_one()
    return SavedProgram(id=number, sha256=sha256, toml=toml, note=note, who=who, at=now), True


def newest_program(connection: Connection) -> SavedProgram | None:
    """Return the program that is in use, None where none was saved."""
    row = connection.execute(select(programs).order_by(programs.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else SavedProgram(**row._mapping)


def read_programs(connection: Connection) -> tuple[SavedProgram, ...]:
    """Return every program that was saved, oldest first."""
    rows = connection.execute(select(programs).order_by(programs.c.id))
    return tuple(SavedProgram(**row._mapping) for row in rows)
