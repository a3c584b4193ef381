"""``report.html``: one self-contained page that can be shown, printed and kept."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from hiphinge.model import Assessment, Finding, Measure, Rep, ViewGrade
from hiphinge.report import words
from hiphinge.report.charts import draw_angle_curves, draw_hip_path, draw_hip_share, quarter_shares
from hiphinge.verdict.headlines import NOTICE

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render_page"]

#: Reps side by side in one table; more go into a further table.
REPS_PER_TABLE = 5
#: The view checks that ask for something come first.
_VIEW_ORDER: tuple[ViewGrade, ...] = ("cannot_tell", "usable", "good")
#: What the tiles at the top show, where the assessment has it: measure names, and the tile's label.
_TILES = (
    (("hip_flexion", "hip_flexion_deg"), "Hip flexion at the bottom"),
    (("lumbar_flexion", "lumbar_flexion_deg"), "Lumbar flexion at the bottom"),
    (("hip_share",), "Hip share of the bend"),
    (("hip_back",), "Hips travel back"),
)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the rule table: a rule applied to one measure, over reps."""

    rule: str
    label: str
    measure: str
    limits: str
    source: str
    cue: str
    cells: tuple[Finding | None, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """One rule table: its columns' headings and its rows."""

    columns: tuple[str, ...]
    rows: tuple[_Row, ...]


@dataclass(frozen=True, slots=True)
class _Figure:
    """One key frame."""

    uri: str
    caption: str
    alt: str


def render_page(assessment: Assessment, pictures: Mapping[str, bytes] | None, *, has_overlay: bool = False) -> str:
    """Return the whole page as text.

    Parameters
    ----------
    assessment
        With its evidence; without it the curves and the hip path are left out, and the page says so.
    pictures
        PNG or JPEG bytes of the key frames by name: ``standing``, ``bottom_rep_1``, ``bottom_rep_2`` …,
        ``view`` (where nobody bends); any may be absent. None: no picture of the person was kept.
    has_overlay
        Whether ``overlay.mp4`` lies beside the page, so that the page links to it.

    Returns
    -------
    str
        HTML without scripts; styles, charts and pictures are inside, and nothing is fetched.
    """
    return _template().render(_context(assessment, pictures, has_overlay=has_overlay))


@cache
def _template() -> Template:
    """Compile the template, once a process: it takes longer than filling it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hiphinge.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["value"] = words.value_text
    environment.filters["seconds"] = lambda value: "–" if value is None else f"{value:.2f} s"
    return environment.get_template("report.html")


def _context(assessment: Assessment, pictures: Mapping[str, bytes] | None, *, has_overlay: bool) -> dict[str, Any]:
    """Return what the template shows."""
    verdict = assessment.verdict
    return {
        "a": assessment,
        "notice": assessment.notice or NOTICE,
        "drill": words.DRILL_WORDS.get(assessment.drill, assessment.drill),
        "outcome": words.outcome_text(verdict),
        "tiles": _tiles(assessment),
        "figures": _figures(assessment, pictures or {}),
        "kept": pictures is not None,
        "tables": _tables(assessment),
        "grade_words": words.GRADE_WORDS,
        "grade_icons": words.GRADE_ICONS,
        "view_words": words.VIEW_WORDS,
        "view_icons": words.VIEW_ICONS,
        "interval": words.interval_text,
        "checks": sorted(assessment.quality, key=lambda check: _VIEW_ORDER.index(check.grade)),
        "view_cue": bool(verdict.cue) and verdict.outcome == "cannot_tell" and verdict.cue_rule in ("", "0"),
        "advice": _advice(assessment),
        "not_told": _not_told(assessment),
        "reference": words.reference_text(assessment.reference),
        "has_overlay": has_overlay,
        **_charts(assessment),
    }


def _charts(assessment: Assessment) -> dict[str, Any]:
    """Return the charts as safe markup, "" where there is nothing to draw."""
    from markupsafe import Markup

    motion = assessment.evidence.motion if assessment.evidence else None
    # The charts escape every word that they take; the rest of their text is numbers of ours.
    return {
        "curves": Markup(draw_angle_curves(motion, assessment.reps) if motion else ""),
        "share": Markup(draw_hip_share(quarter_shares(assessment))),
        "path": Markup(draw_hip_path(motion, assessment.reps) if motion else ""),
    }


def _tiles(assessment: Assessment) -> list[dict[str, str]]:
    """Return the few numbers for the top: the middle rep of each measure, with its own interval."""
    tiles = []
    for names, label in _TILES:
        told = [m for m in assessment.measures if m.name in names and m.rep is not None and m.value is not None]
        if not told:
            continue
        told.sort(key=lambda measure: measure.value or 0.0)
        middle = told[len(told) // 2]
        value, _bracket, interval = words.measure_text(middle).partition(" (")
        tiles.append(
            {
                "label": label,
                "value": value,
                "interval": interval.rstrip(")"),
                "reps": f"rep {middle.rep}" if len(told) == 1 else f"middle of {len(told)} reps",
            }
        )
    return tiles


def _figures(assessment: Assessment, pictures: Mapping[str, bytes]) -> list[_Figure]:
    """Return the key frames: standing first, then the bottoms in order, then anything else."""
    reps = {rep.number: rep for rep in assessment.reps}

    def place(name: str) -> tuple[int, int, str]:
        number = re.fullmatch(r"bottom_rep_(\d+)", name)
        if name == "standing":
            return 0, 0, name
        return (1, int(number[1]), name) if number else (2, 0, name)

    figures = []
    for name in sorted(pictures, key=place):
        kind, number, _ = place(name)
        if kind == 0:
            caption, alt = _standing_words(assessment)
        elif kind == 1:
            caption, alt = _bottom_words(assessment, number, reps.get(number))
        elif name == "view":
            caption, alt = "A picture from the video, with what was seen in it.", "A picture from the video."
        else:
            caption = alt = name.replace("_", " ").capitalize()
        figures.append(_Figure(_data_uri(pictures[name]), caption, alt))
    return figures


def _standing_words(assessment: Assessment) -> tuple[str, str]:
    """Return caption and alternative text of the standing frame."""
    if assessment.reference.angles == "still":
        return (
            "Standing: the still stand from which change is counted.",
            "The person stands still, side view.",
        )
    return "Standing: the most upright moment seen.", "The person at the most upright moment, side view."


def _bottom_words(assessment: Assessment, number: int, rep: Rep | None) -> tuple[str, str]:
    """Return caption and alternative text of the bottom of a rep."""
    caption = f"Bottom of rep {number}"
    if rep is not None:
        caption += f", {rep.bottom_s:.1f} s"
    parts = []
    for names, word in ((_TILES[0][0], "hips"), (_TILES[1][0], "lumbar spine")):
        found = [m for m in assessment.measures if m.name in names and m.rep == number and m.value is not None]
        parts += [f"{word} {words.interval_text(m.value, m.lo, m.hi, m.unit)}" for m in found[:1]]
    text = f"{caption}: {', '.join(parts)}." if parts else f"{caption}."
    return text, f"The person at the bottom of rep {number}, side view, the back curve drawn on the picture."


def _data_uri(picture: bytes) -> str:
    """Return the picture as a data URI."""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def _tables(assessment: Assessment) -> list[_Table]:
    """Return the rule tables: a row per rule and measure, a column per rep."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in assessment.findings:
        groups.setdefault((finding.rule, finding.label, finding.measure), []).append(finding)
    numbers = sorted({finding.rep for finding in assessment.findings if finding.rep is not None})
    tables = []
    for start in range(0, len(numbers), REPS_PER_TABLE):
        chunk = numbers[start : start + REPS_PER_TABLE]
        tables.append(_table(groups, tuple(f"Rep {number}" for number in chunk), chunk))
    if any(finding.rep is None for finding in assessment.findings):
        tables.append(_table(groups, ("Whole set",), [None]))
    return [table for table in tables if table.rows]


def _table(
    groups: Mapping[tuple[str, str, str], Sequence[Finding]],
    columns: tuple[str, ...],
    numbers: Sequence[int | None],
) -> _Table:
    """Return one rule table for the given reps."""
    rows = []
    for (rule, label, measure), findings in groups.items():
        by_rep = {finding.rep: finding for finding in findings}
        cells = tuple(by_rep.get(number) for number in numbers)
        if any(cells):
            first = findings[0]
            rows.append(_Row(rule, label, measure, first.limits, first.source, first.cue, cells))
    return _Table(columns, tuple(rows))


def _advice(assessment: Assessment) -> list[str]:
    """Return what would mend the view, the worst first, without what the cue already says."""
    ranked = [check for grade in ("cannot_tell", "usable") for check in assessment.quality if check.grade == grade]
    lines = dict.fromkeys(check.advice for check in ranked if check.advice)
    return [line for line in lines if line != assessment.verdict.cue]


def _not_told(assessment: Assessment) -> list[str]:
    """Return what could not be told and why: the verdict's lines, then measures and rules by their reason."""
    by_reason: dict[str, dict[str, list[int]]] = {}
    silent: list[Measure | Finding] = [m for m in assessment.measures if m.value is None]
    silent += [finding for finding in assessment.findings if finding.grade == "cannot_tell"]
    for item in silent:
        reps = by_reason.setdefault(item.reason or "no reason was recorded", {}).setdefault(item.label, [])
        if item.rep is not None and item.rep not in reps:
            reps.append(item.rep)
    lines = words.untold_lines(assessment)
    for reason, labels in by_reason.items():
        if any(reason in line for line in assessment.verdict.not_told):
            continue
        named = ", ".join(_with_reps(label, reps, len(assessment.reps)) for label, reps in labels.items())
        lines.append(f"{named[:1].upper()}{named[1:]}: {reason}")
    return list(dict.fromkeys(lines))


def _with_reps(label: str, reps: Sequence[int], n_reps: int) -> str:
    """Return the label with the reps that it is about, where these are not all."""
    if not reps or len(reps) >= n_reps:
        return label
    return f"{label} (rep {', '.join(str(number) for number in sorted(reps))})"
