"""Where the hands are. A bell is not seen: the wrists stand for it, and results say so."""

from __future__ import annotations

import numpy as np

from hiphinge.model import Array, PoseTrack
from hiphinge.sagittal import Segments
from hiphinge.sagittal.points import HANDS, WRISTS

__all__ = ["FETCHED_LOADS", "compute_load_offset", "compute_reach", "find_low_hands"]

#: A wrist or fingertip less visible than this is not used.
MIN_VISIBILITY = 0.4
#: Loads that are fetched and put back: bends with the hands below the knees are then not reps of the drill.
FETCHED_LOADS = ("upper_abdomen", "upper_back")
#: Where the load belongs on the trunk: from .. to along the hip-shoulder axis, and to the belly (-) or back (+).
_TRUNK_PLACES = {"upper_abdomen": (0.45, 0.85, -0.35, 0.0), "upper_back": (0.75, 1.25, -0.02, 0.35)}


def _seen(pose: PoseTrack, pair: tuple[int, int], row: int) -> Array:
    """Mean of the visible ones of a left and a right point, ``(2,)``; NaN when neither is visible."""
    points = pose.keypoints_px[row][list(pair)]
    good = pose.visibility[row][list(pair)] >= MIN_VISIBILITY
    mean: Array = points[good].mean(axis=0) if good.any() else np.full(2, np.nan)
    return mean


def compute_load_offset(place: str, pose: PoseTrack, segments: Segments, *, row: int) -> float:
    """Distance of the wrists from where the load of a drill belongs, trunk lengths; 0 = in place, NaN = not seen.

    Parameters
    ----------
    place
        ``upper_abdomen``, ``upper_back``, ``behind_knees`` or ``mid_foot``.
    pose, segments
        The tracks.
    row
        The frame, usually the bottom of a rep.
    """
    wrist = _seen(pose, WRISTS, row)
    trunk = segments.shoulder[row] - segments.hip[row]
    length = float(np.hypot(*trunk))
    if place == "behind_knees":
        return float(np.maximum(0.0, (wrist[0] - segments.knee[row, 0]) / length))  # keeps NaN, max() would not
    if place == "mid_foot":
        return float(abs(wrist[0] - segments.feet[row, 0]) / length)
    low, high, front, back = _TRUNK_PLACES[place]
    u = trunk / length
    n = np.array([u[1], -u[0]])
    along, across = float((wrist - segments.hip[row]) @ u / length), float((wrist - segments.hip[row]) @ n / length)
    outside = (max(low - along, 0.0, along - high), max(front - across, 0.0, across - back))
    return float(np.hypot(*outside))


def compute_reach(pose: PoseTrack, segments: Segments, *, row: int) -> float:
    """Height of the lowest seen fingertip above the soles, pixels; NaN when no hand is seen."""
    points = pose.keypoints_px[row][list(HANDS)]
    good = pose.visibility[row][list(HANDS)] >= MIN_VISIBILITY
    if not good.any():
        return float("nan")
    floor = segments.feet[row, 1]
    return float(floor - points[good][:, 1].max())


def find_low_hands(pose: PoseTrack, segments: Segments, *, row: int) -> bool:
    """Tell whether the hands are below the knees: the bend picks something up or puts it down."""
    wrist = _seen(pose, WRISTS, row)
    return bool(np.isfinite(wrist[1]) and wrist[1] > segments.knee[row, 1])
