"""``hiphinge program``: show, check, export."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hiphinge.cli import app
from hiphinge.program import load_program, shipped_text


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["program", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_every_drill_is_listed_in_its_step() -> None:
    code, out, _ = run("show")
    assert code == 0
    for drill in load_program().drills:
        assert f"{drill.name}: {drill.purpose}" in out
    assert "Step 4 (a choice: both are fine)" in out
    assert all(flag.question in out for flag in load_program().red_flags)
    assert out.index("get emergency help now") < out.index("see a clinician first") < out.index("Step 0")
    assert "not for diagnosis" in out


def test_a_drill_is_shown_whole() -> None:
    code, out, _ = run("show", "goat_bag")
    assert code == 0
    drill = load_program().drill("goat_bag")
    for text in (*drill.setup, *drill.checks, *drill.cues, drill.hands, drill.dose.note, drill.equipment[1].setup[0]):
        assert text in out
    for text in load_program().pain:
        assert text in out
    assert out.rstrip().endswith("decisions stay with the clinician.")
    assert "Felt in hamstrings or buttocks, and not in the back." in out
    assert "2 sets in which at least 4 of 5 reps met the drill's own rules." in out


def test_a_drill_that_does_not_exist_is_a_usage_error() -> None:
    code, out, err = run("show", "goat")
    assert (code, out) == (2, "")
    assert "There is no drill 'goat'." in err
    assert "goat_bag" in err


def test_an_exported_copy_is_the_built_in_text_and_can_be_checked_and_shown(tmp_path: Path) -> None:
    copy = tmp_path / "mine.toml"
    assert run("export", str(copy))[0] == 0
    assert copy.read_text(encoding="utf-8") == shipped_text()
    code, out, _ = run("check", str(copy))
    assert code == 0
    assert "10 drills in 7 steps, 17 red-flag questions" in out
    copy.write_text(shipped_text().replace("Goat-bag hinge", "Our goat bag"), encoding="utf-8")
    assert "Our goat bag" in run("show", "--program", str(copy))[1]


def test_a_copy_that_is_looser_about_pain_can_be_used_and_is_told_so(tmp_path: Path) -> None:
    copy = tmp_path / "mine.toml"
    assert run("export", str(copy))[0] == 0
    assert "Looser" not in run("check", str(copy))[1]
    copy.write_text(copy.read_text(encoding="utf-8").replace("max_pain = 2", "max_pain = 4", 1), encoding="utf-8")
    code, out, _ = run("check", str(copy))
    assert code == 0
    assert "Looser than the one built in: Wall hinge: the gate lets 4 of 10 pass" in out


def test_export_overwrites_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "mine.toml"
    copy.write_text("mine", encoding="utf-8")
    code, _, err = run("export", str(copy))
    assert code == 7
    assert "exists already" in err
    assert copy.read_text(encoding="utf-8") == "mine"
    assert run("export", str(tmp_path / "no" / "mine.toml"))[0] == 7


def test_a_broken_copy_says_where(tmp_path: Path) -> None:
    copy = tmp_path / "mine.toml"
    copy.write_text(shipped_text().replace("max_pain = 2", "max_pian = 2", 1), encoding="utf-8")
    code, _, err = run("check", str(copy))
    assert code == 8
    line = shipped_text()[: shipped_text().index("max_pain = 2")].count("\n") + 1
    assert f"line {line}: unknown key 'max_pian'" in err
    assert "Did you mean 'max_pain'?" in err


@pytest.mark.parametrize("command", ["show", "check", "export"])
def test_help_ends_with_an_example(command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert [line for line in out.splitlines() if line.strip()][-1].strip().startswith("Example: hiphinge program")
