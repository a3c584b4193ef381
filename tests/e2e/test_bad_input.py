"""Whatever is handed over: a clear message or a reasoned result, its own exit code, nothing half-written."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hiphinge.cli import app
from hiphinge.clip.run import assess_video
from hiphinge.pose.blazepose import BlazePose
from tests.corrupt_files import REFUSED, write_video
from tests.e2e.helpers import DATA, hiphinge_argv, hiphinge_env, run_hiphinge
from tests.e2e.odd_films import ODD, RATE_HZ, person_pictures

PHOTOGRAPH = DATA / "person_side.jpg"
#: What the message of each refused file has to name besides the file: the value that was seen.
SAID = {
    "missing": r"my_hinge\.mp4",
    "directory": r"folder|directory",
    "empty": r"\bempty\b|0 bytes",
    "text": r"text",
    "noise": r"video",
    "audio_only": r"sound|audio",
    "truncated": r"decoded|index|incomplete|cut off|damaged",
    "zero_size": r"0 [x×] 0",
    "8k": r"8208",
}

Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def invoke(blazepose: BlazePose) -> Invoke:
    """Return the command line in this process, with the model that is loaded already."""
    runner = functools.partial(assess_video, estimator=blazepose)

    def call(*arguments: str | Path) -> Result:
        texts = ["assess", *map(str, arguments)]
        return CliRunner(env={"COLUMNS": "160"}).invoke(app, texts, obj=runner)

    return call


def _said(result: Result) -> str:
    return result.stdout + result.stderr


def _check_refusal(name: str, path: Path, exit_code: int, code: int, stderr: str) -> None:
    assert code == exit_code, stderr
    assert path.name in stderr
    assert re.search(SAID[name], stderr, re.IGNORECASE), stderr
    assert "Traceback" not in stderr
    assert "did not foresee" not in stderr
    # What was seen, and what to do about it.
    assert len([line for line in stderr.splitlines() if line.strip()]) >= 2, stderr


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_unusable_file_is_refused_kindly(name: str, invoke: Invoke, tmp_path: Path) -> None:
    make, exit_code = REFUSED[name]
    path = make(tmp_path)
    out = tmp_path / "out"
    result = invoke(path, "--out", out)
    _check_refusal(name, path, exit_code, result.exit_code, result.stderr)
    assert result.stdout == ""
    assert not out.exists()


@pytest.mark.parametrize("name", ["missing", "truncated"])
def test_unusable_file_is_refused_by_the_real_program(name: str, tmp_path: Path) -> None:
    make, exit_code = REFUSED[name]
    path = make(tmp_path)
    out = tmp_path / "out"
    done = run_hiphinge("assess", path, "--out", out)
    _check_refusal(name, path, exit_code, done.returncode, done.stderr)
    assert done.stdout == ""
    assert not out.exists()


def test_other_videos_of_the_call_go_on(invoke: Invoke, tmp_path: Path) -> None:
    bad = [make(tmp_path) for make, _ in REFUSED.values()]
    codes = [code for _, code in REFUSED.values()]
    out = tmp_path / "out"
    result = invoke(*bad[:4], PHOTOGRAPH, *bad[4:], "--out", out)
    assert result.exit_code == codes[0]
    assert [path.name for path in out.iterdir()] == ["person_side"]
    assert (out / "person_side" / "report.html").is_file()
    assert f"1 of {len(bad) + 1} videos have a result" in result.stdout
    for path in bad:
        assert path.name in result.stderr
    assert "Traceback" not in _said(result)


def test_machines_get_the_refusal_as_json(invoke: Invoke, tmp_path: Path) -> None:
    make, exit_code = REFUSED["text"]
    result = invoke(make(tmp_path), PHOTOGRAPH, "--out", tmp_path / "out", "--json")
    assert result.exit_code == exit_code
    refused, told = json.loads(result.stdout)
    assert refused["error"]["exit_code"] == exit_code
    assert refused["error"]["what"]
    assert refused["error"]["next_step"]
    assert told["assessment"]["video"]["name"] == "person_side.jpg"


#: Film -> outcomes that are true of it, and a text that its result has to say.
RESULTS: dict[str, tuple[set[str], str]] = {
    "title_card": ({"spine", "mixed", "cannot_tell"}, r"person in the picture|cut"),
    "two_poses": ({"spine", "mixed", "cannot_tell"}, r"pictures per second"),
    "broken_middle": ({"spine", "mixed", "cannot_tell"}, r"damage|decoded|lost"),
    "one_a_second": ({"cannot_tell"}, r"pictures per second"),
    "single": ({"cannot_tell"}, r"person|pictures per second"),
    "cut_short": ({"spine", "mixed", "cannot_tell"}, r"damage|decoded|lost"),
    "half_outside": ({"cannot_tell"}, r"[Ss]tep back"),
    "looking_glass": ({"spine", "mixed", "cannot_tell"}, r"people|person"),
    "nobody": ({"cannot_tell"}, r"No person was found"),
}


@pytest.mark.parametrize("name", sorted(ODD))
def test_odd_film_ends_in_a_reasoned_result(name: str, invoke: Invoke, tmp_path: Path) -> None:
    path = ODD[name](tmp_path)
    out = tmp_path / "out"
    result = invoke(path, "--out", out, "--no-video", "--json")
    assert result.exit_code == 0, result.stderr
    assert "Traceback" not in _said(result)
    (entry,) = json.loads(result.stdout)
    found: dict[str, Any] = entry["assessment"]
    outcomes, said = RESULTS[name]
    assert found["verdict"]["outcome"] in outcomes
    imperfect = [check for check in found["quality"] if check["grade"] != "good"]
    assert imperfect
    why = [*found["verdict"]["reasons"], *found["verdict"]["not_told"]]
    assert why
    assert re.search(said, json.dumps([why, imperfect])), why
    assert (out / path.stem / "report.html").is_file()
    assert not list(out.glob(".hiphinge-*"))


def test_black_card_is_not_measured(invoke: Invoke, tmp_path: Path) -> None:
    path = ODD["title_card"](tmp_path)
    assert invoke(path, "--out", tmp_path / "out", "--no-video").exit_code == 0
    rows = (tmp_path / "out" / path.stem / "frames.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(rows) == len(person_pictures()) + 20
    assert all(set(row.split(",")[2:]) == {""} for row in rows[-19:])


def test_folder_that_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file, not a folder")
    done = run_hiphinge("assess", PHOTOGRAPH, "--out", occupied)
    assert done.returncode == 7
    assert str(occupied) in done.stderr
    assert "--out" in done.stderr
    assert "Traceback" not in done.stderr
    assert occupied.read_text() == "a file, not a folder"


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_folder_without_permission_is_said(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Nobody may make a folder there, root neither.
        locked = Path("/proc/self")
        if not locked.exists():
            pytest.skip("root may write anywhere here")
    else:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o500)
    done = run_hiphinge("assess", PHOTOGRAPH, "--out", locked / "results")
    assert done.returncode == 7
    assert str(locked / "results") in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 128 kB; skip where that is not allowed."""
    place = tmp_path / "tiny"
    place.mkdir()
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(place)], capture_output=True, timeout=10
        )
    except FileNotFoundError:
        pytest.skip("no mount command here")
    if done.returncode:
        pytest.skip("a small disk cannot be mounted here; the limit on file sizes stands in for it")
    yield place
    subprocess.run(["umount", "-l", str(place)], capture_output=True, timeout=10, check=True)


def test_full_disk_leaves_nothing_and_says_so(tiny_disk: Path) -> None:
    done = run_hiphinge("assess", PHOTOGRAPH, "--out", tiny_disk / "results")
    assert done.returncode == 7, done.stderr
    assert "space" in done.stderr
    assert str(tiny_disk / "results") in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tiny_disk.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
@pytest.mark.parametrize("limit_bytes", [2_000, 100_000], ids=["no_room_for_tables", "no_room_for_the_video"])
def test_file_that_may_not_grow_leaves_nothing(limit_bytes: int, tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4", person_pictures(), rate_hz=RATE_HZ)
    out = tmp_path / "out"
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes}))"
    done = subprocess.run(
        hiphinge_argv("assess", film, "--out", out, "--model", "lite", first=limit),
        env=hiphinge_env(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 7, done.stderr
    assert str(out / "film") in done.stderr
    assert ".hiphinge-" not in done.stderr, "the hidden folder is nobody's business"
    assert "--out" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
@pytest.mark.parametrize(
    ("stage", "clip"),
    [("measuring", DATA / "rounded_left.mp4"), ("drawing", files("hiphinge") / "data" / "demo.mp4")],
    ids=["measuring", "drawing"],
)
def test_interruption_leaves_nothing(stage: str, clip: Path, tmp_path: Path) -> None:
    import pty

    out = tmp_path / "out"
    watching, terminal = pty.openpty()
    child = subprocess.Popen(
        hiphinge_argv("assess", clip, "--out", out, "--model", "lite"),
        env=hiphinge_env(TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
    )
    os.close(terminal)
    shown = b""
    interrupted = False
    try:
        while True:
            try:
                piece = os.read(watching, 65_536)
            except OSError:  # Linux says so when the other side is closed
                break
            if not piece:
                break
            shown += piece
            if not interrupted and stage.encode() in shown:
                interrupted = True
                child.send_signal(signal.SIGINT)
        assert child.wait(60) == 130
    finally:
        child.kill()
        child.wait()
        os.close(watching)
        assert child.stdout is not None
        said = child.stdout.read()
        child.stdout.close()
    assert interrupted, shown
    assert b"Stopped." in shown
    assert b"Traceback" not in shown
    assert said == ""
    assert list(tmp_path.iterdir()) == []
