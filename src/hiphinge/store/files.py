"""Files that are kept beside the database: written aside, flushed to the disk, then renamed."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hiphinge.disk import flush_folder
from hiphinge.errors import InputError, InputNotFound, RecordConflict
from hiphinge.store.rules import check_text

__all__ = [
    "aside_folder",
    "create_private",
    "make_private",
    "opened_source",
    "put_files",
    "read_source",
    "remove_tree",
    "sha256_of",
]

#: In the name of a folder that holds what is not finished yet.
_PART = ".part-"
#: A folder like that, untouched for so long, belongs to nobody any more.
_CUT_OFF_S = 3600.0


def put_files(folder: Path, files: Mapping[str, Path | bytes]) -> None:
    """Make ``folder`` with these files (name → where it lies now, or its bytes), whole or not at all.

    Raises
    ------
    InputError
        A file is not there, or cannot be read.
    RecordConflict
        A name that is more than a name.
    """
    for name, source in files.items():
        check_text(name, "name of a kept file")
        if Path(name).name != name or "/" in name or "\\" in name or name.startswith("."):
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
            with opened_source(source) as opened:
                while block := read_source(opened, source):
                    out.write(block)
        out.flush()
        os.fsync(out.fileno())


def opened_source(path: Path) -> BinaryIO:
    """Open a file that is to be kept.

    Raises
    ------
    InputNotFound
        It is not there.
    InputError
        It cannot be read.
    """
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise InputNotFound(f"{path} is not there.", expected="a file") from error
    except OSError as error:
        raise _unreadable(path, error) from error


def read_source(opened: BinaryIO, path: Path) -> bytes:
    """Read the next part of a file that is to be kept, ``b""`` at its end; told kindly where that fails."""
    try:
        return opened.read(1 << 20)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InputError:
    """A source that is there and cannot be read."""
    return InputError(
        f"{path} cannot be read ({error.strerror or error}).",
        expected="a file that you may read",
        next_step="Check the file and who may read it. Nothing in the store was changed.",
    )


@contextmanager
def aside_folder(parent: Path, name: str) -> Iterator[Path]:
    """Make a folder in ``parent`` to write ``name`` in, gone at the end; what was left of one cut off goes as well."""
    parent.mkdir(parents=True, exist_ok=True)
    for old in parent.glob(f".*{_PART}*"):
        # Whoever is still at work has written to one of its files just now.
        newest = max((_written_at(path) for path in (old, *old.glob("*"))), default=0.0)
        if time.time() - newest > _CUT_OFF_S:
            remove_tree(old)
    aside = Path(tempfile.mkdtemp(prefix=f".{name}{_PART}", dir=parent))
    try:
        yield aside
    finally:
        remove_tree(aside)


def _written_at(path: Path) -> float:
    """Return when a file was last written to, 0 where it is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def remove_tree(folder: Path) -> int:
    """Remove a folder with all that is in it, and return how many files are gone; none where it is not there.

    What cannot be removed stays: look whether the folder is gone.
    """
    before = _count(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return before - _count(folder)


def _count(folder: Path) -> int:
    """Return how many files are in a folder, at any depth."""
    return sum(1 for path in folder.rglob("*") if not path.is_dir()) if folder.is_dir() else 0


def sha256_of(path: Path) -> str:
    """Return a file's sha256 as 64 hex digits."""
    digest = hashlib.sha256()
    with opened_source(path) as opened:
        while block := read_source(opened, path):
            digest.update(block)
    return digest.hexdigest()
