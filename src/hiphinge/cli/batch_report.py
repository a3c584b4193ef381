"""The summary of a batch as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from hiphinge.cli.batch_progress import count_of
from hiphinge.cli.guard import write_out

if TYPE_CHECKING:
    from hiphinge.batch.report import BatchReport, Spread

__all__ = ["print_report"]


def print_report(report: BatchReport) -> None:
    """Print it to stdout."""
    write_out(_say_state(report))
    write_out(_say_rows(report))
    if report.n_earlier:
        write_out(
            f"Not counted: {count_of(report.n_earlier, 'row')} of other versions, criteria or options; they stay in "
            "their own partitions of clips/."
        )
    _print_counts("Verdict, of each different film once", report.outcomes)
    _print_counts("Told, but with doubts (a film may have several)", report.doubts)
    _print_counts("Why the others could not be told (a film may have several)", report.untold)
    _print_untold(report)
    _print_counts("Without a result", report.lacking)
    _print_spreads(report)
    if report.worker_min:
        write_out(
            f"{report.video_min:.1f} minutes of video took workers {report.worker_min:.1f} minutes: "
            f"{report.video_min / report.worker_min:.2f} minutes of video a minute and worker."
        )
    if report.summary:
        write_out(f"Every clip, with what was told and where its report lies: {report.summary}")
    if report.without_result:
        write_out(f"Clips without a result, and why: {report.without_result}")
    write_out(f"Every angle is an estimate. {report.notice}")


def _say_state(report: BatchReport) -> str:
    about = report.about
    of = f" of {about.n_entries}" if about.n_entries is not None else ""
    so_far = f"{report.n_rows}{of} clips of {about.source}, hiphinge {about.hiphinge_version}"
    if report.state == "running":
        return f"Still running, so far {so_far}."
    if report.state == "unknown":
        return f"Not finished: {so_far}. Whether it still runs cannot be found out on this disk."
    if report.state == "killed":
        return f"Not finished, the run that began {about.began_utc} was cut off: {so_far}. The same command goes on."
    if report.state == "stopped":
        return f"Stopped before its end: {so_far}. The same command goes on."
    return f"{count_of(report.n_rows, 'clip')} of {about.source}, hiphinge {about.hiphinge_version}."


def _say_rows(report: BatchReport) -> str:
    parts = [f"{count_of(report.n_results, 'different film')} with a result"]
    if report.n_copies:
        parts.append(f"{count_of(report.n_copies, 'copy', 'copies')} of one of them, or moved")
    if report.n_lacking:
        parts.append(f"{report.n_lacking} without a result")
    text = f"{', '.join(parts)}."
    entries = report.about.n_entries
    if report.state == "ended" and entries is not None and report.n_rows > entries:
        more = report.n_rows - entries
        text += f" {count_of(more, 'clip')} of these {'is' if more == 1 else 'are'} not in the source of the last run."
    return text


def _print_counts(title: str, counts: Mapping[str, int]) -> None:
    if not counts:
        return
    write_out(f"\n{title}")
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, number in counts.items():
        table.add_row(name, str(number))
    _print(table)


def _print_untold(report: BatchReport) -> None:
    """Name clips that could not be told, with what would help."""
    if not report.named:
        return
    n_all = report.outcomes.get("Cannot tell", 0)
    title = "Could not be told" if n_all <= len(report.named) else f"Could not be told, the first of {n_all} by name"
    write_out(f"\n{title}")
    table = Table()
    for name in ("film", "why", "what would help"):
        table.add_column(name, overflow="fold")
    for one in report.named:
        table.add_row(one.name, one.why, one.next_step)
    _print(table)


def _print_spreads(report: BatchReport) -> None:
    from hiphinge.batch.report import LEAST_FOR_SPREAD

    if not report.spreads:
        if report.n_results:
            write_out(f"No spreads: fewer than {LEAST_FOR_SPREAD} clips are told.")
        return
    write_out("\nSpread: angles of the films that are told, with their usual 90 % interval")
    table = Table()
    table.add_column("")
    for name in ("films", "1 in 10 below", "middle", "1 in 10 above", "usually"):
        table.add_column(name, justify="right")
    for one in report.spreads:
        numbers = [_number(value, one) for value in (one.p10, one.p50, one.p90)]
        usual = "" if one.half_width is None else f"± {_number(one.half_width, one)}"
        table.add_row(one.label, str(one.n), *numbers, usual)
    _print(table)


def _number(value: float, spread: Spread) -> str:
    """Write whole degrees and percents, seconds with one decimal."""
    text = f"{value:.1f}" if spread.unit == "s" else f"{value:.0f}"
    text = text if float(text) else text.lstrip("-")
    return text.replace("-", "−") + (f" {spread.unit}" if spread.unit in ("s", "%") else spread.unit)


def _print(table: Table) -> None:
    console = Console(highlight=False, markup=False)
    with console.capture() as held:
        console.print(table)
    write_out(held.get().rstrip("\n"))
