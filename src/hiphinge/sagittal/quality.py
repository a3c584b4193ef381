"""The view gate: what the picture allows to be said, measure by measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array, CameraTrack, PersonCandidate, PoseTrack, ProfileTrack, QualityCheck, ViewGrade
from hiphinge.sagittal.facing import FacingDecision
from hiphinge.sagittal.kinematics import Segments
from hiphinge.sagittal.points import ANKLES, EARS, HEELS, HIPS, KNEES, MIN_VISIBILITY, NOSE, SHOULDERS, TOES
from hiphinge.sagittal.standing import Standing

__all__ = ["MAX_YAW_DEG", "MIN_BODY_PX", "ViewInput", "check_view", "has_camera_moved", "is_camera_still"]

#: A film in which somebody is seen in fewer frames than this shows no movement.
MIN_SEEN_FRAMES = 3
#: A person who is turned by more than this, or smaller in the picture, is not judged.
MAX_YAW_DEG, MIN_BODY_PX = 35.0, 140.0
#: Up to this share of the picture's height the camera counts as still.
STILL_CAMERA_RATIO = 0.02

_BACK = (
    "lumbar_flexion", "pelvis_tilt", "hip_flexion", "thoracic_flexion", "hip_share", "lumbar_share", "over_arch",
    "ribs_pelvis_range", "lumbar_of_own_maximum", "hip_per_knee",
    "hip_share_60", "hip_share_q1", "hip_share_q2", "hip_share_q3", "hip_share_q4",
)  # fmt: skip
_POSITIONS = ("hip_back", "seat_back", "drop_per_back", "stoop_squat_index", "foot_slide", "reach", "hip_shift")
_LEGS = ("knee_flexion", "knee_change", "shank_lean", "hip_per_knee", "thigh_change")
_FEET = ("foot_slide", "foot_pitch", "hip_back", "seat_back", "drop_per_back", "reach", "hip_shift")
_HEAD = ("neck_extension",)
#: Stations of the profile that carry the lumbar and sacral outline.
_LUMBAR = (-0.10, 0.65)


@dataclass(frozen=True, slots=True)
class ViewInput:
    """All that the gate looks at.

    ``bent`` is ``(n,)`` true in the frames that matter (lean over 20 degrees, or all seen frames when nothing bends).
    """

    pose: PoseTrack
    profile: ProfileTrack
    segments: Segments
    standing: Standing
    camera: CameraTrack
    yaw_deg: Array
    bent: NDArray[np.bool_]
    facing: FacingDecision
    people: Sequence[PersonCandidate]
    n_reps: int
    is_photograph: bool
    n_lost: int = 0


def check_view(view: ViewInput) -> tuple[QualityCheck, ...]:
    """Run every check.

    Returns
    -------
    tuple of QualityCheck
        Each with what was measured, the thresholds, a grade, the measures it touches and what to change. Only a
        missing person, an unknown facing and a view far from the side block everything.
    """
    seen = view.pose.seen
    if not seen.any():
        return (_person(view),)
    checks = [
        _person(view),
        _facing(view),
        _side_on(view),
        *_in_frame(view),
        _size(view),
        _confidence(view),
        _sharpness(view),
        _still_stand(view),
    ]
    if not view.is_photograph:
        checks += [_cuts(view), _camera_motion(view), _frame_rate(view), _reps(view)]
    checks += [_hidden_back(view), _others(view), _undamaged(view)]
    return tuple(checks)


def _grade(value: float, *, good: float, usable: float, high_is_good: bool = True) -> ViewGrade:
    if not np.isfinite(value):
        return "cannot_tell"
    sign = 1.0 if high_is_good else -1.0
    if sign * value >= sign * good:
        return "good"
    return "usable" if sign * value >= sign * usable else "cannot_tell"


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _median(values: Array) -> float:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if values.size else float("nan")


def _person(view: ViewInput) -> QualityCheck:
    share = float(view.pose.seen.mean()) if view.pose.n_frames else 0.0
    n_seen = int(view.pose.seen.sum())
    grade = _grade(share, good=0.8, usable=0.25)
    if n_seen < MIN_SEEN_FRAMES and not view.is_photograph:
        grade = "cannot_tell"
    elif grade == "cannot_tell" and n_seen >= 20:
        grade = "usable"
    advice = "Film one person, head to feet, for the whole clip."
    if 0 < n_seen < MIN_SEEN_FRAMES:
        advice = f"Only {n_seen} picture(s) show somebody: film the whole bend, or give a photograph as an image file."
    elif grade == "cannot_tell":
        advice = "No person was found for long enough: film one person, head to feet, in good light."
    return QualityCheck(
        "person", "person in the picture", 100 * share, " % of frames", "≥ 80 %", "≥ 25 %", grade, ("all",), advice
    )


def _facing(view: ViewInput) -> QualityCheck:
    grade: ViewGrade = "good" if view.facing.confidence >= 0.6 else "usable"
    if view.facing.facing is None:
        grade = "cannot_tell"
    return QualityCheck(
        "facing", "which way the person faces", 100 * view.facing.confidence, " % agreement", "≥ 60 %", "≥ 35 %", grade,
        ("all",), "Turn fully side-on, or say which way you face with --facing left or right.",
    )  # fmt: skip


def _side_on(view: ViewInput) -> QualityCheck:
    yaw = abs(_median(view.yaw_deg[view.pose.seen]))
    grade = _grade(yaw, good=20.0, usable=MAX_YAW_DEG, high_is_good=False)
    return QualityCheck(
        "side_on", "turned out of the side view", _finite(yaw), "°", "≤ 20°", f"≤ {MAX_YAW_DEG:g}°", grade, ("all",),
        "Turn fully side-on to the camera, so that one shoulder hides the other.",
    )  # fmt: skip


def _in_frame(view: ViewInput) -> list[QualityCheck]:
    pose = view.pose
    # The model goes on guessing a head that has left the picture; the mask then lies along the upper border.
    with np.errstate(invalid="ignore"):
        head_free = ~(view.profile.body_top_px < 0.01 * pose.height_px)
    parts = (
        ("head_in_frame", "head in the picture", (NOSE, *EARS), (*_HEAD, *_POSITIONS), 0.85),
        ("trunk_in_frame", "trunk and hips in the picture", (*SHOULDERS, *HIPS), ("all",), 0.6),
        ("knees_in_frame", "knees in the picture", KNEES, (*_LEGS, "hip_flexion", "hip_per_knee"), 0.6),
        ("feet_in_frame", "feet in the picture", (*ANKLES, *HEELS, *TOES), (*_FEET, *_LEGS), 0.6),
    )
    checks = []
    for name, label, points, affects, usable in parts:
        inside = _share_inside(pose, points)
        if name == "head_in_frame":
            inside *= head_free
        share = float(inside[pose.seen].mean())
        grade = _grade(share, good=0.95, usable=usable)
        advice = "Step back, or move the camera back, until the whole body stays in the picture."
        limits = ("≥ 95 %", f"≥ {100 * usable:.0f} %")
        checks.append(QualityCheck(name, label, 100 * share, " % of frames", *limits, grade, affects, advice))
    return checks


def _share_inside(pose: PoseTrack, points: Sequence[int]) -> Array:
    """``(n,)`` 1 where all the near points lie inside the picture, else 0."""
    near = [p for p in points if p % 2 == 0]
    xy = pose.keypoints_px[:, near]
    with np.errstate(invalid="ignore"):
        inside = (xy >= 0).all(axis=2) & (xy[..., 0] <= pose.width_px) & (xy[..., 1] <= pose.height_px)
    return inside.all(axis=1).astype(float)


def _size(view: ViewInput) -> QualityCheck:
    s = view.segments
    legs = np.hypot(*(s.hip - s.knee).T) + np.hypot(*(s.knee - s.ankle).T)
    # Trunk and leg are about 0.77 of body height (Winter's segment lengths), in any posture.
    height = _median((s.trunk_px + legs) / 0.77)
    if not np.isfinite(height):  # legs hidden or outside: the trunk alone is about 0.29 of it
        height = _median(s.trunk_px / 0.29)
    grade = _grade(height, good=300.0, usable=MIN_BODY_PX)
    return QualityCheck(
        "body_height", "body height in the picture", _finite(height), " px", "≥ 300 px", f"≥ {MIN_BODY_PX:g} px",
        grade, ("all",),
        "Come closer or film at a higher resolution, head to feet in the picture.",
    )  # fmt: skip


def _confidence(view: ViewInput) -> QualityCheck:
    near = [KNEES[1], ANKLES[1]]
    rows = view.bent & view.pose.seen if (view.bent & view.pose.seen).any() else view.pose.seen
    hidden = (view.pose.visibility[rows][:, near] < MIN_VISIBILITY).any(axis=1)
    value = 1.0 - float(hidden.mean())
    grade = _grade(value, good=0.9, usable=0.3)
    return QualityCheck(
        "leg_visible", "bent frames in which knee and ankle are seen", 100 * value, " %", "≥ 90 %", "≥ 30 %", grade,
        (*_LEGS, *_FEET), "Keep the leg nearer to the camera in view: move plates, chairs and bags aside.",
    )  # fmt: skip


def _sharpness(view: ViewInput) -> QualityCheck:
    trunk = _median(view.segments.trunk_px)
    value = _median(view.profile.edge_softness_px) / trunk if np.isfinite(trunk) else float("nan")
    grade = _grade(value, good=0.10, usable=0.25, high_is_good=False)
    return QualityCheck(
        "sharpness", "softness of the back's outline", _finite(100 * value), " % of the trunk's length", "≤ 10 %",
        "≤ 25 %", grade, _BACK,
        "More light, and a background that differs from your clothes, make the outline clearer.",
    )  # fmt: skip


def _still_stand(view: ViewInput) -> QualityCheck:
    reference = view.standing.reference
    grade: ViewGrade = "good" if reference.angles == "still" else "usable"
    seconds = (reference.end_s or 0.0) - (reference.start_s or 0.0) if reference.angles == "still" else 0.0
    affects: tuple[str, ...] = _BACK + _LEGS + _HEAD
    advice = "Stand still, side-on, for two seconds before the first rep: it makes every angle more exact."
    if view.is_photograph:
        advice = "A photograph has no still stand to count from: a film of a few slow reps tells more."
    if reference.positions == "none":
        affects += _POSITIONS
    return QualityCheck(
        "still_stand", "still stand to count from", seconds, " s", "≥ 1 s", "none: wider intervals", grade, affects,
        advice,
    )  # fmt: skip


def _cuts(view: ViewInput) -> QualityCheck:
    cuts = float(view.camera.cut.sum())
    grade: ViewGrade = "good" if cuts == 0 else "usable"
    return QualityCheck(
        "cuts", "cuts in the clip", cuts, "", "0", "the longest part counts", grade, ("lean_spread",),
        "Film each set in one go, without cuts or title cards.",
    )  # fmt: skip


def _camera_shift(camera: CameraTrack) -> float:
    """95th percentile of the background's shift ÷ picture height; NaN where it could not be read."""
    shift = np.hypot(*camera.shift_ratio.T) if camera.shift_ratio.size else np.zeros(0)
    seen = shift[np.isfinite(shift)]
    return float(np.percentile(seen, 95)) if seen.size else float("nan")


def is_camera_still(camera: CameraTrack) -> bool:
    """Tell whether the camera stands well enough for places in the picture to be places in the room."""
    return _camera_shift(camera) <= STILL_CAMERA_RATIO


def has_camera_moved(camera: CameraTrack) -> bool:
    """Tell whether the background was seen to shift; where it could not be read, nothing is known to have moved."""
    return _camera_shift(camera) > STILL_CAMERA_RATIO


def _camera_motion(view: ViewInput) -> QualityCheck:
    value = _camera_shift(view.camera)
    grade: ViewGrade = "usable"
    if np.isfinite(value):
        grade = _grade(value, good=STILL_CAMERA_RATIO, usable=0.15, high_is_good=False)
    return QualityCheck(
        "camera_still", "movement of the camera", _finite(100 * value), " % of the picture's height",
        f"≤ {100 * STILL_CAMERA_RATIO:.0f} %", "≤ 15 %", grade, _POSITIONS,
        "Put the phone on something firm: a shelf, a chair, the floor against a shoe.",
    )  # fmt: skip


def _frame_rate(view: ViewInput) -> QualityCheck:
    times = view.pose.time_s
    span = float(times[-1] - times[0]) if times.size > 1 else 0.0
    fresh = int((~view.camera.still_picture).sum())
    rate = (fresh - 1) / span if span > 0 else float("nan")
    grade = _grade(rate, good=15.0, usable=4.0)
    quarters = tuple(f"hip_share_q{k}" for k in (1, 2, 3, 4))
    return QualityCheck(
        "frame_rate", "different pictures per second", _finite(rate), " /s", "≥ 15", "≥ 4", grade,
        (*quarters, "descent_time", "ascent_time", "knee_change"),
        "Film at 30 frames a second, and send the original file rather than a screen recording.",
    )  # fmt: skip


def _reps(view: ViewInput) -> QualityCheck:
    grade: ViewGrade = "good" if view.n_reps >= 3 else "usable"
    if view.n_reps < 2:
        grade = "cannot_tell"
    return QualityCheck(
        "reps", "reps seen", float(view.n_reps), "", "≥ 3", "≥ 2", grade, ("lean_spread",),
        "Film three to five slow reps in one clip.",
    )  # fmt: skip


def _hidden_back(view: ViewInput) -> QualityCheck:
    stations = view.profile.station_ratio
    lumbar = (stations >= _LUMBAR[0]) & (stations <= _LUMBAR[1])
    rows = view.bent & view.pose.seen if (view.bent & view.pose.seen).any() else view.pose.seen
    lost = view.profile.hidden | ~np.isfinite(view.profile.dorsal_ratio)
    value = float(lost[rows][:, lumbar].mean()) if rows.any() else float("nan")
    grade = _grade(value, good=0.10, usable=0.55, high_is_good=False)
    return QualityCheck(
        "back_visible", "part of the low back's outline that is hidden", 100 * value, " %", "≤ 10 %", "≤ 55 %", grade,
        _BACK, "Keep hands and arms off the back: cross them on the chest for the last three reps.",
    )  # fmt: skip


def _others(view: ViewInput) -> QualityCheck:
    others = [p for p in view.people if not p.chosen]
    grade: ViewGrade = "good" if not others else "usable"
    return QualityCheck(
        "one_person", "other people in the picture", float(len(others)), "", "0", "the most likely one is followed",
        grade, (), "Film one person alone, or choose with --person (0 is the leftmost).",
    )  # fmt: skip


def _undamaged(view: ViewInput) -> QualityCheck:
    share = 100 * view.n_lost / max(view.n_lost + view.pose.n_frames, 1)
    grade: ViewGrade = "good" if share < 2.0 else "usable"
    return QualityCheck(
        "undamaged", "pictures of the file that could not be read", share, " %", "< 2 %", "the rest counts", grade, (),
        "Copy the file again from the phone: part of it is damaged.",
    )  # fmt: skip
