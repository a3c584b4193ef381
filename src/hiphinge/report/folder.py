"""The result folder of one video: written aside, then renamed, so that nobody ever sees half of it."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from hiphinge.disk import flush_folder, flush_tree
from hiphinge.errors import HiphingeError, InputNotFound, OutputError
from hiphinge.model import Assessment
from hiphinge.report.document import write_assessment
from hiphinge.report.page import render_page
from hiphinge.report.tables import write_frames_csv, write_frames_parquet, write_reps_csv

__all__ = ["RESULT_FILES", "check_folder", "result_names", "write_folder"]

#: Everything that a result folder may hold; other files in it belong to the user and are kept.
RESULT_FILES = (
    "assessment.json",
    "frames.csv",
    "frames.parquet",
    "reps.csv",
    "overlay.mp4",
    "report.html",
)

_NEXT_STEP = {
    errno.ENOSPC: "Free some space, or give another folder with --out.",
    errno.EDQUOT: "Free some space, or give another folder with --out.",
    errno.EROFS: "Give a folder on a disk that can be written, with --out.",
    errno.EACCES: "Give a folder that you may write to, with --out.",
    errno.EPERM: "Give a folder that you may write to, with --out.",
}


def result_names(paths: Sequence[str | Path]) -> list[str]:
    """Return the result folder's name for each video: the file's stem, numbered where two would share one.

    Names that differ only in case count as one, since some disks cannot tell them apart.

    Examples
    --------
    >>> result_names(["a/clip.mp4", "b/clip.mov", "bow.mp4"])
    ['clip', 'clip-2', 'bow']
    """
    stems = [Path(path).stem.strip(" .") or "video" for path in paths]
    taken: set[str] = set()
    names = []
    for stem in stems:
        name, number = stem, 1
        while name.casefold() in taken or (number > 1 and name in stems):
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def check_folder(out: str | Path, name: str) -> None:
    """Find out, before any work, whether ``out/name`` can be written; leaves nothing behind.

    Raises
    ------
    OutputError
        ``out`` cannot be made or written, or ``out/name`` is there and is not a result of hiphinge.
    """
    target = Path(out) / name
    _refuse_foreign(target)
    with _kind_errors(target), _aside(target):
        pass


def write_folder(
    assessment: Assessment,
    *,
    source: str | Path,
    out: str | Path,
    name: str,
    pictures: Mapping[str, bytes],
    overlay: Callable[[Path], None] | None,
) -> Path:
    """Write everything about one video into ``out/name``.

    Parameters
    ----------
    assessment
        With its evidence.
    source
        The video; never touched.
    out, name
        The folder is ``out/name``. A result folder of an earlier run is replaced; files in it that hiphinge
        did not write are kept.
    pictures
        Key frames for the report, see ``render_page``.
    overlay
        Writes ``overlay.mp4`` at the path that it gets; None leaves it out.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        The folder cannot be written (full, read-only, no permission), or is there and is not ours.

    Notes
    -----
    All is written into a hidden folder beside the target and renamed at the end. Any failure, Ctrl-C too,
    removes what was begun and leaves an earlier result as it was.
    """
    target = Path(out) / name
    _refuse_foreign(target)
    with _kind_errors(target, source=Path(source)), _aside(target) as aside:
        write_assessment(assessment, aside / "assessment.json")
        write_frames_csv(assessment, aside / "frames.csv")
        write_frames_parquet(assessment, aside / "frames.parquet")
        write_reps_csv(assessment, aside / "reps.csv")
        if overlay is not None:
            _draw(overlay, aside, target)
        page = render_page(assessment, pictures, has_overlay=overlay is not None)
        (aside / "report.html").write_text(page, encoding="utf-8")
        # A batch enters it as done: it has to be there after a power cut too.
        flush_tree(aside)
        _swap_in(aside, target)
        flush_folder(target.parent)
    return target


def _draw(overlay: Callable[[Path], None], aside: Path, target: Path) -> None:
    """Draw the video; an error names the folder that the user asked for, not the hidden one."""
    try:
        overlay(aside / "overlay.mp4")
    except OutputError as error:
        raise OutputError(
            error.what.replace(str(aside), str(target)), expected=error.expected, next_step=error.next_step
        ) from error


def _refuse_foreign(target: Path) -> None:
    """Raise where the target is there and is not a result folder: it is never deleted."""
    if not os.path.lexists(target):
        return
    ours = target.is_dir() and not target.is_symlink()
    with _kind_errors(target):
        if ours and ((target / "assessment.json").is_file() or not any(target.iterdir())):
            return
    raise OutputError(
        f"{target} is there already and is not a result of hiphinge.",
        expected="no such folder, or one with an assessment.json",
        next_step="Move it away, or give another folder with --out.",
    )


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """Make a hidden folder beside the target; remove it, and the parents made for it, if they stay unused."""
    missing = [parent for parent in (target.parent, *target.parent.parents) if not parent.exists()]
    made: list[Path] = []
    aside: Path | None = None
    try:
        for parent in reversed(missing):
            parent.mkdir(exist_ok=True)
            made.append(parent)
        aside = _hidden(target.parent, "part")
        yield aside
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
        for parent in reversed(made):
            with suppress(OSError):
                parent.rmdir()


def _hidden(parent: Path, ending: str) -> Path:
    """Make a hidden folder with a name of its own."""
    folder = parent / f".hiphinge-{secrets.token_hex(4)}.{ending}"
    folder.mkdir()
    return folder


def _swap_in(aside: Path, target: Path) -> None:
    """Rename ``aside`` to ``target``; an earlier result steps aside first and is deleted last."""
    if not target.exists():
        aside.rename(target)
        return
    old = _hidden(target.parent, "old")
    try:
        target.rename(old / "was")
        aside.rename(target)
    except BaseException:
        if not target.exists():
            (old / "was").rename(target)
        old.rmdir()
        raise
    _keep_foreign(old / "was", target)
    shutil.rmtree(old, ignore_errors=True)


def _keep_foreign(old: Path, new: Path) -> None:
    """Carry over what the user put beside an earlier result."""
    for entry in old.iterdir():
        if entry.name not in RESULT_FILES:
            entry.rename(new / entry.name)


@contextmanager
def _kind_errors(target: Path, *, source: Path | None = None) -> Iterator[None]:
    """Turn what the operating system says about writing into an ``OutputError``."""
    try:
        yield
    except HiphingeError:
        raise
    except OSError as error:
        if source is not None and isinstance(error, FileNotFoundError) and error.filename == str(source):
            raise InputNotFound(
                f"{source} went away while it was being read.",
                expected="the video to stay until the result is written",
                next_step="Copy it to this machine and try again.",
            ) from error
        raise OutputError(
            f"{target} cannot be written: {error.strerror or error}.",
            expected="a folder that can be written, with room for the result",
            next_step=_NEXT_STEP.get(error.errno or 0, "Give another folder with --out."),
        ) from error
