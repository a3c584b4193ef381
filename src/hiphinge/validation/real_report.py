"""The report on hand-labelled clips as text, Markdown and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hiphinge.validation.real_result import ClipReading, GateGroup, PairReading, RealReport
from hiphinge.validation.separation import Separation

__all__ = ["to_json", "to_markdown", "to_text"]

_METHOD = (
    "AUC: chance that a clip labelled round reads more lumbar flexion than one labelled flat, ties half; with its"
    " 95 % {}. Gap: lowest rounded minus highest flat, degrees."
    " Clips labelled unclear and clips without a lumbar angle do not count."
)
_CLIPS = (
    "Angles in degrees: medians over the third of the told frames with most trunk lean; lumbar with its 90 % interval,"
    " also where the outcome is cannot_tell. 'not read': no lumbar angle was told."
)


@dataclass(frozen=True, slots=True)
class _Table:
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def to_text(report: RealReport) -> str:
    """Return the report as plain text with aligned columns."""
    return _join(report, _plain_table, heading="")


def to_markdown(report: RealReport) -> str:
    """Return the report as Markdown."""
    return _join(report, _markdown_table, heading="## ")


def to_json(report: RealReport) -> str:
    """Return the report as JSON: names as in ``RealReport``, null where a number is not told, no paths."""
    return json.dumps(_plain(_document(report)), indent=2, ensure_ascii=False) + "\n"


def _document(report: RealReport) -> dict[str, Any]:
    document = asdict(report)
    for entry, reading in zip(document["clips"], report.clips, strict=True):
        del entry["clip"]["path"]
        entry["is_read"], entry["is_facing_right"] = reading.is_read, reading.is_facing_right
    for entry, pair in zip(document["pairs"], report.pairs, strict=True):
        entry["difference_deg"] = pair.difference_deg
    document["out_of_order"] = [list(pair) for pair in _out_of_order(report.clips)]
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value


def _join(report: RealReport, render: Callable[[_Table], str], *, heading: str) -> str:
    n_read = sum(one.is_read for one in report.clips)
    head = (
        f"{heading}Hand-labelled clips: {len(report.clips)}, {n_read} of them read"
        f" (pose model {report.model}, spine model {report.estimator or 'none'}, hiphinge {report.hiphinge_version})"
    )
    parts = [head]
    for table in _tables(report):
        title = f"#{heading}{table.title}" if heading else table.title.upper()
        parts += [title, render(table), *([table.note] if table.note else [])]
    return "\n\n".join(parts) + "\n"


def _tables(report: RealReport) -> tuple[_Table, ...]:
    methods = dict.fromkeys(one.method for one in report.separations)
    swapped = _out_of_order(report.clips)
    return (
        _Table(
            "Rounded against flat backs",
            ("set", "round", "flat", "AUC", "95 %", "median round", "median flat", "gap"),
            tuple(_separation_row(one) for one in report.separations),
            _METHOD.format(" / ".join(methods)),
        ),
        _Table(
            "Same person",
            ("rounded", "flat", "rounded °", "flat °", "difference °", "in order"),
            tuple(_pair_row(one) for one in report.pairs) or (("none named", "", "", "", "", ""),),
        ),
        _Table(
            "Out of order",
            ("labelled round", "reads °", "labelled flat", "reads °"),
            tuple((a, _number(x), b, _number(y)) for a, x, b, y in swapped) or (("none", "", "", ""),),
            "Every pair of a clip labelled round that reads no more than one labelled flat.",
        ),
        _Table(
            "The gate",
            ("kind of clip", "clips", "no answer", "view refused", "answered"),
            tuple(_gate_row(one) for one in report.gate),
            "No answer: cannot_tell or unreadable. View refused: a check refused the clip as a whole.",
        ),
        _Table(
            "Clips",
            ("clip", "label", "view", "outcome", "lumbar", "90 %", "hip", "lean", "yaw", "zero", "told", "facing"),
            tuple(_clip_row(one) for one in report.clips),
            _CLIPS,
        ),
        _Table(
            "Why there was no answer",
            ("clip", "checks", "reason"),
            tuple(_reason_row(one) for one in report.clips if one.is_refused) or (("none", "", ""),),
        ),
    )


def _out_of_order(clips: Sequence[ClipReading]) -> list[tuple[str, float, str, float]]:
    read = [one for one in clips if one.is_read]
    return [
        (a.clip.file, a.lumbar_deg, b.clip.file, b.lumbar_deg)
        for a in read
        if a.clip.label == "round"
        for b in read
        if b.clip.label == "flat" and a.lumbar_deg <= b.lumbar_deg
    ]


def _separation_row(one: Separation) -> tuple[str, ...]:
    area = "–" if math.isnan(one.auc) else f"{one.auc:.3f}"
    span = "–" if math.isnan(one.lo) else f"{one.lo:.2f} to {one.hi:.2f}"
    medians = (_number(one.round_median_deg), _number(one.flat_median_deg), _number(one.gap_deg))
    return (one.name, str(one.n_round), str(one.n_flat), area, span, *medians)


def _pair_row(one: PairReading) -> tuple[str, ...]:
    order = {True: "yes", False: "no", None: "not read"}[one.in_order]
    return (one.rounded, one.flat, *map(_number, (one.rounded_deg, one.flat_deg, one.difference_deg)), order)


def _gate_row(one: GateGroup) -> tuple[str, ...]:
    return (one.name, str(one.n), str(one.n_refused), str(one.n_blocked), "; ".join(one.answered))


def _clip_row(one: ClipReading) -> tuple[str, ...]:
    facing = {True: "as labelled", False: f"{one.facing}, label {one.clip.facing}", None: one.facing or "open"}
    span = f"{_number(one.lumbar_lo_deg)} to {_number(one.lumbar_hi_deg)}" if one.is_read else ""
    return (
        one.clip.file,
        one.clip.label,
        one.clip.view,
        one.outcome,
        _number(one.lumbar_deg) if one.is_read else "not read",
        span,
        _number(one.hip_deg),
        _number(one.lean_deg),
        _number(one.yaw_deg),
        one.reference,
        f"{one.n_told}/{one.n_seen}",
        facing[one.is_facing_right],
    )


def _reason_row(one: ClipReading) -> tuple[str, ...]:
    checks = ", ".join(one.blocked_by) or ", ".join(one.doubted)
    # What single reps read stands in the table of clips.
    return (one.clip.file, checks, " ".join(line for line in one.reasons if not line.startswith("Rep ")))


def _number(value: float) -> str:
    """Whole degrees with a true minus sign, and never minus nothing."""
    if math.isnan(value):
        return "–"
    text = f"{value:.0f}"
    return "0" if text == "-0" else text.replace("-", "−")


def _plain_table(table: _Table) -> str:
    lines = (table.header, *table.rows)
    widths = [max(len(line[k]) for line in lines) for k in range(len(table.header))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def _markdown_table(table: _Table) -> str:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    rule = f"|{'|'.join('---' for _ in table.header)}|"
    return "\n".join((line(table.header), rule, *map(line, table.rows)))
