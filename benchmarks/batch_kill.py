"""Kill a worker every so many clips, and count what came of it.

``python -m benchmarks.batch_kill`` makes 200 clips of different content (a short test clip with other bytes behind it,
which no decoder reads), assesses the first second of each with the lite model as ``hiphinge batch`` does, on two
processes of this machine or on a Dask cluster of two workers (``--cluster``), and ends one worker with SIGKILL every 20
clips. Printed are the clips that were done, how often each result was in effect written, tries, and clips lost. The
exit code is 1 where one is lost or doubled. ``--quick`` looks at no picture: it tests the machinery alone.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from hiphinge.batch.journal import Journal
from hiphinge.batch.pool import PoolExecutor
from hiphinge.batch.run import BatchRun, Tally
from hiphinge.batch.source import list_source
from hiphinge.batch.start import open_batch
from hiphinge.batch.task import Executor, Receipt, Task
from hiphinge.batch.work import do_task
from hiphinge.clip.options import AssessOptions

ROOT = Path(__file__).resolve().parents[1]
CLIP = ROOT / "tests" / "data" / "wall_short.mp4"


def look_quickly(path: Path, options: AssessOptions, name: str, threads: int) -> None:
    """Take a moment, and leave a result that is always the same."""
    from tests.report.fakes import fake_assessment

    from hiphinge.report import write_assessment
    from hiphinge.video.source import compute_sha256

    time.sleep(0.05)
    folder = Path(str(options.out)) / name
    folder.mkdir()
    seen = fake_assessment()
    write_assessment(replace(seen, video=replace(seen.video, sha256=compute_sha256(path))), folder / "assessment.json")


def make_clips(folder: Path, number: int) -> None:
    """Write clips that show the same and are different files: a ``free`` box at the end says nothing to a decoder."""
    folder.mkdir()
    film = CLIP.read_bytes()
    for one in range(number):
        (folder / f"{one:04d}.mp4").write_bytes(film + (16).to_bytes(4, "big") + b"free" + one.to_bytes(8, "big"))


@contextmanager
def open_executor(
    on_cluster: bool, folder: Path, do: Callable[[Task], Receipt]
) -> Iterator[tuple[Executor, Callable[[], list[int]]]]:
    """Open an executor of two workers, and tell which processes they are."""
    if not on_cluster:
        pool = PoolExecutor(2, do=do)
        try:
            yield pool, lambda: pool.pids
        finally:
            pool.close(cancel=True)
        return
    from tests.batch.dask_cluster import dask_cluster, wait_until

    from hiphinge.batch.cluster import ClusterExecutor

    with dask_cluster(folder / "cluster", nanny=True) as cluster:
        executor = ClusterExecutor(cluster.address, folder / "out", do=do)
        wait_until(lambda: executor.slots == 4, "both workers")

        def workers() -> list[int]:
            return [int(pid) for pid in executor._client.run(os.getpid, on_error="ignore").values()]

        try:
            yield executor, workers
        finally:
            executor.close(cancel=True)


def main(arguments: list[str]) -> int:
    """Run it, print the counts, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args(arguments)
    from benchmarks.batch_kill import look_quickly as look  # by this name other processes find it

    do = partial(do_task, assess=look) if given.quick else do_task
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_clips(folder / "films", given.clips)
        (folder / "out").mkdir()
        began_s = time.monotonic()
        with open_batch(folder / "out"), open_executor(given.cluster, folder, do) as (executor, workers):
            options = AssessOptions(video=False, model="lite", to_s=1.0)
            source = list_source(str(folder / "films"), options, dest=folder / "out")
            killed: list[int] = []

            def kill_now_and_then(tally: Tally) -> None:
                if tally.finished >= given.every * (len(killed) + 1) and tally.finished < given.clips:
                    victims = workers()
                    if victims:
                        killed.append(victims[len(killed) % len(victims)])
                        os.kill(killed[-1], signal.SIGKILL)

            BatchRun(source, folder / "out", options, executor=executor, on_look=kill_now_and_then).run()
        return tell(folder / "out", given.clips, killed, time.monotonic() - began_s)


def tell(dest: Path, n_clips: int, killed: list[int], took_s: float) -> int:
    """Count what lies in the batch's folder."""
    import pyarrow.dataset

    lines = [line for _, line in Journal.read(dest / "journal.jsonl")]
    ends = Counter(line.url for line in lines if line.state != "failed")
    results = list((dest / "videos").glob("*/*/assessment.json"))
    rows = pyarrow.dataset.dataset(dest / "clips", partitioning="hive").to_table(columns=["url", "state"]).to_pylist()
    told = {row["url"] for row in rows if row["state"] in ("done", "found")}
    n_lost, n_twice = n_clips - len(told), sum(number > 1 for number in ends.values()) + len(rows) - len(told)
    attempts = Counter(line.attempt for line in lines if line.state != "failed")
    print(f"clips {n_clips}, workers killed {len(killed)}, {took_s:.0f} s")
    print(f"done {len(told)}, results {len(results)}, in effect more than once {n_twice}, lost {n_lost}")
    print("tries needed: " + ", ".join(f"{number} in {tries}" for tries, number in sorted(attempts.items())))
    left = list((dest / ".work").glob("*"))
    print(f"half-written results left behind: {len(left)}")
    return 1 if n_lost or n_twice or len(results) != n_clips or left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
