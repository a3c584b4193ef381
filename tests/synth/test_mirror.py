"""A mirror's image lands where optics puts it, inside the frame, in front of the glass."""

import numpy as np
import pytest

from hiphinge.synth.camera import Camera
from hiphinge.synth.mesh import Layer
from hiphinge.synth.mirror import MirrorFrame, draw_mirror_frame, make_bystander, mirror_image

CAMERA = Camera((-3.0, 0.4, 1.1), (0.0, 0.0, 0.9), 45.0, 1.0, 480, 640, 0.0, "right")
WALL = np.array((1.4, 0.0, 0.0))
NORMAL = np.array((-1.0, 0.0, 0.0))
FRAME = MirrorFrame(-2.0, 2.0, 0.05, 2.2)


def cloud(seed=0, height=1.7, name="skin"):
    rng = np.random.default_rng(seed)
    points = rng.uniform((-0.3, -0.4, 0.2), (0.3, 0.4, height), (60, 3))
    normals = rng.normal(size=(60, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    faces = np.arange(60).reshape(-1, 3)
    return Layer(name, points, faces, np.full((20, 3), 200, dtype=np.uint8), normals)


def reflect(points):
    return points * (-1, 1, 1) + (2.8, 0, 0)


def image_of(layer, frame=FRAME):
    return mirror_image([layer], camera=CAMERA, wall_point=WALL, wall_normal=NORMAL, frame=frame)


def test_the_image_lands_on_the_pixels_of_the_virtual_person():
    person = cloud()
    _, image = image_of(person)
    np.testing.assert_allclose(CAMERA.project(image.points), CAMERA.project(reflect(person.points)), atol=1e-6)
    assert image.name == "mirror skin"


def test_the_image_lies_flat_before_the_glass_in_order_of_depth():
    person = cloud()
    _, image = image_of(person)
    before = 1.4 - image.points[:, 0]
    assert before.min() > 0
    assert before.max() < 0.055
    order = np.argsort(person.points[:, 0])
    assert (np.diff(before[order]) > 0).all()


def test_what_lies_outside_the_frame_collapses_onto_its_edge():
    frame = MirrorFrame(-0.2, 0.2, 0.6, 1.3)
    glass, image = image_of(cloud(), frame)
    _, free = image_of(cloud())
    pixels = CAMERA.project(image.points)
    # The edge points drawn off the glass still cover the pixels of the frame's edge.
    corners = np.array([(1.4, y, z) for y in (-0.2, 0.2) for z in (0.6, 1.3)])
    limit = CAMERA.project(corners)
    assert (pixels >= limit.min(axis=0) - 1e-6).all()
    assert (pixels <= limit.max(axis=0) + 1e-6).all()
    assert glass.name == "mirror frame"
    np.testing.assert_array_equal(image.faces, free.faces)
    np.testing.assert_array_equal(image.colors, free.colors)


def test_reflected_faces_turn_round_and_normals_are_mirrored():
    person = cloud()
    _, image = image_of(person)
    np.testing.assert_array_equal(image.faces, person.faces[:, ::-1])
    np.testing.assert_allclose(image.normals, person.normals * (-1, 1, 1))
    assert (image.colors == int(0.85 * 200)).all()


def test_a_mirror_frame_surrounds_the_glass():
    frame_layer, _ = image_of(cloud())
    assert np.ptp(frame_layer.points[:, 1]) == pytest.approx(4.0 + 2 * 0.04)
    assert np.ptp(frame_layer.points[:, 2]) == pytest.approx(2.15 + 2 * 0.04)


def test_drawn_frames_repeat_and_are_wide_enough():
    frames = [draw_mirror_frame(np.random.default_rng(k)) for k in range(30)]
    assert frames == [draw_mirror_frame(np.random.default_rng(k)) for k in range(30)]
    assert all(frame.right_m - frame.left_m >= 0.5 and frame.top_m - frame.bottom_m >= 1.0 for frame in frames)


def test_a_bystander_is_moved_and_has_its_own_name():
    person = cloud()
    (other,) = make_bystander([person], turn_deg=180.0, place_m=(0.5, 1.0))
    np.testing.assert_allclose(other.points, person.points * (-1, -1, 1) + (0.5, 1.0, 0.0), atol=1e-12)
    assert other.name == "bystander:skin"
