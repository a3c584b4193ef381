"""What a live set's summary says, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hiphinge.program.history import RepResult
from hiphinge.verdict.labels import MEASURE_LABELS

if TYPE_CHECKING:
    from hiphinge.model import Assessment

__all__ = ["measures_part", "nothing_done", "rep_part", "verdict_part", "why_not"]

#: Measures that a summary shows, in this order, where they were told.
_SHOWN = ("hip_share", "hip_share_60", "lumbar_flexion", "lumbar_of_own_maximum", "pelvis_tilt", "trunk_lean",
          "hip_back", "wall_gap", "knee_flexion", "reach")  # fmt: skip
_NOTHING = {
    "type": "summary",
    "outcome": "no_bend",
    "headline": "Nothing was done in this set.",
    "cue": "",
    "praise": "",
}


def nothing_done(assessment: Assessment | None = None, *, why: str = "") -> dict[str, Any]:
    """Return the summary of a set in which nothing was done."""
    return {
        **(verdict_part(assessment) if assessment is not None else _NOTHING),
        "stored": False,
        "note": why or "No rep was seen, so nothing is kept.",
        "reps": [],
        "measures": {},
        "next": None,
    }


def verdict_part(assessment: Assessment) -> dict[str, Any]:
    """Return the verdict as the summary tells it."""
    verdict = assessment.verdict
    return {
        "type": "summary", "outcome": verdict.outcome, "headline": verdict.headline, "cue": verdict.cue,
        "praise": verdict.praise,
    }  # fmt: skip


def why_not(assessment: Assessment) -> str:
    """Say why nothing could be told; "" where something was. What helps is the one thing to try."""
    verdict = assessment.verdict
    if verdict.outcome != "cannot_tell" or not verdict.reasons:
        return ""
    return verdict.reasons[0].removesuffix(verdict.cue).rstrip()


def rep_part(one: RepResult, assessment: Assessment) -> dict[str, Any]:
    """Return a rep as the summary tells it."""
    depth = next((rep.depth_deg for rep in assessment.reps if rep.number == one.number), None)
    told = one.lumbar_deg is not None
    lumbar = {"value": one.lumbar_deg, "lo": one.lumbar_lo_deg, "hi": one.lumbar_hi_deg} if told else None
    return {"number": one.number, "grade": one.grade, "depth_deg": depth, "lumbar": lumbar, "cue": one.cue}


def measures_part(told: Mapping[str, tuple[float, float, float]]) -> dict[str, Any]:
    """Return what a person reads of the middle rep, with names and units; the whole list is in the assessment."""
    found = {}
    for name in _SHOWN:
        if name in told:
            (label, unit), (value, lo, hi) = MEASURE_LABELS[name], told[name]
            found[name] = {"label": label, "unit": unit, "value": value, "lo": lo, "hi": hi}
    return found
