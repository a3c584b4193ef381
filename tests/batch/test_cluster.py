"""The cluster's executor against real schedulers and workers in processes of their own, which are killed."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dask
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hiphinge import __version__
from hiphinge.batch.cluster import ClusterExecutor
from hiphinge.batch.long import start
from hiphinge.batch.remote import Died, claim, guard, probe
from hiphinge.batch.task import Receipt, Task
from hiphinge.batch.work import do_task
from hiphinge.clip import parts
from hiphinge.clip.options import AssessOptions
from hiphinge.clip.parts import plan_parts
from hiphinge.errors import ClusterError, OutputError, UsageError
from hiphinge.pose.blazepose import BlazePose
from hiphinge.video import open_video
from tests.batch import standin
from tests.batch.dask_cluster import PATIENCE_S, TLS_SETTINGS, DaskCluster, dask_cluster, wait_until

DATA = Path(__file__).parents[1] / "data"


def task(number: int, what: str, dest: Path, *, attempt: int = 1) -> Task:
    return Task(number, what, str(dest), AssessOptions(), attempt=attempt)


def collect(executor: ClusterExecutor, n: int) -> dict[int, Receipt]:
    """Wait for so many receipts; each task comes back once."""
    end, found = time.monotonic() + PATIENCE_S, []
    while len(found) < n:
        assert time.monotonic() < end, f"{len(found)} of {n} came back"
        found += executor.wait(1.0)
    assert len({one.number for one in found}) == n == len(found)
    return {one.number: one for one in found}


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two workers under nannies, which start them again when they die, for the tests that leave them usable."""
    with dask_cluster(tmp_path_factory.mktemp("cluster"), nanny=True) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _dask_speaks_again() -> Iterator[None]:
    yield
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def executor(shared: DaskCluster, dest: Path) -> Iterator[ClusterExecutor]:
    made = ClusterExecutor(shared.address, dest, do=standin.do)
    yield made
    made.close()


def test_every_task_comes_back_once(executor, dest):
    wait_until(lambda: executor.slots == 4, "both workers")
    for number in range(30):
        executor.submit(task(number, "refuse" if number % 10 == 7 else "ok", dest))
    receipts = collect(executor, 30)
    assert {n for n, one in receipts.items() if one.state == "refused"} == {7, 17, 27}
    assert sum(one.state == "done" for one in receipts.values()) == 27
    assert len({one.worker for one in receipts.values()} - {""}) == 2
    assert executor.wait(0.0) == []


def test_a_task_is_done_again_when_it_is_tried_again(executor, dest):
    for attempt in (1, 2, 3):
        executor.submit(task(0, "refuse", dest, attempt=attempt))
        assert collect(executor, 1)[0].attempt == attempt
    assert [number for number, _ in standin.begun(dest)] == [0, 0, 0]


def test_what_was_not_foreseen_comes_back_as_failed(executor, dest):
    executor.submit(task(0, "raise", dest))
    receipt = collect(executor, 1)[0]
    assert (receipt.state, receipt.kind, receipt.reason) == ("failed", "RuntimeError", "not foreseen")


def test_a_machine_that_fails_all_the_time_gets_no_more_work(tmp_path, dest):
    said = []
    with dask_cluster(tmp_path / "cluster") as cluster:
        executor = ClusterExecutor(cluster.address, dest, do=standin.do, say=said.append)
        try:
            wait_until(lambda: executor.slots == 4, "both workers")
            receipts: dict[int, Receipt] = {}
            for first in range(0, 80, 2):
                for number in (first, first + 1):
                    executor.submit(task(number, "sick", dest))
                receipts |= collect(executor, 2)
            wait_until(lambda: executor.slots == 2, "that one of them is left")
            wait_until(lambda: said, "a word about it")
        finally:
            executor.close()
    failed = [n for n, one in receipts.items() if one.state == "failed"]
    assert 5 <= len(failed) <= 10
    assert all(receipts[n].state == "done" for n in range(40, 80))
    assert "gets no work: OutputError in " in said[0]
    assert "clips in a row (disk full), and not elsewhere" in said[0]


def test_a_worker_that_dies_costs_its_own_clip_an_attempt_and_no_other(executor, dest):
    wait_until(lambda: executor.slots == 4, "both workers")
    for number in range(12):
        executor.submit(task(number, "die" if number in (0, 5) else "ok", dest))
    receipts = collect(executor, 12)
    dead = [one for one in receipts.values() if one.state == "failed"]
    assert [(one.number, one.kind) for one in sorted(dead, key=lambda one: one.number)] == [
        (0, "WorkerDied"),
        (5, "WorkerDied"),
    ]
    assert socket.gethostname() in dead[0].reason
    assert all(one.state in ("done", "found") for one in receipts.values() if one.number not in (0, 5))
    # Each kills one worker an attempt, not one after the other.
    assert [number for number, _ in standin.begun(dest)].count(0) == 1


def test_a_clip_whose_worker_died_can_be_tried_again(executor, dest):
    executor.submit(task(0, "die-once", dest))
    assert collect(executor, 1)[0].kind == "WorkerDied"
    executor.submit(task(0, "die-once", dest, attempt=2))
    assert collect(executor, 1)[0].state == "done"


def test_nothing_is_left_in_the_folder(shared, dest):
    executor = ClusterExecutor(shared.address, dest, do=standin.do)
    assert (dest / ".cluster").is_dir()
    executor.submit(task(0, "ok", dest))
    collect(executor, 1)
    executor.close()
    executor.close()
    assert sorted(path.name for path in dest.iterdir()) == ["0.result", "begun.txt"]


def test_giving_up_begins_nothing_that_waits(shared, dest):
    executor = ClusterExecutor(shared.address, dest, do=standin.do)
    for number in range(8):
        executor.submit(task(number, "hold", dest))
    wait_until(lambda: len(standin.begun(dest)) == 2, "both workers at work")
    executor.close(cancel=True)
    (dest / "go").touch()
    again = ClusterExecutor(shared.address, dest, do=standin.do)
    for number in range(8):
        again.submit(task(number, "hold", dest))
    receipts = collect(again, 8)
    again.close()
    # The two that were under way were finished by their workers; none of the six that waited was begun.
    assert sum(one.state == "found" for one in receipts.values()) == 2
    assert len(standin.begun(dest)) == 10


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="no /proc")
def test_a_folder_that_workers_do_not_see_is_refused_before_any_work(shared, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    # The same path leads elsewhere in each process, as on machines that share nothing.
    with pytest.raises(ClusterError, match=r"2 of 2 workers cannot take part.* does not see the folder") as caught:
        ClusterExecutor(shared.address, "/proc/self/cwd/out", do=standin.do)
    assert "share" in caught.value.next_step
    assert not list((tmp_path / "out").iterdir())


def test_a_folder_that_cannot_be_written_is_refused(shared, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        ClusterExecutor(shared.address, tmp_path / "file", do=standin.do)


def test_no_scheduler_is_said_in_seconds(dest):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(ClusterError, match="No scheduler answers"):
        ClusterExecutor(f"tcp://127.0.0.1:{port}", dest, do=standin.do, connect_s=0.5)
    assert time.monotonic() - began < 30
    with pytest.raises(UsageError):
        ClusterExecutor("nonsense", dest, do=standin.do)


def test_workers_without_nannies_may_all_die_and_others_come_late(tmp_path, dest):
    said: list[str] = []
    with DaskCluster(tmp_path / "cluster", allowed_failures=0) as cluster:
        with pytest.raises(ClusterError, match=r"No worker joined .* within 1\.5 s"):
            ClusterExecutor(cluster.address, dest, do=standin.do, say=said.append, workers_within_s=1.5)
        assert "waiting" in said[0]
        assert f"dask worker {cluster.address}" in said[0]
        first = cluster.add_worker()
        executor = ClusterExecutor(cluster.address, dest, do=standin.do, say=said.append)
        assert executor.slots == 2
        for number in range(6):
            executor.submit(task(number, "hold", dest))
        wait_until(lambda: standin.begun(dest), "the first clip")
        (begun,) = standin.begun(dest)
        cluster.kill(first)
        receipts = executor.wait(PATIENCE_S)
        # With Dask's own patience at 0 every clip that waited there is given up with the worker; none is blamed.
        assert [(one.number, one.kind) for one in receipts] == [(begun[0], "WorkerDied")]
        assert str(begun[1]) in receipts[0].reason
        wait_until(lambda: any("No worker is at" in line for line in said), "that nobody is left is said")
        (dest / "go").touch()
        cluster.add_worker()
        cluster.add_worker()
        rest = collect(executor, 5)
        assert {one.state for one in rest.values()} == {"done"}
        wait_until(lambda: executor.slots == 4, "slots follow who joined")
        executor.close()


def test_at_a_terminal_a_scheduler_that_dies_is_told_without_a_traceback(tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    photo = (DATA / "person_side.jpg").read_bytes()
    for number in range(60):
        (films / f"{number}.jpg").write_bytes(photo + bytes([number]))
    with dask_cluster(tmp_path / "cluster", workers=1) as cluster:
        command = [sys.executable, "-c", "from hiphinge.cli import main; main()", "batch", str(films)]
        process = subprocess.Popen(
            [*command, "--out", str(tmp_path / "out"), "--cluster", cluster.address], stderr=subprocess.PIPE, text=True
        )
        journal = tmp_path / "out" / "journal.jsonl"
        wait_until(lambda: journal.exists() and journal.stat().st_size, "the first clip")
        cluster.kill(cluster.scheduler)
        _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 15
    assert "is gone" in told
    assert "Traceback" not in told
    assert "distributed" not in told


def test_a_scheduler_that_dies_ends_the_run_at_once_and_a_second_run_finds_what_was_done(tmp_path, dest):
    (dest / "go").touch()
    with dask_cluster(tmp_path / "first", workers=1) as cluster:
        executor = ClusterExecutor(cluster.address, dest, do=standin.do)
        for number in range(5):
            executor.submit(task(number, "hold", dest))
        assert {one.state for one in collect(executor, 5).values()} == {"done"}
        (dest / "go").unlink()
        for number in range(5, 9):
            executor.submit(task(number, "hold", dest))
        cluster.kill(cluster.scheduler)
        with pytest.raises(ClusterError, match="is gone") as caught:
            wait_until(lambda: executor.wait(1.0) and False, "that the loss is told")
        assert "not redone" in caught.value.next_step
        with pytest.raises(ClusterError):
            executor.submit(task(9, "ok", dest))
        executor.close(cancel=True)
    (dest / "go").touch()
    with dask_cluster(tmp_path / "second", workers=1) as cluster:
        executor = ClusterExecutor(cluster.address, dest, do=standin.do)
        for number in range(9):
            executor.submit(task(number, "hold", dest))
        receipts = collect(executor, 9)
        executor.close()
    assert all(receipts[number].state == "found" for number in range(5))
    assert all(receipts[number].state in ("done", "found") for number in range(5, 9))


def test_another_version_is_refused_at_the_start_and_gets_no_work_later(tmp_path, dest):
    said: list[str] = []
    with DaskCluster(tmp_path / "cluster") as cluster:
        old = cluster.add_worker("--preload", "tests.batch.old_version")
        with pytest.raises(ClusterError, match=r"it runs hiphinge 0\.0\.1, not"):
            ClusterExecutor(cluster.address, dest, do=standin.do)
        cluster.kill(old)
        cluster.add_worker()
        executor = ClusterExecutor(cluster.address, dest, do=standin.do, say=said.append)
        cluster.add_worker("--preload", "tests.batch.old_version")
        wait_until(lambda: any("gets no work: it runs hiphinge 0.0.1" in line for line in said), "it is named")
        for number in range(10):
            executor.submit(task(number, "ok", dest))
        assert {one.state for one in collect(executor, 10).values()} == {"done"}
        assert executor.slots == 2
        executor.close()


SQUAT = DATA / "squat.mp4"
#: 9 s are long here, and have three parts.
LOOK = functools.partial(start, long_s=8.0, part_s=4.0)


def film_task(dest: Path, *, attempt: int = 1) -> Task:
    return Task(0, str(SQUAT), str(dest), AssessOptions(model="lite", video=False), attempt=attempt)


def read_result(dest: Path, receipt: Receipt) -> dict[str, object]:
    found = json.loads((dest / receipt.folder / "assessment.json").read_text(encoding="utf-8"))
    del found["provenance"]["created_utc"]
    return found


def test_a_long_clip_in_parts_has_the_result_of_one_process(shared, tmp_path, dest, monkeypatch):
    executor = ClusterExecutor(shared.address, dest, do=LOOK)
    executor.submit(film_task(dest))
    receipt = collect(executor, 1)[0]
    assert receipt.state == "done", receipt
    executor.submit(film_task(dest, attempt=2))
    assert collect(executor, 1)[0].state == "found"
    executor.close()
    monkeypatch.setattr(parts, "LONG_S", 8.0)
    monkeypatch.setattr(parts, "PART_S", 4.0)
    here = do_task(film_task(tmp_path / "here"))
    assert read_result(dest, receipt) == read_result(tmp_path / "here", here)
    with open_video(SQUAT) as reader:
        assert len(plan_parts(reader, BlazePose("lite"), AssessOptions()).parts) == 3


def test_a_part_whose_worker_dies_fails_the_clip_once(tmp_path, dest):
    with dask_cluster(tmp_path / "cluster", workers=2) as cluster:
        executor = ClusterExecutor(cluster.address, dest, do=LOOK)
        wait_until(lambda: executor.slots == 4, "both workers")
        executor.submit(film_task(dest))
        pids = {str(worker.pid): worker for worker in cluster.workers}

        def at_work() -> set[str]:
            marks = [path for path in (dest / ".cluster").glob("*/*") if path.name != "shared"]
            with contextlib.suppress(OSError):
                return {path.read_text(encoding="utf-8").rpartition(":")[2] for path in marks} & pids.keys()
            return set()

        wait_until(lambda: len(at_work()) == 2, "a part on each worker")
        cluster.kill(pids[min(at_work())])
        receipt = collect(executor, 1)[0]
        assert (receipt.state, receipt.kind) == ("failed", "WorkerDied")
        executor.submit(film_task(dest, attempt=2))
        assert collect(executor, 1)[0].state == "done"
        executor.close()


def test_an_encrypted_cluster_takes_its_certificates_from_dask_s_settings(tmp_path, dest):
    pem = tmp_path / "cluster.pem"
    pem.write_bytes(self_signed())
    with DaskCluster(tmp_path / "cluster", tls=pem) as cluster:
        assert cluster.address.startswith("tls://")
        cluster.add_worker()
        with pytest.raises(ClusterError):
            ClusterExecutor(cluster.address, dest, do=standin.do, connect_s=2.0)
        with dask.config.set({name: str(pem) for name in TLS_SETTINGS}):
            executor = ClusterExecutor(cluster.address, dest, do=standin.do)
            executor.submit(task(0, "ok", dest))
            assert collect(executor, 1)[0].state == "done"
            executor.close()


def self_signed() -> bytes:
    """Return a key and its own certificate, as one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dask")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - dt.timedelta(hours=1), now + dt.timedelta(1))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.sign(
        key, hashes.SHA256()
    ).public_bytes(pem)


def test_no_connection_leaves_the_machine_and_no_dashboard_is_opened(shared):
    """Every socket of scheduler and workers, as the kernel lists them, is on 127.0.0.1."""
    if not Path("/proc/net/tcp").exists():
        pytest.skip("no /proc")
    mine = {str(process.pid) for process in (shared.scheduler, *shared.workers)}
    sockets = set()
    for pid in [*mine, *(child for one in mine for child in children(one))]:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                sockets.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
            except OSError:
                continue
    seen = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[9] in sockets:
                seen += 1
                assert {fields[1].split(":")[0], fields[2].split(":")[0]} <= {"0100007F", "00000000"}, line
                assert fields[1].split(":")[0] == "0100007F", line
                assert int(fields[1].split(":")[1], 16) not in (8787, 8786), line
    assert seen >= 3


def children(pid: str) -> list[str]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [*found, *(grandchild for child in found for grandchild in children(child))]


def test_dask_is_named_where_it_is_missing(tmp_path):
    code = (
        "import sys; sys.modules['distributed'] = None\n"
        "from hiphinge.batch.cluster import ClusterExecutor\n"
        "from hiphinge.errors import MissingDependency\n"
        "try: ClusterExecutor('tcp://127.0.0.1:1', sys.argv[1], do=print)\n"
        "except MissingDependency as error: sys.exit(0 if 'hiphinge[cluster]' in error.next_step else 3)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0


def test_work_that_was_begun_and_not_finished_is_not_begun_again(tmp_path):
    marks = tmp_path / ".cluster" / "run"
    marks.mkdir(parents=True)
    (marks / "shared").touch()
    assert probe("another", str(marks)).startswith("it runs hiphinge")
    assert claim(marks / "a")
    assert not claim(marks / "a")
    with pytest.raises(Died, match=str(os.getpid())):
        guard(__version__, str(marks), "a", b"")
