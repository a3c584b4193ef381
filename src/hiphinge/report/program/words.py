"""Words and numbers of the program's pages, the same in HTML and PDF."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo

from hiphinge.program.decision import Action
from hiphinge.program.facts import Estimate
from hiphinge.program.review import Answer
from hiphinge.program.trend import Point, Verdict
from hiphinge.report.words import interval_text, value_text

__all__ = [
    "ACTION_WORDS",
    "ANSWER_MARKS",
    "ANSWER_TONES",
    "ANSWER_WORDS",
    "VERDICT_MARKS",
    "VERDICT_TONES",
    "change_text",
    "date_text",
    "estimate_text",
    "pain_text",
    "point_text",
    "rep_text",
    "told_text",
]

ACTION_WORDS: Mapping[Action, str] = {
    "ask": "First, an answer",
    "stop_now": "Stop, and get help now",
    "stop_see": "Stop, and see a clinician first",
    "screen": "Next: have a look",
    "do": "Next",
    "up": "Next: one step on",
    "down": "Next: one step back",
    "choose": "Next: you choose",
    "easier": "Next: an easier way",
    "end_set": "End this set",
    "end_session": "Enough for today",
    "wait": "Wait",
    "done": "All steps are done",
}
ANSWER_WORDS: Mapping[Answer, str] = {"yes": "yes", "not_yet": "not yet", "cannot_tell": "cannot tell"}
#: Shapes that differ without colour.
ANSWER_MARKS: Mapping[Answer, str] = {"yes": "✓", "not_yet": "○", "cannot_tell": "?"}
ANSWER_TONES: Mapping[Answer, str] = {"yes": "met", "not_yet": "nearly", "cannot_tell": "unknown"}
VERDICT_MARKS: Mapping[Verdict, str] = {
    "better": "✓", "no_clear_change": "=", "other_way": "!", "changed": "→", "first": "·", "untold": "?",
}  # fmt: skip
VERDICT_TONES: Mapping[Verdict, str] = {
    "better": "met", "no_clear_change": "unknown", "other_way": "nearly", "changed": "unknown", "first": "unknown",
    "untold": "unknown",
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_SCORES = ("of 10", "of 24", "cm")


def date_text(at: datetime | date | None, zone: tzinfo | None, *, short: bool = False) -> str:
    """Return a day in words, in the reader's zone (None: that of this computer); "" for None.

    ``short`` leaves the year out and cuts the month.

    Examples
    --------
    >>> date_text(date(2026, 11, 3), None), date_text(date(2026, 11, 3), None, short=True)
    ('3 November 2026', '3 Nov')
    """
    if at is None:
        return ""
    day = at.astimezone(zone) if isinstance(at, datetime) else at
    month = _MONTHS[day.month - 1]
    return f"{day.day} {month[:3]}" if short else f"{day.day} {month} {day.year}"


def estimate_text(found: Estimate | None) -> str:
    """Return a value with its 90 % interval, "–" for None."""
    return interval_text(found.value, found.lo, found.hi, found.unit) if found else "–"


def point_text(value: float | None, unit: str) -> str:
    """Return a value of a trend: scores as they were given, camera measures as in the assessments."""
    if value is not None and unit in _SCORES:
        return f"{value:.4g} {unit}"
    return value_text(value, unit)


def told_text(point: Point | None, unit: str) -> str:
    """Return a point of a trend: an estimate with its 90 % interval, a score as it was given; "–" for None."""
    if point is None:
        return "–"
    if point.lo is None or point.hi is None:
        return point_text(point.value, unit)
    return interval_text(point.value, point.lo, point.hi, unit)


def change_text(by: float | None, unit: str) -> str:
    """Return a change with its sign.

    Examples
    --------
    >>> change_text(-12.3, "°"), change_text(2.0, "of 10"), change_text(0.0, "cm")
    ('−12°', '+2 points', '0 cm')
    """
    if by is None:
        return ""
    if unit in ("of 10", "of 24", "%"):  # percent of percent would be something else
        text = f"{abs(by):.3g} {'point' if abs(by) == 1 else 'points'}"
    else:
        text = f"{abs(by):.3g} {unit}" if unit == "cm" else value_text(abs(by), unit)
    zero = not any(digit in text for digit in "123456789")
    return text if zero else f"{'+' if by > 0 else '−'}{text}"


def pain_text(pain: int | None) -> str:
    """Return a pain score, "not asked" for None."""
    return "not asked" if pain is None else f"{pain} of 10"


def rep_text(passed: int, judged: int, reps: int) -> str:
    """Say how many reps met the drill's own rules, and how many could not be told."""
    if not reps:
        return "none filmed"
    if not judged:
        return f"cannot tell ({reps} reps)"
    return f"{passed} of {judged}" + (f", {reps - judged} cannot be told" if reps > judged else "")
