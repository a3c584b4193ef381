"""One progress bar per video, on stderr; silent where stderr is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hiphinge.clip.options import Progress, ProgressCallback

__all__ = ["STAGE_WORDS", "open_progress"]

STAGE_WORDS = {"look": "looking", "measure": "measuring", "draw": "drawing"}


@contextmanager
def open_progress(name: str) -> Iterator[ProgressCallback | None]:
    """Show a bar for the video ``name`` while the block runs: stage, pictures, pictures a second, time left.

    Yields
    ------
    ProgressCallback or None
        Moves the bar; None where nobody watches.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.fields[video]}", markup=False),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("opening", video=name, rate="", total=None)
        stage, begun_s, begun_frames = "", 0.0, 0

        def move(progress: Progress) -> None:
            nonlocal stage, begun_s, begun_frames
            if progress.stage != stage:
                stage, begun_s, begun_frames = progress.stage, progress.elapsed_s, progress.frames_done
                bars.reset(task, description=STAGE_WORDS[stage], total=progress.frames_total)
            took_s = progress.elapsed_s - begun_s
            rate = f"{(progress.frames_done - begun_frames) / took_s:.0f} frames/s" if took_s > 0.2 else ""
            bars.update(task, completed=progress.frames_done, total=progress.frames_total, rate=rate)

        yield move
