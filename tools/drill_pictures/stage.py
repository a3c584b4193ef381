"""From a scene to its pictures: postures, gear, camera, marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drill_pictures.cast import cast
from drill_pictures.holds import HOLDS, Held, Setting, lift_target
from drill_pictures.scenes import Scene, Way
from hiphinge.synth import gear
from hiphinge.synth.actor import Take
from hiphinge.synth.body import PosedBody
from hiphinge.synth.camera import Camera, place_camera
from hiphinge.synth.extras import load_extra
from hiphinge.synth.hands import Grasps, Performer
from hiphinge.synth.mesh import Layer, merge_layers
from hiphinge.synth.posture import ARMS, Bend
from hiphinge.synth.room import PLAIN_ROOM, Room
from hiphinge.synth.scene import Studio
from hiphinge.synth.shoes import SOLE_M

__all__ = ["PANEL_PX", "ROOM", "Panel", "Shown", "compose", "panels", "place_scene", "shoot"]

Array = NDArray[np.float64]
Image = NDArray[np.uint8]
PANEL_PX = (366, 432)
_GAP_PX = 4
#: Steps on the way down.
_STEPS = 18
_LONG_LENS_DEG = 17.0
ROOM: Room = replace(
    PLAIN_ROOM, noise=0.0, things=(), wall_m=2.2, floor="plain", floor_color=(206, 198, 186),
    wall_color=(228, 230, 226), light_side=0.6, warmth=0.0, exposure=1.18,
)  # fmt: skip
_KINDS = {"lift_kettlebell": "kettlebell", "lift_dumbbell": "dumbbell", "lift_barbell": "barbell"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One posture to draw: layers, whether it balances, how far a hand stays from its place (metres)."""

    layers: tuple[Layer, ...]
    balanced: bool
    gap_m: float
    way: Way
    lean_deg: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One side of a picture: its postures from the stand to the bottom."""

    shown: tuple[Shown, ...]


def _course(depth: float, lead: float) -> float:
    """Return how far a part is that runs ahead (positive) of the rest."""
    return float(depth ** (1.0 - lead) if lead >= 0 else depth ** (1.0 / (1.0 + lead)))


def _bend(scene: Scene, way: Way, depth: float) -> Bend:
    spine = _course(depth, way.lead)
    hips = _course(depth, -way.lead)
    return Bend(
        hip_flexion_deg=way.hip * hips,
        lumbar_flexion_deg=way.lumbar * spine,
        thoracic_flexion_deg=way.thoracic * spine,
        knee_flexion_deg=way.knee * hips,
        neck_flexion_deg=way.neck * spine,
        balance_shift_ratio=way.shift * hips,
        arms=ARMS[scene.arms],
        load_ratio=scene.load,
        load_on=scene.carried,
    )


def _wall_y(performer: Performer, scene: Scene) -> float:
    """Return where the wall's face is: shoe-lengths behind the heels."""
    points = performer.body.foot_points
    heel, toe = float(points["left_heel"][1]) + 0.006, float(points["left_toe"][1]) - 0.008
    return heel + float(scene.wall or 0.0) * (heel - toe)


def _seat_y(take: Take) -> float:
    """Return how far back the seat reaches, clothes and all."""
    points = np.concatenate([layer.points for layer in take.layers if layer.name in ("trousers", "shirt")])
    return float(points[:, 1].max())


def _bottom_error(performer: Performer, scene: Scene, way: Way) -> float:
    """Return by how many metres the seat is short of the wall, or the hands are above the load."""
    if way.solve == "wall":
        take, _ = performer.take(_bend(scene, way, 1.0), lambda posed: {})
        return _wall_y(performer, scene) - 0.004 - _seat_y(take)
    posed, _, _ = performer.body.grasp(_bend(scene, way, 1.0), lambda posed: {})
    kind = _KINDS[scene.hold]
    _, hands = lift_target(performer.body, posed, kind)
    tall = {"kettlebell": gear.KETTLEBELL_HEIGHT_M, "dumbbell": gear.DUMBBELL_LENGTH_M - 0.045, "barbell": 0.225}[kind]
    return hands - (scene.load_m - SOLE_M + tall)


def _solved(performer: Performer, scene: Scene, way: Way) -> Way:
    """Return the way with its hips bent so that the seat meets the wall, or the hands the load."""
    if not way.solve:
        return way
    low, high = 15.0, 135.0
    for _ in range(22):
        hip = 0.5 * (low + high)
        if _bottom_error(performer, scene, replace(way, hip=hip)) > 0:
            low = hip
        else:
            high = hip
    return replace(way, hip=0.5 * (low + high))


def _pose(performer: Performer, scene: Scene, way: Way, depth: float) -> Shown:
    setting = Setting(depth, scene.load_m)
    held: list[Held] = []

    def hold(posed: PosedBody) -> Grasps:
        held.append(HOLDS[scene.hold](performer.body, posed, setting))
        return held[-1][0]

    take, gap_m = performer.take(_bend(scene, way, depth), hold)
    return Shown((*take.layers, *held[-1][1]), take.balanced, gap_m, way, _lean_deg(take.body))


def _lean_deg(posed: PosedBody) -> float:
    hip = 0.5 * (posed.joints["upperleg01.L"] + posed.joints["upperleg01.R"])
    line = posed.joints["neck01"] - hip
    return float(np.degrees(np.arctan2(-line[1], line[2])))


def _still_gear(performer: Performer, scene: Scene) -> tuple[Layer, ...]:
    """Return what stands in the room: wall, doorway line, block."""
    layers = []
    if scene.wall is not None:
        layers.append(gear.wall(_wall_y(performer, scene), half_m=0.32 if scene.yaw < 20 else 0.95))
    if scene.line:
        stand = performer.take(Bend(), lambda posed: {})[0]
        layers.append(gear.dashes(_seat_y(stand) + 0.008, top_m=1.25, x=0.12))
    if scene.load_m > 0 and scene.hold == "lift_barbell":
        layers += [_plate_block(performer, scene, sign) for sign in (1.0, -1.0)]
    elif scene.load_m > 0:
        points = performer.body.foot_points
        middle = float(0.5 * (points["left_heel"][1] + points["left_toe"][1]))
        layers.append(gear.block(scene.load_m, y=middle, width_m=0.19, depth_m=0.30))
    return tuple(layers)


def _plate_block(performer: Performer, scene: Scene, sign: float) -> Layer:
    points = performer.body.foot_points
    middle = float(0.5 * (points["left_heel"][1] + points["left_toe"][1]))
    name = f"load block {sign:.0f}"
    return gear.block(scene.load_m, y=middle, width_m=0.16, depth_m=0.40, name=name, x=0.63 * sign)


def panels(scene: Scene, *, steps: int = _STEPS) -> tuple[Panel, Panel]:
    """Pose both ways of a scene, from the stand to the bottom.

    Parameters
    ----------
    scene
        What is to be seen.
    steps
        Postures per way.

    Returns
    -------
    tuple of Panel
        Left and right.
    """
    performer = Performer(cast(scene.person or scene.drill, adduction_deg=scene.adduction, toe_out_deg=scene.toe_out))
    room = _still_gear(performer, scene)
    x = np.linspace(0, 1, steps)
    depths = x**3 * (10 - 15 * x + 6 * x**2) if steps > 2 else x
    both = []
    for way in (scene.good, scene.other):
        solved = _solved(performer, scene, way)
        shown = [_pose(performer, scene, solved, float(depth)) for depth in depths]
        both.append(Panel(tuple(replace(one, layers=(*one.layers, *room)) for one in shown)))
    return both[0], both[1]


def place_scene(scene: Scene, both: Sequence[Panel]) -> Camera:
    """Return the camera that sees both ways of a scene from stand to bottom, at one scale."""
    layers = [layer for panel in both for one in (panel.shown[0], panel.shown[-1]) for layer in one.layers]
    seen = [layer for layer in layers if layer.name not in ("load wall", "load line", "load post")]
    points = merge_layers(seen)
    posts = [layer.points for layer in layers if layer.name in ("load wall", "load post")]
    if posts:
        # Of a wall or a machine, enough to see what it is.
        edge = float(min(post[:, 1].min() for post in posts)) + 0.10
        points = np.vstack([points, [[0.0, edge, 0.3], [0.0, edge, 1.0]]])
    if scene.above_m < 0:
        points = np.vstack([points, [[0.0, 0.0, -0.05]]])
    return place_camera(
        points[points[:, 2] > scene.above_m], yaw_deg=scene.yaw, facing="right", lens_m=0.95, view_angle_deg=_LONG_LENS_DEG,
        size_px=PANEL_PX, fill=0.93,
    )  # fmt: skip


def _mark(image: Image, scene: Scene, *, good: bool) -> Image:
    """Draw the mark in the panel's corner: a green disc, an amber ring, or a slate disc where neither is a fault."""
    cv2 = load_extra("cv2")
    fine = 8
    size = 34 * fine
    canvas = cv2.resize(image[4:38, 4:38], (size, size), interpolation=cv2.INTER_LINEAR)
    middle, radius = (size // 2, size // 2), 11 * fine
    color = (86, 108, 140) if scene.marks == "equal" else (38, 128, 84) if good else (214, 134, 16)
    cv2.circle(canvas, middle, radius + 2 * fine, (255, 255, 255), -1)
    if good or scene.marks == "equal":
        cv2.circle(canvas, middle, radius, color, -1)
    else:
        cv2.circle(canvas, middle, radius - 2 * fine, color, 4 * fine)
    out = image.copy()
    out[4:38, 4:38] = cv2.resize(canvas, (34, 34), interpolation=cv2.INTER_AREA)
    return out


def shoot(studio: Studio, scene: Scene, both: tuple[Panel, Panel], step: int, camera: Camera | None = None) -> Image:
    """Render one step of both panels, side by side.

    Parameters
    ----------
    studio
        Of the panel's size.
    scene, both
        What is to be seen.
    step
        Which posture.
    camera
        Where from; found if None.

    Returns
    -------
    ndarray
        ``(height, width, 3)`` RGB.
    """
    view = camera or place_scene(scene, both)
    pictures = []
    for panel, good in zip(both, (True, False), strict=True):
        layers = [replace(layer, name=f"{layer.name} {k}") for k, layer in enumerate(panel.shown[step].layers)]
        studio.stage(layers, room=ROOM, camera=view, floor_z=-SOLE_M)
        pictures.append(_mark(studio.shoot(), scene, good=good))
    return compose(pictures)


def compose(pictures: Sequence[Image]) -> Image:
    """Put two panels side by side with a thin white gap."""
    gap = np.full((PANEL_PX[1], _GAP_PX, 3), 255, dtype=np.uint8)
    return np.hstack([pictures[0], gap, pictures[1]])
