"""BlazePose's 33 points by name. In a canonical picture the person faces right, so ``RIGHT_*`` is nearer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from hiphinge.model import Array

__all__ = [
    "ANKLES",
    "EARS",
    "ELBOWS",
    "FEET",
    "HANDS",
    "HEELS",
    "HIPS",
    "JOINTS",
    "KNEES",
    "MIN_VISIBILITY",
    "NOSE",
    "SHOULDERS",
    "TOES",
    "WRISTS",
    "Points",
    "middle",
    "near_weighted",
]

#: Index pairs (left, right); left is the far side in a canonical picture.
EARS = (7, 8)
SHOULDERS = (11, 12)
ELBOWS = (13, 14)
WRISTS = (15, 16)
HANDS = (19, 20)
HIPS = (23, 24)
KNEES = (25, 26)
ANKLES = (27, 28)
HEELS = (29, 30)
TOES = (31, 32)
FEET = (*ANKLES, *HEELS, *TOES)
NOSE = 0

Points = tuple[int, int]
#: Joints of the body by name, from the head down; in a side view each pair is one joint.
JOINTS: Mapping[str, Points] = MappingProxyType(
    {
        "ear": EARS, "shoulder": SHOULDERS, "elbow": ELBOWS, "wrist": WRISTS, "hip": HIPS, "knee": KNEES,
        "ankle": ANKLES, "heel": HEELS, "toe": TOES,
    }
)  # fmt: skip
#: A near joint less visible than this is hidden. The near ankles of rendered people who hide nothing are all above.
MIN_VISIBILITY = 0.5


def middle(keypoints: Array, pair: Points) -> Array:
    """Mean of a left and right point; ``(..., 33, 2)`` to ``(..., 2)``, NaN where either is unseen."""
    mean: Array = (keypoints[..., pair[0], :] + keypoints[..., pair[1], :]) / 2
    return mean


def near_weighted(keypoints: Array, visibility: Array, pair: Points) -> Array:
    """Mean of a left and right point, each weighted by how visible it is; ``(n, 33, 2)`` to ``(n, 2)``.

    The far leg is hidden behind the near one in a side view and its points are guesses, so its weight is the
    square of its visibility and never more than the near side's. NaN where the near point itself is hidden (less
    visible than ``MIN_VISIBILITY``, behind a plate for example): the model then only guesses where it is.
    """
    far = np.minimum(visibility[..., pair[0]], visibility[..., pair[1]])[..., None] ** 2
    near = np.maximum(visibility[..., pair[1]], 1e-3)[..., None]
    mean: Array = (far * keypoints[..., pair[0], :] + near * keypoints[..., pair[1], :]) / (far + near)
    mean[visibility[..., pair[1]] < MIN_VISIBILITY] = np.nan
    return mean
