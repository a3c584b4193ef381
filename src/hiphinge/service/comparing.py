"""Two clips side by side: each measure of the middle rep, and whether the difference is one that can be told. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hiphinge.model import Assessment
from hiphinge.program.outcomes import Better
from hiphinge.program.summary import DEEPER_DEG
from hiphinge.program.trend import Point, Verdict, find_mdc, trend
from hiphinge.report.program.words import change_text, point_text
from hiphinge.report.words import interval_text
from hiphinge.service.grading import middle_measures

__all__ = ["COMPARED", "Compared", "Comparison", "compare_clips"]

#: What is put side by side: measure, which way is better.
COMPARED: tuple[tuple[str, Better], ...] = (
    ("lumbar_flexion", "lower"), ("hip_flexion", None), ("hip_share", "higher"), ("trunk_lean", None),
    ("hip_back", "higher"), ("drop_per_back", "lower"), ("knee_flexion", None),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of two clips; ``words`` is the answer, ``band`` the least change that counts, in words."""

    name: str
    label: str
    before: str
    after: str
    change: str
    verdict: Verdict
    words: str
    band: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two clips side by side; ``cautions`` say what makes them hard to compare."""

    rows: tuple[Compared, ...]
    cautions: tuple[str, ...]


def compare_clips(before: Assessment, after: Assessment, *, at: tuple[datetime, datetime]) -> Comparison:
    """Put two clips side by side.

    Parameters
    ----------
    before, after
        The clips; where one has no answer, *not told* stands in its place.
    at
        When they were filmed.
    """
    old, new = middle_measures(before), middle_measures(after)
    labels = {one.name: (one.label, one.unit) for one in (*before.measures, *after.measures)}
    rows = []
    for name, better in COMPARED:
        if name not in labels or (name not in old and name not in new):
            continue
        label, unit = labels[name]
        was, is_now = (interval_text(*side[name], unit) if name in side else "not told" for side in (old, new))
        points = [
            Point(side[name][0], when, side[name][1], side[name][2])
            for side, when in zip((old, new), at, strict=True)
            if name in side
        ]
        mdc, _ = find_mdc(name, points)
        found = trend(points if len(points) == 2 else [], mdc, unit=unit, better=better)
        rows.append(
            Compared(
                name, label, was, is_now, change_text(found.by, unit), found.verdict, found.words,
                "" if mdc is None else point_text(mdc, unit),
            )
        )  # fmt: skip
    return Comparison(tuple(rows), tuple(_cautions(before, after, old, new)))


def _cautions(
    before: Assessment,
    after: Assessment,
    old: dict[str, tuple[float, float, float]],
    new: dict[str, tuple[float, float, float]],
) -> list[str]:
    found = []
    if before.drill != after.drill:
        found.append("These are two different drills, so compare with care.")
    if "trunk_lean" in old and "trunk_lean" in new:
        by = new["trunk_lean"][0] - old["trunk_lean"][0]
        if abs(by) >= DEEPER_DEG:
            which = "second" if by > 0 else "first"
            found.append(
                f"The {which} bend went {abs(by):.0f}° deeper, and depth alone bends the back more; see the hip share."
            )
    angles = {before.reference.angles, after.reference.angles}
    if len(angles) > 1:
        found.append("Only one of the two begins with a still stand, so that their zeros differ.")
    return found
