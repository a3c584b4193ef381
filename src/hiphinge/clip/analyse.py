"""From tracks to an assessment: pure, so that a replayed recording gives the same answer as the video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from hiphinge import __version__
from hiphinge.clip.options import AssessOptions
from hiphinge.clip.settings import place_wall
from hiphinge.model import (
    Assessment,
    CameraTrack,
    Evidence,
    Measure,
    Motion,
    PersonCandidate,
    PoseTrack,
    ProfileTrack,
    Provenance,
    QualityCheck,
    Reference,
    Rep,
    VideoInfo,
    Wall,
)
from hiphinge.report import SCHEMA_VERSION
from hiphinge.reps import find_reps, is_bottom_seen
from hiphinge.sagittal import FacingDecision, Segments, Standing, compute_segments, compute_yaw_deg, find_standing
from hiphinge.sagittal.quality import ViewInput, check_view, has_camera_moved, is_camera_still
from hiphinge.spine import (
    Calibration,
    NetworkEstimator,
    SpineEstimator,
    SpineInput,
    compute_motion,
    is_back_seen,
    load_calibration,
)
from hiphinge.verdict import (
    FETCHED_LOADS,
    Criteria,
    RepContext,
    compute_measures,
    decide_verdict,
    find_low_hands,
    judge,
)
from hiphinge.verdict.headlines import NOTICE
from hiphinge.verdict.measures import MIN_REFERENCE_DEG

__all__ = ["ClipTracks", "analyse", "find_own_maximum", "flatten_options"]

#: A pelvic tilt is a small movement; a bend this small would not count as a rep elsewhere.
PELVIC_TILT_DEPTH_DEG = 4.0


@dataclass(frozen=True, slots=True)
class ClipTracks:
    """What the adapters saw of one clip."""

    video: VideoInfo
    pose: PoseTrack
    profile: ProfileTrack
    camera: CameraTrack
    facing: FacingDecision
    people: tuple[PersonCandidate, ...]
    n_lost: int = 0


def analyse(
    tracks: ClipTracks,
    options: AssessOptions,
    *,
    criteria: Criteria,
    provenance: Provenance,
    own_maximum_deg: tuple[float, float, float] | None = None,
    calibration: Calibration | None = None,
    spine: SpineEstimator | None = None,
) -> Assessment:
    """Judge one clip from its tracks.

    Parameters
    ----------
    tracks
        Pose, outline and camera over the clip.
    options
        Drill, still stand.
    criteria
        Rules and limits.
    provenance
        Stored with the result.
    own_maximum_deg
        The person's own lumbar flexion (value, lo, hi) in a clip of deliberate rounding, or None.
    calibration
        Widths of what the spine model does not tell, mean standing values; None takes the shipped ones.
    spine
        Tells hips and lumbar spine apart; None takes the shipped spine model.

    Returns
    -------
    Assessment
        With its ``evidence``.
    """
    calibration = calibration or load_calibration()
    estimator = spine or NetworkEstimator()
    pose, note = _keep_longest_shot(tracks.pose, tracks.camera)
    if tracks.facing.facing is None:
        pose = _blank(pose, np.ones(pose.n_frames, dtype=bool))
    segments = compute_segments(pose, camera_still=is_camera_still(tracks.camera))
    standing = find_standing(segments, still_s=options.still_s)
    yaw_deg = compute_yaw_deg(pose)
    spine_input = SpineInput(tracks.profile, segments, standing, yaw_deg)
    if standing.reference.angles == "still" and not is_back_seen(spine_input):
        # The stand gives positions, but hides the back: angles then have no zero of the person's own.
        standing = replace(standing, reference=replace(standing.reference, angles="none"))
        spine_input = replace(spine_input, standing=standing)
    motion = compute_motion(spine_input, estimator=estimator, calibration=calibration)
    reps, set_aside = _find_reps(motion, segments, standing, pose, criteria, tracks.video)
    bent = _bent_frames(motion)
    quality = check_view(
        ViewInput(
            pose=tracks.pose if tracks.facing.facing is None else pose,
            profile=tracks.profile,
            segments=segments,
            standing=standing,
            camera=tracks.camera,
            yaw_deg=yaw_deg,
            bent=bent,
            facing=tracks.facing,
            people=tracks.people,
            n_reps=len(reps),
            is_photograph=tracks.video.is_photograph,
            n_lost=tracks.n_lost,
        )
    )
    wall = place_wall(options.wall, tracks.video)
    wall_px, wall_reason = _find_wall(wall, tracks)
    context = RepContext(
        motion, segments, standing, pose, tracks.profile, calibration.ratios, criteria.load, own_maximum_deg,
        drill=criteria.drill, foot_length_gain=calibration.foot_length_gain, wall_px=wall_px, wall_reason=wall_reason,
        foot_length_cm=options.foot_length_cm,
    )  # fmt: skip
    measures = compute_measures(reps, context, quality=quality)
    findings = judge(measures, criteria)
    cut_off = frozenset() if criteria.drill == "pelvic_tilt" else _list_cut_off(reps, motion)
    verdict = decide_verdict(reps, measures, findings, quality, criteria, cut_off=cut_off)
    verdict = replace(verdict, reasons=(*verdict.reasons, *note, *set_aside, *_say_damage(quality)))
    return Assessment(
        schema_version=SCHEMA_VERSION,
        video=tracks.video,
        drill=options.drill,
        facing=tracks.facing.facing,
        facing_confidence=tracks.facing.confidence,
        people=tracks.people,
        reference=_in_foot_lengths(standing.reference, calibration),
        verdict=verdict,
        reps=reps,
        measures=measures,
        findings=findings,
        quality=quality,
        answered_ratio=_answered(motion, pose),
        n_frames=pose.n_frames,
        duration_s=float(pose.time_s[-1] - pose.time_s[0]) if pose.n_frames else 0.0,
        criteria=criteria.as_mapping(),
        provenance=replace(
            provenance, calibration=f"{estimator.name}; {calibration.version}", hiphinge_version=__version__
        ),
        notice=NOTICE,
        wall=wall,
        evidence=Evidence(pose, tracks.profile, motion, tracks.camera),
    )


def _say_damage(quality: Sequence[QualityCheck]) -> tuple[str, ...]:
    """Say that the verdict is of a part of the file, where that is so."""
    damage = next((one for one in quality if one.name == "undamaged" and one.grade != "good"), None)
    if damage is None or damage.value is None:
        return ()
    return (f"{damage.value:.0f} % of the file's pictures could not be read; what stands here is of the rest.",)


def _find_wall(wall: Wall | None, tracks: ClipTracks) -> tuple[float | None, str]:
    """Return the canonical x of the wall, or None with the reason where its place does not hold over the clip."""
    if wall is None:
        return None, ""
    if has_camera_moved(tracks.camera):
        return None, "The camera moved, so the place given for the wall holds for no more than a moment: let it stand."
    share = 1.0 - wall.place_ratio if tracks.pose.mirrored else wall.place_ratio
    return share * tracks.video.width_px, ""


def _in_foot_lengths(reference: Reference, calibration: Calibration) -> Reference:
    """Give the foot's true length in pixels, which the pose model's heel and toe points fall short of."""
    if reference.foot_length_px is None:
        return reference
    return replace(reference, foot_length_px=reference.foot_length_px * calibration.foot_length_gain)


def _keep_longest_shot(pose: PoseTrack, camera: CameraTrack) -> tuple[PoseTrack, tuple[str, ...]]:
    """Keep the shot with most seen frames: standing in one shot says nothing about another."""
    cuts = [row for row in np.flatnonzero(camera.cut).tolist() if row]
    if not cuts:
        return pose, ()
    edges = [0, *cuts, pose.n_frames]
    shots = list(pairwise(edges))
    counts = [int(pose.seen[a:b].sum()) for a, b in shots]
    a, b = shots[int(np.argmax(counts))]
    drop = np.ones(pose.n_frames, dtype=bool)
    drop[a:b] = False
    if not (pose.seen & drop).any():
        return pose, ()
    span = f"{pose.time_s[a]:.1f} s to {pose.time_s[b - 1]:.1f} s"
    return _blank(pose, drop), (f"The clip has {len(cuts)} cut(s); the longest part counts: {span}.",)


def _blank(pose: PoseTrack, rows: np.ndarray) -> PoseTrack:
    keypoints, world = pose.keypoints_px.copy(), pose.world_m.copy()
    keypoints[rows] = np.nan
    world[rows] = np.nan
    return replace(pose, keypoints_px=keypoints, world_m=world)


def _find_reps(
    motion: Motion,
    segments: Segments,
    standing: Standing,
    pose: PoseTrack,
    criteria: Criteria,
    video: VideoInfo,
) -> tuple[tuple[Rep, ...], tuple[str, ...]]:
    lean = motion.trunk_lean.value_deg
    if criteria.drill == "pelvic_tilt":
        tilt = -motion.pelvis_tilt.value_deg
        return find_reps(tilt, time_s=motion.time_s, baseline_deg=0.0, min_depth_deg=PELVIC_TILT_DEPTH_DEG), ()
    rows = standing.rows & np.isfinite(lean)
    # Without a stand the vertical is the baseline: a depth then is the lean itself.
    baseline = float(np.median(lean[rows])) if rows.any() else 0.0
    if video.is_photograph:
        return _rep_of_photograph(lean, baseline, criteria), ()
    reps = find_reps(lean, time_s=motion.time_s, baseline_deg=baseline, min_depth_deg=criteria.no_bend_lean_max_deg)
    if criteria.load not in FETCHED_LOADS:
        return reps, ()
    kept = [rep for rep in reps if not find_low_hands(pose, segments, row=rep.bottom_frame)]
    notes = tuple(
        f"The bend at {rep.bottom_s:.1f} s picks something up or puts it down (hands below the knees): not a rep."
        for rep in reps
        if rep not in kept
    )
    return tuple(replace(rep, number=k + 1) for k, rep in enumerate(kept)), notes


def _list_cut_off(reps: Sequence[Rep], motion: Motion) -> frozenset[int]:
    """Return the numbers of the reps whose bottom was not seen."""
    lean = motion.trunk_lean.value_deg
    return frozenset(rep.number for rep in reps if not is_bottom_seen(lean, time_s=motion.time_s, rep=rep))


def _rep_of_photograph(lean: np.ndarray, baseline: float, criteria: Criteria) -> tuple[Rep, ...]:
    if not np.isfinite(lean).any() or lean[0] < criteria.no_bend_lean_max_deg:
        return ()
    return (Rep(1, 0, 0, 1, 0.0, 0.0, 0.0, False, False, float(lean[0] - baseline)),)


def _bent_frames(motion: Motion) -> np.ndarray:
    lean = motion.trunk_lean.value_deg
    with np.errstate(invalid="ignore"):
        bent: np.ndarray = lean > 20.0
    return bent if bent.any() else np.isfinite(lean)


def _answered(motion: Motion, pose: PoseTrack) -> float | None:
    """Share of the frames that show somebody in which hip and lumbar flexion were both told."""
    seen = pose.seen
    if not seen.any():
        return None
    told = np.isfinite(motion.lumbar_flexion.value_deg) & np.isfinite(motion.hip_flexion.value_deg)
    return float(told[seen].mean())


def find_own_maximum(measures: Sequence[Measure]) -> tuple[float, float, float] | None:
    """Largest lumbar flexion of a clip's reps as (value, lo, hi), of those sure to round; None where none is told."""
    told = [
        (m.value, m.lo, m.hi)
        for m in measures
        if m.name == "lumbar_flexion" and m.value is not None and m.lo is not None and m.hi is not None
    ]
    sure = [one for one in told if one[1] > MIN_REFERENCE_DEG]
    return max(sure or told, default=None)


def flatten_options(options: AssessOptions) -> Mapping[str, str | float | bool | None]:
    """Options as they are stored with the result: no paths, only names."""
    flat: dict[str, str | float | bool | None] = {
        "facing": options.facing,
        "model": options.model,
        "drill": options.drill,
        "from_s": options.from_s,
        "to_s": options.to_s,
        "still_s": None if options.still_s is None else f"{options.still_s[0]:g} to {options.still_s[1]:g}",
        "reference": None if options.reference is None else "given",
        "criteria": None if options.criteria is None else "given",
        "person": options.person,
        "wall": options.wall,
        "foot_length_cm": options.foot_length_cm,
    }
    return flat
