"""Bottoms, peaks, the onset of rounding and shares of quarters, on clips whose answers are known."""

import numpy as np
import pytest

from hiphinge.validation.agreement import compute_figures
from hiphinge.validation.clipreps import ONSET_FLOOR_DEG, find_onset_pct, find_shares, read_films
from tests.validation.fakes import make_film

TIME = np.linspace(0, 4, 401)


def test_onset_is_where_the_level_is_passed_for_the_last_time():
    lumbar = np.interp(TIME, [0, 2, 4], [0, 0, 50])  # 5° of 50° at 2.2 s
    assert find_onset_pct(lumbar, TIME, start_s=0, bottom_s=4) == pytest.approx(55.0, abs=0.01)
    bump = lumbar + np.where(np.abs(TIME - 0.5) < 0.1, 8.0, 0.0)
    assert find_onset_pct(bump, TIME, start_s=0, bottom_s=4) == pytest.approx(55.0, abs=0.01)


def test_onset_of_a_small_rounding_uses_the_floor():
    lumbar = np.interp(TIME, [0, 4], [0, 12])
    assert find_onset_pct(lumbar, TIME, start_s=0, bottom_s=4) == pytest.approx(100 * ONSET_FLOOR_DEG / 12, abs=0.01)


def test_onset_counts_from_the_start_of_the_way_down():
    lumbar = 7 + np.interp(TIME, [0, 2, 4], [0, 0, 50])
    assert find_onset_pct(lumbar, TIME, start_s=0, bottom_s=4) == pytest.approx(55.0, abs=0.01)


@pytest.mark.parametrize("lumbar", [np.full(401, np.nan), np.linspace(0, 9, 401), np.linspace(0, -30, 401)])
def test_a_back_that_hardly_gives_or_is_not_seen_has_no_onset(lumbar):
    assert np.isnan(find_onset_pct(lumbar, TIME, start_s=0, bottom_s=4))


def test_shares_of_quarters():
    pelvis = np.concatenate([np.linspace(0, 40, 50), np.linspace(40, 60, 50)])
    lumbar = np.concatenate([np.zeros(50), np.linspace(0, 20, 50)])
    assert find_shares(pelvis, lumbar) == pytest.approx([100, 100, 50, 50], abs=3)
    assert np.isnan(find_shares(pelvis / 10, lumbar / 10)).all()


def test_a_clip_read_without_error_has_none():
    found = read_films([make_film(person=f"v{k}") for k in range(3)])
    assert (found.n_clips, found.n_reps, found.n_found, found.n_extra, found.n_own_reference) == (3, 3, 3, 0, 3)
    for readings in (*found.frames.values(), *found.bottoms.values(), found.peaks, found.onset):
        assert compute_figures(readings)["mae"] == pytest.approx(0, abs=1e-6)
    assert (found.frames["trunk_lean"].truth > 20).all()
    assert found.bottoms["trunk_lean"].truth == pytest.approx([80.0] * 3)
    assert set(found.frames["hip_flexion"].columns["load"]) == {"kettlebell"}
    quarters = {name: list(readings.truth) for name, readings in found.quarters.items()}
    assert quarters["hip_share_q1"] == pytest.approx([100] * 3, abs=1)
    assert max(quarters["hip_share_q4"]) < 40


def test_errors_come_out_as_they_went_in():
    found = read_films([make_film(error=3.0, half=2.0)])
    figures = compute_figures(found.frames["lumbar_flexion"])
    assert (figures["bias"], figures["coverage_pct"]) == (pytest.approx(3.0), 0.0)
    assert compute_figures(found.bottoms["lumbar_flexion"])["bias"] == pytest.approx(3.0)
    assert compute_figures(found.peaks)["bias"] == pytest.approx(3.0)
    # The level counts from the start of the way down, so a constant error does not move the onset.
    assert compute_figures(found.onset)["bias"] == pytest.approx(0.0, abs=1e-6)


def test_a_late_reading_has_a_late_onset():
    found = read_films([make_film(late_s=0.2)])
    assert compute_figures(found.onset)["bias"] == pytest.approx(10.0, abs=1.0)


def test_a_rep_that_was_missed_counts_as_not_told():
    found = read_films([make_film(reps=False)])
    assert (found.n_reps, found.n_found) == (1, 0)
    assert compute_figures(found.bottoms["hip_flexion"])["told_pct"] == 0.0


def test_a_clip_that_was_not_read_counts_as_not_told():
    found = read_films([make_film(told=False)])
    assert compute_figures(found.frames["hip_flexion"])["cannot_tell_pct"] == 100.0
    assert compute_figures(found.peaks)["told_pct"] == 0.0
    assert compute_figures(found.onset)["told_pct"] == 0.0
