"""What was seen, kept on disk: so that an interrupted run goes on, and a changed reader is noticed."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from hiphinge.errors import ConfigError, OutputError

__all__ = [
    "ANALYSIS",
    "SIGHT",
    "ensure_folder",
    "fingerprint",
    "read_arrays",
    "read_json",
    "write_arrays",
    "write_bytes",
    "write_json",
]

_PACKAGE = Path(__file__).resolve().parents[1]
#: The code that turns a picture into keypoints and outline: when it changes, pictures are looked at anew.
SIGHT = ("pose", "video", "spine/profile.py", "validation/observe.py")
#: The code that turns a clip into an assessment.
ANALYSIS = (*SIGHT, "clip", "api.py", "reps.py", "sagittal", "signal.py", "spine", "verdict", "validation/films.py")
_SUFFIXES = (".py", ".json", ".npz", ".npy", ".toml")


@cache
def fingerprint(parts: Sequence[str] = SIGHT) -> str:
    """Return 12 hex digits that change with any source file, table or weight under ``parts``."""
    digest = hashlib.sha256()
    for part in parts:
        root = _PACKAGE / part
        files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.suffix in _SUFFIXES)
        for file in files:
            digest.update(file.relative_to(_PACKAGE).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def ensure_folder(folder: Path) -> Path:
    """Make a folder that can be written to, or say kindly that it cannot be.

    Raises
    ------
    OutputError
        It is a file, or may not be written to.
    """
    probe = folder / ".hiphinge-writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"The folder {str(folder)!r} cannot be written ({error.strerror or error}).",
            expected="a folder that may be written to.",
            next_step="Choose another one with --cache or --write.",
        ) from None
    return folder


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file aside and rename it, so that nothing half-written is ever found.

    Raises
    ------
    OutputError
        The disk is full, or the folder may not be written to.
    """
    aside = path.with_name(path.name + ".partial")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise OutputError(
            f"{str(path)!r} cannot be written ({error.strerror or error}).",
            expected="a folder with room that may be written to.",
            next_step="Free some space, or choose another folder.",
        ) from None


def write_json(path: Path, value: object, *, indent: int | None = None) -> None:
    """Write JSON, aside first."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # An interval stays on one line, so that a change is read at a glance.
    text = re.sub(r"\[\s+(-?[\d.]+),\s+(-?[\d.]+)\s+\]", r"[\1, \2]", text)
    write_bytes(path, (text + "\n").encode("utf-8"))


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    ConfigError
        There is none, or it is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{str(path)!r} cannot be read: {error}.",
            expected="the JSON file that hiphinge wrote there",
            next_step="Remove it, and the folder's pictures of that person, and run again.",
        ) from None


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write named arrays, aside first."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_bytes(path, content.getvalue())


def read_arrays(path: Path, names: Iterable[str]) -> dict[str, Any] | None:
    """Read named arrays; None where the file is missing, broken or lacks one, so that they are made again."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            return {name: held[name] for name in names}
    except (OSError, KeyError, ValueError, EOFError, BadZipFile):
        return None
