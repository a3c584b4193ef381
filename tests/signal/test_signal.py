import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.signal import despike, find_peaks, find_runs, median_step_s, nan_median_near, smooth, wrap_deg

TIMES = np.arange(0.0, 4.0, 1 / 30)


def test_median_step_of_uneven_times_is_the_usual_step():
    assert median_step_s(np.array([0.0, 0.1, 0.2, 0.9])) == pytest.approx(0.1)


@pytest.mark.parametrize("times", [np.zeros(0), np.zeros(1)])
def test_median_step_of_too_few_samples_is_nan(times):
    assert np.isnan(median_step_s(times))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=60), st.integers(0, 8), st.integers(0, 8))
def test_peaks_are_those_of_scipy(levels, height, prominence):
    from scipy.signal import find_peaks as of_scipy

    values = np.array(levels, dtype=np.float64)
    expected, _ = of_scipy(values, height=height, prominence=prominence)
    np.testing.assert_array_equal(find_peaks(values, min_height=height, min_prominence=prominence), expected)


def test_smooth_keeps_a_constant_and_a_slow_bend():
    assert smooth(np.full(TIMES.shape, 7.0), time_s=TIMES) == pytest.approx(np.full(TIMES.shape, 7.0))
    slow = 60 * np.sin(2 * np.pi * 0.2 * TIMES)
    inner = slice(10, -10)
    assert smooth(slow, time_s=TIMES)[inner] == pytest.approx(slow[inner], abs=0.2)


def test_smooth_has_no_delay():
    step = np.where(TIMES > 2, 1.0, 0.0)
    smoothed = smooth(step, time_s=TIMES, sigma_s=0.1)
    crossing = np.interp(0.5, smoothed, TIMES)
    assert crossing == pytest.approx(2.0, abs=0.02)


def test_smooth_lowers_noise():
    noise = np.random.default_rng(0).normal(0, 1, TIMES.shape)
    assert smooth(noise, time_s=TIMES).std() < 0.6 * noise.std()


def test_smooth_needs_no_constant_rate():
    times = np.sort(np.random.default_rng(3).uniform(0, 4, 150))
    line = 5 * times
    assert smooth(line, time_s=times)[10:-10] == pytest.approx(line[10:-10], abs=0.25)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_smooth_leaves_very_short_clips_alone(n):
    values = np.arange(float(n))
    result = smooth(values, time_s=np.arange(float(n)))
    assert result == pytest.approx(values)
    assert result is not values


@settings(deadline=None, max_examples=40)
@given(
    gaps=st.lists(st.booleans(), min_size=8, max_size=60),
    columns=st.integers(1, 3),
    rate=st.sampled_from([5.0, 15.0, 30.0, 120.0]),
)
def test_smooth_neither_grows_nor_shrinks_a_gap(gaps, columns, rate):
    values = np.random.default_rng(len(gaps)).normal(0, 10, (len(gaps), columns))
    values[np.array(gaps)] = np.nan
    result = smooth(values, time_s=np.arange(len(gaps)) / rate)
    assert np.array_equal(np.isnan(result), np.isnan(values))
    seen = np.isfinite(values)
    if seen.any():
        assert np.nanmin(result) >= np.nanmin(values) - 1e-9
        assert np.nanmax(result) <= np.nanmax(values) + 1e-9


@settings(deadline=None, max_examples=20)
@given(shift=st.floats(-100, 100), scale=st.floats(-5, 5))
def test_smooth_is_linear(shift, scale):
    values = np.sin(3 * TIMES)
    assert smooth(scale * values + shift, time_s=TIMES) == pytest.approx(
        scale * smooth(values, time_s=TIMES) + shift, abs=1e-6
    )


def test_despike_removes_one_jump_in_all_columns_and_nothing_else():
    values = np.stack([TIMES, 2 * TIMES], axis=1)
    values[50, 1] += 9.0
    cleaned = despike(values, limit=1.0)
    assert np.isnan(cleaned[50]).all()
    assert np.isnan(cleaned).sum() == 2


def test_despike_takes_each_point_by_itself():
    values = np.stack([np.stack([TIMES, 2 * TIMES], axis=1)] * 3, axis=1)
    values[50, 1, 0] += 9.0
    cleaned = despike(values, limit=1.0)
    for point in range(3):
        assert np.array_equal(cleaned[:, point], despike(values[:, point], limit=1.0), equal_nan=True)
    assert np.isnan(cleaned[50, 1]).all()
    assert np.isnan(cleaned).sum() == 2


def test_despike_keeps_a_real_step_and_gaps():
    values = np.where(TIMES > 2, 10.0, 0.0)
    values[20:25] = np.nan
    assert np.array_equal(despike(values, limit=1.0), values, equal_nan=True)


def test_despike_leaves_short_clips_alone():
    values = np.array([0.0, 99.0, 0.0])
    assert np.array_equal(despike(values, limit=1.0), values)


def test_nan_median_near_takes_what_was_seen():
    values = np.array([1.0, np.nan, 3.0, np.nan, 100.0])
    assert nan_median_near(values, row=1, reach=1) == 2.0
    assert nan_median_near(values, row=0, reach=0) == 1.0
    assert np.isnan(nan_median_near(values, row=3, reach=0))


def test_find_runs_are_half_open():
    assert find_runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert find_runs(np.zeros(3, dtype=bool)) == []
    assert find_runs(np.zeros(0, dtype=bool)) == []


@pytest.mark.parametrize(
    ("angle", "wrapped"), [(0, 0), (180, 180), (-180, 180), (190, -170), (-190, 170), (720, 0), (540, 180)]
)
def test_wrap_deg(angle, wrapped):
    assert wrap_deg(np.array([float(angle)]))[0] == pytest.approx(wrapped)
