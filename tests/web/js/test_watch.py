"""The camera's movement, read in the browser from small grey pictures."""

import numpy as np
import pytest

from tests.web.js.node import run_js

WIDTH, HEIGHT = 160, 90


def background(shift=(0.0, 0.0), *, seed=3, texture=1.0):
    """A soft random pattern, moved by a part of a pixel."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    picture = np.full((HEIGHT, WIDTH), 128.0)
    for _ in range(120):
        at_x, at_y, size, level = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(2, 5), rng.normal(0, 45)
        far = (x - at_x - shift[0]) ** 2 + (y - at_y - shift[1]) ** 2
        picture += texture * level * np.exp(-far / (2 * size**2))
    return picture.ravel().round(3).tolist()


def follow(pictures, box=None):
    """Shift of every picture after the first, thumbnail pixels."""
    (answer,) = run_js([("./follow.mjs", "followAll", [pictures, WIDTH, HEIGHT, box])])
    return [[float(v) for v in step] for step in answer["value"]]


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.4, -0.3), (2.2, 1.1), (-3.0, 0.0)])
def test_a_moved_camera_is_measured(shift):
    steps = [(shift[0] * part, shift[1] * part) for part in (0.0, 0.5, 1.0)]
    told = follow([background(step) for step in steps])
    assert told[0] == pytest.approx((0.0, 0.0), abs=0.02)
    assert told[-1] == pytest.approx(shift, abs=0.1)


def test_a_person_who_moves_is_no_camera():
    still = np.array(background()).reshape(HEIGHT, WIDTH)
    moved = still.copy()
    moved[20:70, 60:100] = np.roll(still, 6, axis=1)[20:70, 60:100]
    told = follow([still.ravel().tolist(), moved.ravel().tolist()], box=[58, 18, 102, 72])
    assert told[-1] == pytest.approx((0.0, 0.0), abs=0.05)


def test_a_plain_wall_tells_nothing():
    told = follow([background(texture=0.01), background((1.0, 0.0), texture=0.01)])
    assert np.isnan(told).all()


def test_another_picture_tells_nothing():
    told = follow([background(), background(seed=9)])
    assert np.isnan(told[-1]).all()


def test_sharpness_falls_with_blur():
    sharp = np.random.default_rng(1).integers(0, 255, (40, 40))
    soft = (sharp + np.roll(sharp, 1, 0) + np.roll(sharp, 1, 1) + np.roll(sharp, (1, 1), (0, 1))) // 4

    def rgba(grey):
        return np.repeat(grey[..., None], 4, axis=2).ravel().tolist()

    told = run_js([("watch.js", "sharpnessOf", [rgba(grey), 40, 40]) for grey in (sharp, soft, sharp * 0 + 9)])
    values = [float(answer["value"]) for answer in told]
    assert values[0] > 2 * values[1] > 0
    assert np.isnan(values[2])
