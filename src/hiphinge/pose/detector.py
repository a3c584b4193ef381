"""The person detector: one look at the whole picture, boxes with the two points that give a region.

Anchors, decoding and the weighted suppression of overlapping boxes follow MediaPipe's
``pose_detector_graph``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array, Picture
from hiphinge.pose.region import Region, apply_affine, canonical_to_image, compose_affine, region_from_points
from hiphinge.timing import Stage

__all__ = ["Detection", "Detector", "decode_detections", "suppress_overlaps"]

_INPUT_PX = 224
#: Anchors per cell side at each stride, MediaPipe's ssd_anchors with interpolated scale 1: 2 per layer.
_GRIDS = ((28, 2), (14, 2), (7, 6))
_MIN_SCORE = 0.5
_MIN_OVERLAP = 0.3


@dataclass(frozen=True, slots=True)
class Detection:
    """One person.

    ``score`` 0..1, ``box_px`` (x0, y0, x1, y1) of the face, ``points_px`` ``(4, 2)`` canonical: hip centre,
    circle around the body, shoulder centre, circle around the upper body.
    """

    score: float
    box_px: Array
    points_px: Array

    @property
    def region(self) -> Region:
        """Where the landmark model should look."""
        return region_from_points(self.points_px[0], self.points_px[1])


class Detector:
    """Finds people in whole pictures with a compiled detector model."""

    def __init__(self, compiled: Any) -> None:
        self._request = compiled.create_infer_request()

    def detect(
        self, picture: Picture, *, mirrored: bool = False, min_score: float = _MIN_SCORE
    ) -> tuple[Detection, ...]:
        """Return the people seen, best first, canonical; the picture is letterboxed, never stretched."""
        width_px, height_px = picture.width_px, picture.height_px
        letterbox = Region(width_px / 2, height_px / 2, float(max(width_px, height_px)), 0.0)
        to_canonical = letterbox.crop_to_canonical(_INPUT_PX)
        to_image = compose_affine(canonical_to_image(width_px, mirrored=mirrored), letterbox.sampling(_INPUT_PX))
        with Stage("crop"):
            crop = picture.warp(to_image, size_px=_INPUT_PX)
        with Stage("detector"):
            self._request.infer([crop[None]], share_inputs=True)
        raw = self._request.get_output_tensor(0).data[0]
        logits = self._request.get_output_tensor(1).data[0, :, 0]
        scores, boxes, points = decode_detections(raw, logits, min_score=min_score)
        found = suppress_overlaps(scores, boxes, points)
        return tuple(_to_canonical(detection, to_canonical) for detection in found)


def _to_canonical(detection: Detection, affine: Array) -> Detection:
    corners = apply_affine(affine, detection.box_px.reshape(2, 2)).reshape(4)
    return Detection(detection.score, corners, apply_affine(affine, detection.points_px))


@cache
def _anchor_centers() -> Array:
    """Return ``(2254, 2)`` anchor centres, 0..1; all anchors have size 1."""
    centers = []
    for cells, repeats in _GRIDS:
        steps = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(steps, steps, indexing="ij")
        grid = np.stack([x.ravel(), y.ravel()], axis=1)
        centers.append(np.repeat(grid, repeats, axis=0))
    return np.concatenate(centers)


def decode_detections(
    raw: NDArray[np.float32], logits: NDArray[np.float32], *, min_score: float
) -> tuple[Array, Array, Array]:
    """Turn raw outputs ``(2254, 12)`` and ``(2254,)`` into scores, boxes ``(n, 4)`` and points ``(n, 4, 2)``.

    Coordinates are continuous pixels of the letterboxed crop; only detections above ``min_score`` come back.
    """
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -100.0, 100.0)))
    keep = np.flatnonzero(scores >= min_score)
    centers = _anchor_centers()[keep, None, :] * _INPUT_PX
    values = raw[keep].astype(np.float64)
    middle = values[:, :2] + centers[:, 0]
    half = values[:, 2:4] / 2
    points = values[:, 4:].reshape(-1, 4, 2) + centers
    return scores[keep], np.concatenate([middle - half, middle + half], axis=1), points


def suppress_overlaps(
    scores: Array, boxes: Array, points: Array, *, min_overlap: float = _MIN_OVERLAP
) -> tuple[Detection, ...]:
    """Merge boxes that overlap into their score-weighted mean, as MediaPipe does."""
    left = np.argsort(-scores, kind="stable")
    found = []
    while left.size:
        overlap = _overlap_ratio(boxes[left[0]], boxes[left])
        # The best box always belongs to its own group, also where it is empty.
        same = overlap > min_overlap
        same[0] = True
        group = left[same]
        weight = scores[group] / scores[group].sum()
        box = np.einsum("i,ij->j", weight, boxes[group])
        found.append(Detection(float(scores[left[0]]), box, np.einsum("i,ijk->jk", weight, points[group])))
        left = left[~same]
    return tuple(found)


def _overlap_ratio(box: Array, boxes: Array) -> Array:
    """Intersection ÷ union of one box with many."""
    size = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.clip(size, 0.0, None), axis=1)
    areas = np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0.0, None), axis=1)
    union = areas + np.prod(np.clip(box[2:] - box[:2], 0.0, None)) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))
