"""What every pose estimator offers: a survey of a few pictures, then a track through all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hiphinge.model import Facing, Frame, PersonCandidate, PoseFrame

__all__ = ["EstimatorInfo", "PoseEstimator", "Survey"]


@dataclass(frozen=True, slots=True)
class EstimatorInfo:
    """What is stored with every result: model name, hashes of its files, numeric precision, engine."""

    model: str
    sha256: Mapping[str, str]
    precision: str
    engine: str


@dataclass(frozen=True, slots=True)
class Survey:
    """A first look at a few pictures spread over the clip.

    Parameters
    ----------
    people
        Everyone the detector saw, numbered from the left; exactly one is ``chosen``, or the tuple is empty.
    plain, mirrored
        The chosen person's pose in each surveyed picture where it was found, once with the picture as it is and
        once mirrored (each canonical in its own orientation), so that facing can be settled without favour.
    step_s
        Usual time between the pictures that are tracked, so that a part of a clip is followed as the whole would be;
        None reads it off the first of them.
    """

    people: tuple[PersonCandidate, ...]
    plain: tuple[PoseFrame, ...]
    mirrored: tuple[PoseFrame, ...]
    step_s: float | None = None


class PoseEstimator(Protocol):
    """A source of poses. Estimators know nothing of hips and spines; they find points and masks."""

    @property
    def info(self) -> EstimatorInfo:
        """What to store with the result."""

    def survey(self, frames: Sequence[Frame], *, person: int | None = None) -> Survey:
        """Look at a few pictures and choose the person to follow (or take ``person``, numbered from the left)."""

    def track(self, frames: Iterable[Frame], survey: Survey, *, facing: Facing) -> Iterator[PoseFrame]:
        """Follow the surveyed person; one ``PoseFrame`` per frame, in order, NaN where the person is not seen."""
