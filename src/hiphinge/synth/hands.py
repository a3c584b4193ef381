"""Hands that hold: arms that reach a point, palms that face it, fingers that close. For pictures of the drills.

The training data do not use this module: there the hands only rest (``posture.Touch``). World axes as in ``body``:
+x the person's left, −y anterior, +z up, metres.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.actor import Take
from hiphinge.synth.body import Body, PosedBody, _reach, _rotation, _rotation_between
from hiphinge.synth.clothes import Wardrobe
from hiphinge.synth.people import PersonSpec
from hiphinge.synth.posture import ArmPose, Bend, solve_bend

__all__ = ["Grasp", "GraspingBody", "Grasps", "Performer", "turn_about"]

Array = NDArray[np.float64]
#: Where each hand goes, ``L`` and ``R``.
Grasps = Mapping[str, "Grasp"]
_SIDES = (("L", 1.0), ("R", -1.0))
#: From the hand's bones to the skin of the palm, ÷ stature.
_PALM_RATIO = 0.009
#: Arms along the trunk: where they reach they would move the skin of chest and shoulders that hands and gear lie on.
_AT_REST = ArmPose("at_rest", "thorax", (0.10, 0.02, -1.0), (0.03, 0.14, -1.0))
_FINGERS = ("2", "3", "4", "5")
#: Bend of the three joints of a finger that is fully closed, degrees.
_CLOSED_DEG = (72.0, 92.0, 48.0)


@dataclass(frozen=True, slots=True)
class Grasp:
    """Where one hand goes.

    ``point`` ``(3,)`` metres: the middle of what is gripped, or the skin that a flat hand lies on. ``fingers``: where
    the fingers point before they close. ``palm``: where the palm faces. ``elbow``: where the elbow points.
    ``radius_m``: of what is gripped (0 for a flat hand). ``curl``: 0 straight, 1 closed. ``along``: where on the hand
    the point lies, 0 wrist, 1 knuckles. ``thumb``: 0 beside the hand, 1 across the palm.
    """

    point: Array
    fingers: Array
    palm: Array
    elbow: Array
    radius_m: float = 0.0
    curl: float = 0.2
    along: float = 0.9
    thumb: float = 0.3


def turn_about(axis: Array, angle_deg: float) -> Array:
    """Return the rotation ``(3, 3)`` by an angle about an axis."""
    x, y, z = axis / np.linalg.norm(axis)
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    cross = np.array(((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0)))
    return np.asarray(np.eye(3) + s * cross + (1 - c) * cross @ cross)


def _frame(first: Array, second: Array) -> Array:
    """Return ``(3, 3)`` columns: the first direction, the part of the second across it, and their product."""
    a = first / np.linalg.norm(first)
    b = second - (second @ a) * a
    b = b / np.linalg.norm(b)
    return np.stack((a, b, np.cross(a, b)), axis=1)


def _twist_deg(rotation: Array, axis: Array) -> float:
    """Return how far a rotation turns about an axis, degrees."""
    unit = axis / np.linalg.norm(axis)
    vector = np.array(
        (rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1])
    )
    w = 0.5 * np.sqrt(max(1e-12, 1.0 + np.trace(rotation)))
    return float(np.degrees(2 * np.arctan2(vector @ unit / (4 * w), w)))


class GraspingBody(Body):
    """A body whose hands can be told where to go."""

    def _rest_hand(self, side: str) -> tuple[Array, Array, Array]:
        """Return where the fingers point and where the palm faces at rest, and from wrist to knuckle, metres."""
        joints = {name: self.rest_joints[f"{name}.{side}"] for name in ("wrist", "finger3-1", "finger2-1", "finger5-1")}
        fingers = joints["finger3-1"] - joints["wrist"]
        across = joints["finger2-1"] - joints["finger5-1"]
        # Seen from its palm, a left hand that points up has its index finger on the left.
        palm = np.cross(fingers, across) * (1.0 if side == "L" else -1.0)
        return fingers, palm, fingers

    def _hand_turn(self, side: str, grasp: Grasp) -> Array:
        fingers, palm, _ = self._rest_hand(side)
        return np.asarray(_frame(grasp.fingers, grasp.palm) @ _frame(fingers, palm).T)

    def _wrist_goal(self, side: str, grasp: Grasp) -> Array:
        _, _, reach = self._rest_hand(side)
        turn = self._hand_turn(side, grasp)
        palm = grasp.palm - (grasp.palm @ grasp.fingers) * grasp.fingers / float(grasp.fingers @ grasp.fingers)
        depth = _PALM_RATIO * self.stature_m + grasp.radius_m
        offset = turn @ (grasp.along * reach) + depth * palm / np.linalg.norm(palm)
        return np.asarray(grasp.point - offset)

    def _finger_turns(self, side: str, grasp: Grasp, hand: Array) -> dict[str, Array]:
        """Return world rotations of the fingers' bones."""
        axis = np.cross(grasp.fingers, grasp.palm)
        turns = {}
        for finger in _FINGERS:
            total = 0.0
            for k, full in enumerate(_CLOSED_DEG, start=1):
                total += grasp.curl * full
                turns[f"finger{finger}-{k}.{side}"] = turn_about(axis, total) @ hand
        sign = 1.0 if side == "L" else -1.0
        across = turn_about(grasp.fingers, sign * 75.0 * grasp.thumb)
        for k, bend in ((1, 0.0), (2, 20.0), (3, 45.0)):
            turns[f"finger1-{k}.{side}"] = turn_about(axis, bend * grasp.thumb) @ across @ hand
        return turns

    def _arm_turns(self, side: str, sign: float, grasp: Grasp, thorax: Array, shoulder: Array) -> dict[str, Array]:
        rest = self._rest_arm(side)
        lengths = float(np.linalg.norm(rest[0])), float(np.linalg.norm(rest[1]))
        elbow, wrist = _reach(shoulder, self._wrist_goal(side, grasp), grasp.elbow, lengths)
        upper = _rotation_between(thorax @ rest[0], elbow - shoulder) @ thorax
        fore = _rotation_between(upper @ rest[1], wrist - elbow) @ upper
        hand = self._hand_turn(side, grasp)
        # The forearm shares the hand's twist, so that the wrist does not wring.
        twist = _twist_deg(hand @ fore.T, wrist - elbow)
        turns = {
            f"upperarm01.{side}": upper,
            f"lowerarm01.{side}": turn_about(wrist - elbow, 0.3 * twist) @ fore,
            f"lowerarm02.{side}": turn_about(wrist - elbow, 0.75 * twist) @ fore,
            f"wrist.{side}": hand,
        }
        return turns | self._finger_turns(side, grasp, hand)

    def grasp(self, bend: Bend, hold: Callable[[PosedBody], Grasps]) -> tuple[PosedBody, bool, float]:
        """Pose a bend and bring the hands where they are wanted.

        Parameters
        ----------
        bend
            Changes from standing.
        hold
            Where the hands go, given the body with its arms as in ``bend``.

        Returns
        -------
        posed, balanced, gap_m
            The body, whether the posture balances, and how far the worse hand stays from its place, metres.
        """
        posture = solve_bend(self.skeleton, self.spec.curve, bend)
        before = self.pose(replace(posture, arms=_AT_REST))
        leans = posture.lean_deg
        turns = {"root": _rotation(0, leans["pelvis"])} | self._leg_rotations(leans["shank"], leans["thigh"])
        for bone, segment in (("spine04", "l5"), ("spine03", "l3"), ("spine02", "l1"), ("spine01", "t8")):
            turns[bone] = _rotation(0, leans[segment])
        turns["neck01"], turns["head"] = _rotation(0, leans["neck"]), _rotation(0, leans["head"])
        turns |= self._arm_rotations(posture, turns["spine01"])
        grasps = hold(before)
        for side, sign in _SIDES:
            if side in grasps:
                shoulder = before.joints[f"upperarm01.{side}"]
                turns |= self._arm_turns(side, sign, grasps[side], turns["spine01"], shoulder)
        posed = self._settled(turns)
        gaps = [
            float(np.linalg.norm(posed.joints[f"wrist.{side}"] - self._wrist_goal(side, grasp)))
            for side, grasp in grasps.items()
        ]
        return posed, posture.balanced, max(gaps, default=0.0)

    def _settled(self, turns: Mapping[str, Array]) -> PosedBody:
        """Pose by world rotations, the feet where they always are."""
        vertices, heads, turned = self._forward(turns)
        ankles = 0.5 * (heads[self._index["foot.L"]] + heads[self._index["foot.R"]])
        shift = np.array((0.0, 0.0, self._ankle_height_m)) - ankles
        vertices, heads = vertices + shift, heads + shift
        ears = np.array([vertices[group].mean(axis=0) for group in self._ears])
        named = dict(zip(self.bones, heads, strict=True))
        return PosedBody(vertices, named, dict(zip(self.bones, turned, strict=True)), ears)


class Performer:
    """One dressed person whose hands hold things.

    Parameters
    ----------
    spec
        Who.
    """

    def __init__(self, spec: PersonSpec) -> None:
        self.body = GraspingBody(spec)
        self._wardrobe = Wardrobe(self.body)

    def take(self, bend: Bend, hold: Callable[[PosedBody], Grasps]) -> tuple[Take, float]:
        """Pose and dress.

        Parameters
        ----------
        bend
            Changes from standing.
        hold
            Where the hands go, given the body with its arms as in ``bend``.

        Returns
        -------
        take, gap_m
            What to draw, and how far the worse hand stays from its place, metres.
        """
        posed, balanced, gap_m = self.body.grasp(bend, hold)
        return Take(bend, posed, self._wardrobe.dress(posed), balanced), gap_m
