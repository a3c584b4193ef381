"""A scripted assessment, so that drawings and reports can be tested without a video or a model.

A stick figure bends twice. Its joint angles are known, so every drawn or written number can be checked
against the script. ``fake_assessment`` is deterministic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import (
    ANGLES,
    AngleTrack,
    Assessment,
    CameraTrack,
    Evidence,
    Facing,
    Finding,
    Frame,
    Grade,
    Measure,
    Motion,
    Outcome,
    PersonCandidate,
    PoseTrack,
    ProfileTrack,
    Provenance,
    QualityCheck,
    Reference,
    Rep,
    Verdict,
    VideoInfo,
)

__all__ = ["GAP", "RATE_HZ", "fake_assessment", "fake_frames"]

#: Frames a second of the scripted clip.
RATE_HZ = 30.0
#: Share of the clip, half-open, in which nobody is seen (in the second rep's ascent).
GAP = (0.80, 0.83)
FOOT_LENGTH_PX = 88.0
TRUNK_LENGTH_PX = 165.0
SHANK_PX = 135.0
THIGH_PX = 140.0
NOTICE = (
    "Research and education software; not CE marked or FDA cleared; not for diagnosis, treatment or "
    "monitoring; decisions stay with the clinician."
)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Script:
    """Joint angles at the bottom, degrees: shank and thigh lean, pelvis tilt, lumbar and thoracic flexion."""

    shank: float
    thigh: float
    pelvis: float
    lumbar: float
    thoracic: float
    neck: float


SCRIPTS: dict[str, Script] = {
    "hinge": Script(-2.0, -22.0, 56.0, 12.0, 5.0, -4.0),
    "hips_first": Script(-2.0, -22.0, 56.0, 12.0, 5.0, -4.0),
    "mixed": Script(-1.0, -20.0, 46.0, 26.0, 10.0, -8.0),
    "typical": Script(0.0, -12.0, 42.0, 30.0, 14.0, 2.0),
    "spine": Script(2.0, -8.0, 25.0, 48.0, 22.0, 6.0),
    "back_first": Script(2.0, -8.0, 25.0, 48.0, 22.0, 6.0),
    "squat": Script(32.0, -72.0, 30.0, 10.0, 4.0, -10.0),
    "no_bend": Script(0.0, -3.0, 10.0, 3.0, 1.0, 0.0),
    "cannot_tell": Script(-2.0, -22.0, 56.0, 12.0, 5.0, -4.0),
}
#: (grade, headline, cue, cue rule, praise, reasons) per outcome.
WORDS: dict[str, tuple[Grade, str, str, str, str, tuple[str, ...]]] = {
    "hinge": (
        "pass",
        "Your hips do the bending.",
        "",
        "",
        "Hips back, back long: keep that shape.",
        ("Hips moved back 0.69 foot lengths.", "The lumbar spine bent 12° (7 to 17)."),
    ),
    "spine": (
        "fail",
        "Your back does most of the bending.",
        "Make your back a long table top; stop where it starts to curl.",
        "4",
        "",
        ("The lumbar spine bent 48° (42 to 54).", "Hip share 0.34 (0.28 to 0.40)."),
    ),
    "mixed": (
        "caution",
        "Hips and back share the bending.",
        "Make your back a long table top; stop where it starts to curl.",
        "4",
        "",
        ("The lumbar spine bent 26° (20 to 32).",),
    ),
    "squat": (
        "fail",
        "This is more a squat than a hinge.",
        "Slide back along a shelf; don't sit down on a chair.",
        "2",
        "",
        ("Drop ÷ back 1.1 (1.0 to 1.2).",),
    ),
    "no_bend": ("cannot_tell", "No bend seen.", "Bow a little further.", "3", "", ("Trunk lean 12°.",)),
    "cannot_tell": (
        "cannot_tell",
        "This video cannot tell.",
        "Turn fully side-on and step back so I see you head to feet.",
        "0",
        "",
        ("The camera sees the person from the front.",),
    ),
}


def fake_assessment(
    facing: Facing = "right",
    n_frames: int = 240,
    outcome: Outcome = "hinge",
    *,
    width_px: int = 1280,
    height_px: int = 720,
    positions: str = "still",
) -> Assessment:
    """Return two scripted bends with evidence; canonical arrays are the same for both facings."""
    script = SCRIPTS.get(outcome, SCRIPTS["hinge"])
    bend, reps = _bend(n_frames, script)
    pose, seat_px = _pose(bend, script, facing=facing, width_px=width_px, height_px=height_px)
    hide = _hidden_rows(n_frames, blind=outcome == "cannot_tell")
    motion = _motion(pose, bend, script, seat_px, hide)
    profile = _profile(pose, bend, script, seat_px)
    seen = ~_gap_rows(n_frames)
    pose = replace(pose, keypoints_px=np.where(seen[:, None, None], pose.keypoints_px, np.nan))
    evidence = Evidence(pose=pose, profile=profile, motion=motion, camera=_camera(n_frames))
    return _assemble(facing, outcome, evidence, () if outcome == "cannot_tell" else reps, positions)


def fake_frames(assessment: Assessment) -> Iterator[Frame]:
    """Yield one plain picture per row of the evidence: a grey wall, a floor, a light figure."""
    from hiphinge.video import RgbPicture

    evidence = assessment.evidence
    assert evidence is not None
    for row in range(assessment.n_frames):
        rgb = _picture(evidence, row, facing=assessment.facing or "right")
        yield Frame(index=row, time_s=float(evidence.pose.time_s[row]), picture=RgbPicture(rgb))


def _bend(n_frames: int, script: Script) -> tuple[Array, tuple[Rep, ...]]:
    """Return ``(n_frames,)`` bend in 0..1 and the two reps: still stand, down, hold, up, twice."""
    share = np.arange(n_frames) / max(n_frames, 1)
    knots = [0.0, 0.25, 0.38, 0.42, 0.55, 0.60, 0.73, 0.77, 0.92, 1.0]
    level = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    linear = np.interp(share, knots, level)
    bend = 0.5 - 0.5 * np.cos(np.pi * linear)
    depth = script.pelvis + 0.5 * script.lumbar
    reps = []
    for number, (start, bottom, end) in enumerate(((0.25, 0.40, 0.55), (0.60, 0.75, 0.92))):
        rows = [round(part * n_frames) for part in (start, bottom, end)]
        times = [row / RATE_HZ for row in rows]
        reps.append(Rep(number + 1, rows[0], rows[1], rows[2], times[0], times[1], times[2], True, True, depth))
    return np.asarray(bend, dtype=np.float64), tuple(reps)


def _gap_rows(n_frames: int) -> NDArray[np.bool_]:
    share = np.arange(n_frames) / max(n_frames, 1)
    return np.asarray((share >= GAP[0]) & (share < GAP[1]))


def _hidden_rows(n_frames: int, *, blind: bool) -> NDArray[np.bool_]:
    return np.ones(n_frames, dtype=bool) if blind else _gap_rows(n_frames)


def _step(lean_deg: Array, length_px: float) -> Array:
    """Return ``(n, 2)`` image-plane steps of a segment that leans ``lean_deg`` forward from vertical."""
    angle = np.radians(lean_deg)
    return np.stack([np.sin(angle), -np.cos(angle)], axis=1) * length_px


def _pose(bend: Array, script: Script, *, facing: Facing, width_px: int, height_px: int) -> tuple[PoseTrack, Array]:
    n, scale = len(bend), height_px / 720.0
    lean = bend * (script.pelvis + 0.5 * script.lumbar)
    ankle = np.tile([0.52 * width_px, 0.90 * height_px], (n, 1))
    knee = ankle + _step(bend * script.shank, SHANK_PX * scale)
    hip = knee + _step(bend * script.thigh, THIGH_PX * scale)
    shoulder = hip + _step(lean, TRUNK_LENGTH_PX * scale)
    neck = lean + bend * script.neck
    ear, nose = shoulder + _step(neck + 12.0, 62 * scale), shoulder + _step(neck + 38.0, 66 * scale)
    elbow = shoulder + np.array([4.0, 78.0]) * scale
    wrist = elbow + np.array([10.0, 72.0]) * scale
    heel = ankle + np.array([-22.0, 22.0]) * scale
    toe = heel + np.array([FOOT_LENGTH_PX, 2.0]) * scale
    points = np.repeat(nose[:, None, :], 33, axis=1)
    joints = {7: ear, 11: shoulder, 13: elbow, 15: wrist, 23: hip, 25: knee, 27: ankle, 29: heel, 31: toe}
    for left, place in joints.items():
        points[:, left + 1] = place  # right = near side
        points[:, left] = place + np.array([5.0, -4.0]) * scale
    time_s = np.arange(n) / RATE_HZ
    track = PoseTrack(
        time_s=time_s,
        frame_index=np.arange(n),
        keypoints_px=points,
        visibility=np.full((n, 33), 0.95),
        world_m=np.zeros((n, 33, 3)),
        presence=np.full(n, 0.98),
        mirrored=facing == "left",
        width_px=width_px,
        height_px=height_px,
    )
    return track, hip + np.array([-46.0, 14.0]) * scale - np.stack([bend, 0 * bend], 1) * 12 * scale


def _track(value: Array, half_width_deg: float, hide: NDArray[np.bool_]) -> AngleTrack:
    value = np.where(hide, np.nan, value)
    return AngleTrack(value, value - half_width_deg, value + half_width_deg)


def _motion(pose: PoseTrack, bend: Array, script: Script, seat_px: Array, hide: NDArray[np.bool_]) -> Motion:
    peak = {
        "trunk_lean": (script.pelvis + 0.5 * script.lumbar, 2.0),
        "pelvis_tilt": (script.pelvis, 5.0),
        "hip_flexion": (script.pelvis - script.thigh, 5.0),
        "lumbar_flexion": (script.lumbar, 5.0),
        "thoracic_flexion": (script.thoracic, 6.0),
        "knee_flexion": (script.shank - script.thigh, 3.5),
        "shank_lean": (script.shank, 2.0),
        "neck": (script.neck, 5.0),
    }
    hip = pose.keypoints_px[:, 23:25].mean(axis=1)
    foot = FOOT_LENGTH_PX * pose.height_px / 720.0
    # One stretch in which the back alone is hidden, so that "cannot tell" meets a single bar too.
    share = np.arange(len(bend)) / max(len(bend), 1)
    hide_back = hide | ((share >= 0.66) & (share < 0.70))
    tracks = {
        name: _track(bend * peak[name][0], peak[name][1], hide_back if "lumbar" in name else hide) for name in ANGLES
    }
    blank = np.where(hide, np.nan, 0.0)
    return Motion(
        time_s=pose.time_s,
        **tracks,
        hip_back_ratio=(hip[0, 0] - hip[:, 0]) / foot + blank,
        hip_drop_ratio=(hip[:, 1] - hip[0, 1]) / foot + blank,
        seat_back_ratio=(seat_px[0, 0] - seat_px[:, 0]) / foot + blank,
        yaw_deg=np.full(len(bend), 4.0) + blank,
    )


def _profile(pose: PoseTrack, bend: Array, script: Script, seat_px: Array) -> ProfileTrack:
    station = np.linspace(-0.10, 1.05, 46)
    knots, depth = [-0.10, 0.05, 0.35, 0.75, 1.05], [0.27, 0.27, 0.18, 0.24, 0.15]
    standing = np.interp(station, knots, depth)
    bulge = 0.16 * script.lumbar / 40.0 * np.exp(-(((station - 0.40) / 0.28) ** 2))
    dorsal = standing[None, :] + bend[:, None] * bulge[None, :]
    hidden = np.zeros(dorsal.shape, dtype=bool)
    share = np.arange(len(bend)) / max(len(bend), 1)
    hidden[(share >= 0.66) & (share < 0.70), 14:26] = True
    dorsal[hidden] = np.nan
    dorsal[_gap_rows(len(bend))] = np.nan
    top = pose.keypoints_px[:, 8, 1] - 40
    bottom = pose.keypoints_px[:, 32, 1] + 6
    return ProfileTrack(
        station_ratio=station,
        dorsal_ratio=dorsal,
        hidden=hidden,
        ventral_ratio=np.full((len(bend), 31), 0.45, dtype=np.float32),
        thigh_back_ratio=np.full((len(bend), 13), 0.2, dtype=np.float32),
        thigh_front_ratio=np.full((len(bend), 13), 0.2, dtype=np.float32),
        seat_px=np.where(_gap_rows(len(bend))[:, None], np.nan, seat_px),
        edge_softness_px=np.full(len(bend), 2.0),
        body_height_px=bottom - top,
        body_top_px=top,
        body_bottom_px=bottom,
        clipped=np.zeros(len(bend)),
    )


def _camera(n: int) -> CameraTrack:
    return CameraTrack(
        cut=np.zeros(n, dtype=bool),
        shift_ratio=np.zeros((n, 2)),
        luma=np.full(n, 0.55),
        sharpness=np.full(n, 0.3),
        still_picture=np.zeros(n, dtype=bool),
    )


def _finding(rule: str, label: str, measure: Measure, grade: Grade, limits: str, cue: str) -> Finding:
    return Finding(
        rule=rule,
        label=label,
        rep=measure.rep,
        measure=measure.name,
        grade="cannot_tell" if measure.value is None else grade,
        value=measure.value,
        lo=measure.lo,
        hi=measure.hi,
        unit=measure.unit,
        limits=limits,
        tolerance=5.0,
        source="design proposal",
        cue=cue,
        reason=measure.reason,
    )


def _measures(motion: Motion, reps: tuple[Rep, ...]) -> tuple[Measure, ...]:
    out = []
    for rep in reps:
        row = rep.bottom_frame
        for name in ("trunk_lean", "hip_flexion", "lumbar_flexion", "knee_flexion", "shank_lean", "neck"):
            track = motion.angle(name)
            label = name.replace("_", " ") + " at the bottom"
            numbers = [round(float(part[row]), 1) for part in (track.value_deg, track.lo_deg, track.hi_deg)]
            out.append(Measure(f"{name}_deg", label, rep.number, *numbers, "°", "good", ""))
        back = round(float(motion.hip_back_ratio[row]), 2)
        drop = round(float(motion.hip_drop_ratio[row] / max(back, 0.05)), 2)
        out.append(
            Measure(
                "hip_back",
                "hips back",
                rep.number,
                back,
                round(back - 0.06, 2),
                round(back + 0.06, 2),
                "FL",
                "good",
                "",
            )
        )
        out.append(
            Measure(
                "drop_to_back",
                "drop ÷ back",
                rep.number,
                drop,
                round(drop - 0.07, 2),
                round(drop + 0.07, 2),
                "",
                "good",
                "",
            )
        )
        share = float(motion.pelvis_tilt.value_deg[row])
        share = round(share / (share + float(motion.lumbar_flexion.value_deg[row])), 2)
        out.append(
            Measure(
                "hip_share",
                "hip share",
                rep.number,
                share,
                round(share - 0.08, 2),
                round(share + 0.08, 2),
                "",
                "usable",
                "",
            )
        )
    out.append(
        Measure("repeatability", "trunk lean, SD over reps", None, 1.2, 0.6, 2.4, "°", "usable", "")
        if reps
        else Measure(
            "repeatability",
            "trunk lean, SD over reps",
            None,
            None,
            None,
            None,
            "°",
            "cannot_tell",
            "no bend could be followed from start to end",
        )
    )
    return tuple(out)


def _findings(measures: tuple[Measure, ...], grade: Grade) -> tuple[Finding, ...]:
    table = {
        "lumbar_flexion_deg": ("4", "back flat", grade, "pass ≤ 20°, fail > 35°"),
        "hip_back": ("1", "hips go back", "pass", "pass ≥ 0.60 FL, fail < 0.35 FL"),
        "drop_to_back": ("2", "back, not down", "pass", "pass ≤ 0.30, fail > 0.60"),
        "trunk_lean_deg": ("3", "enough bend", "pass", "pass 50–80°, fail < 40°"),
        "neck_deg": ("6", "chin tucked", "reported", "pass ≤ 10°, fail > 20°"),
    }
    return tuple(
        _finding(rule, label, measure, own, limits, WORDS["spine"][2] if rule == "4" else "")
        for measure in measures
        if measure.name in table
        for rule, label, own, limits in [table[measure.name]]
    )


def _quality(outcome: Outcome) -> tuple[QualityCheck, ...]:
    blind = outcome == "cannot_tell"
    return (
        QualityCheck("side_view", "side-on view", 62.0 if blind else 6.0, "°", "≤ 15°", "≤ 25°",
                     "cannot_tell" if blind else "good", ("all",), "Turn fully side-on."),
        QualityCheck("body_height", "body height in the picture", 0.74, "", "≥ 0.6", "≥ 0.4", "good",
                     ("all",), "Step closer to the camera."),
        QualityCheck("arm_on_back", "back outline hidden", 0.04, "", "≤ 0.1", "≤ 0.3", "usable",
                     ("lumbar_flexion_deg",), "Take the arm off the back."),
    )  # fmt: skip


def _assemble(
    facing: Facing, outcome: Outcome, evidence: Evidence, reps: tuple[Rep, ...], positions: str
) -> Assessment:
    pose = evidence.pose
    grade, headline, cue, cue_rule, praise, reasons = WORDS.get(outcome, WORDS["mixed"])
    measures = _measures(evidence.motion, reps)
    scale = pose.height_px / 720.0
    still = positions == "still"
    reference = Reference(
        angles="still" if still else "none",
        positions=positions,  # type: ignore[arg-type]
        start_s=0.0 if still else None,
        end_s=float(pose.time_s[int(0.25 * pose.n_frames)]) if still else None,
        foot_length_px=FOOT_LENGTH_PX * scale,
        trunk_length_px=TRUNK_LENGTH_PX * scale,
    )
    return Assessment(
        schema_version="1.0",
        video=VideoInfo("fake_hinge.mp4", pose.width_px, pose.height_px, pose.n_frames / RATE_HZ, RATE_HZ,
                        "h264", 0, False, "0" * 64),
        drill="hinge",
        facing=facing,
        facing_confidence=0.97,
        people=(PersonCandidate(0, (0.52, 0.5), 0.74, 1.0, 0.4, True),),
        reference=reference,
        verdict=Verdict(outcome, headline, cue, cue_rule, praise, reasons,
                        ("Grip and arch of the feet: a camera cannot see them.",)),
        reps=reps,
        measures=measures,
        findings=_findings(measures, grade),
        quality=_quality(outcome),
        answered_ratio=0.0 if outcome == "cannot_tell" else 0.97,
        n_frames=pose.n_frames,
        duration_s=pose.n_frames / RATE_HZ,
        criteria={"lumbar_pass_deg": 20.0, "lumbar_fail_deg": 35.0, "4.pass_hi": 20.0, "4.fail_hi": 35.0,
                  "name": "built-in"},
        provenance=Provenance("0.1.0", "blazepose-full", {"pose_landmark_full.tflite": "0" * 64}, "f32",
                              "openvino 2026.4", "anny-1", "2026-11-22T18:00:00Z", {"drill": "hinge"}),
        notice=NOTICE,
        evidence=evidence,
    )  # fmt: skip


def _picture(evidence: Evidence, row: int, *, facing: Facing) -> NDArray[np.uint8]:
    """Return a plain picture of the scripted figure in image coordinates (mirrored for a left-facing one)."""
    import cv2

    pose = evidence.pose
    rgb = np.full((pose.height_px, pose.width_px, 3), (176, 178, 180), dtype=np.uint8)
    rgb[int(0.92 * pose.height_px) :] = (120, 112, 104)
    points = pose.keypoints_px[row]
    if np.isfinite(points[24, 0]):
        scale = pose.height_px / 720.0
        chains = [
            ((28, 26, 24), 40, (52, 60, 84)),
            ((24, 12), 70, (196, 176, 150)),
            ((12, 14, 16), 24, (214, 178, 150)),
        ]
        for chain, width, colour in chains:
            line = points[list(chain)].round().astype(np.int32)
            cv2.polylines(rgb, [line], False, colour, max(int(width * scale), 1), cv2.LINE_AA)
        cv2.circle(rgb, points[8].round().astype(int).tolist(), int(34 * scale), (214, 178, 150), -1, cv2.LINE_AA)
    return np.ascontiguousarray(rgb[:, ::-1]) if facing == "left" else rgb
