"""Which way the person faces: settled once per clip, from pictures seen both plain and mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.model import Array, Facing, PoseFrame
from hiphinge.sagittal.points import ANKLES, EARS, HEELS, HIPS, NOSE, SHOULDERS, TOES, middle

__all__ = ["FacingDecision", "compute_facing_evidence", "decide_facing"]

#: Below this share of agreeing evidence the facing is not told.
MIN_CONFIDENCE = 0.35


@dataclass(frozen=True, slots=True)
class FacingDecision:
    """The facing, or None where the evidence does not agree; ``confidence`` is 0 (none) to 1 (unanimous)."""

    facing: Facing | None
    confidence: float


def compute_facing_evidence(keypoints_px: Array, visibility: Array) -> Array:
    """Tell how strongly each frame speaks for facing right.

    Parameters
    ----------
    keypoints_px
        ``(n, 33, 2)`` pixels.
    visibility
        ``(n, 33)``.

    Returns
    -------
    Array
        ``(n,)`` in about -4..4, positive = faces right, 0 = says nothing; NaN never (unseen frames give 0).

    Notes
    -----
    Feet point forward, the nose lies before the ears, and a bend goes forward: the trunk's share grows with the
    lean, since nobody leans 30 degrees backwards on straight legs.
    """
    hip, shoulder = middle(keypoints_px, HIPS), middle(keypoints_px, SHOULDERS)
    ankle = middle(keypoints_px, ANKLES)
    trunk = np.hypot(*(shoulder - hip).T)
    scale = np.where(np.isfinite(trunk) & (trunk > 4), trunk, np.nan)
    evidence = np.zeros(len(keypoints_px))
    for heel, toe in zip(HEELS, TOES, strict=True):
        length = (keypoints_px[:, toe, 0] - keypoints_px[:, heel, 0]) / scale
        weight = np.minimum(visibility[:, heel], visibility[:, toe])
        evidence += np.nan_to_num(weight * np.tanh(length / 0.12))
    ears = middle(keypoints_px, EARS)
    face = (keypoints_px[:, NOSE, 0] - ears[:, 0]) / scale
    evidence += np.nan_to_num(visibility[:, NOSE] * np.tanh(face / 0.10))
    lean = (shoulder[:, 0] - hip[:, 0]) / scale
    upright_legs = ((ankle[:, 1] - hip[:, 1]) / scale) > 0.6
    evidence += np.nan_to_num(np.where(upright_legs & (np.abs(lean) > 0.35), 2 * np.tanh(lean / 0.4), 0.0))
    return evidence


def decide_facing(plain: Sequence[PoseFrame], mirrored: Sequence[PoseFrame]) -> FacingDecision:
    """Settle the facing from the surveyed pictures.

    Both orientations are asked, and a mirrored picture counts with the opposite sign, so the decision for a
    mirrored video is exactly the opposite one: the pose model's own left-right bias cancels.

    Parameters
    ----------
    plain, mirrored
        The poses of the surveyed pictures as they are, and mirrored.

    Returns
    -------
    FacingDecision
        ``facing`` None where fewer than ``MIN_CONFIDENCE`` of the evidence agrees: no silent default.
    """
    votes = np.concatenate([_evidence(plain), -_evidence(mirrored)])
    total = float(np.abs(votes).sum())
    if total < 0.5:
        return FacingDecision(None, 0.0)
    balance = float(votes.sum()) / total
    if abs(balance) < MIN_CONFIDENCE:
        return FacingDecision(None, abs(balance))
    return FacingDecision("right" if balance > 0 else "left", abs(balance))


def _evidence(poses: Sequence[PoseFrame]) -> Array:
    if not poses:
        return np.zeros(0)
    keypoints = np.stack([p.keypoints_px for p in poses])
    return compute_facing_evidence(keypoints, np.stack([p.visibility for p in poses]))
