"""Finding the bends of a clip: descent, bottom, ascent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array, Rep
from hiphinge.signal import find_peaks, smooth

__all__ = ["MIN_DEPTH_DEG", "find_deep_part", "find_reps", "is_bottom_seen"]

#: A bend of less than this is not a rep: outcome ``no_bend`` (clinical rule set, section 6).
MIN_DEPTH_DEG = 20.0
#: Between two bottoms the person must come up by this share of the depth for them to count as two reps.
RETURN_RATIO = 0.5
#: A descent begins, and an ascent ends, within this share of the depth of the highest point beside it.
EDGE_RATIO = 0.12
#: The deep part of a bend is where it has reached this share of its depth: a pause there is neither way.
DEEP_RATIO = 0.95
#: Smoothing of the signal in which bends are found.
_SIGMA_S = 0.12
#: A gap longer than this inside a descent or ascent makes it unseen.
MAX_GAP_S = 0.5
#: Somebody who still moves this fast where the pictures end, and at this share of the way's greatest speed, had not
#: come near the bottom (DESIGN: a hold wavers by under 10 degrees a second; a smooth bow is so slow at 0.9 of its
#: depth).
MIN_MOVING_DEG_PER_S, MOVING_RATIO = 15.0, 0.6
#: Over so long the speed is read, and so near its end a bottom lies at the end of what was seen.
_NEAR_S = 0.12


def find_reps(
    depth_deg: Array, *, time_s: Array, baseline_deg: float, min_depth_deg: float = MIN_DEPTH_DEG
) -> tuple[Rep, ...]:
    """Find bends in a signal that rises from standing to the bottom.

    Parameters
    ----------
    depth_deg
        ``(n,)`` degrees, for example trunk lean; NaN where unseen.
    time_s
        ``(n,)`` seconds, increasing.
    baseline_deg
        The signal when standing.
    min_depth_deg
        Least depth over the baseline; partial reps beyond it count.

    Returns
    -------
    tuple of Rep
        In order of time; empty when nothing bends, which is an answer. A clip that starts or ends bent has a rep
        with ``has_descent`` or ``has_ascent`` False: it was not seen, so nothing is said about it.

    Notes
    -----
    Pauses at the bottom and on the way do not split a rep: only coming up by half of the depth does.
    """
    seen = np.flatnonzero(np.isfinite(depth_deg))
    if seen.size == 0 or not np.isfinite(baseline_deg):
        return ()
    calm = smooth(depth_deg, time_s=time_s, sigma_s=_SIGMA_S)[seen] - baseline_deg
    bottoms = _find_bottoms(calm, min_depth_deg=min_depth_deg)
    reps = []
    for position, bottom in enumerate(bottoms):
        low = bottoms[position - 1] if position else 0
        high = bottoms[position + 1] if position + 1 < len(bottoms) else calm.size - 1
        start, end = _find_edges(calm, bottom=bottom, low=low, high=high)
        reps.append(_make_rep(position + 1, seen, time_s, calm, start=start, bottom=bottom, end=end))
    return tuple(reps)


def find_deep_part(depth_deg: Array, *, time_s: Array, rep: Rep) -> tuple[int, int]:
    """Find where a bend first reaches, and where it last holds, ``DEEP_RATIO`` of its depth.

    Parameters
    ----------
    depth_deg, time_s
        The signal in which ``rep`` was found; NaN where unseen.
    rep
        One of its bends.

    Returns
    -------
    tuple of int
        Two rows of the track, ``start_frame <= first <= bottom_frame <= last < end_frame``. The deepest frame may lie
        anywhere in a hold at the bottom, so the ways down and up are timed to the first and from the last.
    """
    calm = smooth(depth_deg, time_s=time_s, sigma_s=_SIGMA_S)
    level = calm[rep.bottom_frame] - (1.0 - DEEP_RATIO) * rep.depth_deg
    with np.errstate(invalid="ignore"):
        deep = rep.start_frame + np.flatnonzero(calm[rep.start_frame : rep.end_frame] >= level)
    if deep.size == 0:
        return rep.bottom_frame, rep.bottom_frame
    return min(int(deep[0]), rep.bottom_frame), max(int(deep[-1]), rep.bottom_frame)


def is_bottom_seen(depth_deg: Array, *, time_s: Array, rep: Rep) -> bool:
    """Tell whether the bottom of a bend was seen, and not only the deepest picture before a cut or an end.

    Parameters
    ----------
    depth_deg, time_s
        The signal in which ``rep`` was found; NaN where unseen.
    rep
        One of its bends.

    Returns
    -------
    bool
        False where the pictures end, or begin, while the person is well on the way. Where somebody holds still, or has
        slowed down for the bottom, it is True.
    """
    seen = np.flatnonzero(np.isfinite(depth_deg))
    times, values = time_s[seen], depth_deg[seen]
    gaps = np.flatnonzero(np.diff(times) > MAX_GAP_S)
    place = int(np.searchsorted(seen, rep.bottom_frame))
    first = int(max((gap + 1 for gap in gaps if gap < place), default=0))
    last = int(min((gap for gap in gaps if gap >= place), default=seen.size - 1))
    at_end = times[last] - times[place] <= _NEAR_S
    at_start = times[place] - times[first] <= _NEAR_S
    if not at_end and not at_start:
        return True
    calm = smooth(values, time_s=times, sigma_s=_SIGMA_S)
    begin, end = np.searchsorted(seen, (rep.start_frame, rep.end_frame))
    goes_on = at_end and _still_goes(times, values, calm, rows=np.arange(max(begin, first), last + 1))
    came_from = at_start and _still_goes(-times, values, calm, rows=np.arange(min(end - 1, last), first - 1, -1))
    return not (goes_on or came_from)


def _still_goes(times: Array, values: Array, calm: Array, *, rows: NDArray[np.intp]) -> bool:
    """Tell whether the way to the last of these rows was far from its end: nearly as fast there as it ever was."""
    if rows.size < 4:
        return False
    steps = np.diff(calm[rows]) / np.diff(times[rows])
    n_last = max(3, int((np.abs(times[rows] - times[rows[-1]]) <= _NEAR_S).sum()))
    near = rows[-n_last:]
    speed = float(np.polyfit(times[near] - times[near[-1]], values[near], 1)[0])
    return speed > MIN_MOVING_DEG_PER_S and speed > MOVING_RATIO * float(steps.max())


def _find_bottoms(calm: Array, *, min_depth_deg: float) -> list[int]:
    """Pick the deepest sample of each bend; a clip's first or last sample may be one."""
    floor = min(0.0, float(calm.min()))
    padded = np.concatenate(([floor], calm, [floor]))
    peaks = find_peaks(padded, min_height=min_depth_deg, min_prominence=min_depth_deg * RETURN_RATIO)
    bottoms: list[int] = []
    for peak in (peaks - 1).tolist():
        if bottoms:
            valley = float(calm[bottoms[-1] : peak + 1].min())
            deepest = max(calm[bottoms[-1]], calm[peak])
            if deepest - valley < RETURN_RATIO * deepest:
                if calm[peak] > calm[bottoms[-1]]:
                    bottoms[-1] = peak
                continue
        bottoms.append(peak)
    return bottoms


def _find_edges(calm: Array, *, bottom: int, low: int, high: int) -> tuple[int, int]:
    """Walk up from the bottom on both sides to where the bend begins and ends."""
    before, after = calm[low : bottom + 1], calm[bottom : high + 1]
    depth = float(calm[bottom])
    start_level = float(before.min()) + EDGE_RATIO * (depth - float(before.min()))
    end_level = float(after.min()) + EDGE_RATIO * (depth - float(after.min()))
    above = np.flatnonzero(before <= start_level)
    start = low + int(above[-1]) if above.size else low
    below = np.flatnonzero(after <= end_level)
    end = bottom + int(below[0]) if below.size else high
    return start, end


def _make_rep(number: int, seen: np.ndarray, time_s: Array, calm: Array, *, start: int, bottom: int, end: int) -> Rep:
    depth = float(calm[bottom])

    def travelled(a: int, b: int, edge: int) -> bool:
        if b - a < 2 or np.diff(time_s[seen[a : b + 1]]).max() > MAX_GAP_S:
            return False
        return bool(depth - float(calm[edge]) >= RETURN_RATIO * depth)

    return Rep(
        number=number,
        start_frame=int(seen[start]),
        bottom_frame=int(seen[bottom]),
        end_frame=int(seen[end]) + 1,
        start_s=float(time_s[seen[start]]),
        bottom_s=float(time_s[seen[bottom]]),
        end_s=float(time_s[seen[end]]),
        has_descent=travelled(start, bottom, start),
        has_ascent=travelled(bottom, end, end),
        depth_deg=depth,
    )
