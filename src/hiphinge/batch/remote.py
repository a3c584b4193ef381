"""What a worker of the cluster is asked to do; needs no Dask itself, so that it is tested without one."""

from __future__ import annotations

import os
import pickle
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hiphinge import __version__

__all__ = ["Broken", "Died", "Unfit", "claim", "guard", "name_worker", "probe"]


class Unfit(Exception):
    """The worker cannot take part: another version of hiphinge, or no way to the batch's folder."""


class Died(Exception):
    """The work was begun before, by a worker that never finished it."""


class Broken(Exception):
    """The work itself raised something that was not foreseen: ``(kind, reason)``."""


def name_worker() -> str:
    """Name this process for receipts."""
    return f"{socket.gethostname()}:{os.getpid()}"


def probe(version: str, marks: str) -> str:
    """Return why this worker does not fit, or ""."""
    if version != __version__:
        return f"it runs hiphinge {__version__}, not {version}"
    if not Path(marks, "shared").is_file():
        return f"it does not see the folder {str(Path(marks).parents[1])!r}"
    if not os.access(marks, os.W_OK):
        return f"it may not write to {str(Path(marks).parents[1])!r}"
    return ""


def claim(mark: Path) -> bool:
    """Say that the work of this mark has begun; False where somebody said so before.

    An exclusive creation is decided by the server of the shared folder, so that no cache of a directory matters.
    """
    try:
        with mark.open("x", encoding="utf-8") as file:
            file.write(name_worker())
    except FileExistsError:
        return False
    return True


def guard(version: str, marks: str, mark: str, work: bytes, *held: Any) -> Any:
    """Do one piece of work that is handed over as bytes, unless an earlier worker died of it.

    The mark stands only while the work is under way: where it is found, the process that set it is gone, and the work
    may be what ended it. Work that is done anew because its result was lost finds none.
    """
    why = probe(version, marks)
    if why:
        raise Unfit(why)
    path = Path(marks, mark)
    if not claim(path):
        raise Died(path.read_text(encoding="utf-8") or "a worker")
    try:
        # Unpacked only now: another version of hiphinge might not be able to.
        function: Callable[..., Any]
        function, args = pickle.loads(work)
        return function(*args, *held)
    except Exception as error:
        raise Broken(type(error).__name__, str(error)) from error
    finally:
        path.unlink(missing_ok=True)
