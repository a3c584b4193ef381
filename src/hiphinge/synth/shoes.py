"""Shoes: a smooth shell around each foot. The feet never move, so they are made once per person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.body import Body
from hiphinge.synth.mesh import Layer, face_incidence, vertex_normals

__all__ = ["SOLE_M", "make_shoes"]

Array = NDArray[np.float64]

#: Thickness of the soles: the floor lies this far below the bare foot.
SOLE_M = 0.018
_SLICES = 22
_RING = 20


def _foot_outline(foot: Array, *, heel_y: float, toe_y: float) -> tuple[Array, Array, Array, Array]:
    """Return places along the foot and, at each, the middle x, half width and top of the foot, smoothed."""
    along = np.linspace(heel_y, toe_y, _SLICES)
    window = 1.6 * abs(heel_y - toe_y) / _SLICES
    rows = []
    for y in along:
        part = foot[np.abs(foot[:, 1] - y) < window]
        low, high = part[:, 0].min(), part[:, 0].max()
        rows.append((0.5 * (low + high), 0.5 * (high - low), part[:, 2].max()))
    middle, half, top = np.array(rows).T
    kernel = np.array((1, 2, 3, 2, 1)) / 9
    smooth = [np.convolve(np.pad(values, 2, mode="edge"), kernel, "valid") for values in (middle, half, top)]
    return along, smooth[0], smooth[1], smooth[2]


def _shell(foot: Array, color: tuple[int, int, int], sole: tuple[int, int, int], name: str) -> Layer:
    """Loft a shoe around one foot's vertices (world axes, bare sole at z = 0)."""
    heel_y, toe_y = float(foot[:, 1].max()) + 0.006, float(foot[:, 1].min()) - 0.008
    along, middle, half, top = _foot_outline(foot, heel_y=heel_y - 0.01, toe_y=toe_y + 0.012)
    along = np.linspace(heel_y, toe_y, _SLICES)
    place = np.linspace(0, 1, _SLICES)
    # Round the ends in plan, and let the upper fall towards the toe.
    taper = np.sqrt(np.clip(1 - np.abs(2 * place - 1) ** 5, 0.03, 1))
    half = (half + 0.007) * taper
    upper = np.minimum(np.maximum(top + 0.006, 0.035), 0.085) * np.sqrt(np.clip(1 - place**9, 0.10, 1))
    upper[0] *= 0.75
    around = np.linspace(0, 2 * np.pi, _RING, endpoint=False)
    c, s = np.cos(around), np.sin(around)
    across = np.sign(c) * np.abs(c) ** 0.6
    rise = np.where(s > 0, np.abs(s) ** 0.8, -1.0)
    points = np.empty((_SLICES, _RING, 3))
    points[..., 0] = middle[:, None] + half[:, None] * across
    points[..., 1] = along[:, None]
    points[..., 2] = np.where(rise > 0, 0.006 + upper[:, None] * rise, np.where(s < -0.02, -SOLE_M, 0.006))
    grid = np.arange(_SLICES * _RING).reshape(_SLICES, _RING)
    right = np.roll(grid, -1, axis=1)
    a, b, d, e = grid[:-1], right[:-1], grid[1:], right[1:]
    faces = np.concatenate([np.stack((a, b, d), -1).reshape(-1, 3), np.stack((b, e, d), -1).reshape(-1, 3)])
    ends = []
    for ring, flip in ((grid[0], False), (grid[-1], True)):
        fan = np.stack((np.full(_RING - 2, ring[0]), ring[2:], ring[1:-1]), axis=1)
        ends.append(fan[:, ::-1] if flip else fan)
    faces = np.concatenate([faces, *ends])
    flat = points.reshape(-1, 3)
    colors = np.where((flat[faces][:, :, 2].mean(axis=1) < 0.004)[:, None], sole, color).astype(np.uint8)
    normals = vertex_normals(flat, faces, face_incidence(faces, len(flat)))
    if np.mean((flat - flat.mean(axis=0)) * normals) < 0:
        faces, normals = faces[:, ::-1], -normals
    return Layer(name, flat, faces, colors, normals, 0.1)


def make_shoes(body: Body) -> Layer:
    """Make both shoes.

    Parameters
    ----------
    body
        The person.

    Returns
    -------
    Layer
        Both shoes in world axes, as they stand in every posture.
    """
    clothes = body.spec.clothes
    standing = body.standing_vertices
    foot = body.bone_of("foot", "toe") & (standing[:, 2] < 0.085)
    both = []
    for sign in (1.0, -1.0):
        part = standing[foot & (sign * standing[:, 0] > 0)]
        both.append(_shell(part, clothes.shoe_color, clothes.sole_color, "shoes"))
    left, right = both
    return Layer(
        "shoes",
        np.concatenate([left.points, right.points]),
        np.concatenate([left.faces, right.faces + len(left.points)]),
        np.concatenate([left.colors, right.colors]),
        np.concatenate([left.normals, right.normals]),
        0.1,
    )
