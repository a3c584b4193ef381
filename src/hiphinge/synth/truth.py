"""What was rendered, in the product's own definitions, read off the posed skeleton and not off the wishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import ANGLES

__all__ = ["KEYPOINT_BONES", "PosedSkeleton", "foot_length", "hip_center", "key_points", "measure_angles"]

Array = NDArray[np.float64]

#: Points that truth files give in pixels: name → bone at whose head it lies.
KEYPOINT_BONES: Mapping[str, str] = {
    f"{side}_{name}": f"{bone}.{side[0].upper()}"
    for side in ("left", "right")
    for name, bone in (
        ("shoulder", "upperarm01"),
        ("elbow", "lowerarm01"),
        ("wrist", "wrist"),
        ("hip", "upperleg01"),
        ("knee", "lowerleg01"),
        ("ankle", "foot"),
    )
} | {"c7": "neck01", "t12": "spine02", "l5": "spine04"}


class PosedSkeleton(Protocol):
    """What truth is read from: joints, orientations, ears and skin in world axes (+x left, −y anterior, +z up)."""

    @property
    def joints(self) -> Mapping[str, Array]:
        """Bone → ``(3,)`` head, metres."""

    @property
    def rotations(self) -> Mapping[str, Array]:
        """Bone → ``(3, 3)`` orientation."""

    @property
    def ears(self) -> Array:
        """``(2, 3)`` metres."""


def _middle(body: PosedSkeleton, bone: str) -> Array:
    return 0.5 * (body.joints[f"{bone}.L"] + body.joints[f"{bone}.R"])


def _lean_deg(low: Array, high: Array) -> float:
    """Return the lean of low → high from vertical, forward (−y) positive."""
    return float(np.degrees(np.arctan2(low[1] - high[1], high[2] - low[2])))


def _turn_deg(body: PosedSkeleton, standing: PosedSkeleton, bone: str) -> float:
    """Return how far a bone has turned forwards since standing."""
    turn = body.rotations[bone] @ standing.rotations[bone].T
    return float(np.degrees(np.arctan2(turn[2, 1], turn[2, 2])))


def hip_center(body: PosedSkeleton) -> Array:
    """Return the mid-point of the hip joints, ``(3,)`` metres."""
    return _middle(body, "upperleg01")


def foot_length(foot_points: Mapping[str, Array]) -> float:
    """Return the heel-to-toe length, metres, mean of both feet, along the direction the person faces."""
    ends = [foot_points[f"{side}_heel"][1] - foot_points[f"{side}_toe"][1] for side in ("left", "right")]
    return float(np.mean(ends))


def _absolute(body: PosedSkeleton) -> dict[str, float]:
    """Return the leans that are counted from vertical."""
    hip, shoulder = hip_center(body), _middle(body, "upperarm01")
    knee, ankle = _middle(body, "lowerleg01"), _middle(body, "foot")
    return {
        "trunk_lean": _lean_deg(hip, shoulder),
        "shank_lean": _lean_deg(ankle, knee),
        "thigh_lean": _lean_deg(knee, hip),
        "neck_lean": _lean_deg(shoulder, body.ears.mean(axis=0)),
    }


def measure_angles(body: PosedSkeleton, standing: PosedSkeleton) -> dict[str, float]:
    """Measure a posed skeleton against the person's own standing.

    Parameters
    ----------
    body
        The frame.
    standing
        The same person's neutral stand.

    Returns
    -------
    dict
        Every name of ``hiphinge.model.ANGLES`` and ``thigh_lean``, degrees, flexion and forward positive.
        Trunk, shank and thigh lean are counted from vertical, the rest from standing.
    """
    now, zero = _absolute(body), _absolute(standing)
    pelvis = _turn_deg(body, standing, "root")
    lumbar_end = _turn_deg(body, standing, "spine02")
    thorax_end = _turn_deg(body, standing, "spine01")
    angles = {
        "trunk_lean": now["trunk_lean"],
        "pelvis_tilt": pelvis,
        "hip_flexion": pelvis - (now["thigh_lean"] - zero["thigh_lean"]),
        "lumbar_flexion": lumbar_end - pelvis,
        "thoracic_flexion": thorax_end - lumbar_end,
        "knee_flexion": (now["shank_lean"] - now["thigh_lean"]) - (zero["shank_lean"] - zero["thigh_lean"]),
        "shank_lean": now["shank_lean"],
        "neck": (now["neck_lean"] - now["trunk_lean"]) - (zero["neck_lean"] - zero["trunk_lean"]),
    }
    assert tuple(angles) == ANGLES
    return {name: float((value + 180.0) % 360.0 - 180.0) for name, value in angles.items()} | {
        "thigh_lean": now["thigh_lean"]
    }


def key_points(body: PosedSkeleton) -> dict[str, Array]:
    """Return named points of the skeleton, ``(3,)`` metres each: both sides' joints, ears, C7, T12/L1, L5/S1."""
    points = {name: body.joints[bone] for name, bone in KEYPOINT_BONES.items()}
    points["left_ear"], points["right_ear"] = body.ears
    return points
