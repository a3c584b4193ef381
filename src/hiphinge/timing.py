"""Where the milliseconds go: stages of the work, each with its wall time and its processor time, thread by thread.

Nothing is measured unless a ``StageClock`` is running, and then a stage costs about two microseconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final

__all__ = ["ENGINE", "REST", "Stage", "StageClock", "StageTime", "running_clock"]

#: What no stage accounts for: the engine's own threads, and everything that was not named.
ENGINE: Final = "threads of engine and encoder"
REST: Final = "everything else"


@dataclass(slots=True)
class StageTime:
    """What one stage took: how often it ran, seconds of wall time and of its own thread's processor time."""

    n: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0


class StageClock:
    """Adds up what stages take, without the stages inside them, over all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stages: dict[str, StageTime] = {}
        self._begin_wall, self._begin_cpu = time.perf_counter(), time.process_time()
        self.wall_s = self.cpu_s = 0.0

    def add(self, name: str, wall_s: float, cpu_s: float) -> None:
        """Count one run of a stage."""
        with self._lock:
            found = self._stages.setdefault(name, StageTime())
            found.n += 1
            found.wall_s += wall_s
            found.cpu_s += cpu_s

    def stop(self) -> None:
        """Take the time that has gone by since the clock was made, of the whole process."""
        self.wall_s = time.perf_counter() - self._begin_wall
        self.cpu_s = time.process_time() - self._begin_cpu

    def rows(self) -> dict[str, StageTime]:
        """Return the stages in the order in which they first ended."""
        with self._lock:
            return dict(self._stages)


_clock: StageClock | None = None
_local = threading.local()


class Stage:
    """A named piece of work: ``with Stage("crop"): ...``; the time of a stage inside it is not its own."""

    __slots__ = ("_clock", "_cpu", "_inner_cpu", "_inner_wall", "_name", "_parent", "_wall")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._clock = _clock
        if self._clock is None:
            return
        self._parent: Stage | None = getattr(_local, "stage", None)
        _local.stage = self
        self._inner_wall = self._inner_cpu = 0.0
        self._wall, self._cpu = time.perf_counter(), time.thread_time()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._clock is None:
            return
        wall_s, cpu_s = time.perf_counter() - self._wall, time.thread_time() - self._cpu
        _local.stage = self._parent
        if self._parent is not None:
            self._parent._inner_wall += wall_s
            self._parent._inner_cpu += cpu_s
        self._clock.add(self._name, wall_s - self._inner_wall, cpu_s - self._inner_cpu)


@contextmanager
def running_clock() -> Iterator[StageClock]:
    """Measure every stage of this process until the block ends; one clock at a time."""
    global _clock
    before, _clock = _clock, StageClock()
    clock = _clock
    try:
        yield clock
    finally:
        clock.stop()
        _clock = before
