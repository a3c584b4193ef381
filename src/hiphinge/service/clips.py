"""Assessing a clip by the rules of a drill of the program, with the person's own scale where there is one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from hiphinge.clip.options import AssessOptions, ProgressCallback
from hiphinge.errors import UsageError
from hiphinge.program import Drill
from hiphinge.program.decision import Decision
from hiphinge.program.history import ClipSeen, SetDone
from hiphinge.verdict import criteria_for

if TYPE_CHECKING:
    from hiphinge.model import Assessment

__all__ = ["Clip", "ClipLogged", "RecordingRunner", "Runner", "assess_clip", "write_criteria"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip to log, and what the camera cannot see in it.

    ``label`` is ``usual`` or ``coached`` for one side of a before and after, else ``""``; ``pain`` 0-10 while doing it
    (a set's pain goes into its feel log); ``back_reps``: only so many reps at the end show the back free of hands;
    ``touched``: whether the seat touched the wall, as the person says; ``keep``: the film itself is kept too, else only
    its numbers; ``scratch``: a private folder for files that are needed meanwhile, None for the system's.
    """

    path: Path
    drill: str
    variant: str = ""
    label: Literal["", "usual", "coached"] = ""
    pain: int | None = None
    load_kg: float | None = None
    back_reps: int | None = None
    touched: bool | None = None
    keep: bool = False
    options: AssessOptions = field(default_factory=AssessOptions)
    scratch: Path | None = None


@dataclass(frozen=True, slots=True)
class ClipLogged:
    """What came of a logged clip: the entry, its assessment, and what comes next.

    ``early`` says that it counts nothing yet, since another drill is due; ``""`` where it counts.
    """

    event: SetDone | ClipSeen
    assessment: Assessment
    decision: Decision
    early: str = ""


class Runner(Protocol):
    """Assesses one video; ``hiphinge.clip.run.assess_video`` is the real one."""

    def __call__(
        self,
        path: Path,
        options: AssessOptions,
        *,
        name: str | None = None,
        progress: ProgressCallback | None = None,
    ) -> Assessment:
        """Return the assessment of ``path``; results lie in ``options.out/name``."""


@runtime_checkable
class RecordingRunner(Protocol):
    """A runner that works elsewhere, and hands over what was seen (``clip.recording``) as well."""

    #: Tells it from a plain one.
    records: bool

    def __call__(
        self,
        path: Path,
        options: AssessOptions,
        *,
        name: str | None = None,
        progress: ProgressCallback | None = None,
        on_recording: Callable[[bytes], None] | None = None,
    ) -> Assessment:
        """Return the assessment of ``path``, without evidence; the packed tracks go to ``on_recording``."""


def assess_clip(
    clip: Path,
    drill: Drill,
    options: AssessOptions,
    *,
    runner: Runner,
    reference: bytes | None = None,
    progress: ProgressCallback | None = None,
    scratch: Path | None = None,
) -> Assessment:
    """Assess a clip by a drill's rules and limits, or read an ``assessment.json`` that was made so.

    Parameters
    ----------
    clip
        A video, a photograph, or an ``assessment.json``.
    drill
        Its ``rules`` and ``limits`` judge.
    options
        The rest of the options; ``drill``, ``criteria`` and ``reference`` are replaced.
    runner
        Assesses a video.
    reference
        ``assessment.json`` of the person's comfortable rounding; None without.
    progress
        Moves a progress bar.
    scratch
        Folder for files that are needed meanwhile; None takes the system's.

    Raises
    ------
    UsageError
        An ``assessment.json`` of another drill, or judged by other limits.
    HiphingeError
        As ``hiphinge.assess``.
    """
    if clip.suffix.lower() == ".json":
        return _read_made(clip, drill)
    with tempfile.TemporaryDirectory(prefix="hiphinge-", dir=scratch) as folder:
        given = replace(
            options,
            drill=drill.rules,  # type: ignore[arg-type]
            criteria=write_criteria(drill.limits, Path(folder) / "criteria.toml"),
            reference=_write(reference, Path(folder) / "rounding.json"),
        )
        from hiphinge.report import result_names

        return runner(clip, given, name=result_names([clip])[0], progress=progress)


def write_criteria(limits: Mapping[str, float], path: Path) -> str | None:
    """Write a drill's own limits as a criteria file and return its path; None where it has none of its own."""
    if not limits:
        return None
    tables: dict[str, list[str]] = {}
    for name, value in limits.items():
        rule, _, side = name.rpartition(".")
        tables.setdefault(f'rules."{rule}"' if rule else "outcome", []).append(f"{side} = {value!r}")
    text = "\n".join(line for head, lines in tables.items() for line in (f"[{head}]", *lines))
    path.write_text(text + "\n", encoding="utf-8")
    return str(path)


def _write(data: bytes | None, path: Path) -> str | None:
    if data is None:
        return None
    path.write_bytes(data)
    return str(path)


def _read_made(path: Path, drill: Drill) -> Assessment:
    """Read an assessment made before; refuse one that other rules judged."""
    from hiphinge.report import read_assessment

    assessment = read_assessment(path)
    if assessment.drill != drill.rules:
        raise UsageError(
            f"{path.name} was assessed as {assessment.drill!r}, and {drill.name} is judged as {drill.rules!r}.",
            expected=f"an assessment made with --drill {drill.rules}",
            next_step="Give the video itself.",
        )
    expected = criteria_for(drill.rules, drill.limits).as_mapping()
    for name, value in expected.items():
        if name in assessment.criteria and assessment.criteria[name] != value:
            raise UsageError(
                f"{path.name} was judged with {name} = {assessment.criteria[name]}, the program says {value}.",
                expected="an assessment with the program's own limits",
                next_step="Give the video itself.",
            )
    return assessment
