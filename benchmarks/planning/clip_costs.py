"""What clips cost: workers in processes of their own, one thread each, as a batch runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
from benchmarks.planning.measured import ClipCost, PairRun, WorkerCost

__all__ = ["Worker", "be_worker", "measure_clips", "measure_pair", "parquet_row_bytes"]

ROOT = Path(__file__).resolve().parents[2]


def be_worker() -> None:
    """Be a worker: a line with a clip comes in, a line with its cost goes out; a clip that is refused costs null."""
    from hiphinge import assess
    from hiphinge.errors import InputError
    from hiphinge.pose.blazepose import BlazePose

    models: dict[str, BlazePose] = {}
    for line in sys.stdin:
        clip, model, overlay = json.loads(line)
        estimator = models.setdefault(model, BlazePose(model, threads=1))
        if not clip:
            # Loads the models, as the first clip would.
            estimator.follow()
            _say({"memory_mb": _resident_mb()})
            continue
        with tempfile.TemporaryDirectory() as folder:
            began, core = time.perf_counter(), time.process_time()
            try:
                seen = assess(clip, out=folder, model=model, video=overlay, estimator=estimator)
            except InputError:
                _say(None)
                continue
            core_s, wall_s = time.process_time() - core, time.perf_counter() - began
            files = [one.stat().st_size for one in Path(folder).rglob("*") if one.is_file()]
        _say(
            {
                "core_s": round(core_s, 4),
                "wall_s": round(wall_s, 4),
                "frames": seen.n_frames,
                "seconds": round(seen.duration_s, 3),
                "height_px": seen.video.height_px,
                "clip_bytes": Path(clip).stat().st_size,
                "result_bytes": sum(files),
                "result_files": len(files),
            }
        )


def _say(answer: dict[str, float] | None) -> None:
    print(json.dumps(answer), flush=True)


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Worker:
    """A worker process, asked one clip at a time; a ``with`` ends it."""

    def __init__(self) -> None:
        one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.measure_costs", "--worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **one_thread},
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Closes its input, on which it ends, and waits.
        self._process.__exit__(None, None, None)

    def ask(self, clip: Path | str, model: str, *, overlay: bool = False) -> Any:
        """Return the worker's answer for a clip, None for one that it refused."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(clip), model, overlay]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the worker died: see its message above")
        return json.loads(line)

    def cost(self, clip: Path, model: str, *, overlay: bool = False) -> ClipCost | None:
        """Return what a clip cost."""
        return msgspec.convert(self.ask(clip, model, overlay=overlay), ClipCost | None)

    def peak_mb(self) -> float:
        """Return the most memory that the process had."""
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(text.partition("VmHWM:")[2].split()[0]) / 1000


def measure_clips(
    clips: Sequence[Path], model: str, *, overlay: bool, budget_s: float
) -> tuple[list[ClipCost], WorkerCost]:
    """Let one worker do clip after clip while there is time; return what they cost, and what the worker is."""
    began = time.perf_counter()
    with Worker() as worker:
        idle_mb = worker.ask("", model)["memory_mb"]
        start_s = time.perf_counter() - began
        costs = []
        for clip in clips:
            # The first clip of a process pays for imports that no later one pays; it counts as the others do.
            cost = worker.cost(clip, model, overlay=overlay)
            if cost is not None:
                costs.append(cost)
            if time.perf_counter() - began > budget_s:
                break
        peak_mb = worker.peak_mb()
    return costs, WorkerCost(start_s=round(start_s, 2), idle_mb=round(idle_mb), peak_mb=round(peak_mb))


def measure_pair(clips: Sequence[Path], model: str) -> PairRun:
    """Let one worker do the clips, then two workers beside each other, from one list; models are loaded before."""
    with Worker() as first, Worker() as second:
        for one in (first, second):
            one.cost(clips[0], model)
        alone = _run_list([first], clips, model)
        return msgspec.structs.replace(_run_list([first, second], clips, model), wall_one_worker_s=alone.wall_s,
                                       costs_s=alone.costs_s)  # fmt: skip


def _run_list(workers: Sequence[Worker], clips: Sequence[Path], model: str) -> PairRun:
    """Hand out clips one by one, in their order."""
    left, lock, costs = list(enumerate(clips))[::-1], threading.Lock(), [0.0] * len(clips)

    def run(worker: Worker) -> None:
        while True:
            with lock:
                if not left:
                    return
                number, clip = left.pop()
            began = time.perf_counter()
            worker.cost(clip, model)
            costs[number] = round(time.perf_counter() - began, 4)

    threads = [threading.Thread(target=run, args=(one,)) for one in workers]
    began = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    wall_s = round(time.perf_counter() - began, 3)
    return PairRun(wall_s=wall_s, wall_one_worker_s=wall_s, costs_s=costs)


def parquet_row_bytes(clips: Sequence[Path], *, rows: int = 2000) -> float:
    """Return bytes a clip in a Parquet file of measures with intervals, with a key and a path of each clip.

    The measures of a few clips are repeated with noise, since equal rows would compress to nothing.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from hiphinge import assess

    chance = np.random.default_rng(1)
    seen = [assess(one, video=False) for one in clips]
    columns: dict[str, Any] = {
        "key": [chance.bytes(32).hex() for _ in range(rows)],
        "folder": [f"{k % 256:02x}/{chance.bytes(32).hex()}" for k in range(rows)],
        "outcome": [seen[k % len(seen)].verdict.outcome for k in range(rows)],
    }
    fullest = max(seen, key=lambda one: sum(measure.value is not None for measure in one.measures))
    for number, measure in enumerate(fullest.measures):
        for part in ("value", "lo", "hi"):
            value = getattr(measure, part)
            noise = chance.normal(1.0, 0.2, rows)
            columns[f"{number}-{part}"] = [None] * rows if value is None else np.round(noise * value, 3)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        pq.write_table(pa.table(columns), file, compression="zstd")
        return round(file.stat().st_size / rows, 1)
