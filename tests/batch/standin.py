"""What a worker does in tests of executors: no video, but everything that a video can do to a worker."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from hiphinge.batch.remote import name_worker
from hiphinge.batch.task import Receipt, Task


def do(task: Task) -> Receipt:
    """Do what the last part of the URL says, and leave a line of what was begun in the batch's folder.

    ``ok``; ``refuse``; ``raise``; ``die`` and ``die-once`` end the process; ``hold`` waits for the file ``go``;
    ``sick`` fails in one of the processes, always in the same.
    """
    what, dest = task.url.rsplit("/", 1)[-1], Path(task.dest)
    with (dest / "begun.txt").open("a", encoding="utf-8") as file:
        file.write(f"{task.number} {os.getpid()}\n")
    result = dest / f"{task.number}.result"
    if result.exists():
        return Receipt(task.number, task.url, task.attempt, "found", worker=name_worker())
    if what == "refuse":
        return Receipt(task.number, task.url, task.attempt, "refused", kind="NotAVideo", reason="text")
    if what == "raise":
        raise RuntimeError("not foreseen")
    if what == "die" or (what == "die-once" and task.attempt == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "sick" and _is_sick(dest):
        return Receipt(
            task.number, task.url, task.attempt, "failed", kind="OutputError", reason="disk full", worker=name_worker()
        )
    while what == "hold" and not (dest / "go").exists():
        time.sleep(0.02)
    result.write_text("x", encoding="utf-8")
    return Receipt(task.number, task.url, task.attempt, "done", key=f"key-{task.number}", worker=name_worker())


def _is_sick(dest: Path) -> bool:
    """Tell whether this process is the one that falls ill: the first to ask."""
    try:
        with (dest / "sick").open("x", encoding="utf-8") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        time.sleep(0.05)
        return (dest / "sick").read_text(encoding="utf-8") == str(os.getpid())
    return True


def begun(dest: Path) -> list[tuple[int, int]]:
    """Return (task, process) of everything that was begun."""
    try:
        lines = (dest / "begun.txt").read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    return [(int(number), int(pid)) for number, pid in (line.split() for line in lines if line)]
