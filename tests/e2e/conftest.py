"""Clips are assessed once and shared: the models are what takes the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import hiphinge
from hiphinge.model import Assessment
from hiphinge.pose.blazepose import BlazePose
from tests.e2e.helpers import DATA, run_hiphinge

__all__ = ["Assess", "DemoRun"]

#: Assesses a fixture clip by its name (or any path), without overlay, once per set of options.
Assess = Callable[..., Assessment]


@dataclass(frozen=True)
class DemoRun:
    """What ``hiphinge demo`` gave."""

    exit_code: int
    stdout: str
    stderr: str
    out: Path


@pytest.fixture(scope="session")
def blazepose() -> BlazePose:
    """Return the default model, loaded once."""
    return BlazePose("full")


@pytest.fixture(scope="session")
def assess(blazepose: BlazePose) -> Assess:
    """Return a function that assesses a clip and remembers the answer."""
    known: dict[str, Assessment] = {}

    def look(clip: str | Path, **options: object) -> Assessment:
        key = f"{clip} {sorted(options.items())}"
        if key not in known:
            path = clip if isinstance(clip, Path) else DATA / clip
            known[key] = hiphinge.assess(path, video=False, estimator=blazepose, **options)
        return known[key]

    return look


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """Run ``hiphinge demo`` once, as a user would."""
    out = tmp_path_factory.mktemp("demo") / "results"
    done = run_hiphinge("demo", "--out", out)
    return DemoRun(done.returncode, done.stdout, done.stderr, out)
