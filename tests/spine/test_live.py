"""The causal form: what it shares with the whole-clip form, and what it may not know."""

from dataclasses import fields, replace

import numpy as np
import pytest

from hiphinge.model import PoseTrack
from hiphinge.sagittal import compute_segments, compute_yaw_deg, find_standing
from hiphinge.signal import SMOOTHING_S
from hiphinge.spine import LiveSpine, NetworkEstimator, SpineInput
from hiphinge.spine.live import PAUSE_S, SPIKE_FRAMES, _Pool, _smooth, read_together
from hiphinge.validation.films import take_frames
from tests.synthetic import PERFECT, ROUNDED, View, analyse_clip, film, script

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


def smooth(values, times):
    """Samples ``(n, k)`` smoothed as those of one reader."""
    rows = np.arange(len(times))
    return _smooth(_Pool(np.asarray(times), np.empty((0, 7, 2)), np.asarray(values), rows, rows, 0 * rows, rows + 1))


class TestSmoothing:
    def test_a_steady_climb_lags_by_the_mean_age_of_the_kernel(self):
        times = np.arange(40) / 30
        read = smooth(times[:, None], times)[-1, 0]
        age = np.arange(5) / 30  # up to three standard deviations
        weight = np.exp(-0.5 * (age / SMOOTHING_S) ** 2)
        assert times[-1] - read == pytest.approx((weight * age).sum() / weight.sum(), abs=1e-9)
        assert times[-1] - read == pytest.approx(0.030, abs=0.001)

    def test_noise_is_calmed(self):
        noise = np.random.default_rng(0).normal(size=(200, 10))
        assert np.std(smooth(noise, np.arange(200) / 30)) < 0.75

    def test_what_lies_further_back_than_the_kernel_counts_for_nothing(self):
        assert smooth([[100.0], [1.0]], [0.0, 3.1 * SMOOTHING_S])[1, 0] == 1.0

    def test_a_gap_stays_a_gap(self):
        read = smooth([[1.0, 1.0], [np.nan, 2.0], [3.0, 2.0]], [0.0, 0.03, 0.06])
        assert np.isnan(read[1, 0])
        assert read[2, 0] < 3.0


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


class TestTogether:
    """Several people are read together to the last bit as each alone."""

    OTHER = film(script(PERFECT, n_reps=1, rate_hz=20.0, still_s=1.5), view=View(noise_px=1.0, yaw_deg=10.0))
    CLIPS = (CLIP, OTHER)
    PROFILES = (INPUT.profile, OTHER.profile)

    def tables(self, angles):
        return np.array([(t.value_deg, t.lo_deg, t.hi_deg) for t in (getattr(angles, name) for name in NAMES)])

    def alone(self, which, n):
        live, read = LiveSpine(), []
        for k in range(n):
            if which == 0 and k == BEGIN:
                assert live.count_from(make_stand())
            one = slice(k, k + 1)
            read.append(self.tables(live.read(take_frames(self.CLIPS[which].pose, one), take_frames(
                self.PROFILES[which], one))))  # fmt: skip
        return np.concatenate(read, axis=2)

    def together(self, n, *, chunks):
        """Frames of both, so many of each at a time, one after the other or turn by turn."""
        live, read, done = (LiveSpine(), LiveSpine()), ([], []), [0, 0]
        for size, turns in chunks:
            if done[0] == BEGIN:
                assert live[0].count_from(make_stand())
            jobs = [(who, done[who] + k) for k in range(size) for who in (0, 1)]
            jobs = jobs if turns else sorted(jobs)
            pose = [take_frames(self.CLIPS[who].pose, slice(k, k + 1)) for who, k in jobs]
            profile = [take_frames(self.PROFILES[who], slice(k, k + 1)) for who, k in jobs]
            angles = read_together([live[who] for who, _ in jobs], join(pose), join(profile))
            table = self.tables(angles)
            for column, (who, _) in enumerate(jobs):
                read[who].append(table[:, :, column])
            done = [count + size for count in done]
        assert done == [n, n]
        return [np.stack(one, axis=2) for one in read]

    @pytest.mark.parametrize("size", [1, 3, 32])
    def test_alone_and_together_are_the_same(self, size):
        n = BEGIN + 70
        after = [min(size, n - k) for k in range(BEGIN, n, size)]
        before = [min(size, BEGIN - k) for k in range(0, BEGIN, size)]
        got = self.together(n, chunks=[(one, k % 2 == 0) for k, one in enumerate((*before, *after))])
        for who in (0, 1):
            np.testing.assert_array_equal(got[who], self.alone(who, n))

    def test_nobody_is_read_from_nothing(self):
        nothing = take_frames(CLIP.pose, slice(0, 0)), take_frames(INPUT.profile, slice(0, 0))
        assert read_together([], *nothing).lumbar_flexion.value_deg.shape == (0,)

    def test_a_frame_out_of_order_is_refused_before_anything_is_read(self):
        live, other = LiveSpine(), LiveSpine()
        pose, profile = take_frames(CLIP.pose, slice(0, 3)), take_frames(INPUT.profile, slice(0, 3))
        with pytest.raises(ValueError, match="not later"):
            read_together([live, other, live], replace(pose, time_s=np.array([1.0, 2.0, 1.0])), profile)
        read_together([live, other, live], replace(pose, time_s=np.array([0.0, 0.0, 0.1])), profile)

    def test_every_frame_has_a_reader(self):
        with pytest.raises(ValueError, match="1 readers for 3 poses"):
            read_together([LiveSpine()], take_frames(CLIP.pose, slice(0, 3)), take_frames(INPUT.profile, slice(0, 3)))


def join(tracks):
    """One track of many."""
    first = tracks[0]
    held = {f.name: getattr(first, f.name) for f in fields(first)}
    arrays = [name for name, v in held.items() if isinstance(v, np.ndarray) and name != "station_ratio"]
    return replace(first, **{name: np.concatenate([getattr(one, name) for one in tracks]) for name in arrays})


def test_the_interval_of_a_lean_holds_what_its_smoothing_hides():
    lean = NAMES.index("trunk_lean")
    read, k = read_live()[:, lean], CLIP.pose.time_s
    speed = np.abs(np.gradient(read[:, 0], k))
    half = (read[:, 2] - read[:, 1]) / 2
    still, fast = speed < 1.0, speed > 0.9 * np.nanmax(speed)
    assert np.median(half[fast]) - np.median(half[still & (k > k[BEGIN])]) == pytest.approx(
        0.03 * np.median(speed[fast]), rel=0.5
    )
