"""Bends told as they happen are those that ``find_reps`` tells afterwards."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.live.bends import BendWatch, find_finished
from hiphinge.reps import MIN_DEPTH_DEG, find_reps


def bends(*depths, rate_hz=20.0, down_s=2.0, hold_s=0.6, up_s=1.6, rest_s=1.0, floor=0.0):
    """A signal of cosine bends one after the other, with a stand before and after."""
    parts = [np.full(int(2.0 * rate_hz), floor)]
    for depth in depths:
        down = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, int(down_s * rate_hz) + 1) / int(down_s * rate_hz))
        up = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, int(up_s * rate_hz) + 1) / int(up_s * rate_hz))
        parts += [floor + (depth - floor) * down, np.full(int(hold_s * rate_hz), depth), floor + (depth - floor) * up]
        parts.append(np.full(int(rest_s * rate_hz), floor))
    signal = np.concatenate([*parts, np.full(int(3.0 * rate_hz), floor)])
    return signal, np.arange(len(signal)) / rate_hz


def live(signal, time_s, *, baseline=0.0, least=MIN_DEPTH_DEG):
    """The reps that are told while the signal comes."""
    watch, since, reps = BendWatch(least), 0, []
    for k, value in enumerate(signal):
        if watch.add(value - baseline, time_s[k]):
            reps += find_finished(
                signal[: k + 1], time_s=time_s[: k + 1], since=since, entered_s=watch.entered_s,
                baseline_deg=baseline, min_depth_deg=least,
            )  # fmt: skip
            since = int(np.searchsorted(time_s, watch.low_s))
    return reps


def agree(signal, time_s, *, baseline=0.0, least=MIN_DEPTH_DEG, frames=4):
    offline = find_reps(signal, time_s=time_s, baseline_deg=baseline, min_depth_deg=least)
    told = live(signal, time_s, baseline=baseline, least=least)
    assert len(told) == len(offline)
    for one, other in zip(told, offline, strict=True):
        assert abs(one.bottom_frame - other.bottom_frame) <= frames
        assert abs(one.start_frame - other.start_frame) <= frames
        assert abs(one.end_frame - other.end_frame) <= frames
        assert one.depth_deg == pytest.approx(other.depth_deg, abs=1.0)
        assert (one.has_descent, one.has_ascent) == (other.has_descent, other.has_ascent)
    return told


@pytest.mark.parametrize(
    ("depths", "changes"),
    [
        ((60, 60, 60), {}),
        ((60, 30, 65, 25), {}),  # partial reps count
        ((60, 15, 60), {}),  # too small is none
        ((60, 62), {"hold_s": 6.0}),  # a pause at the bottom is one rep
        ((70, 70, 70), {"down_s": 0.5, "up_s": 0.5, "hold_s": 0.1, "rest_s": 0.2, "rate_hz": 30.0}),
        ((60, 60), {"down_s": 6.0, "up_s": 4.0}),
        ((55, 55), {"rate_hz": 8.0}),
        ((65, 65, 65), {"floor": 6.0}),
        ((60, 60), {"rest_s": 15.0}),
    ],
)
def test_the_same_bends(depths, changes):
    signal, time_s = bends(*depths, **changes)
    told = agree(signal, time_s, baseline=changes.get("floor", 0.0))
    assert len(told) == sum(one >= MIN_DEPTH_DEG for one in depths)


def test_coming_up_by_half_and_down_again_is_two():
    down, _ = bends(60, rate_hz=20.0)
    bottom = int(np.argmax(down))
    wave = 60 - 22 * (1 - np.cos(np.linspace(0, 2 * np.pi, 60)))  # up to 16 and down again
    signal = np.concatenate([down[:bottom], wave, down[bottom:]])
    assert len(agree(signal, np.arange(len(signal)) / 20.0)) == 2


def test_coming_up_by_less_is_one():
    down, _ = bends(60, rate_hz=20.0)
    bottom = int(np.argmax(down))
    wave = 60 - 10 * (1 - np.cos(np.linspace(0, 2 * np.pi, 60)))
    signal = np.concatenate([down[:bottom], wave, down[bottom:]])
    assert len(agree(signal, np.arange(len(signal)) / 20.0)) == 1


def test_a_pelvic_tilt_is_a_small_bend():
    signal, time_s = bends(8, 9, 7)
    assert len(agree(signal, time_s, least=4.0)) == 3


def test_unseen_frames_change_nothing():
    signal, time_s = bends(60, 60)
    gappy = signal.copy()
    gappy[::5] = np.nan
    assert len(agree(gappy, time_s)) == 2


def test_a_bend_that_is_forgotten_is_not_told():
    watch = BendWatch(20.0)
    assert not any(watch.add(value, k / 20) for k, value in enumerate((0.0, 30.0, 60.0)))
    watch.forget()
    assert not any(watch.add(value, 1 + k / 20) for k, value in enumerate(np.linspace(15.0, 0.0, 60)))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(26.0, 85.0), min_size=1, max_size=5),
    st.floats(0.8, 3.0),
    st.floats(0.0, 2.5),
    st.floats(0.4, 2.0),
    st.integers(0, 2**31),
)
def test_the_same_number_whatever_the_pace_and_the_noise(depths, down_s, hold_s, rest_s, seed):
    signal, time_s = bends(*depths, down_s=down_s, up_s=down_s, hold_s=hold_s, rest_s=rest_s)
    noisy = signal + np.random.default_rng(seed).normal(0, 0.4, signal.shape)
    offline = find_reps(noisy, time_s=time_s, baseline_deg=0.0)
    assert len(live(noisy, time_s)) == len(offline) == len(depths)
