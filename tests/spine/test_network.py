"""The spine model: what it starts from, what it corrects, and how its intervals widen."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from hiphinge.spine import NetworkEstimator, model_version
from hiphinge.spine.features import GROUPS, N_FEATURES, extract_features, reference_row
from hiphinge.spine.network import (
    BLOCK_ROWS,
    MAX_HALF_WIDTH_DEG,
    MAX_STRANGENESS,
    OUTPUTS,
    USUAL_STRANGENESS,
    load_network,
    parse_network,
)
from tests.synthetic import PERFECT, ROUNDED, analyse_clip, film, script

CLIP = film(script(ROUNDED, n_reps=1, rate_hz=10.0))
STILL = analyse_clip(CLIP).spine_input
NO_STAND = analyse_clip(film(script(ROUNDED, n_reps=1, rate_hz=10.0, still_s=0.2, between_s=0.0))).spine_input
N = CLIP.pose.n_frames
LUMBAR = OUTPUTS.index("lumbar_flexion")
#: Softplus of the offset of a test network's scales, and its floor.
SCALE = np.log1p(np.exp(1.0)) + 0.02


def make_file(*, bias=0.0, quantile=2.0, usual_distance=1e6, members=2, features=None, seeds=(5,)):
    """A model whose members give ``bias`` for every output and always the same scale."""
    k = len(OUTPUTS)
    meta = {
        "name": "test", "features": features or [list(item) for item in GROUPS.items()], "members": members,
        "layers": 2, "seeds": list(seeds),
    }  # fmt: skip
    arrays = {}
    for kind, width in (("still", 2 * N_FEATURES), ("none", N_FEATURES)):
        meta[kind] = {
            "usual_distance": [usual_distance, usual_distance],
            "yaw_bands_deg": [20.0, 90.0],
            "quantile": {name: [quantile, 2 * quantile] for name in OUTPUTS},
        }
        arrays |= {
            f"{kind}.mean": np.zeros(width), f"{kind}.spread": np.full(width, 10.0), f"{kind}.zero_deg": np.zeros(3),
            f"{kind}.target_mean": np.zeros(k), f"{kind}.target_spread": np.ones(k),
            f"{kind}.axes": np.eye(width, 3, dtype=np.float16), f"{kind}.stretch": np.ones(3),
        }  # fmt: skip
        for number in range(members):
            arrays |= {
                f"{kind}.{number}.w0": np.zeros((width, 4), np.float16),
                f"{kind}.{number}.b0": np.zeros(4, np.float16),
                f"{kind}.{number}.w1": np.zeros((4, 2 * k), np.float16),
                f"{kind}.{number}.b1": np.r_[np.full(k, bias), np.full(k, 1.0)].astype(np.float16),
            }
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def estimator(**kwargs):
    return NetworkEstimator(parse_network(make_file(**kwargs)))


def half(track):
    return (track.hi_deg - track.lo_deg) / 2


def test_without_a_correction_it_says_what_the_bare_points_say():
    angles, s, rows = estimator().estimate(STILL), STILL.segments, STILL.standing.rows
    trunk = s.trunk_lean_deg - np.median(s.trunk_lean_deg[rows])
    thigh = s.thigh_lean_deg - np.median(s.thigh_lean_deg[rows])
    assert angles.trunk_lean.value_deg == pytest.approx(s.trunk_lean_deg)
    assert angles.pelvis_tilt.value_deg == pytest.approx(trunk)
    assert angles.hip_flexion.value_deg == pytest.approx(trunk - thigh)
    assert angles.lumbar_flexion.value_deg == pytest.approx(np.zeros(N))


def test_the_correction_is_added_and_the_interval_is_scale_times_quantile():
    angles = estimator(bias=3.0, quantile=2.0).estimate(STILL)
    assert angles.lumbar_flexion.value_deg == pytest.approx(np.full(N, 3.0), abs=0.01)
    assert half(angles.lumbar_flexion) == pytest.approx(np.full(N, 2.0 * SCALE), rel=0.01)


def test_a_turned_view_takes_its_own_quantile_and_an_unknown_one_the_widest():
    usual = half(estimator().estimate(STILL).lumbar_flexion)
    for yaw in (-30.0, np.nan):
        turned = half(estimator().estimate(replace(STILL, yaw_deg=np.full(N, yaw))).lumbar_flexion)
        assert turned == pytest.approx(2 * usual)


def test_strange_frames_widen_and_then_fall_silent():
    features = extract_features(STILL)
    read = parse_network(make_file()).still.read(features, reference_row(features, STILL.standing.rows))
    largest = float(read.strangeness.max()) * 1e6
    usual = half(estimator().estimate(STILL).lumbar_flexion).max()
    wide = estimator(usual_distance=largest / 1.2).estimate(STILL).lumbar_flexion
    assert np.isfinite(wide.value_deg).all()
    assert half(wide).max() == pytest.approx(usual * 1.2 / USUAL_STRANGENESS, rel=0.01)
    lost = estimator(usual_distance=largest / (1.2 * MAX_STRANGENESS)).estimate(STILL).lumbar_flexion
    assert np.isnan(lost.value_deg).any()
    assert np.isnan(lost.lo_deg[np.isnan(lost.value_deg)]).all()


@pytest.mark.parametrize(
    ("segment", "lean_deg"), [("trunk_lean_deg", 170.0), ("trunk_lean_deg", -60.0), ("thigh_lean_deg", 90.0)]
)
def test_leans_that_no_bend_has_are_not_told(segment, lean_deg):
    bent = replace(STILL.segments, **{segment: np.full(N, lean_deg)})
    angles = NetworkEstimator().estimate(replace(STILL, segments=bent))
    for track in (angles.lumbar_flexion, angles.hip_flexion, angles.pelvis_tilt):
        assert np.isnan(track.value_deg).all()


def test_an_interval_that_spans_the_whole_range_of_a_spine_is_not_told():
    narrow, wide = (estimator(quantile=k * MAX_HALF_WIDTH_DEG / SCALE).estimate(STILL) for k in (0.99, 1.01))
    for name in ("pelvis_tilt", "lumbar_flexion", "thoracic_flexion", "hip_flexion"):
        assert np.isfinite(getattr(narrow, name).value_deg).all()
        assert np.isnan(getattr(wide, name).value_deg).all()


def test_knee_and_trunk_keep_their_own_wide_interval_rather_than_a_narrower_one_from_elsewhere():
    wide = estimator(quantile=1.01 * MAX_HALF_WIDTH_DEG / SCALE).estimate(STILL)
    for track in (wide.knee_flexion, wide.trunk_lean):
        assert half(track) == pytest.approx(np.full(N, 1.01 * MAX_HALF_WIDTH_DEG))


def test_a_stand_that_hides_the_shank_gives_the_knee_no_zero():
    rows = STILL.standing.rows
    lean = np.where(rows, np.nan, STILL.segments.shank_lean_deg)
    angles = estimator().estimate(replace(STILL, segments=replace(STILL.segments, shank_lean_deg=lean)))
    assert np.isnan(angles.knee_flexion.value_deg).all()
    assert np.isfinite(angles.lumbar_flexion.value_deg).all()


def test_a_hidden_shank_silences_the_knee_only():
    ankle = np.full_like(STILL.segments.ankle, np.nan)
    gone = replace(STILL.segments, ankle=ankle, shank_lean_deg=np.full(N, np.nan))
    angles = estimator().estimate(replace(STILL, segments=gone))
    assert np.isnan(angles.knee_flexion.value_deg).all()
    assert np.isfinite(angles.lumbar_flexion.value_deg).all()
    assert np.isfinite(angles.hip_flexion.value_deg).all()


def test_a_hidden_low_back_is_not_guessed():
    hidden = np.zeros_like(STILL.profile.hidden)
    hidden[:, 8:38] = True
    angles = estimator().estimate(replace(STILL, profile=replace(STILL.profile, hidden=hidden)))
    for track in (angles.pelvis_tilt, angles.lumbar_flexion, angles.hip_flexion):
        assert np.isnan(track.value_deg).all()


def test_without_a_stand_the_other_network_answers():
    data = make_file(bias=0.0)
    model = parse_network(data)
    shifted = replace(model, none=parse_network(make_file(bias=7.0)).none)
    assert NO_STAND.standing.reference.angles == "none"
    track = NetworkEstimator(shifted).estimate(NO_STAND).lumbar_flexion
    assert track.value_deg == pytest.approx(np.full(len(track.value_deg), 7.0), abs=0.01)


def test_disagreement_of_the_members_widens():
    model = parse_network(make_file(members=2))
    first, second = model.still.members
    weights, offset = second.layers[-1]
    shifted = replace(second, layers=(*second.layers[:-1], (weights, offset + np.float32(4))))
    apart = replace(model, still=replace(model.still, members=(first, shifted)))
    agreed, split = (half(NetworkEstimator(m).estimate(STILL).lumbar_flexion) for m in (model, apart))
    assert (split > agreed + 2 * 1.9).all()


def test_a_long_clip_is_read_as_its_parts_are():
    features = np.tile(extract_features(STILL), (1 + BLOCK_ROWS // N, 1))
    reference = reference_row(features[:N], STILL.standing.rows)
    network = load_network().still
    whole = network.read(features, reference).value_deg
    parts = [network.read(features[:N], reference).value_deg, network.read(features[N:], reference).value_deg]
    assert whole == pytest.approx(np.concatenate(parts), abs=1e-3, nan_ok=True)


def test_no_frames_are_no_error():
    reading = load_network().none.read(np.empty((0, N_FEATURES)), None)
    assert reading.value_deg.shape == (0, len(OUTPUTS))


def test_a_model_for_other_features_is_refused():
    with pytest.raises(ValueError, match="other features"):
        parse_network(make_file(features=[["back", 3]]))


class TestShippedModel:
    @pytest.mark.parametrize(("posture", "lumbar_deg", "hip_deg"), [(PERFECT, 0, 83), (ROUNDED, 40, 20)])
    def test_it_reads_a_drawn_figure_that_is_like_nobody_it_saw(self, posture, lumbar_deg, hip_deg):
        drawn = film(script(posture, n_reps=1, rate_hz=10.0))
        angles = NetworkEstimator().estimate(analyse_clip(drawn).spine_input)
        bottom = int(np.argmax(drawn.script.lean))
        assert angles.lumbar_flexion.value_deg[bottom] == pytest.approx(lumbar_deg, abs=16)
        assert angles.hip_flexion.value_deg[bottom] == pytest.approx(hip_deg, abs=22)
        assert angles.trunk_lean.value_deg[bottom] == pytest.approx(drawn.script.lean[bottom], abs=5)

    def test_a_worse_view_is_never_narrower(self):
        for network in (load_network().still, load_network().none):
            for widths in network.quantile.values():
                assert list(widths) == sorted(widths)

    def test_hiding_the_back_does_not_narrow_the_interval(self):
        hidden = np.zeros_like(STILL.profile.hidden)
        hidden[:, 16:32] = True
        covered = NetworkEstimator().estimate(replace(STILL, profile=replace(STILL.profile, hidden=hidden)))
        bent = CLIP.script.lean > 40
        free = NetworkEstimator().estimate(STILL)
        assert np.nanmedian(half(covered.lumbar_flexion)[bent]) > 0.95 * np.median(half(free.lumbar_flexion)[bent])

    def test_it_is_small_and_names_itself(self):
        from importlib.resources import files

        assert len(files("hiphinge.spine").joinpath("spine_model.npz").read_bytes()) <= 3_000_000
        name, digits = model_version().split(" ")
        assert name.startswith("profile-")
        assert len(digits) == len("(0123456789ab)")

    @pytest.mark.parametrize("kind", ["still", "none"])
    def test_every_angle_has_a_quantile_in_every_band(self, kind):
        network = getattr(load_network(), kind)
        assert set(network.quantile) == set(OUTPUTS)
        for widths in network.quantile.values():
            assert len(widths) == len(network.yaw_bands_deg)
            assert all(0.5 < width < 10 for width in widths)
