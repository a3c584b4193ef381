"""Clips whose content says what happens to a worker that looks at them, and a driver in a process of its own."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from hiphinge.batch.pool import PoolExecutor
from hiphinge.batch.run import BatchRun, Tally
from hiphinge.batch.source import list_source
from hiphinge.batch.start import note_end, note_run, open_batch
from hiphinge.batch.task import Executor
from hiphinge.batch.work import do_task
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import NotAVideo, OutputError
from hiphinge.report import write_assessment
from tests.report.fakes import fake_assessment


def look(path: Path, options: AssessOptions, name: str, threads: int) -> None:
    """Do what the clip says; leave a line of it beside the batch."""
    assert options.out is not None
    assert threads >= 1
    what = path.read_text(encoding="utf-8").split()[0]
    log = Path(options.out).parents[1].with_suffix(".begun")
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{path.name}\n")
    times = log.read_text(encoding="utf-8").split().count(path.name)
    if what == "refuse":
        raise NotAVideo("It is text.", expected="a video", next_step="Look.")
    if what == "raise":
        raise RuntimeError("not foreseen\nsecond line")
    if what == "full":
        raise OutputError("The disk is full.", next_step="Free some space.")
    if what == "kill" or (what == "kill-once" and times == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "slow":
        time.sleep(0.15)
    while what == "hold" and not log.with_suffix(".go").exists():
        time.sleep(0.02)
    folder = Path(options.out) / name
    folder.mkdir()
    seen = fake_assessment()
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    measures = tuple(replace(one, name=one.name.removesuffix("_deg")) for one in seen.measures)
    seen = replace(seen, video=replace(seen.video, sha256=content), measures=measures)
    write_assessment(seen, folder / "assessment.json")


do = partial(do_task, assess=look)


def begun(dest: Path) -> list[str]:
    """Names of the clips that were begun, in order."""
    try:
        return dest.with_suffix(".begun").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []


def make_clips(folder: Path, *whats: str) -> Path:
    """Write a clip for each word, of different content."""
    folder.mkdir(exist_ok=True)
    for number, what in enumerate(whats):
        (folder / f"{number:03d}.mp4").write_text(f"{what} {number}", encoding="utf-8")
    return folder


def run_batch(
    source: Path | str,
    dest: Path,
    executor: Executor | None = None,
    options: AssessOptions | None = None,
    **more: object,
) -> Tally:
    """Run a batch as the command does."""
    options = options or AssessOptions(video=False)
    with open_batch(dest):
        entries = list_source(str(source), options, dest=dest)
        note_run(dest, str(source), options)
        made = executor or PoolExecutor(2, do=do)
        try:
            batch = BatchRun(entries, dest, options, executor=made, **more)  # type: ignore[arg-type]
            tally = batch.run()
            n_entries = tally.finished + tally.skipped if batch.reached_end else None
            note_end(dest, stopped=not batch.reached_end, n_entries=n_entries)
            return tally
        finally:
            if executor is None:
                made.close(cancel=True)


if __name__ == "__main__":
    run_batch(sys.argv[1], Path(sys.argv[2]))
