"""A pinhole phone camera: where it stands, what it sees, and which pixel a point lands on. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Camera", "place_camera"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera.

    ``position`` and ``target`` are metres in world axes, ``view_angle_deg`` the vertical field of view,
    ``roll_deg`` the turn of the phone about its axis, ``yaw_deg`` how far the person is turned from side-on (towards
    the camera positive), ``facing`` which way they then face in the picture.
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    view_angle_deg: float
    roll_deg: float
    width_px: int
    height_px: int
    yaw_deg: float
    facing: Literal["left", "right"]

    @property
    def axes(self) -> Array:
        """``(3, 3)`` rows: the camera's right, up and forward in world axes."""
        forward = np.asarray(self.target) - np.asarray(self.position)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right = right / np.linalg.norm(right)
        up = np.cross(right, forward)
        c, s = np.cos(np.radians(self.roll_deg)), np.sin(np.radians(self.roll_deg))
        return np.stack((c * right + s * up, c * up - s * right, forward))

    @property
    def pitch_deg(self) -> float:
        """How far the lens looks down."""
        return float(-np.degrees(np.arcsin(self.axes[2, 2])))

    def project(self, points: Array) -> Array:
        """Return the continuous pixels ``(n, 2)`` that world points ``(n, 3)`` land on."""
        local = (np.atleast_2d(points) - np.asarray(self.position)) @ self.axes.T
        focal_px = 0.5 * self.height_px / np.tan(np.radians(0.5 * self.view_angle_deg))
        plane = local[:, :2] / local[:, 2:] * focal_px
        return np.stack((0.5 * self.width_px + plane[:, 0], 0.5 * self.height_px - plane[:, 1]), axis=1)


def _camera_at(distance_m: float, lens_m: float, center: Array, like: Camera) -> Camera:
    side = 1.0 if like.facing == "right" else -1.0
    yaw = np.radians(like.yaw_deg)
    away = np.array((-side * np.cos(yaw), -np.sin(yaw), 0.0))
    position = np.array((center[0], center[1], 0.0)) + distance_m * away
    return Camera(
        (float(position[0]), float(position[1]), lens_m),
        (float(center[0]), float(center[1]), float(center[2])),
        like.view_angle_deg,
        like.roll_deg,
        like.width_px,
        like.height_px,
        like.yaw_deg,
        like.facing,
    )


def place_camera(
    points: Array,
    *,
    yaw_deg: float,
    facing: Literal["left", "right"],
    lens_m: float,
    view_angle_deg: float,
    size_px: tuple[int, int],
    fill: float,
    roll_deg: float = 0.0,
) -> Camera:
    """Stand the camera so that everything the person does just fits.

    Parameters
    ----------
    points
        ``(n, 3)`` world points that must be seen, over all frames.
    yaw_deg
        Turn from side-on, towards the camera positive.
    facing
        Which way the person faces in the picture; decides the side the camera stands on, no pixels are mirrored.
    lens_m
        Height of the lens above the floor.
    view_angle_deg
        Vertical field of view.
    size_px
        Width and height of the picture.
    fill
        Share of the picture that the points' extent may take, in the direction where it is tightest.
    roll_deg
        Turn of the phone about its axis.

    Returns
    -------
    Camera
        The camera, aimed at the middle of the points' extent.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    center = 0.5 * (low + high)
    # Neighbouring vertices lie millimetres apart: a spread of them frames the body as well as all do.
    points = points[:: max(1, len(points) // 20_000)]
    start = (0.0, 0.0, 0.0)
    like = Camera(start, start, view_angle_deg, roll_deg, size_px[0], size_px[1], yaw_deg, facing)
    near, far = 0.8, 15.0
    for _ in range(30):
        distance_m = 0.5 * (near + far)
        spot = _camera_at(distance_m, lens_m, center, like).project(points)
        middle = 0.5 * np.asarray(size_px)
        reach = np.abs(spot - middle).max(axis=0) / middle
        if reach.max() > fill:
            near = distance_m
        else:
            far = distance_m
    return _camera_at(far, lens_m, center, like)
