"""What a live set's summary says, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hiphinge.program.history import RepResult
from hiphinge.verdict.labels import MEASURE_LABELS, as_shown

if TYPE_CHECKING:
    from hiphinge.model import Array, Assessment

__all__ = ["live_cue", "measures_part", "nothing_done", "pace_hz", "rep_part", "verdict_part", "why_not"]

#: Pictures a second that live coaching needs; ``MIN_FPS`` of ``pose/source.js`` is its twin.
NEEDED_HZ = 8.0
#: View checks whose advice is for whoever films, not for whoever stands before a screen.
_FOR_FILMS = ("frame_rate", "reps")
_SEND = "Send a film instead: the device need not keep up with you then."

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


def nothing_done(
    assessment: Assessment | None = None, *, why: str = "", followed_hz: float | None = None
) -> dict[str, Any]:
    """Return the summary of a set of which nothing is kept.

    Parameters
    ----------
    assessment
        What was told of it; None where nothing was streamed.
    why
        Why nothing is kept; "" where no rep was seen. A device that was too slow to see any is told so.
    followed_hz
        How many pictures a second the device followed.
    """
    told: Mapping[str, Any] = _NOTHING
    note = why or "No rep was seen, so nothing is kept."
    then: Mapping[str, str] | None = None
    if assessment is not None:
        told = {**verdict_part(assessment), "cue": live_cue(assessment, assessment.verdict.cue)}
    if not why and followed_hz is not None and followed_hz < NEEDED_HZ:
        headline = "This device was too slow for live coaching."
        told = {**_NOTHING, "outcome": "cannot_tell", "headline": headline}
        note = f"{_say_pace(followed_hz)} No rep was seen, so nothing is kept."
        then = {"action": "film", "reason": _SEND}
    return {**told, "stored": False, "note": note, "reps": [], "measures": {}, "next": then}


def pace_hz(time_s: Array) -> float | None:
    """Return how many pictures a second came, by the middle step between two: a pause in between slows nothing."""
    return float(1.0 / np.median(np.diff(time_s))) if len(time_s) > 1 else None


def live_cue(assessment: Assessment, cue: str) -> str:
    """Return the one thing to try, put for somebody who was coached live; "" where it is for whoever films alone."""
    check = next((one for one in assessment.quality if one.name in _FOR_FILMS and cue and one.advice == cue), None)
    if check is None:
        return cue
    slow = check.name == "frame_rate" and check.value is not None
    return f"{_say_pace(check.value or 0.0)} {_SEND}" if slow else ""


def _say_pace(followed_hz: float) -> str:
    return f"It followed about {followed_hz:.0f} pictures a second, and coaching needs {NEEDED_HZ:.0f} or more."


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
            (label, unit), (value, lo, hi) = MEASURE_LABELS[name], as_shown(name, *told[name])
            found[name] = {"label": label, "unit": unit, "value": value, "lo": lo, "hi": hi}
    return found
