"""The words and numbers that people read, the same in the report and in the terminal."""

from __future__ import annotations

import math
from typing import cast

from hiphinge.model import Assessment, Grade, Measure, Outcome, Reference, Verdict, ViewGrade
from hiphinge.verdict.headlines import MIXED_BADGES
from hiphinge.verdict.labels import as_shown

__all__ = [
    "DRILL_WORDS",
    "GRADE_ICONS",
    "GRADE_WORDS",
    "OUTCOME_WORDS",
    "VIEW_ICONS",
    "VIEW_TROUBLE",
    "VIEW_WORDS",
    "badge_text",
    "interval_text",
    "measure_text",
    "named_text",
    "outcome_text",
    "reference_text",
    "untold_lines",
    "value_text",
]

GRADE_WORDS: dict[Grade, str] = {
    "pass": "met",
    "caution": "caution",
    "fail": "not met",
    "cannot_tell": "cannot tell",
    "reported": "reported only",
}
#: Shapes that differ without colour; hidden from screen readers, which get the word.
GRADE_ICONS: dict[Grade, str] = {
    "pass": "✓",
    "caution": "◐",
    "fail": "✕",
    "cannot_tell": "?",
    "reported": "·",
}
VIEW_WORDS: dict[ViewGrade, str] = {"good": "good", "usable": "usable", "cannot_tell": "not enough"}
VIEW_ICONS: dict[ViewGrade, str] = {"good": "✓", "usable": "◐", "cannot_tell": "?"}
OUTCOME_WORDS: dict[Outcome, str] = {
    "hinge": "Hinge",
    "spine": "The back did much of it",
    "mixed": "Hips and back share",
    "squat": "Squat",
    "no_bend": "No bend",
    "cannot_tell": "Cannot tell",
    "hips_first": "Hips first",
    "typical": "Typical bend",
    "back_first": "Back first",
    "pelvis_tilts": "The pelvis tilts",
    "no_tilt": "No pelvic tilt seen",
    "reference_taken": "Reference taken",
}
DRILL_WORDS = {
    "toe_touch": "toe-touch",
    "pelvic_tilt": "pelvic tilt",
    "rounding": "comfortable rounding",
    "wall": "wall hinge",
    "hinge": "free hinge",
    "goat_bag": "goat-bag hinge",
    "upper_back": "upper-back load",
    "pull_through": "pull-through",
    "deadlift": "deadlift",
}
#: What a check of the view found, by its name: where it allows no answer, and where it only widens one.
VIEW_TROUBLE: dict[str, tuple[str, str]] = {
    "person": ("nobody seen for long enough", "the person is not always seen"),
    "facing": ("which way the person faces is not seen", "which way the person faces is not sure"),
    "side_on": ("not side-on", "not fully side-on"),
    "head_in_frame": ("head out of the picture", "head now and then out of the picture"),
    "trunk_in_frame": ("trunk out of the picture", "trunk now and then out of the picture"),
    "knees_in_frame": ("knees out of the picture", "knees now and then out of the picture"),
    "feet_in_frame": ("feet out of the picture", "feet now and then out of the picture"),
    "body_height": ("too small in the picture", "small in the picture"),
    "leg_visible": ("knee and ankle hidden", "knee or ankle partly hidden"),
    "sharpness": ("the back's outline not seen sharply", "the back's outline soft"),
    "still_stand": ("no still stand to count from", "no still stand to count from: wider intervals"),
    "cuts": ("cuts in the clip", "cuts in the clip: the longest part counts"),
    "camera_still": ("the camera moved", "the camera moved a little"),
    "frame_rate": ("too few pictures a second", "few pictures a second"),
    "reps": ("too few reps", "fewer than three reps"),
    "back_visible": ("the low back is hidden", "the low back partly hidden"),
    "one_person": ("other people in the picture", "other people in the picture"),
    "undamaged": ("part of the file cannot be read", "part of the file cannot be read: told from the rest"),
}
_SUFFIXES = {"deg": "°", "°": "°", "ratio": "", "": "", "1": ""}


def outcome_text(verdict: Verdict) -> str:
    """Say an outcome in two or three words, of one mind with the headline."""
    return badge_text(verdict.outcome, verdict.headline)


def badge_text(outcome: str, headline: str) -> str:
    """Return the same from an outcome and its headline, as they are stored."""
    badge = MIXED_BADGES.get(headline) if outcome == "mixed" else None
    return badge or OUTCOME_WORDS.get(cast(Outcome, outcome), outcome)


def _decimals(value: float, unit: str) -> int:
    """Return how many decimals a value deserves: whole degrees and percents, else about three figures."""
    if unit in ("deg", "°", "px") or unit.startswith(("%", "percent")):
        return 0
    if unit == "s":
        return 1
    return 2 if abs(value) < 10 else 0 if abs(value) >= 100 else 1


def _number(value: float, decimals: int) -> str:
    """Return the bare number with a true minus sign, and no "−0"."""
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def value_text(value: float | None, unit: str) -> str:
    """Return a value with its unit, "–" where it is not told.

    Examples
    --------
    >>> value_text(23.4, "deg"), value_text(-0.004, "FL"), value_text(None, "s")
    ('23°', '0.00 FL', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    return _number(value, _decimals(value, unit)) + _SUFFIXES.get(unit, f" {unit}")


def interval_text(value: float | None, lo: float | None, hi: float | None, unit: str) -> str:
    """Return a value with its 90 % interval.

    Examples
    --------
    >>> interval_text(23.4, 18.0, 28.2, "deg")
    '23° (18 to 28)'
    """
    text = value_text(value, unit)
    if value is None or text == "–" or lo is None or hi is None or not math.isfinite(lo + hi):
        return text
    decimals = _decimals(value, unit)
    return f"{text} ({_number(lo, decimals)} to {_number(hi, decimals)})"


def measure_text(one: Measure) -> str:
    """Return a measure with its interval, as it is shown."""
    if one.value is None or one.lo is None or one.hi is None:
        return interval_text(one.value, one.lo, one.hi, one.unit)
    return named_text(one.name, (one.value, one.lo, one.hi), one.unit)


def named_text(name: str, found: tuple[float, float, float], unit: str) -> str:
    """Return value, lo and hi of the measure of this name, as they are shown."""
    value, lo, hi = as_shown(name, *found)
    return interval_text(value, lo, hi, unit)


def reference_text(reference: Reference) -> str:
    """Say in one sentence what zero is."""
    if reference.angles == "still" and reference.start_s is not None and reference.end_s is not None:
        return (
            f"Zero is this person's own still stand, {reference.start_s:.1f} to {reference.end_s:.1f} s of the video."
        )
    if reference.angles == "still":
        return "Zero is this person's own still stand."
    positions = {
        "upright": " Positions are counted from upright moments.",
        "still": " Positions are counted from a still stand.",
        "none": " No upright moment was found either, so the hip path is not told.",
    }
    return (
        "No still stand was found: zero is the mean standing curve of the calibration people, with a wider "
        "interval." + positions[reference.positions]
    )


def untold_lines(assessment: Assessment) -> list[str]:
    """Return what could not be told, each reason once; of a view that allows no answer at all, the view alone."""
    whole = {one.label for one in assessment.quality if one.grade == "cannot_tell" and "all" in one.affects}
    by_why: dict[str, list[str]] = {}
    for line in assessment.verdict.not_told:
        what, _colon, why = line.partition(": ")
        by_why.setdefault(why, []).append(what)
    lines = []
    for why, named in by_why.items():
        text = ", ".join([one for one in named if one in whole] or named)
        lines.append(f"{text[:1].upper()}{text[1:]}{f': {why}' if why else ''}")
    return lines
