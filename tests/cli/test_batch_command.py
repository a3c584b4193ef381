"""``hiphinge batch`` as it is typed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hiphinge.batch.run import Tally
from hiphinge.cli import app
from hiphinge.cli.batch_progress import describe_tally
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
    assert "4 of 4 clips, 4 known before" in again.stdout


def test_the_report_counts_what_came_of_it(batch):
    _, out = batch
    document = json.loads(run("report", out, "--json").stdout)
    assert document["states"] == {"refused": 2, "done": 1, "found": 1}
    assert (document["n_entries"], document["n_results"]) == (4, 1)
    assert sum(document["outcomes"].values()) == 2
    assert set(document["reasons"]) <= {"refused: NotAVideo", "refused: VideoUnreadable"}
    assert "not for diagnosis" in document["notice"]
    spread = next(one for one in document["spreads"] if one["label"].startswith("trunk lean"))
    assert spread["n"] == 2
    assert spread["p10"] <= spread["p50"] <= spread["p90"]
    printed = run("report", out, "--rebuild").stdout
    assert "4 clips of" in printed
    assert "Every angle is an estimate" in printed
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
    assert done.exit_code == 0
    assert "No clip was found" in done.stderr
    assert run("report", tmp_path / "out").exit_code == 0


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
    assert "Stopping after the clips at hand" in told
    assert "the same command goes on" in told
    n_done = len(journal.read_text(encoding="utf-8").splitlines())
    assert 1 <= n_done < 40
    assert len(list((tmp_path / "out" / "videos").glob("*/*/assessment.json"))) == n_done


def test_progress_is_told_in_words():
    tally = Tally(total=1000, skipped=100, done=50, refused=2, failures=1, video_s=600.0, began_s=0.0)
    told = "152 of 1000 clips, 100 known before, 2 refused, 1 failed tries"
    assert describe_tally(tally, now_s=60.0) == f"{told}, 52.0 clips/min, 10.0 video-min/min, 16 min left"
    assert describe_tally(Tally(began_s=0.0), now_s=60.0) == "0 clips"
