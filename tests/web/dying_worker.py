"""A worker that stands still at a chosen moment, so that a test can kill it there."""

from __future__ import annotations

import hashlib
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hiphinge.clip.options import AssessOptions, ProgressCallback
from hiphinge.model import Assessment
from hiphinge.service.jobs import JobRunner, run_job
from hiphinge.service.opening import desk_maker
from hiphinge.store import open_store
from tests.report.fakes import fake_assessment

__all__ = ["look"]


def look(
    path: Path, options: AssessOptions, *, name: str | None = None, progress: ProgressCallback | None = None
) -> Assessment:
    """Look at a film in no time."""
    made = fake_assessment(outcome="hinge")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(made, drill=options.drill, video=replace(made.video, name=path.name, sha256=sha256))


def main(store: str, moment: str, sign: str) -> None:
    """Take a job and stand still while the film is looked at (``film``), or once its entry is kept (``told``)."""

    def stand_still() -> None:
        Path(sign).write_text("here", encoding="utf-8")
        threading.Event().wait()

    def slow(path: Path, options: AssessOptions, **more: Any) -> Assessment:
        if moment == "film":
            stand_still()
        return look(path, options, **more)

    with open_store(store, clock=lambda: datetime.now(UTC)) as opened:
        runner = JobRunner(opened, desk_maker(opened, runner=slow), lease_s=1.0)
        job = opened.claim_job(runner.owner, 1.0)
        assert job is not None
        desk = desk_maker(opened, runner=slow)("worker")
        if moment == "told":
            opened_desk = desk.store
            desk.store = _Stuck(opened_desk, stand_still)  # type: ignore[assignment]
        run_job(desk, job, owner=runner.owner, lease_s=1.0, beat_s=600.0)


class _Stuck:
    """A store that stands still when a job is to be finished."""

    def __init__(self, store: Any, stand_still: Any) -> None:
        self._store, self._stand_still = store, stand_still

    def finish_job(self, *_given: Any) -> None:
        self._stand_still()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
