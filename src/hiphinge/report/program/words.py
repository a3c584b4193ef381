"""Words and numbers of the program's pages, the same in HTML and PDF."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo

from hiphinge.program.about import SafetyAnswers
from hiphinge.program.decision import Action
from hiphinge.program.facts import Estimate
from hiphinge.program.progress import Rung, RungState
from hiphinge.program.review import Answer, clip_share
from hiphinge.program.trend import Point, Verdict
from hiphinge.report.words import interval_text, value_text

__all__ = [
    "ACTION_WORDS",
    "ANSWER_MARKS",
    "ANSWER_TONES",
    "ANSWER_WORDS",
    "HOLD_MARKS",
    "HOLD_TONES",
    "HOLD_WORDS",
    "RUNG_MARKS",
    "VERDICT_MARKS",
    "VERDICT_TONES",
    "change_text",
    "date_text",
    "estimate_text",
    "moment_text",
    "pain_text",
    "point_text",
    "rep_text",
    "rung_text",
    "safety_text",
    "shown_interval",
    "told_text",
]

ACTION_WORDS: Mapping[Action, str] = {
    "ask": "First, an answer",
    "stop_now": "Stop, and get help now",
    "stop_see": "Stop, and see a clinician first",
    "screen": "Next, a look",
    "do": "Your next step",
    "up": "One step on",
    "down": "One step back",
    "choose": "You choose",
    "easier": "An easier way",
    "end_set": "End this set",
    "end_session": "Enough for today",
    "wait": "Wait",
    "done": "All steps are done",
}
ANSWER_WORDS: Mapping[Answer, str] = {"yes": "yes", "not_yet": "not yet", "cannot_tell": "cannot tell"}
#: Shapes that differ without colour.
ANSWER_MARKS: Mapping[Answer, str] = {"yes": "✓", "not_yet": "○", "cannot_tell": "?"}
ANSWER_TONES: Mapping[Answer, str] = {"yes": "met", "not_yet": "nearly", "cannot_tell": "unknown"}
#: Whether a line of a decision holds: in words, as a shape, as a tone.
HOLD_WORDS: Mapping[bool | None, str] = {True: "met", False: "not met", None: "not known"}
HOLD_MARKS: Mapping[bool | None, str] = {True: "✓", False: "○", None: "?"}
HOLD_TONES: Mapping[bool | None, str] = {True: "met", False: "nearly", None: "unknown"}
#: The steps of the ladder; only a gate gives ✓.
RUNG_MARKS: Mapping[RungState, str] = {"passed": "✓", "done": "–", "placed": "↷", "present": "●", "ahead": "○"}
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


def moment_text(at: datetime | None, zone: tzinfo | None) -> str:
    """Return a day with its time of day, in the reader's zone; "" for None."""
    return f"{date_text(at, zone)}, {at.astimezone(zone):%H:%M}" if at is not None else ""


def estimate_text(found: Estimate | None) -> str:
    """Return a value with its 90 % interval, "–" for None."""
    return shown_interval(found.value, found.lo, found.hi, found.unit) if found else "–"


def shown_interval(value: float, lo: float, hi: float, unit: str) -> str:
    """Return a value with its interval; a share stays between 0 and 100."""
    return interval_text(clip_share(value, unit), clip_share(lo, unit), clip_share(hi, unit), unit)


def point_text(value: float | None, unit: str) -> str:
    """Return a value of a trend: scores as they were given, camera measures as in the assessments."""
    if value is not None and unit in _SCORES:
        return f"{value:.4g} {unit}"
    return value_text(None if value is None else clip_share(value, unit), unit)


def told_text(point: Point | None, unit: str) -> str:
    """Return a point of a trend: an estimate with its 90 % interval, a score as it was given; "–" for None."""
    if point is None:
        return "–"
    if point.lo is None or point.hi is None:
        return point_text(point.value, unit)
    return shown_interval(point.value, point.lo, point.hi, unit)


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


def safety_text(found: SafetyAnswers | None, zone: tzinfo | None) -> str:
    """Say when the safety questions were answered, and with what."""
    if found is None:
        return "Safety questions: not asked."
    parts = []
    if found.yes:
        parts.append("yes to " + ", ".join(f"“{one}”" for one in found.yes))
    elif found.no:
        parts.append(f"no to {'all ' if not found.left else ''}{found.no} (a no does not clear anyone)")
    if found.left:
        parts.append(f"{found.left} not answered")
    lifted = f" {found.cleared_by} lifted the stop." if found.cleared_by else ""
    return f"Safety questions, {date_text(found.at, zone)}: {'; '.join(parts)}.{lifted}"


def rep_text(passed: int, judged: int, reps: int) -> str:
    """Say how many reps met the drill's own rules, and how many could not be told."""
    if not reps:
        return "none filmed"
    if not judged:
        return f"cannot tell ({reps} reps)"
    return f"{passed} of {judged}" + (f", {reps - judged} cannot be told" if reps > judged else "")


def rung_text(one: Rung, now: datetime, zone: tzinfo | None) -> str:
    """Say where a step of the ladder stands, with its day, and the year where that is not the present one."""

    def day(at: datetime | None) -> str:
        if at is None:
            return ""
        return f" {date_text(at, zone, short=True)}" + (f" {at.year}" if at.year != now.year else "")

    by = f" by {one.by}" if one.by else ""
    return {
        "passed": f"passed{day(one.passed)}",
        "done": f"done{day(one.passed)}",
        "placed": f"placed ahead{by},{day(one.placed)}".rstrip(","),
        "present": f"here since{day(one.reached)}" if one.reached else "here",
        "ahead": f"first reached{day(one.reached)}, ahead again" if one.reached else "ahead",
    }[one.state]
