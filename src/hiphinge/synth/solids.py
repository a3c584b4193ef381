"""Small closed solids as plain arrays: turned parts, tubes and boxes, from which props are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.mesh import Layer

__all__ = ["Solid", "axes_along", "ball", "box", "join", "rod", "tube", "turned"]

Array = NDArray[np.float64]
Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Solid:
    """A part of a layer.

    ``points`` ``(n, 3)`` metres, ``faces`` ``(m, 3)`` wound outwards, ``normals`` ``(n, 3)``, one ``color``.
    """

    points: Array
    faces: NDArray[np.int64]
    normals: Array
    color: Color

    def placed(self, origin: Array, axes: Array | None = None) -> Solid:
        """Return the solid with its own x, y, z along the rows of ``axes`` (right-handed) and its origin moved."""
        turn = np.eye(3) if axes is None else axes
        return Solid(self.points @ turn + origin, self.faces, self.normals @ turn, self.color)


def axes_along(direction: Array) -> Array:
    """Return right-handed ``(3, 3)`` rows whose first points along a direction."""
    first = direction / np.linalg.norm(direction)
    helper = np.array((0.0, 0.0, 1.0)) if abs(first[2]) < 0.9 else np.array((0.0, 1.0, 0.0))
    second = np.cross(helper, first)
    second /= np.linalg.norm(second)
    return np.stack((first, second, np.cross(first, second)))


def turned(profile: Sequence[tuple[float, float]], color: Color, *, segments: int = 28, smooth: bool = False) -> Solid:
    """Turn a profile about the x axis.

    Parameters
    ----------
    profile
        ``(x, radius)`` metres, x not falling where the outline goes outwards; starts and ends at radius 0 to be closed.
    color
        RGB.
    segments
        Points around.
    smooth
        Whether neighbouring bands share their normals (a ball) or keep an edge (a disc).

    Returns
    -------
    Solid
        The part.
    """
    outline = np.asarray(profile, dtype=np.float64)
    step = np.diff(outline, axis=0)
    flat = np.stack((-step[:, 1], step[:, 0]), axis=1)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    starts, ends = flat, flat
    if smooth:
        corner = np.concatenate([flat[:1], flat[:-1] + flat[1:], flat[-1:]])
        corner /= np.maximum(np.linalg.norm(corner, axis=1, keepdims=True), 1e-12)
        starts, ends = corner[:-1], corner[1:]
    angle = np.linspace(0, 2 * np.pi, segments, endpoint=False)
    around = np.stack((np.cos(angle), np.sin(angle)), axis=1)

    def rings(pairs: Array) -> Array:
        spread = pairs[:, None, 1:] * around[None]
        return np.concatenate([np.broadcast_to(pairs[:, None, :1], (*spread.shape[:2], 1)), spread], axis=2)

    bands = len(flat)
    points = np.stack((rings(outline[:-1]), rings(outline[1:])), axis=1).reshape(-1, 3)
    normals = np.stack((rings(starts), rings(ends)), axis=1).reshape(-1, 3)
    low = (np.arange(bands)[:, None] * 2 * segments + np.arange(segments)).ravel()
    low_next = (np.arange(bands)[:, None] * 2 * segments + (np.arange(segments) + 1) % segments).ravel()
    high, high_next = low + segments, low_next + segments
    faces = np.concatenate([np.stack((low, low_next, high), 1), np.stack((low_next, high_next, high), 1)])
    return Solid(points, faces, normals, color)


def rod(radius_m: float, length_m: float, color: Color, *, segments: int = 20) -> Solid:
    """Make a cylinder about the x axis, centred at the origin."""
    half = 0.5 * length_m
    return turned(((-half, 0.0), (-half, radius_m), (half, radius_m), (half, 0.0)), color, segments=segments)


def ball(radius_m: float, color: Color) -> Solid:
    """Make a ball centred at the origin."""
    angle = np.linspace(np.pi, 0, 19)
    pairs = [(float(radius_m * np.cos(a)), float(radius_m * np.sin(a))) for a in angle]
    return turned(pairs, color, smooth=True)


def box(low: Sequence[float], high: Sequence[float], color: Color) -> Solid:
    """Make a box from its lowest to its highest corner."""
    points: list[Array] = []
    normals: list[Array] = []
    faces: list[list[int]] = []
    a, b = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    for axis in range(3):
        for side in (0, 1):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            quad = np.tile(a, (4, 1))
            quad[:, axis] = (a, b)[side][axis]
            quad[[1, 2], u] = b[u]
            quad[[2, 3], v] = b[v]
            first = 4 * len(points)
            order = ((0, 1, 2), (0, 2, 3)) if side else ((0, 2, 1), (0, 3, 2))
            faces += [[first + k for k in face] for face in order]
            points.append(quad)
            normals.append(np.tile(np.eye(3)[axis] * (2 * side - 1), (4, 1)))
    return Solid(np.concatenate(points), np.asarray(faces, dtype=np.int64), np.concatenate(normals), color)


def tube(path: Array, radius_m: float, color: Color, *, segments: int = 8) -> Solid:
    """Sweep a circle along a path.

    Parameters
    ----------
    path
        ``(k, 3)`` metres; neighbours must differ.
    radius_m
        Of the tube.
    color
        RGB.
    segments
        Points around.

    Returns
    -------
    Solid
        The tube, open at both ends.
    """
    along = np.gradient(path, axis=0)
    angle = np.linspace(0, 2 * np.pi, segments, endpoint=False)
    side = axes_along(along[0])[1]
    rings = []
    for direction in along:
        unit = direction / np.linalg.norm(direction)
        # Carry the side along so that the tube does not twist.
        side = side - (side @ unit) * unit
        side = side / np.linalg.norm(side)
        rings.append(np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * np.cross(unit, side))
    normals = np.stack(rings)
    grid = np.arange(len(path) * segments).reshape(len(path), segments)
    right = np.roll(grid, -1, axis=1)
    a, b, c, d = grid[:-1], right[:-1], grid[1:], right[1:]
    faces = np.concatenate([np.stack((a, b, c), -1).reshape(-1, 3), np.stack((b, d, c), -1).reshape(-1, 3)])
    points = path[:, None] + radius_m * normals
    return Solid(points.reshape(-1, 3), faces, normals.reshape(-1, 3), color)


def join(name: str, solids: Sequence[Solid], *, shine: float = 0.2) -> Layer:
    """Put several solids into one layer."""
    first = np.cumsum([0, *(len(solid.points) for solid in solids)])
    return Layer(
        name,
        np.concatenate([solid.points for solid in solids]),
        np.concatenate([solid.faces + k for solid, k in zip(solids, first, strict=False)]),
        np.concatenate([np.tile(np.array(solid.color, dtype=np.uint8), (len(solid.faces), 1)) for solid in solids]),
        np.concatenate([solid.normals for solid in solids]),
        shine,
    )
