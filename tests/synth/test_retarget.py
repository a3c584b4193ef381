import numpy as np
import pytest

from hiphinge.errors import InputError, UsageError
from hiphinge.synth.bvh import read_bvh
from hiphinge.synth.posture import ARMS
from hiphinge.synth.retarget import CONVENTIONS, flexion_from_bvh, plan_from_bvh
from tests.synth.bvh_files import CMU, about, bend_turns, rep_course, write_bvh

PEAKS = {"pelvis": 55.0, "hip": 72.0, "lumbar": 31.0, "thoracic": 9.0, "knee": 24.0, "neck": -18.0}
SERIES = ("hip", "lumbar", "thoracic", "knee", "neck")


def record(tmp_path, course, *, order="ZYX", yaw=0.0, walk=False, stand=0.0, before=(), **options):
    turns = [bend_turns(**{k: v * c for k, v in PEAKS.items()}, yaw=yaw, stand=stand) for c in course]
    places = np.column_stack((np.linspace(0, 90 if walk else 0, len(course)), np.full((len(course), 2), (36.0, 0.0))))
    if walk:
        yaws = np.linspace(0, 170, len(course))
        turns = [t | {"Hips": about((0, 1, 0), y) @ t["Hips"]} for t, y in zip(turns, yaws, strict=True)]
    turns = [*before, *turns]
    places = np.vstack((np.tile(places[0], (len(before), 1)), places))
    return read_bvh(write_bvh(tmp_path / "a.bvh", turns, places=places, order=order, **options))


@pytest.mark.parametrize("order", ["ZYX", "XYZ", "YXZ"])
@pytest.mark.parametrize("yaw", [0.0, 130.0])
def test_known_angles_are_recovered(tmp_path, order, yaw):
    course = rep_course()
    flexion = flexion_from_bvh(record(tmp_path, course, order=order, yaw=yaw))
    for name in SERIES:
        np.testing.assert_allclose(getattr(flexion, f"{name}_deg"), PEAKS[name] * course, atol=0.05)
    np.testing.assert_allclose(flexion.pelvis_tilt_deg, PEAKS["pelvis"] * course, atol=0.05)
    assert flexion.still_s[0] == 0
    assert flexion.still_s[1] == pytest.approx(1.0, abs=0.01)


def test_turning_about_the_vertical_bends_nothing(tmp_path):
    course = rep_course()
    flexion = flexion_from_bvh(record(tmp_path, course, walk=True))
    for name in SERIES:
        np.testing.assert_allclose(getattr(flexion, f"{name}_deg"), PEAKS[name] * course, atol=0.1)


def test_changes_are_counted_from_the_own_stand(tmp_path):
    course = rep_course()
    flexion = flexion_from_bvh(record(tmp_path, course, stand=12.0))
    for name in SERIES:
        np.testing.assert_allclose(getattr(flexion, f"{name}_deg"), PEAKS[name] * course, atol=0.05)


def test_the_plan_is_the_motion_at_another_rate(tmp_path):
    course = rep_course()
    plan = plan_from_bvh(record(tmp_path, course), rate_hz=25.0, arms=ARMS["crossed"], label="cmu")
    assert len(plan.bends) == len(plan.phases) == len(plan.time_s)
    np.testing.assert_allclose(np.diff(plan.time_s), 0.04)
    assert plan.time_s[-1] == pytest.approx((len(course) - 1) / 120, abs=0.04)
    then = np.interp(plan.time_s, np.arange(len(course)) / 120, course)
    for name in SERIES:
        np.testing.assert_allclose(
            [getattr(b, f"{name}_flexion_deg") for b in plan.bends], PEAKS[name] * then, atol=0.1
        )
    assert {bend.arms.name for bend in plan.bends} == {"crossed"}
    assert plan.strategies == ("cmu",)


def test_reps_and_phases_lie_where_the_bend_is(tmp_path):
    course = np.concatenate((rep_course(), rep_course()))
    plan = plan_from_bvh(record(tmp_path, course), rate_hz=50.0)
    assert len(plan.reps) == 2
    first, second = plan.reps
    assert 1.5 < first.start_s < 2.1
    assert 2.5 < first.bottom_s < 3.0 < 3.4 < first.leave_s < 3.8
    assert 3.9 < first.end_s < 4.45
    assert second.start_s - first.start_s == pytest.approx(5.2, abs=0.05)
    seen = [plan.phases[0]]
    for phase in plan.phases:
        if phase != seen[-1]:
            seen.append(phase)
    assert seen == ["still", *["descent", "bottom", "ascent", "stand"] * 2]


def test_touching_reps_share_the_highest_moment(tmp_path):
    course = rep_course()
    # 86° deep, up to 8.6°, 52° deep: the second bend's edge (6.2°) was last passed before the first.
    up_again = 0.1 + 0.9 * course[408:528]
    second = 0.1 + 0.25 * (1 - np.cos(np.linspace(0, 2 * np.pi, 240)))
    bend = np.concatenate((course[:408], up_again, second, np.linspace(0.1, 0, 60), np.zeros(60)))
    plan = plan_from_bvh(record(tmp_path, bend), rate_hz=60.0)
    assert len(plan.reps) == 2
    for before, after in zip(plan.reps, plan.reps[1:], strict=False):
        assert before.end_s <= after.start_s
    assert all(r.start_s < r.bottom_s <= r.leave_s < r.end_s for r in plan.reps)


def test_a_bend_before_the_stand_is_no_stand(tmp_path):
    # Bent deeply for a while first: zero is the stand after it.
    bent = [bend_turns(**PEAKS)] * 180
    up = [bend_turns(**{k: v * c for k, v in PEAKS.items()}) for c in rep_course()[420:]]
    flexion = flexion_from_bvh(record(tmp_path, rep_course(), before=[*bent, *up]))
    assert flexion.still_s[0] > 1.5
    assert flexion.hip_deg[:100].mean() == pytest.approx(PEAKS["hip"], abs=0.1)
    plan = plan_from_bvh(record(tmp_path, rep_course(), before=[*bent, *up]), rate_hz=30.0)
    assert abs(plan.bends[0].hip_flexion_deg) < 1.0


def test_a_motion_without_a_stand_is_refused_unless_one_is_named(tmp_path):
    course = np.clip(0.5 - 0.5 * np.cos(np.arange(480) / 480 * 8 * np.pi), 0, 1)
    motion = record(tmp_path, course)
    with pytest.raises(InputError, match="Nobody stands still") as caught:
        flexion_from_bvh(motion)
    assert "still_s" in caught.value.next_step
    flexion = flexion_from_bvh(motion, still_s=(0.0, 0.01))
    assert flexion.hip_deg.max() == pytest.approx(PEAKS["hip"], abs=0.2)
    with pytest.raises(UsageError, match="No frame"):
        flexion_from_bvh(motion, still_s=(50.0, 60.0))


def test_a_short_motion_is_refused(tmp_path):
    with pytest.raises(InputError, match="Nobody stands still"):
        flexion_from_bvh(record(tmp_path, np.zeros(1)))


def renamed(tmp_path, rename):
    joints = tuple((rename(name), parent and rename(parent), place) for name, parent, place in CMU)
    turns = [
        {rename(k): v for k, v in bend_turns(**{n: p * c for n, p in PEAKS.items()}).items()} for c in rep_course()
    ]
    return read_bvh(write_bvh(tmp_path / "a.bvh", turns, joints=joints))


def peaks(flexion):
    return [getattr(flexion, f"{name}_deg")[200:420].mean() for name in SERIES]


def test_known_conventions_are_found(tmp_path):
    cmu = peaks(flexion_from_bvh(renamed(tmp_path, str)))
    three = {"LowerBack": "Spine", "Spine": "Spine1", "Spine1": "Spine2"}
    chest = {"LowerBack": "Waist", "Spine": "Chest", "Spine1": "Chest2"}
    chest |= {
        f"{s}{a}": f"{s}{b}"
        for s in ("Left", "Right")
        for a, b in (("UpLeg", "Hip"), ("Leg", "Knee"), ("Foot", "Ankle"))
    }
    for rename in (
        lambda name: three.get(name, name),
        lambda name: "mixamorig:" + three.get(name, name),
        lambda name: chest.get(name, name),
    ):
        np.testing.assert_allclose(peaks(flexion_from_bvh(renamed(tmp_path, rename))), cmu, atol=1e-3)


def test_other_names_need_a_mapping(tmp_path):
    motion = renamed(tmp_path, lambda name: f"j_{name}")
    with pytest.raises(UsageError, match="no joint 'Hips'"):
        flexion_from_bvh(motion)
    names = {role: f"j_{name}" for role, name in CONVENTIONS["cmu"].items()}
    assert flexion_from_bvh(motion, names=names).lumbar_deg.max() == pytest.approx(PEAKS["lumbar"], abs=0.05)
    assert flexion_from_bvh(motion, names=names | {"thorax": "j_LowerBack"}).lumbar_deg.max() == pytest.approx(
        0.4 * PEAKS["lumbar"], abs=0.05
    )
    with pytest.raises(UsageError, match="'tail'"):
        flexion_from_bvh(motion, names={"tail": "x"})


def test_a_file_with_z_up_is_read_with_z_up(tmp_path):
    # y up to z up: a quarter turn about x, done by the root and its place.
    lay = about((1, 0, 0), 90)
    course = rep_course()
    turns = [bend_turns(**{k: v * c for k, v in PEAKS.items()}) for c in course]
    turns = [turn | {"Hips": lay @ turn["Hips"]} for turn in turns]
    motion = read_bvh(write_bvh(tmp_path / "a.bvh", turns, places=np.tile((0.0, 0.0, 36.0), (len(course), 1))))
    flexion = flexion_from_bvh(motion, up="z")
    for name in SERIES:
        np.testing.assert_allclose(getattr(flexion, f"{name}_deg"), PEAKS[name] * course, atol=0.05)


def test_hips_on_one_spot_are_refused(tmp_path):
    joints = tuple((name, parent, (0, -1.5, 0) if "UpLeg" in name else place) for name, parent, place in CMU)
    motion = read_bvh(write_bvh(tmp_path / "a.bvh", [{}] * 200, joints=joints))
    with pytest.raises(InputError, match="hips lie above"):
        flexion_from_bvh(motion)


@pytest.mark.parametrize("rate", [0.0, -5.0, float("nan"), float("inf")])
def test_rates_that_are_none_are_refused(tmp_path, rate):
    with pytest.raises(UsageError, match="rate"):
        plan_from_bvh(record(tmp_path, rep_course()), rate_hz=rate)
