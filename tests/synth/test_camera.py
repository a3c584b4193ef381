import numpy as np
import pytest

from hiphinge.synth.camera import place_camera

POINTS = np.array([(x, y, z) for x in (-0.25, 0.25) for y in (-0.5, 0.3) for z in (0.0, 1.75)])


def camera(**changes):
    options = {
        "yaw_deg": 0.0,
        "facing": "right",
        "lens_m": 0.9,
        "view_angle_deg": 45.0,
        "size_px": (480, 640),
        "fill": 0.9,
    } | changes
    return place_camera(POINTS, **options)


@pytest.mark.parametrize(("facing", "sign"), [("right", 1), ("left", -1)])
def test_person_faces_the_way_that_was_asked(facing, sign):
    back, front = camera(facing=facing).project(np.array([(0, 0.2, 1.0), (0, -0.2, 1.0)]))
    assert np.sign(front[0] - back[0]) == sign


def test_near_side_is_the_right_one_when_facing_right():
    near = camera(facing="right").position[0]
    assert near < 0  # +x is the person's left


@pytest.mark.parametrize("facing", ["left", "right"])
def test_positive_yaw_turns_the_front_to_the_camera(facing):
    assert camera(facing=facing, yaw_deg=30.0).position[1] < camera(facing=facing).position[1]


def test_everything_fits_and_fills():
    view = camera(yaw_deg=15.0, roll_deg=1.0)
    pixels = view.project(POINTS)
    reach = np.abs(pixels - (240, 320)) / (240, 320)
    assert reach.max() == pytest.approx(0.9, abs=0.01)


def test_up_is_up_and_pitch_looks_down():
    view = camera(lens_m=1.4)
    low, high = view.project(np.array([(0, 0, 0.2), (0, 0, 1.5)]))
    assert high[1] < low[1]
    assert view.pitch_deg > 0
    assert camera(lens_m=0.3).pitch_deg < 0


def test_target_lies_in_the_middle():
    view = camera()
    np.testing.assert_allclose(view.project(np.array([view.target])), [(240, 320)], atol=1e-6)
