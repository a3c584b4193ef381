"""What a batch hands to a worker and what comes back: plain data that travels between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from hiphinge.clip.options import AssessOptions

__all__ = ["Executor", "Receipt", "State", "Task"]

#: ``done``: assessed now. ``found``: its result was there already. ``refused``: no video that can be assessed, and
#: trying again would say the same. ``failed``: the worker died, or something unforeseen; another try may help.
State = Literal["done", "found", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Task:
    """One video to assess.

    Parameters
    ----------
    number
        Place in the source, from 0; receipts refer to it.
    url
        Path, or a URL that fsspec opens.
    dest
        Folder of the batch, the same on every worker.
    options
        How to assess; its ``out`` is not used.
    threads
        Processor threads of one worker; see ``clip.run.assess_video``.
    attempt
        1 for the first try.
    """

    number: int
    url: str
    dest: str
    options: AssessOptions
    threads: int = 1
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one task; the result itself lies in the batch's folder.

    Parameters
    ----------
    number, url, attempt
        Of the task.
    state
        See ``State``.
    key
        Content, model and criteria as one hash: the same key is the same result. "" where the content was not read.
    folder
        Of the result, relative to the batch's folder; "" without a result.
    row
        What the Parquet data set keeps of the clip.
    kind, reason, next_step
        Of the error; "" with a result.
    wall_s, cpu_s
        Time that the worker took, seconds.
    worker
        Which worker it was.
    """

    number: int
    url: str
    attempt: int
    state: State
    key: str = ""
    folder: str = ""
    row: Mapping[str, str | float | int | bool | None] = field(default_factory=dict)
    kind: str = ""
    reason: str = ""
    next_step: str = ""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    worker: str = ""


class Executor(Protocol):
    """Where tasks run. A worker that dies comes back as a ``failed`` receipt; nothing is lost in silence."""

    @property
    def slots(self) -> int:
        """How many tasks may be in flight: enough to keep every worker busy, few enough to hold no queue in memory."""

    def submit(self, task: Task) -> None:
        """Hand over one task; returns at once."""

    def wait(self, timeout_s: float) -> list[Receipt]:
        """Return what has finished, waiting so long for the first; each submitted task comes back exactly once."""

    def take_back(self) -> list[int]:
        """Take back what waits and was not begun, and return its numbers: it comes back no more."""

    def close(self, *, cancel: bool = False) -> None:
        """Let go of the workers; with ``cancel`` what is under way is given up (its half-written result vanishes)."""
