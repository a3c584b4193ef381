"""The analytic estimator, and the contract that every estimator of hips and spine keeps."""

from dataclasses import replace

import numpy as np
import pytest

from hiphinge.spine import NetworkEstimator, OutlineEstimator, load_calibration
from hiphinge.spine.outline import (
    LOW_BACK,
    MAX_HIDDEN_SHARE,
    STATION_STEP,
    compute_features,
    compute_tangent_deg,
    fill_hidden,
    hidden_share,
    refer,
)
from hiphinge.spine.profile import STATIONS
from tests.synthetic import (
    HIDDEN_GAIN,
    N_FEATURES,
    N_OUTLINE,
    PERFECT,
    ROUNDED,
    STANDING,
    ScriptedSpine,
    analyse_clip,
    film,
    make_calibration,
    script,
)

CLIP = film(script(ROUNDED, n_reps=1, rate_hz=10.0))
STILL = analyse_clip(CLIP).spine_input
NO_STAND = analyse_clip(film(script(ROUNDED, n_reps=1, rate_hz=10.0, still_s=0.2, between_s=0.0))).spine_input
N = CLIP.pose.n_frames
LOW = (LOW_BACK[0] <= STATIONS) & (LOW_BACK[1] >= STATIONS)

ESTIMATORS = {
    "script": lambda: ScriptedSpine(CLIP.script),
    "outline, own gains": lambda: OutlineEstimator(make_calibration()),
    "outline, shipped gains": lambda: OutlineEstimator(load_calibration()),
    "the spine model": NetworkEstimator,
}


def hide(spine_input, share):
    hidden = np.zeros_like(spine_input.profile.hidden)
    hidden[:, np.flatnonzero(LOW)[: round(share * LOW.sum())]] = True
    return replace(spine_input, profile=replace(spine_input.profile, hidden=hidden))


def tracks_of(angles):
    return (angles.pelvis_tilt, angles.lumbar_flexion, angles.thoracic_flexion)


@pytest.mark.parametrize("make", ESTIMATORS.values(), ids=ESTIMATORS)
class TestEstimatorContract:
    def test_it_has_a_name(self, make):
        assert make().name

    def test_one_value_per_frame_inside_its_interval(self, make):
        for track in tracks_of(make().estimate(STILL)):
            assert track.value_deg.shape == track.lo_deg.shape == track.hi_deg.shape == (N,)
            told = np.isfinite(track.value_deg)
            assert told.all()
            assert (track.lo_deg < track.value_deg).all()
            assert (track.value_deg < track.hi_deg).all()

    def test_an_unseen_person_is_not_guessed(self, make):
        unseen = np.zeros(N, dtype=bool)
        unseen[40:50] = True
        lost = analyse_clip(film(CLIP.script, unseen=unseen)).spine_input
        for track in tracks_of(make().estimate(lost)):
            for values in (track.value_deg, track.lo_deg, track.hi_deg):
                assert np.isnan(values[unseen]).all()

    def test_it_is_a_pure_function(self, make):
        before = STILL.profile.dorsal_ratio.copy()
        first, second = make().estimate(STILL), make().estimate(STILL)
        for a, b in zip(tracks_of(first), tracks_of(second), strict=True):
            assert np.array_equal(a.value_deg, b.value_deg, equal_nan=True)
        assert np.array_equal(STILL.profile.dorsal_ratio, before, equal_nan=True)


def test_without_a_stand_it_answers_with_a_wider_interval():
    estimator = OutlineEstimator(make_calibration())
    assert NO_STAND.standing.reference.angles == "none"
    for still, none in zip(tracks_of(estimator.estimate(STILL)), tracks_of(estimator.estimate(NO_STAND)), strict=True):
        assert np.isfinite(none.value_deg).all()
        assert np.median(none.hi_deg - none.lo_deg) > np.median(still.hi_deg - still.lo_deg)


def test_the_gains_are_applied_to_the_change_from_standing():
    angles = OutlineEstimator(make_calibration()).estimate(STILL)
    truth = CLIP.script
    assert angles.pelvis_tilt.value_deg == pytest.approx(truth.lean - truth.lean[0], abs=1.5)
    assert angles.lumbar_flexion.value_deg == pytest.approx(np.zeros(N), abs=1e-9)


def test_a_stand_whose_outline_is_hidden_counts_as_no_stand():
    seen = STILL.profile.dorsal_ratio.copy()
    seen[STILL.standing.rows] = np.nan
    blind = replace(STILL, profile=replace(STILL.profile, dorsal_ratio=seen))
    track = OutlineEstimator(make_calibration()).estimate(blind).lumbar_flexion
    bent = ~STILL.standing.rows & np.isfinite(track.value_deg)
    assert (track.hi_deg - track.lo_deg)[bent].min() == pytest.approx(16.0)


def test_a_hidden_low_back_widens_and_then_silences():
    estimator = OutlineEstimator(make_calibration())
    free = estimator.estimate(STILL).lumbar_flexion
    half = estimator.estimate(hide(STILL, 0.5)).lumbar_flexion
    most = estimator.estimate(hide(STILL, 0.8)).lumbar_flexion
    assert (free.hi_deg - free.lo_deg).max() == pytest.approx(8.0, abs=1.5)
    assert np.median(half.hi_deg - half.lo_deg) == pytest.approx(8.0 + 2 * 0.5 * 10.0, abs=1.0)
    assert np.isnan(most.value_deg).all()


def test_a_turned_person_has_a_wider_interval():
    estimator = OutlineEstimator(make_calibration())
    straight = estimator.estimate(STILL).lumbar_flexion
    turned = estimator.estimate(replace(STILL, yaw_deg=np.full(N, 30.0))).lumbar_flexion
    unknown = estimator.estimate(replace(STILL, yaw_deg=np.full(N, np.nan))).lumbar_flexion
    width = np.median(straight.hi_deg - straight.lo_deg)
    assert np.median(turned.hi_deg - turned.lo_deg) == pytest.approx(1.5 * width, rel=0.02)
    assert np.median(unknown.hi_deg - unknown.lo_deg) == pytest.approx(1.5 * width, rel=0.02)


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.3, 1.0])
@pytest.mark.parametrize("centre", [-0.1, 0.4, 0.9])
def test_tangent_of_a_straight_outline(slope, centre):
    outline = np.tile(0.2 + slope * STATIONS, (2, 1))
    tangent = compute_tangent_deg(outline, STATIONS, centre_ratio=centre)
    assert tangent == pytest.approx(np.full(2, np.degrees(np.arctan(slope))), abs=1e-6)


@pytest.mark.parametrize("centre", [-0.2, 0.1, 0.4, 0.8, 1.0])
def test_tangent_of_an_arc_turns_by_its_angle(centre):
    # A circle of radius 1 around a point before the axis: slope -t / sqrt(1 - t^2), so the tangent at t is -asin(t).
    outline = np.sqrt(1 - (STATIONS - 0.4) ** 2)[None, :]
    tangent = compute_tangent_deg(outline, STATIONS, centre_ratio=centre)
    assert tangent[0] == pytest.approx(-np.degrees(np.arcsin(centre - 0.4)), abs=0.8)


def test_an_unseen_station_makes_only_its_window_unseen():
    outline = np.full((1, len(STATIONS)), 0.2)
    outline[0, np.abs(STATIONS - 0.3).argmin()] = np.nan
    assert np.isnan(compute_tangent_deg(outline, STATIONS, centre_ratio=0.3)[0])
    assert compute_tangent_deg(outline, STATIONS, centre_ratio=0.6)[0] == pytest.approx(0.0)


def test_hidden_stations_are_bridged_and_mostly_hidden_rows_are_not():
    outline = np.tile(0.2 + 0.1 * STATIONS, (3, 1))
    hidden = np.zeros(outline.shape, dtype=bool)
    hidden[1, 20:30] = True
    hidden[2, 8:] = True
    spoiled = np.where(hidden, 9.9, outline)
    bridged = fill_hidden(spoiled, hidden)
    assert bridged[:2] == pytest.approx(outline[:2])
    assert np.isnan(bridged[2]).all()
    assert spoiled[1, 25] == 9.9


def test_hidden_share_counts_hidden_and_unseen_stations_of_the_low_back():
    assert hidden_share(hide(STILL, 0.0).profile) == pytest.approx(np.zeros(N), abs=0.05)
    assert hidden_share(hide(STILL, 0.5).profile) == pytest.approx(np.full(N, 0.5), abs=0.03)
    unseen = replace(STILL.profile, dorsal_ratio=np.full_like(STILL.profile.dorsal_ratio, np.nan))
    assert (hidden_share(unseen) == 1.0).all()
    assert 0.0 < MAX_HIDDEN_SHARE < 1.0


def change_of(spine_input):
    features = compute_features(spine_input)
    depth = CLIP.script.depth
    return features[depth > 0.95].mean(axis=0) - features[depth < 0.01].mean(axis=0)


def test_a_flat_back_keeps_its_outline_in_the_bend():
    flat = analyse_clip(film(script(PERFECT, n_reps=1, rate_hz=10.0))).spine_input
    change = change_of(flat)
    read = STATIONS[::STATION_STEP]
    trunk = (read > 0.2) & (read < 0.8)
    assert change[:N_OUTLINE][trunk] == pytest.approx(np.zeros(trunk.sum()), abs=1.0)
    trunk_lean, thigh_lean, thigh_length, shank_lean, neck_lean, neck_length = change[N_OUTLINE:]
    assert trunk_lean == pytest.approx(PERFECT.lean - STANDING.lean, abs=1.5)
    assert thigh_lean == pytest.approx(PERFECT.thigh - STANDING.thigh, abs=1.0)
    assert shank_lean == pytest.approx(PERFECT.shank - STANDING.shank, abs=1.0)
    assert neck_lean == pytest.approx(trunk_lean, abs=1.0)  # the neck keeps its place on a flat back
    assert [thigh_length, neck_length] == pytest.approx([0.0, 0.0], abs=0.5)


def test_the_last_features_are_those_that_a_plate_or_bar_may_hide():
    features = compute_features(STILL)
    assert features.shape == (N, N_FEATURES)
    s = STILL.segments
    no_shank = replace(STILL, segments=replace(s, shank_lean_deg=np.full(N, np.nan)))
    no_head = replace(STILL, segments=replace(s, ear=np.full((N, 2), np.nan), neck_lean_deg=np.full(N, np.nan)))
    for lost, columns in ((no_shank, [-3]), (no_head, [-2, -1])):
        gone = np.isnan(compute_features(lost)).any(axis=0)
        assert np.flatnonzero(gone).tolist() == [N_FEATURES + k for k in columns]


def lose_shank(spine_input, rows):
    shank = spine_input.segments.shank_lean_deg.copy()
    shank[rows] = np.nan
    return replace(spine_input, segments=replace(spine_input.segments, shank_lean_deg=shank))


def test_a_hidden_shank_is_read_without_it_and_wider():
    estimator = OutlineEstimator(make_calibration(4.0))
    bent = ~STILL.standing.rows & (CLIP.script.depth > 0.5)
    free, part = estimator.estimate(STILL), estimator.estimate(lose_shank(STILL, bent))
    for a, b in zip(tracks_of(free), tracks_of(part), strict=True):
        assert b.value_deg == pytest.approx(a.value_deg, abs=1e-9)
        width_a, width_b = a.hi_deg - a.lo_deg, b.hi_deg - b.lo_deg
        assert width_b[bent] == pytest.approx(width_a[bent] + 2 * 4.0 * (HIDDEN_GAIN - 1))
        assert width_b[~bent] == pytest.approx(width_a[~bent])


def test_the_reading_without_shank_and_head_has_its_own_coefficients():
    usual = make_calibration()
    without = usual.models["still_hidden"]
    models = {**usual.models, "still_hidden": replace(without, offset=np.array([0.0, 7.0, 7.0]))}
    estimator = OutlineEstimator(replace(usual, models=models))
    bent = ~STILL.standing.rows & (CLIP.script.depth > 0.5)
    lumbar = estimator.estimate(lose_shank(STILL, bent)).lumbar_flexion.value_deg
    assert lumbar[bent] == pytest.approx(np.full(bent.sum(), 7.0))
    assert lumbar[~bent] == pytest.approx(np.zeros((~bent).sum()), abs=1e-9)


def test_a_shank_hidden_throughout_leaves_the_stand_but_widens():
    track = OutlineEstimator(make_calibration(4.0, none_deg=9.0)).estimate(lose_shank(STILL, slice(None)))
    width = track.lumbar_flexion.hi_deg - track.lumbar_flexion.lo_deg
    assert width.min() == pytest.approx(2 * 4.0 * HIDDEN_GAIN)


def test_refer_puts_the_change_beside_the_value():
    features = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, np.nan], [9.0, 30.0]])
    rows = np.array([True, True, True, False])
    referred = refer(features, rows)
    assert referred.shape == (4, 4)
    assert referred[3] == pytest.approx([7.0, 20.0, 9.0, 30.0])  # from the median of the rows that were seen
    assert referred[0] == pytest.approx([-1.0, 0.0, 1.0, 10.0])
    assert refer(features, np.array([False, False, True, False])) is None
    assert refer(features, np.zeros(4, dtype=bool)) is None


def test_a_rounded_back_turns_the_tangents_apart():
    def bend_deg(centre):
        outline = STILL.profile.dorsal_ratio
        tangent = compute_tangent_deg(outline, STATIONS, centre_ratio=centre)
        depth = CLIP.script.depth
        return tangent[depth > 0.95].mean() - tangent[depth < 0.01].mean()

    # 40 degrees of lumbar flexion between a pelvis and a thorax that are straight themselves.
    assert bend_deg(0.16) - bend_deg(0.64) == pytest.approx(40.0, abs=8.0)
