"""Jobs: done once in effect, whoever dies; failures with a reason; called off; given back."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from hiphinge.cli import app
from hiphinge.cli.worker import listening
from hiphinge.clip.options import Progress
from hiphinge.errors import NotAVideo, OutputError, UsageError
from hiphinge.program.history import FeelLog, SetDone
from hiphinge.service.interview import Feel
from hiphinge.service.jobs import MOST_FRAMES, JobRunner, cancel_clip, entry_of, queue_clip, run_job
from hiphinge.service.opening import desk_maker
from hiphinge.service.orders import ClipOrder, order_payload, read_order
from hiphinge.store import open_store
from tests.web.dying_worker import look
from tests.web.patients import House, open_house

SET = {"effort": "hamstrings", "pain": "0", "numbness": "no", "touched": "yes"}


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    with open_house(tmp_path) as found:
        found.begin()
        found.skip_screens()
        yield found


def sets(house: House) -> list[SetDone]:
    return [one for one in house.events() if isinstance(one, SetDone)]


def test_a_job_that_is_done_twice_makes_one_entry(house) -> None:
    house.send(**SET)
    desk = house.app.state.hiphinge.desk("worker")
    job = house.store.claim_job("first", 60)
    run_job(desk, job, owner="somebody else", beat_s=60)
    run_job(desk, job, owner="first", beat_s=60)
    assert [one.key for one in sets(house)] == [entry_of(job)]
    assert len([one for one in house.events() if isinstance(one, FeelLog)]) == 1
    assert house.store.job(job.id).state == "done"
    assert house.gone(job.payload["film"])


def test_a_film_that_is_none_for_the_engine_fails_with_its_reason_and_goes(house) -> None:
    house.plan = [NotAVideo("The film holds only sound.", next_step="Check that this is the file you meant.")]
    house.send(**SET)
    house.work()
    job = house.store.jobs(house.person.id)[0]
    text = house.get(f"jobs/{job.id}")
    assert "The film holds only sound. Check that this is the file you meant." in text
    assert "Try again" not in text
    assert house.gone(job.payload["film"])
    assert sets(house) == []
    assert "could not be looked at" in house.get("today")


@pytest.mark.parametrize("trouble", [OutputError("The disk is full."), ValueError("private detail")])
def test_what_may_pass_is_tried_again_and_then_by_hand(house, trouble, caplog) -> None:
    house.plan = [trouble] * 3
    house.send(**SET)
    assert house.work() == 3
    job = house.store.jobs(house.person.id)[0]
    assert job.state == "failed"
    text = house.get(f"jobs/{job.id}")
    assert "private detail" not in text
    assert "private detail" not in caplog.text
    assert "Try again" in text
    house.post(f"jobs/{job.id}/retry")
    assert house.work() == 1
    assert len(sets(house)) == 1


def test_a_film_taken_back_is_deleted_and_leaves_no_entry(house) -> None:
    house.send(**SET)
    job = house.store.jobs(house.person.id)[0]
    house.post(f"jobs/{job.id}/cancel")
    assert house.gone(job.payload["film"])
    assert house.work() == 0
    house.post(f"jobs/{job.id}/cancel")
    assert "taken back" in house.get(f"jobs/{job.id}")


def test_a_film_taken_back_in_the_middle_leaves_no_entry(house) -> None:
    house.send(**SET)
    job = house.store.claim_job("worker", 60)

    def slow(path, options, *, name=None, progress=None):
        cancel_clip(house.store, job)
        while True:  # until the heart has heard of it
            progress(Progress("measure", 1, 2, 0.0))

    desk = desk_maker(house.store, runner=slow, clock=house.clock)("worker")
    run_job(desk, job, owner="worker", beat_s=0.01)
    assert house.store.job(job.id).state == "cancelled"
    assert sets(house) == []
    assert house.gone(job.payload["film"])


def test_a_session_that_was_closed_meanwhile_is_told_and_the_film_can_be_tried_again(house) -> None:
    house.send(**SET)
    house.post("finish")
    house.work()
    job = house.store.jobs(house.person.id)[0]
    assert job.state == "failed"
    assert "No session of Ana is open" in job.reason
    assert "hiphinge" not in job.reason
    assert "Try again" in house.get(f"jobs/{job.id}")


def test_progress_is_written_down_while_a_film_is_looked_at(house) -> None:
    house.send(**SET)
    job = house.store.claim_job("worker", 60)
    told: list[float] = []

    def slow(path, options, *, name=None, progress=None):
        progress(Progress("measure", 50, 100, 0.0))
        while not told or told[-1] == 0:
            told.append(house.store.job(job.id).progress)
        return house.look(path, options)

    run_job(desk_maker(house.store, runner=slow, clock=house.clock)("worker"), job, owner="worker", beat_s=0.01)
    assert told[-1] == pytest.approx(0.5)
    assert house.store.job(job.id).state == "done"


def test_a_film_that_shows_no_share_has_a_bar_without_one(house) -> None:
    """It is looked at elsewhere, or has just been begun: a bar at nothing would say that it hangs."""
    house.send(**SET)
    (job,) = house.store.jobs(house.person.id)
    assert 'value="0"' in house.get(f"jobs/{job.id}")
    house.store.claim_job("worker", 60)
    bar = re.search("<progress[^>]*>", house.get(f"jobs/{job.id}"))[0]
    assert "value" not in bar
    house.store.beat_job(job.id, "worker", 1, 60, 0.5)
    assert 'value="50"' in house.get(f"jobs/{job.id}")


def test_a_runner_that_is_stopped_gives_the_film_back(house) -> None:
    house.send(**SET)
    begun = threading.Event()

    def slow(path, options, *, name=None, progress=None):
        begun.set()
        while True:
            progress(Progress("look", 0, None, 0.0))

    runner = JobRunner(house.store, desk_maker(house.store, runner=slow, clock=house.clock), poll_s=0.01)
    runner.start()
    assert begun.wait(20)
    runner.stop(wait_s=0.01)
    runner.stop()
    job = house.store.jobs(house.person.id)[0]
    assert (job.state, job.attempt) == ("queued", 1)
    assert house.work() == 1
    assert len(sets(house)) == 1


def test_two_films_at_once_wait_for_each_other_and_are_told_in_turn(house) -> None:
    house.send(**SET)
    house.send(**SET)
    runners = [JobRunner(house.store, house.app.state.hiphinge.desk, poll_s=0.01) for _ in range(3)]
    threads = [threading.Thread(target=one.run_once) for one in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.key for one in sets(house)}) == 2


@pytest.mark.parametrize("moment", ["film", "told"])
def test_another_worker_goes_on_after_kill_9_and_the_result_is_there_once(tmp_path: Path, moment) -> None:
    url = str(tmp_path / "store.sqlite3")
    with open_store(url) as store:
        desk = desk_maker(store, runner=look)("test")
        person = desk.add_person("Ana")
        desk.answer_red_flags(person, {flag.id: False for flag in desk.program.red_flags})
        desk.start(person, resting_pain=0, new_symptoms=False)
        desk.take_intake(person, pain=0)
        upload = store.add_upload(person.id, "film", 4)
        (store.upload_folder() / f"{upload.id}.part").write_bytes(b"film")
        job = queue_clip(
            desk, person,
            ClipOrder(film=upload.id, drill="wall_hinge", touched=True,
                      feel=Feel(pain=0, new_numbness=False, effort=("buttocks",))),
        )  # fmt: skip
        sign = tmp_path / "sign"
        worker = subprocess.Popen([sys.executable, "-m", "tests.web.dying_worker", url, moment, str(sign)])
        try:
            deadline = time.monotonic() + 60
            while not sign.exists() and worker.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            assert sign.exists()
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        runner = JobRunner(store, desk_maker(store, runner=look))
        while not runner.run_once() and time.monotonic() < deadline:
            time.sleep(0.05)
        done = [one for one in store.history(person.id).events if isinstance(one, SetDone)]
        felt = [one for one in store.history(person.id).events if isinstance(one, FeelLog)]
        assert [one.key for one in done] == [entry_of(job)]
        assert len(felt) == 1
        assert len({one.assessment for one in done}) == 1
        found = store.job(job.id)
        assert (found.state, found.attempt) == ("done", 2)
        assert not list(store.upload_folder().glob(f"{upload.id}*"))


def test_the_command_does_what_waits_and_ends(house) -> None:
    house.send(**SET)
    result = CliRunner().invoke(
        app, ["worker", "--once", "--store", str(house.folder / "store.sqlite3")], obj=_Timed(house)
    )
    assert result.exit_code == 0, result.output
    assert "1 film taken." in result.output
    assert len(sets(house)) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_worker_loads_the_models_once_for_all_its_films(house, monkeypatch) -> None:
    from hiphinge.pose import blazepose

    loaded: list[str] = []

    def counting(name: str, compile_model: Any) -> Any:
        def compile_it(*given: Any, **more: Any) -> Any:
            loaded.append(name)
            return compile_model(*given, **more)

        return compile_it

    for name in ("compile_detector", "compile_landmarks"):
        monkeypatch.setattr(blazepose, name, counting(name, getattr(blazepose, name)))
    blazepose._compile_models.cache_clear()
    for _film in range(3):
        house.send(**SET)
    runner = JobRunner(house.store, desk_maker(house.store, clock=house.clock))
    assert runner.run_out() == 3
    assert [one.state for one in house.store.jobs(house.person.id)] == ["done"] * 3
    assert sorted(loaded) == ["compile_detector", "compile_landmarks"]


def test_what_a_killed_worker_needed_meanwhile_goes_with_its_film(house, monkeypatch) -> None:
    """Such as the person's own scale, which is about their health: not into the system's temporary folder."""
    house.send(**SET)
    job = house.store.claim_job("killed", 1e-6)
    seen: list[Path] = []

    def dies(path, options, *, name=None, progress=None):
        left = path.parent / "hiphinge-left"
        seen.extend(one for one in path.parent.iterdir() if one.is_dir())
        left.mkdir()
        raise SystemExit

    desk = desk_maker(house.store, runner=dies, clock=house.clock)("worker")
    with monkeypatch.context() as patch:
        patch.setattr("hiphinge.service.jobs.shutil.rmtree", lambda *_given, **_more: None)  # as kill -9 would
        with pytest.raises(SystemExit):
            run_job(desk, job, owner="killed", beat_s=60)
    assert [one.name.startswith("hiphinge-") for one in seen] == [True]
    assert list(house.store.upload_folder().glob("*.work-*/hiphinge-left"))
    assert house.work() == 1
    assert list(house.store.upload_folder().iterdir()) == []


def test_a_film_whose_worker_was_killed_before_it_could_delete_it_goes_with_the_next_worker(house, monkeypatch) -> None:
    house.send(**SET)
    with monkeypatch.context() as patch:
        patch.setattr("hiphinge.service.jobs._drop", lambda *_given: None)
        assert house.work() == 1
    (job,) = house.store.jobs(house.person.id)
    assert not house.gone(job.payload["film"])
    runner = JobRunner(house.store, house.app.state.hiphinge.desk, poll_s=0.01)
    runner.start()
    runner.stop()
    assert house.gone(job.payload["film"])


class _Timed:
    """Stands in the command's context: looks at films, and tells the house's time."""

    def __init__(self, house: House) -> None:
        self.clock, self._house = house.clock, house

    def __call__(self, path, options, **more):
        return self._house.look(path, options, **more)


def test_an_order_comes_back_as_it_was_and_a_mangled_one_is_refused() -> None:
    order = ClipOrder(
        film="f", drill="wall_hinge", variant="half", keep=True, ticks={"feet_active": True}, load_kg=2.5, touched=True,
        feel=Feel(pain=3, places=("hip",), new_numbness=False, effort=("buttocks",)), options={"facing": "left"},
    )  # fmt: skip
    assert read_order(order_payload(order)) == order
    for change in (
        {"film": 3}, {"feel": {"pain": 11}}, {"feel": {"places": ["moon"]}}, {"touched": "yes"}, {"more": 1},
        {"label": "worst"}, {"load_kg": "heavy"}, {"ticks": [1]}, {"feel": 3}, {"back_reps": 1.5},
    ):  # fmt: skip
        with pytest.raises(UsageError):
            read_order({**order_payload(order), **change})


def test_the_first_signal_ends_after_the_film_at_hand_and_the_second_in_the_middle() -> None:
    class Asked:
        said: ClassVar[list[str]] = []

        def ask_to_end(self) -> None:
            self.said.append("end")

        def give_back(self) -> None:
            self.said.append("give back")

    before = signal.getsignal(signal.SIGTERM)
    with listening(Asked()):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    assert Asked.said == ["end", "give back"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_film_that_does_not_end_is_set_aside_with_its_reason(house) -> None:
    """A recording of a browser does not say how long it is."""
    house.send(**SET)
    job = house.store.claim_job("worker", 60)

    def endless(path, options, *, name=None, progress=None):
        for number in range(0, 10 * MOST_FRAMES, 1000):
            progress(Progress("measure", number, None, 0.0))

    run_job(desk_maker(house.store, runner=endless, clock=house.clock)("worker"), job, owner="worker")
    failed = house.store.job(job.id)
    assert (failed.state, "very long" in failed.reason) == ("failed", True)
    assert house.gone(job.payload["film"])


def test_where_films_lie_is_told_to_nobody_but_the_log(house, caplog) -> None:
    trouble = OutputError("/srv/private/films cannot be written (no space left).")
    trouble.__cause__ = OSError(28, "no space left")
    house.plan = [trouble] * 3
    house.send(**SET)
    house.work()
    job = house.store.jobs(house.person.id)[0]
    assert job.state == "failed"
    assert "/srv/private" not in job.reason
    assert "could not be read or written" in house.get(f"jobs/{job.id}")
    assert "/srv/private" in caplog.text
