"""The browser's own files: what the lock names has to be there, and whole."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from hiphinge.web.assets import STATIC, find_missing_vendor


def test_an_installation_is_complete() -> None:
    assert find_missing_vendor() == []


def test_missing_and_altered_files_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "vendor"
    shutil.copytree(STATIC / "vendor", folder)
    (folder / "uPlot.esm.js").unlink()
    with (folder / "htmx.min.js").open("ab") as stream:
        stream.write(b" ")
    assert sorted(find_missing_vendor(folder)) == ["htmx.min.js", "uPlot.esm.js"]


@pytest.mark.parametrize("path", ["a" * 300 + ".js", "a/" * 3000 + "b.js", "..%2fassets.py", "%00.js", "/etc/hosts"])
def test_names_that_no_file_has_are_not_found(home: Any, path: str) -> None:
    assert home.get(f"/static/x/{path}").status_code == 404
