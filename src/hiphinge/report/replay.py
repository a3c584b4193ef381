"""A clip as numbers to draw again: joints, back, angles with their intervals, reps and what they met.

No picture of anybody is in it. Places are pixels of the upright picture as it was filmed, so that they can be laid over
the film where that was kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array, Assessment, Evidence, Finding, Measure
from hiphinge.report.draw import smooth_run
from hiphinge.report.places import BACK_STATIONS, LUMBAR_STATIONS, find_door, find_wall
from hiphinge.report.words import GRADE_WORDS, interval_text
from hiphinge.sagittal.points import JOINTS
from hiphinge.spine.profile import back_curve_px

__all__ = ["MOST_FRAMES", "REPLAY_ANGLES", "replay_document"]

#: The angles in words, in the order in which they are shown.
REPLAY_ANGLES: dict[str, str] = {
    "hip_flexion": "Hip flexion",
    "lumbar_flexion": "Lumbar flexion",
    "trunk_lean": "Trunk lean",
    "knee_flexion": "Knee flexion",
    "thoracic_flexion": "Thoracic flexion",
    "pelvis_tilt": "Pelvis tilt",
    "shank_lean": "Shin lean",
    "neck": "Neck",
}
#: Nobody sees more of a clip, and it has to come over the network.
MOST_FRAMES = 3600


def replay_document(assessment: Assessment, *, most_frames: int = MOST_FRAMES) -> dict[str, Any]:
    """Return what is needed to draw a clip again, as plain lists, numbers and texts (None where not told).

    Parameters
    ----------
    assessment
        With its ``evidence``.
    most_frames
        Frames of a longer clip are left out evenly.

    Raises
    ------
    ValueError
        Without evidence.
    """
    evidence = assessment.evidence
    if evidence is None:
        raise ValueError("The assessment has no evidence; judge its recording again to draw it.")
    pose = evidence.pose
    rows = np.arange(0, pose.n_frames, max(1, -(-pose.n_frames // most_frames)))
    return {
        "width_px": pose.width_px,
        "height_px": pose.height_px,
        "facing": assessment.facing,
        "drill": assessment.drill,
        "rows": rows.tolist(),
        "time_s": _numbers(pose.time_s[rows], 3),
        "joints": {
            name: _numbers(_to_picture(pose.keypoints_px[rows, near], evidence), 1)
            for name, (_, near) in JOINTS.items()
        },
        "far_joints": {
            name: _numbers(_to_picture(pose.keypoints_px[rows, JOINTS[name][0]], evidence), 1)
            for name in ("knee", "ankle", "heel", "toe")
        },
        **_back(evidence, rows),
        **_lines(assessment, evidence),
        "angles": {name: {"label": label, **_angle(evidence, name, rows)} for name, label in REPLAY_ANGLES.items()},
        "hip_back": _numbers(evidence.motion.hip_back_ratio[rows], 3),
        "limits": {
            "flat_deg": float(assessment.criteria.get("4.pass_hi", 20.0)),
            "past_deg": float(assessment.criteria.get("4.fail_hi", 35.0)),
        },
        "reps": [_rep(assessment, number) for number in range(len(assessment.reps))],
        "verdict": {
            "headline": assessment.verdict.headline,
            "cue": assessment.verdict.cue,
            "praise": assessment.verdict.praise,
            "reasons": list(assessment.verdict.reasons),
            "not_told": list(assessment.verdict.not_told),
        },
    }


def _numbers(values: NDArray[np.floating], digits: int) -> list[Any]:
    """Return an array as nested lists, None where it is not finite."""
    flat = [value if value == value else None for value in np.round(values.ravel(), digits).tolist()]
    if values.ndim == 1:
        return flat
    width = values.shape[-1]
    return [flat[k : k + width] if flat[k] is not None else None for k in range(0, len(flat), width)]


def _to_picture(points_px: Array, evidence: Evidence) -> Array:
    """Return canonical points as points of the picture that was filmed."""
    points = np.array(points_px, dtype=np.float64)
    if evidence.pose.mirrored:
        points[..., 0] = evidence.pose.width_px - points[..., 0]
    return points


def _back(evidence: Evidence, rows: NDArray[np.intp]) -> dict[str, Any]:
    """Return the outline of the back in every frame, and which of its points are the lumbar part."""
    stations = evidence.profile.station_ratio
    shown = (stations >= BACK_STATIONS[0]) & (stations <= BACK_STATIONS[1])
    curves = []
    for row in rows.tolist():
        points = back_curve_px(evidence.pose, evidence.profile, row)
        points[~shown] = np.nan
        curve = _to_picture(smooth_run(points)[shown], evidence)
        curves.append(_numbers(curve, 1) if np.isfinite(curve).any() else None)
    lumbar = np.flatnonzero((stations[shown] >= LUMBAR_STATIONS[0]) & (stations[shown] <= LUMBAR_STATIONS[1]))
    return {"back": curves, "lumbar": [int(lumbar[0]), int(lumbar[-1]) + 1]}


def _lines(assessment: Assessment, evidence: Evidence) -> dict[str, Any]:
    """Return the doorway line and the wall, x in the picture; and how high the person is in it."""
    found: dict[str, Any] = {}
    for name, place in (("door_x", find_door(assessment, evidence)), ("wall_x", find_wall(assessment, evidence))):
        found[name] = None if place is None else round(float(_to_picture(np.array([place, 0.0]), evidence)[0]), 1)
    tops, bottoms = evidence.profile.body_top_px, evidence.profile.body_bottom_px
    seen = np.isfinite(tops).any() and np.isfinite(bottoms).any()
    found["body_y"] = [round(float(np.nanmin(tops)), 1), round(float(np.nanmax(bottoms)), 1)] if seen else None
    foot = assessment.reference.foot_length_px
    found["foot_length_px"] = None if foot is None else round(foot, 1)
    return found


def _angle(evidence: Evidence, name: str, rows: NDArray[np.intp]) -> dict[str, Any]:
    """Return an angle in every frame; whoever shows it rounds once, as ``interval_text`` does."""
    track = evidence.motion.angle(name)
    return {
        "value": _numbers(track.value_deg[rows], 3),
        "lo": _numbers(track.lo_deg[rows], 3),
        "hi": _numbers(track.hi_deg[rows], 3),
    }


def _rep(assessment: Assessment, place: int) -> dict[str, Any]:
    rep = assessment.reps[place]
    findings = [one for one in assessment.findings if one.rep == rep.number and one.grade != "reported"]
    return {
        "number": rep.number,
        "start_s": round(rep.start_s, 3),
        "bottom_s": round(rep.bottom_s, 3),
        "end_s": round(rep.end_s, 3),
        "bottom_row": rep.bottom_frame,
        "measures": [_measure(one) for one in assessment.measures if one.rep == rep.number and one.value is not None],
        "findings": [_finding(one) for one in findings],
    }


def _measure(one: Measure) -> dict[str, Any]:
    return {
        "name": one.name, "label": one.label, "text": interval_text(one.value, one.lo, one.hi, one.unit),
        "value": one.value, "lo": one.lo, "hi": one.hi, "unit": one.unit,
    }  # fmt: skip


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "rule": one.rule, "label": one.label, "grade": one.grade, "word": GRADE_WORDS[one.grade],
        "text": interval_text(one.value, one.lo, one.hi, one.unit), "limits": one.limits, "cue": one.cue,
        "reason": one.reason,
    }  # fmt: skip
