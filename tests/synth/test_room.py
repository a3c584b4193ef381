import numpy as np
import pytest

from hiphinge.synth.room import PLAIN_ROOM, develop, draw_room, paint


def test_room_follows_from_its_seed():
    assert draw_room(4) == draw_room(4)
    assert draw_room(4) != draw_room(5)


@pytest.mark.parametrize("pattern", ["plain", "wood", "tiles", "bricks", "carpet", "panels"])
def test_paint_shows_the_color(pattern):
    image = paint(pattern, (150, 100, 60), seed=1)
    assert image.shape == (256, 256, 3)
    np.testing.assert_allclose(image.mean(axis=(0, 1)), (150, 100, 60), rtol=0.12)


def test_develop_adds_the_grain_that_was_asked_for():
    grey = np.full((120, 100, 3), 128, dtype=np.uint8)
    image = develop(grey, PLAIN_ROOM, np.random.default_rng(0))
    assert image.shape == grey.shape
    assert image.std() < 4


def test_things_stand_behind_the_person():
    for seed in range(40):
        for thing in draw_room(seed).things:
            assert thing.bounds[2] > 0.1
