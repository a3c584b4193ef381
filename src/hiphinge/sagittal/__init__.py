"""Facing, segment leans, standing reference and view of one person in the sagittal plane."""

from hiphinge.sagittal.facing import FacingDecision, compute_facing_evidence, decide_facing
from hiphinge.sagittal.kinematics import (
    SPIKE_RATIO,
    Segments,
    compute_lean_deg,
    compute_segments,
    compute_yaw_deg,
    find_joints,
    join_segments,
)
from hiphinge.sagittal.standing import Standing, find_standing

__all__ = [
    "SPIKE_RATIO",
    "FacingDecision",
    "Segments",
    "Standing",
    "compute_facing_evidence",
    "compute_lean_deg",
    "compute_segments",
    "compute_yaw_deg",
    "decide_facing",
    "find_joints",
    "find_standing",
    "join_segments",
]
