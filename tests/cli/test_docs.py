"""The written pages say what the code says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

from hiphinge import errors
from hiphinge.cli import app

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "tools" / "make_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_docs"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["cli.md", "exit-codes.md", "assessment.schema.json"])
def test_page_is_up_to_date(tool: ModuleType, page: str) -> None:
    written = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert written == tool.pages()[page], "run python tools/make_docs.py"


def test_every_command_and_option_is_on_the_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert set(commands) == {
        "assess", "batch", "demo", "doctor", "next", "note", "outcome", "override", "person", "program", "progress",
        "rerun", "serve", "session", "stance", "store", "validate", "worker",
    }  # fmt: skip
    groups = {name: command.commands for name, command in commands.items() if hasattr(command, "commands")}
    assert {name: set(inside) for name, inside in groups.items()} == {
        "batch": {"run", "report", "forget"},
        "program": {"show", "check", "export", "page"},
        "person": {"add", "list", "export", "erase"},
        "session": {"start", "log", "finish", "summary", "symptom", "morning", "undo"},
        "store": {"backup", "restore"},
    }
    inside = [(f"{name} {sub}", one) for name, group in groups.items() for sub, one in group.items()]
    for name, command in [*commands.items(), *inside]:
        assert f"## `hiphinge {name}`" in page
        for param in command.params:
            for option in param.opts:
                assert not option.startswith("--") or option in page


def test_every_exit_code_is_on_the_page() -> None:
    page = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    for name in errors.__all__:
        kind = getattr(errors, name)
        if "exit_code" in vars(kind):
            assert f"| {kind.exit_code} | `{name}` |" in page
    for code in (0, 11, 70, 130, 143):
        assert f"| {code} | – |" in page


def test_check_says_which_page_is_stale(tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["--check"]) == 0
    assert tool.main([], docs=tmp_path / "docs") == 0
    assert tool.main(["--check"], docs=tmp_path / "docs") == 0
    (tmp_path / "docs" / "cli.md").write_text("old", encoding="utf-8")
    assert tool.main(["--check"], docs=tmp_path / "docs") == 1
    assert "Stale: cli.md." in capsys.readouterr().out


def test_a_model_that_no_scientific_change_names_is_found(tool: ModuleType) -> None:
    log = "# Changelog\n\n## [1.0]\n\n### Scientific changes\n- Model `spine-2`: less bias.\n\n### Added\n- spine-3\n"
    assert not tool.unnamed_model(log, "spine-2")
    assert tool.unnamed_model(log, "spine-3")
    assert tool.unnamed_model("# Changelog\n", "spine-2")
