"""A photograph of the front in, the stance width out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hiphinge.clip.options import MODELS, ModelName
from hiphinge.errors import UsageError
from hiphinge.verdict.stance import StanceWidth, measure_stance
from hiphinge.video import open_video

if TYPE_CHECKING:
    from hiphinge.pose.base import PoseEstimator

__all__ = ["read_stance"]

#: Pictures that are looked at where a video is given instead of a photograph.
N_PICTURES = 6


def read_stance(
    path: str | Path,
    *,
    model: ModelName = "full",
    person: int | None = None,
    estimator: PoseEstimator | None = None,
) -> StanceWidth:
    """Measure the stance width of the person in a photograph (or a short film) of the front.

    Parameters
    ----------
    path
        The file.
    model
        BlazePose landmark model.
    person
        Whom to look at, counted from the left, from 0; None chooses.
    estimator
        Source of poses; None takes BlazePose.

    Raises
    ------
    HiphingeError
        The file or an option cannot be used. A view that does not tell is ``cannot_tell``, not an error.
    """
    if model not in MODELS:
        raise UsageError(f"There is no model called {model!r}.", expected=", ".join(MODELS))
    if person is not None and person < 0:
        raise UsageError(f"--person is {person}.", expected="0 for the leftmost person, 1 for the next, ...")
    with open_video(path) as reader:
        frames = reader.sample(N_PICTURES)
        source = estimator or _make_estimator(model)
        poses = source.survey(frames, person=person).plain
    if not poses:
        return measure_stance(np.full((1, 33, 2), np.nan), np.zeros((1, 33)), np.full((1, 33, 3), np.nan))
    columns = (np.stack([getattr(p, name) for p in poses]) for name in ("keypoints_px", "visibility", "world_m"))
    return measure_stance(*columns)


def _make_estimator(model: ModelName) -> PoseEstimator:
    from hiphinge.pose.blazepose import BlazePose

    return BlazePose(model)
