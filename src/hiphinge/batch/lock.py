"""One driver at a time in a batch's folder."""

from __future__ import annotations

import datetime as dt
import errno
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hiphinge.errors import OutputError

__all__ = ["batch_lock", "is_locked", "who_holds"]

_log = logging.getLogger(__name__)
_NAME = ".lock"


@contextmanager
def batch_lock(dest: Path) -> Iterator[None]:
    """Keep other drivers out while the block runs.

    The operating system gives the lock back when the process ends, however it ends, so none is ever left over.

    Raises
    ------
    OutputError
        Another driver works there, or the folder cannot be written.
    """
    import fcntl

    try:
        file = os.open(dest / _NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise OutputError(
            f"The batch's folder {str(dest)!r} cannot be written ({error.strerror or error}).",
            expected="a folder that can be written",
            next_step="Give another one with --out, or change its permissions.",
        ) from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"Another batch writes to {str(dest)!r}: {who_holds(dest)}.",
                expected="one at a time",
                next_step="Wait until it is done or stop it; several machines share one batch through --cluster.",
            ) from None
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
            _log.warning("The disk of %s knows no locks: see to it that one batch at a time writes there.", dest)
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        os.ftruncate(file, 0)
        os.write(file, f"process {os.getpid()} on {socket.gethostname()}, since {now}".encode())
        yield
    finally:
        os.close(file)


def is_locked(dest: Path) -> bool | None:
    """Tell whether a driver works there now; None where that cannot be found out."""
    import fcntl

    try:
        file = os.open(dest / _NAME, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(file)
    return False


def who_holds(dest: Path) -> str:
    """Return who took the lock last."""
    try:
        return (dest / _NAME).read_text(encoding="utf-8") or "somebody"
    except OSError:
        return "somebody"
