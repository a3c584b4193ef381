"""A clip and its mirror image are the same person: same numbers, other facing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

import hiphinge
from hiphinge.cli.doctor import MirroredEstimator
from hiphinge.model import ANGLES, Facing, Frame, PoseFrame
from hiphinge.pose.base import EstimatorInfo, Survey
from hiphinge.pose.blazepose import BlazePose
from hiphinge.video import RgbPicture
from tests.e2e.conftest import Assess
from tests.e2e.helpers import DATA, film_again, median_difference_deg

#: Seconds of the clip that the exact comparison looks at: the first of its two bends.
PART_S = 5.4


class RgbEstimator:
    """Shows an estimator the pictures as plain RGB, as ``MirroredEstimator`` does, but not mirrored."""

    def __init__(self, inner: BlazePose) -> None:
        self._inner = inner

    @property
    def info(self) -> EstimatorInfo:
        return self._inner.info

    def survey(self, frames: Sequence[Frame], *, person: int | None = None) -> Survey:
        return self._inner.survey([_plain(frame) for frame in frames], person=person)

    def track(self, frames: Iterable[Frame], survey: Survey, *, facing: Facing) -> Iterator[PoseFrame]:
        return self._inner.track((_plain(frame) for frame in frames), survey, facing=facing)


def _plain(frame: Frame) -> Frame:
    return Frame(frame.index, frame.time_s, RgbPicture(frame.picture.rgb()))


@pytest.mark.parametrize(("clip", "crf", "limit_deg"), [("rounded_left.mp4", 6, 0.5), ("squat.mp4", 0, 0.01)])
def test_mirrored_film_gives_the_same_numbers(
    clip: str, crf: int, limit_deg: float, assess: Assess, tmp_path: Path
) -> None:
    plain = assess(clip)
    mirrored = assess(film_again(DATA / clip, tmp_path / clip, lambda plane: plane[:, ::-1], crf=crf))
    assert {plain.facing, mirrored.facing} == {"left", "right"}
    assert mirrored.verdict.outcome == plain.verdict.outcome
    assert len(mirrored.reps) == len(plain.reps)
    difference = median_difference_deg(plain, mirrored)
    assert set(difference) == set(ANGLES)
    assert max(difference.values()) < limit_deg, difference


def test_mirrored_pictures_give_exactly_the_same_numbers(blazepose: BlazePose) -> None:
    clip = DATA / "rounded_left.mp4"
    plain = hiphinge.assess(clip, video=False, to_s=PART_S, estimator=RgbEstimator(blazepose))
    mirrored = hiphinge.assess(clip, video=False, to_s=PART_S, estimator=MirroredEstimator(blazepose))
    assert (plain.facing, mirrored.facing) == ("left", "right")
    assert plain.evidence is not None
    assert mirrored.evidence is not None
    for name in ANGLES:
        one, two = (result.evidence.motion.angle(name) for result in (plain, mirrored))
        np.testing.assert_allclose(one.value_deg, two.value_deg, atol=1e-6, equal_nan=True, err_msg=name)
        np.testing.assert_allclose(one.lo_deg, two.lo_deg, atol=1e-6, equal_nan=True, err_msg=name)
        assert np.isfinite(one.value_deg).any(), name
