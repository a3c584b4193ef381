"""Others in the picture: a mirror on the wall, and a second person. Pure numpy.

A mirror shows the person's virtual image behind the glass. The wall would hide it, so it is drawn in front of the
glass instead, every point moved along its ray to the lens: it lands on the same pixel, with nearer parts still nearer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.camera import Camera
from hiphinge.synth.mesh import Layer
from hiphinge.synth.solids import box, join

__all__ = ["MirrorFrame", "draw_mirror_frame", "make_bystander", "mirror_image"]

Array = NDArray[np.float64]
Color = tuple[int, int, int]

#: The image lies between these distances before the glass, the frame stands out a little further.
_NEAR_M, _FAR_M = 0.050, 0.008
_FRAME_DEPTH_M = 0.055
#: Virtual depth behind the glass that is squeezed into that range.
_DEPTH_M = 5.0


@dataclass(frozen=True, slots=True)
class MirrorFrame:
    """A mirror on a wall.

    Edges in metres from the wall's point: ``left_m`` and ``right_m`` along the wall as seen from the front,
    ``bottom_m`` and ``top_m`` upwards; ``border_m`` wide frame; ``tint`` is the share of light that comes back.
    """

    left_m: float
    right_m: float
    bottom_m: float
    top_m: float
    border_m: float = 0.04
    color: Color = (34, 32, 30)
    glass: Color = (150, 158, 160)
    tint: float = 0.85


def draw_mirror_frame(rng: np.random.Generator) -> MirrorFrame:
    """Draw a mirror: 0.5–2 m wide, hung or reaching to the floor.

    Parameters
    ----------
    rng
        Source of the draw.

    Returns
    -------
    MirrorFrame
        Its edges, counted from the point of the wall behind the person, on the floor.
    """
    middle, half = float(rng.uniform(-0.7, 0.7)), float(rng.uniform(0.25, 1.0))
    bottom = float(rng.uniform(0.05, 0.7))
    grey, back = int(rng.uniform(20, 120)), int(rng.uniform(90, 200))
    return MirrorFrame(
        left_m=middle - half,
        right_m=middle + half,
        bottom_m=bottom,
        top_m=float(rng.uniform(1.7, 2.2)),
        border_m=float(rng.uniform(0.01, 0.07)),
        color=(grey, grey, grey),
        glass=(back, min(255, back + 5), min(255, back + 6)),
        tint=float(rng.uniform(0.72, 0.92)),
    )


def _frame_layer(frame: MirrorFrame, point: Array, axes: Array) -> Layer:
    """Make glass and frame; ``axes`` rows are right, up and out of the wall."""
    x0, x1, z0, z1, b = frame.left_m, frame.right_m, frame.bottom_m, frame.top_m, frame.border_m
    bars = (
        (x0 - b, z0 - b, x1 + b, z0),
        (x0 - b, z1, x1 + b, z1 + b),
        (x0 - b, z0, x0, z1),
        (x1, z0, x1 + b, z1),
    )
    solids = [box((x0, z0, -0.01), (x1, z1, 0.0), frame.glass)]
    solids += [box((u0, v0, -0.01), (u1, v1, _FRAME_DEPTH_M), frame.color) for u0, v0, u1, v1 in bars]
    return join("mirror frame", [solid.placed(point, axes) for solid in solids], shine=0.1)


def mirror_image(
    layers: Sequence[Layer], *, camera: Camera, wall_point: Array, wall_normal: Array, frame: MirrorFrame
) -> tuple[Layer, ...]:
    """Make a mirror on a wall, and the people's images in it.

    Parameters
    ----------
    layers
        The people, and what they hold.
    camera
        Where the picture is taken from: an image in a mirror is seen from one place only.
    wall_point
        ``(3,)`` a point of the glass, metres; the frame's edges are counted from it.
    wall_normal
        ``(3,)`` horizontal, out of the wall towards the people.
    frame
        The mirror.

    Returns
    -------
    tuple of Layer
        ``mirror frame``, and ``mirror <name>`` for every layer. Names, faces and colours do not change with the
        posture: faces outside the frame are collapsed onto its edge.
    """
    out = np.asarray(wall_normal, dtype=np.float64)
    out = out / np.linalg.norm(out)
    up = np.array((0.0, 0.0, 1.0))
    axes = np.stack((np.cross(up, out), up, out))
    lens = (np.asarray(camera.position) - wall_point) @ axes.T
    images = []
    for layer in layers:
        local = (layer.points - wall_point) @ axes.T
        depth = np.maximum(local[:, 2], 1e-3)
        # Where the ray from the lens to the virtual image meets the glass.
        share = (lens[2] / (lens[2] + depth))[:, None]
        spot = lens[:2] + share * (local[:, :2] - lens[:2])
        spot = np.clip(spot, (frame.left_m, frame.bottom_m), (frame.right_m, frame.top_m))
        stand_off = _NEAR_M - (_NEAR_M - _FAR_M) * np.minimum(depth / _DEPTH_M, 1.0)
        back = (stand_off / lens[2])[:, None]
        flat = np.concatenate([spot + back * (lens[:2] - spot), stand_off[:, None]], axis=1)
        normals = layer.normals - 2 * (layer.normals @ out)[:, None] * out
        colors = (frame.tint * layer.colors.astype(np.float64)).astype(np.uint8)
        # A reflection turns the faces inside out.
        image = Layer(f"mirror {layer.name}", flat @ axes + wall_point, layer.faces[:, ::-1], colors, normals, 0.0)
        images.append(image)
    return (_frame_layer(frame, np.asarray(wall_point, dtype=np.float64), axes), *images)


def make_bystander(
    layers: Sequence[Layer], *, turn_deg: float, place_m: tuple[float, float], name: str = "bystander"
) -> tuple[Layer, ...]:
    """Stand a second person somewhere in the room.

    Parameters
    ----------
    layers
        Another actor's layers, standing at the origin.
    turn_deg
        Turn about the vertical.
    place_m
        Where, world x and y.
    name
        Put before every layer's name, with a colon: its shadow is its own.

    Returns
    -------
    tuple of Layer
        The layers moved.
    """
    shift = (place_m[0], place_m[1], 0.0)
    return tuple(layer.moved(turn_deg=turn_deg, shift_m=shift, name=f"{name}:{layer.name}") for layer in layers)
