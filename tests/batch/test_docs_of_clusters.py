"""What the docs say to type: the SLURM script is a script, and Dask knows every option that is named."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from distributed.cli.dask_scheduler import main as scheduler
from distributed.cli.dask_worker import main as worker

PAGE = (Path(__file__).parents[2] / "docs" / "batch.md").read_text(encoding="utf-8")
COMMANDS = {"scheduler": scheduler, "worker": worker}


def test_the_slurm_script_is_a_script(tmp_path):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    (script,) = re.findall(r"```bash\n(#!/bin/bash\n.*?)```", PAGE, flags=re.DOTALL)
    path = tmp_path / "job.sh"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run([bash, "-n", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_dask_knows_every_option_that_the_page_names():
    joined = PAGE.replace("\\\n", " ")
    # Options that stand in the script's variable are meant for both.
    shared = " ".join(re.findall(r'^common="(.*)"$', joined, flags=re.MULTILINE))
    lines = re.findall(r"dask (scheduler|worker)\b([^\n`]*)", joined)
    assert {name for name, _ in lines} == {"scheduler", "worker"}
    for name, rest in lines:
        known = {option for one in COMMANDS[name].params for option in (*one.opts, *one.secondary_opts)}
        named = set(re.findall(r"(?<!\S)--[a-z-]+", f"{rest} {shared}"))
        assert named <= known, (name, named - known)
