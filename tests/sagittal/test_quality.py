from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from hiphinge.model import PersonCandidate
from hiphinge.sagittal import FacingDecision
from hiphinge.sagittal.points import ANKLES, KNEES
from hiphinge.sagittal.quality import ViewInput, check_view, is_camera_still
from tests.synthetic import FACING_RIGHT, ONE_PERSON, PERFECT, View, analyse_clip, film, script, still_camera

N_FRAMES = len(script(PERFECT, n_reps=2, rate_hz=15.0).time_s)


@cache
def _filmed(view, arms, with_masks):
    clip = film(script(PERFECT, n_reps=2, rate_hz=15.0), view=view, arms=arms, with_masks=with_masks)
    return clip, analyse_clip(clip)


def view_of(*, view=None, unseen=None, arms="crossed", with_masks=False, **changes):
    """What the gate sees of a good clip, with the given fields changed."""
    plan = {key: changes.pop(key) for key in ("still_s", "between_s", "rate_hz", "time_s", "depth") if key in changes}
    filmed = script(PERFECT, **{"n_reps": 2, "rate_hz": 15.0, **plan})
    if unseen is None and not plan:
        clip, a = _filmed(view, arms, with_masks)
    else:
        clip = film(filmed, view=view, unseen=unseen, arms=arms, with_masks=with_masks)
        a = analyse_clip(clip)
    with np.errstate(invalid="ignore"):
        bent = a.segments.trunk_lean_deg > 20
    base = ViewInput(
        pose=clip.pose,
        profile=clip.profile,
        segments=a.segments,
        standing=a.standing,
        camera=a.camera,
        yaw_deg=a.spine_input.yaw_deg,
        bent=bent if bent.any() else clip.pose.seen,
        facing=FACING_RIGHT,
        people=ONE_PERSON,
        n_reps=3,
        is_photograph=False,
    )
    return replace(base, **changes)


def check(name, view):
    return {c.name: c for c in check_view(view)}[name]


def test_a_good_clip_is_good_throughout():
    checks = check_view(view_of(with_masks=True))
    assert {c.name: c.grade for c in checks if c.grade != "good"} == {}
    assert [c.name for c in checks] == [
        "person", "facing", "side_on", "head_in_frame", "trunk_in_frame", "knees_in_frame", "feet_in_frame",
        "body_height", "leg_visible", "sharpness", "still_stand", "cuts", "camera_still", "frame_rate", "reps",
        "back_visible", "one_person", "undamaged",
    ]  # fmt: skip


def test_every_check_says_what_was_measured_against_what_and_what_to_do():
    for one in check_view(view_of(with_masks=True)):
        assert one.label
        assert one.good
        assert one.usable
        assert one.advice.endswith(".")


def lost(share):
    rows = np.zeros(N_FRAMES, dtype=bool)
    rows[: round(share * N_FRAMES)] = True
    return rows


@pytest.mark.parametrize(("share", "grade"), [(0.1, "good"), (0.5, "usable"), (0.83, "usable"), (0.98, "cannot_tell")])
def test_person(share, grade):
    found = check("person", view_of(unseen=lost(share)))
    assert found.grade == grade
    assert found.value == pytest.approx(100 * (1 - share), abs=0.5)
    assert found.affects == ("all",)


def test_nobody_gives_one_check_only():
    checks = check_view(view_of(unseen=np.ones(N_FRAMES, dtype=bool)))
    assert [c.name for c in checks] == ["person"]
    assert checks[0].grade == "cannot_tell"
    assert "No person" in checks[0].advice


@pytest.mark.parametrize(
    ("facing", "grade"),
    [
        (FacingDecision("right", 0.9), "good"),
        (FacingDecision("left", 0.4), "usable"),
        (FacingDecision(None, 0.2), "cannot_tell"),
    ],
)
def test_facing(facing, grade):
    assert check("facing", view_of(facing=facing)).grade == grade


@pytest.mark.parametrize(
    ("yaw_deg", "grade"),
    [
        (0, "good"),
        (12, "good"),
        (-15, "good"),
        (30, "usable"),
        (-33, "usable"),
        (34.5, "usable"),
        (36, "cannot_tell"),
        (65, "cannot_tell"),
        (-80, "cannot_tell"),
    ],
)
def test_side_on(yaw_deg, grade):
    found = check("side_on", view_of(view=View(yaw_deg=float(yaw_deg))))
    assert found.grade == grade
    assert found.value == pytest.approx(abs(yaw_deg), abs=0.5)


def test_a_cropped_head_touches_neck_and_positions():
    low = View(height_px=620, origin_px=(380.0, 560.0))
    found = {c.name: c for c in check_view(view_of(view=low))}
    assert found["head_in_frame"].grade == "cannot_tell"
    assert found["head_in_frame"].value == pytest.approx(42, abs=2)
    assert {"neck_extension", "hip_back", "drop_per_back", "foot_slide"} <= set(found["head_in_frame"].affects)
    assert not {"lumbar_flexion", "hip_share", "trunk_lean", "knee_flexion"} & set(found["head_in_frame"].affects)
    assert found["trunk_in_frame"].grade == "good"
    assert found["feet_in_frame"].grade == "good"


def test_a_mask_along_the_upper_border_is_a_head_out_of_the_picture():
    view = view_of(with_masks=True)
    assert check("head_in_frame", view).value == 100
    for share, grade in ((0.04, "good"), (0.10, "usable"), (0.20, "cannot_tell")):
        top = view.profile.body_top_px.copy()
        top[: round(share * N_FRAMES)] = 0.009 * view.pose.height_px
        found = check("head_in_frame", replace(view, profile=replace(view.profile, body_top_px=top)))
        assert (found.grade, found.value) == (grade, pytest.approx(100 * (1 - share), abs=0.5))
    just_below = np.full(N_FRAMES, 0.011 * view.pose.height_px)
    inside = replace(view, profile=replace(view.profile, body_top_px=just_below))
    assert check("head_in_frame", inside).value == 100


def test_a_head_at_the_border_is_noticed_on_a_filmed_clip():
    # All points of the head lie inside the picture, the skull's top does not.
    touching = view_of(view=View(origin_px=(380.0, 628.0)), with_masks=True)
    assert (touching.pose.keypoints_px[:, [0, 8], 1] > 30).all()
    assert check("head_in_frame", touching).grade == "cannot_tell"


def test_cropped_feet_cannot_tell_travel():
    found = {c.name: c for c in check_view(view_of(view=View(height_px=700, origin_px=(380.0, 720.0))))}
    assert found["feet_in_frame"].grade == "cannot_tell"
    assert {"hip_back", "foot_slide", "drop_per_back"} <= set(found["feet_in_frame"].affects)
    assert "lumbar_flexion" not in found["feet_in_frame"].affects
    assert found["trunk_in_frame"].grade == "good"


def test_half_a_body_beside_the_picture_cannot_tell_anything():
    found = check("trunk_in_frame", view_of(view=View(origin_px=(10.0, 740.0))))
    assert found.grade == "cannot_tell"
    assert found.value == pytest.approx(52, abs=3)
    assert found.affects == ("all",)


@pytest.mark.parametrize(("px_per_m", "grade"), [(380.0, "good"), (110.0, "usable"), (50.0, "cannot_tell")])
def test_body_height(px_per_m, grade):
    found = check("body_height", view_of(view=View(px_per_m=px_per_m, origin_px=(300, 700))))
    assert found.grade == grade
    assert found.value == pytest.approx(1.75 * px_per_m, rel=0.06)


@pytest.mark.parametrize("point", [KNEES[1], ANKLES[1]])
@pytest.mark.parametrize(
    ("hidden", "grade"), [(0.0, "good"), (0.05, "good"), (0.4, "usable"), (0.65, "usable"), (0.8, "cannot_tell")]
)
def test_leg_visible_is_the_share_of_bent_frames_with_knee_and_ankle(point, hidden, grade):
    view = view_of()
    visibility = view.pose.visibility.copy()
    bent = np.flatnonzero(view.bent)
    visibility[bent[: round(hidden * len(bent))], point] = 0.49
    found = check("leg_visible", replace(view, pose=replace(view.pose, visibility=visibility)))
    assert found.grade == grade
    assert found.value == pytest.approx(100 * (1 - hidden), abs=1)
    assert {"knee_flexion", "shank_lean", "hip_back"} <= set(found.affects)
    assert "lumbar_flexion" not in found.affects


def test_a_leg_that_is_hidden_only_while_standing_does_not_count():
    view = view_of()
    visibility = view.pose.visibility.copy()
    visibility[~view.bent, ANKLES[1]] = 0.0
    assert check("leg_visible", replace(view, pose=replace(view.pose, visibility=visibility))).value == 100


def test_the_far_leg_may_be_hidden():
    view = view_of()
    visibility = view.pose.visibility.copy()
    visibility[:, [KNEES[0], ANKLES[0]]] = 0.0
    assert check("leg_visible", replace(view, pose=replace(view.pose, visibility=visibility))).grade == "good"


@pytest.mark.parametrize(("ratio", "grade"), [(0.03, "good"), (0.15, "usable"), (0.5, "cannot_tell")])
def test_sharpness(ratio, grade):
    view = view_of()
    trunk = float(np.median(view.segments.trunk_px))
    profile = replace(view.profile, edge_softness_px=np.full(N_FRAMES, ratio * trunk))
    assert check("sharpness", replace(view, profile=profile)).grade == grade


def test_still_stand():
    assert check("still_stand", view_of()).value == pytest.approx(2.0, abs=0.2)
    without = check("still_stand", view_of(still_s=0.2, between_s=0.0))
    assert without.grade == "usable"
    assert without.value == 0.0
    assert "hip_back" not in without.affects
    never = np.arange(0, 5, 1 / 15)
    bent = check("still_stand", view_of(time_s=never, depth=np.ones(never.shape)))
    assert "hip_back" in bent.affects


def test_cuts():
    view = view_of()
    assert check("cuts", view).grade == "good"
    cut = np.zeros(N_FRAMES, dtype=bool)
    cut[50] = True
    found = check("cuts", replace(view, camera=replace(view.camera, cut=cut)))
    assert (found.value, found.grade) == (1.0, "usable")


@pytest.mark.parametrize(
    ("shift", "grade"), [(0.0, "good"), (0.06, "usable"), (0.6, "cannot_tell"), (float("nan"), "usable")]
)
def test_camera_motion(shift, grade):
    view = view_of()
    shifts = np.zeros((N_FRAMES, 2))
    shifts[10:] = shift
    found = check("camera_still", replace(view, camera=replace(view.camera, shift_ratio=shifts)))
    if np.isnan(shift):
        shifts[:] = np.nan
        found = check("camera_still", replace(view, camera=replace(view.camera, shift_ratio=shifts)))
        assert found.value is None
    assert found.grade == grade


@pytest.mark.parametrize(
    ("shift", "still"), [(0.0, True), (0.019, True), (0.021, False), (0.2, False), (float("nan"), False)]
)
def test_is_camera_still(shift, still):
    camera = still_camera(40)
    shifts = np.zeros((40, 2))
    shifts[10:, 0] = shift
    if np.isnan(shift):
        shifts[:] = np.nan  # what was not read is not taken for standing
    assert is_camera_still(replace(camera, shift_ratio=shifts)) is still


def test_one_jolt_does_not_make_a_camera_move():
    shifts = np.zeros((40, 2))
    shifts[20] = 0.3
    assert is_camera_still(replace(still_camera(40), shift_ratio=shifts))


@pytest.mark.parametrize(("rate_hz", "grade"), [(30.0, "good"), (8.0, "usable"), (2.0, "cannot_tell")])
def test_frame_rate(rate_hz, grade):
    found = check("frame_rate", view_of(rate_hz=rate_hz))
    assert found.grade == grade
    assert found.value == pytest.approx(rate_hz, rel=0.02)


def test_repeated_pictures_do_not_count_as_a_rate():
    view = view_of()
    still = np.ones(N_FRAMES, dtype=bool)
    still[::12] = False
    found = check("frame_rate", replace(view, camera=replace(view.camera, still_picture=still)))
    assert found.grade == "cannot_tell"


@pytest.mark.parametrize(("n_reps", "grade"), [(0, "cannot_tell"), (1, "cannot_tell"), (2, "usable"), (5, "good")])
def test_reps(n_reps, grade):
    found = check("reps", view_of(n_reps=n_reps))
    assert found.grade == grade
    assert found.affects == ("lean_spread",)


@pytest.mark.parametrize(("hidden", "grade"), [(0.0, "good"), (0.4, "usable"), (0.9, "cannot_tell")])
def test_hidden_back(hidden, grade):
    view = view_of(with_masks=True)
    stations = view.profile.station_ratio
    low = np.flatnonzero((stations >= -0.10) & (stations <= 0.65))
    mark = np.zeros_like(view.profile.hidden)
    mark[:, low[: round(hidden * len(low))]] = True
    found = check("back_visible", replace(view, profile=replace(view.profile, hidden=mark)))
    assert found.grade == grade
    assert found.value == pytest.approx(100 * hidden, abs=3)
    assert "lumbar_flexion" in found.affects
    assert "trunk_lean" not in found.affects


def test_a_hand_on_the_back_is_noticed():
    free = check("back_visible", view_of(with_masks=True, arms="crossed"))
    held = check("back_visible", view_of(with_masks=True, arms="on_back"))
    assert free.value < 5
    assert held.value > 15


def test_other_people():
    crowd = (*ONE_PERSON, PersonCandidate(1, (0.9, 0.5), 0.3, 0.5, 0.0, False))
    found = check("one_person", view_of(people=crowd))
    assert (found.value, found.grade) == (1.0, "usable")
    assert "--person" in found.advice


def test_lost_pictures():
    assert check("undamaged", view_of(n_lost=0)).grade == "good"
    assert check("undamaged", view_of(n_lost=N_FRAMES)).grade == "usable"


def test_a_photograph_is_not_asked_for_reps_rate_or_cuts():
    view = view_of(time_s=np.zeros(1), depth=np.ones(1), is_photograph=True)
    names = [c.name for c in check_view(view)]
    assert not {"cuts", "camera_still", "frame_rate", "reps"} & set(names)
    assert check("person", view).grade == "good"
