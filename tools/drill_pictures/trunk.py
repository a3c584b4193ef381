"""A posed trunk: its directions, and where its cloth is. Axes: +x the person's left, −y in front, +z up, metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.body import PosedBody
from hiphinge.synth.hands import GraspingBody

__all__ = ["CLOTH_M", "Trunk"]

Array = NDArray[np.float64]
_LEFT = np.array((1.0, 0.0, 0.0))
#: Cloth on the skin.
CLOTH_M = 0.008


class Trunk:
    """Directions and surfaces of a posed trunk.

    Parameters
    ----------
    body, posed
        Who, and how they stand.
    """

    def __init__(self, body: GraspingBody, posed: PosedBody) -> None:
        self.posed = posed
        trunk = body.bone_of("root", "pelvis", "spine", "breast", "clavicle", "neck01", "shoulder01")
        self._skin = posed.vertices[trunk]
        self.up = self.direction("spine02", "spine01")
        self.front = np.cross(_LEFT, self.up)

    def direction(self, low: str, high: str) -> Array:
        """Return which way the spine runs between two joints, in the middle plane."""
        line = (self.posed.joints[high] - self.posed.joints[low]) * (0.0, 1.0, 1.0)
        return np.asarray(line / np.linalg.norm(line))

    def level(self, low: str, high: str, share: float) -> Array:
        """Return a point of the spine between two joints."""
        point = (1 - share) * self.posed.joints[low] + share * self.posed.joints[high]
        return np.asarray(point * (0.0, 1.0, 1.0))

    def surface(self, start: Array, out: Array, *, half_m: float = 0.03, wide_m: float = 0.05) -> Array:
        """Return the point of the cloth that lies farthest out from a start, in a band around it."""
        offset = self._skin - start
        along = np.cross(_LEFT, out)
        near = (np.abs(offset @ along) < half_m) & (np.abs(offset[:, 0]) < wide_m)
        reach = float(np.max(offset[near] @ out, initial=0.05))
        return np.asarray(start + (reach + CLOTH_M) * out)

    def ray(self, start: Array, out: Array, *, radius_m: float = 0.03) -> Array:
        """Return the point of the cloth where a thick ray from a start leaves the body."""
        unit = out / np.linalg.norm(out)
        offset = self._skin - start
        far = offset @ unit
        aside = np.linalg.norm(offset - far[:, None] * unit, axis=1)
        return np.asarray(start + (float(np.max(far[aside < radius_m], initial=0.05)) + CLOTH_M) * unit)

    def ball(self, start: Array, out: Array, radius_m: float) -> Array:
        """Return the middle of a ball that comes in from outside along ``out`` until it touches the cloth."""
        reach = radius_m + 0.6 * CLOTH_M
        offset = self._skin - start
        far = offset @ out
        aside = np.linalg.norm(offset - far[:, None] * out, axis=1)
        near = aside < reach
        return np.asarray(start + float(np.max(far[near] + np.sqrt(reach**2 - aside[near] ** 2))) * out)
