"""Stance width from the points of somebody who faces the camera."""

import numpy as np
import pytest

from hiphinge.verdict.stance import GAIN, measure_stance

#: Half spacings and heights of a figure that stands upright and faces the camera, pixels: 100 between the shoulders.
JOINTS = {
    (11, 12): (50.0, 100.0),
    (23, 24): (28.0, 250.0),
    (25, 26): (28.0, 370.0),
    (27, 28): (50.0, 480.0),
}


def pose(stance=1.0, *, turn_deg=0.0, scale=1.0, squat=1.0, bend=1.0, stagger=0.0):
    """Points in pixels and metres; ``squat`` and ``bend`` shorten legs and trunk in the picture."""
    points, depth = np.full((1, 33, 2), 300.0), np.zeros((1, 33))
    for (left, right), (half, height) in JOINTS.items():
        half *= stance if (left, right) == (27, 28) else 1.0
        height = 250 + (height - 250) * (bend if height < 250 else squat)
        for joint, side in ((left, 1), (right, -1)):
            points[0, joint] = (300 + side * half, height)
            depth[0, joint] = side * stagger if (left, right) == (27, 28) else 0.0
    turn = np.radians(turn_deg)
    x, z = points[..., 0] - 300, depth
    points = np.stack([300 + np.cos(turn) * x + np.sin(turn) * z, points[..., 1]], axis=-1)
    world = np.stack(
        [np.cos(turn) * x + np.sin(turn) * z, points[..., 1] - 250, -np.sin(turn) * x + np.cos(turn) * z], -1
    )
    return points * scale, np.full((1, 33), 0.95), world * 0.003


@pytest.mark.parametrize(
    ("stance", "place", "said"),
    [
        (0.60, "narrow", "further apart"),
        (0.90, "shoulder_width", ""),
        (1.00, "shoulder_width", ""),
        (1.30, "shoulder_width", ""),
        (1.55, "wide", "where the hips pinch"),
        (2.00, "very_wide", "closer together"),
    ],
)
def test_the_ratio_and_its_band(stance, place, said):
    found = measure_stance(*pose(stance))
    assert found.value == pytest.approx(GAIN * stance)
    assert found.lo < found.value < found.hi
    assert found.hi - found.value == pytest.approx(np.hypot(0.105 * found.value, 0.03))
    assert found.place == place
    assert said in found.cue
    assert (found.cue == "") == (place == "shoulder_width")
    assert found.reason == ""


@pytest.mark.parametrize("turn_deg", [-30.0, 30.0, 180.0, 160.0])
def test_a_turn_of_30_degrees_or_the_back_gives_the_same(turn_deg):
    assert measure_stance(*pose(1.0, turn_deg=turn_deg)).value == pytest.approx(GAIN)


@pytest.mark.parametrize("turn_deg", [45.0, -80.0, 110.0])
def test_a_person_who_is_turned_is_refused(turn_deg):
    found = measure_stance(*pose(1.0, turn_deg=turn_deg))
    assert (found.value, found.lo, found.hi, found.place, found.cue) == (None, None, None, "cannot_tell", "")
    assert "turned by about" in found.reason


@pytest.mark.parametrize("change", [{"squat": 0.5}, {"bend": 0.4}, {"squat": 0.55, "bend": 0.6}])
def test_a_bend_or_a_squat_is_refused(change):
    found = measure_stance(*pose(1.0, **change))
    assert found.value is None
    assert "stand upright" in found.reason


def test_a_small_person_is_refused():
    assert "too small" in measure_stance(*pose(1.0, scale=0.2)).reason


@pytest.mark.parametrize("joint", [11, 28])
def test_hidden_ankles_or_shoulders_are_refused(joint):
    points, shown, world = pose(1.0)
    shown[0, joint] = 0.2
    assert "must be seen" in measure_stance(points, shown, world).reason


def test_nobody_is_refused():
    points, shown, world = pose(1.0)
    assert "Nobody was found" in measure_stance(points * np.nan, shown, world).reason


def test_of_several_pictures_the_upright_ones_count():
    parts = [pose(1.0), pose(1.0), pose(1.6, squat=0.5)]
    found = measure_stance(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    assert found.value == pytest.approx(GAIN)
