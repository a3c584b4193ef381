"""The causal form: what it shares with the whole-clip form, and what it may not know."""

from dataclasses import replace

import numpy as np
import pytest

from hiphinge.model import PoseTrack
from hiphinge.sagittal import compute_segments, compute_yaw_deg, find_standing
from hiphinge.signal import SMOOTHING_S
from hiphinge.spine import LiveSpine, NetworkEstimator, SpineInput
from hiphinge.spine.live import PAUSE_S, SPIKE_FRAMES, _Trail
from hiphinge.validation.films import take_frames
from tests.synthetic import ROUNDED, analyse_clip, film, script

RATE_HZ = 20.0
CLIP = film(script(ROUNDED, n_reps=1, rate_hz=RATE_HZ))
INPUT = analyse_clip(CLIP).spine_input
N = CLIP.pose.n_frames
NAMES = ("pelvis_tilt", "lumbar_flexion", "thoracic_flexion", "hip_flexion", "knee_flexion", "trunk_lean")
LUMBAR = NAMES.index("lumbar_flexion")
#: The stand is over when this frame comes.
BEGIN = int(np.flatnonzero(INPUT.standing.rows)[-1]) + 1


def make_stand(pose=CLIP.pose, profile=INPUT.profile, rows=slice(0, BEGIN)) -> SpineInput:
    """The frames of the stand, and no later ones."""
    own = take_frames(pose, rows)
    segments = compute_segments(own)
    standing = find_standing(segments, still_s=(float(own.time_s[0]), float(own.time_s[-1])))
    return SpineInput(take_frames(profile, rows), segments, standing, compute_yaw_deg(own))


def read_live(pose=CLIP.pose, profile=INPUT.profile, *, stand=True, frames=range(N)):
    """Angles ``(frames, len(NAMES), 3)``, fed one by one; the stand counts once it is over."""
    live, read = LiveSpine(), []
    for k in frames:
        if stand and k == BEGIN:
            assert live.count_from(make_stand(pose, profile))
        read.append(live.read(take_frames(pose, slice(k, k + 1)), take_frames(profile, slice(k, k + 1))))
    tracks = [[getattr(angles, name) for name in NAMES] for angles in read]
    return np.array([[(t.value_deg[0], t.lo_deg[0], t.hi_deg[0]) for t in row] for row in tracks])


def read_whole(spine_input=INPUT):
    angles = NetworkEstimator().estimate(spine_input)
    tracks = [getattr(angles, name) for name in NAMES]
    return np.stack([np.stack([t.value_deg, t.lo_deg, t.hi_deg], axis=1) for t in tracks], axis=1)


def blank(values, rows):
    values = values.copy()
    values[rows] = np.nan
    return values


def turned(pose: PoseTrack, yaw_deg, seed=None) -> PoseTrack:
    """World points of a person turned so far (before gain and offset of the yaw), with noise by ``seed``."""
    angle = np.radians(np.broadcast_to(yaw_deg, pose.n_frames).astype(float))
    if seed is not None:
        angle = angle + np.random.default_rng(seed).normal(0, np.radians(3), pose.n_frames)
    world = pose.world_m.copy()
    world[:, 23, 0], world[:, 23, 2] = 0.1 * np.sin(angle), 0.1 * np.cos(angle)
    world[:, 24, 0], world[:, 24, 2] = -0.1 * np.sin(angle), -0.1 * np.cos(angle)
    return replace(pose, world_m=world)


class TestTrail:
    def test_a_steady_climb_lags_by_the_mean_age_of_the_kernel(self):
        trail, times = _Trail(), np.arange(40) / 30
        read = [trail.smooth(np.array([t]), t)[0] for t in times]
        age = np.arange(5) / 30  # up to three standard deviations
        weight = np.exp(-0.5 * (age / SMOOTHING_S) ** 2)
        assert times[-1] - read[-1] == pytest.approx((weight * age).sum() / weight.sum(), abs=1e-9)
        assert times[-1] - read[-1] == pytest.approx(0.030, abs=0.001)

    def test_noise_is_calmed(self):
        noise, trail = np.random.default_rng(0).normal(size=2000), _Trail()
        read = [trail.smooth(np.array([v]), k / 30)[0] for k, v in enumerate(noise)]
        assert np.std(read) < 0.75

    def test_what_lies_further_back_than_the_kernel_counts_for_nothing(self):
        trail = _Trail()
        trail.smooth(np.array([100.0]), 0.0)
        assert trail.smooth(np.array([1.0]), 3.1 * SMOOTHING_S)[0] == 1.0

    def test_a_gap_stays_a_gap(self):
        trail = _Trail()
        trail.smooth(np.array([1.0, 1.0]), 0.0)
        assert np.isnan(trail.smooth(np.array([np.nan, 2.0]), 0.03)[0])
        assert trail.smooth(np.array([3.0, 2.0]), 0.06)[0] < 3.0


def test_it_agrees_with_the_whole_clip_but_for_the_lag_of_its_filter():
    live, whole = read_live()[BEGIN:, :, 0], read_whole()[BEGIN:, :, 0]
    assert (np.isfinite(live) == np.isfinite(whole)).mean() > 0.98
    apart = np.abs(live - whole)
    assert np.nanmedian(apart) < 0.5
    # What the fastest frame turns in twice the lag, and one degree for the networks.
    fastest = np.nanmax(np.abs(np.gradient(whole, CLIP.pose.time_s[BEGIN:], axis=0)), axis=0)
    assert (np.nanmax(apart, axis=0) <= 0.06 * fastest + 1.0).all()


def test_a_yaw_that_wanders_as_it_does_on_real_people_changes_nothing_else():
    # The yaw of a clip is one number, so its change from the stand is always 0: the networks know no other.
    pose = turned(CLIP.pose, 8.0, seed=1)
    whole = replace(INPUT, yaw_deg=compute_yaw_deg(pose))
    live, offline = read_live(pose)[BEGIN:], read_whole(whole)[BEGIN:]
    calm = np.flatnonzero(np.abs(np.gradient(offline[:, LUMBAR, 0])) < 0.2)
    apart = np.abs(live[calm, :, 0] - offline[calm, :, 0])
    assert np.median(apart, axis=0).max() < 0.05
    assert apart.max() < 1.0
    width = live[calm, LUMBAR, 2] - live[calm, LUMBAR, 1]
    assert width / (offline[calm, LUMBAR, 2] - offline[calm, LUMBAR, 1]) == pytest.approx(1.0, abs=0.1)


def test_a_person_who_turns_gets_the_wider_intervals():
    straight, away = (read_live(turned(CLIP.pose, yaw))[-1, LUMBAR] for yaw in (12.0, 40.0))
    assert away[2] - away[1] > 1.1 * (straight[2] - straight[1])


def test_before_and_without_a_stand_it_answers_with_wider_intervals():
    bare, own = read_live(stand=False), read_live()
    assert bare[:BEGIN] == pytest.approx(own[:BEGIN], nan_ok=True)
    assert np.isfinite(bare[BEGIN:, LUMBAR, 0]).all()
    width = [np.nanmean(read[BEGIN:, LUMBAR, 2] - read[BEGIN:, LUMBAR, 1]) for read in (bare, own)]
    assert width[0] > width[1]


def test_a_stand_that_hides_the_back_is_no_stand():
    unseen = replace(INPUT.profile, dorsal_ratio=blank(INPUT.profile.dorsal_ratio, slice(0, BEGIN)))
    live = LiveSpine()
    assert not live.count_from(make_stand(profile=unseen))
    k = slice(N - 1, N)
    told = live.read(take_frames(CLIP.pose, k), take_frames(INPUT.profile, k)).lumbar_flexion
    alone = LiveSpine().read(take_frames(CLIP.pose, k), take_frames(INPUT.profile, k)).lumbar_flexion
    assert told.value_deg == pytest.approx(alone.value_deg)


def test_places_count_in_the_trunk_of_the_stand():
    # Somebody who comes nearer after the stand: other places against the same trunk.
    nearer = CLIP.pose.keypoints_px.copy()
    nearer[BEGIN:] *= 1.3
    moved = read_live(replace(CLIP.pose, keypoints_px=nearer), frames=range(BEGIN + 10))[-1, :, 0]
    assert np.abs(moved - read_live(frames=range(BEGIN + 10))[-1, :, 0]).max() > 1.0


def test_a_hidden_low_back_is_not_guessed():
    hidden = INPUT.profile.hidden.copy()
    low = (INPUT.profile.station_ratio >= -0.1) & (INPUT.profile.station_ratio <= 0.65)
    hidden[BEGIN + 5 :, low] = True
    read = read_live(profile=replace(INPUT.profile, hidden=hidden), frames=range(BEGIN + 8))
    assert np.isfinite(read[BEGIN + 4, LUMBAR]).all()
    assert np.isnan(read[BEGIN + 5 :, LUMBAR]).all()


def test_a_frame_without_a_person_is_not_told_and_the_next_one_is():
    gone = blank(CLIP.pose.keypoints_px, BEGIN + 3)
    nobody = replace(INPUT.profile, dorsal_ratio=blank(INPUT.profile.dorsal_ratio, BEGIN + 3))
    read = read_live(replace(CLIP.pose, keypoints_px=gone), nobody, frames=range(BEGIN + 6))
    assert np.isnan(read[BEGIN + 3]).all()
    assert np.isfinite(read[BEGIN + 4, LUMBAR]).all()


class TestJumps:
    def test_a_joint_that_jumps_for_one_frame_is_not_believed(self):
        jumped = CLIP.pose.keypoints_px.copy()
        k = BEGIN + SPIKE_FRAMES
        jumped[k, [23, 24]] += 400.0
        read = read_live(replace(CLIP.pose, keypoints_px=jumped), frames=range(k + 4))
        assert np.isnan(read[k, LUMBAR]).all()
        assert read[k + 3, LUMBAR] == pytest.approx(read_live(frames=range(k + 4))[k + 3, LUMBAR], abs=0.2)

    def test_a_fast_bend_at_ten_frames_a_second_is_no_jump(self):
        clip = film(script(ROUNDED, n_reps=1, rate_hz=10.0, down_s=0.5))
        profile = analyse_clip(clip).spine_input.profile
        read = read_live(clip.pose, profile, stand=False, frames=range(clip.pose.n_frames))
        assert np.isfinite(read[:, NAMES.index("trunk_lean")]).all()

    def test_after_a_pause_the_old_places_do_not_count(self):
        late = replace(CLIP.pose, time_s=CLIP.pose.time_s + np.where(np.arange(N) >= BEGIN + 6, 2 * PAUSE_S, 0.0))
        moved = CLIP.pose.keypoints_px.copy()
        moved[BEGIN + 6 :] += 300.0
        read = read_live(replace(late, keypoints_px=moved), frames=range(BEGIN + 8))
        assert np.isfinite(read[BEGIN + 6 :, LUMBAR]).all()


@pytest.mark.parametrize("time_s", [CLIP.pose.time_s[3], 0.0, np.nan])
def test_frames_out_of_order_are_refused(time_s):
    live = LiveSpine()
    live.read(take_frames(CLIP.pose, slice(3, 4)), take_frames(INPUT.profile, slice(3, 4)))
    again = replace(take_frames(CLIP.pose, slice(4, 5)), time_s=np.array([time_s]))
    with pytest.raises(ValueError, match="not later than the one before"):
        live.read(again, take_frames(INPUT.profile, slice(4, 5)))


def test_several_frames_at_once_are_refused():
    with pytest.raises(ValueError, match="2 frames were given"):
        LiveSpine().read(take_frames(CLIP.pose, slice(0, 2)), take_frames(INPUT.profile, slice(0, 2)))
