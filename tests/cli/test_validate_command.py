"""``hiphinge validate``: options that do not go together, exit codes, what is said where."""

import pytest
from typer.testing import CliRunner

from hiphinge.cli import app
from hiphinge.cli.validate import WORSE, parse_models
from hiphinge.errors import MissingDependency, UsageError
from hiphinge.validation import real, run
from hiphinge.validation.quick import QuickResult, Worse


def invoke(*arguments):
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["validate", *arguments])


def test_models_are_read_with_commas_between():
    assert parse_models("lite, full,lite") == ("lite", "full")
    with pytest.raises(UsageError, match="'huge'"):
        parse_models("full,huge")
    with pytest.raises(UsageError, match="names no model"):
        parse_models(" , ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--check"], "--check is given without --quick"),
        (["--quick", "--clips", "m.csv"], "--clips is given with --quick"),
        (["--pair", "a:b"], "--pair is given without --clips"),
        (["--models", "huge"], "no model called 'huge'"),
        (["--people", "1"], "--people is 1"),
        (["--clips-count", "0"], "--clips-count is 0"),
        (["--seed", "-1"], "--seed is -1"),
    ],
)
def test_options_that_cannot_be_used(arguments, said):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("worse", "code"), [([], 0), ([Worse("stills/still/hip_flexion", "error", 3.0, 4.0, 5.0)], WORSE)]
)
def test_check_has_an_exit_code_of_its_own(monkeypatch, worse, code):
    monkeypatch.setattr(run, "run_quick", lambda **_: ("| table |", QuickResult({}, {})))
    monkeypatch.setattr(run, "check_quick", lambda _result: worse)
    result = invoke("--quick", "--check")
    assert result.exit_code == code
    assert result.stdout == "| table |\n"
    assert ("stills/still/hip_flexion, error: 5.00°" in result.stderr) == bool(worse)
    assert ("No guarded band is worse" in result.stderr) != bool(worse)


def test_quick_without_check_compares_nothing(monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(run, "run_quick", lambda **k: given.append(k["write"]) or ("page", QuickResult({}, {})))
    monkeypatch.setattr(run, "check_quick", lambda _result: pytest.fail("not asked for"))
    assert invoke("--quick", "--write", str(tmp_path)).exit_code == 0
    assert given == [tmp_path]


def test_benchmark_is_given_its_plan(monkeypatch, tmp_path):
    plans = []
    monkeypatch.setattr(run, "run_benchmark", lambda plan, **_: plans.append(plan) or "the page")
    result = invoke("--cache", str(tmp_path), "--people", "9", "--clips-count", "4", "--seed", "3", "--models", "lite")
    assert (result.exit_code, result.stdout) == (0, "the page\n")
    (plan,) = plans
    assert (plan.cache, plan.people, plan.clips, plan.seed, plan.models) == (tmp_path, 9, 4, 3, ("lite",))


def test_missing_extra_exits_with_its_code(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise MissingDependency("Nobody can be rendered.", next_step="pip install 'hiphinge[synth]'")

    monkeypatch.setattr(run, "run_benchmark", refuse)
    result = invoke()
    assert result.exit_code == MissingDependency.exit_code == 10
    assert "pip install 'hiphinge[synth]'" in result.stderr


def test_cache_that_is_a_file_is_said_kindly(tmp_path):
    (tmp_path / "cache").write_text("a file")
    result = invoke("--cache", str(tmp_path / "cache"), "--people", "2", "--clips-count", "2")
    assert result.exit_code == 7
    assert "cannot be written" in result.stderr


def test_a_manifest_that_is_missing_is_said_kindly(tmp_path):
    result = invoke("--clips", str(tmp_path / "none.csv"))
    assert result.exit_code in (3, 8)
    assert "none.csv" in result.stderr


def test_real_clips_are_put_on_record(monkeypatch, tmp_path):
    given = {}
    monkeypatch.setattr(real, "validate_clips", lambda manifest, **k: given.update(k, manifest=manifest) or "report")
    monkeypatch.setattr(real, "to_text", lambda report: f"the {report}")
    monkeypatch.setattr(run, "write_real", lambda folder, report: given.update(folder=folder, report=report))
    result = invoke("--clips", "m.csv", "--pair", "a.mp4:b.mp4", "--write", str(tmp_path), "--models", "heavy")
    assert (result.exit_code, result.stdout) == (0, "the report\n")
    assert (given["model"], given["pairs"]) == ("heavy", [("a.mp4", "b.mp4")])
    assert (given["folder"], given["report"]) == (tmp_path, "report")
