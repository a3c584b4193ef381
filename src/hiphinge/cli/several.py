"""Several videos in one call: each gets its result or its message, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hiphinge.cli.guard import UNFORESEEN, describe_error
from hiphinge.clip.options import AssessOptions, ProgressCallback
from hiphinge.errors import HiphingeError
from hiphinge.model import Assessment

__all__ = ["Outcome", "Runner", "assess_videos", "find_runner", "first_failure", "outcome_document"]


class Runner(Protocol):
    """Assesses one video and writes its folder; ``hiphinge.clip.run.assess_video`` is the real one."""

    def __call__(
        self,
        path: Path,
        options: AssessOptions,
        *,
        name: str | None = None,
        progress: ProgressCallback | None = None,
    ) -> Assessment:
        """Return the assessment of ``path``; results lie in ``options.out/name``."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one video: an assessment and its folder, or an error and its exit code."""

    video: Path
    folder: Path | None
    assessment: Assessment | None
    error: Exception | None
    exit_code: int


#: Opens a progress bar for a video and hands out the function that moves it.
OpenProgress = Callable[[str], AbstractContextManager[ProgressCallback | None]]


def find_runner(given: object) -> Runner:
    """Return the runner that a test put into the context, else the real one (imported only now)."""
    if callable(given):
        runner: Runner = given
        return runner
    from hiphinge.clip.run import assess_video

    return assess_video


def assess_videos(
    videos: Sequence[Path], options: AssessOptions, *, runner: Runner, open_progress: OpenProgress
) -> list[Outcome]:
    """Assess one video after another; an error of one is said at once and does not stop the rest."""
    from hiphinge.report.folder import check_folder, result_names

    outcomes = []
    for video, name in zip(videos, result_names(videos), strict=True):
        folder = Path(options.out) / name if options.out is not None else None
        try:
            if options.out is not None:
                # Before the work: nobody should wait an hour to hear that the disk cannot be written.
                check_folder(options.out, name)
            with open_progress(video.name) as progress:
                assessment = runner(video, options, name=name, progress=progress)
        except Exception as error:
            code = describe_error(error, about=str(video) if len(videos) > 1 else "")
            outcomes.append(Outcome(video, None, None, error, code))
        else:
            outcomes.append(Outcome(video, folder, assessment, None, 0))
    return outcomes


def first_failure(outcomes: Sequence[Outcome]) -> int:
    """Return 0 where every video has a result, else the exit code of the first that has none."""
    return next((outcome.exit_code for outcome in outcomes if outcome.exit_code), 0)


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """Return the entry of one video in the output of ``--json``."""
    from hiphinge.report.document import assessment_document

    if outcome.assessment is not None:
        return {
            "video": str(outcome.video),
            "folder": None if outcome.folder is None else str(outcome.folder),
            "assessment": assessment_document(outcome.assessment),
        }
    error = outcome.error
    kind = type(error).__name__
    if isinstance(error, HiphingeError):
        said = {"what": error.what, "expected": error.expected, "next_step": error.next_step}
    else:
        said = {"what": str(error), "expected": "", "next_step": ""}
    return {
        "video": str(outcome.video),
        "error": {"kind": kind, **said, "exit_code": outcome.exit_code or UNFORESEEN},
    }
