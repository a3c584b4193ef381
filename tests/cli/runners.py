"""Stand-ins for the assessment of a video, put into the command's context by the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hiphinge.clip.options import AssessOptions, Progress, ProgressCallback
from hiphinge.model import Assessment, Outcome
from hiphinge.report.folder import write_folder
from tests.report.fakes import fake_assessment

__all__ = ["Call", "FakeRunner"]


@dataclass(frozen=True)
class Call:
    """What the runner was called with."""

    path: Path
    options: AssessOptions
    name: str | None


@dataclass
class FakeRunner:
    """Answers by the file's stem: an error to raise, or an outcome; writes a real folder."""

    answers: dict[str, BaseException | Outcome] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def __call__(
        self,
        path: Path,
        options: AssessOptions,
        *,
        name: str | None = None,
        progress: ProgressCallback | None = None,
    ) -> Assessment:
        """Record the call; raise or return what was asked for."""
        self.calls.append(Call(path, options, name))
        answer = self.answers.get(path.stem, "hinge")
        if progress is not None:
            progress(Progress("look", 0, None, 0.0))
            progress(Progress("measure", 30, 240, 0.5))
        if isinstance(answer, BaseException):
            raise answer
        assessment = fake_assessment(outcome=answer)
        if options.out is not None and name is not None:
            write_folder(assessment, source=path, out=options.out, name=name, pictures={}, overlay=None)
        return assessment
