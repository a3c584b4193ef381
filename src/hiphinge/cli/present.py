"""The short tables that the command line prints for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hiphinge.cli.guard import drop_output
from hiphinge.cli.several import Outcome
from hiphinge.errors import HiphingeError
from hiphinge.model import Assessment, Measure
from hiphinge.report import words

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_outcomes", "stdout_console"]

#: The measures of the short table: name, and what it is called there.
_SHOWN = (
    ("lumbar_flexion", "lumbar flexion"),
    ("hip_flexion", "hip flexion"),
    ("hip_share", "hip share"),
    ("hip_back", "hips back"),
    ("drop_per_back", "drop ÷ back"),
    ("trunk_lean", "trunk lean"),
    ("wall_gap", "seat to wall"),
    ("reach_cm", "fingertips above the floor"),
)


def stdout_console() -> Console:
    """Return a console on stdout that stays silent once its reader went away."""
    from rich.console import Console

    class PipeConsole(Console):
        def on_broken_pipe(self) -> None:
            self.quiet = True
            drop_output(sys.stdout)

    return PipeConsole(file=sys.stdout, highlight=False, markup=False)


def print_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Print the verdict of each video; for several, a summary at the end."""
    console = stdout_console()
    for outcome in outcomes:
        if outcome.assessment is not None:
            _print_verdict(console, outcome, outcome.assessment)
    if len(outcomes) > 1:
        _print_summary(console, outcomes)


def _print_verdict(console: Console, outcome: Outcome, assessment: Assessment) -> None:
    """Print one verdict: headline, cue, the measures of the middle rep, where the report lies."""
    from rich.table import Table

    verdict = assessment.verdict
    console.print(f"\n{outcome.video.name}: {words.outcome_text(verdict)}")
    console.print(verdict.headline, style="bold")
    if verdict.outcome == "cannot_tell":
        for reason in verdict.reasons:
            console.print(f"  {reason}")
    if verdict.cue:
        console.print(f"Try: {verdict.cue}")
    elif verdict.praise:
        console.print(f"Keep: {verdict.praise}")
    rows = [row for name, label in _SHOWN if (row := _middle_row(assessment, name, label))]
    if rows:
        n_reps = len(assessment.reps)
        table = Table("", "value (90 % interval)", "rule", box=_box(), pad_edge=False)
        table.title = "1 rep" if n_reps == 1 else f"{n_reps} reps; the middle one of each measure"
        table.title_justify = "left"
        for row in rows:
            table.add_row(*row)
        console.print(table)
    if outcome.folder is not None:
        console.print(f"Report: {outcome.folder / 'report.html'}", soft_wrap=True)


def _middle_row(assessment: Assessment, name: str, label: str) -> tuple[str, str, str] | None:
    """Return a row for the middle rep of a measure, None where no rep has it."""
    told = [m for m in assessment.measures if m.name == name and m.rep is not None and m.value is not None]
    if not told:
        return None
    told.sort(key=lambda measure: measure.value or 0.0)
    middle = told[len(told) // 2]
    return (
        label,
        words.measure_text(middle),
        _grade(assessment, middle),
    )


def _grade(assessment: Assessment, measure: Measure) -> str:
    """Return icon and word of the first rule that judges a measure, "" where none does."""
    for finding in assessment.findings:
        if (finding.measure, finding.rep) == (measure.name, measure.rep) and finding.grade != "reported":
            return f"{words.GRADE_ICONS[finding.grade]} {words.GRADE_WORDS[finding.grade]}"
    return ""


def _print_summary(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print one line per video."""
    from rich.table import Table

    n_told = sum(outcome.assessment is not None for outcome in outcomes)
    table = Table("video", "verdict", "next", box=_box(), pad_edge=False)
    table.title = f"\n{n_told} of {len(outcomes)} videos have a result"
    table.title_justify = "left"
    for outcome in outcomes:
        table.add_row(outcome.video.name, *_summary(outcome))
    console.print(table)


def _summary(outcome: Outcome) -> tuple[str, str]:
    """Return the verdict and the next step of one video."""
    if outcome.assessment is not None:
        verdict = outcome.assessment.verdict
        word = words.outcome_text(verdict)
        return word, verdict.cue or verdict.praise
    what = outcome.error.what if isinstance(outcome.error, HiphingeError) else str(outcome.error)
    return f"no result (exit code {outcome.exit_code})", what


def _box() -> Any:
    """Return the plain table frame."""
    from rich.box import SIMPLE_HEAD

    return SIMPLE_HEAD
