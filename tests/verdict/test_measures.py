"""Every measure against the script, with a tolerance per quantity."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.clip.options import DRILLS
from hiphinge.model import AngleTrack, QualityCheck
from hiphinge.reps import find_reps
from hiphinge.spine import compute_motion
from hiphinge.verdict import RepContext, compute_measures
from hiphinge.verdict.labels import MEASURE_LABELS
from hiphinge.verdict.measures import MAX_SHARE_SPAN, compute_share, view_of
from tests.synthetic import (
    FOOT,
    PERFECT,
    RATIOS,
    ROUNDED,
    SQUAT,
    STANDING,
    STIFF,
    TRUNK,
    ScriptedSpine,
    View,
    analyse_clip,
    film,
    make_calibration,
    script,
    solve,
)
from tests.verdict.judging import judged

DEG, FL, SHARE, SECONDS = 0.8, 0.02, 1.5, 0.3
MIXED = solve(knee=15, lean=65, lumbar=25, thoracic=15, neck=-18)
POSTURES = {"perfect": PERFECT, "rounded": ROUNDED, "squat": SQUAT, "stiff": STIFF, "mixed": MIXED}


def travel(posture):
    """Hip travel back and down, foot lengths."""
    path = (posture.hip_xy() - STANDING.hip_xy()) / FOOT
    return -path[0], -path[1]


@pytest.mark.parametrize("posture", POSTURES.values(), ids=POSTURES)
def test_angles_at_the_bottom(posture):
    j = judged(posture)
    for rep in (1, 2):
        assert j.value("trunk_lean", rep) == pytest.approx(posture.lean, abs=DEG)
        assert j.value("hip_flexion", rep) == pytest.approx(posture.hip, abs=DEG)
        assert j.value("lumbar_flexion", rep) == pytest.approx(posture.lumbar, abs=DEG)
        assert j.value("pelvis_tilt", rep) == pytest.approx(posture.pelvis, abs=DEG)
        assert j.value("thoracic_flexion", rep) == pytest.approx(posture.thoracic, abs=DEG)
        assert j.value("knee_flexion", rep) == pytest.approx(posture.knee, abs=DEG)
        assert j.value("shank_lean", rep) == pytest.approx(posture.shank, abs=DEG)
        assert j.value("neck_extension", rep) == pytest.approx(-posture.neck, abs=1.5)


@pytest.mark.parametrize("posture", POSTURES.values(), ids=POSTURES)
def test_shares(posture):
    j = judged(posture)
    assert j.value("hip_share") == pytest.approx(posture.hip_share, abs=SHARE)
    assert j.value("lumbar_share") == pytest.approx(100 - posture.hip_share, abs=SHARE)
    share = j.measure("hip_share")
    other = j.measure("lumbar_share")
    assert (other.lo, other.hi) == pytest.approx((100 - share.hi, 100 - share.lo))


def test_hip_share_by_quarter_of_an_even_bend():
    j = judged(ROUNDED)
    for k in (1, 2, 3, 4):
        assert j.value(f"hip_share_q{k}") == pytest.approx(ROUNDED.hip_share, abs=SHARE)


def test_hip_share_by_quarter_when_the_back_comes_late():
    j = judged(ROUNDED, lumbar_power=3.0)
    quarters = [j.value(f"hip_share_q{k}") for k in (1, 2, 3, 4)]
    assert quarters == sorted(quarters, reverse=True)
    assert quarters[0] > 60
    assert quarters[3] < 35
    # At the bottom it is the same bend as ever.
    assert j.value("hip_share") == pytest.approx(ROUNDED.hip_share, abs=SHARE)


def test_hip_share_over_the_first_60_degrees_is_not_that_of_the_whole_bend():
    deep = solve(knee=5, lean=100, lumbar=50)
    late = judged(deep, lumbar_power=3.0)
    assert late.value("hip_share_60") > late.value("hip_share") + 10
    assert judged(PERFECT).value("hip_share_60") == pytest.approx(100, abs=SHARE)


def test_quarters_are_told_for_a_small_bend_and_not_for_a_tiny_one():
    small = judged(solve(knee=15, lean=40, lumbar=10))
    assert [small.measure(f"hip_share_q{k}").value is not None for k in (1, 2, 3, 4)] == [True] * 4
    tiny = judged(solve(knee=15, lean=24))
    assert tiny.measure("hip_share_q1").value is None
    assert "too small" in tiny.measure("hip_share_q1").reason


@pytest.mark.parametrize("posture", POSTURES.values(), ids=POSTURES)
def test_travel(posture):
    j = judged(posture, with_masks=True)
    back, drop = travel(posture)
    assert j.value("hip_back") == pytest.approx(back, abs=FL)
    assert j.value("seat_back") == pytest.approx(back, abs=0.05)
    assert j.value("drop_per_back") == pytest.approx(drop / back, abs=0.04)


@pytest.mark.parametrize("posture", [PERFECT, SQUAT])
def test_stoop_squat_index(posture):
    j = judged(posture)
    height = np.cos(np.radians(STANDING.lean)) - np.cos(np.radians(posture.lean))
    fall = travel(posture)[1] + TRUNK / FOOT * height
    assert j.value("stoop_squat_index") == pytest.approx(100 * (1 - travel(posture)[1] / fall), abs=2.0)


def test_the_stoop_squat_index_needs_shoulders_that_come_down():
    assert judged(solve(knee=2, lean=24)).measure("stoop_squat_index").value is None


@pytest.mark.parametrize("posture", POSTURES.values(), ids=POSTURES)
def test_hip_per_knee(posture):
    # Under 10 degrees the knee counts as 10, so that straight knees do not divide by nothing.
    assert judged(posture).value("hip_per_knee") == pytest.approx(posture.hip / max(posture.knee, 10.0), abs=0.15)


def test_knee_change_counts_from_the_first_third_of_the_descent():
    j = judged(SQUAT)
    rep = j.reps[0]
    third = rep.start_frame + (rep.bottom_frame - rep.start_frame) // 3
    expected = SQUAT.knee - j.analysed.clip.script.knee[third]
    assert j.value("knee_change") == pytest.approx(expected, abs=3.0)
    assert 30 < expected < 90


def test_over_arch_and_range():
    arched = judged(solve(knee=20, lean=60, lumbar=-14))
    assert arched.value("over_arch") == pytest.approx(14, abs=DEG)
    assert arched.value("ribs_pelvis_range") == pytest.approx(14, abs=2.5)
    rounded = judged(ROUNDED)
    assert rounded.value("over_arch") < 0
    assert rounded.value("ribs_pelvis_range") == pytest.approx(40, abs=6)
    assert judged(PERFECT).value("ribs_pelvis_range") == pytest.approx(0, abs=DEG)


def test_an_arch_on_the_way_down_is_seen_though_the_bottom_is_flat():
    clip = film(script(PERFECT, n_reps=1, rate_hz=15.0), with_masks=False)
    way = clip.script.depth * (1 - clip.script.depth) * 4
    arched = replace(clip, script=replace(clip.script, lumbar=-13.0 * way))
    a = analyse_clip(arched)
    reps = find_reps(a.motion.trunk_lean.value_deg, time_s=a.motion.time_s, baseline_deg=3.0)
    context = RepContext(a.motion, a.segments, a.standing, clip.pose, clip.profile, RATIOS, None, None)
    by_name = {m.name: m for m in compute_measures(reps, context, quality=())}
    assert by_name["over_arch"].value == pytest.approx(13, abs=1.0)
    assert by_name["lumbar_flexion"].value == pytest.approx(0, abs=1.0)


def test_share_of_own_maximum():
    j = judged(ROUNDED, own_maximum_deg=(50.0, 46.0, 54.0))
    found = j.measure("lumbar_of_own_maximum")
    assert found.value == pytest.approx(80, abs=2)
    assert found.lo == pytest.approx(100 * 37 / 54, abs=2)
    assert found.hi == pytest.approx(100 * 43 / 46, abs=2)
    assert "--reference" in judged(ROUNDED).measure("lumbar_of_own_maximum").reason
    flat = judged(ROUNDED, own_maximum_deg=(12.0, 8.0, 16.0)).measure("lumbar_of_own_maximum")
    assert flat.value is None
    assert "hardly rounds" in flat.reason


def test_feet_that_stay_do_not_slide_or_pitch():
    j = judged(PERFECT)
    assert j.value("foot_slide") == pytest.approx(0, abs=0.01)
    assert j.value("foot_pitch") == pytest.approx(0, abs=0.5)


def test_feet_that_slide_and_lift_are_measured():
    clip = film(script(PERFECT, n_reps=1, rate_hz=15.0), with_masks=False)
    depth = clip.script.depth
    keypoints = clip.pose.keypoints_px.copy()
    keypoints[:, [29, 30, 31, 32], 0] += 0.2 * clip.foot_px * depth[:, None]
    keypoints[:, [29, 30], 1] -= clip.foot_px * np.sin(np.radians(20.0)) * depth[:, None]
    a = analyse_clip(replace(clip, pose=replace(clip.pose, keypoints_px=keypoints)))
    reps = find_reps(a.motion.trunk_lean.value_deg, time_s=a.motion.time_s, baseline_deg=3.0)
    context = RepContext(a.motion, a.segments, a.standing, a.clip.pose, clip.profile, RATIOS, None, None)
    by_name = {m.name: m for m in compute_measures(reps, context, quality=())}
    assert by_name["foot_slide"].value == pytest.approx(0.18, abs=0.03)
    assert by_name["foot_pitch"].value == pytest.approx(18, abs=3)


def test_tempo():
    for hold_s in (0.0, 2.0):
        j = judged(PERFECT, hold_s=hold_s, down_s=3.0, up_s=1.5)
        # From 12 % to 95 % of the depth, 63 % of a cosine's time; a hold at the bottom is neither way.
        for rep in (1, 2):
            assert j.value("descent_time", rep) == pytest.approx(0.63 * 3.0, abs=0.2)
            assert j.value("ascent_time", rep) == pytest.approx(0.63 * 1.5, abs=0.2)


def test_tempo_of_a_pelvic_tilt_is_that_of_the_pelvis():
    j = judged(replace(STANDING, pelvis=-14, lumbar=14), drill="pelvic_tilt", down_s=3.0, hold_s=2.0, up_s=1.5)
    assert j.value("descent_time") == pytest.approx(0.63 * 3.0, abs=0.2)
    assert j.value("ascent_time") == pytest.approx(0.63 * 1.5, abs=0.2)


def test_spread_of_the_set():
    even = judged((PERFECT, PERFECT, PERFECT))
    assert even.value("lean_spread", None) == pytest.approx(0, abs=0.3)
    uneven = judged((solve(knee=20, lean=50), solve(knee=20, lean=60), solve(knee=20, lean=70)))
    assert uneven.value("lean_spread", None) == pytest.approx(10, abs=0.7)
    single = judged((PERFECT,)).measure("lean_spread", None)
    assert single.value is None
    assert single.reason == "Fewer than two reps."


def test_reach_is_the_fingertips_height_above_the_floor():
    j = judged(solve(knee=5, lean=95, lumbar=45), arms="hanging")
    a = j.analysed
    row = j.reps[0].bottom_frame
    expected = (a.clip.figure.hand[row, 1] - 0.01) / (FOOT * 1.75)
    assert j.value("reach") == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(
    ("drill", "arms", "other"),
    [
        ("goat_bag", "hug", "hanging"),
        ("upper_back", "upper_back", "hanging"),
        ("pull_through", "behind_knees", "hanging"),
        ("deadlift", "mid_foot", "crossed"),
    ],
)
def test_hands_where_the_load_belongs(drill, arms, other):
    posture = solve(knee=25, lean=60)
    assert judged(posture, drill=drill, arms=arms).value("load_offset") == pytest.approx(0, abs=0.05)
    assert judged(posture, drill=drill, arms=other).value("load_offset") > 0.15


STILLNESS = ("thigh_change", "trunk_change", "hip_shift")


@pytest.mark.parametrize("drill", DRILLS)
def test_only_a_pelvic_tilt_is_asked_what_stays_still(drill):
    posture = replace(STANDING, pelvis=-14, lumbar=14) if drill == "pelvic_tilt" else PERFECT
    names = {m.name for m in judged(posture, drill=drill).measures}
    assert set(STILLNESS) <= names if drill == "pelvic_tilt" else not set(STILLNESS) & names


def test_a_pelvic_tilt_leaves_thighs_and_hip_where_they_are():
    posture = replace(STANDING, pelvis=-14, lumbar=14)
    j = judged(posture, drill="pelvic_tilt")
    assert j.value("thigh_change") == pytest.approx(0, abs=0.3)
    assert j.value("hip_shift") == pytest.approx(0, abs=0.02)
    # The line from hip to shoulder leans back a little, as the lumbar spine turns with the pelvis. 12 % are the start.
    assert j.value("trunk_change") == pytest.approx(0.88 * (posture.lean - STANDING.lean), abs=0.7)
    assert -7 < posture.lean - STANDING.lean < -4


def test_what_moves_along_with_a_pelvic_tilt_is_measured():
    along = replace(STANDING, pelvis=-14, lumbar=44, thigh=STANDING.thigh - 25, shank=STANDING.shank + 10)
    j = judged(along, drill="pelvic_tilt")
    thigh, trunk, shift = (j.measure(name) for name in STILLNESS)
    assert thigh.value == pytest.approx(-0.88 * 25, abs=1.5)
    assert (thigh.lo, thigh.hi) == pytest.approx((thigh.value - 4, thigh.value + 4))  # the width of knee_change
    assert trunk.value == pytest.approx(0.88 * (along.lean - STANDING.lean), abs=1.5)
    assert (trunk.lo, trunk.hi) == pytest.approx((trunk.value - 1, trunk.value + 1))
    path = np.hypot(*(along.hip_xy() - STANDING.hip_xy())) / FOOT
    assert shift.value == pytest.approx(0.88 * path, abs=0.06)
    assert (shift.lo, shift.hi) == pytest.approx((shift.value - 0.06, shift.value + 0.06))


def test_a_foot_that_reads_long_scales_every_length_alike():
    a = judged(SQUAT).analysed
    clip, reps = a.clip, judged(SQUAT).reps
    longer = compute_motion(
        a.spine_input,
        estimator=ScriptedSpine(clip.script),
        calibration=replace(make_calibration(), foot_length_gain=1.25),
    )

    def measured(motion, gain):
        context = RepContext(
            motion, a.segments, a.standing, clip.pose, clip.profile, RATIOS, None, None, foot_length_gain=gain
        )
        return {m.name: m.value for m in compute_measures(reps[:1], context, quality=())}

    plain, scaled = measured(a.motion, 1.0), measured(longer, 1.25)
    for name in ("hip_back", "reach"):
        assert scaled[name] == pytest.approx(plain[name] / 1.25)
    for name in ("drop_per_back", "stoop_squat_index"):
        assert scaled[name] == pytest.approx(plain[name])


def test_feet_that_are_hidden_are_not_taken_for_a_missing_stand():
    clip = film(script(PERFECT, n_reps=1, rate_hz=15.0), with_masks=False)
    visibility = clip.pose.visibility.copy()
    rows = (clip.script.time_s > 2.9) & (clip.script.time_s < 7.2)
    visibility[np.ix_(rows, [30, 32])] = 0.1
    a = analyse_clip(replace(clip, pose=replace(clip.pose, visibility=visibility)))
    reps = find_reps(a.motion.trunk_lean.value_deg, time_s=a.motion.time_s, baseline_deg=3.0)
    context = RepContext(a.motion, a.segments, a.standing, a.clip.pose, clip.profile, RATIOS, None, None)
    by_name = {m.name: m for m in compute_measures(reps, context, quality=())}
    assert by_name["foot_slide"].value is by_name["foot_pitch"].value is None
    assert by_name["foot_slide"].reason == "The feet were not seen well enough."
    assert by_name["hip_back"].value == pytest.approx(travel(PERFECT)[0], abs=FL)


def test_the_interval_of_drop_per_back_holds_all_that_both_intervals_allow():
    # Hips that hardly come down, or may rise: the lower end then belongs to the shortest travel, not to the longest.
    shallow = solve(knee=0, lean=35)
    found = judged(shallow).measure("drop_per_back")
    back, drop = travel(shallow)
    half, wide = 0.06, 0.06 * RATIOS.drop_gain
    ends = [d / b for d in (drop - wide, drop + wide) for b in (back - half, back + half)]
    assert (found.lo, found.hi) == pytest.approx((min(ends), max(ends)), abs=0.006)
    assert min(ends) == pytest.approx((drop - wide) / (back - half))
    assert found.lo <= found.value <= found.hi


def test_no_load_is_asked_for_in_a_free_hinge():
    assert "load_offset" not in {m.name for m in judged(PERFECT).measures}


def test_hands_that_are_not_seen_are_not_guessed():
    clip = film(script(PERFECT, n_reps=1, rate_hz=15.0), with_masks=False)
    visibility = clip.pose.visibility.copy()
    visibility[:, 13:23] = 0.1
    a = analyse_clip(replace(clip, pose=replace(clip.pose, visibility=visibility)))
    reps = find_reps(a.motion.trunk_lean.value_deg, time_s=a.motion.time_s, baseline_deg=3.0)
    context = RepContext(a.motion, a.segments, a.standing, a.clip.pose, clip.profile, RATIOS, "upper_abdomen", None)
    by_name = {m.name: m for m in compute_measures(reps, context, quality=())}
    assert by_name["load_offset"].value is None
    assert "hands" in by_name["load_offset"].reason
    assert by_name["reach"].value is None


def test_measures_come_by_rep_in_one_order_with_label_unit_and_interval():
    j = judged(PERFECT)
    names = [m.name for m in j.measures if m.rep == 1]
    assert names == [name for name in MEASURE_LABELS if name in names]
    others = {"load_offset", "lean_spread", "reach_cm", "wall_gap", "wall_touch_time", "heel_to_wall", *STILLNESS}
    assert set(MEASURE_LABELS) - set(names) == others
    for m in j.measures:
        assert (m.label, m.unit) == MEASURE_LABELS[m.name]
        if m.value is None:
            assert m.reason
        else:
            assert m.lo <= m.value <= m.hi, m.name


def test_a_check_that_cannot_tell_silences_what_it_touches_with_its_advice():
    blind = QualityCheck("feet", "feet", 0.0, "%", "", "", "cannot_tell", ("hip_back", "foot_slide"), "Step back.")
    soft = replace(blind, name="soft", grade="usable", affects=("trunk_lean",), advice="More light.")
    j = judged(PERFECT, quality=(blind, soft))
    assert j.measure("hip_back").value is None
    assert j.measure("hip_back").reason == "Step back."
    assert j.measure("trunk_lean").view == "usable"
    assert j.measure("trunk_lean").value is not None
    assert j.measure("knee_flexion").view == "good"
    assert view_of("anything", [replace(blind, affects=("all",))]) == ("cannot_tell", "Step back.")


def test_a_clip_that_starts_at_the_bottom_has_no_way_down():
    time_s = np.arange(0, 6, 1 / 15)
    depth = np.interp(time_s, [0, 1, 3, 6], [1, 1, 0, 0])
    filmed = film(script(ROUNDED, time_s=time_s, depth=depth), with_masks=False)
    a = analyse_clip(filmed)
    reps = find_reps(a.motion.trunk_lean.value_deg, time_s=time_s, baseline_deg=3.0)
    context = RepContext(a.motion, a.segments, a.standing, filmed.pose, filmed.profile, RATIOS, None, None)
    by_name = {m.name: m for m in compute_measures(reps, context, quality=())}
    for name in ("hip_share_q1", "hip_share_60", "knee_change", "descent_time"):
        assert by_name[name].value is None
        assert "way down" in by_name[name].reason
    assert by_name["ascent_time"].value is not None
    assert by_name["lumbar_flexion"].value == pytest.approx(40, abs=DEG)


def test_without_an_upright_moment_there_is_no_travel_and_it_says_why():
    time_s = np.arange(0, 6, 1 / 15)
    depth = 0.6 + 0.4 * np.sin(np.pi * time_s / 6) ** 2
    filmed = film(script(ROUNDED, time_s=time_s, depth=depth), with_masks=False)
    a = analyse_clip(filmed)
    assert a.standing.reference.positions == "none"
    reps = find_reps(a.motion.trunk_lean.value_deg, time_s=time_s, baseline_deg=0.0)
    context = RepContext(a.motion, a.segments, a.standing, filmed.pose, filmed.profile, RATIOS, None, None)
    by_name = {m.name: m for m in compute_measures(reps, context, quality=())}
    for name in ("hip_back", "seat_back", "drop_per_back", "stoop_squat_index", "foot_slide", "reach"):
        assert by_name[name].value is None
        assert by_name[name].reason
    assert by_name["knee_flexion"].value is not None


@settings(deadline=None, max_examples=60)
@given(pelvis=st.floats(-30, 100), lumbar=st.floats(-30, 80), half=st.floats(0, 20))
def test_share_and_its_interval(pelvis, lumbar, half):
    share = compute_share(pelvis, (lumbar, lumbar - half, lumbar + half))
    if pelvis + lumbar < 10 or 100 * 2 * half / (pelvis + lumbar) > MAX_SHARE_SPAN + 1e-9:
        assert np.isnan(share.value)
        assert share.reason
    elif np.isfinite(share.value):  # exactly at the span either is right
        assert share.lo <= share.value + 1e-9
        assert share.value <= share.hi + 1e-9
        assert share.value == pytest.approx(100 * pelvis / (pelvis + lumbar))


@pytest.mark.parametrize(
    ("pelvis", "lumbar", "reason"),
    [
        (np.nan, 20.0, "not told"),
        (60.0, np.nan, "not told"),
        (5.0, 2.0, "hardly turns"),
        (8.0, 4.0, "too wide"),
    ],
)
def test_a_share_that_is_not_told_says_why(pelvis, lumbar, reason):
    share = compute_share(pelvis, (lumbar, lumbar - 20.0, lumbar + 20.0))
    assert np.isnan(share.value)
    assert reason in share.reason


def test_an_angle_that_is_not_told_does_not_claim_to_be_hidden():
    clip = film(script(PERFECT, n_reps=1, rate_hz=15.0), with_masks=False)
    a = analyse_clip(clip)
    reps = find_reps(a.motion.trunk_lean.value_deg, time_s=a.motion.time_s, baseline_deg=3.0)
    untold = AngleTrack(*(np.full(clip.pose.n_frames, np.nan) for _ in range(3)))
    motion = replace(a.motion, lumbar_flexion=untold)
    context = RepContext(motion, a.segments, a.standing, clip.pose, clip.profile, RATIOS, None, None)
    by_name = {m.name: m for m in compute_measures(reps, context, quality=())}
    assert by_name["lumbar_flexion"].value is None
    assert "interval is too wide" in by_name["lumbar_flexion"].reason
    assert "not told" in by_name["hip_share"].reason


@settings(deadline=None, max_examples=6)
@given(
    px_per_m=st.floats(150, 600), x=st.floats(0, 500), stature_m=st.floats(1.45, 2.0),
    rate_hz=st.sampled_from([15.0, 25.0, 60.0]), turn_deg=st.floats(-90, 90),
)  # fmt: skip
def test_measures_do_not_depend_on_size_place_rate_or_crop(px_per_m, x, stature_m, rate_hz, turn_deg):
    view = View(width_px=2400, height_px=2000, px_per_m=px_per_m, origin_px=(x + 700, 1800), crop_turn_deg=turn_deg)
    filmed = script(MIXED, n_reps=1, rate_hz=rate_hz, hold_s=0.4)
    clip = film(filmed, view=view, stature_m=stature_m, with_masks=rate_hz < 20)
    a = analyse_clip(clip)
    reps = find_reps(a.motion.trunk_lean.value_deg, time_s=a.motion.time_s, baseline_deg=3.0)
    context = RepContext(a.motion, a.segments, a.standing, clip.pose, clip.profile, RATIOS, None, None)
    found = {m.name: m.value for m in compute_measures(reps, context, quality=())}
    usual = judged(MIXED, with_masks=True)
    for name in ("trunk_lean", "hip_flexion", "knee_flexion", "shank_lean", "lumbar_flexion", "neck_extension"):
        assert found[name] == pytest.approx(usual.value(name), abs=1.2)
    assert found["hip_back"] == pytest.approx(usual.value("hip_back"), abs=0.03)
    assert found["drop_per_back"] == pytest.approx(usual.value("drop_per_back"), abs=0.03)
    assert found["hip_share"] == pytest.approx(usual.value("hip_share"), abs=2)
    if found["seat_back"] is not None:
        assert found["seat_back"] == pytest.approx(usual.value("seat_back"), abs=0.06)


def test_the_fingertips_are_given_in_centimetres_where_the_shoe_is_known():
    touch = judged(solve(knee=8, lean=95, lumbar=30, thoracic=15), drill="toe_touch", arms="hanging", foot_length_cm=26)
    feet, cm = touch.measure("reach"), touch.measure("reach_cm")
    assert cm.unit == "cm"
    assert (cm.value, cm.lo, cm.hi) == pytest.approx((26 * feet.value, 26 * feet.lo, 26 * feet.hi))
    assert cm.hi - cm.lo == pytest.approx(26 * 0.30)
    assert "estimated" in cm.label
    assert f"fingertips {cm.value:.0f} cm (" in touch.verdict.reasons[0]
    assert not any(m.name == "reach_cm" for m in judged(PERFECT).measures)
