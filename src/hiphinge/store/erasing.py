"""Erasing one person: rows, and what deleted rows leave in a database's pages."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import DBAPIError

from hiphinge.store.accounts import unlink_accounts
from hiphinge.store.passes import delete_passes_of
from hiphinge.store.people import lock_person
from hiphinge.store.tables import SECRETS, TABLES, accounts, assessments, audit, lives, people, revisions, uploads
from hiphinge.store.uploads import part_of

__all__ = ["ERASED", "count_elsewhere", "delete_rows", "scrub"]

#: All that the audit trail keeps of an erasure.
ERASED = "a person was erased"
#: A file cannot shrink while somebody reads it: how long to wait for that.
_WAIT_MS = 5000


def delete_rows(connection: Connection, person: str, *, now: datetime) -> dict[str, int]:
    """Delete every row of a person and return how many there were, table by table; accounts stay, and open nothing.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    """
    lock_person(connection, person)
    # Always in this order, as everybody locks: accounts, ways in, live sets.
    counts = {accounts.name: unlink_accounts(connection, person, now=now)}
    delete_passes_of(connection, person)
    # Whoever is writing to a live set has it; what they write is there before its chunks are deleted.
    connection.execute(select(lives.c.id).where(lives.c.person == person).order_by(lives.c.id).with_for_update())
    # An entry names its assessment, so entries go before assessments: the reverse of how they came.
    for table in reversed(TABLES):
        column = table.c.id if table is people else table.c.get("person")
        if column is not None and table is not accounts:
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
    rows = [
        row
        for table in (assessments, revisions)
        for row in connection.execute(select(table.c.id, table.c.files).where(table.c.person == person))
    ]
    kept = [root / person / number / name for number, names in rows for name in json.loads(names)]
    sent = select(uploads.c.id).where(uploads.c.person == person, uploads.c.received > 0)
    kept += [part_of(root, number) for number in connection.execute(sent).scalars()]
    return sum(not path.is_file() for path in kept)


def scrub(engine: Engine, *, wait_ms: int | None = None) -> bool:
    """Leave nothing of deleted rows in the database's own files; False where another program's reading prevents it.

    SQLite overwrites deleted rows with zeros already; here its pages are written anew without gaps, and the log is
    emptied. PostgreSQL is told to reuse the space. ``wait_ms``: how long to wait for readers (None: a few seconds).
    """
    try:
        if engine.dialect.name == "sqlite":
            return _scrub_sqlite(engine, _WAIT_MS if wait_ms is None else wait_ms)
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            names = ", ".join(table.name for table in (*TABLES, *SECRETS) if table is not audit)
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
