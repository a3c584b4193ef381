"""Segment leans of the sagittal plane, frame by frame, and the yaw of the person against the camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hiphinge.model import Array, PoseTrack
from hiphinge.sagittal.points import (
    ANKLES,
    EARS,
    HEELS,
    HIPS,
    KNEES,
    MIN_VISIBILITY,
    SHOULDERS,
    TOES,
    middle,
    near_weighted,
)
from hiphinge.signal import despike, smooth, wrap_deg

__all__ = [
    "SPIKE_RATIO",
    "Segments",
    "calm_joints",
    "compute_lean_deg",
    "compute_segments",
    "compute_yaw_deg",
    "find_joints",
    "join_segments",
]

#: The pose model under-reads a turn and reads people as turned towards the camera: true yaw = gain x read + offset,
#: fitted on rendered people (``tools/calibrate.py --yaw``; what is left is given in ``docs/validation.md``).
YAW_GAIN = 1.17
YAW_OFFSET_DEG = -13.8
#: A joint that jumps by more than this share of the trunk from one frame to the next and back is a slip.
SPIKE_RATIO = 0.25


@dataclass(frozen=True, slots=True)
class Segments:
    """Smoothed joint positions and segment leans; NaN where unseen.

    Positions are ``(n, 2)``, canonical image pixels, y down; leans ``(n,)``, degrees from vertical, forward positive.
    ``trunk_px`` is the hip-shoulder distance.
    """

    time_s: Array
    hip: Array
    shoulder: Array
    ear: Array
    knee: Array
    ankle: Array
    heel: Array
    toe: Array
    feet: Array
    trunk_px: Array
    trunk_lean_deg: Array
    thigh_lean_deg: Array
    shank_lean_deg: Array
    neck_lean_deg: Array


def compute_lean_deg(lower: Array, upper: Array) -> Array:
    """Lean of the line from ``lower`` to ``upper`` from the vertical.

    Parameters
    ----------
    lower, upper
        ``(n, 2)`` canonical image pixels (y down).

    Returns
    -------
    Array
        ``(n,)`` degrees in (-180, 180], forward (+x) positive, NaN where either end is unseen.
    """
    across = upper[:, 0] - lower[:, 0]
    up = lower[:, 1] - upper[:, 1]
    lean: Array = np.degrees(np.arctan2(across, up))
    return lean


def compute_segments(pose: PoseTrack, *, camera_still: bool = True) -> Segments:
    """Compute joint centres and segment leans over a clip.

    Parameters
    ----------
    pose
        The track.
    camera_still
        Whether the camera stands. Feet stay planted in every drill, so with a standing camera their place is the
        median over a few seconds around each frame, which also serves while a plate hides them; with a moving camera
        it is read within a quarter of a second.

    Notes
    -----
    Hips, shoulders and ears are the mean of both sides. Knees, ankles and feet lean on the near side, since the
    far leg is hidden in a side view (see ``near_weighted``). Differs from common 2-D tools in that nothing is
    filled in and no floor angle is guessed from the feet: vertical is the picture's vertical.
    """
    calm = calm_joints(pose)
    feet = _plant((calm["heel"] + calm["toe"]) / 2, time_s=pose.time_s, reach_s=2.5 if camera_still else 0.25)
    return join_segments(pose.time_s, calm, feet=feet)


def calm_joints(pose: PoseTrack) -> dict[str, Array]:
    """Joint centres of ``find_joints`` over a clip, without slips and smoothed."""
    joints = find_joints(pose)
    trunk = np.hypot(*(joints["shoulder"] - joints["hip"]).T)
    usual = float(np.nanmedian(trunk)) if np.isfinite(trunk).any() else 1.0
    # All joints in one go: each by itself takes several times as long in a live set.
    together = smooth(despike(np.stack(list(joints.values()), axis=1), limit=SPIKE_RATIO * usual), time_s=pose.time_s)
    return {name: together[:, k].copy() for k, name in enumerate(joints)}


def find_joints(pose: PoseTrack) -> dict[str, Array]:
    """Joint centres as they were seen, neither smoothed nor checked: name → ``(n, 2)`` canonical pixels, NaN unseen."""
    k, seen = pose.keypoints_px, pose.visibility
    return {
        "hip": middle(k, HIPS),
        "shoulder": middle(k, SHOULDERS),
        # A near ear behind a plate is a guess, and the neck with it.
        "ear": np.where(seen[:, EARS[1], None] < MIN_VISIBILITY, np.nan, middle(k, EARS)),
        "heel": near_weighted(k, seen, HEELS),
        "toe": near_weighted(k, seen, TOES),
        "knee": near_weighted(k, seen, KNEES),
        "ankle": near_weighted(k, seen, ANKLES),
    }


def join_segments(time_s: Array, joints: Mapping[str, Array], *, feet: Array) -> Segments:
    """Put the segments together from joint centres (of ``find_joints``) and where the feet stand."""
    hip, shoulder, knee = joints["hip"], joints["shoulder"], joints["knee"]
    return Segments(
        time_s=time_s,
        **joints,
        feet=feet,
        trunk_px=np.hypot(*(shoulder - hip).T),
        trunk_lean_deg=compute_lean_deg(hip, shoulder),
        thigh_lean_deg=compute_lean_deg(knee, hip),
        shank_lean_deg=compute_lean_deg(joints["ankle"], knee),
        neck_lean_deg=_unwrap_deg(compute_lean_deg(shoulder, joints["ear"])),
    )


def _plant(feet: Array, *, time_s: Array, reach_s: float) -> Array:
    """Median of the seen foot positions within ``reach_s``; NaN where none was seen, ``(n, 2)``.

    Computed for a few moments per reach and read linearly between them.
    """
    if time_s.size < 2:
        return feet.copy()
    moments = np.linspace(time_s[0], time_s[-1], 2 + int((time_s[-1] - time_s[0]) / (reach_s / 4)))
    seen = np.isfinite(feet[:, 0])
    places = np.full((moments.size, 2), np.nan)
    times, known = time_s[seen], feet[seen]
    first = np.searchsorted(times, moments - reach_s)
    last = np.searchsorted(times, moments + reach_s, side="right")
    for row, (a, b) in enumerate(zip(first, last, strict=True)):
        if b > a:
            places[row] = np.median(known[a:b], axis=0)
    return np.column_stack([np.interp(time_s, moments, places[:, axis]) for axis in (0, 1)])


def _unwrap_deg(lean_deg: Array) -> Array:
    """Bring leans that pass straight down (a head hanging in a fold) into -90..270 degrees."""
    wrapped = wrap_deg(lean_deg)
    return np.where(wrapped < -90.0, wrapped + 360.0, wrapped)


def compute_yaw_deg(pose: PoseTrack) -> Array:
    """Estimate how far the person is turned out of the side view, per frame.

    Returns
    -------
    Array
        ``(n,)`` degrees; 0 = exactly side-on, +90 = faces the camera, -90 = back to the camera;
        NaN where unseen.

    Notes
    -----
    From the pose model's 3-D world points: the line from the near (right) to the far (left) hip points straight away
    from the camera in a side view. The shoulders would say the same, but arms, bars and plates disturb them. Its
    known error is given in ``docs/validation.md``.
    """
    across = pose.world_m[:, HIPS[0], 0] - pose.world_m[:, HIPS[1], 0]
    away = pose.world_m[:, HIPS[0], 2] - pose.world_m[:, HIPS[1], 2]
    raw = np.degrees(np.arctan2(across, away))
    yaw: Array = YAW_GAIN * raw + YAW_OFFSET_DEG
    return yaw
