import cv2
import numpy as np
import pytest

from hiphinge.model import Frame
from hiphinge.video import CameraWatch, Orientation, RgbPicture, YuvPicture, open_video
from tests import corrupt_files as corpus

BOX = (0.35, 0.1, 0.65, 0.95)


def scene(seed=0, width=960, height=540):
    """A textured wall, larger than the picture so that it can be shifted."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(128, 90, (height // 6 + 20, width // 6 + 20, 3))
    wall = cv2.resize(noise, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
    return np.clip(cv2.GaussianBlur(wall, (0, 0), 3), 0, 255)


def cut(wall, dx=0.0, dy=0.0, width=960, height=540):
    affine = np.array([[1.0, 0, dx - 50], [0, 1.0, dy - 50]])
    return cv2.warpAffine(wall, affine, (width, height)).astype(np.uint8)


def watch(pictures, box=BOX):
    camera = CameraWatch()
    for i, rgb in enumerate(pictures):
        camera.update(Frame(i, i / 30, RgbPicture(rgb)), box)
    return camera.finish()


def with_person(rgb, step):
    x = 400 + int(60 * np.sin(step / 3.0))
    cv2.rectangle(rgb, (x, 120), (x + 90, 480), (230, 200, 180), -1)
    return rgb


def test_still_camera_with_a_moving_person():
    wall = scene()
    track = watch([with_person(cut(wall), i) for i in range(30)])
    assert not track.cut.any()
    assert np.nanmax(np.abs(track.shift_ratio)) < 0.004
    assert not track.still_picture.any()


def test_shift_is_measured_against_the_first_picture():
    wall = scene()
    steps = [(0.0, 0.0), (4.0, 1.0), (9.0, -3.0), (18.0, -8.0), (30.0, -12.0), (22.0, 0.0)]
    track = watch([with_person(cut(wall, *step), i) for i, step in enumerate(steps)])
    np.testing.assert_allclose(track.shift_ratio * 540, np.array(steps), atol=1.6)


def test_shift_starts_anew_after_a_cut():
    one, two = scene(1), scene(2)
    pictures = [cut(one, 2.0 * i) for i in range(8)] + [cut(two, 1.5 * i) for i in range(8)]
    track = watch(pictures)
    assert np.flatnonzero(track.cut).tolist() == [8]
    np.testing.assert_allclose(track.shift_ratio[8] * 540, 0.0, atol=1e-9)
    np.testing.assert_allclose(track.shift_ratio[15, 0] * 540, 1.5 * 7, atol=1.6)


def test_quick_pan_is_no_cut():
    wall = scene(3, 1300)
    track = watch([cut(wall, -30.0 * i) for i in range(8)], box=None)
    assert not track.cut.any()
    np.testing.assert_allclose(track.shift_ratio[:, 0] * 540, -30.0 * np.arange(8), atol=2.5)


def test_plain_wall_tells_no_shift():
    track = watch([with_person(np.full((540, 960, 3), 140, np.uint8), i) for i in range(6)])
    assert np.isnan(track.shift_ratio[1:]).all()


def test_exposure_change_is_no_cut():
    wall = scene() * 0.6
    track = watch([cut(wall * (1.0 if i < 5 else 1.5)) for i in range(10)])
    assert not track.cut.any()
    assert track.luma[9] > 1.3 * track.luma[0]


def test_title_card_and_slideshow_are_cuts(tmp_path):
    for make, at in ((corpus.black_title_card_end, 40), (corpus.slideshow, 30)):
        camera = CameraWatch()
        with open_video(make(tmp_path)) as video:
            for frame in video.frames():
                camera.update(frame)
        track = camera.finish()
        assert np.flatnonzero(track.cut).tolist() == [at]
        if make is corpus.slideshow:
            assert track.still_picture.sum() >= 50
        else:
            assert track.luma[-1] == pytest.approx(0.0, abs=0.01)


def test_repeated_pictures():
    wall = scene()
    pictures = [with_person(cut(wall), i // 2) for i in range(12)]
    assert watch(pictures).still_picture.tolist() == [i % 2 == 1 for i in range(12)]


def test_sharpness_falls_with_blur_and_is_not_carried_forward():
    wall = cut(scene())
    wall[::8] = 0
    sharp = watch([wall] * 11).sharpness
    blurred = watch([cv2.GaussianBlur(wall, (0, 0), 4)] * 11).sharpness
    assert np.flatnonzero(np.isfinite(sharp)).tolist() == [0, 5, 10]
    assert sharp[0] > 20 * blurred[0]
    assert np.isnan(watch([wall] * 6, box=None).sharpness).all()


def test_turned_picture_is_watched_upright():
    wall = scene()
    camera = CameraWatch()
    for i, dx in enumerate((0.0, 12.0)):
        luma = np.ascontiguousarray(cut(wall, dx)[..., 0])
        chroma = np.full((270, 480), 128, np.uint8)
        picture = YuvPicture((luma, chroma, chroma), full_range=True, orientation=Orientation(1))
        camera.update(Frame(i, i / 30, picture))
    # Stored to the right is down after a quarter turn; the upright picture is 960 high.
    np.testing.assert_allclose(camera.finish().shift_ratio[1] * 960, [0.0, 12.0], atol=1.6)


def test_nothing_seen():
    track = CameraWatch().finish()
    assert track.shift_ratio.shape == (0, 2)
    assert track.cut.shape == track.luma.shape == (0,)
