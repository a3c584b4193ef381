"""What a worker does with one clip: fetch it, look whether its result is there, else assess it, and say so."""

from __future__ import annotations

import errno
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from hiphinge.batch.faults import writing_to
from hiphinge.batch.identity import folder_of, key_of, setting_of
from hiphinge.batch.private import private_folder, sweep
from hiphinge.batch.remote import name_worker
from hiphinge.batch.rows import clip_row
from hiphinge.batch.task import Receipt, State, Task
from hiphinge.batch.urls import is_remote, local_path, missing_storage, name_of, printable, shown
from hiphinge.clip.options import AssessOptions
from hiphinge.disk import flush_folder
from hiphinge.errors import HiphingeError, InputError, InputNotFound, NotAVideo, OutputError, UsageError

if TYPE_CHECKING:
    from hiphinge.clip.run import Tracker

__all__ = ["WORK_FOLDER", "Assess", "assess_clip", "do_task", "open_source", "read_result"]

#: Where results are written before they are renamed; in the batch's folder, for a rename stays on one disk.
WORK_FOLDER = ".work"
_PIECE_BYTES = 1 << 20
#: Not the film, but what it lies on: broken, gone, or handed out anew (NFS).
_MACHINE_ERRORS = frozenset({errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN, errno.EMFILE})
#: Assesses the clip at a path into ``options.out/name``, with so many threads; instead of ``assess_clip``.
Assess = Callable[[Path, AssessOptions, str, int], None]


def assess_clip(path: Path, options: AssessOptions, name: str, threads: int, *, track: Tracker | None = None) -> None:
    """Assess one clip; the models are loaded once in a process and kept."""
    from hiphinge.clip.run import assess_video

    assess_video(path, options, name=name, threads=threads, track=track)


def do_task(task: Task, *, track: Tracker | None = None, assess: Assess | None = None) -> Receipt:
    """Do one task; whatever happens is said by the receipt, but for a request to end.

    Parameters
    ----------
    task
        What to do.
    track
        Sees the clip, see ``clip.run.assess_video``.
    assess
        Does all the looking; for tests and benchmarks.
    """
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    blank = Receipt(task.number, task.url, task.attempt, "failed", worker=name_worker())
    try:
        receipt = _do(task, blank, assess or partial(assess_clip, track=track))
    except (InputError, UsageError) as error:  # a usage error here is the clip's: it has no person 3, no such place
        receipt = replace(blank, state="refused", **_describe(error))
    except HiphingeError as error:
        receipt = replace(blank, **_describe(error))
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        receipt = replace(blank, kind=type(error).__name__, reason=reason)
    return replace(receipt, wall_s=time.perf_counter() - began_s, cpu_s=time.process_time() - began_cpu_s)


def _describe(error: HiphingeError) -> dict[str, Any]:
    return {"kind": type(error).__name__, "reason": error.what, "next_step": error.next_step}


def _do(task: Task, blank: Receipt, assess: Assess) -> Receipt:
    dest = Path(task.dest)
    with open_source(task.url) as path:
        content, mark = _hash(path), _mark(path)
        key = key_of(content, setting_of(task.options))
        target = dest / folder_of(key)
        document = read_result(target)
        state: State = "found"
        if document is None:
            with writing_to(dest), private_folder(dest / WORK_FOLDER) as aside:
                assess(path, replace(task.options, out=str(aside)), key, task.threads)
                document = read_result(aside / key)
                if document is None:
                    raise RuntimeError("the assessment left no result")
                if document["video"]["sha256"] != content or _mark(path) != mark:
                    # No fault of the film for good, so a failed attempt: it may have been copied there just now.
                    raise RuntimeError("the film changed while it was looked at")
                state = "done" if _put(aside / key, target, aside) else "found"
    row = clip_row(document)
    return replace(blank, state=state, key=key, folder=folder_of(key), row=row)


def read_result(folder: Path) -> Mapping[str, Any] | None:
    """Return the contents of a result's ``assessment.json``; None where there is none that is whole."""
    try:
        document = msgspec.json.decode((folder / "assessment.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return document if isinstance(document, dict) and "verdict" in document else None


def _put(result: Path, target: Path, aside: Path) -> bool:
    """Rename a result to its place; False where another worker's is there, which is the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        try:
            result.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
            if read_result(target) is not None:
                return False
            target.rename(aside / "damaged")
        else:
            # Entered as done next: its name has to be there after a power cut too.
            flush_folder(target.parent)
            flush_folder(target.parent.parent)
            return True
    return read_result(target) is None


@contextmanager
def open_source(url: str) -> Iterator[Path]:
    """Give the path of a clip on this machine; one that had to be fetched is removed afterwards.

    Raises
    ------
    InputNotFound
        There is nothing.
    MissingDependency
        This kind of storage needs a package that is not installed.
    """
    if not is_remote(url) and printable(str(local_path(url))) == str(local_path(url)):
        yield local_path(url)
        return
    _sweep_once()
    if not is_remote(url):
        # A name that is no UTF-8 can stand in no document: the film is opened by way of one that can.
        with private_folder(Path(tempfile.gettempdir())) as folder:
            link = folder / name_of(url)
            link.symlink_to(local_path(url))
            yield link
        return
    with private_folder(Path(tempfile.gettempdir())) as folder:
        path = folder / name_of(url)
        _fetch(url, path)
        yield path


def _hash(path: Path) -> str:
    """Return the hash of a clip's content."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        raise InputNotFound(
            f"There is no file {str(path)!r}.", expected="a video", next_step="Check the path."
        ) from None
    except IsADirectoryError:
        raise NotAVideo(f"{str(path)!r} is a folder.", expected="a video", next_step="Give its files.") from None
    except OSError as error:
        if error.errno not in _MACHINE_ERRORS:
            raise
        raise OutputError(
            f"{str(path)!r} cannot be read now ({error.strerror or error}).",
            expected="a disk that answers",
            next_step="See to the disk or the network it lies on, and run the same command again.",
        ) from error


def _mark(path: Path) -> tuple[int, int, int, int]:
    """Return what tells that a file is no longer the same, or no longer holds the same."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0, 0)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@cache
def _sweep_once() -> None:
    sweep(Path(tempfile.gettempdir()))


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy a film piece by piece; what the own disk cannot take is no film's fault."""
    while piece := source.read(_PIECE_BYTES):
        try:
            target.write(piece)
            target.flush()
        except OSError as error:
            raise OutputError(
                f"The temporary folder {tempfile.gettempdir()!r} cannot take a film ({error.strerror or error}).",
                expected="room for one film a worker",
                next_step="Free some space, or set TMPDIR to a folder with more, and run the same command again.",
            ) from error


def _fetch(url: str, path: Path) -> None:
    """Copy a clip from where it lies."""
    try:
        import fsspec

        with fsspec.open(url, "rb") as source, path.open("xb") as target:
            _copy(source, target)
    except ImportError as error:
        raise missing_storage(url, error) from error
    except FileNotFoundError as error:
        raise InputNotFound(
            f"There is nothing at {shown(url)}.", expected="a video", next_step="Check the URL."
        ) from error
