"""Measure what clips, workers, databases, live sets and a scheduler cost here, and write ``benchmarks/measured.json``.

    python -m benchmarks.measure_costs [--clips FOLDER] [--only PART...]

Under six minutes on two cores that do nothing else. ``--clips`` names a folder of further clips, for example real ones;
numbers are kept, never names. ``--only`` measures these parts anew and keeps the others as they are in the file. The
plan is printed from the file by ``python -m benchmarks.scale``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from benchmarks.planning import clip_costs, server_costs
from benchmarks.planning.measured import FILE, Machine, Measured, read_measured, total_ms

ROOT = Path(__file__).resolve().parents[1]
#: Clips that everybody has: rendered people.
OURS = (*sorted((ROOT / "tests" / "data").glob("*.mp4")), ROOT / "src" / "hiphinge" / "data" / "demo.mp4")
#: Seconds of work for each kind of clip cost; ``full`` has every clip that fits, the others are scaled against it.
BUDGETS_S = {"full": 50, "full+overlay": 35, "lite": 12, "lite+overlay": 12, "heavy": 25, "heavy+overlay": 15}
#: Clips of the run of two workers against one.
N_PAIRED = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="folder of further clips; numbers are kept, never names")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), metavar="PART", help=", ".join(sorted(PARTS)))
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--jobs", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        clip_costs.be_worker()
        return 0
    if options.jobs:
        address, person, seconds = options.jobs
        print(server_costs.run_jobs(address, person, float(seconds)))
        return 0
    found: dict[str, Any] = {"machine": describe_machine()}
    kept = msgspec.to_builtins(read_measured(options.out)) if options.only else {}
    for name, measure in PARTS.items():
        if options.only is None or name in options.only:
            print(f"{dt.datetime.now(dt.UTC):%H:%M:%S} {name}", file=sys.stderr, flush=True)
            found |= measure(find_clips(options.clips))
    measured = msgspec.convert({**kept, **msgspec.to_builtins(found)}, Measured)
    options.out.write_bytes(msgspec.json.format(msgspec.json.encode(measured), indent=1) + b"\n")
    print(describe(measured))
    return 0


def describe_machine() -> Machine:
    """Say where and when this is measured."""
    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        names = [one for one in Path("/proc/cpuinfo").read_text().splitlines() if one.startswith("model name")]
        processor = names[0].partition(":")[2].strip() if names else processor
    return Machine(
        date=dt.datetime.now(dt.UTC).date().isoformat(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        processor=processor,
        python=platform.python_version(),
        hiphinge=version("hiphinge"),
        load_before=round(os.getloadavg()[0], 2),
    )


def find_clips(folder: Path | None) -> list[Path]:
    """Return the clips to measure, further ones between ours: a budget that runs out has seen of both."""
    more = [] if folder is None else sorted(one for one in folder.iterdir() if one.suffix in (".mp4", ".mov", ".webm"))
    pairs = [[a for a in (ours, theirs) if a] for ours, theirs in zip(OURS, more, strict=False)]
    mixed = [one for pair in pairs for one in pair]
    return [*mixed, *OURS[len(pairs) :], *more[len(pairs) :]]


def measure_clips(clips: Sequence[Path]) -> dict[str, Any]:
    """Measure every kind of clip cost."""
    found, worker = {}, None
    for kind, budget_s in BUDGETS_S.items():
        model, _, overlay = kind.partition("+")
        found[kind], seen = clip_costs.measure_clips(clips, model, overlay=bool(overlay), budget_s=budget_s)
        if kind == "full+overlay":
            worker = seen
    return {"clips": found, "worker": worker}


PARTS: dict[str, Callable[[Sequence[Path]], dict[str, Any]]] = {
    "clips": measure_clips,
    "pair": lambda clips: {"pair": clip_costs.measure_pair(clips[:N_PAIRED], "full")},
    "store": lambda _: {
        "store": server_costs.measure_stores(seconds=3.0),
        "transactions_a_job": server_costs.count_transactions(),
    },
    "live": lambda _: {"live": server_costs.measure_live(seconds=15.0)},
    "scheduler": lambda _: {"scheduler": server_costs.measure_scheduler(tasks=2000)},
    "files": lambda _: {"folders_a_s": server_costs.folders_a_s([60_000] * 5)},
    "row": lambda clips: {"parquet_row_bytes": clip_costs.parquet_row_bytes(OURS[-6:])},
}


def describe(found: Measured) -> str:
    """Return the figures as lines."""
    lines = [f"{found.machine.processor}, {found.machine.cores} cores, {found.machine.date}"]
    for kind, clips in found.clips.items():
        spread = statistics.pstdev(found.relative_costs(kind))
        lines.append(f"{kind:14} {total_ms(clips):7.1f} core-ms a frame over {len(clips)} clips (spread {spread:.0%})")
    pair, worker = found.pair, found.worker
    faster = pair.wall_one_worker_s / pair.wall_s
    lines += [
        f"worker         {worker.start_s} s to start, {worker.idle_mb:.0f} MB, peak {worker.peak_mb:.0f} MB",
        f"two workers    {faster:.2f} x one ({pair.wall_one_worker_s} s, {pair.wall_s} s)",
        *(f"{name:14} {one.transaction_ms} ms a write transaction; jobs/s by processes {one.jobs_a_s}; a second of "
          f"{one.live_sets} live sets {one.live_write_ms} ms" for name, one in found.store.items()),
        f"a film         {found.transactions_a_job} write transactions",
        f"live engine    {dict(zip(found.live.batch_sets, found.live.batch_ms, strict=True))} ms a batch of sets",
        f"live server    {found.live.server_frame_ms} core-ms a frame, {found.live.set_mb} MB a set, to the meter p50 "
        f"{found.live.meter_p50_ms:.0f} ms, p95 {found.live.meter_p95_ms:.0f} ms",
        f"scheduler      {found.scheduler.tasks_a_s} tasks/s, {found.scheduler.scheduler_ms} core-ms a task "
        f"(and {found.scheduler.client_ms} in the driver)",
        f"result folders {found.folders_a_s} a second from one process",
        f"Parquet row    {found.parquet_row_bytes:.0f} bytes",
    ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
