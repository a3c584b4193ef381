"""Where the store is, and connections to it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from hiphinge.errors import MissingDependency, StoreError
from hiphinge.store.faults import told_kindly

__all__ = ["ENVIRONMENT", "Place", "connect", "find_place", "keep_a_log", "keep_private"]

#: Names the store where no address is given: a file, or the URL of a database.
ENVIRONMENT = "HIPHINGE_STORE"
#: How long a writer waits for another one.
BUSY_TIMEOUT_S = 30.0
#: Connections that stay open, and how many more at once: a server answers from 40 threads, and none should wait for
#: the connection of another.
_POOL: Final[Mapping[str, int]] = {"pool_size": 5, "max_overflow": 40}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is. ``text`` can be shown: no password.

    ``files`` is where kept files lie, each store's in a folder of its own below.
    """

    url: URL
    path: Path | None
    files: Path
    text: str


def find_place(address: str | os.PathLike[str] | None) -> Place:
    """Return the place that ``address`` names: a file, ``sqlite:///FILE`` or ``postgresql://…``.

    None takes the environment's ``HIPHINGE_STORE``, and without it the user's own data folder.

    Raises
    ------
    StoreError
        An address of another kind of database.
    """
    told = os.fspath(address) if address is not None else os.environ.get(ENVIRONMENT, "").strip()
    if not told:
        return _file(_data_folder() / "store.sqlite3")
    if "://" not in told:
        return _file(Path(told).expanduser())
    try:
        url = make_url(told)
    except ArgumentError as error:
        raise _no_address(told) from error
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return _file(Path(url.database).expanduser())
    if backend in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
        return Place(url, None, _data_folder() / "files", url.render_as_string(hide_password=True))
    raise _no_address(url.render_as_string(hide_password=True))


def _data_folder() -> Path:
    """Return the user's data folder for hiphinge; it need not be there yet."""
    import platformdirs

    return platformdirs.user_data_path("hiphinge", appauthor=False)


def _file(path: Path) -> Place:
    """A store in one SQLite file, its kept files in a folder beside it."""
    path = path.absolute()
    url = URL.create("sqlite", database=str(path))
    # By the whole name, of the file itself: x.db and x.sqlite3 are two stores, a link to one is the same.
    whole = Path(os.path.realpath(path))
    return Place(url, path, whole.with_name(whole.name + ".files"), str(path))


def _no_address(told: str) -> StoreError:
    """An address that names no store."""
    return StoreError(
        f"{told!r} is no address of a store.",
        expected="a file, sqlite:///FILE, or postgresql://USER@HOST/DATABASE",
        next_step=f"Correct {ENVIRONMENT} or the address given.",
    )


def connect(place: Place) -> Engine:
    """Return an engine for the place; a SQLite file and its folder are made where they are missing.

    Connections begin a plain transaction, or one that writes where the option ``hiphinge_write`` is set: ``BEGIN
    IMMEDIATE`` in SQLite, so that a writer waits at the start and never has to give up half-way. The values of a
    statement never show in a failure's text: a login or a hash would end up in somebody's log.

    Raises
    ------
    MissingDependency
        A PostgreSQL address without psycopg.
    StoreError
        The folder cannot be written, or the file is no database.
    """
    if place.path is None:
        return _connect_server(place)
    with told_kindly(place.text):
        _make_file(place.path)
    engine = create_engine(place.url, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True, **_POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _connect_server(place: Place) -> Engine:
    """Return an engine for a PostgreSQL server; no connection is made yet."""
    try:
        import psycopg  # noqa: F401

        return create_engine(place.url, pool_pre_ping=True, hide_parameters=True, **_POOL)
    except (ImportError, NoSuchModuleError) as error:
        raise MissingDependency(
            f"The store {place.text} needs psycopg, which is not installed ({str(error).partition(chr(10))[0]}).",
            next_step="pip install 'hiphinge[postgres]'",
        ) from error


def _make_file(path: Path) -> None:
    """Make the folder and an empty file, readable by their owner alone: entries are about health."""
    if not path.parent.is_dir():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        # Never opened by ourselves to look inside: closing it would drop the locks that SQLite holds in this process.
        if path.is_dir():
            raise StoreError(
                f"{path} is a folder.",
                expected="a file made by hiphinge, or a name where there is no file yet",
                next_step=f"Name a file with {ENVIRONMENT}.",
            ) from None


def keep_private(path: Path) -> None:
    """Take a store's file from all but its owner where everybody could read it; a group's own setting is left."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        with contextlib.suppress(OSError):
            mode = path.with_name(name).stat().st_mode
            if os.name != "nt" and mode & 0o007:
                path.with_name(name).chmod(mode & 0o700)


def _prepare_sqlite(connection: PoolProxiedConnection, record: ConnectionPoolEntry) -> None:
    """Set up a fresh connection: transactions are ours to begin, commits reach the disk, deleted bytes are zeroed."""
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}", "synchronous = FULL", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin, with the write lock where the block will write."""
    options = connection.get_execution_options()
    # A migration may rebuild a table that others point to; it checks all links before it ends.
    links = "OFF" if options.get("hiphinge_migration") else "ON"
    connection.exec_driver_sql(f"PRAGMA foreign_keys = {links}")
    wait_s = options.get("hiphinge_wait_s", BUSY_TIMEOUT_S)
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(wait_s * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("hiphinge_write") else "BEGIN")


def keep_a_log(engine: Engine) -> None:
    """Switch the file to a write-ahead log, so that reading and writing do not wait for each other.

    The file remembers it. SQLite does not wait here as it does elsewhere, so two processes that make a store at once
    take turns.
    """
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except Exception as error:
            busy = "locked" in str(error)
            if not busy or time.monotonic() > until:
                raise
        finally:
            raw.close()
        time.sleep(0.05)
