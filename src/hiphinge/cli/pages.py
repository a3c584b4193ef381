"""A session's summary and a person's progress: in the terminal, and as pages to keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hiphinge.cli.desk import say_decision, say_evidence
from hiphinge.cli.guard import write_out
from hiphinge.cli.names import write_page
from hiphinge.cli.present import stdout_console
from hiphinge.errors import OutputError
from hiphinge.service.commandline import day_text

if TYPE_CHECKING:
    from hiphinge.program.progress import Progress, Rung
    from hiphinge.program.review import ReviewPoint
    from hiphinge.program.summary import SessionSummary
    from hiphinge.program.trend import Trend

__all__ = [
    "draw_trend",
    "progress_document",
    "say_progress",
    "say_summary",
    "write_progress",
    "write_summary",
]

#: Rows of a chart, and the most sessions it shows.
_ROWS, _MOST = 7, 30


def say_summary(summary: SessionSummary) -> None:
    """Print the four points of a session, before and after, and the next step."""
    write_out(f"Session of {day_text(summary.began)}")
    _say_points(summary.points)
    if summary.before_after is not None:
        write_out("Before and after:")
        for line in summary.before_after.words:
            write_out(f"  {line}")
    say_decision(summary.decision)
    write_out("")
    write_out(summary.notice)


def _say_points(points: Sequence[ReviewPoint]) -> None:
    from hiphinge.report.program.words import ANSWER_MARKS, ANSWER_WORDS

    for number, point in enumerate(points, start=1):
        write_out(f"{number}. {point.title}: {ANSWER_MARKS[point.answer]} {ANSWER_WORDS[point.answer]}")
        write_out(f"   {point.evidence}")


def write_summary(summary: SessionSummary, out: Path) -> list[Path]:
    """Write the summary's page as HTML and PDF into ``out``, under a name that is not taken; return both paths.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    from hiphinge.report.program import render_session_html, render_session_pdf

    stem = f"{_slug(summary.person)}-{summary.began.astimezone():%Y-%m-%d}-summary"
    number, name = 1, stem
    while any((out / f"{name}.{kind}").exists() for kind in ("html", "pdf")):
        number += 1
        name = f"{stem}-{number}"
    pages = {"html": render_session_html(summary).encode(), "pdf": render_session_pdf(summary)}
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder {out} cannot be made: {error.strerror or error}.",
            expected="a folder that can be written",
            next_step="Give another one with --out.",
        ) from None
    return [write_page(out / f"{name}.{kind}", page) for kind, page in pages.items()]


def write_progress(progress: Progress, *, html: Path | None, pdf: Path | None) -> list[Path]:
    """Write the page of a person to the files asked for, and return them; ``check_page`` comes first."""
    from hiphinge.report.program import render_progress_html, render_progress_pdf

    written = []
    if html is not None:
        written.append(write_page(html, render_progress_html(progress).encode()))
    if pdf is not None:
        written.append(write_page(pdf, render_progress_pdf(progress)))
    return written


def _slug(name: str) -> str:
    """Return a name that every disk takes."""
    return re.sub(r"[^\w-]+", "-", name.strip().lower()).strip("-_") or "person"


def say_progress(progress: Progress) -> None:
    """Print the ladder, the four points of the last session, a chart for each measure, and what comes next."""
    console = stdout_console()
    console.print(f"{progress.person}: {progress.program}", style="bold")
    first = f" since {day_text(progress.first)}" if progress.first is not None else ""
    console.print(f"{progress.sessions} {'session' if progress.sessions == 1 else 'sessions'}{first}.")
    console.print("")
    for rung in progress.rungs:
        console.print(_rung_line(rung, progress.now), style="bold" if rung.state == "present" else "")
    if progress.points:
        console.print("\nThe last session:")
        _say_points(progress.points)
    for trend in (one for one in progress.trends if len(one.points) > 1):
        console.print("")
        for line in draw_trend(trend):
            console.print(line, soft_wrap=True)
    firsts = [one for one in progress.trends if len(one.points) < 2]
    if firsts:
        console.print("\nMeasured once so far:")
    for trend in firsts:
        for line in draw_trend(trend):
            console.print(f"  {line}", soft_wrap=True)
    say_decision(progress.decision)
    say_evidence(progress.decision)
    write_out("")
    write_out(progress.notice)


def _rung_line(rung: Rung, now: datetime) -> str:
    from hiphinge.report.program.words import RUNG_MARKS, rung_text

    when = "" if rung.state == "ahead" and rung.reached is None else rung_text(rung, now, None)
    return f"{RUNG_MARKS[rung.state]} {rung.name}{f', {when}' if when else ''}"


def draw_trend(trend: Trend) -> Iterator[str]:
    """Draw one measure as lines of text: ● a session, ░ the band inside which a change is no clear change."""
    from hiphinge.program.trend import SCORES
    from hiphinge.report.program.words import change_text, date_text, point_text, told_text

    group = f" ({trend.group.lower()})" if trend.group not in ("", SCORES) else ""
    if len(trend.points) < 2 or trend.baseline is None:
        yield f"{trend.label}{group}: {told_text(trend.points[-1] if trend.points else None, trend.unit)}"
        return
    yield f"{trend.label}{group}: {told_text(trend.points[-1], trend.unit)}, {trend.words}"
    points = trend.points[-_MOST:]
    yield from _plot([point.value for point in points], trend)
    first, last = (date_text(one.at, None, short=True) for one in (points[0], points[-1]))
    yield f"{'':10}{first} to {last}; first {told_text(trend.points[0], trend.unit)}, " + (
        f"change {change_text(trend.by, trend.unit)}"
    )
    if trend.mdc is not None:
        if trend.group == SCORES:
            size = change_text(trend.mdc, trend.unit).removeprefix("+")
            yield f"{'':10}░ no clear change; from {size} on, a change is clear"
        else:
            yield f"{'':10}░ first ± {point_text(trend.mdc, trend.unit)}: a change inside it is no clear change"


def _plot(values: Sequence[float], trend: Trend) -> Iterator[str]:
    from hiphinge.program.trend import SCORES
    from hiphinge.report.program.words import point_text

    low, high = trend.band or (min(values), max(values))
    if trend.group == SCORES:  # none is below 0
        low = max(low, 0.0)
    ends = (min(low, *values), max(high, *values))
    if trend.group == SCORES:  # the axis ends at points that can be given
        ends = (floor(ends[0]), ceil(ends[1]))
    span = (ends[1] - ends[0]) or 1.0

    def row_of(value: float) -> int:
        return round((ends[1] - value) / span * (_ROWS - 1))

    band = range(row_of(high), row_of(low) + 1) if trend.band else range(0)
    rows = [row_of(value) for value in values]
    for row in range(_ROWS):
        label = {0: point_text(ends[1], trend.unit), _ROWS - 1: point_text(ends[0], trend.unit)}.get(row, "")
        blank = "░" if row in band else " "
        yield f"{label:>8} │" + "".join(f"{blank}●" if here == row else blank * 2 for here in rows)


def progress_document(progress: Progress) -> dict[str, Any]:
    """Return the progress as plain lists, texts and numbers, for JSON."""
    return {
        "sessions": progress.sessions,
        "rungs": [
            {
                "step": rung.step,
                "name": rung.name,
                "state": rung.state,
                "reached": None if rung.reached is None else rung.reached.isoformat(),
                "passed": None if rung.passed is None else rung.passed.isoformat(),
                "placed": None if rung.placed is None else rung.placed.isoformat(),
                "by": rung.by,
            }
            for rung in progress.rungs
        ],
        "trends": [
            {
                "measure": trend.name,
                "group": trend.group,
                "unit": trend.unit,
                "baseline": trend.baseline,
                "latest": trend.latest,
                "mdc": trend.mdc,
                "verdict": trend.verdict,
                "points": [
                    {"at": one.at.isoformat(), "value": one.value, "lo": one.lo, "hi": one.hi} for one in trend.points
                ],
            }
            for trend in progress.trends
        ],
        "weeks": [{"monday": week.monday.isoformat(), "sessions": week.sessions} for week in progress.weeks],
    }
