"""The page of one appointment: the usual bend and the coached one, side by side, to print and to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from hiphinge.program.about import SafetyAnswers
from hiphinge.program.summary import BeforeAfter
from hiphinge.report.program import words
from hiphinge.report.program.pdf import compile_pdf
from hiphinge.report.program.views import View
from hiphinge.verdict.headlines import NOTICE

__all__ = ["VisitPage", "VisitSide", "render_visit_pdf", "visit_view"]

_ESTIMATES = (
    "Numbers are estimates from video; a range in brackets is a 90 % interval, of the middle rep of each clip. Lumbar "
    "flexion: how far the lower back bends from the person's own still stand. Hip share: how much of the bend the hips "
    "do. Rounding is not dangerous in itself; it is limited here so that the hip option is learnt and change can be "
    "measured."
)


@dataclass(frozen=True, slots=True)
class VisitSide:
    """One bend as the page shows it: its drawing as SVG ("" without one), and each measure in words."""

    label: str
    headline: str
    svg: str
    alt: str
    measures: Sequence[tuple[str, str]]
    pain: int | None


@dataclass(frozen=True, slots=True)
class VisitPage:
    """What one appointment came to.

    ``sentence`` is the answer, ``cue`` what to try or to keep, ``next_step`` what to do until next time.
    ``resting_pain`` and ``safety`` were asked before the first bend.
    """

    person: str
    at: datetime
    usual: VisitSide
    coached: VisitSide
    found: BeforeAfter | None
    sentence: str
    cue: str
    next_step: str
    by: str = ""
    resting_pain: int | None = None
    safety: SafetyAnswers | None = None


def visit_view(page: VisitPage, *, zone: tzinfo | None = None) -> View:
    """Return the page as texts and tables only, for HTML and PDF."""
    sides = (page.usual, page.coached)
    labels = list(dict.fromkeys(label for side in sides for label, _ in side.measures))
    told = [dict(side.measures) for side in sides]
    rows = [{"label": label, "cells": [one.get(label, "not told") for one in told]} for label in labels]
    rows.append({"label": "Pain while doing it", "cells": [words.pain_text(side.pain) for side in sides]})
    day = words.date_text(page.at, zone)
    more = [] if page.found is None else [one for one in page.found.words if one != page.sentence]
    return {
        "kind": "visit",
        "lang": "en",
        "title": "Before and after",
        "document_title": f"Before and after, {day}",
        "eyebrow": " · ".join(part for part in (page.person, day, page.by) if part),
        "about": "",
        "sides": [
            {"label": one.label, "headline": one.headline, "svg": one.svg, "alt": one.alt or one.label} for one in sides
        ],
        "rows": rows,
        "sentence": page.sentence,
        "more": more,
        "asked": [f"Pain at rest, before: {words.pain_text(page.resting_pain)}.", words.safety_text(page.safety, zone)],
        "cue": page.cue,
        "next_step": page.next_step,
        "estimates": _ESTIMATES,
        "notice": NOTICE,
    }


def render_visit_pdf(page: VisitPage, *, zone: tzinfo | None = None) -> bytes:
    """Return the page of an appointment as a tagged PDF of one A4 page, from the same texts as the HTML."""
    return compile_pdf({**visit_view(page, zone=zone), "pictures": {}}, files={}, at=page.at)
