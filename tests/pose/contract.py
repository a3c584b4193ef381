"""What every pose estimator owes its callers. Each check takes an estimator and frames it can handle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hiphinge.model import Facing, Frame
from hiphinge.pose.base import PoseEstimator, Survey
from tests.pose.scenes import keypoints


def check_one_pose_per_frame_in_order(
    estimator: PoseEstimator, frames: Sequence[Frame], survey: Survey, facing: Facing
) -> None:
    poses = list(estimator.track(iter(frames), survey, facing=facing))
    assert [pose.index for pose in poses] == [frame.index for frame in frames]
    assert [pose.time_s for pose in poses] == [frame.time_s for frame in frames]


def check_nan_where_unseen_finite_where_seen(
    estimator: PoseEstimator, frames: Sequence[Frame], survey: Survey, facing: Facing
) -> None:
    for pose in estimator.track(iter(frames), survey, facing=facing):
        assert pose.keypoints_px.shape == (33, 2)
        assert pose.visibility.shape == (33,)
        assert pose.world_m.shape == (33, 3)
        assert 0.0 <= pose.presence <= 1.0
        assert np.all((pose.visibility >= 0.0) & (pose.visibility <= 1.0))
        if np.isnan(pose.keypoints_px).any():
            assert np.isnan(pose.keypoints_px).all()
            assert np.isnan(pose.world_m).all()
            assert pose.mask is None
        else:
            assert np.isfinite(pose.world_m).all()
            assert pose.mask is not None
            assert pose.mask.values.shape == (256, 256)
            assert pose.mask.values.dtype == np.uint8
            assert pose.mask.crop_to_image.shape == (2, 3)


def check_repeats_bit_by_bit(estimator: PoseEstimator, frames: Sequence[Frame], survey: Survey, facing: Facing) -> None:
    first = list(estimator.track(iter(frames), survey, facing=facing))
    second = list(estimator.track(iter(frames), survey, facing=facing))
    np.testing.assert_array_equal(keypoints(first), keypoints(second))
    for one, other in zip(first, second, strict=True):
        assert (one.mask is None) == (other.mask is None)
        if one.mask is not None and other.mask is not None:
            np.testing.assert_array_equal(one.mask.values, other.mask.values)


def check_mask_lies_on_the_person(
    estimator: PoseEstimator, frames: Sequence[Frame], survey: Survey, facing: Facing
) -> None:
    for pose in estimator.track(iter(frames), survey, facing=facing):
        if pose.mask is None:
            continue
        affine = np.vstack([pose.mask.crop_to_image, [0.0, 0.0, 1.0]])
        trunk = pose.keypoints_px[[11, 12, 23, 24]].mean(axis=0)
        x, y, _ = np.linalg.inv(affine) @ [*trunk, 1.0]
        assert pose.mask.values[int(y), int(x)] > 200


def check_info_is_complete(estimator: PoseEstimator) -> None:
    info = estimator.info
    assert info.model
    assert info.precision == "f32"
    assert info.engine
    assert all(len(digest) == 64 for digest in info.sha256.values())
