"""What is seen of each frame at a glance: enough to say what to change, for all rows of all people at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hiphinge.live.wire import FLAG_MIRRORED, FLAG_RESTARTED, Rows
from hiphinge.model import Array, PoseTrack, ProfileTrack
from hiphinge.sagittal import compute_facing_evidence, compute_lean_deg, compute_yaw_deg
from hiphinge.sagittal.points import ANKLES, EARS, HIPS, KNEES, SHOULDERS, TOES, middle
from hiphinge.spine.outline import hidden_share

__all__ = ["Glance", "look_at"]

#: Body height where trunk and leg are so much of it (as in ``sagittal.quality``).
_LENGTH_SHARE = 0.77


class Glance(NamedTuple):
    """One frame at a glance. ``out`` names the part that is not in the picture, ``""`` where all is.

    ``evidence`` speaks for facing right in the picture as it came; ``yaw_deg`` and ``hidden`` mean something once the
    person faces right in it.
    """

    time_s: float
    seen: bool
    mirrored: bool
    restarted: bool
    width_px: int
    height_px: int
    luma: float
    out: str
    body_px: float
    lean_deg: float
    hip_x_px: float
    evidence: float
    yaw_deg: float
    hidden: float


_OUT = np.array(["", "side", "head", "feet"])


def look_at(rows: Rows, pose: PoseTrack, profile: ProfileTrack) -> list[Glance]:
    """Look at every frame.

    Parameters
    ----------
    rows
        The frames; they may differ in size and orientation.
    pose, profile
        Their tracks.
    """
    k = pose.keypoints_px
    hip, shoulder, knee, ankle = (middle(k, pair) for pair in (HIPS, SHOULDERS, KNEES, ANKLES))
    length = np.hypot(*(shoulder - hip).T) + np.hypot(*(hip - knee).T) + np.hypot(*(knee - ankle).T)
    columns = (
        pose.time_s,
        pose.seen,
        rows["flags"] & FLAG_MIRRORED > 0,
        rows["flags"] & FLAG_RESTARTED > 0,
        rows["width_px"],
        rows["height_px"],
        rows["luma"].astype(np.float64),
        _OUT[_find_out(k, rows)],
        length / _LENGTH_SHARE,
        compute_lean_deg(hip, shoulder),
        hip[:, 0],
        compute_facing_evidence(k, pose.visibility),
        compute_yaw_deg(pose),
        hidden_share(profile),
    )
    return list(map(Glance._make, zip(*(column.tolist() for column in columns), strict=True)))


def _find_out(k: Array, rows: Rows) -> np.ndarray:
    """Place in ``_OUT`` of what lies outside the picture, ``(n,)``; the last of them counts."""
    size = np.column_stack([rows["width_px"], rows["height_px"]])[:, None, :].astype(np.float64)
    found = np.zeros(len(rows), dtype=np.intp)
    parts = {
        1: (middle(k, HIPS), middle(k, SHOULDERS), middle(k, KNEES)),
        2: (middle(k, EARS),),
        3: (middle(k, ANKLES), middle(k, TOES)),
    }
    for place, points in parts.items():
        xy = np.stack(points, axis=1)
        outside = (xy < 0) | (xy > size)
        found[outside[..., 1].any(axis=1)] = place
        found[outside[..., 0].any(axis=1)] = 1
    return found
