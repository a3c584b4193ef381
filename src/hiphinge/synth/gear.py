"""Simple gear for the pictures of the drills: bells, a bar, a bag, a band, a machine, a stick, a block, a wall.

Every piece is placed by the one who draws it, in world axes (as in ``body``); nothing here knows a body. Pure numpy.
Layers are named ``load …`` so that they cast no soft shadow of the body's kind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.mesh import Layer
from hiphinge.synth.shoes import SOLE_M
from hiphinge.synth.solids import Solid, axes_along, ball, box, join, rod, tube, turned

__all__ = [
    "BAR_RADIUS_M",
    "BELL_DROP_M",
    "BELL_RADIUS_M",
    "DUMBBELL_LENGTH_M",
    "HANDLE_RADIUS_M",
    "KETTLEBELL_HEIGHT_M",
    "SMALL_DUMBBELL_M",
    "barbell",
    "block",
    "cord",
    "dashes",
    "dumbbell",
    "kettlebell",
    "pack",
    "pulley",
    "stick",
    "straps",
    "wall",
]

Array = NDArray[np.float64]
Color = tuple[int, int, int]

#: Kettlebell: ball, handle, and from the handle's middle down to the ball's; handle to the bottom.
BELL_RADIUS_M, HANDLE_RADIUS_M, BELL_DROP_M = 0.092, 0.0155, 0.155
KETTLEBELL_HEIGHT_M = BELL_DROP_M + BELL_RADIUS_M
#: Dumbbells, a small one and one to lift: end to end.
SMALL_DUMBBELL_M, DUMBBELL_LENGTH_M = 0.26, 0.32
BAR_RADIUS_M = 0.0145
_IRON: Color = (52, 56, 64)
_STEEL: Color = (150, 154, 160)
_WOOD: Color = (186, 148, 104)


def _across(up: Array, side: Array) -> Array:
    """Return right-handed rows: the side, what is across both, and up."""
    first = side - (side @ up) * up
    first = first / np.linalg.norm(first)
    return np.stack((first, np.cross(up, first), up))


def kettlebell(handle: Array, up: Array, *, side: Array | None = None, color: Color = _IRON) -> Layer:
    """Make a kettlebell.

    Parameters
    ----------
    handle
        ``(3,)`` middle of the bar that the hands hold.
    up
        From the ball to the handle.
    side
        Along the handle's bar; the person's left if None.
    color
        RGB.

    Returns
    -------
    Layer
        The bell.
    """
    upward = up / np.linalg.norm(up)
    axes = _across(upward, np.array((1.0, 0.0, 0.0)) if side is None else side)
    corner = np.linspace(0, 0.5 * np.pi, 6)
    right = np.stack((0.052 + 0.024 * np.sin(corner), 0 * corner, -0.024 + 0.024 * np.cos(corner)), axis=1)
    foot = np.array(((0.072, 0.0, -0.06), (0.062, 0.0, -0.098)))
    half = np.concatenate([right, foot])
    path = np.concatenate([(half * (-1.0, 1.0, 1.0))[::-1], half])
    flat = rod(0.6 * BELL_RADIUS_M, 0.02, color).placed(np.zeros(3), axes_along(np.array((0.0, 0.0, 1.0))))
    parts = [
        tube(path, HANDLE_RADIUS_M, color, segments=14).placed(handle, axes),
        ball(BELL_RADIUS_M, color).placed(handle - BELL_DROP_M * upward, axes),
        flat.placed(handle - (KETTLEBELL_HEIGHT_M - 0.01) * upward, axes),
    ]
    return join("load bell", parts, shine=0.25)


def dumbbell(middle: Array, along: Array, *, length_m: float = DUMBBELL_LENGTH_M, color: Color = _IRON) -> Layer:
    """Make a dumbbell with its handle's middle at a point, along a direction."""
    axes = axes_along(along)
    half, thick, r = 0.5 * length_m, 0.28 * length_m, 0.225 * length_m
    edge = 0.16 * r
    head = turned(((0.0, 0.0), (0.0, r - edge), (edge, r), (thick - edge, r), (thick, r - edge), (thick, 0.0)), color)
    parts = [rod(0.015, 0.6 * length_m, _STEEL).placed(middle, axes)]
    parts += [head.placed(middle + start * axes[0], axes) for start in (-half, half - thick)]
    return join("load dumbbell", parts, shine=0.25)


def barbell(middle: Array, *, plate_m: float = 0.225, color: Color = (62, 84, 112)) -> tuple[Layer, Layer]:
    """Make a barbell along x with one plate on each side.

    Parameters
    ----------
    middle
        ``(3,)`` of the bar.
    plate_m
        Radius of the plates.
    color
        Of the plates.

    Returns
    -------
    tuple of Layer
        Bar, and plates.
    """
    side = np.array((1.0, 0.0, 0.0))
    bar: list[Solid] = [rod(BAR_RADIUS_M, 1.5, _STEEL).placed(middle)]
    plates = []
    outline = ((0.0, 0.0), (0.0, plate_m - 0.01), (0.01, plate_m), (0.04, plate_m), (0.05, plate_m - 0.01), (0.05, 0.0))
    for sign in (1.0, -1.0):
        turn = np.diag((sign, sign, 1.0))
        plates.append(turned(outline, color, segments=48).placed(middle + sign * 0.60 * side, turn))
        plates.append(rod(0.06, 0.06, _STEEL).placed(middle + sign * 0.625 * side))
        bar.append(rod(0.025, 0.2, _STEEL).placed(middle + sign * 0.73 * side))
    return join("load bar", bar, shine=0.4), join("load plates", plates, shine=0.1)


def pack(middle: Array, up: Array, *, size_m: Sequence[float], color: Color = (58, 104, 128)) -> Layer:
    """Make a backpack: a soft box, its pocket on the side away from the wearer.

    Parameters
    ----------
    middle
        ``(3,)``.
    up
        Of the bag; its depth lies across this and x.
    size_m
        Width, depth and height; a negative depth puts the pocket on the other side.
    color
        RGB.

    Returns
    -------
    Layer
        The bag.
    """
    axes = _across(up / np.linalg.norm(up), np.array((1.0, 0.0, 0.0)))
    half = 0.5 * np.abs(np.asarray(size_m))
    bag = _soft_box(half, color).placed(middle, axes)
    outward = np.sign(size_m[1]) * half[1] * axes[1]
    dark = (int(0.72 * color[0]), int(0.72 * color[1]), int(0.72 * color[2]))
    pocket = _soft_box(half * (0.72, 0.35, 0.36), dark).placed(middle + 0.86 * outward - 0.42 * half[2] * axes[2], axes)
    arch = np.linspace(0, np.pi, 9)
    loop = np.stack((0.035 * np.cos(arch), 0 * arch, 0.03 * np.sin(arch)), axis=1)
    handle = tube(loop, 0.007, dark).placed(middle + half[2] * axes[2], axes)
    seam = np.linspace(0, 2 * np.pi, 33)
    around = np.stack((half[0] * np.cos(seam), 0 * seam, half[2] * np.sin(seam)), axis=1)
    around = np.sign(around) * np.abs(around / half[[0, 0, 2]]) ** 0.45 * half[[0, 0, 2]] * (1.0, 0.0, 1.0)
    zip_line = tube(around, 0.006, dark).placed(middle + 0.2 * outward, axes)
    return join("load pack", [bag, pocket, handle, zip_line], shine=0.03)


def _soft_box(half: Array, color: Color) -> Solid:
    """Make a box with round edges out of a ball."""
    sphere = ball(1.0, color)
    points = np.sign(sphere.points) * np.abs(sphere.points) ** 0.45
    normals = np.sign(points) * np.abs(points) ** 3 / half
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return Solid(points * half, sphere.faces, normals, color)


def straps(paths: Sequence[Array], *, color: Color = (40, 62, 78)) -> Layer:
    """Make the straps of a backpack along paths ``(k, 3)``."""
    return join("load straps", [tube(path, 0.013, color, segments=10) for path in paths], shine=0.03)


def cord(paths: Sequence[Array], *, radius_m: float, color: Color) -> Layer:
    """Make a rope, a band or a cable along paths ``(k, 3)``."""
    return join("load cord", [tube(path, radius_m, color, segments=10) for path in paths], shine=0.1)


def pulley(place: Array, *, machine: bool) -> Layer:
    """Make what a cable or band is fixed to: a machine's column with a low wheel, or a rail with a ring.

    Parameters
    ----------
    place
        ``(3,)`` where the cord leaves.
    machine
        Whether it is a cable machine.

    Returns
    -------
    Layer
        It, standing on the floor.
    """
    x, y = float(place[0]), float(place[1])
    wheel = rod(0.055 if machine else 0.03, 0.04, _STEEL).placed(place + np.array((0.0, 0.03, 0.0)))
    if not machine:
        post = box((x - 0.06, y + 0.03, -SOLE_M), (x + 0.06, y + 0.15, 1.05), (150, 132, 112))
        return join("load post", [post, wheel], shine=0.05)
    column = box((x - 0.05, y + 0.05, -SOLE_M), (x + 0.05, y + 0.13, 1.95), _STEEL)
    stack = box((x - 0.12, y + 0.17, -SOLE_M), (x + 0.12, y + 0.34, 1.1), (86, 92, 102))
    base = box((x - 0.25, y - 0.02, -SOLE_M), (x + 0.25, y + 0.36, 0.03), (86, 92, 102))
    top = box((x - 0.14, y + 0.03, 1.88), (x + 0.14, y + 0.36, 1.97), (86, 92, 102))
    return join("load post", [column, stack, base, top, wheel], shine=0.2)


def stick(low: Array, high: Array) -> Layer:
    """Make a broomstick between two points."""
    middle, along = 0.5 * (low + high), high - low
    length_m = float(np.linalg.norm(along))
    return join("load stick", [rod(0.0125, length_m, _WOOD).placed(middle, axes_along(along))], shine=0.1)


def block(top_m: float, *, y: float, width_m: float, depth_m: float, name: str = "load block", x: float = 0.0) -> Layer:
    """Make a wooden block on the floor, its upper face at a height above the floor."""
    low = (x - 0.5 * width_m, y - 0.5 * depth_m, -SOLE_M)
    return join(name, [box(low, (x + 0.5 * width_m, y + 0.5 * depth_m, top_m - SOLE_M), _WOOD)], shine=0.05)


def wall(y: float, *, half_m: float = 0.32) -> Layer:
    """Make a short piece of wall behind a person, its face at ``y``."""
    slab = box((-half_m, y, -SOLE_M), (half_m, y + 0.12, 2.05), (206, 216, 222))
    foot = box((-half_m - 0.002, y - 0.006, -SOLE_M), (half_m + 0.002, y + 0.12, 0.07), (176, 188, 196))
    return join("load wall", [slab, foot], shine=0.02)


def dashes(y: float, *, top_m: float, x: float = 0.0) -> Layer:
    """Make the doorway line: an upright dashed line from the floor up."""
    starts = np.arange(0.0, top_m, 0.09)
    parts = [box((x - 0.006, y - 0.006, z), (x + 0.006, y + 0.006, z + 0.055), (70, 110, 150)) for z in starts]
    return join("load line", parts, shine=0.0)
