"""Everything of one person as one JSON and files."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, select

from hiphinge.disk import flush_folder
from hiphinge.errors import OutputError
from hiphinge.store.files import aside_folder, put_files
from hiphinge.store.migrate import HEAD
from hiphinge.store.people import require_person
from hiphinge.store.tables import TABLES, people

__all__ = ["EXPORT_NAME", "export_document", "write_export"]

EXPORT_NAME = "person.json"
#: Columns that hold JSON: written as what they hold, not as text within text.
_JSON = frozenset({"payload", "document", "decision", "files", "meta", "options", "result", "correction"})
#: What is only for looking up, and what an export in other hands must not show: how the person logs in.
_HIDDEN = frozenset({"name_key", "login", "login_key", "password_hash"})


def export_document(connection: Connection, person: str, *, now: datetime) -> bytes:
    """Return everything that is recorded of a person as one JSON object, tables by name.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    """
    require_person(connection, person)
    whole: dict[str, Any] = {"format": "hiphinge person", "schema_version": HEAD, "exported_at": now}
    for table in TABLES:
        column = table.c.id if table is people else table.c.get("person")
        if column is None:
            continue
        rows = connection.execute(select(table).where(column == person).order_by(*_order(table)))
        whole[table.name] = [_plain(row) for row in rows]
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def _order(table: Table) -> list[Any]:
    """Return what rows are sorted by: the order in which they came."""
    return [table.c[name] for name in ("created", "sequence", "at", "number", "id") if name in table.c]


def _plain(row: Row[Any]) -> dict[str, Any]:
    """Return a row as a JSON object."""
    plain = {}
    for name, value in row._mapping.items():
        if name not in _HIDDEN:
            plain[name] = msgspec.Raw(value.encode()) if name in _JSON and value is not None else value
    return plain


def write_export(document: bytes, files: Path, parts: Iterable[Path], folder: Path) -> Path:
    """Write the export: aside first, then renamed, so that ``folder`` is whole or not there.

    ``files`` is the person's folder, ``parts`` are films that were sent and not assessed yet.

    Raises
    ------
    OutputError
        The folder has something in it, or cannot be written.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise OutputError(f"{folder} is not empty.", expected="a folder that is empty or not there yet")
    try:
        with aside_folder(folder.parent, folder.name) as aside:
            whole = aside / "export"
            put_files(whole, {EXPORT_NAME: document})
            if files.is_dir():
                # What is being written there, or was cut off, is no file of the record.
                shutil.copytree(files, whole / "files", ignore=shutil.ignore_patterns(".*"))
            for part in parts:
                (whole / "uploads").mkdir(exist_ok=True)
                # One that was assessed meanwhile is gone.
                with suppress(FileNotFoundError):
                    shutil.copyfile(part, whole / "uploads" / part.name)
            if folder.is_dir():
                folder.rmdir()
            whole.replace(folder)
            flush_folder(folder.parent)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def _unwritable(folder: Path, error: OSError) -> OutputError:
    """A folder that cannot be written, or a full disk."""
    return OutputError(
        f"{folder} cannot be written ({error.strerror or error}).",
        next_step="Choose another folder, or free some space. Nothing in the store was changed.",
    )
