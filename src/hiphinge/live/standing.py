"""The still stand, found while the person stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.errors import UsageError
from hiphinge.live.film import Film
from hiphinge.live.wire import rows_to_pose, rows_to_tracks
from hiphinge.sagittal import Segments, compute_segments, compute_yaw_deg, find_standing, join_segments
from hiphinge.sagittal.kinematics import calm_joints
from hiphinge.sagittal.standing import MAX_UPRIGHT_LEAN_DEG, MIN_STILL_S, find_still
from hiphinge.spine import LiveSpine, SpineInput, load_calibration, read_together
from hiphinge.spine.network import OUTPUTS

__all__ = ["NO_STAND", "Stand", "StillSearch", "count_from", "read_again", "seek_still"]

#: A stand is sought in the latest seconds: twice what is needed, and a little.
_SPAN_S = 4.2
#: A stand is over when nothing of it lies in the latest so many seconds.
_OVER_S = 0.3
#: Trunk and hip that stay within this look still.
_STEADY_DEG, _STEADY_RATIO = 2.0, 0.04


@dataclass(frozen=True, slots=True)
class StillSearch:
    """How far it is: ``rows`` of the film that stand still; ``over``: the person moves on.

    ``still_s``: for how long, also where that is too short yet to count and there are no rows. ``upright``: whether the
    person stands upright now.
    """

    rows: slice | None
    still_s: float
    over: bool
    upright: bool


#: Nobody stands.
NO_STAND = StillSearch(None, 0.0, False, False)


@dataclass(frozen=True, slots=True)
class Stand:
    """A stand that counts: its rows of the film, the reader that counts from it, and where hip and feet were.

    ``baseline_deg`` is the trunk's lean; ``hip_x_px`` the hip's place, ``foot_px`` the foot's length as hip travel
    counts it, NaN where the feet were not seen.
    """

    rows: slice
    reader: LiveSpine
    baseline_deg: float
    hip_x_px: float
    foot_px: float


def seek_still(film: Film, *, since: int) -> StillSearch:
    """Look for a still stand among the latest frames, as ``find_standing`` does in a clip.

    Parameters
    ----------
    film
        All frames.
    since
        Frames before this one do not count.
    """
    start = max(since, film.from_time(float(film.time_s[-1]) - _SPAN_S))
    pose = rows_to_pose(film.rows[start:])
    if pose.n_frames < 4 or not pose.seen.any():
        return NO_STAND
    calm = calm_joints(pose)
    # Where the feet are planted, what takes longest in a clip, makes no stand.
    segments = join_segments(pose.time_s, calm, feet=(calm["heel"] + calm["toe"]) / 2)
    lean = segments.trunk_lean_deg[-1]
    upright = bool(np.abs(lean) < MAX_UPRIGHT_LEAN_DEG)
    still = find_still(segments)
    if still is None:
        return StillSearch(None, _steady_s(segments) if upright else 0.0, False, upright)
    rows = np.flatnonzero(still)
    first, last = int(rows[0]), int(rows[-1])
    still_s = float(pose.time_s[last] - pose.time_s[first])
    over = bool(pose.time_s[-1] - pose.time_s[last] > _OVER_S) and still_s >= MIN_STILL_S
    return StillSearch(slice(start + first, start + last + 1), still_s, over, upright)


def _steady_s(segments: Segments) -> float:
    """For how long trunk and hip have been where they are now."""
    apart = np.hypot(*(segments.hip - segments.hip[-1]).T) / segments.trunk_px[-1]
    still = (np.abs(segments.trunk_lean_deg - segments.trunk_lean_deg[-1]) < _STEADY_DEG) & (apart < _STEADY_RATIO)
    moved = np.flatnonzero(~still)
    first = int(moved[-1]) + 1 if moved.size else 0
    return float(segments.time_s[-1] - segments.time_s[min(first, len(still) - 1)])


def count_from(film: Film, rows: slice) -> Stand | None:
    """Count from a stand; None where it hides the back.

    The frames of the stand and those after it are read again, now that there is something to count from.
    """
    pose, profile, _ = rows_to_tracks(film.rows[rows])
    segments = compute_segments(pose)
    try:
        standing = find_standing(segments, still_s=(float(pose.time_s[0]), float(pose.time_s[-1])))
    except UsageError:
        return None
    reader = LiveSpine()
    if not reader.count_from(SpineInput(profile, segments, standing, compute_yaw_deg(pose))):
        return None
    again = slice(rows.start, film.n)
    value, half = read_again(reader, film, again)
    lean = value[: rows.stop - rows.start, OUTPUTS.index("trunk_lean")]
    if not np.isfinite(lean).any():
        return None
    film.replace_angles(again, value, half)
    foot_px = (standing.reference.foot_length_px or np.nan) * load_calibration().foot_length_gain
    return Stand(rows, reader, float(np.nanmedian(lean)), float(np.nanmedian(segments.hip[:, 0])), foot_px)


def read_again(reader: LiveSpine, film: Film, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """Read frames of a film with a reader that has not read any later ones: values and half-widths."""
    pose, profile, _ = rows_to_tracks(film.rows[rows])
    angles = read_together([reader] * pose.n_frames, pose, profile)
    tracks = [getattr(angles, name) for name in OUTPUTS]
    value = np.column_stack([track.value_deg for track in tracks])
    return value, np.column_stack([track.hi_deg for track in tracks]) - value
