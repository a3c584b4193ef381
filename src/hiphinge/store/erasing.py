"""Erasing one person: rows, and what deleted rows leave in a database's pages."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import DBAPIError

from hiphinge.store.people import lock_person
from hiphinge.store.tables import TABLES, assessments, audit, people

__all__ = ["ERASED", "count_elsewhere", "delete_rows", "scrub"]

#: All that the audit trail keeps of an erasure.
ERASED = "a person was erased"
#: A file cannot shrink while somebody reads it: how long to wait for that.
_WAIT_MS = 5000


def delete_rows(connection: Connection, person: str) -> dict[str, int]:
    """Delete every row of a person and return how many there were, table by table.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    """
    lock_person(connection, person)
    counts = {}
    # An entry names its assessment, so entries go before assessments: the reverse of how they came.
    for table in reversed(TABLES):
        column = table.c.id if table is people else table.c.person
        counts[table.name] = connection.execute(delete(table).where(column == person)).rowcount
    return counts


def count_elsewhere(connection: Connection, root: Path, person: str) -> int:
    """Return how many files the rows of a person name that are not here: kept from another computer, or gone.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    """
    lock_person(connection, person)
    rows = connection.execute(select(assessments.c.id, assessments.c.files).where(assessments.c.person == person))
    return sum(not (root / person / number / name).is_file() for number, names in rows for name in json.loads(names))


def scrub(engine: Engine, *, wait_ms: int | None = None) -> bool:
    """Leave nothing of deleted rows in the database's own files; False where another program's reading prevents it.

    SQLite overwrites deleted rows with zeros already; here its pages are written anew without gaps, and the log is
    emptied. PostgreSQL is told to reuse the space. ``wait_ms``: how long to wait for readers (None: a few seconds).
    """
    try:
        if engine.dialect.name == "sqlite":
            return _scrub_sqlite(engine, _WAIT_MS if wait_ms is None else wait_ms)
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            names = ", ".join(table.name for table in TABLES if table is not audit)
            connection.exec_driver_sql(f"VACUUM {names}")
        return True
    except DBAPIError:
        return False


def _scrub_sqlite(engine: Engine, wait_ms: int) -> bool:
    """Write all pages anew, then empty the log; outside of any transaction."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        before = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {wait_ms}")
        try:
            cursor.execute("VACUUM")
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except engine.dialect.loaded_dbapi.Error:
            return False
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before}")
        return not busy
    finally:
        raw.close()
