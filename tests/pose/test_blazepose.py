from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hiphinge.errors import ModelError, UsageError
from hiphinge.pose.base import Survey
from hiphinge.pose.blazepose import BlazePose, flip_region
from hiphinge.pose.region import Region
from hiphinge.video import RgbPicture, open_video
from tests.pose.conftest import DATA
from tests.pose.scenes import frames_of, keypoints, shifted, walk

Rgb = NDArray[np.uint8]
NOSE, LEFT_HIP, RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE = 0, 23, 24, 26, 28

REAL = Path(os.environ.get("HIPHINGE_REAL_CLIPS", Path(__file__).parents[2].parent / "shared" / "data" / "real"))


def two_people(rgb: Rgb) -> Rgb:
    """The same person twice, side by side."""
    return np.concatenate([rgb, rgb], axis=1)


def test_photograph_finds_a_person_who_stands_on_the_feet(blazepose: BlazePose, person_rgb: Rgb) -> None:
    frames = frames_of([person_rgb])
    survey = blazepose.survey(frames)
    assert len(survey.people) == len(survey.plain) == len(survey.mirrored) == 1
    (pose,) = blazepose.track(iter(frames), survey, facing="right")
    assert pose.presence > 0.9
    head, hip, knee, ankle = pose.keypoints_px[[NOSE, RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE], 1]
    assert 0 < head < hip < knee < ankle < person_rgb.shape[0]
    assert pose.world_m[[LEFT_HIP, RIGHT_HIP]].mean(axis=0) == pytest.approx([0, 0, 0], abs=0.05)


def test_survey_sees_the_mirrored_person_mirrored(blazepose: BlazePose, person_rgb: Rgb) -> None:
    survey = blazepose.survey(frames_of([person_rgb]))
    width = person_rgb.shape[1]
    hips = [poses[0].keypoints_px[[LEFT_HIP, RIGHT_HIP]].mean(axis=0) for poses in (survey.plain, survey.mirrored)]
    assert hips[0] == pytest.approx([width - hips[1][0], hips[1][1]], abs=0.02 * person_rgb.shape[0])


def test_nobody_is_nobody(blazepose: BlazePose, person_rgb: Rgb) -> None:
    frames = frames_of([np.full_like(person_rgb, 90)] * 3)
    survey = blazepose.survey(frames)
    assert survey == Survey((), (), ())
    poses = list(blazepose.track(iter(frames), survey, facing="right"))
    assert np.isnan(keypoints(poses)).all()
    assert [pose.presence for pose in poses] == [0.0, 0.0, 0.0]


def test_nobody_but_person_asked_for(blazepose: BlazePose, person_rgb: Rgb) -> None:
    with pytest.raises(UsageError) as caught:
        blazepose.survey(frames_of([np.zeros_like(person_rgb)]), person=0)
    assert caught.value.expected == "nobody was seen"


def test_no_frames_at_all(blazepose: BlazePose) -> None:
    assert blazepose.survey([]) == Survey((), (), ())
    assert list(blazepose.track(iter([]), Survey((), (), ()), facing="right")) == []


@pytest.mark.parametrize("person", [0, 1])
def test_two_people_the_chosen_one_is_followed(blazepose: BlazePose, person_rgb: Rgb, person: int) -> None:
    half = person_rgb.shape[1]
    frames = frames_of([two_people(person_rgb)] * 4)
    survey = blazepose.survey(frames[:2], person=person)
    assert [one.chosen for one in survey.people] == [person == 0, person == 1]
    for facing in ("right", "left"):
        poses = list(blazepose.track(iter(frames), survey, facing=facing))
        x_px = keypoints(poses)[:, RIGHT_HIP, 0]
        in_right_half = x_px > half if facing == "right" else x_px < half
        assert in_right_half.tolist() == [person == 1] * 4


def test_person_who_leaves_and_comes_back_is_found_again(blazepose: BlazePose, person_rgb: Rgb) -> None:
    wall = np.ascontiguousarray(np.broadcast_to(person_rgb[:, :1], person_rgb.shape))
    frames = frames_of([*walk(person_rgb, 4), wall, wall, wall, *walk(shifted(person_rgb, 20), 4)])
    poses = list(blazepose.track(iter(frames), blazepose.survey(frames[::4]), facing="right"))
    seen = np.isfinite(keypoints(poses)[:, 0, 0])
    assert seen.tolist() == [True] * 4 + [False] * 3 + [True] * 4
    back_px = keypoints(poses)[7:, RIGHT_HIP, 0] - keypoints(poses)[:4, RIGHT_HIP, 0]
    assert float(np.median(back_px)) == pytest.approx(20, abs=5)


def test_numbers_do_not_depend_on_threads(person_rgb: Rgb) -> None:
    frames = frames_of(walk(person_rgb, 5))
    runs = []
    for threads in (1, 2):
        estimator = BlazePose("lite", threads=threads)
        runs.append(keypoints(list(estimator.track(iter(frames), estimator.survey(frames[:1]), facing="right"))))
    np.testing.assert_array_equal(*runs)


def test_unknown_model_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'giant'"):
        BlazePose("giant")  # type: ignore[arg-type]
    with pytest.raises(ModelError):
        BlazePose("lite", folder=tmp_path)


def test_info_names_both_files(blazepose: BlazePose) -> None:
    assert blazepose.info.model == "blazepose_lite"
    assert set(blazepose.info.sha256) == {"pose_detector.tflite", "pose_landmark_lite.tflite"}


def test_flip_region() -> None:
    assert flip_region(Region(100, 50, 30, 0.2), 640) == Region(540, 50, 30, -0.2)


def test_look_once_sees_one_or_nobody(blazepose: BlazePose, person_rgb: Rgb) -> None:
    found = blazepose.look_once(RgbPicture(person_rgb))
    assert found is not None
    assert found.presence > 0.9
    assert blazepose.look_once(RgbPicture(np.zeros_like(person_rgb))) is None


def test_rendered_bystander_close_behind_is_not_followed(blazepose: BlazePose) -> None:
    with open_video(DATA / "two_people.mp4") as reader:
        survey = blazepose.survey(reader.sample(6))
        poses = list(blazepose.track(reader.frames(), survey, facing="right"))
    assert len(survey.people) == 2
    bystander, subject = survey.people
    assert subject.chosen
    assert subject.height_ratio > 1.15 * bystander.height_ratio
    assert np.isfinite(keypoints(poses)).all()
    ankles = keypoints(poses)[:, [27, 28], 1].mean(axis=1) / reader.info.height_px
    # The bystander stands further back: the feet are higher in the picture (0.78).
    assert float(ankles.min()) > 0.82


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real clips are not here")
@pytest.mark.parametrize(
    ("name", "x_ratio", "facing", "seen_ratio"),
    [
        ("bx_capt_round.mp4", 0.68, "left", 1.0),  # a skeleton model hangs behind
        ("mat_bad2.mp4", 0.58, "left", 1.0),  # people walk behind
        ("jeff_bad.mp4", 0.41, "right", 0.95),  # black frames at the end
        ("ul_kb_deadlift.mp4", 0.48, "right", 0.8),  # black title card
    ],
)
def test_real_subject_is_chosen_and_followed(
    blazepose: BlazePose, name: str, x_ratio: float, facing: str, seen_ratio: float
) -> None:
    with open_video(REAL / name) as reader:
        survey = blazepose.survey(reader.sample(8))
        chosen = next(one for one in survey.people if one.chosen)
        assert chosen.center_ratio[0] == pytest.approx(x_ratio, abs=0.05)
        poses = list(blazepose.track(reader.frames(), survey, facing=facing))  # type: ignore[arg-type]
    seen = np.isfinite(keypoints(poses)[:, 0, 0])
    assert seen.mean() == pytest.approx(seen_ratio, abs=0.05)
    hips = keypoints(poses)[seen][:, RIGHT_HIP, 0] / reader.info.width_px
    where = hips if facing == "right" else 1 - hips
    assert np.all(np.abs(where - x_ratio) < 0.15)
