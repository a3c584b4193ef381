from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.synth.posture import (
    ARMS,
    MASS_RATIO,
    Bend,
    StandingCurve,
    center_of_mass,
    place_joints,
    solve_bend,
    solve_stand,
    winter_skeleton,
)

SKELETON = winter_skeleton()
CURVE = StandingCurve(balance_ratio=0.5)
FOOT_M = SKELETON.toe_x - SKELETON.heel_x


def test_masses_add_up_to_one_body():
    assert sum(MASS_RATIO.values()) == pytest.approx(1.0, abs=0.001)


def test_rest_leans_give_back_the_rest_skeleton():
    placed = place_joints(SKELETON, dict.fromkeys(solve_stand(SKELETON, CURVE).lean_deg, 0.0))
    for joint, place in placed.items():
        np.testing.assert_allclose(place, SKELETON.joints[joint], atol=1e-12)


def test_stand_holds_the_pelvis_and_balances():
    stand = solve_stand(SKELETON, replace(CURVE, pelvis_deg=6.0, knee_deg=3.0))
    assert stand.balanced
    assert stand.lean_deg["pelvis"] == pytest.approx(6.0)
    assert stand.lean_deg["shank"] - stand.lean_deg["thigh"] == pytest.approx(3.0)


@settings(max_examples=60, deadline=None)
@given(
    hip=st.floats(0, 95),
    lumbar=st.floats(-10, 55),
    thoracic=st.floats(-10, 25),
    knee=st.floats(0, 60),
    target=st.floats(0.35, 0.55),
    arms=st.sampled_from(sorted(ARMS)),
)
def test_center_of_mass_stands_over_the_foot(hip, lumbar, thoracic, knee, target, arms):
    curve = replace(CURVE, balance_ratio=target)
    posture = solve_bend(SKELETON, curve, Bend(hip, lumbar, thoracic, knee, arms=ARMS[arms]))
    mass = center_of_mass(SKELETON, posture.lean_deg, posture.arms)
    assert (mass[0] - SKELETON.heel_x) / FOOT_M == pytest.approx(posture.balance_ratio, abs=1e-6)
    if posture.balanced:
        assert posture.balance_ratio == pytest.approx(target, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(hip=st.floats(0, 95), lumbar=st.floats(-10, 55), knee=st.floats(0, 60))
def test_wished_angles_are_the_changes_from_standing(hip, lumbar, knee):
    stand = solve_bend(SKELETON, CURVE, Bend()).lean_deg
    bent = solve_bend(SKELETON, CURVE, Bend(hip, lumbar, 4.0, knee)).lean_deg

    def change(of, against):
        return (bent[of] - bent[against]) - (stand[of] - stand[against])

    assert change("pelvis", "thigh") == pytest.approx(hip, abs=1e-6)
    assert change("shank", "thigh") == pytest.approx(knee, abs=1e-6)
    assert change("l1", "pelvis") == pytest.approx(lumbar, abs=1e-6)
    assert change("t8", "l1") == pytest.approx(4.0, abs=1e-6)


def test_feet_stay_planted_in_every_bend():
    for hip in range(0, 100, 10):
        posture = solve_bend(SKELETON, CURVE, Bend(float(hip), 20.0, 0.0, 15.0))
        np.testing.assert_array_equal(place_joints(SKELETON, posture.lean_deg)["ankle"], SKELETON.joints["ankle"])


def test_hinge_matches_the_static_model_of_the_design():
    # clinical.md, hinge geometry: knee 20, trunk 60 -> shank about -2, hip about 0.81 foot lengths back.
    posture = solve_bend(SKELETON, CURVE, Bend(hip_flexion_deg=82.0, knee_flexion_deg=20.0))
    stand = solve_stand(SKELETON, CURVE)
    assert posture.lean_deg["shank"] == pytest.approx(-2.0, abs=4.0)
    hip = place_joints(SKELETON, posture.lean_deg)["hip"] - place_joints(SKELETON, stand.lean_deg)["hip"]
    assert -hip[0] / FOOT_M == pytest.approx(0.81, abs=0.12)
    assert -hip[1] / -hip[0] == pytest.approx(0.14, abs=0.06)


def test_squat_leans_the_shank_forward():
    posture = solve_bend(SKELETON, CURVE, Bend(hip_flexion_deg=116.0, knee_flexion_deg=110.0))
    assert posture.balanced
    assert 22 < posture.lean_deg["shank"] < 42


def test_bend_that_nobody_can_hold_is_not_balanced():
    posture = solve_bend(SKELETON, CURVE, Bend(hip_flexion_deg=0.0, knee_flexion_deg=110.0))
    assert not posture.balanced


@pytest.mark.parametrize("name", sorted(ARMS))
def test_every_arm_pose_can_stand(name):
    assert solve_stand(SKELETON, CURVE, arms=ARMS[name]).balanced
