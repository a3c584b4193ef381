"""Bends that a person could hold: given hip, spine and knee angles, solve shank, thigh and pelvis for balance.

Everything lies in the sagittal plane of the product: +x anterior, +y up, metres, angles in degrees, a *lean* is the
rotation of a segment from its place in the rest skeleton, forward positive. The feet stay flat where they are; the
one unknown, the shank's lean, is found so that the centre of mass stands over a chosen part of the foot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ARMS",
    "MASS_RATIO",
    "ArmPose",
    "Bend",
    "Posture",
    "Skeleton",
    "StandingCurve",
    "Touch",
    "center_of_mass",
    "place_joints",
    "solve_bend",
    "solve_stand",
    "winter_skeleton",
]

Array = NDArray[np.float64]

#: Segment masses ÷ body mass (Winter, *Biomechanics and Motor Control of Human Movement*), both sides together.
MASS_RATIO: Mapping[str, float] = {
    "foot": 0.029,
    "shank": 0.093,
    "thigh": 0.200,
    "pelvis": 0.142,
    "abdomen": 0.139,
    "lower_thorax": 0.108,
    "upper_thorax": 0.108,
    "head": 0.081,
    "upper_arm": 0.056,
    "forearm": 0.044,
}

#: The chain from the ankle upwards: joint, the segment that leads to it, the joint that segment starts from.
CHAIN = (
    ("knee", "shank", "ankle"),
    ("hip", "thigh", "knee"),
    ("l5", "pelvis", "hip"),
    ("l3", "l5", "l5"),
    ("l1", "l3", "l3"),
    ("t8", "l1", "l1"),
    ("c7", "t8", "t8"),
    ("shoulder", "t8", "t8"),
    ("skull", "neck", "c7"),
)

#: Which lean carries each mass, and the joint that its centre is measured from.
_CARRIER = {
    "shank": ("shank", "knee"),
    "thigh": ("thigh", "hip"),
    "pelvis": ("pelvis", "hip"),
    "abdomen": ("l3", "l3"),
    "lower_thorax": ("l1", "l1"),
    "upper_thorax": ("t8", "t8"),
    "head": ("head", "skull"),
}


@dataclass(frozen=True, slots=True)
class Touch:
    """What a hand rests on.

    A bone of the body model (``{side}`` is filled in), the wrist's place in that bone's frame
    ``(outward, anterior, up)`` ÷ stature, where the elbow points and where the fingers point (rib cage frame).
    """

    bone: str
    place: tuple[float, float, float]
    elbow: tuple[float, float, float]
    fingers: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ArmPose:
    """Where the arms point: unit vectors ``(outward, anterior, up)`` of the upper arm and the forearm.

    ``frame`` says whether they turn with the rib cage (``thorax``) or not (``world``). With ``touch`` the body model
    puts the hand there, and the vectors only serve the balance.
    """

    name: str
    frame: Literal["world", "thorax"]
    upper: tuple[float, float, float]
    fore: tuple[float, float, float]
    touch: Touch | None = None


#: The arm positions that the generator draws from. ``small_of_back`` hides the back's edge on purpose.
ARMS: Mapping[str, ArmPose] = {
    arm.name: arm
    for arm in (
        ArmPose("hanging", "world", (0.10, 0.02, -1.0), (0.03, 0.14, -1.0)),
        ArmPose("reaching", "world", (0.08, 0.42, -0.90), (0.02, 0.52, -0.85)),
        ArmPose("forward", "world", (0.08, 0.93, -0.36), (0.02, 0.96, -0.28)),
        ArmPose(
            "along_trunk",
            "thorax",
            (0.14, 0.08, -1.0),
            (0.08, 0.26, -1.0),
            Touch("root", (0.118, 0.012, -0.05), (0.6, -0.8, 0.0), (0.0, 0.2, -1.0)),
        ),
        ArmPose(
            "crossed",
            "thorax",
            (0.16, 0.30, -0.94),
            (-0.86, 0.34, 0.36),
            Touch("spine01", (-0.008, 0.120, 0.006), (0.7, 0.1, -0.7), (-0.93, -0.2, 0.3)),
        ),
        ArmPose(
            "on_hips",
            "thorax",
            (0.62, -0.30, -0.72),
            (-0.62, 0.30, -0.72),
            Touch("root", (0.104, 0.010, 0.072), (0.75, -0.65, 0.1), (-0.35, 0.85, -0.4)),
        ),
        ArmPose(
            "small_of_back",
            "thorax",
            (0.42, -0.36, -0.83),
            (-0.95, -0.10, -0.20),
            Touch("spine03", (0.042, -0.060, 0.0), (0.75, -0.65, 0.0), (-1.0, 0.05, 0.05)),
        ),
        ArmPose(
            "on_thighs",
            "world",
            (0.14, 0.16, -0.98),
            (0.02, 0.50, -0.86),
            Touch("upperleg01.{side}", (0.012, 0.064, -0.13), (0.8, -0.6, 0.0), (-0.1, 0.25, -1.0)),
        ),
        ArmPose("bar_in_hands", "world", (0.12, 0.08, -1.0), (0.03, 0.18, -1.0)),
        ArmPose("hands_together", "world", (-0.05, 0.20, -1.0), (-0.50, 0.38, -1.0)),
        ArmPose("between_legs", "thorax", (-0.02, 0.32, -1.0), (-0.54, 0.60, -1.0)),
        ArmPose(
            "bar_on_back",
            "thorax",
            (0.50, -0.45, -0.75),
            (0.35, 0.10, 0.93),
            Touch("spine01", (0.19, -0.045, 0.036), (0.4, -0.6, -0.8), (0.0, 0.25, 1.0)),
        ),
        ArmPose(
            "goat_bag",
            "thorax",
            (0.20, 0.10, -1.0),
            (-0.50, 0.75, 0.40),
            Touch("spine02", (0.060, 0.095, 0.030), (0.7, -0.5, -0.7), (-0.35, 0.9, 0.3)),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Sagittal rest geometry of one person.

    Parameters
    ----------
    joints
        Name → ``(2,)`` metres, of every joint in ``CHAIN`` and ``ankle``, in the rest skeleton.
    mass_centers
        Segment → ``(2,)`` metres in the rest skeleton, for the segments carried by a lean.
    heel_x, toe_x
        Ends of the foot, metres, in the same frame.
    upper_arm_m, forearm_m
        Lengths; the forearm includes the hand as far as its centre of mass needs.
    """

    joints: Mapping[str, Array]
    mass_centers: Mapping[str, Array]
    heel_x: float
    toe_x: float
    upper_arm_m: float
    forearm_m: float


@dataclass(frozen=True, slots=True)
class StandingCurve:
    """How one person stands: leans and curves against the rest skeleton, degrees, flexion and forward positive.

    ``lumbar_share`` splits lumbar flexion over the lower, middle and upper lumbar joints (sums to 1), and
    ``balance_ratio`` is where over the foot the centre of mass stands (0 heel, 1 toe).
    """

    pelvis_deg: float = 0.0
    lumbar_deg: float = 0.0
    thoracic_deg: float = 0.0
    neck_deg: float = 0.0
    knee_deg: float = 2.0
    lumbar_share: tuple[float, float, float] = (0.4, 0.35, 0.25)
    balance_ratio: float = 0.45


@dataclass(frozen=True, slots=True)
class Bend:
    """One bend.

    Changes from the person's own standing, degrees, flexion positive; ``balance_shift_ratio`` moves
    the centre of mass over the foot (÷ foot length, forward positive); ``load_ratio`` is the mass that is held or
    carried ÷ body mass, and counts in the balance.
    """

    hip_flexion_deg: float = 0.0
    lumbar_flexion_deg: float = 0.0
    thoracic_flexion_deg: float = 0.0
    knee_flexion_deg: float = 0.0
    neck_flexion_deg: float = 0.0
    balance_shift_ratio: float = 0.0
    arms: ArmPose = field(default_factory=lambda: ARMS["hanging"])
    load_ratio: float = 0.0
    load_on: Literal["hands", "back"] = "hands"


@dataclass(frozen=True, slots=True)
class Posture:
    """A solved bend.

    ``lean_deg`` maps each segment of the chain (and ``head``) to its lean from rest, degrees;
    ``balance_ratio`` is where the centre of mass stands over the foot; ``balanced`` whether it got there.
    """

    lean_deg: Mapping[str, float]
    arms: ArmPose
    balance_ratio: float
    balanced: bool


def winter_skeleton(height_m: float = 1.75) -> Skeleton:
    """Return an average person's skeleton (Winter's segment lengths), for work without a body model.

    Parameters
    ----------
    height_m
        Stature.

    Returns
    -------
    Skeleton
        Rest geometry, ankle at the height of the malleolus above a floor at 0.
    """
    heights = {
        "ankle": (0.0, 0.039),
        "knee": (0.0, 0.285),
        "hip": (0.0, 0.530),
        "l5": (-0.020, 0.580),
        "l3": (-0.016, 0.622),
        "l1": (-0.020, 0.664),
        "t8": (-0.032, 0.742),
        "c7": (-0.015, 0.852),
        "shoulder": (-0.005, 0.815),
        "skull": (0.005, 0.910),
    }
    joints = {name: height_m * np.array(place) for name, place in heights.items()}
    centers = {
        "shank": joints["knee"] + 0.433 * (joints["ankle"] - joints["knee"]),
        "thigh": joints["hip"] + 0.433 * (joints["knee"] - joints["hip"]),
        "pelvis": height_m * np.array((-0.008, 0.550)),
        "abdomen": height_m * np.array((0.012, 0.635)),
        "lower_thorax": height_m * np.array((0.008, 0.710)),
        "upper_thorax": height_m * np.array((0.004, 0.800)),
        "head": height_m * np.array((0.012, 0.940)),
    }
    heel_x = -0.030 * height_m
    return Skeleton(joints, centers, heel_x, heel_x + 0.152 * height_m, 0.186 * height_m, 0.2 * height_m)


def _turn(vector: Array, lean_deg: float) -> Array:
    """Rotate ``(2,)`` forwards: straight up leans towards +x."""
    angle = np.radians(lean_deg)
    c, s = np.cos(angle), np.sin(angle)
    return np.array((c * vector[0] + s * vector[1], -s * vector[0] + c * vector[1]))


def _leans(curve: StandingCurve, bend: Bend, *, shank_deg: float, hip_zero_deg: float) -> dict[str, float]:
    """Stack the segments' leans from the shank upwards."""
    leans = {"shank": shank_deg, "thigh": shank_deg - curve.knee_deg - bend.knee_flexion_deg}
    leans["pelvis"] = leans["thigh"] + hip_zero_deg + bend.hip_flexion_deg
    lean = leans["pelvis"]
    lumbar_deg = curve.lumbar_deg + bend.lumbar_flexion_deg
    for name, share in zip(("l5", "l3", "l1"), curve.lumbar_share, strict=True):
        lean += share * lumbar_deg
        leans[name] = lean
    leans["t8"] = lean + curve.thoracic_deg + bend.thoracic_flexion_deg
    leans["head"] = leans["t8"] + curve.neck_deg + bend.neck_flexion_deg
    leans["neck"] = 0.5 * (leans["t8"] + leans["head"])
    return leans


def place_joints(skeleton: Skeleton, lean_deg: Mapping[str, float]) -> dict[str, Array]:
    """Compute where every joint lies, the ankle fixed at its rest place.

    Parameters
    ----------
    skeleton
        The person.
    lean_deg
        Segment → lean, degrees, as in ``Posture.lean_deg``.

    Returns
    -------
    dict
        Joint → ``(2,)`` metres.
    """
    placed = {"ankle": skeleton.joints["ankle"]}
    for joint, segment, start in CHAIN:
        offset = skeleton.joints[joint] - skeleton.joints[start]
        placed[joint] = placed[start] + _turn(offset, lean_deg[segment])
    return placed


def _arm_direction(vector: tuple[float, float, float], lean_deg: float) -> Array:
    direction = np.asarray(vector) / np.linalg.norm(vector)
    return _turn(direction[1:], lean_deg)


def center_of_mass(
    skeleton: Skeleton,
    lean_deg: Mapping[str, float],
    arms: ArmPose,
    *,
    load_ratio: float = 0.0,
    load_on: Literal["hands", "back"] = "hands",
) -> Array:
    """Compute the whole body's centre of mass.

    Parameters
    ----------
    skeleton
        The person.
    lean_deg
        Segment → lean, degrees.
    arms
        Where the arms point.
    load_ratio, load_on
        Mass held in the hands or carried at the base of the neck ÷ body mass.

    Returns
    -------
    ndarray
        ``(2,)`` metres, of body and load together.
    """
    joints = place_joints(skeleton, lean_deg)
    foot_y = 0.5 * skeleton.joints["ankle"][1]
    total = MASS_RATIO["foot"] * np.array((0.5 * (skeleton.heel_x + skeleton.toe_x), foot_y))
    for segment, (lean, start) in _CARRIER.items():
        offset = skeleton.mass_centers[segment] - skeleton.joints[start]
        total = total + MASS_RATIO[segment] * (joints[start] + _turn(offset, lean_deg[lean]))
    arm_lean = lean_deg["t8"] if arms.frame == "thorax" else 0.0
    upper = skeleton.upper_arm_m * _arm_direction(arms.upper, arm_lean)
    fore = skeleton.forearm_m * _arm_direction(arms.fore, arm_lean)
    total = total + MASS_RATIO["upper_arm"] * (joints["shoulder"] + 0.436 * upper)
    total = total + MASS_RATIO["forearm"] * (joints["shoulder"] + upper + 0.6 * fore)
    body = sum(MASS_RATIO.values())
    load = load_ratio * body
    carried_at = joints["shoulder"] + upper + fore if load_on == "hands" else joints["c7"]
    return np.asarray((total + load * carried_at) / (body + load))


def _solve(
    skeleton: Skeleton, curve: StandingCurve, bend: Bend, *, hip_zero_deg: float | None
) -> tuple[Posture, float]:
    """Bisect the shank's lean; ``hip_zero_deg`` None holds the pelvis at its standing lean instead."""
    foot_m = skeleton.toe_x - skeleton.heel_x
    target = curve.balance_ratio + bend.balance_shift_ratio

    def at(shank_deg: float) -> tuple[dict[str, float], float, float]:
        zero = hip_zero_deg
        if zero is None:
            zero = curve.pelvis_deg - (shank_deg - curve.knee_deg)
        leans = _leans(curve, bend, shank_deg=shank_deg, hip_zero_deg=zero)
        mass = center_of_mass(skeleton, leans, bend.arms, load_ratio=bend.load_ratio, load_on=bend.load_on)
        return leans, (float(mass[0]) - skeleton.heel_x) / foot_m, zero

    low, high = -30.0, 45.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        if at(middle)[1] < target:
            low = middle
        else:
            high = middle
    leans, ratio, zero = at(0.5 * (low + high))
    return Posture(leans, bend.arms, ratio, abs(ratio - target) < 0.01), zero


def solve_stand(skeleton: Skeleton, curve: StandingCurve, *, arms: ArmPose | None = None) -> Posture:
    """Solve the person's own standing posture.

    Parameters
    ----------
    skeleton, curve
        The person and how they stand.
    arms
        Where the arms point; hanging if None.

    Returns
    -------
    Posture
        The stand that every change is counted from.
    """
    return _solve(skeleton, curve, Bend(arms=arms or ARMS["hanging"]), hip_zero_deg=None)[0]


def solve_bend(skeleton: Skeleton, curve: StandingCurve, bend: Bend) -> Posture:
    """Solve a bend with the feet flat and the centre of mass over the foot.

    Parameters
    ----------
    skeleton, curve
        The person and how they stand.
    bend
        Changes from standing.

    Returns
    -------
    Posture
        Leans of all segments; ``balanced`` is false where no shank lean of −30…45° balances the bend.
    """
    _, hip_zero_deg = _solve(skeleton, curve, Bend(), hip_zero_deg=None)
    return _solve(skeleton, curve, bend, hip_zero_deg=hip_zero_deg)[0]
