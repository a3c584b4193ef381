"""Small JSON values within rows, and inserting a row that may be there already."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from hiphinge.errors import RecordConflict

__all__ = ["check_sha256", "insert_once", "pack", "unpack"]

_LONGEST = 100_000
_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(dict[str, Any])


def pack(value: Mapping[str, Any], what: str, *, longest: int = _LONGEST) -> str:
    """Return a mapping as canonical JSON.

    Raises
    ------
    RecordConflict
        Too long, or a value that JSON does not have; naming ``what`` it is.
    """
    try:
        _check_plain(value)
        text = _ENCODER.encode(dict(value)).decode()
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise RecordConflict(
            f"The {what} cannot be kept ({str(error).partition(chr(10))[0]}).", expected="plain values that JSON has"
        ) from error
    if len(text) > longest:
        raise RecordConflict(f"The {what} cannot be kept ({len(text)} characters).", expected=f"up to {longest}")
    return text


def _check_plain(value: object) -> None:
    """Refuse what would not come back as it went in; a tuple comes back as a list."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key that is no text: {key!r}")
            _check_plain(one)
    elif isinstance(value, list | tuple):
        for one in value:
            _check_plain(one)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"the number {value}")
    elif value is not None and not isinstance(value, str | int):
        raise TypeError(f"a value of type {type(value).__name__}")


def unpack(text: str) -> dict[str, Any]:
    """Return what ``pack`` wrote."""
    return _DECODER.decode(text)


def check_sha256(value: str, what: str) -> None:
    """Refuse what is no sha256.

    Raises
    ------
    RecordConflict
        It is not 64 hex digits; what was given is not repeated.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise RecordConflict(f"The {what} is no sha256.", expected="64 hex digits")


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row; False, and nothing done, where a row with a unique value of it is there already."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(dict(values)).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key)).first() is not None
