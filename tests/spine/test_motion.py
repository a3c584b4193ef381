from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.model import ANGLES
from hiphinge.spine import compute_motion, load_calibration
from hiphinge.spine.calibration import LinearModel, parse_calibration
from hiphinge.spine.outline import N_HIDEABLE
from tests.synthetic import (
    FOOT,
    N_FEATURES,
    NECK_STANDING_DEG,
    PERFECT,
    ROUNDED,
    SQUAT,
    STANDING,
    STANDING_LEAN,
    ScriptedSpine,
    View,
    analyse_clip,
    film,
    make_calibration,
    script,
    solve,
)

TOLERANCE_DEG = 0.8
TOLERANCE_FL = 0.02
#: Features that each reading takes: with a stand, the change from it beside each.
N_READ = {
    "still": 2 * N_FEATURES,
    "none": N_FEATURES,
    "still_hidden": 2 * (N_FEATURES - N_HIDEABLE),
    "none_hidden": N_FEATURES - N_HIDEABLE,
}


def motion_of(
    posture=PERFECT,
    *,
    view=None,
    half_deg=4.0,
    unseen=None,
    with_masks=False,
    stature_m=1.75,
    camera_still=True,
    **plan,
):
    filmed = script(posture, **{"n_reps": 1, **plan})
    clip = film(filmed, view=view, unseen=unseen, with_masks=with_masks, stature_m=stature_m)
    return analyse_clip(clip, half_deg=half_deg, camera_still=camera_still)


@pytest.mark.parametrize(
    "posture", [PERFECT, ROUNDED, SQUAT, solve(knee=15, lean=70, lumbar=25, thoracic=15, neck=-20)]
)
def test_every_angle_follows_the_script(posture):
    a = motion_of(posture)
    m, truth = a.motion, a.clip.script
    assert m.trunk_lean.value_deg == pytest.approx(truth.lean, abs=TOLERANCE_DEG)
    assert m.pelvis_tilt.value_deg == pytest.approx(truth.pelvis, abs=TOLERANCE_DEG)
    assert m.hip_flexion.value_deg == pytest.approx(truth.hip, abs=TOLERANCE_DEG)
    assert m.lumbar_flexion.value_deg == pytest.approx(truth.lumbar, abs=TOLERANCE_DEG)
    assert m.thoracic_flexion.value_deg == pytest.approx(truth.thoracic, abs=TOLERANCE_DEG)
    assert m.knee_flexion.value_deg == pytest.approx(truth.knee, abs=TOLERANCE_DEG)
    assert m.shank_lean.value_deg == pytest.approx(truth.shank, abs=TOLERANCE_DEG)
    assert m.neck.value_deg == pytest.approx(truth.neck, abs=1.5)


def test_the_checks_of_the_definitions():
    # hinge: shank -2, thigh -22, pelvis 60 -> knee 20, hip 82; squat: 34, -76, 40 -> 110, 116
    for shank, thigh, pelvis, knee, hip in ((-2, -22, 60, 20, 82), (34, -76, 40, 110, 116)):
        bottom = replace(STANDING, shank=shank, thigh=thigh + STANDING_LEAN, pelvis=pelvis)
        a = motion_of(replace(bottom, shank=shank + STANDING_LEAN))
        row = int(np.argmax(a.clip.script.depth)) + 8
        assert a.motion.knee_flexion.value_deg[row] == pytest.approx(knee, abs=0.5)
        assert a.motion.hip_flexion.value_deg[row] == pytest.approx(hip, abs=0.5)


def test_travel_follows_the_script_in_foot_lengths():
    a = motion_of(SQUAT, with_masks=True, rate_hz=15)
    hip = a.clip.script.hip_xy()
    start = (0.246 + 0.245) * np.array([np.sin(np.radians(STANDING_LEAN)), np.cos(np.radians(STANDING_LEAN))]) / FOOT
    assert a.motion.hip_back_ratio == pytest.approx(-(hip - start)[:, 0], abs=TOLERANCE_FL)
    assert a.motion.hip_drop_ratio == pytest.approx(-(hip - start)[:, 1], abs=TOLERANCE_FL)
    assert a.motion.seat_back_ratio == pytest.approx(-(hip - start)[:, 0], abs=0.05)


def test_intervals_have_the_calibrated_width():
    m = motion_of(half_deg=3.0).motion
    for name in ANGLES:
        track = m.angle(name)
        assert track.hi_deg - track.lo_deg == pytest.approx(np.full(len(track.value_deg), 6.0))


def test_hip_flexion_is_never_surer_than_pelvis_tilt():
    clip = film(script(PERFECT, n_reps=1), with_masks=False)
    a = analyse_clip(clip)
    wide = compute_motion(a.spine_input, estimator=ScriptedSpine(clip.script, 12.0), calibration=make_calibration(4.0))
    assert wide.hip_flexion.hi_deg - wide.hip_flexion.lo_deg == pytest.approx(np.full(clip.pose.n_frames, 24.0))


def test_without_a_stand_the_calibrations_zero_and_width_are_used():
    a = motion_of(still_s=0.2, between_s=0.0)
    assert a.spine_input.standing.reference.angles == "none"
    m, truth = a.motion, a.clip.script
    assert m.knee_flexion.value_deg == pytest.approx(truth.knee, abs=TOLERANCE_DEG)
    assert m.neck.value_deg == pytest.approx(truth.lean * 0 + truth.neck, abs=1.5)
    assert m.knee_flexion.hi_deg - m.knee_flexion.lo_deg == pytest.approx(np.full(len(m.time_s), 16.0))
    assert np.isfinite(m.hip_back_ratio).all()


def test_without_any_upright_moment_there_is_no_travel():
    time_s = np.arange(0, 4, 1 / 30)
    m = motion_of(solve(knee=20, lean=50), time_s=time_s, depth=np.ones(time_s.shape)).motion
    for values in (m.hip_back_ratio, m.hip_drop_ratio, m.seat_back_ratio):
        assert np.isnan(values).all()
    assert np.isfinite(m.trunk_lean.value_deg).all()


def test_unseen_frames_are_nan_in_every_column():
    unseen = np.zeros(len(script(PERFECT, n_reps=1).time_s), dtype=bool)
    unseen[90:110] = True
    m = motion_of(unseen=unseen).motion
    for name in ANGLES:
        for values in (m.angle(name).value_deg, m.angle(name).lo_deg, m.angle(name).hi_deg):
            assert np.isnan(values[90:110]).all()
            assert np.isfinite(values[:85]).all()
    assert np.isnan(m.hip_back_ratio[90:110]).all()


def test_a_drifting_camera_does_not_move_the_hips():
    still = motion_of().motion
    view = View(drift_px_s=(12.0, -6.0))
    drifting = motion_of(view=view, camera_still=False).motion
    assert drifting.hip_back_ratio == pytest.approx(still.hip_back_ratio, abs=0.015)
    assert drifting.trunk_lean.value_deg == pytest.approx(still.trunk_lean.value_deg, abs=0.01)
    # Taken for standing, the same camera would move them by a fifth of a foot.
    believed = motion_of(view=view).motion
    assert np.abs(believed.hip_back_ratio - still.hip_back_ratio).max() == pytest.approx(0.21, abs=0.05)


def test_hip_travel_is_told_while_a_plate_hides_feet_and_shank():
    clip = film(script(PERFECT, n_reps=1), with_masks=False)
    free = analyse_clip(clip).motion
    hidden = (clip.script.time_s > 3.5) & (clip.script.time_s < 5.5)
    visibility = clip.pose.visibility.copy()
    visibility[np.ix_(hidden, [28, 30, 32])] = 0.2
    plate = analyse_clip(replace(clip, pose=replace(clip.pose, visibility=visibility))).motion
    assert plate.hip_back_ratio == pytest.approx(free.hip_back_ratio, abs=0.01)
    assert np.isnan(plate.knee_flexion.value_deg[hidden]).all()
    assert np.isnan(plate.shank_lean.value_deg[hidden]).all()
    assert plate.hip_flexion.value_deg == pytest.approx(free.hip_flexion.value_deg, abs=0.01)


@settings(deadline=None, max_examples=12)
@given(
    px_per_m=st.floats(150, 700), x=st.floats(-200, 500), stature_m=st.floats(1.4, 2.0),
    rate_hz=st.sampled_from([15.0, 25.0, 60.0]),
)  # fmt: skip
def test_measures_do_not_depend_on_scale_place_stature_or_rate(px_per_m, x, stature_m, rate_hz):
    a = motion_of(view=View(px_per_m=px_per_m, origin_px=(x, 700.0)), stature_m=stature_m, rate_hz=rate_hz)
    m, truth = a.motion, a.clip.script
    assert m.hip_flexion.value_deg == pytest.approx(truth.hip, abs=TOLERANCE_DEG)
    assert m.knee_flexion.value_deg == pytest.approx(truth.knee, abs=TOLERANCE_DEG)
    assert np.nanmax(m.hip_back_ratio) == pytest.approx((STANDING.hip_xy() - PERFECT.hip_xy())[0] / FOOT, abs=0.02)


def test_the_foot_length_gain_scales_travel():
    clip = film(script(PERFECT, n_reps=1), with_masks=False)
    a = analyse_clip(clip)
    longer = compute_motion(
        a.spine_input,
        estimator=ScriptedSpine(clip.script),
        calibration=replace(make_calibration(), foot_length_gain=1.25),
    )
    assert longer.hip_back_ratio == pytest.approx(a.motion.hip_back_ratio / 1.25)


def test_the_pose_models_usual_error_is_taken_off():
    clip = film(script(PERFECT, n_reps=1), with_masks=False)
    a = analyse_clip(clip)
    calibration = replace(make_calibration(), bias_deg={"still": {"knee_flexion": 3.0}, "none": {}})
    corrected = compute_motion(a.spine_input, estimator=ScriptedSpine(clip.script), calibration=calibration)
    assert corrected.knee_flexion.value_deg == pytest.approx(a.motion.knee_flexion.value_deg - 3.0)
    assert corrected.trunk_lean.value_deg == pytest.approx(a.motion.trunk_lean.value_deg)
    half = (corrected.knee_flexion.hi_deg - corrected.knee_flexion.lo_deg) / 2
    assert corrected.knee_flexion.hi_deg == pytest.approx(corrected.knee_flexion.value_deg + half)


def test_the_bias_is_that_of_the_clips_reference():
    calibration = replace(make_calibration(), bias_deg={"still": {"neck": 5.0}, "none": {"neck": -2.0}})
    for plan, bias in (({}, 5.0), ({"still_s": 0.2, "between_s": 0.0}, -2.0)):
        clip = film(script(PERFECT, n_reps=1, **plan), with_masks=False)
        a = analyse_clip(clip)
        corrected = compute_motion(a.spine_input, estimator=ScriptedSpine(clip.script), calibration=calibration)
        assert corrected.neck.value_deg == pytest.approx(a.motion.neck.value_deg - bias)


def test_neck_counts_from_its_own_standing():
    a = motion_of()
    raw = a.segments.neck_lean_deg - a.segments.trunk_lean_deg
    assert raw[10] == pytest.approx(NECK_STANDING_DEG, abs=0.1)
    assert a.motion.neck.value_deg[10] == pytest.approx(0.0, abs=0.1)


class TestCalibration:
    def test_the_shipped_one_has_every_number(self):
        calibration = load_calibration()
        assert calibration.name
        for kind in ("still", "none", "still_hidden", "none_hidden"):
            assert calibration.models[kind].weights.shape == (N_READ[kind], 3)
            for angle in ANGLES:
                for yaw_deg in (0.0, -25.0, 60.0, float("nan")):
                    assert calibration.half_width(angle, reference=kind, yaw_deg=yaw_deg) > 0
        assert set(calibration.bias_deg) == {"still", "none"}
        for bias in calibration.bias_deg.values():
            assert set(bias) <= set(ANGLES)
        assert {"thigh_lean", "knee", "neck"} <= set(calibration.standing_deg)
        assert calibration.ratios.travel_ratio("still") > 0
        assert calibration.ratios.travel_ratio("upright") > 0

    @pytest.mark.parametrize(("less", "more"), [("none", "still"), ("still_hidden", "still"), ("none_hidden", "none")])
    def test_knowing_less_never_gives_a_narrower_interval(self, less, more):
        calibration = load_calibration()
        for angle in ANGLES:
            for yaw_deg in (0.0, 15.0, 30.0):
                wide = calibration.half_width(angle, reference=less, yaw_deg=yaw_deg)
                assert wide >= calibration.half_width(angle, reference=more, yaw_deg=yaw_deg)

    def test_a_model_reads_rows_and_passes_nan_on(self):
        model = LinearModel(np.array([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]]), np.array([0.0, 5.0, 1.0]))
        read = model.read(np.array([[2.0, 3.0], [np.nan, 1.0]]))
        assert read[0] == pytest.approx([2.0, 12.0, 4.0])
        assert np.isnan(read[1]).all()

    def test_bands_are_chosen_by_the_size_of_the_yaw(self):
        calibration = replace(
            make_calibration(), yaw_bands_deg=(10.0, 20.0), half_width_deg={"still": {"neck": (1.0, 2.0, 3.0)}}
        )

        def half(yaw_deg):
            return calibration.half_width("neck", reference="still", yaw_deg=yaw_deg)

        assert [half(v) for v in (0, -9.9, 15, -20, 21, 90)] == [1, 1, 2, 2, 3, 3]
        assert half(float("nan")) == 3

    def test_parsing_keeps_the_numbers(self):
        raw = {
            "name": "x",
            "models": {"still": {"weights": [[1, 2, 3]], "offset": [0, 0, 1]}},
            "standing_deg": {"knee": 4},
            "foot_length_gain": 1.1,
            "bias_deg": {"still": {"knee_flexion": 2.0}},
            "yaw_bands_deg": [10],
            "half_width_deg": {"still": {"neck": [5]}},
            "hidden_gain_deg": 7,
            "ratios": {
                "travel": {"still": 0.1}, "lumbar_range_deg": 1, "lumbar_quarter_deg": 2, "knee_change_deg": 3,
                "lean_repeat_deg": 4, "foot_slide_ratio": 5, "foot_pitch_deg": 6, "hand_ratio": 7, "time_s": 8,
            },
        }  # fmt: skip
        parsed = parse_calibration(raw)
        assert parsed.models["still"].weights.tolist() == [[1, 2, 3]]
        assert parsed.bias_deg["still"]["knee_flexion"] == 2.0
        assert parsed.half_width("neck", reference="still", yaw_deg=3.0) == 5
        assert parsed.ratios.hand_ratio == 7
