"""What databases and disks say, told kindly: every failure of theirs is a ``StoreError``."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from hiphinge.errors import StoreError

__all__ = ["told_kindly"]

_KEPT = "Everything that was confirmed before is kept."
_FULL = ("The disk is full, so the entry was not written", f"{_KEPT} Free some space and enter it again.")
_DISK = ("The disk could not be read or written", f"{_KEPT} Check the disk, then enter it again.")
_READ_ONLY = (
    "The store cannot be written",
    "Make its folder and its file writable for you, or name another with HIPHINGE_STORE.",
)
_BUSY = ("The store is in use by another program and did not become free", f"{_KEPT} Try again in a moment.")
_NO_DATABASE = (
    "The file is no database of hiphinge, or is broken",
    "Name another file with HIPHINGE_STORE, or restore a backup beside it.",
)
_NO_SERVER = ("The database server cannot be reached", "Check that it runs, and the address in HIPHINGE_STORE.")
_UNKNOWN = ("The store cannot be used", f"{_KEPT} See the message above.")

_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_NOTADB: _NO_DATABASE,
    sqlite3.SQLITE_CORRUPT: _NO_DATABASE,
}
#: SQLSTATE, by its first characters.
_POSTGRESQL = {
    "53100": _FULL,
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,
    "55P03": _BUSY,
    "40": _BUSY,
    "57P": _NO_SERVER,
    "08": _NO_SERVER,
    "28": _NO_SERVER,
    "3D": _NO_SERVER,
}


@contextmanager
def told_kindly(place: str) -> Iterator[None]:
    """Turn what a database or a disk raises within the block into a ``StoreError`` that names ``place``."""
    try:
        yield
    except DBAPIError as error:
        what, next_step = _of_database(error)
        raise StoreError(f"{what}: {place} ({_first_line(error.orig)}).", next_step=next_step) from error
    except SQLAlchemyError as error:
        raise StoreError(f"{_UNKNOWN[0]}: {place} ({_first_line(error)}).", next_step=_UNKNOWN[1]) from error
    except sqlite3.Error as error:
        what, next_step = _of_sqlite(error)
        raise StoreError(f"{what}: {place} ({_first_line(error)}).", next_step=next_step) from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        what, next_step = _FULL if full else _READ_ONLY
        raise StoreError(f"{what}: {place} ({error.strerror or error}).", next_step=next_step) from error


def _of_database(error: DBAPIError) -> tuple[str, str]:
    """Return what it means and what to do."""
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(error.orig)
    state = str(getattr(error.orig, "sqlstate", None) or "")
    for start, told in _POSTGRESQL.items():
        if state.startswith(start):
            return told
    gone = error.connection_invalidated or (isinstance(error, OperationalError) and not state)
    return _NO_SERVER if gone else _UNKNOWN


def _of_sqlite(error: sqlite3.Error) -> tuple[str, str]:
    """Return what it means and what to do; the low byte of SQLite's code is the kind of failure."""
    code = getattr(error, "sqlite_errorcode", 0) or 0
    return _SQLITE.get(code & 0xFF, _UNKNOWN)


def _first_line(error: BaseException | None) -> str:
    """Return the first line of a message."""
    return str(error).partition("\n")[0].rstrip(".")
