"""Arithmetic on measured costs: what so many clips a month, or so many live patients, need."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from benchmarks.planning.assumptions import ASSUMED, PRICES, Assumed, draw_seconds
from benchmarks.planning.chance import Chance
from benchmarks.planning.measured import Measured

__all__ = ["LiveNeeds", "MonthNeeds", "draw_costs", "live_needs", "mean_clip_s", "month_needs", "transactions_a_s"]

#: Write transactions of a job in the benchmark of the job table: added, claimed, one beat, done.
_BENCHED = 4
#: A clip's result folder is a directory too.
_FOLDERS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthNeeds:
    """What so many clips a month need; ``peak`` is the fullest hour of a working day."""

    clips: float
    core_hours: float
    core_hours_overlay: float
    core_hours_heavy: float
    peak_clips_s: float
    peak_cores: float
    peak_memory_gb: float
    peak_upload_mbit_s: float
    peak_transactions_s: float
    originals_gb: float
    results_gb: float
    overlays_gb: float
    rows_gb: float
    files: float

    @property
    def average_cores(self) -> float:
        """Cores that would do, were the work spread evenly over day and night."""
        return self.core_hours / (30 * 24)

    @property
    def work_price(self) -> float:
        """Money for the cores, rented while they work."""
        return self.core_hours * PRICES["core"].amount

    @property
    def results_price(self) -> float:
        """Money a month for keeping one month's results, without overlay."""
        return (self.results_gb + self.rows_gb) * PRICES["object"].amount

    @property
    def originals_price(self) -> float:
        """Money a month for keeping one month's films."""
        return self.originals_gb * PRICES["object"].amount


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveNeeds:
    """What so many patients in live sessions at once need."""

    patients: float
    in_sets: float
    frames_s: float
    cores: float
    processes: float
    memory_gb: float
    in_gbit_s: float
    stored_gb_hour: float
    write_transactions_s: float
    work_price_hour: float


@cache
def mean_clip_s(assumed: Assumed = ASSUMED) -> float:
    """Return the mean length of a clip that is sent, seconds."""
    chance = Chance(7)
    return sum(draw_seconds(chance, assumed) for _ in range(100_000)) / 100_000


def draw_costs(
    measured: Measured,
    count: int,
    *,
    kind: str = "full",
    archive: bool = False,
    seed: int = 3,
    assumed: Assumed = ASSUMED,
) -> list[float]:
    """Draw what so many clips cost a one-thread worker among others, seconds: a drawn length, times a measured cost."""
    chance, spread = Chance(seed), measured.relative_costs(kind)
    frame_s = measured.frame_ms(kind) * measured.crowding / 1000 * assumed.frame_hz
    return [draw_seconds(chance, assumed, archive=archive) * frame_s * chance.pick(spread) for _ in range(count)]


def month_needs(measured: Measured, clips: float, assumed: Assumed = ASSUMED) -> MonthNeeds:
    """Return what so many clips a month need, with model ``full`` and no overlay unless the name says otherwise."""
    frames = mean_clip_s(assumed) * assumed.frame_hz

    def hours(kind: str) -> float:
        return clips * frames * measured.frame_ms(kind) * measured.crowding / 1000 / 3600

    peak_s = clips / assumed.working_days * assumed.peak_hour_share / 3600
    clip_s = frames * measured.frame_ms("full") * measured.crowding / 1000
    cores = math.ceil(peak_s * clip_s / assumed.full_share)
    film_gb = mean_clip_s(assumed) * assumed.film_mbit_s / 8000
    plain, drawn = (frames * _result_gb(measured, kind) for kind in ("full", "full+overlay"))
    return MonthNeeds(
        clips=clips,
        core_hours=hours("full"),
        core_hours_overlay=hours("full+overlay"),
        core_hours_heavy=hours("heavy"),
        peak_clips_s=peak_s,
        peak_cores=cores,
        peak_memory_gb=cores * measured.worker.peak_mb / 1000,
        peak_upload_mbit_s=peak_s * film_gb * 8000,
        peak_transactions_s=peak_s * (measured.transactions_a_job + clip_s / assumed.beat_s),
        originals_gb=clips * film_gb,
        results_gb=clips * plain,
        overlays_gb=clips * (drawn - plain),
        rows_gb=clips * measured.parquet_row_bytes / 1e9,
        files=clips * (measured.median("full", "result_files") + _FOLDERS),
    )


def _result_gb(measured: Measured, kind: str) -> float:
    """Return gigabytes of result for a frame."""
    clips = measured.clips[kind]
    return sum(one.result_bytes for one in clips) / sum(one.frames for one in clips) / 1e9


def transactions_a_s(measured: Measured, database: str) -> float:
    """Return the most write transactions a second that were seen on a database here."""
    return max(measured.store[database].jobs_a_s.values()) * _BENCHED


def live_needs(measured: Measured, patients: float, sets_a_core: float, assumed: Assumed = ASSUMED) -> LiveNeeds:
    """Return what so many patients in live sessions need, where a core serves ``sets_a_core`` sets at once."""
    in_sets = patients * assumed.set_s / (assumed.set_s + assumed.rest_s)
    frames_s = in_sets * assumed.frame_hz
    processes = math.ceil(in_sets / sets_a_core)
    bytes_s = frames_s * measured.live.frame_bytes
    # What a set holds in memory grows with its frames; at its end it is longer than the measured one.
    longer = assumed.set_s * assumed.frame_hz / measured.live.set_frames
    return LiveNeeds(
        patients=patients,
        in_sets=in_sets,
        frames_s=frames_s,
        cores=frames_s * measured.live.server_frame_ms / 1000,
        processes=processes,
        memory_gb=(in_sets * measured.live.set_mb * longer + processes * measured.live.process_mb) / 1000,
        in_gbit_s=bytes_s * 8 / 1e9,
        stored_gb_hour=bytes_s * 3600 / 1e9,
        write_transactions_s=processes,
        work_price_hour=processes * PRICES["core"].amount,
    )
