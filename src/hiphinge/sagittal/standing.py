"""The person's own zero: the still stand, or at least upright moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hiphinge.errors import UsageError
from hiphinge.model import Array, Reference
from hiphinge.sagittal.kinematics import Segments
from hiphinge.signal import find_runs, median_step_s

__all__ = ["Standing", "find_standing", "find_still"]

#: A still stand lasts at least this long; the best ``STILL_WINDOW_S`` of it is used.
MIN_STILL_S = 1.0
#: Length of the part of a still stand that gives the reference (clinical rule set: median of about 2 s).
STILL_WINDOW_S = 2.0
#: Largest trunk lean, either way, that still counts as standing.
MAX_UPRIGHT_LEAN_DEG = 18.0
#: Largest knee angle that still counts as standing.
MAX_UPRIGHT_KNEE_DEG = 25.0
#: Fastest change of trunk lean in a still stand.
MAX_STILL_SPEED_DEG_S = 8.0
#: Fastest drift of the hip in a still stand, trunk lengths a second.
MAX_STILL_DRIFT_RATIO_S = 0.12
#: Least time of upright moments, in all, for positions to be counted from them.
MIN_UPRIGHT_S = 0.15
#: Upright moments are the frames within this of the clip's most upright lean.
UPRIGHT_BAND_DEG = 5.0


@dataclass(frozen=True, slots=True)
class Standing:
    """The rows that give the reference and what they say.

    ``rows`` is ``(n,)`` true for the frames used for positions (and, with ``reference.angles == "still"``, for
    angles); ``hip_from_feet_px`` is the standing hip centre relative to the feet's anchor, ``(2,)``, NaN when none.
    """

    reference: Reference
    rows: NDArray[np.bool_]
    hip_from_feet_px: Array
    shoulder_from_feet_px: Array


def find_standing(segments: Segments, *, still_s: tuple[float, float] | None = None) -> Standing:
    """Find the still stand, or take the one given.

    Parameters
    ----------
    segments
        Segment leans over the clip.
    still_s
        Start and end, in seconds, of a still stand pointed out by the user.

    Returns
    -------
    Standing
        ``reference.angles`` is ``none`` when nobody stood still: a still stand is never invented. Upright moments
        then serve for positions only.

    Raises
    ------
    UsageError
        When ``still_s`` holds no frame in which the person was seen.
    """
    seen = _is_seen(segments)
    if still_s is not None:
        rows = seen & (segments.time_s >= still_s[0]) & (segments.time_s <= still_s[1])
        if not rows.any():
            raise UsageError(
                f"The still stand from {still_s[0]:g} s to {still_s[1]:g} s shows nobody.",
                expected=f"a part of the clip (0 to {segments.time_s[-1]:.1f} s) in which the person stands still",
                next_step="Give other times with --still, or leave it out and let hiphinge look for one.",
            )
        return _describe(segments, rows, "still")
    upright = seen & _is_upright(segments)
    still = _find_still(segments, upright)
    if still is not None:
        return _describe(segments, still, "still")
    rows = _find_upright_moments(segments, upright)
    return _describe(segments, rows, "upright" if rows.any() else "none")


def find_still(segments: Segments) -> NDArray[np.bool_] | None:
    """Rows of the still stand that ``find_standing`` finds by itself, ``(n,)``; None without one."""
    return _find_still(segments, _is_seen(segments) & _is_upright(segments))


def _is_seen(segments: Segments) -> NDArray[np.bool_]:
    seen: NDArray[np.bool_] = np.isfinite(segments.trunk_lean_deg) & np.isfinite(segments.ankle[:, 0])
    seen &= np.isfinite(segments.heel[:, 0]) & np.isfinite(segments.toe[:, 0])
    return seen


def _is_upright(segments: Segments) -> NDArray[np.bool_]:
    knee = segments.shank_lean_deg - segments.thigh_lean_deg
    with np.errstate(invalid="ignore"):
        upright: NDArray[np.bool_] = (np.abs(segments.trunk_lean_deg) < MAX_UPRIGHT_LEAN_DEG) & (
            np.abs(knee) < MAX_UPRIGHT_KNEE_DEG
        )
    return upright


def _find_still(segments: Segments, upright: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Return the rows of the first stand that is still for long enough, or None."""
    time_s = segments.time_s
    if time_s.shape[0] < 4 or not upright.any():
        return None
    speed = np.abs(np.gradient(segments.trunk_lean_deg, time_s))
    scale = float(np.nanmedian(segments.trunk_px))
    drift = np.hypot(*np.gradient(segments.hip, time_s, axis=0).T) / scale
    with np.errstate(invalid="ignore"):
        calm = upright & (speed < MAX_STILL_SPEED_DEG_S) & (drift < MAX_STILL_DRIFT_RATIO_S)
    runs = [
        (start, end)
        for start, end in find_runs(_bridge(calm, time_s))
        if time_s[end - 1] - time_s[start] >= MIN_STILL_S
    ]
    if not runs:
        return None
    start, end = runs[0]  # the first one: the person has not bent yet
    centre = (time_s[start] + time_s[end - 1]) / 2
    half = STILL_WINDOW_S / 2
    still = np.zeros(time_s.shape, dtype=bool)
    still[start:end] = calm[start:end]
    middle = still & (np.abs(time_s - centre) <= half)
    # Where the camera paused in the middle of the stand, all of it serves.
    return middle if middle.any() else still


def _bridge(calm: NDArray[np.bool_], time_s: Array) -> NDArray[np.bool_]:
    """Close breaks of under 0.15 s (one noisy frame does not end a stand)."""
    closed = calm.copy()
    step_s = median_step_s(time_s)
    for start, end in find_runs(~calm):
        if start > 0 and end < calm.size and (end - start) * step_s < 0.15:
            closed[start:end] = True
    return closed


def _find_upright_moments(segments: Segments, upright: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the most upright frames of a clip without a still stand; none when there are too few."""
    rows = np.zeros(upright.shape, dtype=bool)
    if not upright.any():
        return rows
    lean = np.abs(segments.trunk_lean_deg)
    band = float(np.min(lean[upright])) + UPRIGHT_BAND_DEG
    rows = upright & (lean <= band)
    step_s = median_step_s(segments.time_s)
    photograph = not np.isfinite(step_s)
    if not photograph and rows.sum() * step_s < MIN_UPRIGHT_S:
        return np.zeros(upright.shape, dtype=bool)
    return rows


def _describe(segments: Segments, rows: NDArray[np.bool_], kind: str) -> Standing:
    if kind == "none":
        nothing = Reference("none", "none", None, None, None, None)
        return Standing(nothing, rows, np.full(2, np.nan), np.full(2, np.nan))
    feet = segments.feet[rows]
    foot_length = np.hypot(*(segments.toe[rows] - segments.heel[rows]).T)
    times = segments.time_s[rows]
    length_px = float(np.nanmedian(foot_length)) if np.isfinite(foot_length).any() else None
    reference = Reference(
        angles="still" if kind == "still" else "none",
        positions="still" if kind == "still" else "upright",
        start_s=float(times[0]),
        end_s=float(times[-1]),
        foot_length_px=length_px,
        trunk_length_px=float(np.nanmedian(segments.trunk_px[rows])),
    )
    return Standing(
        reference,
        rows,
        _middle_of(segments.hip[rows] - feet),
        _middle_of(segments.shoulder[rows] - feet),
    )


def _middle_of(places: Array) -> Array:
    """Median of ``(n, 2)`` places, a column at a time: over an axis numpy takes ten times as long for so few."""
    return np.array([np.nanmedian(places[:, 0]), np.nanmedian(places[:, 1])])
