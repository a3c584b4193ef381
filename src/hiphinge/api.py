"""The Python front door: ``hiphinge.assess``."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hiphinge.clip.options import AssessOptions, ProgressCallback
from hiphinge.errors import UsageError

if TYPE_CHECKING:
    from hiphinge.model import Assessment
    from hiphinge.pose.base import PoseEstimator

__all__ = ["assess"]


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
        person, video``. With ``out`` the folder ``out/<name>/`` is written.

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
