"""Whatever dies, every clip comes to one end, and nothing that was written is done again."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.dataset
import pytest

from hiphinge.batch.dataset import ClipTable
from hiphinge.batch.journal import Journal
from hiphinge.batch.pool import PoolExecutor
from hiphinge.batch.report import make_report
from hiphinge.batch.run import BatchRun
from hiphinge.batch.source import list_source
from hiphinge.batch.start import open_batch, read_about
from hiphinge.batch.task import Task
from hiphinge.batch.work import do_task
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import OutputError
from tests.batch.dask_cluster import ROOT, wait_until
from tests.batch.fakes import begun, do, look, make_clips, run_batch

PLAIN = AssessOptions(video=False)


def rows(dest: Path, kind: str = "clips") -> list[dict[str, object]]:
    return pyarrow.dataset.dataset(dest / kind, partitioning="hive").to_table().to_pylist()


def results(dest: Path) -> list[Path]:
    return sorted((dest / "videos").glob("*/*/assessment.json"))


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_every_entry_comes_to_its_end_and_is_done_once(tmp_path, dest, make_executor):
    whats = ["kill-once" if n % 10 == 5 else "refuse" if n % 10 == 7 else "ok" for n in range(30)]
    source = make_clips(tmp_path / "films", *whats, "kill", "raise")
    tally = run_batch(source, dest, make_executor(dest.parent, do))
    # A cluster's worker may die with a receipt that nobody fetched: the result is then found.
    assert (tally.done + tally.found, tally.refused, tally.quarantined) == (27, 3, 2)
    assert tally.failures == 3 + 2 * 3
    assert Counter(str(row["state"]).replace("found", "done") for row in rows(dest)) == {
        "done": 27, "refused": 3, "quarantined": 2,
    }  # fmt: skip
    assert len(rows(dest)) == len({row["url"] for row in rows(dest)}) == 32
    assert len(results(dest)) == 27
    reasons = {row["name"]: (row["kind"], row["attempts"]) for row in rows(dest) if row["state"] == "quarantined"}
    assert reasons == {"030.mp4": ("WorkerDied", 3), "031.mp4": ("RuntimeError", 3)}
    assert "second line" not in (dest / "without_result.csv").read_text(encoding="utf-8")
    n_begun = len(begun(dest))
    again = run_batch(source, dest, make_executor(dest.parent, do))
    assert (again.skipped, again.finished, len(begun(dest))) == (32, 0, n_begun)


def test_what_waits_is_taken_back_and_what_is_under_way_is_finished(tmp_path, dest, make_executor):
    source = make_clips(tmp_path / "films", *["hold"] * 8)
    executor = make_executor(dest.parent, do)
    for number in range(6):
        executor.submit(Task(number, str(source / f"{number:03d}.mp4"), str(dest), PLAIN))
    wait_until(lambda: len(begun(dest)) == 2, "two clips")
    taken = executor.take_back()
    assert len(taken) == 4
    dest.with_suffix(".go").touch()
    found = []
    wait_until(lambda: found.extend(executor.wait(0.5)) or len(found) == 2, "the two that were begun")
    assert {one.number for one in found} | set(taken) == set(range(6))
    assert {one.state for one in found} == {"done"}
    executor.submit(Task(7, str(source / "007.mp4"), str(dest), PLAIN))
    wait_until(lambda: found.extend(executor.wait(0.5)) or len(found) == 3, "one that comes later")
    assert len(begun(dest)) == 3


def test_a_batch_that_is_stopped_at_its_last_clips_is_not_done(tmp_path, dest):
    source = make_clips(tmp_path / "films", "ok", *["hold"] * 3)
    executor = PoolExecutor(1, do=do)
    with open_batch(dest):

        def stop(_: object) -> None:
            if len(begun(dest)) == 2 and not batch.was_stopped:
                batch.stop()
                dest.with_suffix(".go").touch()

        entries = list_source(str(source), PLAIN, dest=dest)
        batch = BatchRun(entries, dest, PLAIN, executor=executor, on_look=stop)
        tally = batch.run()
    executor.close()
    assert not batch.reached_end
    assert tally.finished < 4


def test_a_driver_that_is_killed_costs_nothing_that_was_written(tmp_path, dest):
    source = make_clips(tmp_path / "films", *["slow"] * 30)
    driver = subprocess.Popen(
        [sys.executable, "-m", "tests.batch.fakes", str(source), str(dest)], cwd=ROOT, start_new_session=True
    )
    wait_until(lambda: len(list(Journal.read(dest / "journal.jsonl"))) >= 8, "eight clips")
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    # Its workers end by themselves; the journal keeps what it had been told.
    wait_until(lambda: not _in_group(driver.pid), "the workers' end")
    with (dest / "journal.jsonl").open("ab") as file:
        file.write(b'{"entry": "torn')
    written = {line.url for _, line in Journal.read(dest / "journal.jsonl")}
    made = {path.parent.name for path in results(dest)}
    before = Counter(begun(dest))
    tally = run_batch(source, dest)
    assert tally.skipped == len(written) >= 8
    after = Counter(begun(dest)) - before
    assert not set(after) & {Path(url).name for url in written}
    # A result that was there without its line is found, not made again.
    assert tally.found == len(made) - len(written)
    assert sum(after.values()) == 30 - len(made)
    assert len(rows(dest)) == len(results(dest)) == 30
    assert not list((dest / ".work").iterdir())


def _in_group(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_same_content_under_two_names_is_one_result_with_two_rows(tmp_path, dest):
    source = make_clips(tmp_path / "films", "ok")
    (source / "copy.mp4").write_bytes((source / "000.mp4").read_bytes())
    run_batch(source, dest)
    assert len(results(dest)) == 1
    assert {row["name"] for row in rows(dest)} == {"000.mp4", "copy.mp4"}
    assert len({row["folder"] for row in rows(dest)}) == 1


def test_two_workers_at_one_key_end_in_one_result(tmp_path, dest):
    clip = make_clips(tmp_path / "films", "ok") / "000.mp4"
    task = Task(0, str(clip), str(dest), PLAIN)

    def be_overtaken(path: Path, options: AssessOptions, name: str, threads: int) -> None:
        assert do_task(task, assess=look).state == "done"
        look(path, options, name, threads)

    assert do_task(task, assess=be_overtaken).state == "found"
    assert len(results(dest)) == 1
    results(dest)[0].write_text("{", encoding="utf-8")
    assert do_task(task, assess=look).state == "done"
    assert do_task(task, assess=look).state == "found"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_film_that_changes_meanwhile_is_not_entered_under_what_it_was(tmp_path, dest, when):
    clip = make_clips(tmp_path / "films", "ok") / "000.mp4"
    task = Task(0, str(clip), str(dest), PLAIN)

    def be_copied_over(path: Path, options: AssessOptions, name: str, threads: int) -> None:
        if when == "after":  # opened, and its hash taken, before it changes
            look(path, options, name, threads)
        path.write_text("ok more of it", encoding="utf-8")
        if when == "before":
            look(path, options, name, threads)

    receipt = do_task(task, assess=be_copied_over)
    assert (receipt.state, receipt.reason) == ("failed", "the film changed while it was looked at")
    assert not results(dest)
    assert do_task(task, assess=look).state == "done"


def test_a_changed_file_and_a_deleted_result_are_done_again(tmp_path, dest):
    source = make_clips(tmp_path / "films", "ok", "ok", "ok")
    run_batch(source, dest)
    (source / "001.mp4").write_text("refuse changed", encoding="utf-8")
    next(row for row in rows(dest) if row["name"] == "002.mp4")
    folder = next(str(row["folder"]) for row in rows(dest) if row["name"] == "002.mp4")
    (dest / folder / "assessment.json").unlink()
    tally = run_batch(source, dest)
    assert (tally.skipped, tally.done, tally.refused) == (1, 1, 1)
    assert {row["name"]: row["state"] for row in rows(dest)} == {
        "000.mp4": "done", "001.mp4": "refused", "002.mp4": "done",
    }  # fmt: skip
    assert len(rows(dest)) == 3


def test_other_options_make_everything_again_beside_the_old(tmp_path, dest):
    source = make_clips(tmp_path / "films", "ok", "ok")
    run_batch(source, dest)
    tally = run_batch(source, dest, options=AssessOptions(video=False, drill="deadlift"))
    assert tally.done == 2
    assert len(rows(dest)) == len(results(dest)) == 4
    report = make_report(dest)
    assert (report.n_rows, report.n_earlier) == (2, 2)


def test_retry_takes_up_what_was_put_aside_and_leaves_one_row(tmp_path, dest):
    source = make_clips(tmp_path / "films", "raise", "ok")
    assert run_batch(source, dest, attempts=2).quarantined == 1
    assert (dest / "without_result.csv").exists()
    assert run_batch(source, dest).skipped == 2
    assert run_batch(source, dest, retry=True).quarantined == 1
    assert [row["state"] for row in rows(dest)].count("quarantined") == 1
    (source / "000.mp4").write_text("ok at last", encoding="utf-8")
    assert run_batch(source, dest).done == 1
    assert [row["state"] for row in rows(dest)] == ["done", "done"]
    assert not (dest / "without_result.csv").exists()


def test_a_full_disk_stops_the_batch_and_costs_no_clip_a_try(tmp_path, dest):
    source = make_clips(tmp_path / "films", "ok", *["full"] * 20)
    with pytest.raises(OutputError, match="disk is full"):
        run_batch(source, dest)
    for clip in source.iterdir():
        clip.write_text(clip.read_text(encoding="utf-8").replace("full", "ok"), encoding="utf-8")
    assert run_batch(source, dest).quarantined == 0
    assert len(results(dest)) == 21
    assert {row["attempts"] for row in rows(dest)} == {1}


def test_a_clip_alone_that_cannot_be_written_does_not_stop_the_rest(tmp_path, dest):
    source = make_clips(tmp_path / "films", "full", *["ok"] * 20)
    executor = PoolExecutor(1, do=do)  # one worker: it comes first
    tally = run_batch(source, dest, executor, attempts=1)
    executor.close()
    assert (tally.done, tally.quarantined) == (20, 1)


def test_the_data_set_can_be_made_again(tmp_path, dest):
    source = make_clips(tmp_path / "films", "ok", "refuse", "ok")
    run_batch(source, dest)
    clips, reps = rows(dest), rows(dest, "reps")
    assert reps
    ClipTable(dest).rebuild(read_about(dest).generation)
    by_url = {"key": lambda row: str(row["url"])}
    assert sorted(rows(dest), **by_url) == sorted(clips, **by_url)
    assert len(rows(dest, "reps")) == len(reps)


def test_rows_that_a_crash_kept_from_the_data_set_come_with_the_next_run(tmp_path, dest):
    source = make_clips(tmp_path / "films", *["ok"] * 4)
    run_batch(source, dest)
    for part in (dest / "clips").rglob("*.parquet"):
        part.unlink()
    assert run_batch(source, dest).skipped == 4
    assert len(rows(dest)) == 4


def test_many_parts_become_one(tmp_path, dest, monkeypatch):
    monkeypatch.setattr("hiphinge.batch.dataset.ROWS_A_PART", 1)
    run_batch(make_clips(tmp_path / "films", *["ok"] * 20), dest)
    assert len(list((dest / "clips").rglob("*.parquet"))) == 1
    assert len(rows(dest)) == 20


def test_a_film_that_changed_and_failed_first_has_one_row(tmp_path, dest):
    source = make_clips(tmp_path / "films", "ok", "ok")
    run_batch(source, dest)
    (source / "000.mp4").write_text("kill-once changed", encoding="utf-8")
    dest.with_suffix(".begun").unlink()
    tally = run_batch(source, dest)
    assert (tally.failures, tally.done) == (1, 1)
    assert Counter(row["name"] for row in rows(dest)) == {"000.mp4": 1, "001.mp4": 1}


@pytest.mark.parametrize("at", range(1, 9))
def test_wherever_a_crash_falls_while_parts_become_one_the_next_run_makes_it_good(tmp_path, dest, monkeypatch, at):
    monkeypatch.setattr("hiphinge.batch.dataset.ROWS_A_PART", 1)
    source = make_clips(tmp_path / "films", *["ok"] * 4)
    run_batch(source, dest)
    (source / "000.mp4").write_text("ok changed", encoding="utf-8")
    run_batch(source, dest)
    n_reps = len(rows(dest, "reps"))
    assert n_reps
    (source / "001.mp4").write_text("ok changed too", encoding="utf-8")
    steps = [0]

    def crash_at_last(work):
        def step(self, *more, **most):
            if self.name.startswith("part-") or (more and str(more[0]).endswith(".parquet")):
                steps[0] += 1
                if steps[0] == at:
                    raise KeyboardInterrupt
            return work(self, *more, **most)

        return step

    with monkeypatch.context() as patched:
        patched.setattr(ClipTable, "_compact", _crashing(ClipTable._compact, patched, crash_at_last))
        try:
            run_batch(source, dest)
        except KeyboardInterrupt:
            assert steps[0] == at
    run_batch(source, dest)
    assert Counter(row["name"] for row in rows(dest)) == {f"00{n}.mp4": 1 for n in range(4)}
    assert len(rows(dest, "reps")) == n_reps
    assert len(list((dest / "clips").rglob("*.parquet"))) == len(list((dest / "reps").rglob("*.parquet"))) == 1


def _crashing(compact, patched, wrap):
    """Let renames and removals of parts go through ``wrap`` while parts become one, and at no other time."""

    def run(self, partition):
        with patched.context() as inside:
            inside.setattr(Path, "replace", wrap(Path.replace))
            inside.setattr(Path, "unlink", wrap(Path.unlink))
            compact(self, partition)

    return run


def test_refused_clips_say_nothing_of_the_disk(tmp_path, dest):
    source = make_clips(tmp_path / "films", *["refuse", "full"] * 12)
    with pytest.raises(OutputError, match="disk is full"):
        run_batch(source, dest)
    assert {row["state"] for row in rows(dest)} == {"refused"}


def test_films_that_a_killed_worker_fetched_are_gone_after_the_batch(tmp_path, dest, monkeypatch):
    temporary = tmp_path / "temporary"
    (temporary / "hiphinge-batch_elsewhere_1_aa").mkdir(parents=True)
    left = temporary / f"hiphinge-batch_{socket.gethostname()}_{2**22 + 1}_bb"
    left.mkdir()
    (left / "film.mp4").write_bytes(b"somebody")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    run_batch(make_clips(tmp_path / "films", "ok"), dest)
    assert [path.name for path in temporary.iterdir()] == ["hiphinge-batch_elsewhere_1_aa"]


def test_a_disk_without_locks_is_named_and_used(tmp_path, dest, monkeypatch, caplog):
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    assert run_batch(make_clips(tmp_path / "films", "ok"), dest).done == 1
    assert "no locks" in caplog.text


def test_only_who_runs_the_batch_looks_into_its_folder(tmp_path, dest):
    run_batch(make_clips(tmp_path / "films", "ok"), dest)
    assert dest.stat().st_mode & 0o077 == 0


def test_asking_to_stop_finishes_what_is_at_hand(tmp_path, dest):
    source = make_clips(tmp_path / "films", *["slow"] * 20)
    with open_batch(dest):
        pool = PoolExecutor(2, do=do)
        batch = BatchRun(list_source(str(source), PLAIN, dest=dest), dest, PLAIN, executor=pool)
        batch._on_look = lambda tally: batch.stop() if tally.done >= 2 else None
        tally = batch.run()
        pool.close()
    assert 2 <= tally.done < 20
    assert len(rows(dest)) == len(results(dest)) == tally.done
    assert run_batch(source, dest).done == 20 - tally.done


def test_one_driver_at_a_time(tmp_path, dest):
    source = make_clips(tmp_path / "films", "ok")
    with open_batch(dest), pytest.raises(OutputError, match=f"process {os.getpid()}"):
        run_batch(source, dest)
    assert run_batch(source, dest).done == 1


def test_a_folder_that_is_no_batch_is_left_alone(tmp_path, dest):
    dest.mkdir()
    (dest / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="not a batch"):
        run_batch(make_clips(tmp_path / "films", "ok"), dest)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told_before_the_work(tmp_path, dest):
    dest.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="cannot be"):
        run_batch(make_clips(tmp_path / "films", "ok"), dest)


def test_a_stuck_clip_is_given_up(tmp_path, dest):
    source = make_clips(tmp_path / "films", "hold", "ok")
    pool = PoolExecutor(1, do=do, timeout_s=3.0)
    tally = run_batch(source, dest, pool, attempts=1)
    pool.close()
    assert (tally.done, tally.quarantined) == (1, 1)
    assert next(row["kind"] for row in rows(dest) if row["state"] == "quarantined") == "TimedOut"
