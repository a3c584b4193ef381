"""The turned square in which the landmark model looks for the person.

A region's rotation is clockwise in the picture (y down): 0 where the person stands upright, positive where
the head leans to the right. Everything is in canonical image pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hiphinge.model import Array

__all__ = ["CROP_PX", "Region", "apply_affine", "canonical_to_image", "compose_affine", "region_from_points"]

#: Side of the landmark model's input and of its mask, pixels.
CROP_PX = 256
#: Margin around the circle that holds the body, as in MediaPipe's pose_landmarks_to_roi.
_MARGIN = 1.25
#: Crops lie on a grid of this many steps a pixel: fine enough to follow MediaPipe's regions, coarse enough
#: for 32-bit floats in pictures up to 8192 pixels wide.
_GRID = 2048.0


@dataclass(frozen=True, slots=True)
class Region:
    """A square of side ``size_px`` around ``(x_px, y_px)``, turned by ``rotation_rad``."""

    x_px: float
    y_px: float
    size_px: float
    rotation_rad: float

    def crop_to_canonical(self, crop_px: int = CROP_PX) -> Array:
        """Return the ``(2, 3)`` affine from crop to canonical image pixels, as the model's points are meant.

        Notes
        -----
        Its numbers are rounded to a grid, so that bilinear sampling along a row is exact in 32-bit floats. A
        mirrored picture then gives the same crop bit by bit; otherwise single values round the other way, and
        tracking, which feeds on itself, makes pixels of that.
        """
        step = self.size_px / crop_px
        a, b = _rounded(step * math.cos(self.rotation_rad)), _rounded(step * math.sin(self.rotation_rad))
        if a == 0.0 and b == 0.0:
            a = 1.0 / _GRID
        half = crop_px / 2
        return np.array(
            [
                [a, -b, _rounded(self.x_px - (a - b) * half)],
                [b, a, _rounded(self.y_px - (a + b) * half)],
            ]
        )

    def sampling(self, crop_px: int = CROP_PX) -> Array:
        """Return the ``(2, 3)`` affine along which the crop is cut, continuous crop to image pixels.

        Notes
        -----
        MediaPipe puts the *centre* of the crop's first pixel on the region's corner, half a crop pixel less
        half an image pixel from where continuous coordinates would have it. The models' points are read off
        without that shift. Both are kept: seen otherwise, the models answer up to 3 px (at 720p) differently.
        """
        affine = self.crop_to_canonical(crop_px)
        affine[:, 2] += 0.5 - 0.5 * (affine[:, 0] + affine[:, 1])
        return affine

    def distance_px(self, other: Region) -> float:
        """Return the distance between the two centres."""
        return math.hypot(self.x_px - other.x_px, self.y_px - other.y_px)

    def mismatch(self, known: Region) -> float:
        """Return how badly this fits a known region: double or half the size, or one side's length away, is 1."""
        return abs(math.log2(self.size_px / known.size_px)) + self.distance_px(known) / known.size_px


def _rounded(value: float) -> float:
    return round(value * _GRID) / _GRID


def region_from_points(center_px: Array, edge_px: Array) -> Region:
    """Return the region around the circle through ``edge_px`` (above the head) centred on the hips.

    Parameters
    ----------
    center_px
        ``(2,)`` hip centre: the detector's first keypoint, or landmark 33.
    edge_px
        ``(2,)`` point on the circle around the whole body, in the direction of the head: the detector's
        second keypoint, or landmark 34.
    """
    dx, dy = float(edge_px[0] - center_px[0]), float(edge_px[1] - center_px[1])
    turn = math.pi / 2 - math.atan2(-dy, dx)
    turn -= 2 * math.pi * math.floor((turn + math.pi) / (2 * math.pi))
    return Region(float(center_px[0]), float(center_px[1]), 2 * _MARGIN * math.hypot(dx, dy), turn)


def canonical_to_image(width_px: int, *, mirrored: bool) -> Array:
    """Return the ``(2, 3)`` affine from canonical to image pixels: ``x → width - x`` if mirrored."""
    return np.array([[-1.0, 0.0, width_px], [0.0, 1.0, 0.0]] if mirrored else [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def compose_affine(outer: Array, inner: Array) -> Array:
    """Return the affine that applies ``inner`` first and ``outer`` to its result, all ``(2, 3)``."""
    linear = outer[:, :2] @ inner
    linear[:, 2] += outer[:, 2]
    return np.asarray(linear)


def apply_affine(affine: Array, points_px: Array) -> Array:
    """Return ``(n, 2)`` points moved by a ``(2, 3)`` affine."""
    return np.asarray(points_px @ affine[:, :2].T + affine[:, 2])
