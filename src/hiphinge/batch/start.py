"""A batch's folder, opened by one driver: made, locked, swept, and told what the run is."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hiphinge import __version__
from hiphinge.batch.faults import writing_to
from hiphinge.batch.identity import setting_of
from hiphinge.batch.journal import JOURNAL_NAME
from hiphinge.batch.lock import batch_lock
from hiphinge.batch.private import sweep
from hiphinge.batch.urls import shown
from hiphinge.batch.work import WORK_FOLDER
from hiphinge.clip.analyse import flatten_options
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import InputNotFound, OutputError

__all__ = ["About", "note_about", "note_end", "note_open", "note_run", "open_batch", "read_about"]

_ABOUT = "batch.json"


class About(msgspec.Struct, frozen=True):
    """What the last run in a batch's folder was.

    ``generation`` is what its rows in the data set are told by: instrument, limits and options as a hash. ``ended_utc``
    is "" while it runs, and where it was killed; ``n_entries`` is None where the source was not counted to its end.
    """

    generation: str
    source: str
    hiphinge_version: str
    began_utc: str
    options: dict[str, str | float | bool | None]
    ended_utc: str = ""
    stopped: bool = False
    n_entries: int | None = None


@contextmanager
def open_batch(dest: Path) -> Iterator[None]:
    """Make the folder and keep other drivers out of it; what killed processes left in it is removed.

    Raises
    ------
    OutputError
        It cannot be written, is no folder of a batch, or another driver works there.
    """
    try:
        if dest.is_dir() and any(dest.iterdir()) and not _is_batch(dest):
            raise OutputError(
                f"{str(dest)!r} is there already and is not a batch of hiphinge.",
                expected="no such folder, an empty one, or that of an earlier run",
                next_step="Give another folder with --out.",
            )
        # Names of films may be names of people: what is in here is for who runs the batch.
        dest.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise OutputError(
            f"{str(dest)!r} is a file, not a folder.",
            expected="a folder, or the name of one that is to be made",
            next_step="Give another one with --out.",
        ) from None
    except OSError as error:
        raise OutputError(
            f"The batch's folder {str(dest)!r} cannot be made or read ({error.strerror or error}).",
            expected="a folder that can be written",
            next_step="Give another one with --out, or change its permissions.",
        ) from error
    with batch_lock(dest):
        _sweep(dest)
        try:
            yield
        finally:
            _sweep(dest)


def _sweep(dest: Path) -> None:
    """Remove what processes that were killed left: half-written results, and films that had been fetched."""
    sweep(dest / WORK_FOLDER)
    sweep(Path(tempfile.gettempdir()))


def _is_batch(dest: Path) -> bool:
    return any((dest / name).exists() for name in (_ABOUT, JOURNAL_NAME, ".lock"))


def note_run(dest: Path, source: str, options: AssessOptions) -> None:
    """Write down what the run is."""
    about = About(
        generation=setting_of(options),
        source=shown(source),
        hiphinge_version=__version__,
        began_utc=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        options=dict(flatten_options(options)),
    )
    note_about(dest, about)


def note_end(dest: Path, *, stopped: bool, n_entries: int | None) -> None:
    """Write down that the run came to its end, or was stopped, and how many entries the source has."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    note_about(dest, msgspec.structs.replace(read_about(dest), ended_utc=now, stopped=stopped, n_entries=n_entries))


def note_open(dest: Path) -> None:
    """Write down that what stands in the data set may be less than what the journal has."""
    note_about(dest, msgspec.structs.replace(read_about(dest), ended_utc=""))


def note_about(dest: Path, about: About) -> None:
    """Write down what the last run was."""
    partial = dest / f".{_ABOUT}"
    with writing_to(dest):
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n")
        partial.replace(dest / _ABOUT)


def read_about(dest: Path) -> About:
    """Return what the last run in a batch's folder was.

    Raises
    ------
    InputNotFound
        There is no batch.
    """
    try:
        return msgspec.json.decode((dest / _ABOUT).read_bytes(), type=About)
    except (OSError, msgspec.DecodeError):
        raise InputNotFound(
            f"{str(dest)!r} holds no batch.",
            expected="the folder that was given to hiphinge batch with --out",
            next_step="Check the path.",
        ) from None
