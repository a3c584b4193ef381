"""The progress bar: on a terminal only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hiphinge
from hiphinge.cli.progress import open_progress


def test_no_terminal_no_bar(capfd: pytest.CaptureFixture[str]) -> None:
    with open_progress("clip.mp4") as move:
        assert move is None
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal")
def test_bar_shows_stage_pictures_and_rate_on_stderr_only() -> None:
    import pty

    code = (
        "from hiphinge.clip.options import Progress\n"
        "from hiphinge.cli.progress import open_progress\n"
        "with open_progress('my [clip].mp4') as move:\n"
        "    move(Progress('look', 0, None, 0.0))\n"
        "    move(Progress('measure', 0, 200, 1.0))\n"
        "    move(Progress('measure', 100, 200, 3.0))\n"
        "    import time; time.sleep(0.3)\n"
    )
    parent, child = pty.openpty()
    source = str(Path(hiphinge.__file__).resolve().parents[1])
    env = {**os.environ, "PYTHONPATH": source, "TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=child, timeout=60, check=True
    )
    os.close(child)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(parent, 65536).decode())
    os.close(parent)
    assert done.stdout == b""
    for part in ("my [clip].mp4", "measuring", "100/200", "50 frames/s"):
        assert part in shown
