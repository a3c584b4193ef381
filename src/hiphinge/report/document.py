"""``assessment.json``: written with a stable key order, read back into an ``Assessment``."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from hiphinge import model
from hiphinge.errors import ConfigError
from hiphinge.model import Assessment

__all__ = [
    "SCHEMA_VERSION",
    "assessment_document",
    "document_bytes",
    "document_type",
    "parse_assessment",
    "read_assessment",
    "write_assessment",
]

#: Version of the document, ``major.minor``: minor grows with new keys, major when a key changes its meaning.
SCHEMA_VERSION = "1.0"
_NEXT_STEP = "Give the assessment.json of a result folder."


@cache
def document_type() -> type[Any]:
    """Return the dataclass of the document: ``Assessment`` without its evidence."""
    hints = get_type_hints(Assessment, vars(model))
    # A key that came later keeps its default, so that a document from before it still reads.
    named = [
        (field.name, hints[field.name], dataclasses.field(default=field.default))
        for field in dataclasses.fields(Assessment)
        if field.name != "evidence"
    ]
    return dataclasses.make_dataclass("AssessmentDocument", named, frozen=True, slots=True)


def document_bytes(assessment: Assessment) -> bytes:
    """Return the text of ``assessment.json``, UTF-8, indented; NaN and infinity become ``null``."""
    kind = document_type()
    bare = kind(**{field.name: getattr(assessment, field.name) for field in dataclasses.fields(kind)})
    text = msgspec.json.encode(bare, order="deterministic", enc_hook=_plain_number)
    return msgspec.json.format(text, indent=2) + b"\n"


def assessment_document(assessment: Assessment) -> dict[str, Any]:
    """Return the document as plain dicts, lists, numbers and strings (None where a number is not told)."""
    document: dict[str, Any] = msgspec.json.decode(document_bytes(assessment))
    return document


def write_assessment(assessment: Assessment, path: str | Path) -> None:
    """Write ``assessment.json`` (see ``docs/assessment.schema.json``). The evidence is not part of it.

    Parameters
    ----------
    assessment
        What to write.
    path
        The file; replaced if it is there.
    """
    Path(path).write_bytes(document_bytes(assessment))


def read_assessment(path: str | Path) -> Assessment:
    """Read an ``assessment.json`` that ``write_assessment`` wrote; ``evidence`` is None.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Assessment
        Equal to what was written, save that NaN in an optional number reads None.

    Raises
    ------
    ConfigError
        No such file, not an assessment, or written by a newer hiphinge.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror or error}.",
            expected="an assessment.json",
            next_step=_NEXT_STEP,
        ) from None
    return parse_assessment(data, name=str(path))


def parse_assessment(data: bytes, *, name: str) -> Assessment:
    """Read the bytes of an ``assessment.json``, as ``read_assessment`` its file; errors call it ``name``.

    Raises
    ------
    ConfigError
        Not an assessment, or written by a newer hiphinge.
    """
    document = _load(data, name)
    _check_version(document, name)
    kind = document_type()
    try:
        bare = msgspec.convert(_restore_nan(document, kind), kind)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"{name} is not a complete assessment: {error}.",
            expected="an assessment.json as hiphinge writes it",
            next_step="Run hiphinge assess on the video again.",
        ) from None
    return Assessment(**{field.name: getattr(bare, field.name) for field in dataclasses.fields(kind)})


def _load(data: bytes, name: str) -> dict[str, Any]:
    """Return the JSON object in the bytes."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{name} is not JSON: {error}.", expected="an assessment.json", next_step=_NEXT_STEP
        ) from None
    if not isinstance(document, dict) or "schema_version" not in document:
        raise ConfigError(
            f"{name} has no schema_version, so it is not an assessment.",
            expected="an assessment.json",
            next_step=_NEXT_STEP,
        )
    return document


def _check_version(document: dict[str, Any], name: str) -> None:
    """Refuse a document whose version this hiphinge does not know."""
    seen = document["schema_version"]
    ours = _version(SCHEMA_VERSION)
    found = _version(seen)
    if found is None or ours is None or found[0] != ours[0] or found > ours:
        raise ConfigError(
            f"{name} has schema version {seen!r}, which this hiphinge does not know.",
            expected=f"schema version {SCHEMA_VERSION} or an earlier {SCHEMA_VERSION.split('.')[0]}.x",
            next_step="Update hiphinge, or run hiphinge assess on the video again.",
        )


def _version(text: object) -> tuple[int, int] | None:
    """Return ``(major, minor)``, or None where the text is no version."""
    parts = text.split(".") if isinstance(text, str) else []
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return int(parts[0]), int(parts[1])


def _plain_number(value: object) -> object:
    """Turn a numpy scalar into the Python number it holds."""
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"{type(value).__name__} cannot be written to assessment.json")
    return item()


def _restore_nan(value: Any, kind: Any) -> Any:
    """Put NaN back where a number that is never None was written as ``null``."""
    if value is None and (kind is float or _is_number_union(kind)):
        return math.nan
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and isinstance(value, dict):
        hints = get_type_hints(kind, vars(model))
        return {key: _restore_nan(item, hints.get(key)) for key, item in value.items()}
    if get_origin(kind) is tuple and isinstance(value, list):
        kinds = get_args(kind)
        kinds = kinds[:1] * len(value) if kinds[1:] == (Ellipsis,) else kinds
        return [_restore_nan(item, inner) for item, inner in zip(value, kinds, strict=False)]
    if get_origin(kind) is Mapping and isinstance(value, dict):
        return {key: _restore_nan(item, get_args(kind)[1]) for key, item in value.items()}
    return value


def _is_number_union(kind: Any) -> bool:
    """Say whether the type is a union with a number in it that has no place for None."""
    members = get_args(kind)
    return get_origin(kind) in (UnionType, Union) and float in members and type(None) not in members
