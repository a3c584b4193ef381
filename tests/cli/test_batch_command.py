"""``hiphinge batch`` as it is typed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hiphinge.batch.run import Tally
from hiphinge.cli import app
from hiphinge.cli.batch_progress import describe_end, describe_tally
from tests.batch.dask_cluster import wait_until

DATA = Path(__file__).parents[1] / "data"


def run(*arguments: object):
    return CliRunner().invoke(app, ["batch", *map(str, arguments)])


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small archive with everything in it, done once."""
    folder = tmp_path_factory.mktemp("archive")
    films = folder / "films"
    (films / "ward").mkdir(parents=True)
    shutil.copy(DATA / "person_side.jpg", films / "ward" / "photo.jpg")
    shutil.copy(DATA / "person_side.jpg", films / "same photo.jpg")
    (films / "letter.mp4").write_text("Dear Sir", encoding="utf-8")
    (films / "cut.mp4").write_bytes((DATA / "squat.mp4").read_bytes()[20_000:])
    done = run(films, "--out", folder / "out", "--workers", 1, "--drill", "deadlift")
    assert done.exit_code == 0, done.output
    return films, folder / "out"


def test_an_archive_is_done_and_nothing_of_it_again(batch):
    films, out = batch
    assessments = list((out / "videos").glob("*/*/assessment.json"))
    assert len(assessments) == 1
    assert json.loads(assessments[0].read_text(encoding="utf-8"))["drill"] == "deadlift"
    assert (assessments[0].parent / "report.html").is_file()
    again = run(films, "--out", out, "--workers", 1, "--drill", "deadlift")
    assert again.exit_code == 0
    assert "4 of 4 clips: 2 with a result, 2 without, 4 of them known before." in again.stdout
    assert str(out / "without_result.csv") in again.stdout
    assert run(films, "--out", out, "--workers", 1, "--drill", "deadlift", "--strict").exit_code == 16


def test_the_report_counts_what_came_of_it(batch):
    _, out = batch
    document = json.loads(run("report", out, "--json").stdout)
    assert (document["state"], document["about"]["n_entries"]) == ("ended", 4)
    counts = [document[name] for name in ("n_rows", "n_results", "n_copies", "n_lacking")]
    assert counts == [4, 1, 1, 2]
    assert sum(document["outcomes"].values()) == 1
    assert set(document["lacking"]) <= {"refused: it is no film", "refused: no picture of it can be read"}
    assert "not for diagnosis" in document["notice"]
    assert document["spreads"] == []
    printed = run("report", out, "--rebuild").stdout
    assert "4 clips of" in printed
    assert "1 different film with a result, 1 copy of one of them, or moved, 2 without a result." in printed
    assert "Every angle is an estimate" in printed
    assert str(out / "summary.csv") in printed.replace("\n", "")
    assert str(out / "without_result.csv") in printed.replace("\n", "")


def test_both_forms_and_their_mistakes(tmp_path):
    assert run(tmp_path / "none", "--out", tmp_path / "out").exit_code == 3
    assert run("run", tmp_path / "none", "--out", tmp_path / "out").exit_code == 3
    assert run("--out", tmp_path / "out", tmp_path / "none").exit_code == 3
    assert not (tmp_path / "out").exists()
    assert run("report", tmp_path).exit_code == 3
    assert run(tmp_path).exit_code == 2
    assert run(tmp_path, "--out", tmp_path / "out", "--cluster", "tcp://x:1", "--workers", 2).exit_code == 2
    assert run(tmp_path, "--out", tmp_path / "out", "--criteria", tmp_path / "none.toml").exit_code == 8
    assert "hiphinge batch report DEST" in run("--help").stdout


def test_an_empty_source_is_said(tmp_path):
    (tmp_path / "films").mkdir()
    done = run(tmp_path / "films", "--out", tmp_path / "out", "--workers", 1)
    assert done.exit_code == 3
    assert "No clip was found" in done.stderr
    assert run("report", tmp_path / "out").exit_code == 3


def test_an_empty_source_changes_nothing_of_an_earlier_batch(batch, tmp_path):
    _, out = batch
    before = (out / "batch.json").read_bytes()
    (tmp_path / "films").mkdir()
    assert run(tmp_path / "films", "--out", out, "--workers", 1).exit_code == 3
    assert (out / "batch.json").read_bytes() == before


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    photo = (DATA / "person_side.jpg").read_bytes()
    for number in range(40):
        (films / f"{number}.jpg").write_bytes(photo + bytes([number]))
    command = [sys.executable, "-c", "from hiphinge.cli import main; main()", "batch", str(films), "--workers", "1"]
    process = subprocess.Popen([*command, "--out", str(tmp_path / "out")], stderr=subprocess.PIPE, text=True)
    journal = tmp_path / "out" / "journal.jsonl"
    wait_until(lambda: journal.exists() and journal.stat().st_size, "the first clip")
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopping after the clips that are under way" in told
    assert "the same command goes on" in told
    n_done = len(journal.read_text(encoding="utf-8").splitlines())
    assert 1 <= n_done < 40
    assert len(list((tmp_path / "out" / "videos").glob("*/*/assessment.json"))) == n_done
    assert f"Stopped at {n_done} of 40 clips" in told
    assert " left" not in told.splitlines()[-1]
    report = run("report", tmp_path / "out").stdout.replace("\n", " ")
    assert f"Stopped before its end: {n_done} of 40 clips" in report


def test_a_file_is_no_folder_of_a_batch(tmp_path):
    (tmp_path / "films").mkdir()
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    done = run(tmp_path / "films", "--out", tmp_path / "out", "--workers", 1)
    assert done.exit_code == 7
    assert "is a file, not a folder" in done.stderr
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


def test_a_film_is_forgotten_by_its_name(batch, tmp_path):
    films, out = batch
    mine = tmp_path / "out"
    shutil.copytree(out, mine)
    assert run("forget", mine, "nobody.mp4").exit_code == 3
    told = run("forget", mine, "letter.mp4")
    assert told.exit_code == 0
    assert "The film is not touched" in told.stdout
    assert (films / "letter.mp4").exists()
    kept = run("forget", mine, "photo.jpg")
    assert "same photo.jpg has the same content and shared its result" in kept.stdout
    assert not any("ward" in path.read_text(encoding="utf-8-sig") for path in mine.glob("*.csv"))
    assert run("forget", tmp_path / "none", "a.mp4").exit_code == 3


def test_progress_is_told_in_words():
    tally = Tally(total=1000, skipped=100, done=50, refused=2, failures=1, video_s=600.0, began_s=0.0)
    told = "152 of 1000 clips, 100 known before, 2 refused, 1 failed try"
    assert describe_tally(tally, now_s=60.0) == f"{told}, 52.0 clips/min, 10.0 video-min/min, 16 min left"
    assert describe_tally(Tally(began_s=0.0), now_s=60.0) == "0 clips"
    assert (
        describe_tally(Tally(total=1, found=1, began_s=0.0), now_s=0.0) == "1 of 1 clip, 1 with a result that was there"
    )
    ended = describe_end(replace(tally, skipped_lacking=10), now_s=60.0)
    told = "152 of 1000 clips: 140 with a result, 12 without, 100 of them known before"
    assert ended == f"{told}, 52.0 clips/min, 10.0 video-min/min"
