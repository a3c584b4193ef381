"""The wall behind the person: how far the heels stand from it, and whether the seat reaches it (rule 11).

The wall's place is a number that somebody gives; it is never guessed here. The seat is the rearmost point of the mask
at hip height, so a touch is "no gap that a mask could show", not pressure.
"""

from __future__ import annotations

from math import hypot, isfinite

import numpy as np

from hiphinge.model import Array, Rep
from hiphinge.reps import find_deep_part
from hiphinge.signal import nan_median_near
from hiphinge.verdict.context import RepContext

__all__ = ["NO_WALL", "TOUCH_RATIO", "compute_contact", "compute_gap", "compute_heel_to_wall"]

#: A seat within this many foot lengths of the wall touches it (clinical rule set, rule 11).
TOUCH_RATIO = 0.12
#: The pose model's heel point lies before the true heel by so much, and by this much more or less from person to
#: person (90 %); likewise the foot's length, as a share of it. 78 rendered people, ``tools/measure_wall.py``.
HEEL_BEFORE_RATIO, HEEL_HALF_RATIO, FOOT_HALF_SHARE = 0.068, 0.072, 0.12
#: The seat's edge is within 0.015 foot lengths on those people. The rest is perspective: seat and wall meet nearer to
#: the camera or further from it than the place on the floor that was given (rendered clips with a wall, same tool).
EDGE_HALF_RATIO = 0.08

NO_WALL = "Where the wall is was not given: say it with --wall, or tick that your seat touched."
_NO_STAND = "Nobody stands upright in this clip, so there is no foot length to count in."
_IN_FRONT = "The place given for the wall does not lie behind the heels: give where the wall meets the floor."
_BEYOND = "The seat goes past the place given for the wall, so the wall is further back: give its place again."
_NO_TOUCH = f"The seat does not come within {TOUCH_RATIO:g} foot lengths of the wall."
_AT_WALL = "In the still stand the seat is at the wall already, so a touch says nothing: step away from it."
_UNSEEN = "The seat's edge was not seen at the bottom."

Interval = tuple[float, float, float]


def compute_gap(context: RepContext) -> Array:
    """Distance from the wall to the seat's rearmost point over the clip.

    Returns
    -------
    Array
        ``(n,)`` foot lengths, 0 where they meet; NaN where seat, foot length or wall are not known.
    """
    seat = context.profile.seat_px[:, 0]
    if context.wall_px is None:
        return np.full(seat.shape, np.nan)
    gap: Array = (seat - context.wall_px) / context.foot_px
    return gap


def compute_heel_to_wall(context: RepContext) -> Interval | str:
    """Distance from the wall to the heels in the still stand, foot lengths with interval, or why it is not told."""
    if context.wall_px is None:
        return context.wall_reason or NO_WALL
    heel = context.segments.heel[context.standing.rows, 0]
    if not (isfinite(context.foot_px) and np.isfinite(heel).any()):
        return _NO_STAND
    value = (float(np.nanmedian(heel)) - context.wall_px) / context.foot_px - HEEL_BEFORE_RATIO
    half = hypot(HEEL_HALF_RATIO, EDGE_HALF_RATIO, FOOT_HALF_SHARE * value)
    return _IN_FRONT if value + half < 0 else (value, value - half, value + half)


def compute_contact(rep: Rep, context: RepContext) -> dict[str, Interval | str]:
    """Compute the least gap between seat and wall in the deep part of a rep, and when the seat first touches.

    Returns
    -------
    dict
        ``wall_gap`` (foot lengths) and ``wall_touch_time`` (seconds of the clip), each with its interval, or with the
        reason why it is not told.
    """
    heel = compute_heel_to_wall(context)
    if isinstance(heel, str):
        return {"wall_gap": heel, "wall_touch_time": heel}
    gap = compute_gap(context)
    stand = gap[context.standing.rows]
    if np.isfinite(stand).any() and float(np.nanmedian(stand)) <= TOUCH_RATIO:
        return {"wall_gap": _AT_WALL, "wall_touch_time": _AT_WALL}
    motion = context.motion
    first, last = find_deep_part(motion.trunk_lean.value_deg, time_s=motion.time_s, rep=rep)
    deep = gap[first : last + 1]
    if not np.isfinite(deep).any():
        return {"wall_gap": _UNSEEN, "wall_touch_time": _UNSEEN}
    value = nan_median_near(gap, row=first + int(np.nanargmin(deep)))
    half = hypot(EDGE_HALF_RATIO, FOOT_HALF_SHARE * value)
    if value + half < -TOUCH_RATIO:
        return {"wall_gap": _BEYOND, "wall_touch_time": _BEYOND}
    return {"wall_gap": (value, value - half, value + half), "wall_touch_time": _touch_time(gap, rep, context)}


def _touch_time(gap: Array, rep: Rep, context: RepContext) -> Interval | str:
    """When the seat is first at the wall, by the median of neighbouring frames."""
    for row in range(rep.start_frame, rep.end_frame):
        if nan_median_near(gap, row=row) <= TOUCH_RATIO:
            at, half = float(context.motion.time_s[row]), context.widths.time_s
            return (at, at - half, at + half)
    return _NO_TOUCH
