"""Films that a Dask cluster looks at for an upload worker: what comes back, and what is killed in the middle."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dask
import pytest
from typer.testing import CliRunner

from hiphinge import __version__
from hiphinge.batch import looking
from hiphinge.batch.connecting import connect, is_private
from hiphinge.batch.looking import Answer, ClusterLook, Order, find_misfit, look_there
from hiphinge.cli import app
from hiphinge.clip.options import AssessOptions
from hiphinge.clip.recording import pack_tracks, unpack_tracks
from hiphinge.clip.run import assess_video
from hiphinge.errors import ClusterError, HiphingeError, MissingDependency, NotAVideo, UsageError, VideoUnsupported
from hiphinge.program.history import SetDone
from hiphinge.report.document import document_bytes
from hiphinge.service.crew import Crew
from hiphinge.service.interview import Feel
from hiphinge.service.jobs import JobRunner, cancel_clip, queue_clip
from hiphinge.service.opening import desk_maker
from hiphinge.service.orders import ClipOrder
from hiphinge.store import Job, Store, open_store
from tests.batch.dask_cluster import TLS_SETTINGS, DaskCluster, wait_until
from tests.batch.test_cluster import self_signed
from tests.service import far_looks

DATA = Path(__file__).parents[1] / "data"
FILM = DATA / "toe_touch.mp4"


def order_of(path: Path, **more: object) -> Order:
    return replace(Order(version=__version__, path=str(path), name=None, options=AssessOptions()), **more)


# --- what a worker does; no cluster is needed ---


def test_a_worker_sees_what_this_computer_sees(tmp_path: Path) -> None:
    kept = []
    here = assess_video(FILM, AssessOptions(), on_tracks=kept.append)
    there = look_there(order_of(FILM))
    elsewhere = tmp_path / "toe_touch.mp4"
    sent = look_there(order_of(elsewhere, film=FILM.read_bytes()))
    for answer in (there, sent):
        assert answer.assessment is not None
        assert answer.assessment.evidence is None
        made = replace(answer.assessment, provenance=here.provenance)
        assert document_bytes(made) == document_bytes(here)
        assert answer.tracks == pack_tracks(kept[0])
    assert unpack_tracks(there.tracks).pose.n_frames == kept[0].pose.n_frames


def test_limits_and_own_scale_travel_as_contents_and_leave_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(looking, "_scratch", lambda: str(tmp_path))
    seen = {}

    def look(order: Order, path: Path, options: AssessOptions) -> Answer:
        seen.update(path=path, criteria=Path(options.criteria).read_bytes(), rest=Path(options.reference).read_bytes())
        return Answer()

    monkeypatch.setattr(looking, "_look", look)
    look_there(order_of(tmp_path / "x.mp4", film=b"film", criteria=b"limits", reference=b"rounding"))
    assert (seen["criteria"], seen["rest"]) == (b"limits", b"rounding")
    assert list(tmp_path.iterdir()) == []


def test_a_film_that_is_none_comes_back_as_its_own_error_under_its_own_name(tmp_path: Path) -> None:
    away = tmp_path / "gone" / "wall-hinge.mp4"
    answer = look_there(order_of(away, film=b"no film at all"))
    assert isinstance(answer.error, HiphingeError)
    assert type(answer.error) is not HiphingeError
    assert "hiphinge-" not in str(answer.error)
    assert str(away) in answer.error.what


def test_a_film_that_does_not_end_is_refused() -> None:
    answer = look_there(order_of(FILM, most_frames=20))
    assert isinstance(answer.error, VideoUnsupported)
    assert "very long" in answer.error.what


def test_what_nobody_foresaw_comes_back_without_its_words(monkeypatch) -> None:
    def broken(*_given: object) -> Answer:
        raise ValueError(" ".join(("private", "detail")))

    monkeypatch.setattr(looking, "_look", broken)
    answer = look_there(order_of(FILM))
    assert "ValueError" in answer.unforeseen
    assert "private detail" not in answer.unforeseen


def test_a_worker_of_another_version_or_without_the_folder_says_so(tmp_path: Path) -> None:
    assert "0.0.0" in look_there(order_of(FILM, version="0.0.0")).unseen
    assert "does not see" in look_there(order_of(tmp_path / "none.mp4")).unseen
    assert find_misfit(__version__, "") == find_misfit(__version__, str(FILM)) == ""
    assert "does not see" in find_misfit(__version__, str(tmp_path / "none"))
    assert "0.0.0" in find_misfit("0.0.0", "")


def test_nothing_private_shows_where_an_order_is_printed() -> None:
    printed = repr(order_of(FILM, film=b"film", reference=b"rounding", name="ana"))
    assert not [one for one in ("film=", "rounding", "ana", "facing") if one in printed]


# --- the connection ---


@pytest.mark.parametrize("address", ["host:8786", "http://host:8786", "tcp://host", "tcp://:1", "tcp://host:x", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        connect(address)


def test_without_dask_the_command_to_install_it_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingDependency) as caught:
        connect("tcp://127.0.0.1:1")
    assert caught.value.next_step == "pip install 'hiphinge[cluster]'"


def test_a_scheduler_that_is_not_there_is_said_kindly() -> None:
    with pytest.raises(ClusterError, match=r"No scheduler answers at tcp://127\.0\.0\.1:1") as caught:
        connect("tcp://127.0.0.1:1", timeout_s=0.5)
    assert "dask scheduler" in caught.value.next_step


def test_films_are_sent_only_where_nobody_reads_along() -> None:
    assert is_private("tls://far.example:8786")
    assert is_private("tcp://127.0.0.1:8786")
    assert not is_private("tcp://far.example:8786")
    with pytest.raises(UsageError, match="plain text"):
        ClusterLook("tcp://far.example:8786", send_films=True)


@pytest.mark.parametrize("more", [["--at-once", "2"], ["--send-films"]])
def test_options_of_a_cluster_need_one(tmp_path: Path, more: list[str]) -> None:
    result = CliRunner().invoke(app, ["worker", "--once", "--store", str(tmp_path / "s.sqlite3"), *more])
    assert result.exit_code == 2
    assert "--cluster" in result.output


# --- a real cluster of processes ---


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[DaskCluster]:
    with DaskCluster(tmp_path_factory.mktemp("dask")) as found:
        found.add_worker()
        yield found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "store.sqlite3") as found:
        yield found


def queue_film(store: Store, content: bytes) -> Job:
    """A person in an open session, and a film of theirs that waits."""
    desk = desk_maker(store)("test")
    person = desk.add_person(f"Ana {content[:8]!r}")
    desk.answer_red_flags(person, {flag.id: False for flag in desk.program.red_flags})
    desk.start(person, resting_pain=0, new_symptoms=False)
    desk.take_intake(person, pain=0)
    upload = store.add_upload(person.id, "film", len(content))
    (store.upload_folder() / f"{upload.id}.part").write_bytes(content)
    feel = Feel(pain=0, new_numbness=False, effort=("buttocks",))
    return queue_clip(desk, person, ClipOrder(film=upload.id, drill="wall_hinge", touched=True, feel=feel))


def sets(store: Store, job: Job) -> list[SetDone]:
    return [one for one in store.history(str(job.person)).events if isinstance(one, SetDone)]


def await_ready(look: ClusterLook, slots: int = 1) -> None:
    wait_until(lambda: look.is_ready() and look.slots >= slots, "workers")


def test_the_command_lets_a_cluster_look_and_keeps_what_was_seen(cluster: DaskCluster, store: Store) -> None:
    jobs = [queue_film(store, FILM.read_bytes() + bytes([n])) for n in range(2)]
    command = ["worker", "--once", "--cluster", cluster.address, "--at-once", "2", "--store", store.where()]
    wait_until(lambda: "Registered to" in cluster.log(), "a worker")
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "2 films taken." in result.output
    for job in jobs:
        assert store.job(job.id).state == "done"
        (done,) = sets(store, job)
        assert unpack_tracks(store.files_of(str(done.assessment))["tracks.npz"].read_bytes()).pose.n_frames > 50
    assert [one.name for one in store.upload_folder().iterdir()] == []


def test_films_that_nobody_there_can_see_are_said_at_once_and_can_be_sent(
    cluster: DaskCluster, tmp_path: Path, monkeypatch, caplog
) -> None:
    look = ClusterLook(cluster.address, look=far_looks.take_bytes, send_films=True)
    try:
        await_ready(look)
        film = tmp_path / "a.mp4"
        film.write_bytes(b"these bytes")
        assert look(film, AssessOptions()).video.name == "these bytes"
        monkeypatch.setattr(looking, "MOST_SENT_BYTES", 5)
        with pytest.raises(VideoUnsupported, match="MB"):
            look(film, AssessOptions())
    finally:
        look.close()
    seeing = ClusterLook(cluster.address)
    try:
        await_ready(seeing)
        seeing.check(tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(looking, "__version__", "9.9.9")
            with pytest.raises(ClusterError, match="1 of 1 workers"):
                seeing.check(tmp_path)
        assert [one.name for one in tmp_path.iterdir()] == ["a.mp4"]
        with pytest.raises(NotAVideo):
            seeing(film, AssessOptions())
        gone = tmp_path / "b.mp4"
        gone.write_bytes(b"x")
        order = seeing._order(gone, AssessOptions(), None)
        gone.unlink()
        assert "does not see" in seeing._ask(order, None).unseen
    finally:
        seeing.close()
    caplog.clear()
    broken = ClusterLook(cluster.address, look=far_looks.break_down)
    try:
        await_ready(broken)
        with caplog.at_level(logging.WARNING), pytest.raises(ClusterError) as caught:
            broken(film, AssessOptions())
        assert "private detail" not in str(caught.value) + caplog.text
    finally:
        broken.close()


def test_an_answer_that_takes_longer_than_a_look_comes_all_the_same(
    cluster: DaskCluster, tmp_path: Path, monkeypatch
) -> None:
    """What was seen in a long film is many megabytes, and lines are slow."""
    monkeypatch.setattr(looking, "_LOOK_S", 0.001)
    look = ClusterLook(cluster.address, look=far_looks.answer_much)
    try:
        await_ready(look)
        film = tmp_path / "a.mp4"
        film.write_bytes(b"x")
        told: list[int] = []
        look(film, AssessOptions(), on_recording=lambda data: told.append(len(data)))
        assert told == [64 << 20]
    finally:
        look.close()


def test_an_encrypted_cluster_gets_films_and_one_without_certificates_is_refused(tmp_path: Path) -> None:
    pem, film = tmp_path / "cluster.pem", tmp_path / "a.mp4"
    pem.write_bytes(self_signed())
    film.write_bytes(b"these bytes")
    with DaskCluster(tmp_path / "dask", tls=pem) as encrypted:
        encrypted.add_worker()
        with pytest.raises(ClusterError, match="No scheduler answers"):
            ClusterLook(encrypted.address, send_films=True)
        with dask.config.set({name: str(pem) for name in TLS_SETTINGS}):
            look = ClusterLook(encrypted.address, send_films=True, look=far_looks.take_bytes)
            try:
                await_ready(look)
                assert look(film, AssessOptions()).video.name == "these bytes"
            finally:
                look.close()


def test_who_takes_a_film_back_does_not_wait_for_the_cluster(cluster: DaskCluster, store: Store) -> None:
    job = queue_film(store, b"taken back")
    look = ClusterLook(cluster.address, look=far_looks.stand_still_once)
    try:
        await_ready(look)
        crew = Crew([JobRunner(store, desk_maker(store, runner=look), lease_s=5, beat_s=0.05, ready=look.is_ready)])
        working = threading.Thread(target=crew.run_out)
        working.start()
        sign = far_looks.sign_of(store.upload_folder())
        wait_until(sign.exists, "the film to be begun")
        wait_until(lambda: store.job(job.id).state == "running", "the job")
        assert store.job(job.id).progress == 0
        cancel_clip(store, job)
        working.join(20)
        assert not working.is_alive()
        assert sets(store, job) == []
        # The worker itself cannot be stopped in the middle; this one never ends by itself.
        cluster.kill(cluster.workers.pop())
        cluster.add_worker()
    finally:
        look.close()


@pytest.mark.parametrize("send_films", [False, True])
def test_a_worker_of_the_cluster_is_killed_and_another_does_its_film_once(
    cluster: DaskCluster, store: Store, send_films: bool
) -> None:
    job = queue_film(store, b"killed there")
    cluster.add_worker()
    look = ClusterLook(cluster.address, look=far_looks.stand_still_once, send_films=send_films)
    try:
        await_ready(look, 2)
        crew = Crew([JobRunner(store, desk_maker(store, runner=look), lease_s=30, beat_s=0.1, poll_s=0.1,
                               ready=look.is_ready)])  # fmt: skip
        working = threading.Thread(target=crew.run)
        working.start()
        sign = far_looks.sign_of(store.upload_folder())
        wait_until(lambda: sign.exists() and sign.read_text(), "the film to be begun")
        (victim,) = [one for one in cluster.workers if one.pid == int(sign.read_text())]
        cluster.kill(victim)
        cluster.workers.remove(victim)
        wait_until(lambda: store.job(job.id).state == "done", "the film")
        crew.ask_to_end()
        working.join(60)
        assert not working.is_alive()
        assert len(sets(store, job)) == 1
        # Dask itself hands it to the other worker, and the job never knows; a film that was sent died with the worker
        # that had it, and is sent once more.
        assert store.job(job.id).attempt in ((1, 2) if send_films else (1,))
    finally:
        look.close()


@pytest.mark.slow
def test_a_scheduler_that_goes_away_gives_the_job_back_and_is_found_again(tmp_path: Path, store: Store) -> None:
    job = queue_film(store, b"no scheduler")
    folder = tmp_path / "dask"
    folder.mkdir()
    with DaskCluster(folder) as first:
        first.add_worker()
        address = first.address
        look = ClusterLook(address, look=far_looks.stand_still_once)
        await_ready(look)
        crew = Crew([JobRunner(store, desk_maker(store, runner=look), lease_s=30, beat_s=0.1, poll_s=0.1,
                               ready=look.is_ready)])  # fmt: skip
        working = threading.Thread(target=crew.run)
        working.start()
        try:
            wait_until(far_looks.sign_of(store.upload_folder()).exists, "the film to be begun")
            first.kill(first.scheduler)
            wait_until(lambda: store.job(job.id).state == "queued", "the job to be given back")
            given = store.job(job.id)
            assert (given.attempt, given.reason) == (1, "The computers that look at films are away just now. It is "
                                                        "tried again.")  # fmt: skip
            first.kill(first.workers.pop())
            # While nobody is there no attempt is spent.
            for _look in range(20):
                time.sleep(0.05)
                assert store.job(job.id).attempt == 1
            (folder / "scheduler.json").unlink(missing_ok=True)
            port = address.rpartition(":")[2]
            first.scheduler = first._start(
                "dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard",
                "--scheduler-file", str(folder / "scheduler.json"),
            )  # fmt: skip
            first.add_worker()
            wait_until(lambda: store.job(job.id).state == "done", "the film")
            assert store.job(job.id).attempt == 2
            assert len(sets(store, job)) == 1
        finally:
            crew.give_back()
            working.join(60)
            look.close()


def test_the_whole_worker_is_killed_and_another_takes_its_film(cluster: DaskCluster, store: Store) -> None:
    """The process that holds leases dies: what the cluster does for it is forgotten, the job is not."""
    job = queue_film(store, b"killed here")
    code = (
        "import sys\nfrom hiphinge.batch.looking import ClusterLook\nfrom hiphinge.service.jobs import JobRunner\n"
        "from hiphinge.service.opening import desk_maker\nfrom hiphinge.store import open_store\n"
        "from tests.service.far_looks import stand_still_once\n"
        "with open_store(sys.argv[1]) as store:\n"
        "    look = ClusterLook(sys.argv[2], look=stand_still_once)\n"
        "    JobRunner(store, desk_maker(store, runner=look), lease_s=1, beat_s=0.2).run_once()\n"
    )
    there = subprocess.Popen(
        [sys.executable, "-c", code, store.where(), cluster.address], cwd=Path(__file__).parents[2]
    )
    sign = far_looks.sign_of(store.upload_folder())
    try:
        wait_until(lambda: sign.exists() and sign.read_text(), "the film to be begun")
    finally:
        there.send_signal(signal.SIGKILL)
        there.wait()
    os.kill(int(sign.read_text()), signal.SIGKILL)
    cluster.add_worker()
    look = ClusterLook(cluster.address, look=far_looks.quick)
    try:
        await_ready(look)
        runner = JobRunner(store, desk_maker(store, runner=look), lease_s=30)
        wait_until(runner.run_once, "the lease to end")
        assert (store.job(job.id).state, store.job(job.id).attempt) == ("done", 2)
        assert len(sets(store, job)) == 1
        assert [one.name for one in store.upload_folder().glob("*.work-*")] == []
    finally:
        look.close()
