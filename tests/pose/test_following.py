from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hiphinge.pose.blazepose import BlazePose
from tests.pose.scenes import frames_of

HIP = 24


def test_a_person_is_followed_lost_and_found_again(blazepose: BlazePose, person_rgb: NDArray[np.uint8]) -> None:
    empty = np.full_like(person_rgb, 90)
    follower = blazepose.follow()
    poses = [follower.read(frame) for frame in frames_of([person_rgb, person_rgb, empty, empty, person_rgb])]
    seen = [bool(np.isfinite(pose.keypoints_px).all()) for pose in poses]
    assert seen == [True, True, False, False, True]
    assert poses[4].keypoints_px[HIP] == pytest.approx(poses[1].keypoints_px[HIP], abs=6)
    assert poses[1].mask is not None
    assert poses[2].mask is None


def test_the_same_pictures_give_the_same_poses_as_the_tracker(
    blazepose: BlazePose, person_rgb: NDArray[np.uint8]
) -> None:
    frames = frames_of([person_rgb] * 4)
    follower = blazepose.follow()
    one_by_one = [follower.read(frame) for frame in frames][-1]
    together = list(blazepose.track(iter(frames), blazepose.survey(frames), facing="right"))[-1]
    apart = np.hypot(*(one_by_one.keypoints_px - together.keypoints_px).T)
    assert np.median(apart) < 0.005 * person_rgb.shape[0]


def test_after_a_turn_the_person_is_expected_on_the_other_side(
    blazepose: BlazePose, person_rgb: NDArray[np.uint8]
) -> None:
    wide = np.concatenate([person_rgb, np.full_like(person_rgb, 90)], axis=1)
    follower = blazepose.follow()
    plain, mirrored = frames_of([wide, wide[:, ::-1].copy()])
    before = follower.read(plain)
    follower.turn()
    after = follower.read(mirrored)
    assert np.isfinite(after.keypoints_px).all()
    assert after.keypoints_px[[23, 24], 0].mean() > wide.shape[1] / 2 > before.keypoints_px[[23, 24], 0].mean()


def test_a_picture_of_another_size_is_searched_anew(blazepose: BlazePose, person_rgb: NDArray[np.uint8]) -> None:
    follower = blazepose.follow()
    small = person_rgb[::2, ::2].copy()
    first, second = (follower.read(frame) for frame in frames_of([person_rgb, small]))
    assert second.keypoints_px[HIP] * 2 == pytest.approx(first.keypoints_px[HIP], abs=30)


def test_a_turn_before_the_first_picture_is_none(blazepose: BlazePose, person_rgb: NDArray[np.uint8]) -> None:
    follower = blazepose.follow()
    follower.turn()
    (frame,) = frames_of([person_rgb])
    assert np.isfinite(follower.read(frame).keypoints_px).all()
