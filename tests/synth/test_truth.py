from dataclasses import dataclass

import numpy as np
import pytest

from hiphinge.model import ANGLES
from hiphinge.synth.posture import (
    Bend,
    StandingCurve,
    place_joints,
    solve_bend,
    solve_stand,
    winter_skeleton,
)
from hiphinge.synth.truth import foot_length, hip_center, key_points, measure_angles

SKELETON, CURVE = winter_skeleton(), StandingCurve(balance_ratio=0.5)
BONES = {"foot": "ankle", "lowerleg01": "knee", "upperleg01": "hip", "upperarm01": "shoulder"}


@dataclass(frozen=True)
class Stick:
    joints: dict
    rotations: dict
    ears: np.ndarray


def turn(lean_deg):
    c, s = np.cos(np.radians(lean_deg)), np.sin(np.radians(lean_deg))
    return np.array(((1, 0, 0), (0, c, -s), (0, s, c)))


def stick(posture):
    """A posed skeleton in world axes (−y anterior), from the solver's sagittal one."""
    placed, lean = place_joints(SKELETON, posture.lean_deg), posture.lean_deg
    world = {name: np.array((0.0, -place[0], place[1])) for name, place in placed.items()}
    joints = {f"{bone}.{side}": world[joint] for bone, joint in BONES.items() for side in "LR"}
    joints |= {"neck01": world["c7"], "spine02": world["l1"], "spine04": world["l5"]}
    joints |= {f"{bone}.{side}": np.zeros(3) for bone in ("lowerarm01", "wrist") for side in "LR"}
    rotations = {"root": turn(lean["pelvis"]), "spine02": turn(lean["l1"]), "spine01": turn(lean["t8"])}
    ear = world["skull"] + turn(lean["head"]) @ (0.0, -0.02, 0.05)
    return Stick(joints, rotations, np.stack((ear, ear)))


STAND = stick(solve_stand(SKELETON, CURVE))


def measure(**bend):
    return measure_angles(stick(solve_bend(SKELETON, CURVE, Bend(**bend))), STAND)


def test_stand_is_zero():
    angles = measure_angles(STAND, STAND)
    for name in ("pelvis_tilt", "hip_flexion", "lumbar_flexion", "thoracic_flexion", "knee_flexion", "neck"):
        assert angles[name] == pytest.approx(0.0, abs=1e-9)


def test_every_product_angle_is_measured():
    assert set(ANGLES) <= set(measure_angles(STAND, STAND))


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ({"hip_flexion_deg": 40.0}, "hip_flexion"),
        ({"lumbar_flexion_deg": 30.0}, "lumbar_flexion"),
        ({"lumbar_flexion_deg": -8.0}, "lumbar_flexion"),
        ({"thoracic_flexion_deg": 15.0}, "thoracic_flexion"),
        ({"knee_flexion_deg": 25.0, "hip_flexion_deg": 30.0}, "knee_flexion"),
    ],
)
def test_truth_is_what_was_wished(wish, name):
    assert measure(**wish)[name] == pytest.approx(wish[f"{name}_deg"], abs=1e-6)


def test_hip_is_pelvis_minus_thigh():
    angles = measure(hip_flexion_deg=70.0, lumbar_flexion_deg=12.0, knee_flexion_deg=18.0)
    thigh = angles["thigh_lean"] - measure_angles(STAND, STAND)["thigh_lean"]
    assert angles["hip_flexion"] == pytest.approx(angles["pelvis_tilt"] - thigh)


def test_signs_forward_and_flexion_are_positive():
    hinge = measure(hip_flexion_deg=70.0, knee_flexion_deg=15.0)
    assert hinge["trunk_lean"] > 35
    assert hinge["pelvis_tilt"] > 35
    squat = measure(hip_flexion_deg=110.0, knee_flexion_deg=105.0)
    assert squat["shank_lean"] > 20
    assert squat["thigh_lean"] < -60


def test_neck_looking_up_is_negative():
    looking_up = measure(hip_flexion_deg=60.0, neck_flexion_deg=-30.0)["neck"]
    looking_down = measure(hip_flexion_deg=60.0, neck_flexion_deg=20.0)["neck"]
    assert looking_up < -5 < looking_down


def test_hips_travel_back_in_a_hinge():
    body = stick(solve_bend(SKELETON, CURVE, Bend(hip_flexion_deg=70.0, knee_flexion_deg=15.0)))
    assert (hip_center(body) - hip_center(STAND))[1] > 0.1


def test_key_points_name_both_sides_and_the_spine():
    names = set(key_points(STAND))
    assert {"left_hip", "right_knee", "left_ear", "c7", "t12", "l5"} <= names


def test_foot_length_is_the_mean_of_both_feet():
    points = {
        "left_heel": np.array((0.1, 0.05, 0)),
        "left_toe": np.array((0.1, -0.20, 0)),
        "right_heel": np.array((-0.1, 0.05, 0)),
        "right_toe": np.array((-0.1, -0.22, 0)),
    }
    assert foot_length(points) == pytest.approx(0.26)
