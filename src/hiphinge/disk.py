"""Have the disk keep what was written: after a power cut a renamed file may else be there and empty."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["flush_file", "flush_folder", "flush_tree"]


def flush_file(path: Path) -> None:
    """Wait until what a file holds is on the disk.

    Raises
    ------
    OSError
        The disk could not take it: full, or broken.
    """
    # Windows refuses to flush what is open for reading only.
    handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Wait until a folder's own names are on the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems know no such thing for folders.
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def flush_tree(folder: Path) -> None:
    """Wait until the files that lie in a folder, and their names, are on the disk.

    Raises
    ------
    OSError
        The disk could not take one of them: full, or broken.
    """
    for path in folder.iterdir():
        if path.is_file():
            flush_file(path)
    flush_folder(folder)
