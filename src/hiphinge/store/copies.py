"""Backing up a store while it is in use, and filling an empty one from a backup.

A backup is one zip: what it is (``backup.json``), the database, and the kept files. A SQLite store gives a copy of its
database made by SQLite itself; a PostgreSQL store one file of JSON lines a table. Either can be restored into either.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgspec
from sqlalchemy import Connection, Engine, LargeBinary, Table, func, insert, select, text, union_all

from hiphinge.errors import InputNotFound, OutputError, StoreError
from hiphinge.store.faults import told_kindly
from hiphinge.store.files import aside_folder, create_private, make_private
from hiphinge.store.migrate import HEAD, bring_up_to_date
from hiphinge.store.opening import connect, find_place
from hiphinge.store.tables import (
    SECRETS,
    TABLES,
    Utc,
    accounts,
    assessments,
    audit,
    decisions,
    guesses,
    jobs,
    live_chunks,
    lives,
    notes,
    programs,
    revisions,
    uploads,
)
from hiphinge.store.uploads import part_of

__all__ = ["Rows", "check_empty", "insert_rows", "open_backup", "unpack_files", "write_backup"]

_FORMAT = "hiphinge backup"
_MANIFEST = "backup.json"
_DATABASE = "store.sqlite3"
_LINES = "tables/{}.jsonl"
#: Versions whose tables are those of now, but for whole tables and for columns that have a default.
_SAME_TABLES = ("0001", "0002", "0003", HEAD)
#: What backups of the versions before this one do not have.
_WEB = "0003"
_OF_THE_WEB = frozenset({revisions, uploads, jobs, lives, live_chunks, accounts, programs})
_NUMBERED = (notes, decisions, programs, audit)
_AT_ONCE = 2000
_PART = re.compile(r"uploads/([0-9a-f]{32})\.part")
#: files/PERSON/ASSESSMENT/NAME
_FILE = re.compile(r"files/([0-9a-z]{1,16})/([0-9a-f]{32})/([^/\\]+)")
#: What a zip that was cut off or altered raises; RuntimeError: a flipped bit says that a part is encrypted.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, ValueError, RuntimeError, msgspec.MsgspecError)
#: Yields a table's rows, oldest first, as values by column.
Rows = Callable[[Table], Iterator[Mapping[str, Any]]]


def write_backup(path: Path, engine: Engine, connection: Connection, root: Path, *, now: datetime) -> None:
    """Write everything to one file: aside first, then renamed. ``connection`` sees one state of the store.

    Raises
    ------
    OutputError
        There is something at ``path``, or it cannot be written.
    """
    if path.exists():
        raise OutputError(f"{path} is there already.", expected="a name where there is nothing yet")
    try:
        with aside_folder(path.parent, path.name) as aside:
            whole = aside / "whole.zip"
            with (
                create_private(whole) as out,
                zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            ):
                _write_all(archive, engine, connection, root, aside, now=now)
            with whole.open("rb") as opened:
                os.fsync(opened.fileno())
            whole.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _write_all(
    archive: zipfile.ZipFile, engine: Engine, connection: Connection, root: Path, aside: Path, *, now: datetime
) -> None:
    """Fill the zip. ``aside`` is a folder to work in."""
    kind = "sqlite" if engine.dialect.name == "sqlite" else "lines"
    manifest = {"format": _FORMAT, "schema_version": HEAD, "kind": kind, "made_at": now.isoformat()}
    archive.writestr(_MANIFEST, json.dumps(manifest, indent=1))
    query = union_all(*(select(c.person, c.id, c.files) for c in (assessments.c, revisions.c)))
    sent = select(uploads.c.id).where(uploads.c.finished.is_not(None))
    if kind == "sqlite":
        copy = aside / _DATABASE
        _copy_database(engine, copy)
        archive.write(copy, _DATABASE)
        # What the copy names, not what the store names by now.
        with closing(sqlite3.connect(copy)) as copied:
            named = copied.execute(str(query)).fetchall()
            parts = [number for (number,) in copied.execute(str(sent))]
    else:
        _write_lines(archive, connection)
        named = [tuple(row) for row in connection.execute(query)]
        parts = list(connection.execute(sent).scalars())
    _write_files(archive, root, named)
    for number in parts:
        with suppress(FileNotFoundError):
            archive.write(part_of(root, number), f"uploads/{number}.part", zipfile.ZIP_STORED)


def _unwritable(path: Path, error: OSError) -> OutputError:
    """A place that cannot be written, or a full disk."""
    return OutputError(
        f"The backup {path} cannot be written ({error.strerror or error}).",
        next_step="Choose another folder, or free some space. Nothing in the store was changed.",
    )


def _copy_database(engine: Engine, target: Path) -> None:
    """Copy a SQLite database as it is at one moment; writers go on meanwhile."""
    raw = engine.raw_connection()
    copy = sqlite3.connect(target)
    try:
        raw.driver_connection.backup(copy)  # type: ignore[union-attr]
        _leave_out(copy)
        # A copy with a log beside it would be two files.
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()
        raw.close()


def _leave_out(copy: sqlite3.Connection) -> None:
    """Take out of a copy what lets somebody in, and films of which only a part was sent; no page keeps their bytes."""
    copy.isolation_level = None
    gone = [copy.execute(f"DELETE FROM {table.name}").rowcount for table in (*SECRETS, guesses)]
    gone.append(copy.execute("DELETE FROM uploads WHERE finished IS NULL").rowcount)
    if any(gone):
        copy.execute("VACUUM")


def _write_lines(archive: zipfile.ZipFile, connection: Connection) -> None:
    """Write every table, a row a line."""
    for table in TABLES:
        with archive.open(_LINES.format(table.name), "w", force_zip64=True) as out:
            query = select(table).order_by(*table.primary_key)
            if table is uploads:
                query = query.where(uploads.c.finished.is_not(None))
            rows = connection.execution_options(yield_per=_AT_ONCE).execute(query)
            for row in rows:
                out.write(msgspec.json.encode(dict(row._mapping)) + b"\n")


def _write_files(archive: zipfile.ZipFile, root: Path, named: Iterable[tuple[str, str, str]]) -> None:
    """Add the kept files that rows (person, assessment, names) name; one that is erased meanwhile is left out."""
    for person, number, names in named:
        for name in json.loads(names):
            path = root / person / number / name
            with suppress(FileNotFoundError):
                # Films are compressed already.
                archive.write(path, f"files/{person}/{number}/{name}", zipfile.ZIP_STORED)


@contextmanager
def open_backup(path: Path) -> Iterator[tuple[zipfile.ZipFile, Rows]]:
    """Open a backup: its zip, and what yields a table's rows.

    Raises
    ------
    InputNotFound
        There is no such file.
    StoreError
        It is no backup, is incomplete, or was made by a newer hiphinge.
    """
    if not path.is_file():
        raise InputNotFound(f"{path} is not there.", expected="a file that hiphinge backup has written")
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as aside:
            manifest = _manifest(archive, path)
            if manifest["kind"] == "lines":
                old = manifest["schema_version"] < _WEB
                yield archive, lambda table: iter(()) if old and table in _OF_THE_WEB else _lines(archive, table)
                return
            archive.extract(_DATABASE, aside)
            engine = connect(find_place(Path(aside) / _DATABASE))
            try:
                with told_kindly(str(path)):
                    bring_up_to_date(engine)
                yield archive, lambda table: _rows(engine, table)
            finally:
                engine.dispose()
    except _UNREADABLE as error:
        raise _no_backup(path) from error


def _no_backup(path: Path) -> StoreError:
    """A file that is something else, or is cut off."""
    return StoreError(
        f"{path} is no backup of hiphinge, or is incomplete.",
        expected="a file that hiphinge backup has written",
        next_step="Choose another backup. Nothing was changed.",
    )


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """Return what the backup is, or refuse it."""
    manifest = json.loads(archive.read(_MANIFEST))
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise _no_backup(path)
    version = str(manifest["schema_version"])
    if version > HEAD or (manifest["kind"] == "lines" and version not in _SAME_TABLES):
        raise StoreError(
            f"The backup has schema version {version}; this hiphinge restores version {HEAD}.",
            next_step="Restore it with the hiphinge that made it. Nothing was changed.",
        )
    return manifest


def _lines(archive: zipfile.ZipFile, table: Table) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a table's lines."""
    back: list[tuple[str, Callable[[str], object]]] = []
    back += [(column.name, datetime.fromisoformat) for column in table.c if isinstance(column.type, Utc)]
    back += [(column.name, base64.b64decode) for column in table.c if isinstance(column.type, LargeBinary)]
    with archive.open(_LINES.format(table.name)) as opened:
        for line in opened:
            row = msgspec.json.decode(line)
            yield row | {name: turn(row[name]) for name, turn in back if row[name] is not None}


def _rows(engine: Engine, table: Table) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a copied database."""
    with engine.connect() as connection:
        for row in connection.execution_options(yield_per=_AT_ONCE).execute(select(table)):
            yield dict(row._mapping)


def check_empty(connection: Connection, place: str) -> None:
    """Refuse a store that holds anything.

    Raises
    ------
    StoreError
        It does.
    """
    for table in TABLES:
        if connection.execute(select(func.count()).select_from(table)).scalar_one():
            raise StoreError(
                f"The store {place} is not empty, so nothing was restored into it.",
                expected="a store without people",
                next_step="Name a new one with HIPHINGE_STORE and restore into that.",
            )


def insert_rows(connection: Connection, rows: Rows) -> int:
    """Put in all rows of all tables within one transaction, and return how many there were."""
    total = 0
    for table in TABLES:
        for part in _parts(rows(table)):
            connection.execute(insert(table), part)
            total += len(part)
        if connection.dialect.name == "postgresql" and table in _NUMBERED:
            # The server counts on from what was put in.
            counter = f"pg_get_serial_sequence('{table.name}', 'id')"
            connection.execute(text(f"SELECT setval({counter}, max(id)) FROM {table.name}"))
    return total


def _parts(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Yield rows in runs that fit into memory."""
    part: list[Mapping[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def unpack_files(archive: zipfile.ZipFile, root: Path) -> None:
    """Put the kept files where the store looks for them; what is there already is left as it is."""
    for member in archive.infolist():
        target = _target(root, member.filename)
        if target is None:
            continue
        make_private(target.parent)
        if not target.exists():
            with archive.open(member) as source:
                _write_aside(source, target)


def _target(root: Path, name: str) -> Path | None:
    """Return where a file of a backup belongs; None for what is none of ours."""
    if part := _PART.fullmatch(name):
        return part_of(root, part[1])
    found = _FILE.fullmatch(name)
    if not found or found[3].startswith("."):
        return None
    return root / found[1] / found[2] / found[3]


def _write_aside(source: IO[bytes], target: Path) -> None:
    """Write one file, whole or not at all."""
    aside = target.with_name(f".part-{target.name}")
    aside.unlink(missing_ok=True)
    with create_private(aside) as out:
        while block := source.read(1 << 20):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(target)
