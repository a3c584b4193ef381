import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.reps import DEEP_RATIO, MIN_DEPTH_DEG, find_deep_part, find_reps, is_bottom_seen
from tests.synthetic import make_depth

PLAN = {"still_s": 2.0, "down_s": 2.0, "hold_s": 0.5, "up_s": 2.0, "between_s": 0.5}
ONE_S = 5.0


def depth_of(n_reps=3, *, depth_deg=60.0, rate_hz=30.0, tail_s=1.0, **plan):
    plan = {**PLAN, **plan}
    one_s = plan["down_s"] + plan["hold_s"] + plan["up_s"] + plan["between_s"]
    time_s = np.arange(0, plan["still_s"] + n_reps * one_s + tail_s, 1 / rate_hz)
    return depth_deg * make_depth(time_s, n_reps=n_reps, **plan), time_s


def test_reps_of_a_clean_set_are_where_the_script_puts_them():
    depth, time_s = depth_of(3)
    reps = find_reps(depth, time_s=time_s, baseline_deg=0.0)
    assert [rep.number for rep in reps] == [1, 2, 3]
    for k, rep in enumerate(reps):
        begin = 2.0 + ONE_S * k
        assert rep.start_s == pytest.approx(begin, abs=0.7)
        assert begin + 1.8 < rep.bottom_s < begin + 2.7
        assert rep.end_s == pytest.approx(begin + 4.5, abs=0.7)
        assert rep.depth_deg == pytest.approx(60.0, abs=0.5)
        assert rep.has_descent
        assert rep.has_ascent
        assert rep.start_frame < rep.bottom_frame < rep.end_frame
        assert time_s[rep.bottom_frame] == rep.bottom_s
        assert time_s[rep.end_frame - 1] == rep.end_s


def test_nothing_bends_gives_no_rep():
    depth, time_s = depth_of(3, depth_deg=MIN_DEPTH_DEG - 2)
    assert find_reps(depth, time_s=time_s, baseline_deg=0.0) == ()


def test_depth_counts_from_the_baseline():
    depth, time_s = depth_of(2)
    reps = find_reps(depth + 15.0, time_s=time_s, baseline_deg=15.0)
    assert [round(rep.depth_deg) for rep in reps] == [60, 60]


@pytest.mark.parametrize(
    ("depth", "baseline"), [(np.full(60, np.nan), 0.0), (np.zeros(60), float("nan")), (np.zeros(0), 0.0)]
)
def test_nothing_seen_gives_no_rep(depth, baseline):
    assert find_reps(depth, time_s=np.arange(len(depth)) / 30, baseline_deg=baseline) == ()


def test_pause_on_the_way_and_at_the_bottom_do_not_split():
    time_s = np.arange(0, 14, 1 / 30)
    depth = np.interp(time_s, [0, 2, 3, 5, 6, 9, 10, 11, 12, 14], [0, 0, 30, 30, 60, 60, 40, 40, 0, 0])
    reps = find_reps(depth, time_s=time_s, baseline_deg=0.0)
    assert len(reps) == 1
    assert reps[0].start_s == pytest.approx(2.2, abs=0.3)
    assert reps[0].end_s == pytest.approx(11.8, abs=0.3)


def test_a_shallow_wobble_at_the_bottom_is_one_rep_and_a_half_return_is_two():
    time_s = np.arange(0, 10, 1 / 30)
    wobble = np.interp(time_s, [0, 2, 4, 5, 6, 8, 10], [0, 0, 60, 42, 62, 0, 0])
    half = np.interp(time_s, [0, 2, 4, 5, 6, 8, 10], [0, 0, 60, 20, 62, 0, 0])
    found = find_reps(wobble, time_s=time_s, baseline_deg=0.0)
    assert len(found) == 1
    assert found[0].bottom_s == pytest.approx(6.0, abs=0.1)
    assert len(find_reps(half, time_s=time_s, baseline_deg=0.0)) == 2


def test_partial_reps_count():
    time_s = np.arange(0, 18, 1 / 30)
    depth = np.interp(time_s, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18], [0, 0, 60, 0, 25, 0, 60, 0, 0, 0])
    reps = find_reps(depth, time_s=time_s, baseline_deg=0.0)
    assert [round(rep.depth_deg, -1) for rep in reps] == [60, 20, 60]


def test_a_clip_that_starts_bent_has_no_descent():
    depth, time_s = depth_of(2, hold_s=1.0)
    begins = time_s > 4.5
    reps = find_reps(depth[begins], time_s=time_s[begins], baseline_deg=0.0)
    assert len(reps) == 2
    assert not reps[0].has_descent
    assert reps[0].has_ascent
    assert reps[1].has_descent


def test_a_clip_that_ends_bent_has_no_ascent():
    depth, time_s = depth_of(2, hold_s=1.0)
    until = time_s < 2.0 + 5.5 + 2.3
    reps = find_reps(depth[until], time_s=time_s[until], baseline_deg=0.0)
    assert len(reps) == 2
    assert reps[1].has_descent
    assert not reps[1].has_ascent


def test_a_long_gap_in_the_descent_makes_it_unseen_and_a_short_one_does_not():
    depth, time_s = depth_of(1)
    for gap_s, seen in ((0.3, True), (1.0, False)):
        holed = depth.copy()
        holed[(time_s > 2.8) & (time_s < 2.8 + gap_s)] = np.nan
        (rep,) = find_reps(holed, time_s=time_s, baseline_deg=0.0)
        assert rep.has_descent is seen
        assert rep.has_ascent


def test_the_bottom_is_never_an_unseen_frame():
    depth, time_s = depth_of(1)
    depth[(time_s > 3.9) & (time_s < 4.6)] = np.nan
    (rep,) = find_reps(depth, time_s=time_s, baseline_deg=0.0)
    assert np.isfinite(depth[rep.bottom_frame])


def test_a_rep_of_a_single_frame_has_neither_way():
    (rep,) = find_reps(np.array([50.0]), time_s=np.array([0.0]), baseline_deg=0.0)
    assert (rep.start_frame, rep.bottom_frame, rep.end_frame) == (0, 0, 1)
    assert not rep.has_descent
    assert not rep.has_ascent


def ways_s(depth, time_s, **changes):
    """Time down and up of the only rep, and its bottom."""
    (rep,) = find_reps(depth, time_s=time_s, baseline_deg=0.0, **changes)
    first, last = find_deep_part(depth, time_s=time_s, rep=rep)
    return time_s[first] - rep.start_s, rep.end_s - time_s[last], rep


#: Where half a cosine passes the edge (12 %) and reaches the deep part (95 %), of its time.
EDGE_AT, DEEP_AT = np.arccos(1 - 2 * 0.12) / np.pi, np.arccos(1 - 2 * DEEP_RATIO) / np.pi


@pytest.mark.parametrize("hold_s", [0.0, 0.5, 2.0, 6.0])
def test_a_hold_at_the_bottom_lengthens_neither_way(hold_s):
    depth, time_s = depth_of(1, hold_s=hold_s)
    down_s, up_s, rep = ways_s(depth, time_s)
    expected = 2.0 * (DEEP_AT - EDGE_AT)
    assert down_s == pytest.approx(expected, abs=0.12)
    assert up_s == pytest.approx(expected, abs=0.12)
    assert rep.end_s - rep.start_s == pytest.approx(hold_s + 4.0 * (1 - EDGE_AT), abs=0.15)


@pytest.mark.parametrize("sink_deg", [-1.0, 1.0])
def test_the_deepest_frame_may_lie_at_either_end_of_a_hold(sink_deg):
    # Three seconds at the bottom, sinking or rising by a degree: the deepest frame is at one of its ends.
    time_s = np.arange(0, 9, 1 / 30)
    depth = np.interp(time_s, [0, 1, 3, 6, 8, 9], [0, 0, 60 - sink_deg, 60, 0, 0])
    down_s, up_s, rep = ways_s(depth, time_s)
    assert rep.bottom_s == pytest.approx(6.0 if sink_deg > 0 else 3.0, abs=0.3)
    assert down_s == pytest.approx(2.0 * (0.95 - 0.12), abs=0.2)
    assert up_s == pytest.approx(2.0 * (0.95 - 0.12), abs=0.2)


def test_the_deep_part_holds_the_bottom_and_lies_in_its_rep():
    depth, time_s = depth_of(3, hold_s=1.0)
    noisy = depth + np.random.default_rng(3).normal(0, 1.0, depth.shape)
    noisy[180:185] = np.nan
    for rep in find_reps(noisy, time_s=time_s, baseline_deg=0.0):
        first, last = find_deep_part(noisy, time_s=time_s, rep=rep)
        assert rep.start_frame <= first <= rep.bottom_frame <= last < rep.end_frame
        assert time_s[last] - time_s[first] == pytest.approx(1.0 + 2 * 2.0 * (1 - DEEP_AT), abs=0.3)


def test_the_level_is_counted_from_the_baseline():
    depth, time_s = depth_of(1, hold_s=1.0)
    plain, lifted = (
        find_deep_part(d, time_s=time_s, rep=find_reps(d, time_s=time_s, baseline_deg=b)[0])
        for d, b in ((depth, 0.0), (depth + 30.0, 30.0))
    )
    assert plain == lifted


def test_the_deep_part_of_a_single_frame_is_that_frame():
    time_s = np.zeros(1)
    (rep,) = find_reps(np.array([50.0]), time_s=time_s, baseline_deg=0.0)
    assert find_deep_part(np.array([50.0]), time_s=time_s, rep=rep) == (0, 0)
    assert find_deep_part(np.array([np.nan]), time_s=time_s, rep=rep) == (0, 0)


@settings(deadline=None, max_examples=40)
@given(
    n_reps=st.integers(1, 4),
    depth_deg=st.floats(25, 100),
    rate_hz=st.sampled_from([10.0, 24.0, 30.0, 60.0]),
    hold_s=st.floats(0.0, 3.0),
    noise_deg=st.floats(0.0, 1.5),
    seed=st.integers(0, 99),
)
def test_the_number_of_reps_does_not_depend_on_rate_pause_or_noise(n_reps, depth_deg, rate_hz, hold_s, noise_deg, seed):
    depth, time_s = depth_of(n_reps, depth_deg=depth_deg, rate_hz=rate_hz, hold_s=hold_s)
    noisy = depth + np.random.default_rng(seed).normal(0, noise_deg, depth.shape)
    reps = find_reps(noisy, time_s=time_s, baseline_deg=0.0)
    assert len(reps) == n_reps
    assert all(rep.has_descent and rep.has_ascent for rep in reps)
    assert all(abs(rep.depth_deg - depth_deg) < 4 for rep in reps)


@settings(deadline=None, max_examples=30)
@given(lost=st.lists(st.integers(0, 500), max_size=120), seed=st.integers(0, 9))
def test_scattered_losses_do_not_change_the_reps(lost, seed):
    depth, time_s = depth_of(3)
    holed = depth.copy()
    rows = [k for k in lost if k < len(holed)]
    holed[rows] = np.nan
    if np.diff(time_s[np.isfinite(holed)]).max() > 0.4:
        return
    before = find_reps(depth, time_s=time_s, baseline_deg=0.0)
    after = find_reps(holed, time_s=time_s, baseline_deg=0.0)
    assert len(after) == len(before)
    for a, b in zip(after, before, strict=True):
        assert a.start_s == pytest.approx(b.start_s, abs=0.5)
        assert a.depth_deg == pytest.approx(b.depth_deg, abs=1.5)


@settings(deadline=None, max_examples=20)
@given(shift_s=st.floats(-50, 1000))
def test_shifting_time_shifts_the_reps(shift_s):
    depth, time_s = depth_of(2, hold_s=0.0)
    plain = find_reps(depth, time_s=time_s, baseline_deg=0.0)
    later = find_reps(depth, time_s=time_s + shift_s, baseline_deg=0.0)
    for a, b in zip(later, plain, strict=True):
        assert abs(a.start_frame - b.start_frame) <= 1
        assert abs(a.bottom_frame - b.bottom_frame) <= 1
        assert abs(a.end_frame - b.end_frame) <= 1


class TestBottomSeen:
    """A bend that is cut off on its way has no bottom; one that is held to the end has."""

    def cut(self, *, keep, n_reps=1, noise_deg=0.0):
        depth, time_s = depth_of(n_reps, depth_deg=60.0)
        depth = depth + np.random.default_rng(1).normal(0.0, noise_deg, depth.size)
        rows = keep(depth, time_s)
        depth, time_s = depth[rows], time_s[rows]
        reps = find_reps(depth, time_s=time_s, baseline_deg=0.0)
        return [is_bottom_seen(depth, time_s=time_s, rep=rep) for rep in reps]

    @pytest.mark.parametrize("noise_deg", [0.0, 1.0])
    @pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
    def test_a_film_that_ends_on_the_way_down(self, share, noise_deg):
        assert self.cut(keep=lambda d, t: t <= t[np.flatnonzero(d > share * 60.0)[0]], noise_deg=noise_deg) == [False]

    @pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
    def test_a_film_that_begins_on_the_way_up(self, share):
        assert self.cut(keep=lambda d, t: t >= t[np.flatnonzero(d > share * 60.0)[-1]]) == [False]

    def test_whole_reps(self):
        assert self.cut(keep=lambda d, t: t >= 0, n_reps=3, noise_deg=1.0) == [True] * 3

    @pytest.mark.parametrize("down_s", [0.8, 1.2, 2.0])
    @pytest.mark.parametrize("hold_s", [0.0, 0.1])
    def test_a_fast_bend_that_is_filmed_to_its_bottom(self, down_s, hold_s):
        time_s = np.arange(0.0, 1.0 + down_s + hold_s, 1 / 30)
        way = np.clip((time_s - 1.0) / down_s, 0.0, 1.0)
        depth = 37.5 * (1 - np.cos(np.pi * way))
        (rep,) = find_reps(depth, time_s=time_s, baseline_deg=0.0)
        assert is_bottom_seen(depth, time_s=time_s, rep=rep)
        half = depth < 40.0
        (rep,) = find_reps(depth[half], time_s=time_s[half], baseline_deg=0.0)
        assert not is_bottom_seen(depth[half], time_s=time_s[half], rep=rep)

    def test_a_hold_to_the_end_is_a_bottom(self):
        time_s = np.arange(0.0, 6.0, 1 / 30)
        depth = np.clip((time_s - 1.0) * 30.0, 0.0, 60.0)
        rep = find_reps(depth, time_s=time_s, baseline_deg=0.0)[0]
        assert is_bottom_seen(depth, time_s=time_s, rep=rep)
        assert not rep.has_ascent

    def test_who_leaves_the_picture_on_the_way_down(self):
        depth, time_s = depth_of(2, depth_deg=60.0)
        first = np.flatnonzero(depth > 35.0)[0]
        depth[first : first + 60] = np.nan
        reps = find_reps(depth, time_s=time_s, baseline_deg=0.0)
        seen = [is_bottom_seen(depth, time_s=time_s, rep=rep) for rep in reps]
        assert seen[-1]
        assert not seen[0]

    def test_too_few_pictures_to_tell_are_no_reason(self):
        time_s = np.array([0.0, 0.5, 1.0])
        depth = np.array([0.0, 20.0, 60.0])
        rep = find_reps(depth, time_s=time_s, baseline_deg=0.0)[0]
        assert is_bottom_seen(depth, time_s=time_s, rep=rep)
