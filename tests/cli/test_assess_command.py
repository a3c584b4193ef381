"""``hiphinge assess``: output, exit codes, several videos."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from hiphinge.cli import app
from hiphinge.cli.profile import START, Profile, tell_rows
from hiphinge.errors import InputNotFound, NotAVideo, OutputError
from hiphinge.report.schema import assessment_schema
from hiphinge.timing import ENGINE, StageTime, running_clock
from tests.cli.runners import FakeRunner
from tests.report.fakes import fake_assessment

MISSING = InputNotFound("There is no file gone.mp4.", expected="a video", next_step="Check the path.")


def _invoke(runner: FakeRunner, *arguments: str | Path) -> Result:
    texts = ["assess", *(str(argument) for argument in arguments)]
    return CliRunner(env={"COLUMNS": "100"}).invoke(app, texts, obj=runner)


def test_verdict_is_printed_on_stdout_with_the_report(tmp_path: Path) -> None:
    result = _invoke(FakeRunner({"clip": "spine"}), "clip.mp4", "--out", tmp_path)
    assert result.exit_code == 0
    assert "Your back does most of the bending." in result.stdout
    assert "Try: Make your back a long table top" in result.stdout
    assert f"Report: {tmp_path / 'clip' / 'report.html'}" in result.stdout.replace("\n", " ").replace("  ", " ")
    assert (tmp_path / "clip" / "report.html").is_file()
    assert result.stderr == ""


def test_measures_are_printed_with_interval_and_grade(tmp_path: Path) -> None:
    result = _invoke(FakeRunner(), "clip.mp4", "--out", tmp_path)
    assert "hips back" in result.stdout
    assert "0.65 FL (0.59 to 0.71)" in result.stdout
    assert "✓ met" in result.stdout
    assert "2 reps" in result.stdout


def test_cannot_tell_is_a_result_and_says_why(tmp_path: Path) -> None:
    result = _invoke(FakeRunner({"clip": "cannot_tell"}), "clip.mp4", "--out", tmp_path)
    assert result.exit_code == 0
    assert "The camera sees the person from the front." in result.stdout
    assert "Try: Turn fully side-on" in result.stdout


def test_options_reach_the_runner(tmp_path: Path) -> None:
    runner = FakeRunner()
    result = _invoke(
        runner,
        "clip.mp4",
        *("--out", tmp_path, "--facing", "left", "--model", "heavy", "--drill", "deadlift"),
        *("--from", "1.5", "--to", "9", "--still", "0.5", "2.5", "--reference", "own.json"),
        *("--criteria", "limits.toml", "--person", "1", "--no-video"),
    )
    assert result.exit_code == 0, result.output
    options = runner.calls[0].options
    assert (options.facing, options.model, options.drill) == ("left", "heavy", "deadlift")
    assert (options.from_s, options.to_s, options.still_s) == (1.5, 9.0, (0.5, 2.5))
    assert (options.reference, options.criteria) == ("own.json", "limits.toml")
    assert (options.person, options.video, options.out) == (1, False, str(tmp_path))


def test_others_go_on_and_the_first_failure_gives_the_code(tmp_path: Path) -> None:
    runner = FakeRunner({"gone": MISSING, "text": NotAVideo("text.mp4 is text."), "last": "squat"})
    result = _invoke(runner, "first.mp4", "gone.mp4", "text.mp4", "last.mp4", "--out", tmp_path)
    assert result.exit_code == 3
    assert [call.path.stem for call in runner.calls] == ["first", "gone", "text", "last"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "last"]
    assert "gone.mp4: There is no file gone.mp4." in result.stderr
    assert "Expected: a video" in result.stderr
    assert "Next: Check the path." in result.stderr
    assert "2 of 4 videos have a result" in result.stdout
    assert "no result (exit code 4)" in result.stdout


def test_one_failure_is_said_without_its_name_twice(tmp_path: Path) -> None:
    result = _invoke(FakeRunner({"gone": MISSING}), "gone.mp4", "--out", tmp_path)
    assert result.exit_code == 3
    assert result.stderr.startswith("There is no file gone.mp4.")
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_same_stem_gets_a_folder_each(tmp_path: Path) -> None:
    runner = FakeRunner()
    _invoke(runner, "a/clip.mp4", "b/clip.mp4", "--out", tmp_path)
    assert [call.name for call in runner.calls] == ["clip", "clip-2"]


def test_foreign_folder_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "mine.txt").touch()
    runner = FakeRunner()
    result = _invoke(runner, "clip.mp4", "--out", tmp_path)
    assert result.exit_code == OutputError.exit_code
    assert runner.calls == []
    assert "not a result of hiphinge" in result.stderr


def test_json_is_one_document_and_nothing_else(tmp_path: Path) -> None:
    runner = FakeRunner({"gone": MISSING, "odd": RuntimeError("boom")})
    result = _invoke(runner, "clip.mp4", "gone.mp4", "odd.mp4", "--json", "--out", tmp_path)
    clip, gone, odd = json.loads(result.stdout)
    assert result.exit_code == 3
    assert (clip["video"], clip["folder"]) == ("clip.mp4", str(tmp_path / "clip"))
    jsonschema.Draft202012Validator(assessment_schema()).validate(clip["assessment"])
    assert gone["error"] == {
        "kind": "InputNotFound",
        "what": "There is no file gone.mp4.",
        "expected": "a video",
        "next_step": "Check the path.",
        "exit_code": 3,
    }
    assert (odd["error"]["kind"], odd["error"]["exit_code"]) == ("RuntimeError", 70)
    assert set(odd) == {"video", "error"}


def test_interrupt_says_so_and_leaves_with_130(tmp_path: Path) -> None:
    runner = FakeRunner({"second": KeyboardInterrupt()})
    result = _invoke(runner, "first.mp4", "second.mp4", "third.mp4", "--out", tmp_path)
    assert result.exit_code == 130
    assert "Stopped" in result.stderr
    assert [call.path.stem for call in runner.calls] == ["first", "second"]
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


@pytest.mark.parametrize("debug", [False, True])
def test_unforeseen_error_is_one_line_unless_asked(tmp_path: Path, debug: bool) -> None:
    runner = FakeRunner({"clip": ZeroDivisionError("by zero")})
    env = {"HIPHINGE_DEBUG": "1" if debug else ""}
    result = CliRunner(env=env).invoke(app, ["assess", "clip.mp4", "--out", str(tmp_path)], obj=runner)
    assert result.exit_code == 70
    assert "ZeroDivisionError: by zero" in result.stderr
    assert ("Traceback" in result.stderr) == debug
    assert ("HIPHINGE_DEBUG=1" in result.stderr) != debug


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("clip.mp4", "--facing", "up"),
        ("clip.mp4", "--model", "huge"),
        ("clip.mp4", "--drill", "squat"),
        ("clip.mp4", "--still", "1"),
        ("clip.mp4", "--from", "soon"),
        ("clip.mp4", "--person", "-1"),
        ("clip.mp4", "--from", "5", "--to", "2"),
        ("clip.mp4", "--still", "3", "1"),
        ("clip.mp4", "--nosuch"),
    ],
)
def test_bad_options_leave_with_2_before_any_work(arguments: tuple[str, ...]) -> None:
    runner = FakeRunner()
    result = _invoke(runner, *arguments)
    assert result.exit_code == 2
    assert result.stderr
    assert "Traceback" not in result.output
    assert runner.calls == []


def test_settings_file_is_used_and_the_command_line_wins(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('[assess]\nmodel = "heavy"\ndrill = "wall"\nvideo = false\n', encoding="utf-8")
    runner = FakeRunner()
    _invoke(runner, "clip.mp4", "--config", config, "--drill", "hinge", "--out", tmp_path / "out")
    options = runner.calls[0].options
    assert (options.model, options.drill, options.video) == ("heavy", "hinge", False)


def test_bad_settings_file_leaves_with_8(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('[assess]\nmodell = "heavy"\n', encoding="utf-8")
    result = _invoke(FakeRunner(), "clip.mp4", "--config", config)
    assert result.exit_code == 8
    assert "Did you mean 'model'?" in result.stderr


def test_profile_says_on_stderr_where_the_time_went(tmp_path: Path) -> None:
    plain = _invoke(FakeRunner(), "clip.mp4", "--out", tmp_path)
    result = _invoke(FakeRunner(), "clip.mp4", "--out", tmp_path, "--profile")
    assert result.exit_code == 0
    assert result.stdout == plain.stdout
    assert "start of Python, imports" in result.stderr
    assert "core-ms a frame" in result.stderr
    assert f"{fake_assessment().n_frames} pictures" in result.stderr


def test_profile_rows_add_up_to_the_whole() -> None:
    with running_clock() as clock:
        for name, cpu_s in (("crop", 0.5), ("waiting for an inference", 0.01)):
            clock.add(name, 1.0, cpu_s)
    clock.cpu_s = 2.0
    rows = tell_rows(Profile(start=StageTime(1, 0.1, 0.2)), clock)
    assert [name for name, _ in rows] == [START, ENGINE, "crop", "waiting for an inference"]
    assert sum(row.cpu_s for _, row in rows[1:]) == pytest.approx(2.0)


def test_profile_of_a_video_that_fails_is_printed_too(tmp_path: Path) -> None:
    result = _invoke(FakeRunner({"gone": MISSING}), "gone.mp4", "--out", tmp_path, "--profile")
    assert result.exit_code == MISSING.exit_code
    assert "core-ms a frame" in result.stderr
