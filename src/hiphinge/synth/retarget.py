"""Let an actor bend as a recorded person did: motion capture to hip, spine and knee flexion to a plan to film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hiphinge.errors import InputError, UsageError
from hiphinge.synth.bvh import BvhMotion
from hiphinge.synth.motion import MotionPlan, Phase, RepTimes
from hiphinge.synth.posture import ARMS, ArmPose, Bend

__all__ = ["CONVENTIONS", "ROLES", "Flexion", "flexion_from_bvh", "plan_from_bvh"]

Array = NDArray[np.float64]

#: What a plan is read from: the joints whose orientation is that of pelvis, T12/L1, C7 and head, and the legs' joints.
ROLES = (
    "pelvis",
    "thorax",
    "upper_thorax",
    "head",
    *(f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")),
)


def _convention(trunk: tuple[str, str, str, str], hip: str, knee: str, ankle: str) -> dict[str, str]:
    legs = [side + joint for side in ("Left", "Right") for joint in (hip, knee, ankle)]
    return dict(zip(ROLES, (*trunk, *legs), strict=True))


#: Joint names of common files, CMU's first. There ``Spine`` reaches from about L3 to T10, so that it turns as T12/L1
#: does, and ``Spine1`` carries the shoulders; rigs without ``LowerBack`` call the same two ``Spine1`` and ``Spine2``.
CONVENTIONS: Mapping[str, Mapping[str, str]] = {
    "cmu": _convention(("Hips", "Spine", "Spine1", "Head"), "UpLeg", "Leg", "Foot"),
    "three_spine": _convention(("Hips", "Spine1", "Spine2", "Head"), "UpLeg", "Leg", "Foot"),
    "chest": _convention(("Hips", "Chest", "Chest2", "Head"), "Hip", "Knee", "Ankle"),
}
_TRUNK = ("pelvis", "thorax", "upper_thorax", "head")

#: A still second: no angle moves further than this, and no segment of trunk or leg leans further than that.
_STILL_RANGE_DEG, _STANDING_LEAN_DEG, _STILL_S = 4.0, 25.0, 1.0
#: A rep: pelvis tilt and spine together go beyond the first; it starts and ends at this share of its peak.
_REP_MIN_DEG, _REP_EDGE_RATIO, _REP_BOTTOM_RATIO = 20.0, 0.12, 0.95


@dataclass(frozen=True, slots=True)
class Flexion:
    """Sagittal flexion over time, changes from a still stand.

    ``time_s`` ``(n,)``; the others ``(n,)`` degrees, flexion positive, means of both legs; ``still_s`` when the
    stand that is zero begins and ends.
    """

    time_s: Array
    pelvis_tilt_deg: Array
    hip_deg: Array
    lumbar_deg: Array
    thoracic_deg: Array
    knee_deg: Array
    neck_deg: Array
    still_s: tuple[float, float]


def _find_roles(motion: BvhMotion, names: Mapping[str, str] | None) -> dict[str, int]:
    given = dict(names or {})
    unknown = sorted(set(given) - set(ROLES))
    if unknown:
        raise UsageError(
            f"{unknown[0]!r} is nothing that a motion is read by.",
            expected=f"one of {', '.join(ROLES)}",
            next_step="Map these to the file's joint names.",
        )
    # Some programs write a name space before every name.
    own = {joint.name.rpartition(":")[2]: joint.name for joint in motion.joints}
    known = [c for c in CONVENTIONS.values() if set(c.values()) <= set(own)]
    if "LowerBack" not in own:
        known = known[::-1]
    names_of = {**(known or [CONVENTIONS["cmu"]])[0], **given}
    return {role: motion.index(own.get(name, name)) for role, name in names_of.items()}


def _hip_frames(positions: Array, roles: Mapping[str, int], up: Array) -> Array:
    """Return ``(n, 3, 3)`` rows left, up, forward: the sagittal plane, which turns with the hips about the vertical."""
    left = positions[:, roles["left_hip"]] - positions[:, roles["right_hip"]]
    left = left - np.outer(left @ up, up)
    length = np.linalg.norm(left, axis=1, keepdims=True)
    if not (length > 1e-6 * np.abs(positions).max()).all():
        raise InputError(
            "The hips lie above each other in a frame of the motion.",
            expected="a left and a right hip joint apart from each other",
            next_step="Check which joints are named left_hip and right_hip.",
        )
    left = left / length
    return np.stack((left, np.broadcast_to(up, left.shape), np.cross(left, up)), axis=1)


def _lean_deg(vectors: Array) -> Array:
    """Return the lean of ``(n, 3)`` vectors (left, up, forward), degrees without jumps."""
    return np.asarray(np.degrees(np.unwrap(np.arctan2(vectors[:, 2], vectors[:, 1]))))


class _Course:
    """How a person's segments lean over time."""

    def __init__(self, motion: BvhMotion, roles: Mapping[str, int], up_axis: int) -> None:
        positions, rotations = motion.pose()
        frames = _hip_frames(positions, roles, np.eye(3)[up_axis])
        self._turns = {name: frames @ rotations[:, roles[name]] for name in _TRUNK}

        def lean(low: str, high: str) -> Array:
            return _lean_deg(np.einsum("nij,nj->ni", frames, positions[:, roles[high]] - positions[:, roles[low]]))

        #: Leans from vertical, ``(n,)`` degrees.
        self.upright = {
            name: np.mean([lean(f"{side}_{low}", f"{side}_{high}") for side in ("left", "right")], axis=0)
            for name, low, high in (("shank", "ankle", "knee"), ("thigh", "knee", "hip"))
        } | {"trunk": lean("pelvis", "upper_thorax")}

    def turned(self, frame: int) -> dict[str, Array]:
        """Return how far the trunk's segments have turned forwards since a frame, ``(n,)`` degrees."""
        # Turns since a frame hold whatever pose a file calls zero.
        return {name: _lean_deg((turn @ turn[frame].T)[:, :, 1]) for name, turn in self._turns.items()}


def _find_still(time_s: Array, course: _Course) -> slice:
    """Find the first second of standing still."""
    frame_s = float(time_s[1] - time_s[0]) if len(time_s) > 1 else 0.0
    n = int(np.ceil(_STILL_S / frame_s - 1e-6)) + 1 if frame_s else 2
    if n <= len(time_s):
        courses = [*course.upright.values(), *course.turned(0).values()]
        moved = np.max([np.ptp(sliding_window_view(values, n), axis=1) for values in courses], axis=0)
        upright = np.abs(np.stack(list(course.upright.values()))).max(axis=0) < _STANDING_LEAN_DEG
        still = (moved < _STILL_RANGE_DEG) & sliding_window_view(upright, n).all(axis=1)
        if still.any():
            first = int(np.argmax(still))
            # The end of a movement may be within the range already: the stillest of the stretch's first second.
            stretch = moved[first : first + n][np.logical_and.accumulate(still[first : first + n])]
            best = first + int(np.argmin(np.round(stretch, 2)))
            return slice(best, best + n)
    raise InputError(
        f"Nobody stands still for {_STILL_S:g} s in this motion of {len(time_s) * frame_s:.1f} s.",
        expected=f"a second upright within {_STILL_RANGE_DEG:g}°, from which changes are counted",
        next_step="Say by the keyword `still_s` from when to when the person stands.",
    )


def _given_still(time_s: Array, still_s: tuple[float, float]) -> slice:
    inside = np.flatnonzero((time_s >= still_s[0]) & (time_s <= still_s[1]))
    if not len(inside):
        raise UsageError(
            f"No frame lies between {still_s[0]:g} and {still_s[1]:g} s.",
            expected=f"a stretch of 0 to {time_s[-1]:.2f} s",
            next_step="Give `still_s` in seconds from the first frame.",
        )
    return slice(int(inside[0]), int(inside[-1]) + 1)


def flexion_from_bvh(
    motion: BvhMotion,
    *,
    names: Mapping[str, str] | None = None,
    up: Literal["y", "z"] = "y",
    still_s: tuple[float, float] | None = None,
) -> Flexion:
    """Read sagittal flexion off a motion.

    Parameters
    ----------
    motion
        Of one person.
    names
        Role (``ROLES``) → joint name, for files that follow none of ``CONVENTIONS``.
    up
        The file's vertical axis.
    still_s
        When the person stands, from and to; the first second within 4° if None.

    Returns
    -------
    Flexion
        At the motion's own frames, by the product's definitions: hip = pelvis − thigh, knee = shank − thigh,
        lumbar = T12/L1 − pelvis, thoracic = C7 − T12/L1, neck = head − C7.

    Raises
    ------
    UsageError
        If a joint is missing or ``still_s`` holds no frame.
    InputError
        If nobody stands still.
    """
    course = _Course(motion, _find_roles(motion, names), "xyz".index(up))
    time_s = motion.time_s
    still = _find_still(time_s, course) if still_s is None else _given_still(time_s, still_s)
    leans = course.upright | course.turned((still.start + still.stop) // 2)
    change = {name: course - np.median(course[still]) for name, course in leans.items()}
    return Flexion(
        time_s,
        pelvis_tilt_deg=change["pelvis"],
        hip_deg=change["pelvis"] - change["thigh"],
        lumbar_deg=change["thorax"] - change["pelvis"],
        thoracic_deg=change["upper_thorax"] - change["thorax"],
        knee_deg=change["shank"] - change["thigh"],
        neck_deg=change["head"] - change["upper_thorax"],
        still_s=(float(time_s[still.start]), float(time_s[still.stop - 1])),
    )


def _find_rep(time_s: Array, bend_deg: Array, first: int, end: int) -> RepTimes:
    """Return when the bend with frames ``first`` to ``end`` above the threshold starts, holds its bottom and ends."""
    peak = float(bend_deg[first:end].max())
    low = np.flatnonzero(bend_deg[: first + 1] < _REP_EDGE_RATIO * peak)
    deep = first + np.flatnonzero(bend_deg[first:end] >= _REP_BOTTOM_RATIO * peak)
    up = np.flatnonzero(bend_deg[end - 1 :] < _REP_EDGE_RATIO * peak)
    start = int(low[-1]) if len(low) else 0
    stop = end - 1 + int(up[0]) if len(up) else len(time_s) - 1
    return RepTimes(*(float(time_s[k]) for k in (start, deep[0], deep[-1], stop)))


def _find_reps(time_s: Array, bend_deg: Array) -> tuple[RepTimes, ...]:
    """Find bends: from leaving the stand to being back in it."""
    deep = np.concatenate(([0], (bend_deg > 0.5 * _REP_MIN_DEG).astype(int), [0]))
    runs = np.flatnonzero(np.diff(deep)).reshape(-1, 2)
    reps = [
        _find_rep(time_s, bend_deg, int(first), int(end))
        for first, end in runs
        if bend_deg[first:end].max() >= _REP_MIN_DEG
    ]
    for k in range(1, len(reps)):
        if reps[k].start_s < reps[k - 1].end_s:
            # Not quite up again in between: one ends and the next starts at the highest moment.
            between = np.flatnonzero((time_s >= reps[k - 1].leave_s) & (time_s <= reps[k].bottom_s))
            turn_s = float(time_s[between[np.argmin(bend_deg[between])]])
            reps[k - 1] = replace(reps[k - 1], end_s=turn_s)
            reps[k] = replace(reps[k], start_s=turn_s)
    return tuple(reps)


def _phase(time_s: float, reps: tuple[RepTimes, ...]) -> Phase:
    for rep in reps:
        if rep.start_s <= time_s < rep.bottom_s:
            return "descent"
        if rep.bottom_s <= time_s <= rep.leave_s:
            return "bottom"
        if rep.leave_s < time_s < rep.end_s:
            return "ascent"
    return "still" if not reps or time_s < reps[0].start_s else "stand"


def plan_from_bvh(
    motion: BvhMotion,
    *,
    rate_hz: float,
    names: Mapping[str, str] | None = None,
    up: Literal["y", "z"] = "y",
    still_s: tuple[float, float] | None = None,
    arms: ArmPose | None = None,
    label: str = "bvh",
) -> MotionPlan:
    """Plan a clip in which an actor bends as a recorded person did.

    The clip begins with the second of standing still that all angles are changes from. Legs are taken together and
    only what happens in the sagittal plane is kept; the actor's own balance decides the shanks.

    Parameters
    ----------
    motion
        Of one person.
    rate_hz
        Frames per second of the clip.
    names, up, still_s
        As in ``flexion_from_bvh``.
    arms
        Where the arms are; hanging if None.
    label
        Stored with every rep.

    Returns
    -------
    MotionPlan
        One bend per frame, for ``Actor.take``.

    Raises
    ------
    UsageError
        If the rate is not above 0, a joint is missing or ``still_s`` holds no frame.
    InputError
        If nobody stands still.
    """
    if not (isfinite(rate_hz) and rate_hz > 0):
        raise UsageError(f"A rate of {rate_hz} Hz.", expected="more than 0 Hz", next_step="Give frames per second.")
    flexion = flexion_from_bvh(motion, names=names, up=up, still_s=still_s)
    begin = flexion.still_s[0]
    time_s = np.arange(int((flexion.time_s[-1] - begin) * rate_hz + 1e-6) + 1) / rate_hz

    def course(values: Array) -> Array:
        return np.asarray(np.interp(time_s + begin, flexion.time_s, values), dtype=np.float64)

    hip, lumbar, thoracic = course(flexion.hip_deg), course(flexion.lumbar_deg), course(flexion.thoracic_deg)
    knee, neck = course(flexion.knee_deg), course(flexion.neck_deg)
    held = arms or ARMS["hanging"]
    bends = tuple(
        Bend(float(h), float(b), float(t), float(k), float(n), arms=held)
        for h, b, t, k, n in zip(hip, lumbar, thoracic, knee, neck, strict=True)
    )
    reps = _find_reps(time_s, course(flexion.pelvis_tilt_deg) + lumbar)
    phases = tuple(_phase(float(t), reps) for t in time_s)
    return MotionPlan(time_s, bends, phases, reps, (label,) * len(reps))
