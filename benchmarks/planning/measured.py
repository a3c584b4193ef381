"""The file of measured costs, ``benchmarks/measured.json``: numbers only, no names of clips or people."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

__all__ = ["FILE", "ClipCost", "Measured", "read_measured"]

FILE = Path(__file__).resolve().parents[1] / "measured.json"


class ClipCost(msgspec.Struct, frozen=True, kw_only=True):
    """What one clip cost one worker with one thread."""

    frames: int
    seconds: float
    height_px: int
    clip_bytes: int
    core_s: float
    wall_s: float
    result_bytes: int = 0
    result_files: int = 0

    @property
    def frame_ms(self) -> float:
        """Core-milliseconds a frame."""
        return 1000 * self.core_s / self.frames


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was measured, when, and what else ran."""

    date: str
    cores: int
    processor: str
    python: str
    hiphinge: str
    load_before: float


class WorkerCost(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker process costs before its first clip, and how large it becomes."""

    start_s: float
    idle_mb: float
    peak_mb: float


class PairRun(msgspec.Struct, frozen=True, kw_only=True):
    """The same list of clips done by one worker and by two beside each other; ``costs_s``: each clip, by the one."""

    wall_s: float
    wall_one_worker_s: float
    costs_s: list[float]


class LiveCost(msgspec.Struct, frozen=True, kw_only=True):
    """The live server: ``batch_ms`` of so many sets read together, and a run with real connections."""

    batch_sets: list[int]
    batch_ms: list[float]
    patients: int
    server_frame_ms: float
    #: With one set; and for each further set of so many frames.
    process_mb: float
    set_mb: float
    set_frames: int
    meter_p50_ms: float
    meter_p95_ms: float
    frame_bytes: int


class StoreCost(msgspec.Struct, frozen=True, kw_only=True):
    """A database: the median write transaction, jobs a second of so many processes, and a second of live sets."""

    transaction_ms: float
    #: Of so many processes, each adding, claiming, beating and finishing one job after the other.
    jobs_a_s: dict[str, float]
    #: One write transaction with a second's frames of ``live_sets`` sets.
    live_sets: int
    live_write_ms: float


class SchedulerCost(msgspec.Struct, frozen=True, kw_only=True):
    """One Dask scheduler in a process of its own, and the driver of a batch, with tasks that do nothing."""

    tasks: int
    tasks_a_s: float
    scheduler_ms: float
    client_ms: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was measured; ``clips`` by ``model`` or ``model+overlay``."""

    machine: Machine
    clips: dict[str, list[ClipCost]]
    worker: WorkerCost
    pair: PairRun
    live: LiveCost
    store: dict[str, StoreCost]
    transactions_a_job: float
    scheduler: SchedulerCost
    parquet_row_bytes: float
    folders_a_s: float

    @property
    def crowding(self) -> float:
        """How many times longer a clip takes where the other core works too: cache and memory are shared."""
        return max(1.0, 2 * self.pair.wall_s / self.pair.wall_one_worker_s)

    def frame_ms(self, kind: str) -> float:
        """Return core-milliseconds a frame over all clips of a kind, each frame counting the same, one worker alone."""
        return total_ms(self.clips[kind])

    def relative_costs(self, kind: str) -> list[float]:
        """Return each clip's cost a frame ÷ their mean: how much clips differ."""
        mean = statistics.fmean(one.frame_ms for one in self.clips[kind])
        return [one.frame_ms / mean for one in self.clips[kind]]

    def median(self, kind: str, field: str) -> float:
        """Return the median of a field over the clips of a kind."""
        return statistics.median(_field(self.clips[kind], field))


def total_ms(clips: Sequence[ClipCost]) -> float:
    """Return core-milliseconds a frame."""
    return 1000 * sum(one.core_s for one in clips) / sum(one.frames for one in clips)


def _field(clips: Sequence[ClipCost], field: str) -> Iterable[float]:
    return (getattr(one, field) for one in clips)


def read_measured(file: Path = FILE) -> Measured:
    """Read the file."""
    return msgspec.json.decode(file.read_bytes(), type=Measured)
