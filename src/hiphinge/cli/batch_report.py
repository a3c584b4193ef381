"""The summary of a batch as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from hiphinge.cli.guard import write_out

if TYPE_CHECKING:
    from hiphinge.batch.report import BatchReport

__all__ = ["print_report"]


def print_report(report: BatchReport) -> None:
    """Print it to stdout."""
    states = ", ".join(f"{number} {state}" for state, number in report.states.items()) or "none yet"
    write_out(
        f"{_count(report.n_entries, 'clip')} of {report.about.source} ({states}); "
        f"{_count(report.n_results, 'different result')}, "
        f"hiphinge {report.about.hiphinge_version}."
    )
    if report.n_earlier:
        write_out(
            f"Not counted: {report.n_earlier} rows of other versions, criteria or options; they stay in their own "
            "partitions of clips/."
        )
    _print_counts("Verdict", report.outcomes)
    _print_counts("Why it cannot be told (a clip may have several)", report.gates)
    _print_counts("Without a result", report.reasons)
    if report.without_result:
        write_out(f"Which, and why: {report.without_result}")
    _print_spreads(report)
    if report.worker_min:
        write_out(
            f"{report.video_min:.1f} minutes of video took workers {report.worker_min:.1f} minutes: "
            f"{report.video_min / report.worker_min:.2f} minutes of video a minute and worker."
        )
    write_out(f"Every angle is an estimate. {report.notice}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _print_counts(title: str, counts: Mapping[str, int]) -> None:
    if not counts:
        return
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, number in counts.items():
        table.add_row(name.replace("_", " "), str(number))
    _print(table)


def _print_spreads(report: BatchReport) -> None:
    if not report.spreads:
        return
    table = Table(title="Spread over the clips that tell it", title_justify="left")
    table.add_column("")
    for name in ("clips", "10 %", "50 %", "90 %"):
        table.add_column(name, justify="right")
    for one in report.spreads:
        numbers = [f"{value:.3g}{one.unit and ' '}{one.unit}" for value in (one.p10, one.p50, one.p90)]
        table.add_row(one.label, str(one.n), *numbers)
    _print(table)


def _print(table: Table) -> None:
    console = Console(highlight=False, markup=False)
    with console.capture() as held:
        console.print(table)
    write_out(held.get().rstrip("\n"))
