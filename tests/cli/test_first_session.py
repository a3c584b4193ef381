"""A first session on real pixels: the clips of the test data, the real models, the pages at the end."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hiphinge.cli import app
from hiphinge.program.history import ClipSeen, SetDone
from hiphinge.service.opening import open_desk

DATA = Path(__file__).resolve().parents[1] / "data"
BACK = ("--where", "low_back", "--no-numbness")
DEMO = Path(str(files("hiphinge") / "data" / "demo.mp4"))


@pytest.mark.slow
def test_a_first_session_from_a_name_to_a_summary_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = str(tmp_path / "store.db")

    def run(*words: str) -> str:
        result = CliRunner(env={"HIPHINGE_STORE": store}).invoke(app, [*words])
        assert result.exit_code == 0, result.output
        return result.stdout

    run("person", "add", "Ana")
    run("session", "start", "Ana", "--pain", "2", "--where", "low_back", "--no-red-flags")
    out = run(
        "session",
        "log",
        "Ana",
        str(DATA / "toe_touch.mp4"),
        "--pain",
        "3",
        *BACK,
        "--before",
        "--no-video",
    )
    assert "toe_touch.mp4: Toe touch, the usual bend" in out
    run("session", "log", "Ana", "--leave-out", "--drill", "pelvic_tilt")
    out = run(
        "session",
        "log",
        "Ana",
        str(DEMO),
        "--pain",
        "1",
        *BACK,
        "--after",
        "--no-video",
    )
    assert "demo.mp4: Free hinge, the coached hinge" in out
    out = run(
        "session", "log", "Ana", str(DATA / "rounded_left.mp4"), "--drill", "free_hinge", "--no-video",
        "--effort", "low_back", "--pain", "2", "--where", "low_back", "--no-numbness",
    )  # fmt: skip
    assert "did not yet" in out
    assert "Not yet: back flat" in out
    assert (tmp_path / "hiphinge-out" / "rounded_left" / "report.html").is_file()
    out = run("session", "finish", "Ana")
    assert "Before and after:" in out
    pages = sorted(path.suffix for path in (tmp_path / "hiphinge-out").glob("ana-*-summary.*"))
    assert pages == [".html", ".pdf"]

    with open_desk(store) as desk:
        events = desk.history(desk.find("Ana")).events
    usual, coached = (e for e in events if isinstance(e, ClipSeen) and e.label)
    done = next(e for e in events if isinstance(e, SetDone))
    assert usual.measures["lumbar_flexion"][0] > coached.measures["lumbar_flexion"][0]
    assert usual.measures["hip_share"][0] < coached.measures["hip_share"][0]
    assert {rep.grade for rep in done.reps} <= {"miss", "cannot_tell"}
    assert any("4" in rep.missed_rules for rep in done.reps)
