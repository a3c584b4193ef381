"""The landmark model: points, visibility, metres and a mask from one crop, as MediaPipe decodes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array, Mask, Picture
from hiphinge.pose.region import (
    CROP_PX,
    Region,
    apply_affine,
    canonical_to_image,
    compose_affine,
    region_from_points,
)
from hiphinge.pose.runtime import share_memory
from hiphinge.timing import Stage

__all__ = ["N_KEYPOINTS", "LandmarkRequest", "Landmarks", "refine_from_heatmap"]

#: Points of the BlazePose topology; two more (hip centre, circle around the body) give the next region.
N_KEYPOINTS = 33
_N_POINTS = 35
_N_RAW = 39
_HEATMAP_PX = 64
#: MediaPipe's pose_landmark_by_roi: a 7 x 7 window, used where its best cell is at least this confident.
_KERNEL = 7
_MIN_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What the model says about one region, canonical.

    ``keypoints_px`` ``(33, 2)``, ``visibility`` ``(33,)`` 0..1, ``world_m`` ``(33, 3)``, ``presence`` 0..1;
    ``region`` is where it looked, ``next_region`` where it would look next.
    """

    keypoints_px: Array
    visibility: Array
    world_m: Array
    presence: float
    mask: Mask
    region: Region
    next_region: Region


class LandmarkRequest:
    """One inference in flight at a time: ``start`` it, ``finish`` it later.

    Parameters
    ----------
    compiled
        The landmark model.
    beside
        Whether the inference runs beside the caller; else ``start`` waits for it, and only the caller's thread works.
    """

    def __init__(self, compiled: Any, *, beside: bool = True) -> None:
        self._request = compiled.create_infer_request()
        self._beside = beside
        self._region = Region(0.0, 0.0, 1.0, 0.0)
        # The engine reads and writes in place: nothing is copied between it and us.
        self._crop = np.empty((CROP_PX, CROP_PX, 3), dtype=np.uint8)
        self._request.set_input_tensor(share_memory(self._crop[None]))
        self._outputs = []
        for number, output in enumerate(compiled.outputs):
            kind = np.uint8 if output.get_element_type().get_type_name() == "u8" else np.float32
            values: NDArray[Any] = np.empty(tuple(output.get_shape()), dtype=kind)
            self._request.set_output_tensor(number, share_memory(values))
            self._outputs.append(values[0])

    def start(self, picture: Picture, region: Region, *, mirrored: bool) -> None:
        """Cut the region out of the picture and start the inference; returns at once where it runs beside."""
        self._region = region
        with Stage("crop"):
            to_image = canonical_to_image(picture.width_px, mirrored=mirrored)
            self._crop[:] = picture.warp(compose_affine(to_image, region.sampling()), size_px=CROP_PX)
        with Stage("start of an inference"):
            if self._beside:
                self._request.start_async()
        if not self._beside:
            with Stage("inference"):
                self._request.infer()

    def finish(self) -> Landmarks:
        """Wait for the inference and decode it."""
        with Stage("waiting for an inference"):
            if self._beside:
                self._request.wait()
        with Stage("points and mask"):
            return _decode(self._outputs, self._region)

    def run(self, picture: Picture, region: Region, *, mirrored: bool) -> Landmarks:
        """Start and finish."""
        self.start(picture, region, mirrored=mirrored)
        return self.finish()


def _decode(outputs: list[NDArray[Any]], region: Region) -> Landmarks:
    """Decode the five outputs: points, presence, mask, heatmaps, world points."""
    raw = outputs[0].reshape(_N_RAW, 5)[:_N_POINTS].astype(np.float64)
    points = refine_from_heatmap(raw[:, :2], outputs[3])
    affine = region.crop_to_canonical()
    points_px = apply_affine(affine, points)
    world = outputs[4].reshape(_N_RAW, 3)[:N_KEYPOINTS].astype(np.float64)
    cos, sin = affine[:, 0] / np.hypot(*affine[:, 0])
    world[:, :2] = world[:, :2] @ np.array([[cos, sin], [-sin, cos]])
    return Landmarks(
        keypoints_px=points_px[:N_KEYPOINTS],
        visibility=1.0 / (1.0 + np.exp(-np.clip(raw[:N_KEYPOINTS, 3], -100.0, 100.0))),
        world_m=world,
        presence=float(outputs[1][0]),
        mask=Mask(np.array(outputs[2][:, :, 0], dtype=np.uint8), region.sampling()),
        region=region,
        next_region=region_from_points(points_px[N_KEYPOINTS], points_px[N_KEYPOINTS + 1]),
    )


def refine_from_heatmap(points: Array, heatmap: NDArray[np.float32]) -> Array:
    """Move each point to the centre of gravity of its heatmap nearby, where the heatmap is confident.

    Parameters
    ----------
    points
        ``(n, 2)`` crop pixels, 0..256.
    heatmap
        ``(64, 64, m)`` logits, ``m >= n``.

    Returns
    -------
    Array
        ``(n, 2)``; points outside the crop and points without a confident cell within the window stay as they
        are.

    Notes
    -----
    A cell's coordinate is its index ÷ 64, as in MediaPipe, whose models were trained with it.
    """
    scale = CROP_PX / _HEATMAP_PX
    centers = np.trunc(points / scale).astype(np.int64)
    inside = np.all((centers >= 0) & (centers < _HEATMAP_PX), axis=1)
    reach = np.arange(_KERNEL) - _KERNEL // 2
    cols = centers[:, 0, None] + reach
    rows = centers[:, 1, None] + reach
    valid_cols = (cols >= 0) & (cols < _HEATMAP_PX)
    valid_rows = (rows >= 0) & (rows < _HEATMAP_PX)
    patch = heatmap[
        np.clip(rows, 0, _HEATMAP_PX - 1)[:, :, None],
        np.clip(cols, 0, _HEATMAP_PX - 1)[:, None, :],
        np.arange(points.shape[0])[:, None, None],
    ].astype(np.float64)
    weight = 1.0 / (1.0 + np.exp(-np.clip(patch, -100.0, 100.0)))
    weight *= valid_rows[:, :, None] & valid_cols[:, None, :]
    total = weight.sum(axis=(1, 2))
    confident = inside & (weight.max(axis=(1, 2)) >= _MIN_CONFIDENCE)
    total = np.where(total > 0, total, 1.0)
    x = (weight.sum(axis=1) * cols).sum(axis=1) / total
    y = (weight.sum(axis=2) * rows).sum(axis=1) / total
    return np.where(confident[:, None], np.stack([x, y], axis=1) * scale, points)
