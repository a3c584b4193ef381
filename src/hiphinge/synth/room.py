"""Where the person is filmed: wall, floor, things behind them, light. Drawn per scene; pure numpy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["PLAIN_ROOM", "Room", "Thing", "develop", "draw_room", "paint"]

Array = NDArray[np.float64]
Color = tuple[int, int, int]
#: Share of rooms with very little light, and of pictures taken with an unsteady hand or a slow shutter.
DARK_SHARE, SHAKE_SHARE = 0.08, 0.20

Pattern = Literal["plain", "wood", "tiles", "bricks", "carpet", "panels"]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something in the room.

    Given in the room's own axes (x right, y away from the camera, z up, person at 0): a box
    ``(x0, x1, y0, y1, z0, z1)`` or, with ``round``, an ellipsoid inside it.
    """

    bounds: tuple[float, float, float, float, float, float]
    color: Color
    round: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """A room.

    Lights are strengths; ``light_side`` −1…1 is where the key light stands (left … right);
    ``warmth`` shifts white balance, ``noise`` is the grain's standard deviation in grey levels, ``blur_px`` the lens,
    ``shake_px`` ``(x, y)`` how far the picture smears while the shutter is open.
    """

    wall: Pattern
    wall_color: Color
    wall_m: float
    wall_turn_deg: float
    floor: Pattern
    floor_color: Color
    skirting: bool
    things: tuple[Thing, ...]
    key: float
    fill: float
    ambient: float
    light_side: float
    light_height: float
    warmth: float
    exposure: float
    noise: float
    blur_px: float
    seed: int
    shake_px: tuple[float, float] = (0.0, 0.0)


#: A calm, well-lit room, for the demo clip.
PLAIN_ROOM = Room(
    wall="plain",
    wall_color=(214, 212, 204),
    wall_m=1.5,
    wall_turn_deg=0.0,
    floor="wood",
    floor_color=(168, 128, 90),
    skirting=True,
    things=(
        Thing((-1.02, -0.80, 1.05, 1.27, 0.0, 0.26), (186, 108, 78)),
        Thing((-1.12, -0.70, 0.95, 1.37, 0.24, 0.98), (84, 128, 86), round=True),
        Thing((0.62, 1.16, 1.46, 1.49, 1.12, 1.80), (120, 92, 66)),
        Thing((0.66, 1.12, 1.44, 1.47, 1.16, 1.76), (222, 226, 222)),
        Thing((0.74, 1.04, 1.43, 1.46, 1.26, 1.50), (120, 152, 170), round=True),
    ),
    key=0.46,
    fill=0.26,
    ambient=0.22,
    light_side=-0.4,
    light_height=3.0,
    warmth=0.015,
    exposure=1.14,
    noise=1.0,
    blur_px=0.0,
    seed=5,
)


def _color(rng: np.random.Generator, low: float, high: float, spread: float) -> Color:
    grey = rng.uniform(low, high)
    red, green, blue = (int(np.clip(grey + rng.normal(0, spread), 5, 250)) for _ in range(3))
    return (red, green, blue)


def _draw_things(rng: np.random.Generator, wall_m: float) -> tuple[Thing, ...]:
    """Draw what stands behind the person: door, picture, window, rack, bench, ball, plant."""
    things: list[Thing] = []
    near_wall = wall_m - 0.06
    for _ in range(int(rng.integers(0, 5))):
        x = float(rng.uniform(-1.8, 1.8))
        kind = rng.choice(("door", "picture", "window", "rack", "bench", "ball", "cupboard"))
        if kind == "door":
            things.append(Thing((x - 0.52, x + 0.52, near_wall, wall_m, 0, 2.12), _color(rng, 150, 240, 12)))
            door = Thing((x - 0.43, x + 0.43, near_wall - 0.02, wall_m, 0, 2.03), _color(rng, 60, 220, 20))
            things.append(door)
        elif kind in ("picture", "window"):
            w, h, z = float(rng.uniform(0.2, 0.6)), float(rng.uniform(0.2, 0.6)), float(rng.uniform(1.0, 1.6))
            light = (200, 250) if kind == "window" else (30, 230)
            frame = Thing((x - w, x + w, near_wall, wall_m, z - h, z + h), _color(rng, 30, 240, 10))
            pane = (x - w + 0.05, x + w - 0.05, near_wall - 0.02, wall_m, z - h + 0.05, z + h - 0.05)
            things += [frame, Thing(pane, _color(rng, light[0], light[1], 30))]
        elif kind == "rack":
            y, color = float(rng.uniform(0.5, max(0.6, wall_m - 0.3))), _color(rng, 15, 120, 8)
            things += [Thing((x + d, x + d + 0.07, y, y + 0.07, 0, 2.3), color) for d in (-0.5, 0.5)]
            things.append(Thing((x - 0.5, x + 0.5, y, y + 0.05, 1.2, 1.25), color))
        elif kind == "ball":
            r, y = float(rng.uniform(0.12, 0.35)), float(rng.uniform(0.6, max(0.7, wall_m - 0.3)))
            things.append(Thing((x - r, x + r, y - r, y + r, 0, 2 * r), _color(rng, 30, 220, 50), round=True))
        else:
            h = float(rng.uniform(0.3, 0.6) if kind == "bench" else rng.uniform(0.7, 1.9))
            w = float(rng.uniform(0.25, 0.6))
            things.append(Thing((x - w, x + w, wall_m - 0.45, wall_m, 0, h), _color(rng, 30, 230, 20)))
    return tuple(things)


def draw_room(seed: int) -> Room:
    """Draw a room.

    Parameters
    ----------
    seed
        Decides everything.

    Returns
    -------
    Room
        Wall, floor, things, light and what the phone does to the picture.
    """
    rng = np.random.default_rng((seed, 23))
    wall_m = float(rng.uniform(0.7, 3.0))
    walls: tuple[Pattern, ...] = ("plain", "bricks", "panels", "tiles")
    floors: tuple[Pattern, ...] = ("plain", "wood", "tiles", "carpet")
    dim = rng.random() < 0.2
    # A stream of its own, so that the other rooms stay as they were.
    light = np.random.default_rng((seed, 24))
    dark = light.random() < DARK_SHARE
    shake = light.normal(0, 3.0, 2) if light.random() < SHAKE_SHARE else np.zeros(2)
    room = Room(
        wall=walls[int(rng.choice(4, p=(0.66, 0.1, 0.14, 0.1)))],
        wall_color=_color(rng, 60, 238, 10),
        wall_m=wall_m,
        wall_turn_deg=float(rng.normal(0, 6)),
        floor=floors[int(rng.integers(4))],
        floor_color=_color(rng, 50, 205, 16),
        skirting=bool(rng.random() < 0.6),
        things=_draw_things(rng, wall_m),
        key=float(rng.uniform(0.25, 0.62)),
        fill=float(rng.uniform(0.12, 0.36)),
        ambient=float(rng.uniform(0.12, 0.34)),
        light_side=float(rng.uniform(-1, 1)),
        light_height=float(rng.uniform(1.8, 4.5)),
        warmth=float(rng.normal(0, 0.05)),
        exposure=float(rng.uniform(0.55, 0.8) if dim else rng.uniform(0.85, 1.15)),
        noise=float(rng.uniform(0.5, 6.0)),
        blur_px=float(max(0.0, rng.normal(0.25, 0.45))),
        seed=seed,
        shake_px=(float(shake[0]), float(shake[1])),
    )
    if not dark:
        return room
    return replace(room, exposure=float(light.uniform(0.25, 0.5)), noise=float(light.uniform(5, 12)))


def _joints(size: int, pattern: Pattern) -> NDArray[np.bool_]:
    """Return where the gaps between bricks, tiles, boards or panels run."""
    row, column = np.mgrid[0:size, 0:size]
    if pattern == "bricks":
        shifted = column + np.where((row // 32) % 2 == 0, 0, 32)
        return np.asarray((row % 32 < 3) | (shifted % 64 < 3))
    if pattern == "tiles":
        return np.asarray((row % 128 < 3) | (column % 128 < 3))
    if pattern == "wood":
        return np.asarray(row % 32 < 1)
    if pattern == "panels":
        return np.asarray(column % 64 < 3)
    return np.zeros((size, size), dtype=np.bool_)


def paint(pattern: Pattern, color: Color, *, seed: int, size: int = 256) -> NDArray[np.uint8]:
    """Paint a texture that repeats.

    Parameters
    ----------
    pattern, color
        What it shows.
    seed
        Decides the irregularities.
    size
        Width and height, pixels.

    Returns
    -------
    ndarray
        ``(size, size, 3)`` RGB.
    """
    rng = np.random.default_rng((seed, 31))
    shade = np.ones((size, size))
    if pattern == "carpet":
        shade += rng.normal(0, 0.09, (size, size))
    elif pattern == "wood":
        boards = rng.normal(0, 0.07, size // 32)
        shade += np.repeat(boards, 32)[:, None] + rng.normal(0, 0.02, (size, 1))
    elif pattern in ("bricks", "tiles"):
        step = 32 if pattern == "bricks" else 128
        cells = rng.normal(0, 0.05, (size // step, size // step))
        shade += np.kron(cells, np.ones((step, step)))
    shade = np.where(_joints(size, pattern), shade * 0.82, shade)
    shade += rng.normal(0, 0.006, (size, size))
    return np.clip(np.asarray(color) * shade[..., None], 0, 255).astype(np.uint8)


def develop(image: NDArray[np.uint8], room: Room, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Do to a clean picture what a phone does: exposure, white balance, grain.

    Parameters
    ----------
    image
        ``(height, width, 3)`` RGB.
    room
        How strongly.
    rng
        Source of the grain.

    Returns
    -------
    ndarray
        ``(height, width, 3)`` RGB.
    """
    balance = np.array((1 + room.warmth, 1.0, 1 - room.warmth), dtype=np.float32) * np.float32(room.exposure)
    grain = rng.standard_normal((*image.shape[:2], 1), dtype=np.float32)
    grain = grain + 0.5 * rng.standard_normal(image.shape, dtype=np.float32)
    out = image.astype(np.float32) * balance + np.float32(0.8 * room.noise) * grain
    return np.asarray(np.clip(out, 0, 255).astype(np.uint8))
