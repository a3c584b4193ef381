"""``hiphinge program page``."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from hiphinge.cli import program_page
from hiphinge.cli.program import program_app

assert program_page.page


def run(*arguments: str):
    return CliRunner().invoke(program_app, ["page", *arguments])


def test_both_files_are_written(tmp_path) -> None:
    html, pdf = tmp_path / "p.html", tmp_path / "p.pdf"
    done = run("--html", str(html), "--pdf", str(pdf))
    assert done.exit_code == 0
    assert f"Written: {html}" in done.stdout
    assert "Goat-bag hinge" in html.read_text(encoding="utf-8")
    assert pdf.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("arguments", [(), ("--pdf", "clip.mp4"), ("--html", "notes.txt")])
def test_nothing_to_write_or_a_name_of_something_else_is_refused(tmp_path, monkeypatch, arguments) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path) -> None:
    assert run("--html", str(tmp_path / "none" / "p.html")).exit_code == 7
