"""From outline and leans to the ``Motion`` of a clip: every angle with its interval, hip travel in foot lengths."""

from __future__ import annotations

import numpy as np

from hiphinge.model import AngleTrack, Array, Motion
from hiphinge.spine.calibration import Calibration
from hiphinge.spine.estimator import SpineEstimator, SpineInput

__all__ = ["compute_motion"]


def compute_motion(spine_input: SpineInput, *, estimator: SpineEstimator, calibration: Calibration) -> Motion:
    """Compute every angle and the hip's path.

    Parameters
    ----------
    spine_input
        The person's clip.
    estimator
        Tells hips and lumbar spine apart.
    calibration
        Widths of the intervals and mean standing values, for clips without a still stand.

    Returns
    -------
    Motion
        Hip flexion is pelvis tilt less the change of the thigh's lean; the spine model, which gives both, was trained
        on angles that agree in this way.

    Notes
    -----
    Angles named as a change (hip, lumbar, thoracic and knee flexion, pelvis tilt, neck) count from the person's own
    still stand, or from the mean stand of the calibration people where ``reference.angles`` is ``none``. Positions
    are taken relative to the feet, which stay where they are, so a drifting camera does not matter.
    """
    s, standing = spine_input.segments, spine_input.standing
    spine = estimator.estimate(spine_input)
    kind = standing.reference.angles
    yaw = spine_input.yaw_deg[np.isfinite(spine_input.yaw_deg)]
    yaw_deg = float(np.median(yaw)) if yaw.size else float("nan")

    def zero(name: str, values: Array) -> float:
        rows = standing.rows & np.isfinite(values)
        if kind == "still" and rows.any():
            return float(np.median(values[rows]))
        return calibration.standing_deg[name]

    def track(name: str, values: Array) -> AngleTrack:
        values = values - calibration.bias_deg[kind].get(name, 0.0)
        half = calibration.half_width(name, reference=kind, yaw_deg=yaw_deg)
        return AngleTrack(values, values - half, values + half)

    thigh = s.thigh_lean_deg - zero("thigh_lean", s.thigh_lean_deg)
    knee = s.shank_lean_deg - s.thigh_lean_deg
    neck = s.neck_lean_deg - s.trunk_lean_deg
    hip = spine.pelvis_tilt.value_deg - thigh
    back, drop, seat = _compute_travel(spine_input, calibration)
    return Motion(
        time_s=s.time_s,
        trunk_lean=_prefer(spine.trunk_lean, track("trunk_lean", s.trunk_lean_deg)),
        pelvis_tilt=spine.pelvis_tilt,
        hip_flexion=spine.hip_flexion or _like(spine.pelvis_tilt, hip, track("hip_flexion", hip)),
        lumbar_flexion=spine.lumbar_flexion,
        thoracic_flexion=spine.thoracic_flexion,
        knee_flexion=_prefer(spine.knee_flexion, track("knee_flexion", knee - zero("knee", knee))),
        shank_lean=track("shank_lean", s.shank_lean_deg),
        neck=track("neck", neck - zero("neck", neck)),
        hip_back_ratio=back,
        hip_drop_ratio=drop,
        seat_back_ratio=seat,
        yaw_deg=spine_input.yaw_deg,
    )


def _prefer(told: AngleTrack | None, bare: AngleTrack) -> AngleTrack:
    """Take the bare points' angle, with its own width, where the estimator tells none: they need no outline.

    It is first moved by what usually lies between the two in this clip, so that a hidden back makes no step.
    """
    if told is None:
        return bare
    known = np.isfinite(told.value_deg)
    both = known & np.isfinite(bare.value_deg)
    shift = float(np.median((told.value_deg - bare.value_deg)[both])) if both.any() else 0.0
    return AngleTrack(
        np.where(known, told.value_deg, bare.value_deg + shift),
        np.where(known, told.lo_deg, bare.lo_deg + shift),
        np.where(known, told.hi_deg, bare.hi_deg + shift),
    )


def _like(pelvis: AngleTrack, hip: Array, usual: AngleTrack) -> AngleTrack:
    """Give hip flexion at least its usual width, and never a narrower one than pelvis tilt's."""
    half = np.fmax((pelvis.hi_deg - pelvis.lo_deg) / 2, (usual.hi_deg - usual.lo_deg) / 2)
    return AngleTrack(hip, hip - half, hip + half)


def _compute_travel(spine_input: SpineInput, calibration: Calibration) -> tuple[Array, Array, Array]:
    """Hip travel back, hip drop and seat travel back, foot lengths; NaN without a place to count from."""
    s, standing = spine_input.segments, spine_input.standing
    n = len(s.time_s)
    foot_px = standing.reference.foot_length_px
    if not foot_px:
        return (np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan))
    unit = foot_px * calibration.foot_length_gain
    feet = s.feet
    hip = s.hip - feet - standing.hip_from_feet_px
    seat = spine_input.profile.seat_px[:, 0] - feet[:, 0]
    rows = standing.rows & np.isfinite(seat)
    start = float(np.median(seat[rows])) if rows.any() else float("nan")
    return (-hip[:, 0] / unit, hip[:, 1] / unit, (start - seat) / unit)
