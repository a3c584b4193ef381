"""Where things stand in the picture of an assessment: doorway line, wall, the part of the back that is drawn."""

from __future__ import annotations

import numpy as np

from hiphinge.model import Assessment, Evidence
from hiphinge.sagittal.quality import has_camera_moved

__all__ = ["BACK_STATIONS", "LUMBAR_STATIONS", "find_door", "find_wall"]

#: Stations of the back curve (0 hip, 1 shoulder) that are drawn as the lumbar part.
LUMBAR_STATIONS = (-0.05, 0.5)
#: Stations that are drawn at all: from the sacrum to the neck, not the buttocks.
BACK_STATIONS = (-0.1, 1.05)


def find_door(assessment: Assessment, evidence: Evidence) -> float | None:
    """Return the canonical x of the seat's edge in the standing position, or None without one."""
    foot = assessment.reference.foot_length_px
    if assessment.reference.positions == "none" or foot is None:
        return None
    # The measured travel is counted from that line, so the line is where seat and travel put it.
    lines = evidence.profile.seat_px[:, 0] + evidence.motion.seat_back_ratio * foot
    return float(np.nanmedian(lines)) if np.isfinite(lines).any() else None


def find_wall(assessment: Assessment, evidence: Evidence) -> float | None:
    """Return the canonical x of the wall; None without one, or where its place does not hold over the clip."""
    if assessment.wall is None or has_camera_moved(evidence.camera):
        return None
    if not np.isfinite(evidence.profile.body_top_px).any():
        return None
    share, width = assessment.wall.place_ratio, evidence.pose.width_px
    return (1.0 - share if evidence.pose.mirrored else share) * width
