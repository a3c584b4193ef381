"""The Python front door: ``hiphinge.assess`` and ``hiphinge.stance``."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hiphinge.clip.options import AssessOptions, ModelName, ProgressCallback
from hiphinge.errors import UsageError

if TYPE_CHECKING:
    from hiphinge.model import Assessment
    from hiphinge.pose.base import PoseEstimator
    from hiphinge.verdict.stance import StanceWidth

__all__ = ["assess", "stance"]


def assess(
    path: str | Path,
    /,
    *,
    progress: ProgressCallback | None = None,
    estimator: PoseEstimator | None = None,
    **options: Any,
) -> Assessment:
    """Assess one side-view video or photograph of a bend.

    Parameters
    ----------
    path
        The file.
    progress
        Called now and then with a ``Progress``.
    estimator
        Source of poses instead of BlazePose, for example a ``ReplayEstimator``.
    **options
        The fields of ``AssessOptions``: ``out, facing, model, drill, from_s, to_s, still_s, reference, criteria,
        person, wall, foot_length_cm, video``. With ``out`` the folder ``out/<name>/`` is written.

    Returns
    -------
    Assessment
        ``verdict.outcome``, ``reps``, ``measures`` with intervals, ``quality``, and ``evidence`` with the curves.

    Raises
    ------
    HiphingeError
        For a file, an option or a folder that cannot be used. *Cannot tell* is a result, not an error.

    Examples
    --------
    >>> import hiphinge
    >>> result = hiphinge.assess("clip.mp4", drill="hinge")  # doctest: +SKIP
    >>> result.verdict.outcome  # doctest: +SKIP
    'hinge'
    """
    from hiphinge.clip.run import assess_video

    known = {field.name for field in fields(AssessOptions)}
    unknown = sorted(set(options) - known)
    if unknown:
        raise UsageError(f"assess() has no option {unknown[0]!r}.", expected=", ".join(sorted(known)))
    return assess_video(path, AssessOptions(**options), progress=progress, estimator=estimator)


def stance(
    path: str | Path,
    /,
    *,
    model: ModelName = "full",
    person: int | None = None,
    estimator: PoseEstimator | None = None,
) -> StanceWidth:
    """Measure how far apart the feet stand, from one photograph of the front (or the back).

    Parameters
    ----------
    path
        The photograph; of a video six pictures are read.
    model
        BlazePose landmark model.
    person
        Whom to look at, counted from the left, from 0; None chooses.
    estimator
        Source of poses instead of BlazePose.

    Returns
    -------
    StanceWidth
        Ankle spacing ÷ shoulder spacing with its interval and band, or why it cannot be told.

    Raises
    ------
    HiphingeError
        For a file or an option that cannot be used. *Cannot tell* is a result, not an error.

    Examples
    --------
    >>> import hiphinge
    >>> hiphinge.stance("front.jpg").place  # doctest: +SKIP
    'shoulder_width'
    """
    from hiphinge.clip.stance import read_stance

    return read_stance(path, model=model, person=person, estimator=estimator)
