from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hiphinge.errors import OutputError, UsageError
from hiphinge.model import Frame, Mask, PersonCandidate, PoseFrame
from hiphinge.pose.base import EstimatorInfo, Survey
from hiphinge.pose.replay import Recording, ReplayEstimator, load_recording, save_recording
from hiphinge.video import RgbPicture


def pose(index: int, *, seen: bool = True) -> PoseFrame:
    rng = np.random.default_rng(index)
    if not seen:
        nothing = np.full((33, 3), np.nan)
        return PoseFrame(index, index / 30, nothing[:, :2], np.zeros(33), nothing, 0.1, None)
    mask = Mask(rng.integers(0, 256, (256, 256), dtype=np.uint8), rng.normal(size=(2, 3)))
    return PoseFrame(
        index,
        index / 30,
        rng.uniform(0, 64, (33, 2)),
        rng.uniform(0, 1, 33),
        rng.normal(size=(33, 3)),
        0.9,
        mask,
    )


@pytest.fixture
def recording() -> Recording:
    people = (
        PersonCandidate(0, (0.2, 0.5), 0.5, 0.4, 0.0, False),
        PersonCandidate(1, (0.6, 0.5), 0.8, 1.0, 0.2, True),
    )
    survey = Survey(people, (pose(0), pose(2)), (pose(0), pose(2)))
    info = EstimatorInfo("blazepose_full", {"a.tflite": "0" * 64}, "f32", "OpenVINO 2026.4.1 CPU")
    return Recording("left", 64, 48, info, survey, (pose(0), pose(1, seen=False), pose(2)))


def frame(index: int, width: int = 64) -> Frame:
    return Frame(index, index / 30, RgbPicture(np.zeros((48, width, 3), dtype=np.uint8)))


def test_recording_survives_the_file(recording: Recording, tmp_path: Path) -> None:
    path = tmp_path / "poses.npz"
    save_recording(path, recording)
    loaded = load_recording(path)
    assert (loaded.facing, loaded.width_px, loaded.height_px) == ("left", 64, 48)
    assert loaded.info == recording.info
    assert loaded.survey.people == recording.survey.people
    assert [one.index for one in loaded.poses] == [0, 1, 2]
    for one, other in zip(loaded.poses + loaded.survey.plain, recording.poses + recording.survey.plain, strict=True):
        np.testing.assert_allclose(one.keypoints_px, other.keypoints_px, atol=1e-5)
        np.testing.assert_allclose(one.world_m, other.world_m, atol=1e-6)
        assert one.time_s == other.time_s
        assert one.presence == other.presence
        assert (one.mask is None) == (other.mask is None)
        if one.mask is not None and other.mask is not None:
            np.testing.assert_array_equal(one.mask.values, other.mask.values)
            np.testing.assert_array_equal(one.mask.crop_to_image, other.mask.crop_to_image)
    assert sorted(tmp_path.iterdir()) == [path]


def test_replay_gives_recorded_poses_by_frame_index(recording: Recording) -> None:
    replay = ReplayEstimator(recording)
    survey = replay.survey([frame(0)])
    assert survey is recording.survey
    poses = list(replay.track(iter([frame(0), frame(2), frame(7)]), survey, facing="left"))
    np.testing.assert_array_equal(poses[0].keypoints_px, recording.poses[0].keypoints_px)
    np.testing.assert_array_equal(poses[1].keypoints_px, recording.poses[2].keypoints_px)
    assert np.isnan(poses[2].keypoints_px).all()
    assert poses[2].index == 7


def test_replay_info_says_replay(recording: Recording) -> None:
    assert ReplayEstimator(recording).info.engine == "replay of OpenVINO 2026.4.1 CPU"


def test_replay_other_facing_is_refused_at_once(recording: Recording) -> None:
    replay = ReplayEstimator(recording)
    with pytest.raises(UsageError, match="facing left; asked for was right"):
        replay.track(iter([]), recording.survey, facing="right")


def test_replay_other_person_is_refused(recording: Recording) -> None:
    replay = ReplayEstimator(recording)
    assert replay.survey([], person=1) is recording.survey
    with pytest.raises(UsageError) as caught:
        replay.survey([], person=0)
    assert caught.value.expected == "person 1"


def test_replay_other_clip_is_refused(recording: Recording) -> None:
    replay = ReplayEstimator(recording)
    with pytest.raises(UsageError, match="100 x 48"):
        replay.survey([frame(0, 100)])
    with pytest.raises(UsageError, match="100 x 48"):
        list(replay.track(iter([frame(0, 100)]), recording.survey, facing="left"))


@pytest.mark.parametrize("content", [None, b"", b"no recording"])
def test_load_what_is_no_recording(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "poses.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"poses\.npz") as caught:
        load_recording(path)
    assert "save_recording" in caught.value.expected


def test_load_npz_of_something_else(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", values=np.arange(3))
    with pytest.raises(UsageError):
        load_recording(tmp_path / "other.npz")


def test_save_into_a_folder_that_is_not_there(recording: Recording, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        save_recording(tmp_path / "nowhere" / "poses.npz", recording)
