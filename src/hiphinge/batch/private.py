"""Folders of one process for what is under way: films that were fetched, results that are half written."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["is_alive", "private_folder", "sweep"]

_START = "hiphinge-batch"
#: What a process of another machine left is swept away after this, seconds: whether it lives cannot be seen from here.
STALE_S = 86_400.0


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """Make a folder that only this user can read, named after this process, and remove it in the end."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / f"{_START}_{socket.gethostname()}_{os.getpid()}_{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Remove what processes left there that were killed."""
    with suppress(OSError):
        for folder in parent.glob(f"{_START}_*"):
            if _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    _, host, pid, _ = (*folder.name.rsplit("_", 3), "", "", "", "")[:4]
    if host == socket.gethostname() and pid.isdigit():
        return not is_alive(int(pid))
    try:
        return time.time() - folder.stat().st_mtime > STALE_S
    except OSError:
        return False


def is_alive(pid: int) -> bool:
    """Tell whether a process of this machine is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
