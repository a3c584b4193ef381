"""What Dask costs against the plain pool, and what a second worker gives, on many clips of 5 seconds.

    python -m benchmarks.batch_cluster [--clips 60] [--workers 2] [--rounds 2] [--seconds 5] [--model full]

The same clips (cut from the demo, each its own content), the same ``do_task``, the same number of one-threaded
processes: once handed out by the local pool, once by a Dask scheduler with its workers here, by turns. Starting
processes, loading the model and the first clip of each worker are timed apart. What is compared is the wall time of
the clips after that, the best round of each. Then two one-thread workers against one, on the pool, by turns too.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av

from hiphinge.batch.cluster import ClusterExecutor
from hiphinge.batch.pool import PoolExecutor
from hiphinge.batch.task import Executor, Task
from hiphinge.clip.options import AssessOptions

DEMO = Path(__file__).parents[1] / "src" / "hiphinge" / "data" / "demo.mp4"
QUIET = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")


def main() -> int:
    """Print both comparisons."""
    args = parse_args()
    with tempfile.TemporaryDirectory(prefix="hiphinge-bench-") as name:
        folder = Path(name)
        clips = make_clips(folder / "clips", args.clips + args.workers, args.seconds)
        print(f"{args.clips} clips of {args.seconds:g} s, model {args.model}, overlay off, {os.cpu_count()} cores")
        with dask(folder / "dask", args.workers) as address:
            rows = compare(
                {
                    "plain pool": lambda dest: PoolExecutor(args.workers),
                    "Dask": lambda dest: ClusterExecutor(address, dest),
                },
                clips, args, folder,
            )  # fmt: skip
        overhead = rows["Dask"] / rows["plain pool"] - 1
        print(f"Dask over the plain pool, {args.workers} workers: {overhead:+.1%} (target at most +5 %)")
        rows = compare(
            {"1 worker": lambda dest: PoolExecutor(1), "2 workers": lambda dest: PoolExecutor(2)}, clips, args, folder
        )
        print(f"two one-thread workers against one: {rows['1 worker'] / rows['2 workers']:.2f} x (target at least 1.8)")
    return 0


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--model", choices=["lite", "full", "heavy"], default="full")
    return parser.parse_args()


def make_clips(folder: Path, n: int, seconds: float) -> list[Path]:
    """Cut one clip from the demo, and make each copy another content without changing a picture."""
    folder.mkdir(parents=True)
    first = folder / "clip.mp4"
    with av.open(str(DEMO)) as source, av.open(str(first), "w") as out:
        stream = source.streams.video[0]
        rate = stream.average_rate or Fraction(25)
        into = out.add_stream("libx264", rate=rate, options={"preset": "fast", "crf": "20"})
        into.width, into.height, into.pix_fmt = stream.width, stream.height, "yuv420p"
        for k, frame in enumerate(source.decode(stream)):
            if k >= seconds * rate:
                break
            frame.pts, frame.time_base = k, 1 / rate
            out.mux(into.encode(frame))
        out.mux(into.encode(None))
    clips = []
    for k in range(n):
        clips.append(folder / f"clip-{k:04}.mp4")
        # A trailing box of its own: the pictures are the same, the content and so its key are not.
        note = f"{k:08}".encode()
        clips[-1].write_bytes(first.read_bytes() + (8 + len(note)).to_bytes(4, "big") + b"free" + note)
    return clips


def compare(
    makers: dict[str, Callable[[Path], Executor]], clips: list[Path], args: argparse.Namespace, folder: Path
) -> dict[str, float]:
    """Run each by turns and return the best seconds of each."""
    best: dict[str, float] = {}
    print(f"{'':14} {'round':>5} {'start, s':>9} {'clips, s':>9} {'clips/s':>8}")
    for turn in range(args.rounds):
        for name, make in makers.items():
            dest = folder / "dest"
            start_s, work_s = run(make, clips, args, dest)
            shutil.rmtree(dest)
            best[name] = min(work_s, best.get(name, work_s))
            print(f"{name:14} {turn + 1:5} {start_s:9.2f} {work_s:9.2f} {args.clips / work_s:8.2f}", flush=True)
    return best


def run(
    make: Callable[[Path], Executor], clips: list[Path], args: argparse.Namespace, dest: Path
) -> tuple[float, float]:
    """Return the seconds of starting (processes and the first clip of each worker) and of the clips after that."""
    dest.mkdir()
    options = AssessOptions(model=args.model, video=False)
    tasks = [Task(k, str(clip), str(dest), options) for k, clip in enumerate(clips)]
    begin = time.perf_counter()
    executor = make(dest)
    try:
        drive(executor, tasks[args.clips :])
        middle = time.perf_counter()
        drive(executor, tasks[: args.clips])
        return middle - begin, time.perf_counter() - middle
    finally:
        executor.close()


def drive(executor: Executor, tasks: list[Task]) -> None:
    """Hand out tasks as the driver does, and wait for all."""
    left, n_out = iter(tasks), 0
    done = 0
    while done < len(tasks):
        while n_out - done < executor.slots and (task := next(left, None)) is not None:
            executor.submit(task)
            n_out += 1
        for receipt in executor.wait(1.0):
            if receipt.state not in ("done", "found"):
                raise SystemExit(f"{receipt.kind}: {receipt.reason}")
            done += 1


@contextmanager
def dask(folder: Path, workers: int) -> Iterator[str]:
    """Run a scheduler and one-threaded workers here, as one starts them by hand; yield the address."""
    folder.mkdir(parents=True)
    file = folder / "scheduler.json"
    common = ("--scheduler-file", str(file), "--host", "127.0.0.1", *QUIET)
    log = (folder / "log.txt").open("wb")
    start = time.perf_counter()

    def launch(module: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *common, *arguments]
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    processes = [launch("dask_scheduler", "--port", "0")]
    try:
        while not file.exists() or not file.read_text(encoding="utf-8").rstrip().endswith("}"):
            time.sleep(0.02)
        processes += [launch("dask_worker", "--nthreads", "1", "--no-nanny") for _ in range(workers)]
        address = read_address(file)
        wait_for_workers(address, workers)
        print(f"scheduler and {workers} workers up in {time.perf_counter() - start:.2f} s (counted apart)")
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()
        log.close()


def read_address(file: Path) -> str:
    """Return the address of the scheduler."""
    return str(json.loads(file.read_text(encoding="utf-8"))["address"])


def wait_for_workers(address: str, n: int) -> None:
    """Wait until all have joined."""
    from hiphinge.batch.connecting import connect

    client = connect(address)
    client.wait_for_workers(n, timeout=60)
    client.close()


if __name__ == "__main__":
    raise SystemExit(main())
