"""How one measure moves over the sessions, with the least change that can be told from error as a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite, sqrt
from statistics import median
from typing import Literal

from hiphinge.program.outcomes import Better

__all__ = ["CAMERA_MDC", "SCORES", "STAND_IN_SOURCE", "Point", "Trend", "Verdict", "find_mdc", "trend"]

#: ``first``: one session only. ``untold``: nothing, or no band, to compare with.
Verdict = Literal["better", "no_clear_change", "other_way", "changed", "first", "untold"]

#: Least change that counts, by camera measure, and where the figure comes from.
CAMERA_MDC: Mapping[str, tuple[float, str]] = {
    "lumbar_flexion": (10.0, "10° [DESIGN], until our own reliability study"),
}
#: The group of scores, which are answers, not estimates.
SCORES = "Scores"
STAND_IN_SOURCE = "√2 × half the 90 % interval, a stand-in [DESIGN] until our own reliability study"

_WORDS: Mapping[Verdict, str] = {
    "better": "better",
    "no_clear_change": "no clear change",
    "other_way": "the other way",
    "changed": "changed",
    "first": "first measure",
    "untold": "cannot tell",
}


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a measure with its 90 % interval (None: a score without one). ``drill`` is what was done."""

    value: float
    at: datetime
    lo: float | None = None
    hi: float | None = None
    session: str = ""
    drill: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """The points of one measure, one for each session, and what they say.

    ``baseline`` is the middle value of the first session, ``latest`` of the last; ``mdc`` the least change that counts,
    so that the band is about ``baseline`` ± ``mdc``. ``another_drill``: first and last are of different drills.
    """

    name: str
    label: str
    unit: str
    points: tuple[Point, ...]
    baseline: float | None
    latest: float | None
    mdc: float | None
    mdc_source: str
    verdict: Verdict
    words: str
    better: Better = None
    group: str = ""
    another_drill: bool = False

    @property
    def band(self) -> tuple[float, float] | None:
        """Return the ends of the band inside which no change is clear; None without one.

        A score's change is clear from ``mdc`` on, so of whole points the band ends half a point before that.
        """
        if self.baseline is None or self.mdc is None:
            return None
        whole = all(one.value == int(one.value) for one in self.points) and self.mdc == int(self.mdc)
        half = self.mdc - (0.5 if self.group == SCORES and whole else 0.0)
        return self.baseline - half, self.baseline + half

    @property
    def by(self) -> float | None:
        """Return latest - baseline; None where there is one session only."""
        if self.baseline is None or self.latest is None or len(self.points) < 2:
            return None
        return self.latest - self.baseline


def trend(
    points: Sequence[Point],
    mdc: float | None,
    *,
    name: str = "",
    label: str = "",
    unit: str = "",
    better: Better = None,
    source: str = "",
    group: str = "",
) -> Trend:
    """Compare the last session of a measure with the first.

    Parameters
    ----------
    points
        In the order of the log, which holds even where a clock went back; those of one ``session`` count as one, by
        the one in the middle (``""``: each counts for itself). Values that are not finite are left out.
    mdc
        The least change that counts, in the measure's unit; None or NaN: nothing can be told.
    name, label, unit, better, source, group
        Kept in the result; ``better`` gives *better* and *the other way* their direction.

    Returns
    -------
    Trend
        With one point for each session, oldest first.
    """
    by_session = _merge(points)
    known = mdc if mdc is not None and isfinite(mdc) else None
    baseline = by_session[0].value if by_session else None
    latest = by_session[-1].value if by_session else None
    verdict = _judge(by_session, known, better)
    moved = len(by_session) > 1 and by_session[0].drill != by_session[-1].drill
    return Trend(
        name, label, unit, by_session, baseline, latest, known, source, verdict, _WORDS[verdict], better, group, moved
    )  # fmt: skip


def find_mdc(name: str, points: Sequence[Point]) -> tuple[float | None, str]:
    """Return the least change that counts for a camera measure, and its source; None without intervals.

    Where no figure is known, √2 x the median half-width of the points' 90 % intervals stands in: two independent
    readings differ by more than that one time in ten.
    """
    if name in CAMERA_MDC:
        return CAMERA_MDC[name]
    halves = [
        (one.hi - one.lo) / 2
        for one in points
        if one.lo is not None and one.hi is not None and isfinite(one.hi - one.lo) and one.hi > one.lo
    ]
    return (sqrt(2) * median(halves), STAND_IN_SOURCE) if halves else (None, "")


def _merge(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return one point for each session, in the order of the log: the one in the middle, with its own interval.

    Of two in the middle the higher one, as for the reps of a set.
    """
    groups: dict[str, list[Point]] = {}
    for number, one in enumerate(points):
        if isfinite(one.value):
            groups.setdefault(one.session or f"\0{number}", []).append(one)
    merged = []
    for group in groups.values():
        middle = sorted(group, key=lambda one: one.value)[len(group) // 2]
        merged.append(replace(middle, at=group[-1].at))
    return tuple(merged)


def _judge(points: tuple[Point, ...], mdc: float | None, better: Better) -> Verdict:
    if len(points) < 2:
        return "first" if points else "untold"
    if mdc is None:
        return "untold"
    by = points[-1].value - points[0].value
    if abs(by) <= mdc:
        return "no_clear_change"
    if better is None:
        return "changed"
    return "better" if (by < 0) == (better == "lower") else "other_way"
