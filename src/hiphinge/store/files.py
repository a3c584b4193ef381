"""Files that are kept beside the database: written aside, flushed to the disk, then renamed."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from hiphinge.errors import InputNotFound, RecordConflict

__all__ = ["create_private", "flush_folder", "make_private", "put_files", "remove_tree", "sha256_of"]


def put_files(folder: Path, files: Mapping[str, Path | bytes]) -> None:
    """Make ``folder`` with these files (name → where it lies now, or its bytes), whole or not at all.

    Raises
    ------
    InputNotFound
        A file is not there.
    RecordConflict
        A name that is more than a name.
    """
    for name, source in files.items():
        if Path(name).name != name or name.startswith("."):
            raise RecordConflict(f"{name!r} cannot name a kept file.", expected="a plain file name")
        if isinstance(source, Path) and not source.is_file():
            raise InputNotFound(f"{source} is not there.", expected="a file")
    make_private(folder.parent)
    aside = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        for name, source in files.items():
            _write(aside / name, source)
        flush_folder(aside)
        aside.rename(folder)
        flush_folder(folder.parent)
    except BaseException:
        remove_tree(aside)
        raise


def make_private(folder: Path) -> None:
    """Make a folder, and those above it, that only their owner can look into; one that is there stays as it is."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def create_private(path: Path) -> BinaryIO:
    """Create a file that only its owner can read, and open it for writing bytes."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600), "wb")


def _write(target: Path, source: Path | bytes) -> None:
    """Write one file that only its owner can read, and wait until it is on the disk."""
    with create_private(target) as out:
        if isinstance(source, bytes):
            out.write(source)
        else:
            with source.open("rb") as opened:
                shutil.copyfileobj(opened, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())


def flush_folder(folder: Path) -> None:
    """Wait until a folder's own names are on the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_tree(folder: Path) -> int:
    """Remove a folder with all that is in it, and return how many files that were; none where it is not there."""
    count = sum(1 for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
    shutil.rmtree(folder, ignore_errors=True)
    return count


def sha256_of(path: Path) -> str:
    """Return a file's sha256 as 64 hex digits."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
