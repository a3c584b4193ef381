"""The statistics: compared with ``poseaudit``, with plain loops, and on cases whose answer is known."""

import numpy as np
import pytest

from hiphinge.validation.agreement import Readings, _percentile, compute_figures, join_readings


def make_readings(*, people=12, each=(3, 9), seed=1, bias=1.5, untold=0.0):
    rng = np.random.default_rng(seed)
    counts = rng.integers(*each, size=people)
    person = np.repeat([f"p{k:02d}" for k in range(people)], counts)
    own = np.repeat(rng.normal(0, 2.0, people), counts)
    truth = rng.uniform(-5, 60, len(person))
    value = truth + bias + own + rng.normal(0, 3.0, len(person))
    value[rng.random(len(person)) < untold] = np.nan
    return Readings(person, truth, value, value - 5, value + 5, {"k": np.arange(len(person))})


def test_figures_of_a_case_worked_by_hand():
    readings = Readings(
        np.array(["a", "a", "b", "b"]),
        np.array([0.0, 10.0, 20.0, 30.0]),
        np.array([2.0, 9.0, 35.0, np.nan]),
        np.array([-1.0, 8.0, 30.0, np.nan]),
        np.array([5.0, 10.0, 40.0, np.nan]),
        {},
    )
    found = compute_figures(readings, draws=0)
    assert (found["n"], found["people"], found["told_pct"], found["cannot_tell_pct"]) == (4, 2, 75.0, 25.0)
    assert found["bias"] == pytest.approx(16 / 3, abs=1e-3)
    assert found["mae"] == pytest.approx(6.0)
    assert found["rmse"] == pytest.approx(np.sqrt((4 + 1 + 225) / 3), abs=1e-3)
    assert found["p95"] == pytest.approx(np.percentile([1, 2, 15], 95), abs=1e-3)
    assert found["large_pct"] == pytest.approx(100 / 3, abs=1e-3)
    assert found["coverage_pct"] == pytest.approx(200 / 3, abs=1e-3)
    assert found["half_width"] == pytest.approx((3 + 1 + 5) / 3, abs=1e-3)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("each", [(3, 9), (1, 2)])
def test_same_as_poseaudit(seed, each):
    agreement = pytest.importorskip("poseaudit.agreement")
    readings = make_readings(seed=seed, each=each)
    error = readings.value - readings.truth
    found = compute_figures(readings, draws=0)
    assert found["icc"] == pytest.approx(agreement.icc_a1(readings.truth, readings.value), abs=6e-4)
    low, high = agreement.repeated_limits(error, readings.person)
    assert (found["loa_low"], found["loa_high"]) == pytest.approx((low, high), abs=6e-4)


def test_limits_are_the_plain_ones_where_each_person_has_one_reading():
    readings = make_readings(each=(1, 2), people=30)
    error = readings.value - readings.truth
    found = compute_figures(readings, draws=0)
    assert found["loa_high"] == pytest.approx(error.mean() + 1.959964 * error.std(ddof=1), abs=1e-3)


def test_bootstrap_is_that_of_a_plain_loop():
    readings = make_readings(untold=0.1)
    names = np.unique(readings.person)
    drawn = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), size=300)
    mae, p95, coverage = [], [], []
    for counts in drawn:
        rows = np.concatenate(
            [np.tile(np.flatnonzero(readings.person == name), c) for name, c in zip(names, counts, strict=True)]
        ).astype(int)
        error = np.abs(readings.value - readings.truth)[rows]
        error = error[np.isfinite(error)]
        mae.append(error.mean())
        p95.append(np.percentile(error, 95))
        coverage.append(100 * (error <= 5).mean())
    found = compute_figures(readings, draws=300)
    assert found["mae_interval"] == pytest.approx(np.percentile(mae, (2.5, 97.5)), abs=1e-3)
    assert found["p95_interval"] == pytest.approx(np.percentile(p95, (2.5, 97.5)), abs=1e-3)
    assert found["coverage_pct_interval"] == pytest.approx(np.percentile(coverage, (2.5, 97.5)), abs=1e-3)


def test_interval_holds_the_mean_absolute_error_and_shrinks_with_people():
    few, many = (compute_figures(make_readings(people=n)) for n in (8, 200))
    for found in (few, many):
        low, high = found["mae_interval"]
        assert low < found["mae"] < high
    assert np.ptp(many["mae_interval"]) < 0.7 * np.ptp(few["mae_interval"])


def test_weighted_percentile_counts_people_as_often_as_drawn():
    values = np.array([1.0, 2.0, 4.0, 8.0])
    times = np.array([[1, 0, 3, 2], [0, 0, 0, 0]])
    got = _percentile(values, times, 0.95)
    assert got[0] == pytest.approx(np.percentile([1, 4, 4, 4, 8, 8], 95))
    assert np.isnan(got[1])


def test_nothing_read_is_told_as_such():
    readings = make_readings(untold=1.1)
    found = compute_figures(readings)
    assert found["told_pct"] == 0.0
    assert found["mae"] is None
    assert "mae_interval" not in found


def test_no_pictures_and_one_person_have_no_interval():
    assert compute_figures(join_readings([])) == {"n": 0, "people": 0}
    found = compute_figures(make_readings(people=1))
    assert found["mae"] > 0
    assert "mae_interval" not in found


def test_joined_readings_keep_order_and_columns():
    a, b = make_readings(seed=1), make_readings(seed=2)
    joined = join_readings([a, b])
    assert len(joined.truth) == len(a.truth) + len(b.truth)
    assert joined.columns["k"][-1] == b.columns["k"][-1]
    kept = joined.keep(joined.columns["k"] < 2)
    assert len(kept.truth) == 4
    assert set(kept.columns) == {"k"}
