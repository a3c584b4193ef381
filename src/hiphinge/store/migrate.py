"""Bringing a database to the shape that this version knows: all of it in one transaction, or nothing."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy import Table as SqlTable
from sqlalchemy.schema import Column, MetaData
from sqlalchemy.types import String

from hiphinge.errors import StoreError
from hiphinge.store.opening import keep_a_log
from hiphinge.store.tables import METADATA

__all__ = ["APPLICATION_ID", "HEAD", "MIGRATIONS", "bring_up_to_date", "schema_version"]

MIGRATIONS = Path(__file__).parent / "migrations"
#: The newest migration; a test compares it with the files.
HEAD = "0004"
#: Not Alembic's usual name, so that a database shared with another program keeps both.
VERSION_TABLE = "hiphinge_schema"
#: "HipH": marks a SQLite file as ours.
APPLICATION_ID = 0x48697048
#: A lock of our own on a PostgreSQL server while the shape changes.
_LOCK = 0x68697068

_version = SqlTable(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))


def bring_up_to_date(engine: Engine) -> None:
    """Run the migrations that the database lacks; do nothing where it is up to date.

    Two processes that open a new database at once wait for each other. What was interrupted was rolled back by the
    database, so that the next call begins where the last whole one ended.

    Raises
    ------
    StoreError
        The database is newer than this software, or belongs to another program.
    """
    with engine.connect() as connection:
        if schema_version(connection) == HEAD:
            return
    if engine.dialect.name == "sqlite":
        keep_a_log(engine)
    with engine.execution_options(hiphinge_write=True, hiphinge_migration=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _upgrade(connection, schema_version(connection))


def schema_version(connection: Connection) -> str | None:
    """Return the number of the newest migration that has run, None for an empty database.

    Raises
    ------
    StoreError
        A version that this software does not know, or a database with tables of somebody else's.
    """
    names = set(inspect(connection).get_table_names())
    if VERSION_TABLE in names:
        found = connection.execute(select(_version.c.version_num)).scalar()
        if found is None or found <= HEAD:
            return found
        raise StoreError(
            f"The store has schema version {found}; this hiphinge knows versions up to {HEAD}.",
            expected=f"schema version {HEAD} or earlier",
            next_step="Install the newer hiphinge. Nothing was changed.",
        )
    foreign = names if connection.dialect.name == "sqlite" else names & set(METADATA.tables)
    if foreign:
        raise StoreError(
            f"The database holds tables of another program ({', '.join(sorted(foreign)[:3])}).",
            expected="an empty database, or one made by hiphinge",
            next_step="Give hiphinge a database of its own. Nothing was changed.",
        )
    return None


def _upgrade(connection: Connection, current: str | None) -> None:
    """Run every step after ``current`` within the transaction that is open, and write down how far it is."""
    # Only now: a store that is up to date opens without Alembic.
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS / "versions")])
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    steps = [step for step in script.iterate_revisions("head", current or "base") if step is not None]
    if not steps:
        return
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
    context.stamp(script, "head")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StoreError(
                "The store could not be brought to the new version: rows would lose what they belong to.",
                next_step="Nothing was changed. Please report this.",
            )
