from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.sagittal import compute_lean_deg, compute_segments, compute_yaw_deg
from hiphinge.sagittal.kinematics import YAW_GAIN, YAW_OFFSET_DEG
from hiphinge.sagittal.points import HEELS, HIPS, KNEES, MIN_VISIBILITY, TOES, middle, near_weighted
from tests.synthetic import NECK_STANDING_DEG, PERFECT, ROUNDED, SQUAT, View, film, script, solve

#: Largest difference from the script, degrees: smoothing rounds the turns of the movement a little.
TOLERANCE_DEG = 0.8


def clip_of(posture=PERFECT, **changes):
    view = changes.pop("view", None)
    unseen = changes.pop("unseen", None)
    return film(script(posture, n_reps=1, **changes), view=view, unseen=unseen, with_masks=False)


@pytest.mark.parametrize(
    ("upper", "lean"), [((0, -1), 0), ((1, -1), 45), ((1, 0), 90), ((-1, -1), -45), ((0, 1), 180), ((1, 1), 135)]
)
def test_lean_of_known_lines(upper, lean):
    assert compute_lean_deg(np.zeros((1, 2)), np.array([upper], dtype=float))[0] == pytest.approx(lean)


@pytest.mark.parametrize("posture", [PERFECT, ROUNDED, SQUAT, solve(knee=30, lean=90, lumbar=30, thoracic=20)])
def test_leans_follow_the_script(posture):
    clip = clip_of(posture)
    s, truth = compute_segments(clip.pose), clip.script
    assert s.trunk_lean_deg == pytest.approx(truth.lean, abs=TOLERANCE_DEG)
    assert s.thigh_lean_deg == pytest.approx(truth.thigh, abs=TOLERANCE_DEG)
    assert s.shank_lean_deg == pytest.approx(truth.shank, abs=TOLERANCE_DEG)
    assert s.neck_lean_deg == pytest.approx(truth.lean + NECK_STANDING_DEG + truth.neck, abs=TOLERANCE_DEG)


def test_a_head_that_hangs_in_a_fold_reads_over_180_and_does_not_wrap():
    clip = clip_of(solve(knee=10, lean=120, lumbar=50, thoracic=30, neck=60))
    s = compute_segments(clip.pose)
    assert s.neck_lean_deg.max() == pytest.approx(192, abs=1.0)
    assert np.abs(np.diff(s.neck_lean_deg)).max() < 20


def test_gaps_stay_gaps():
    unseen = np.zeros(len(script(PERFECT, n_reps=1).time_s), dtype=bool)
    unseen[100:130] = True
    clip = clip_of(unseen=unseen)
    s = compute_segments(clip.pose)
    for values in (s.trunk_lean_deg, s.knee[:, 0], s.neck_lean_deg):
        assert np.isnan(values[100:130]).all()
        assert np.isfinite(np.delete(values, np.s_[100:130])).all()


def test_a_slip_of_one_frame_is_dropped_not_believed():
    clip = clip_of()
    clip.pose.keypoints_px[50, [23, 24]] += 150.0
    s = compute_segments(clip.pose)
    assert np.isnan(s.hip[50]).all()
    assert s.trunk_lean_deg[51] == pytest.approx(clip.script.lean[51], abs=TOLERANCE_DEG)


def test_nobody_gives_nan_without_a_warning():
    n = len(script(PERFECT, n_reps=1).time_s)
    s = compute_segments(clip_of(unseen=np.ones(n, dtype=bool)).pose)
    assert np.isnan(s.trunk_lean_deg).all()


@settings(deadline=None, max_examples=12)
@given(px_per_m=st.floats(120, 800), x=st.floats(-200, 600), y=st.floats(300, 1500))
def test_leans_do_not_depend_on_scale_or_place(px_per_m, x, y):
    plain = compute_segments(clip_of(rate_hz=15).pose)
    moved = compute_segments(clip_of(rate_hz=15, view=View(px_per_m=px_per_m, origin_px=(x, y))).pose)
    for name in ("trunk_lean_deg", "thigh_lean_deg", "shank_lean_deg", "neck_lean_deg"):
        assert getattr(moved, name) == pytest.approx(getattr(plain, name), abs=1e-6)


@pytest.mark.parametrize("rate_hz", [10.0, 24.0, 60.0, 120.0])
def test_leans_do_not_depend_on_frame_rate(rate_hz):
    clip = clip_of(rate_hz=rate_hz)
    assert compute_segments(clip.pose).trunk_lean_deg == pytest.approx(clip.script.lean, abs=TOLERANCE_DEG)


@pytest.mark.parametrize("yaw_deg", [-60.0, -25.0, 0.0, 15.0, 40.0, 90.0])
def test_yaw_is_read_from_the_world_points(yaw_deg):
    clip = clip_of(rate_hz=10, view=View(yaw_deg=yaw_deg))
    assert compute_yaw_deg(clip.pose) == pytest.approx(np.full(clip.pose.n_frames, yaw_deg), abs=1e-6)


@pytest.mark.parametrize("read_deg", [-40.0, 0.0, 11.8, 30.0])
def test_the_models_reading_of_the_hips_is_corrected_and_the_shoulders_do_not_matter(read_deg):
    pose = clip_of(rate_hz=10).pose
    world = np.full_like(pose.world_m, np.nan)
    across, away = np.sin(np.radians(read_deg)), np.cos(np.radians(read_deg))
    world[:, HIPS[0]] = [0.1 * across, 0.0, 0.1 * away]
    world[:, HIPS[1]] = [-0.1 * across, 0.0, -0.1 * away]
    expected = YAW_GAIN * read_deg + YAW_OFFSET_DEG
    assert compute_yaw_deg(replace(pose, world_m=world)) == pytest.approx(np.full(pose.n_frames, expected))


def test_the_yaw_correction_is_mild_and_takes_a_turn_towards_the_camera_off():
    assert 1.0 <= YAW_GAIN < 1.5
    assert -25.0 < YAW_OFFSET_DEG <= 0.0


def test_middle_and_near_weighted():
    keypoints = np.zeros((1, 33, 2))
    keypoints[0, HIPS[0]], keypoints[0, HIPS[1]] = (10.0, 0.0), (20.0, 4.0)
    assert middle(keypoints, HIPS)[0].tolist() == [15.0, 2.0]
    keypoints[0, KNEES[0]], keypoints[0, KNEES[1]] = (0.0, 0.0), (10.0, 10.0)
    visibility = np.ones((1, 33))
    assert near_weighted(keypoints, visibility, KNEES)[0].tolist() == [5.0, 5.0]
    visibility[0, KNEES[0]] = 0.0
    assert near_weighted(keypoints, visibility, KNEES)[0].tolist() == [10.0, 10.0]
    visibility[0, KNEES[0]], visibility[0, KNEES[1]] = 1.0, 0.6
    # A far leg that looks surer than the near one is not believed more than the near one: 0.6² against 0.6.
    assert near_weighted(keypoints, visibility, KNEES)[0, 0] == pytest.approx(10 * 0.6 / (0.36 + 0.6))


@pytest.mark.parametrize(("near", "seen"), [(MIN_VISIBILITY, True), (MIN_VISIBILITY - 0.01, False), (0.0, False)])
def test_a_hidden_near_joint_is_not_guessed_from_the_far_one(near, seen):
    keypoints, visibility = np.zeros((1, 33, 2)), np.ones((1, 33))
    visibility[0, KNEES[1]] = near
    assert np.isfinite(near_weighted(keypoints, visibility, KNEES)).all() == seen


def hide(clip, points, rows=slice(None)):
    visibility = clip.pose.visibility.copy()
    visibility[rows, points] = 0.2
    return replace(clip.pose, visibility=visibility)


def test_a_hidden_knee_leaves_the_trunk_and_silences_thigh_and_shank():
    clip = clip_of()
    s = compute_segments(hide(clip, KNEES[1], slice(100, 130)))
    for lean in (s.thigh_lean_deg, s.shank_lean_deg):
        assert np.isnan(lean[100:130]).all()
        assert np.isfinite(np.delete(lean, np.s_[100:130])).all()
    assert s.trunk_lean_deg == pytest.approx(clip.script.lean, abs=TOLERANCE_DEG)


def feet_of(clip):
    """Middle of the scripted feet, pixels."""
    k = clip.pose.keypoints_px
    return (k[:, HEELS[1]] + k[:, TOES[1]]) / 2


def test_planted_feet_serve_while_a_plate_hides_them():
    clip = clip_of()
    bent = (clip.script.time_s > 3.5) & (clip.script.time_s < 5.5)
    s = compute_segments(hide(clip, [HEELS[1], TOES[1]], np.flatnonzero(bent)[:, None]))
    assert np.isnan(s.heel[bent]).all()
    assert s.feet == pytest.approx(feet_of(clip), abs=0.01)


def test_planted_feet_do_not_follow_wandering_foot_points():
    clip = clip_of()
    k = clip.pose.keypoints_px.copy()
    wander = 20.0 * np.sin(2 * np.pi * 0.9 * clip.script.time_s)
    k[:, [*HEELS, *TOES], 0] += wander[:, None]
    s = compute_segments(replace(clip.pose, keypoints_px=k))
    assert np.abs(s.feet[:, 0] - feet_of(clip)[:, 0]).max() < 8.0
    assert np.abs(s.heel[:, 0] - clip.pose.keypoints_px[:, HEELS[1], 0]).max() > 18.0


def test_feet_follow_a_moving_camera_closely_and_a_standing_one_not_at_all():
    clip = clip_of(view=View(drift_px_s=(30.0, 0.0)))
    middle_of_clip = (clip.script.time_s > 3) & (clip.script.time_s < clip.script.time_s[-1] - 3)
    moving = compute_segments(clip.pose, camera_still=False).feet
    assert moving[middle_of_clip] == pytest.approx(feet_of(clip)[middle_of_clip], abs=1.5)
    # At the ends the window has one side only: half of 0.25 s at 30 px/s.
    assert np.abs(moving - feet_of(clip)).max() < 30 * 0.125 + 1.5
    standing = compute_segments(clip.pose, camera_still=True).feet
    assert np.abs(standing - feet_of(clip)).max() == pytest.approx(30 * 1.25, abs=3)


def test_feet_that_were_never_seen_have_no_place():
    clip = clip_of(rate_hz=10)
    assert np.isnan(compute_segments(hide(clip, [HEELS[1], TOES[1]])).feet).all()
    single = film(script(PERFECT, time_s=np.zeros(1), depth=np.zeros(1)), with_masks=False)
    assert compute_segments(single.pose).feet == pytest.approx(feet_of(single))


def test_noise_is_smoothed():
    clip = clip_of(view=View(noise_px=3.0))
    error = compute_segments(clip.pose).trunk_lean_deg - clip.script.lean
    assert np.nanstd(error) < 0.6
    assert abs(np.nanmean(error)) < 0.2
