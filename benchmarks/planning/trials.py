"""Tables that are simulated, from measured costs, with fixed seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from benchmarks.planning.archive import BatchPlan, simulate_batch
from benchmarks.planning.assumptions import ASSUMED
from benchmarks.planning.capacity import draw_costs, live_needs, month_needs
from benchmarks.planning.chance import Chance
from benchmarks.planning.formulas import md1_mean_wait_s, mmc_mean_wait_s, mmc_wait_quantile_s
from benchmarks.planning.live import LiveCosts, LiveRun, LiveWish, simulate_live
from benchmarks.planning.measured import Measured
from benchmarks.planning.tables import markdown_table, say, say_time
from benchmarks.planning.uploads import Day, QueuePlan, clinic_hours, simulate_day

__all__ = ["checks_part", "day_part", "live_costs", "night_part", "sets_a_core", "sets_part", "short_part"]

NIGHT_S, ARCHIVE = 8 * 3600.0, 1_000_000
#: Variations are run on so many clips, with the night's workers.
_PART = 200_000
HOUR_S, DAY_S = 3600.0, 86_400.0
#: A film is looked at within this in 95 of 100 cases.
WAIT_S = 120.0
#: What a live answer may take, in 95 of 100 frames.
LATE_S = 0.150
#: Patients of one live process that are tried.
_PATIENTS = (40, 60, 80, 90, 100, 110, 120, 140, 160)


# --- one night, one archive ---


def workers_for_the_night(costs_s: Sequence[float]) -> int:
    """Return workers that have 4 % of the night to spare for deaths and the end, when the last clips run alone."""
    return math.ceil(sum(costs_s) * ARCHIVE / len(costs_s) / (0.96 * NIGHT_S))


def night_part(found: Measured) -> str:
    """Return how long an archive of 10⁶ clips takes, and what deaths and order do to it."""
    costs = draw_costs(found, ARCHIVE, archive=True)
    part = costs[:_PART]
    workers = workers_for_the_night(costs)
    scheduler_s = found.scheduler.scheduler_ms / 1000
    start_s = found.worker.start_s

    def plan(**other: float | bool) -> BatchPlan:
        return BatchPlan(**{"workers": workers, "scheduler_s": scheduler_s, "restart_s": start_s + 5.0, **other})

    trials: list[tuple[str, Sequence[float], BatchPlan]] = [
        ("the whole archive, a worker dies every 24 h", costs, plan(dies_every_s=DAY_S)),
        ("a fifth of it: nobody dies", part, plan()),
        ("– a worker dies every 24 h", part, plan(dies_every_s=DAY_S)),
        ("– a worker dies every hour", part, plan(dies_every_s=HOUR_S)),
        ("– a worker dies every 10 min", part, plan(dies_every_s=600.0)),
        ("– nobody dies, long recordings first", part, plan(longest_first=True)),
        ("– nobody dies, 20 times the scheduler's cost", part, plan(scheduler_s=20 * scheduler_s)),
    ]  # fmt: skip
    rows = []
    for name, some, one in trials:
        run = simulate_batch(some, one)
        rows.append([
            name, say_time(run.took_s), f"{run.clips_a_s:.1f}", f"{run.utilisation:.1%}",
            f"{run.scheduler_s / run.took_s:.1%}", str(run.deaths), str(run.set_aside),
        ])  # fmt: skip
    heads = [f"{workers} workers, one core each", "took", "clips a second", "workers' time in results",
             "scheduler busy", "deaths", "set aside"]  # fmt: skip
    return markdown_table(heads, rows)


# --- a day of uploads ---


def day_part(found: Measured) -> str:
    """Return how long films wait in a clinic day, by the number of workers."""
    heads = ["clips a month", "workers", "arrived", "p50", "p95", "p99 of the wait", "p95 to the result", "longest",
             "workers died"]  # fmt: skip
    rows = [_day_row(found, 1e3, workers, hours=8.0) for workers in (1, 2)]
    least = _least_workers(found, 1e6)
    rows += [_day_row(found, 1e6, workers, hours=8.0) for workers in (least - 1, least, least + 2, least + 4)]
    rows += [_day_row(found, 1e6, least + 2, hours=0.5)]
    return markdown_table(heads, rows)


def _least_workers(found: Measured, clips: float) -> int:
    """Return the fewest workers with which 95 of 100 films wait at most two minutes."""
    needs = month_needs(found, clips)
    workers = max(1, math.floor(needs.peak_cores * ASSUMED.full_share * 0.9))
    while _percentile(_day(found, clips, workers, hours=8.0).waits_s, 95) > WAIT_S:
        workers += 1
    return workers


def _day(found: Measured, clips: float, workers: int, *, hours: float) -> Day:
    rates = clinic_hours(ASSUMED.hours, clips / ASSUMED.working_days)
    costs = draw_costs(found, 20_000)
    plan = QueuePlan(workers=workers, dies_every_s=hours * HOUR_S, restart_s=found.worker.start_s)
    return simulate_day(rates, costs, plan)


def _day_row(found: Measured, clips: float, workers: int, *, hours: float) -> list[str]:
    day = _day(found, clips, workers, hours=hours)
    waits = [say_time(_percentile(day.waits_s, share)) for share in (50, 95, 99)]
    died = f"{day.deaths} (one in {say_time(hours * HOUR_S)} of work)"
    results = [say_time(_percentile(day.totals_s, share)) for share in (95, 100)]
    return [say(clips), str(workers), str(day.arrived), *waits, *results, died]


def _percentile(values: Sequence[float], share: float) -> float:
    return float(np.percentile(np.asarray(values), share)) if len(values) else 0.0


# --- live sets ---


def live_costs(found: Measured) -> LiveCosts:
    """Return a server's costs: a line through the measured batches, and what is left of a frame for the rest."""
    sizes, batch_s = np.array(found.live.batch_sets, dtype=float), np.array(found.live.batch_ms) / 1000
    mean = sizes.mean()
    read_s = float(((sizes - mean) * (batch_s - batch_s.mean())).sum() / ((sizes - mean) ** 2).sum())
    fixed_s = max(0.0, float(batch_s.mean() - read_s * mean))
    tick_s = 0.025
    in_a_tick = found.live.patients * ASSUMED.frame_hz * tick_s
    engine_s = read_s + fixed_s / in_a_tick
    return LiveCosts(
        frame_s=max(0.0, found.live.server_frame_ms / 1000 - engine_s), batch_s=fixed_s, read_s=read_s, tick_s=tick_s
    )


def sets_a_core(found: Measured) -> float:
    """Return the mean number of sets at once of the most patients whom one process serves in time, with reserve."""
    in_time = (
        statistics.fmean(run.in_sets)
        for _, run in _crowds(found)
        if _percentile(run.latencies_s, 95) <= LATE_S and run.core_share <= ASSUMED.full_share
    )
    return max(in_time, default=1.0)


def _crowds(found: Measured) -> Iterator[tuple[int, LiveRun]]:
    costs = live_costs(found)
    for patients in _PATIENTS:
        yield patients, _crowd(patients, costs)


@cache
def _crowd(patients: int, costs: LiveCosts) -> LiveRun:
    wish = LiveWish(patients=patients, set_s=ASSUMED.set_s, rest_s=ASSUMED.rest_s, seconds=900.0)
    return simulate_live(wish, costs)


def sets_part(found: Measured) -> str:
    """Return how late one live process answers, by how many patients it has."""
    rows = []
    for patients, run in _crowds(found):
        late = [say_time(_percentile(run.latencies_s, share)) for share in (50, 95, 99)]
        rows.append([str(patients), f"{statistics.fmean(run.in_sets):.0f}", str(max(run.in_sets)), *late,
                     f"{run.core_share:.0%}"])  # fmt: skip
    return markdown_table(
        ["patients of a process", "in sets, mean", "most", "p50", "p95", "p99 of a frame", "core"], rows
    )


# --- in short ---


def short_part(found: Measured) -> str:
    """Return the few numbers that matter most."""
    thousand, million, many = (month_needs(found, clips) for clips in (1e3, 1e6, 1e8))
    workers = workers_for_the_night(draw_costs(found, _PART, archive=True))
    live = live_needs(found, 1e5, sets_a_core(found))
    lines = [
        f"**A thousand clips a month** are {thousand.core_hours:.1f} core-hours: one computer that nobody notices, "
        "SQLite, one worker.",
        f"**A million a month** need {say(million.peak_cores)} cores in the fullest hour, one PostgreSQL, and a link "
        f"of more than {say(million.peak_upload_mbit_s)} Mbit/s for the films. Nothing has to be built for it.",
        f"**A million from an archive, in one night of 8 hours**: {say(workers)} cores and one scheduler.",
        f"**A hundred million a month** are {say(many.peak_cores)} cores, and first of all films "
        f"({say(many.peak_upload_mbit_s / 1000)} Gbit/s) and files ({say(many.files / 1e6)} million a month): split "
        "them by clinics, keep Parquet rows where nobody opens folders, delete films.",
        f"**A hundred thousand live patients at once** are {say(live.processes)} processes of one core each. Their "
        f"video stays on their phones; what comes in instead are {say(live.in_gbit_s)} Gbit/s that databases have to "
        "keep: many of them, each with its clinics.",
    ]  # fmt: skip
    return "\n".join(f"- {one}" for one in lines)


# --- against what is known ---


def checks_part(found: Measured) -> str:
    """Return what the simulations say beside closed formulas and beside measured runs."""
    chance = Chance(11)
    exponential = [chance.exponential(4.0) for _ in range(100_000)]
    crowd = simulate_day([2.0] * 96, exponential, QueuePlan(workers=10, poll_s=0.0)).waits_s
    one = simulate_day([0.2] * 24 * 10, [4.0], QueuePlan(workers=1, poll_s=0.0)).waits_s
    pair = found.pair
    two = simulate_batch(pair.costs_s, BatchPlan(workers=2)).took_s
    live = simulate_live(LiveWish(patients=found.live.patients, seconds=60.0, all_at_once=True), live_costs(found))
    middle, late = (1000 * _percentile(live.latencies_s, share) for share in (50, 95))
    rows = [
        ["mean wait, M/M/10 at 80 %", f"{statistics.fmean(crowd):.2f} s",
         f"{mmc_mean_wait_s(2.0, 4.0, 10):.2f} s (formula)"],
        ["95 of 100 wait at most", f"{_percentile(crowd, 95):.1f} s",
         f"{mmc_wait_quantile_s(2.0, 4.0, 10, 0.95):.1f} s (formula)"],
        ["mean wait, M/D/1 at 80 %", f"{statistics.fmean(one):.2f} s", f"{md1_mean_wait_s(0.2, 4.0):.2f} s (formula)"],
        [f"{len(pair.costs_s)} clips, two workers, from what each took alone", f"{two:.1f} s",
         f"{pair.wall_s:.1f} s (measured)"],
        [f"live, {found.live.patients} sets at once: frame to meter, p50", f"{middle:.0f} ms",
         f"{found.live.meter_p50_ms:.0f} ms (measured)"],
        ["– p95", f"{late:.0f} ms", f"{found.live.meter_p95_ms:.0f} ms (measured)"],
    ]  # fmt: skip
    return markdown_table(["", "simulated", "known"], rows)
