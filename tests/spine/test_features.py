"""Features of the spine model: the same whatever the picture's size, and honest about what is hidden."""

from dataclasses import replace

import numpy as np
import pytest

from hiphinge.spine.features import (
    GROUPS,
    N_FEATURES,
    compute_view_yaw_deg,
    extract_features,
    is_back_seen,
    join_reference,
    reference_row,
)
from tests.synthetic import ROUNDED, View, analyse_clip, film, script

SCRIPT = script(ROUNDED, n_reps=1, rate_hz=10.0)
STILL = analyse_clip(film(SCRIPT)).spine_input
N = len(SCRIPT.time_s)
SLOPE = np.repeat(np.array(list(GROUPS)) == "slope", list(GROUPS.values()))


def part(features, name):
    start = sum(list(GROUPS.values())[: list(GROUPS).index(name)])
    return features[:, start : start + GROUPS[name]]


def with_profile(**changes):
    return replace(STILL, profile=replace(STILL.profile, **changes))


def test_one_row_per_frame_all_seen():
    features = extract_features(STILL)
    assert features.shape == (N, N_FEATURES)
    # The skin is read no further than the outline goes.
    assert np.isfinite(np.delete(features, np.flatnonzero(SLOPE), axis=1)).all()
    assert np.isfinite(part(features, "slope")[:, 2:-4]).all()


@pytest.mark.parametrize(
    "view",
    [View(px_per_m=380.0), View(crop_turn_deg=25.0, crop_scale=1.3), View(origin_px=(500.0, 700.0))],
    ids=["closer", "crop turned", "elsewhere"],
)
def test_they_do_not_depend_on_size_place_or_crop(view):
    usual, other = extract_features(STILL), extract_features(analyse_clip(film(SCRIPT, view=view)).spine_input)
    for name in ("back", "belly", "thigh"):
        assert np.median(np.abs(part(usual, name) - part(other, name))) < 0.6, name
    for name in ("trunk", "shank", "neck"):
        assert part(other, name) == pytest.approx(part(usual, name), abs=0.5), name


def test_trunk_and_thigh_lean_come_first_in_their_group():
    trunk = part(extract_features(STILL), "trunk")
    assert trunk[:, 0] == pytest.approx(STILL.segments.trunk_lean_deg)
    assert trunk[:, 1] == pytest.approx(STILL.segments.thigh_lean_deg)


def test_a_short_gap_is_bridged_and_flagged():
    hidden = np.zeros_like(STILL.profile.hidden)
    hidden[:, 20:26] = True
    features, usual = extract_features(with_profile(hidden=hidden)), extract_features(STILL)
    assert part(features, "hidden")[:, 10:13].all()
    assert not part(features, "hidden")[:, 14:].any()
    assert np.abs(part(features, "back") - part(usual, "back")).max() < 4.0


def test_a_back_that_is_hidden_is_not_made_up():
    unseen = np.full_like(STILL.profile.dorsal_ratio, np.nan)
    assert np.isnan(part(extract_features(with_profile(dorsal_ratio=unseen)), "back")).all()


def test_a_hidden_thigh_leaves_the_rest():
    lost = np.full_like(STILL.profile.thigh_back_ratio, np.nan)
    features = extract_features(with_profile(thigh_back_ratio=lost))
    assert np.isnan(part(features, "thigh")[:, :13]).all()
    assert np.isfinite(part(features, "thigh")[:, 13:]).all()
    assert np.isfinite(part(features, "back")).all()


def test_the_reference_is_the_median_of_the_stand():
    features = extract_features(STILL)
    rows = STILL.standing.rows
    reference = reference_row(features, rows)
    assert reference[~SLOPE] == pytest.approx(np.median(features[rows][:, ~SLOPE], axis=0))
    joined = join_reference(features, reference)
    assert joined.shape == (N, 2 * N_FEATURES)
    assert np.abs(part(joined, "back")[rows]).max() < 1.5
    assert np.array_equal(joined[:, N_FEATURES:], features, equal_nan=True)


def test_what_the_stand_hides_is_unknown_in_the_change():
    features = extract_features(STILL)
    features[STILL.standing.rows, -3] = np.nan
    reference = reference_row(features, STILL.standing.rows)
    assert np.isnan(reference[-3])
    assert np.isfinite(np.delete(reference, -3)[~SLOPE[:-1]]).all()


def test_no_stand_or_a_hidden_back_gives_no_reference():
    features = extract_features(STILL)
    assert reference_row(features, np.zeros(N, dtype=bool)) is None
    assert is_back_seen(STILL)
    hidden = with_profile(hidden=np.ones_like(STILL.profile.hidden))
    assert not is_back_seen(hidden)
    assert reference_row(extract_features(hidden), STILL.standing.rows) is None


def test_the_yaw_is_the_clip_s():
    yaw = np.array([10.0, np.nan, 14.0, 90.0, 12.0])
    assert compute_view_yaw_deg(replace(STILL, yaw_deg=yaw)) == pytest.approx(13.0)
    assert np.isnan(compute_view_yaw_deg(replace(STILL, yaw_deg=np.full(3, np.nan))))
