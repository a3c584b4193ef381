"""The contract, run on every estimator."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hiphinge.model import Facing, Frame
from hiphinge.pose.base import PoseEstimator, Survey
from hiphinge.pose.blazepose import BlazePose
from hiphinge.pose.replay import Recording, ReplayEstimator
from tests.pose import contract
from tests.pose.scenes import frames_of, keypoints, shifted, walk

Case = tuple[PoseEstimator, list[Frame], Survey, Facing]


@pytest.fixture(scope="module", params=["right", "left"])
def facing(request: pytest.FixtureRequest) -> Facing:
    side: Facing = request.param
    return side


@pytest.fixture(scope="module", params=["blazepose", "replay"])
def case(request: pytest.FixtureRequest, blazepose: BlazePose, person_rgb: NDArray[np.uint8], facing: Facing) -> Case:
    black = np.zeros_like(person_rgb)
    frames = frames_of([*walk(person_rgb, 4), black, *walk(person_rgb, 3)], mirrored=facing == "left")
    survey = blazepose.survey(frames[::3])
    if request.param == "blazepose":
        return blazepose, frames, survey, facing
    recording = Recording(
        facing,
        frames[0].picture.width_px,
        frames[0].picture.height_px,
        blazepose.info,
        survey,
        tuple(blazepose.track(iter(frames), survey, facing=facing)),
    )
    return ReplayEstimator(recording), frames, survey, facing


@pytest.mark.parametrize(
    "check",
    [
        contract.check_one_pose_per_frame_in_order,
        contract.check_nan_where_unseen_finite_where_seen,
        contract.check_repeats_bit_by_bit,
        contract.check_mask_lies_on_the_person,
    ],
)
def test_estimator_keeps_contract(check, case: Case) -> None:  # type: ignore[no-untyped-def]
    check(*case)


def test_estimator_info_is_complete(case: Case) -> None:
    contract.check_info_is_complete(case[0])


def test_scene_is_seen_except_where_black(case: Case) -> None:
    estimator, frames, survey, facing = case
    seen = np.isfinite(keypoints(list(estimator.track(iter(frames), survey, facing=facing)))[:, 0, 0])
    np.testing.assert_array_equal(seen, [True] * 4 + [False] + [True] * 3)


def test_blazepose_mirrored_picture_gives_same_numbers(blazepose: BlazePose, person_rgb: NDArray[np.uint8]) -> None:
    plain, mirrored = (frames_of(walk(person_rgb, 6), mirrored=turned) for turned in (False, True))
    right = list(blazepose.track(iter(plain), blazepose.survey(plain[::3]), facing="right"))
    left = list(blazepose.track(iter(mirrored), blazepose.survey(mirrored[::3]), facing="left"))
    np.testing.assert_allclose(keypoints(right), keypoints(left), atol=0.05)
    for one, other in zip(right, left, strict=True):
        assert one.mask is not None
        assert other.mask is not None
        np.testing.assert_array_equal(one.mask.values, other.mask.values)


def test_blazepose_follows_a_shift(blazepose: BlazePose, person_rgb: NDArray[np.uint8]) -> None:
    step = 30
    here = frames_of([person_rgb] * 6)
    there = frames_of([shifted(person_rgb, step)] * 6)
    poses = [
        keypoints(list(blazepose.track(iter(frames), blazepose.survey(frames[:1]), facing="right")))[-1]
        for frames in (here, there)
    ]
    moved = poses[1] - poses[0] - [step, 0]
    # The models themselves answer a shifted crop a little differently: 0.3 % of the picture's height.
    assert float(np.median(np.linalg.norm(moved, axis=1))) < 0.003 * person_rgb.shape[0]
