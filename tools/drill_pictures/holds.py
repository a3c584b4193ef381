"""Where the hands go and what they hold, for every drill. Axes: +x the person's left, −y in front, +z up, metres."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drill_pictures.trunk import CLOTH_M, Trunk
from hiphinge.synth import gear
from hiphinge.synth.body import PosedBody
from hiphinge.synth.hands import Grasp, GraspingBody, Grasps
from hiphinge.synth.mesh import Layer

__all__ = ["HOLDS", "Held", "Setting", "arm_m", "grip_x", "lift_target"]

Array = NDArray[np.float64]
Layers = tuple[Layer, ...]
Held = tuple[Grasps, Layers]
_SIDES = (("L", 1.0), ("R", -1.0))
_LEFT, _UP = np.array((1.0, 0.0, 0.0)), np.array((0.0, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Setting:
    """What a hold needs beside the body: how deep the bend is (0 stand, 1 bottom), and the drill's own sizes.

    ``load_m``: height of the floor or block under a load; ``anchor``: where a cord is fixed.
    """

    depth: float
    load_m: float = 0.0
    anchor: tuple[float, float, float] = (0.0, 0.95, 0.18)


def arm_m(body: GraspingBody) -> float:
    """Return how far the middle of a closed hand hangs from the shoulder, almost straight, metres."""
    joints = body.rest_joints
    names = ("upperarm01.L", "lowerarm01.L", "wrist.L", "finger3-1.L")
    steps = [float(np.linalg.norm(joints[b] - joints[a])) for a, b in pairwise(names)]
    return 0.985 * (steps[0] + steps[1]) + 0.9 * steps[2] - 0.004


def _shoulder(posed: PosedBody) -> Array:
    return 0.5 * (posed.joints["upperarm01.L"] + posed.joints["upperarm01.R"])


def _hang(body: GraspingBody, posed: PosedBody, x: float, y: float) -> float:
    """Return the height of hands that hang at ``x`` to either side and ``y``."""
    shoulder = posed.joints["upperarm01.L"]
    across = np.hypot(shoulder[0] - x, shoulder[1] - y)
    return float(shoulder[2] - np.sqrt(max(arm_m(body) ** 2 - across**2, 0.01)))


def grip_x(kind: str) -> float:
    """Return how far from the middle each hand holds a load that is lifted."""
    return {"kettlebell": 0.040, "dumbbell": 0.074, "barbell": 0.27}[kind]


def lift_target(body: GraspingBody, posed: PosedBody, kind: str) -> tuple[float, float]:
    """Return where the hands of someone who lifts hang: ``y`` and height, before the thighs and over mid-foot."""
    middle = 0.5 * (body.foot_points["left_heel"][1] + body.foot_points["left_toe"][1])
    x = grip_x(kind)
    y = float(middle)
    for _ in range(3):
        z = _hang(body, posed, x, y)
        drop = 0.0 if kind == "barbell" else 0.5 * gear.KETTLEBELL_HEIGHT_M
        reach = 0.35 if kind == "barbell" else gear.BELL_RADIUS_M + 0.01
        tall = 0.03 if kind == "barbell" else 0.5 * gear.KETTLEBELL_HEIGHT_M
        skin = posed.vertices[body.bone_of("upperleg", "lowerleg", "pelvis", "root", "spine04", "spine05")]
        near = (np.abs(skin[:, 0]) < reach) & (np.abs(skin[:, 2] - z + drop) < tall)
        thick = (gear.BAR_RADIUS_M if kind == "barbell" else 0.8 * gear.BELL_RADIUS_M) + 0.012
        clear = float(np.min(skin[near, 1], initial=1.0)) - thick
        y = min(float(middle), clear)
    return y, _hang(body, posed, x, y)


def _lift(body: GraspingBody, posed: PosedBody, kind: str) -> Held:
    y, z = lift_target(body, posed, kind)
    x = grip_x(kind)
    point = np.array((0.0, y, z))
    down = np.array((0.0, 0.0, -1.0))
    grasps = {}
    for side, sign in _SIDES:
        place = point + sign * x * _LEFT
        line = place - posed.joints[f"upperarm01.{side}"]
        elbow = np.array((sign * 1.0, 0.5, 0.0))
        if kind == "dumbbell":
            fingers = down + 0.25 * np.array((0.0, -1.0, 0.0)) - 0.15 * sign * _LEFT
            grasps[side] = Grasp(place, fingers, -sign * _LEFT, elbow, curl=0.42, along=0.95, thumb=0.2)
        else:
            radius = gear.BAR_RADIUS_M if kind == "barbell" else gear.HANDLE_RADIUS_M
            fingers = line * (0.0, 1.0, 1.0)
            grasps[side] = Grasp(place, fingers, np.array((0.0, 1.0, 0.0)), elbow, radius, 0.85, 0.9, 0.9)
    if kind == "kettlebell":
        return grasps, (gear.kettlebell(point, _UP),)
    if kind == "barbell":
        return grasps, gear.barbell(point)
    middle = point - (0.5 * gear.DUMBBELL_LENGTH_M - 0.045) * _UP
    return grasps, (gear.dumbbell(middle, _UP),)


def _lift_kettlebell(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    return _lift(body, posed, "kettlebell")


def _lift_dumbbell(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    return _lift(body, posed, "dumbbell")


def _lift_barbell(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    return _lift(body, posed, "barbell")


def _ribs_and_back(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    """Put the near hand on the bottom of the ribs, the far one on the small of the back."""
    trunk = Trunk(body, posed)
    out = 0.62 * trunk.front - 0.78 * _LEFT
    ribs = trunk.ray(trunk.level("spine02", "spine01", 0.2), out)
    low = trunk.level("spine03", "spine02", 0.2)
    back = trunk.surface(low, -trunk.front, wide_m=0.06) + 0.05 * _LEFT
    near = Grasp(
        ribs, 0.78 * trunk.front + 0.62 * _LEFT - 0.30 * trunk.up, -out,
        -0.7 * _LEFT - 0.5 * trunk.up - 1.0 * trunk.front, curl=0.06, along=0.9, thumb=0.0,
    )  # fmt: skip
    far = Grasp(
        back, -_LEFT - 0.15 * trunk.up, trunk.front, _LEFT - 0.7 * trunk.front - 0.2 * trunk.up,
        curl=0.08, along=1.0, thumb=0.0,
    )  # fmt: skip
    return {"R": near, "L": far}, ()


def _cross(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    """Cross the arms: each hand lies flat on the other side of the upper chest."""
    trunk = Trunk(body, posed)
    grasps = {}
    for side, sign in _SIDES:
        level = trunk.level("spine01", "neck01", 0.42 + 0.07 * sign) - 0.11 * sign * _LEFT
        # The left forearm crosses over the right one.
        place = trunk.surface(level, trunk.front, wide_m=0.04) + (0.006 + 0.010 * sign) * trunk.front
        out = 0.9 * trunk.front - 0.45 * sign * _LEFT
        fingers = -0.9 * sign * _LEFT + 0.35 * trunk.up - 0.4 * trunk.front
        elbow = 0.35 * sign * _LEFT - trunk.up + 0.1 * trunk.front
        grasps[side] = Grasp(place, fingers, -out, elbow, curl=0.24, along=0.9, thumb=0.2)
    return grasps, ()


def _hug_kettlebell(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    """Press the ball into the top of the belly, a palm on either side of it, forearms close."""
    trunk = Trunk(body, posed)
    middle = trunk.ball(trunk.level("spine02", "spine01", 0.35), trunk.front, gear.BELL_RADIUS_M)
    grasps = {}
    for side, sign in _SIDES:
        out = 0.80 * sign * _LEFT + 0.45 * trunk.front - 0.40 * trunk.up
        out = out / np.linalg.norm(out)
        fingers = trunk.front - 0.25 * sign * _LEFT + 0.45 * trunk.up
        elbow = 0.9 * sign * _LEFT - 0.6 * trunk.front - 0.9 * trunk.up
        place = middle + gear.BELL_RADIUS_M * out
        grasps[side] = Grasp(place, fingers - (fingers @ out) * out, -out, elbow, curl=0.30, along=0.85, thumb=0.1)
    bell = gear.kettlebell(middle + gear.BELL_DROP_M * trunk.up, trunk.up)
    return grasps, (bell,)


def _stab_dumbbell(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    """Hold a dumbbell level: near end in the top of the belly, both palms round the far bell."""
    trunk = Trunk(body, posed)
    skin = trunk.surface(trunk.level("spine02", "spine01", 0.35), trunk.front, half_m=0.06, wide_m=0.06)
    middle = skin + 0.5 * gear.SMALL_DUMBBELL_M * trunk.front
    far = skin + 0.84 * gear.SMALL_DUMBBELL_M * trunk.front
    grasps = {}
    for side, sign in _SIDES:
        place = far + 0.225 * gear.SMALL_DUMBBELL_M * sign * _LEFT
        fingers = trunk.front + 0.2 * trunk.up - 0.1 * sign * _LEFT
        elbow = 0.5 * sign * _LEFT - trunk.up - 0.6 * trunk.front
        grasps[side] = Grasp(place, fingers, -sign * _LEFT, elbow, curl=0.55, along=0.85, thumb=0.1)
    return grasps, (gear.dumbbell(middle, trunk.front, length_m=gear.SMALL_DUMBBELL_M),)


def _hug_pack(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    """Hug a backpack in front, its bottom at the top of the belly."""
    trunk = Trunk(body, posed)
    height, depth, width = 0.29, 0.17, 0.26
    base = trunk.level("spine02", "spine01", 0.1)
    skin = trunk.surface(base + 0.08 * trunk.up, trunk.front, half_m=0.10, wide_m=0.09)
    middle = skin + 0.5 * depth * trunk.front + (0.5 * height - 0.08) * trunk.up
    front = middle + 0.5 * depth * trunk.front
    grasps = {}
    for side, sign in _SIDES:
        place = front + 0.035 * sign * _LEFT + (-0.02 + 0.03 * sign) * trunk.up
        fingers = -sign * _LEFT + 0.25 * trunk.up
        elbow = sign * _LEFT - 0.9 * trunk.up
        grasps[side] = Grasp(place, fingers, -trunk.front, elbow, curl=0.1, along=1.0, thumb=0.0)
    # The wearer's side of the bag faces the belly.
    return grasps, (gear.pack(middle, trunk.up, size_m=(width, depth, height)),)


def _bell_on_back(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    """Hold the handle with both hands over the near shoulder, the ball on the upper back below the neck."""
    trunk = Trunk(body, posed)
    level = trunk.level("spine01", "neck01", 0.15) - 0.055 * _LEFT
    ball = trunk.ball(level, -trunk.front, gear.BELL_RADIUS_M)
    rise = trunk.up + 0.62 * trunk.front - 0.22 * _LEFT
    rise = rise / np.linalg.norm(rise)
    handle = ball + gear.BELL_DROP_M * rise
    grasps = {}
    for side, sign in _SIDES:
        place = handle + 0.036 * sign * _LEFT
        fingers = -trunk.front + 0.35 * trunk.up
        elbow = trunk.front - 0.7 * trunk.up - (0.2 if side == "R" else 0.0) * _LEFT
        grasps[side] = Grasp(place, fingers, -trunk.up - 0.3 * trunk.front, elbow, gear.HANDLE_RADIUS_M, 0.85, 0.9, 0.8)
    return grasps, (gear.kettlebell(handle, rise),)


def _wear_pack(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    """Wear a backpack high and tight, a hand on each strap."""
    trunk = Trunk(body, posed)
    height, depth = 0.35, 0.15
    top = trunk.level("spine01", "neck01", 0.62)
    low = trunk.surface(trunk.level("spine02", "spine01", 0.45), -trunk.front, wide_m=0.12)
    high = trunk.surface(trunk.level("spine01", "neck01", 0.45), -trunk.front, wide_m=0.12)
    up = (high - low) / np.linalg.norm(high - low)
    back = -np.cross(_LEFT, up)
    middle = top - 0.5 * height * up
    skin = trunk.surface(middle, back, half_m=0.45 * height, wide_m=0.11)
    middle = middle + ((skin - middle) @ back + 0.44 * depth) * back
    grasps, paths = {}, []
    for side, sign in _SIDES:
        x = 0.105 * sign * _LEFT
        path = [
            trunk.surface(trunk.level("spine02", "spine01", share) + x, trunk.front, wide_m=0.02, half_m=0.015)
            for share in (0.5, 0.75, 1.0)
        ]
        path += [
            trunk.surface(trunk.level("spine01", "neck01", share) + x, trunk.front, wide_m=0.02, half_m=0.015)
            for share in (0.3, 0.6)
        ]
        over = trunk.surface(trunk.level("spine01", "neck01", 0.8) + x, trunk.up, wide_m=0.02, half_m=0.03)
        path += [
            over,
            over - 0.045 * trunk.front - 0.012 * trunk.up,
            middle + x - 0.35 * depth * back + 0.38 * height * up,
        ]
        paths.append(_smooth(np.array(path)))
        place = path[2] + 0.006 * trunk.front
        fingers = -0.55 * sign * _LEFT + trunk.up
        elbow = 0.9 * sign * _LEFT - trunk.up - 0.6 * trunk.front
        grasps[side] = Grasp(place, fingers, -trunk.front - 0.5 * sign * _LEFT, elbow, 0.012, 0.75, 0.9, 0.6)
    bag = gear.pack(middle, up, size_m=(0.29, depth, height))
    return grasps, (bag, gear.straps(paths))


def _smooth(points: Array, n: int = 24) -> Array:
    """Lay a smooth path through points."""
    place = np.linspace(0, 1, len(points))
    fine = np.linspace(0, 1, n)
    rough = np.stack([np.interp(fine, place, points[:, k]) for k in range(3)], axis=1)
    padded = np.concatenate([rough[:1], rough, rough[-1:]])
    return np.asarray((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4)


def _pull(body: GraspingBody, posed: PosedBody, setting: Setting) -> Grasps:
    """Long arms, the fists travelling from before the hips to behind the knees."""
    shoulder = _shoulder(posed)
    crotch = 0.5 * (posed.joints["upperleg01.L"] + posed.joints["upperleg01.R"])
    knee = 0.5 * (posed.joints["lowerleg01.L"] + posed.joints["lowerleg01.R"])
    start = crotch + np.array((0.0, -0.17, -0.10))
    goal = knee + np.array((0.0, 0.13, 0.10))
    aim = (1 - setting.depth) * start + setting.depth * goal
    line = (aim - shoulder) / np.linalg.norm(aim - shoulder)
    length = min(float(np.linalg.norm(aim - shoulder)), 0.985 * arm_m(body))
    place = shoulder + length * line
    grasps = {}
    for side, sign in _SIDES:
        fingers = line - 0.05 * sign * _LEFT
        elbow = np.array((0.7 * sign, 0.7, 0.3))
        grasps[side] = Grasp(
            place + 0.032 * sign * _LEFT, fingers, -sign * _LEFT, elbow, 0.012, 0.85, 0.9, 0.8
        )  # fmt: skip
    return grasps


def _pull_rope(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    grasps = _pull(body, posed, setting)
    anchor = np.array(setting.anchor)
    fists = [grasps[side].point for side, _ in _SIDES]
    middle = 0.5 * (fists[0] + fists[1])
    back = (anchor - middle) / np.linalg.norm(anchor - middle)
    knot = middle + 0.17 * back
    ends = [np.linspace(fist - 0.05 * back, knot, 8) for fist in fists]
    rope = gear.cord(ends, radius_m=0.013, color=(70, 64, 56))
    line = gear.cord([np.linspace(knot, anchor, 12)], radius_m=0.005, color=(60, 60, 64))
    lines = Layer("load line of the cable", line.points, line.faces, line.colors, line.normals, line.shine)
    return grasps, (rope, lines, gear.pulley(anchor, machine=True))


def _pull_band(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    grasps = _pull(body, posed, setting)
    anchor = np.array(setting.anchor)
    paths = []
    for side, sign in _SIDES:
        fist = grasps[side].point
        back = (anchor - fist) / np.linalg.norm(anchor - fist)
        paths.append(np.linspace(fist - 0.05 * back, anchor + 0.02 * sign * _LEFT, 16))
    band = gear.cord(paths, radius_m=0.010, color=(196, 74, 62))
    return grasps, (band, gear.pulley(anchor, machine=False))


def _stick(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    """Hold a broomstick along the back: far hand behind the neck, near hand at the small of the back."""
    trunk = Trunk(body, posed)
    low, high = _back_line(body, posed)
    along = (high - low) / np.linalg.norm(high - low)
    out = -np.cross(_LEFT, along)
    neck, small = posed.joints["neck01"], posed.joints["spine04"]
    top = low + ((neck - low) @ along + 0.045) * along
    bottom = low + ((small - low) @ along + 0.02) * along
    back = trunk.front
    upper = Grasp(top, -_LEFT + 0.2 * along, -out, _LEFT + 0.5 * along + 0.4 * back, 0.0125, 0.75, 0.9, 0.5)
    lower = Grasp(bottom, _LEFT - 0.1 * along, -out, -_LEFT - 0.7 * back, 0.0125, 0.75, 0.9, 0.5)
    ends = low - 0.10 * along, high + 0.14 * along
    return {"L": upper, "R": lower}, (gear.stick(*ends),)


def _back_line(body: GraspingBody, posed: PosedBody) -> tuple[Array, Array]:
    """Return the two ends of the stretch of a stick that lies behind tail and head, as close to both as can be."""
    near = np.abs(posed.vertices[:, 0]) < 0.03
    head = posed.vertices[near & body.bone_of("head", "neck")]
    seat = posed.vertices[near & body.bone_of("root", "pelvis", "spine05")]
    skin = posed.vertices[near & body.bone_of("root", "pelvis", "spine", "head", "neck")]
    tail, crown = posed.joints["root"] * (0, 1, 1), posed.joints["head"] * (0, 1, 1)
    chord = np.arctan2(-(crown - tail)[1], (crown - tail)[2])

    def axes(lean: float) -> tuple[Array, Array]:
        along = np.array((0.0, -np.sin(lean), np.cos(lean)))
        return along, -np.cross(_LEFT, along)

    def gap(lean: float) -> float:
        out = axes(lean)[1]
        far = float((skin @ out).max())
        return 2 * far - float((head @ out).max()) - float((seat @ out).max())

    along, out = axes(min(chord + np.radians(np.linspace(-35, 35, 281)), key=gap))
    start = tail + (float(((skin - tail) @ out).max()) + 0.0125 + CLOTH_M) * out
    return start, start + float((crown - tail) @ along) * along


def _free(body: GraspingBody, posed: PosedBody, setting: Setting) -> Held:
    return {}, ()


#: Name → where the hands go. ``none``: as the arm position says.
HOLDS: Mapping[str, Callable[[GraspingBody, PosedBody, Setting], Held]] = {
    "none": _free,
    "cross": _cross,
    "ribs_and_back": _ribs_and_back,
    "hug_kettlebell": _hug_kettlebell,
    "stab_dumbbell": _stab_dumbbell,
    "hug_pack": _hug_pack,
    "bell_on_back": _bell_on_back,
    "wear_pack": _wear_pack,
    "pull_rope": _pull_rope,
    "pull_band": _pull_band,
    "stick": _stick,
    "lift_kettlebell": _lift_kettlebell,
    "lift_dumbbell": _lift_dumbbell,
    "lift_barbell": _lift_barbell,
}
