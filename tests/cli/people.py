"""A store, a clock that the test moves, and scripted clips: what the commands about people are tried with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from typer.testing import CliRunner, Result

from hiphinge.cli import app
from hiphinge.clip.options import AssessOptions, ProgressCallback
from hiphinge.model import Assessment
from hiphinge.program.history import Event
from hiphinge.service.opening import open_desk
from tests.clip.clips import assess_clip
from tests.synthetic import PERFECT, ROUNDED, SQUAT, film, script, solve

__all__ = ["Gym"]

_POSES = {
    "good": PERFECT,
    "round": ROUNDED,
    "squat": SQUAT,
    "touch": solve(knee=5, lean=90, lumbar=40, thoracic=20),
}


@cache
def _assess(pose: str, drill: str, n_reps: int) -> Assessment:
    """Assess a scripted clip; without an outline of its own the spine is told by the script."""
    return assess_clip(film(script(_POSES[pose], n_reps=n_reps, rate_hz=10.0)), drill=drill)


@dataclass
class Gym:
    """Stands for the world in the command's context: assesses ``POSE-N-x.mp4`` as N reps of POSE, and tells the time.

    ``errors``: file name → what is raised instead.
    """

    folder: Path
    now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    calls: list[AssessOptions] = field(default_factory=list)
    references: list[bytes] = field(default_factory=list)
    errors: dict[str, BaseException] = field(default_factory=dict)

    def clock(self) -> datetime:
        """A second goes by at every look."""
        self.now += timedelta(seconds=1)
        return self.now

    def __call__(
        self,
        path: Path,
        options: AssessOptions,
        *,
        name: str | None = None,
        progress: ProgressCallback | None = None,
    ) -> Assessment:
        self.calls.append(options)
        if path.name in self.errors:
            raise self.errors[path.name]
        if options.reference is not None:
            self.references.append(Path(options.reference).read_bytes())
        pose, number = path.stem.split("-")[:2]
        made = _assess(pose, options.drill, int(number))
        return replace(
            made, video=replace(made.video, name=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
        )

    @property
    def store(self) -> str:
        """Where the store is."""
        return str(self.folder / "store.db")

    def clip(self, name: str) -> str:
        """Make a file that stands for a film."""
        path = self.folder / f"{name}.mp4"
        path.write_text(name, encoding="utf-8")
        return str(path)

    def run(self, *arguments: str) -> Result:
        """Run ``hiphinge …``; relative results go into the folder."""
        words = [*arguments]
        runner = CliRunner(env={"HIPHINGE_STORE": self.store, "COLUMNS": "100"})
        return runner.invoke(app, words, obj=self)

    def ok(self, *arguments: str) -> str:
        """Run what must succeed, and return what it printed."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        assert "Traceback" not in result.output
        return result.stdout

    def stopped(self, *arguments: str) -> str:
        """Run what ends with a stop, and return what it printed."""
        result = self.run(*arguments)
        assert result.exit_code == 20, result.output
        return result.stdout

    def refused(self, code: int, *arguments: str) -> str:
        """Run what must be refused with an exit code, and return the message."""
        result = self.run(*arguments)
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result.stderr

    def events(self, name: str = "Ana") -> tuple[Event, ...]:
        """Return the log of a person."""
        with open_desk(self.store, clock=self.clock) as desk:
            return desk.history(desk.find(name)).events

    def sleep(self, hours: float) -> None:
        """Let time go by."""
        self.now += timedelta(hours=hours)

    def begin(self, name: str = "Ana") -> None:
        """Add a person, open a first session and leave the screens out: the wall hinge is due."""
        self.ok("person", "add", name)
        self.ok("session", "start", name, "--pain", "0", "--no-red-flags")
        for drill in ("toe_touch", "pelvic_tilt"):
            self.ok("session", "log", name, "--leave-out", "--drill", drill)
