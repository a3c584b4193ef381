"""Erasing one person: rows, files, and what deleted rows leave in a database's pages."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.exc import DBAPIError

from hiphinge.store.files import remove_tree
from hiphinge.store.people import lock_person
from hiphinge.store.tables import TABLES, audit, people

__all__ = ["ASIDE", "ERASED", "delete_rows", "finish_erasures", "scrub", "set_files_aside"]

#: All that the audit trail keeps of an erasure.
ERASED = "a person was erased"
#: What a folder of files is called while its person is being erased.
ASIDE = ".erasing-"
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


def set_files_aside(root: Path, person: str) -> None:
    """Rename a person's folder, so that an erasure that is cut off can be told from one that was finished."""
    if (root / person).is_dir():
        (root / person).rename(root / f"{ASIDE}{person}")


def finish_erasures(connection: Connection, root: Path) -> int:
    """Remove files whose rows are gone, give back those whose rows are not; return how many files were removed.

    Called after an erasure, and whenever a store is opened, for one that was cut off.
    """
    removed = 0
    for aside in sorted(root.glob(f"{ASIDE}*")):
        person = aside.name.removeprefix(ASIDE)
        known = connection.execute(select(func.count()).select_from(people).where(people.c.id == person)).scalar_one()
        if known and not (root / person).exists():
            aside.rename(root / person)
        elif not known:
            removed += remove_tree(aside) + remove_tree(root / person)
    return removed


def scrub(engine: Engine) -> bool:
    """Leave nothing of deleted rows in the database's own files; False where another program's reading prevents it.

    SQLite overwrites deleted rows with zeros already; here its pages are written anew without gaps, and the log is
    emptied. PostgreSQL is told to reuse the space.
    """
    try:
        if engine.dialect.name == "sqlite":
            return _scrub_sqlite(engine)
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            names = ", ".join(table.name for table in TABLES if table is not audit)
            connection.exec_driver_sql(f"VACUUM {names}")
        return True
    except DBAPIError:
        return False


def _scrub_sqlite(engine: Engine) -> bool:
    """Write all pages anew, then empty the log; outside of any transaction."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        before = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
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
