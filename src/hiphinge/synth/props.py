"""What a person holds, and what stands in the way: bars, bells, a rope, things before the feet. Pure numpy.

Axes as in ``body``: +x the person's left, −y anterior, +z up, metres. Every load keeps its layers' names, faces
and colours in every posture, so that a staged scene only moves their points. Arm positions that suit a load are in
``LOAD_ARMS``; a posture can still be too low for it (a plate would reach into the floor): ask ``load_fits``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.body import PosedBody
from hiphinge.synth.mesh import Layer
from hiphinge.synth.room import Thing
from hiphinge.synth.shoes import SOLE_M
from hiphinge.synth.solids import Solid, axes_along, ball, box, join, rod, tube, turned

__all__ = ["LOAD_ARMS", "Load", "LoadKind", "draw_load", "draw_occluder", "load_fits", "make_load"]

Array = NDArray[np.float64]
Color = tuple[int, int, int]
LoadKind = Literal["none", "kettlebell", "dumbbells", "barbell_hands", "barbell_back", "rope", "goat_bag"]

#: Names of the ``ARMS`` that a load can be held with.
LOAD_ARMS: Mapping[LoadKind, tuple[str, ...]] = {
    "none": (),
    "kettlebell": ("hands_together",),
    "dumbbells": ("hanging", "bar_in_hands"),
    "barbell_hands": ("bar_in_hands",),
    "barbell_back": ("bar_on_back",),
    "rope": ("between_legs",),
    "goat_bag": ("goat_bag",),
}
_BAR_RADIUS_M = 0.0145
_BAR_LENGTH_M = 2.2
_SLEEVE_RADIUS_M = 0.025
#: Where the innermost plate's inner face sits on the bar.
_COLLAR_M = 0.655
_POST_M = 1.2
_BUMPERS: tuple[Color, ...] = ((150, 34, 32), (30, 62, 130), (196, 160, 36), (38, 110, 58), (196, 196, 192))


@dataclass(frozen=True, slots=True)
class Load:
    """What is held: a kind and its size and colours (RGB); sizes that a kind has no use for are ignored.

    ``plate_radius_m`` and ``plate_width_m`` are of all plates of one side together; ``bell_radius_m`` is the
    radius of a kettlebell's ball, and of a dumbbell's heads twice that of the handle's reach; ``rope_height_m`` is
    the pulley's height above the floor.
    """

    kind: LoadKind
    plate_radius_m: float = 0.225
    plate_width_m: float = 0.06
    bell_radius_m: float = 0.1
    rope_height_m: float = 0.3
    bar_color: Color = (150, 150, 152)
    plate_color: Color = (38, 38, 40)
    bell_color: Color = (36, 36, 38)


def _iron(rng: np.random.Generator) -> Color:
    grey = float(rng.uniform(18, 70))
    red, green, blue = (int(np.clip(grey + rng.normal(0, 3), 5, 250)) for _ in range(3))
    return (red, green, blue)


def draw_load(rng: np.random.Generator, kind: LoadKind) -> Load:
    """Draw the size and colours of a load.

    Parameters
    ----------
    rng
        Source of the draw.
    kind
        What is held.

    Returns
    -------
    Load
        The load.
    """
    full = bool(rng.random() < 0.45)
    grey = int(rng.uniform(60, 190))
    plate, bell = _iron(rng), _iron(rng)
    if rng.random() < 0.3:
        plate = _BUMPERS[int(rng.integers(len(_BUMPERS)))]
    if rng.random() < 0.2:
        bell = _BUMPERS[int(rng.integers(len(_BUMPERS)))]
    return Load(
        kind,
        plate_radius_m=0.225 if full else float(rng.uniform(0.11, 0.225)),
        plate_width_m=float(rng.uniform(0.03, 0.095)),
        bell_radius_m=float(rng.uniform(0.05, 0.085) if kind == "dumbbells" else rng.uniform(0.075, 0.125)),
        rope_height_m=float(rng.uniform(0.12, 0.4)),
        bar_color=(grey, grey, grey),
        plate_color=plate,
        bell_color=bell,
    )


def _hand(posed: PosedBody, side: str) -> Array:
    """Return the middle of a fist: between the knuckle of the middle finger and its tip."""
    knuckle, end = posed.joints[f"finger3-1.{side}"], posed.joints[f"finger3-3.{side}"]
    return 0.6 * knuckle + 0.4 * end


def _grip(posed: PosedBody) -> Array:
    """Return the point between both hands, in the middle of the person."""
    return 0.5 * (_hand(posed, "L") + _hand(posed, "R"))


def _not_hand(posed: PosedBody) -> NDArray[np.bool_]:
    """Return ``(n,)`` true where the skin is not part of a hand."""
    bones = [place for name, place in posed.joints.items() if name.startswith(("finger", "metacarpal", "wrist"))]
    hands = np.stack(bones)
    away = np.ones(len(posed.vertices), dtype=np.bool_)
    near_plane = np.abs(posed.vertices[:, 0]) < 0.06
    gap = posed.vertices[near_plane, None] - hands[None]
    away[near_plane] = (np.einsum("ijk,ijk->ij", gap, gap) > 0.055**2).all(axis=1)
    return away


def _plate(load: Load) -> Solid:
    """Make a plate about the x axis, raised at the rim and at the hub, its inner face at x = 0."""
    r, w = load.plate_radius_m, load.plate_width_m
    dish = 0.22 * w
    outline = (
        (0.0, 0.0),
        (0.0, 0.3 * r),
        (dish, 0.34 * r),
        (dish, 0.80 * r),
        (0.0, 0.84 * r),
        (0.0, 0.98 * r),
        (0.02 * r, r),
        (w - 0.02 * r, r),
        (w, 0.98 * r),
        (w, 0.84 * r),
        (w - dish, 0.80 * r),
        (w - dish, 0.34 * r),
        (w, 0.3 * r),
        (w, 0.0),
    )
    return turned(outline, load.plate_color, segments=40)


def _barbell(load: Load, center: Array) -> tuple[Layer, ...]:
    half, side = 0.5 * _BAR_LENGTH_M, np.array((1.0, 0.0, 0.0))
    bar = [rod(_BAR_RADIUS_M, 2 * _COLLAR_M, load.bar_color).placed(center)]
    plates = []
    for sign in (1.0, -1.0):
        axes = np.diag((sign, sign, 1.0))
        sleeve = rod(_SLEEVE_RADIUS_M, half - _COLLAR_M + 0.03, load.bar_color)
        bar.append(sleeve.placed(center + sign * 0.5 * (half + _COLLAR_M - 0.03) * side))
        stop = rod(0.042, 0.03, load.bar_color)
        bar.append(stop.placed(center + sign * (_COLLAR_M - 0.015) * side))
        plates.append(_plate(load).placed(center + sign * _COLLAR_M * side, axes))
    return join("load bar", bar, shine=0.4), join("load plates", plates, shine=0.1)


def _bar_in_hands(posed: PosedBody) -> Array:
    """Return the bar's middle: through the hands, moved forwards out of the thighs by a few centimetres at most."""
    center = _grip(posed)
    skin = posed.vertices
    level = (np.abs(skin[:, 2] - center[2]) < 2 * _BAR_RADIUS_M) & (np.abs(skin[:, 0]) < 0.16)
    if level.any():
        clear = float(skin[level, 1].min()) - _BAR_RADIUS_M - 0.004
        center[1] = max(min(center[1], clear), center[1] - 0.06)
    return center


def _bar_on_back(posed: PosedBody, stature_m: float) -> Array:
    """Return the bar's middle: across the traps, just clear of the skin."""
    neck, chest = posed.joints["neck01"], posed.joints["spine01"]
    up = (neck - chest) * (0.0, 1.0, 1.0)
    up /= np.linalg.norm(up)
    back = np.cross((1.0, 0.0, 0.0), up) * -1.0
    place = neck - 0.022 * stature_m * up
    offset = posed.vertices - place
    near = (np.abs(offset @ up) < 0.022) & (np.abs(offset[:, 0]) < 0.095 * stature_m)
    out = float((offset[near] @ back).max()) if near.any() else 0.03 * stature_m
    center = place + (out + _BAR_RADIUS_M + 0.004) * back
    center[0] = 0.0
    return center


def _kettlebell(load: Load, grip: Array, up: Array, forward: Array) -> Layer:
    """Make a kettlebell whose handle's middle is at ``grip`` and whose ball hangs against ``up``."""
    r = load.bell_radius_m
    axes = np.stack((np.cross(forward, up), forward, up))
    drop = r + 0.055
    angle = np.linspace(-0.22 * np.pi, 1.22 * np.pi, 15)
    arch = np.stack((0.068 * np.cos(angle), 0 * angle, 0.045 * np.sin(angle) - 0.045), axis=1)
    handle = tube(arch, 0.0165, load.bell_color)
    foot = rod(0.6 * r, 0.02, load.bell_color).placed(np.zeros(3), axes_along(np.array((0.0, 0.0, 1.0))))
    parts = [
        handle.placed(grip, axes),
        ball(r, load.bell_color).placed(grip - drop * up, axes),
        foot.placed(grip - (drop + 0.9 * r) * up, axes),
    ]
    return join("load bell", parts)


def _goat_bag(load: Load, posed: PosedBody) -> Layer:
    """Press a kettlebell against the front of the trunk, at the height of the hands."""
    neck, waist = posed.joints["neck01"], posed.joints["spine02"]
    up = (neck - waist) * (0.0, 1.0, 1.0)
    up /= np.linalg.norm(up)
    forward = np.cross((1.0, 0.0, 0.0), up)
    middle = _grip(posed) * (0.0, 1.0, 1.0)
    r = load.bell_radius_m
    offset = posed.vertices - middle
    near = (np.abs(offset @ up) < 0.6 * r) & (np.abs(offset[:, 0]) < 0.05) & _not_hand(posed)
    front = float(np.max(offset[near] @ forward, initial=-0.1))
    # In a deep bend the knees lie in front of the belly: the bell stays between the hands all the same.
    center = middle + min(front + 0.92 * r, 0.06) * forward
    return _kettlebell(load, center + (r + 0.055) * up, up, forward)


def _dumbbells(load: Load, posed: PosedBody) -> Layer:
    parts = []
    r = load.bell_radius_m
    for side in ("L", "R"):
        across = posed.joints[f"finger2-1.{side}"] - posed.joints[f"finger5-1.{side}"]
        axes, center = axes_along(across), _hand(posed, side)
        parts.append(rod(0.015, 0.16, load.bar_color, segments=10).placed(center, axes))
        for sign in (1.0, -1.0):
            head = rod(r, 1.1 * r, load.bell_color, segments=12)
            parts.append(head.placed(center + sign * (0.065 + 0.55 * r) * axes[0], axes))
    return join("load dumbbells", parts)


def _rope(load: Load, posed: PosedBody) -> tuple[Layer, Layer]:
    """Lead a rope from both hands between the legs to a low pulley on a post behind the person."""
    wheel = np.array((0.0, _POST_M, load.rope_height_m - SOLE_M))
    grip = _grip(posed)
    knot = grip + 0.16 * (wheel - grip) / np.linalg.norm(wheel - grip)
    ends = [tube(np.linspace(_hand(posed, side), knot, 6), 0.014, (70, 64, 56)) for side in ("L", "R")]
    line = tube(np.linspace(knot, wheel, 10), 0.005, (52, 52, 54))
    post = box((-0.03, _POST_M, -SOLE_M), (0.03, _POST_M + 0.06, 1.0), load.plate_color)
    return join("load rope", [*ends, line]), join("load post", [post])


def make_load(load: Load, posed: PosedBody, stature_m: float) -> tuple[Layer, ...]:
    """Put a load where a posed body holds it.

    Parameters
    ----------
    load
        What is held.
    posed
        Who holds it, in one of the arm positions of ``LOAD_ARMS``.
    stature_m
        Of the person.

    Returns
    -------
    tuple of Layer
        Layers named ``load …``; the same names, faces and colours for every posture. Empty for ``none``.
    """
    if load.kind == "none":
        return ()
    if load.kind == "barbell_hands":
        return _barbell(load, _bar_in_hands(posed))
    if load.kind == "barbell_back":
        return _barbell(load, _bar_on_back(posed, stature_m))
    if load.kind == "rope":
        return _rope(load, posed)
    if load.kind == "dumbbells":
        return (_dumbbells(load, posed),)
    if load.kind == "goat_bag":
        return (_goat_bag(load, posed),)
    return (_kettlebell(load, _grip(posed), np.array((0.0, 0.0, 1.0)), np.array((0.0, -1.0, 0.0))),)


def load_fits(load: Load, posed: PosedBody, stature_m: float) -> bool:
    """Tell whether the load stays above the floor (2 cm of slack) in a posture."""
    layers = make_load(load, posed, stature_m)
    return all(float(layer.points[:, 2].min()) > -SOLE_M - 0.02 for layer in layers)


def draw_occluder(rng: np.random.Generator, *, chance: float = 1.0, clear_m: float = 0.36) -> Thing | None:
    """Draw a thing on the floor between the camera and the feet, which hides a part of the shank.

    Parameters
    ----------
    rng
        Source of the draw.
    chance
        Probability that there is one.
    clear_m
        How far from the person's middle its far side is at least; 0.8 keeps clear of a barbell's plates.

    Returns
    -------
    Thing or None
        A bench's end, a ball or a plate standing on its edge, up to 0.45 m high, in the room's axes (camera at −y).
    """
    if rng.random() >= chance:
        return None
    kind = rng.choice(("bench", "ball", "plate"))
    x, y = float(rng.uniform(-0.3, 0.3)), -clear_m - float(rng.uniform(0.0, 0.25))
    color = _iron(rng) if rng.random() < 0.5 else _BUMPERS[int(rng.integers(len(_BUMPERS)))]
    if kind == "bench":
        side = 1.0 if rng.random() < 0.5 else -1.0
        x0, x1 = sorted((x, x + side * float(rng.uniform(0.3, 1.2))))
        return Thing((x0, x1, y - 0.28, y, 0.0, float(rng.uniform(0.2, 0.45))), color)
    if kind == "ball":
        r = float(rng.uniform(0.1, 0.22))
        return Thing((x - r, x + r, y - 2 * r, y, 0.0, 2 * r), color, round=True)
    r = float(rng.uniform(0.11, 0.225))
    return Thing((x - r, x + r, y - 0.07, y, 0.0, 2 * r), color, round=True)
