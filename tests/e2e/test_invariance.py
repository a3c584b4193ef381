"""Smaller pictures, fewer pictures, a turned phone: the same person, the same answer. And flat memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hiphinge.clip.options import AssessOptions
from hiphinge.clip.track import track_clip
from hiphinge.model import Assessment, Facing, Frame, Mask, PersonCandidate, PoseFrame
from hiphinge.pose.base import EstimatorInfo, Survey
from hiphinge.video import RgbPicture
from hiphinge.video.decode import DecodeDamage
from tests.e2e.conftest import Assess
from tests.e2e.helpers import DATA, film_again, median_difference_deg
from tests.synthetic import PERFECT, Clip, film, script, video_info

Plane = NDArray[np.uint8]
CLIP = "rounded_left.mp4"
#: The growth per frame between these two is that of an hour (108 000), where it comes to less than 450 MB.
SHORT_FRAMES, LONG_FRAMES = 1024, 3072


def _half(plane: Plane) -> Plane:
    return np.asarray(cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _bottom(result: Assessment, name: str) -> list[tuple[float, float]]:
    """Return value and half the interval of a measure at each bottom."""
    found = []
    for measure in result.measures:
        if measure.name == name and measure.rep is not None:
            assert measure.value is not None, measure.reason
            assert measure.lo is not None
            assert measure.hi is not None
            found.append((measure.value, (measure.hi - measure.lo) / 2))
    return found


@pytest.mark.parametrize(("change", "every"), [(_half, 1), (np.asarray, 2)], ids=["half_size", "half_rate"])
def test_coarser_film_stays_within_the_interval(
    change: Callable[[Plane], Plane], every: int, assess: Assess, tmp_path: Path
) -> None:
    fine = assess(CLIP)
    coarse = assess(film_again(DATA / CLIP, tmp_path / "coarse.mp4", change, every=every))
    assert (coarse.verdict.outcome, coarse.facing) == (fine.verdict.outcome, fine.facing)
    assert len(coarse.reps) == len(fine.reps)
    for name in ("hip_flexion", "lumbar_flexion"):
        for (one, half), (two, _) in zip(_bottom(fine, name), _bottom(coarse, name), strict=True):
            assert abs(one - two) < half, name


def _write_turned(source: Path, target: Path) -> Path:
    """Store the pictures lying on their side with the display matrix that turns them upright, as phones do."""
    film_again(source, target, lambda plane: np.rot90(plane), crf=0)
    data = bytearray(target.read_bytes())
    one = 1 << 16
    matrix = np.array([0, one, 0, -one, 0, 0, 0, 0, 1 << 30], dtype=">i4").tobytes()
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = matrix
    target.write_bytes(data)
    return target


def test_turned_phone_gives_the_same_numbers(assess: Assess, tmp_path: Path) -> None:
    upright = assess(CLIP)
    turned = assess(_write_turned(DATA / CLIP, tmp_path / "turned.mp4"))
    assert turned.video.rotation_deg in (90, 270)
    assert (turned.video.width_px, turned.video.height_px) == (upright.video.width_px, upright.video.height_px)
    assert (turned.verdict.outcome, turned.facing) == (upright.verdict.outcome, upright.facing)
    difference = median_difference_deg(upright, turned)
    assert max(difference.values()) < 1.0, difference


class _EndlessReader:
    """Shows the same small picture for ever; stands in for an hour of video."""

    def __init__(self, n_frames: int) -> None:
        self.n_frames = n_frames
        self.damage = DecodeDamage()
        self.info = replace(video_info(_clip()), duration_s=None, rate_hz=None)
        noise = np.random.default_rng(4).integers(0, 256, (64, 48, 3), dtype=np.uint8)
        self._picture = RgbPicture(noise)

    def sample(self, n: int, *_: float | None) -> list[Frame]:
        return [Frame(row, row / 30.0, self._picture) for row in range(n)]

    def frames(self, *_: float | None, **__: int) -> Iterator[Frame]:
        for row in range(self.n_frames):
            yield Frame(row, row / 30.0, self._picture)


class _EndlessPerson:
    """Answers every picture with a pose and a mask of its own, as a model would."""

    info = EstimatorInfo("endless", {}, "f64", "none")

    def __init__(self) -> None:
        pose = _clip().pose
        self._mask = np.zeros((256, 256), dtype=np.uint8)
        self._mask[20:236, 96:160] = 255
        self._keypoints, self._visibility, self._world = (
            pose.keypoints_px[0],
            pose.visibility[0],
            pose.world_m[0],
        )

    def survey(self, frames: Sequence[Frame], *, person: int | None = None) -> Survey:
        poses = tuple(self._pose(frame) for frame in frames)
        return Survey((PersonCandidate(0, (0.5, 0.5), 0.8, 1.0, 0.2, True),), poses, ())

    def track(self, frames: Iterable[Frame], survey: Survey, *, facing: Facing) -> Iterator[PoseFrame]:
        for frame in frames:
            yield self._pose(frame)

    def _pose(self, frame: Frame) -> PoseFrame:
        affine = np.array([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
        return PoseFrame(
            frame.index,
            frame.time_s,
            self._keypoints.copy(),
            self._visibility.copy(),
            self._world.copy(),
            1.0,
            Mask(self._mask.copy(), affine),
        )


@cache
def _clip() -> Clip:
    return film(script(PERFECT, n_reps=1, rate_hz=15.0))


def _peak_bytes(n_frames: int) -> int:
    reader, person = _EndlessReader(n_frames), _EndlessPerson()
    tracemalloc.start()
    try:
        tracks = track_clip(reader, person, AssessOptions())  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert tracks.pose.n_frames == n_frames
    assert tracks.pose.seen.all()
    return peak


def test_memory_grows_only_by_the_numbers_kept() -> None:
    _peak_bytes(8)  # whatever is made once is made here
    per_frame = (_peak_bytes(LONG_FRAMES) - _peak_bytes(SHORT_FRAMES)) / (LONG_FRAMES - SHORT_FRAMES)
    # 33 points and 61 stations are 2.2 kB; a mask is 65.5 kB and a picture 9.2 kB: none of them may stay.
    assert 2000.0 < per_frame < 4000.0, f"{per_frame:.0f} bytes a frame"
