"""Scenes made of one picture of a person: moving, leaving, doubled, or gone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Frame, PoseFrame
from hiphinge.video import RgbPicture

Rgb = NDArray[np.uint8]


def shifted(rgb: Rgb, x_px: int, y_px: int = 0) -> Rgb:
    """Move the picture's content; what comes in repeats the border, as a wall would."""
    height, width = rgb.shape[:2]
    cols = np.clip(np.arange(width) - x_px, 0, width - 1)
    rows = np.clip(np.arange(height) - y_px, 0, height - 1)
    return np.ascontiguousarray(rgb[rows][:, cols])


def frames_of(pictures: Sequence[Rgb], *, step_s: float = 1 / 30, mirrored: bool = False) -> list[Frame]:
    """Make frames of pictures, all mirrored if asked for."""
    turned = [np.ascontiguousarray(one[:, ::-1]) if mirrored else one for one in pictures]
    return [Frame(number, number * step_s, RgbPicture(one)) for number, one in enumerate(turned)]


def walk(rgb: Rgb, n_frames: int = 8, *, step_px: int = 3) -> list[Rgb]:
    """Slide the person to the right, a few pixels a frame."""
    return [shifted(rgb, step_px * number) for number in range(n_frames)]


def keypoints(poses: Sequence[PoseFrame]) -> NDArray[np.float64]:
    """Stack the points, ``(n, 33, 2)``."""
    return np.array([pose.keypoints_px for pose in poses])
