"""A long clip in parts that can be tracked side by side, and are joined to what one pass would have seen.

Tracking feeds on itself: a pass that starts elsewhere follows the same person with other noise. A long clip is
therefore *always* tracked in these parts, by one process as by many, and gives the same numbers bit by bit.

One survey and one facing hold for the whole clip. Each part starts some pictures early, so that the region has settled
on the person and the camera watch knows what is usual; those pictures are thrown away, but for the camera's shift: a
part counts it from its own first picture, and what both parts saw of the same pictures tells the difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions, ProgressCallback
from hiphinge.clip.track import FrameReporter, check_facing, survey_clip, track_clip, track_frames
from hiphinge.model import Array, CameraTrack, PoseTrack, ProfileTrack
from hiphinge.sagittal import FacingDecision
from hiphinge.video import VideoReader
from hiphinge.video.camera import SHARPNESS_EVERY, USUAL_FRAMES

if TYPE_CHECKING:
    from hiphinge.pose.base import PoseEstimator, Survey

__all__ = ["LONG_S", "PART_S", "Part", "PartPlan", "is_long", "join_parts", "plan_parts", "track_part", "track_video"]

#: Clips longer than this are worth parts: below, opening the film again costs more than the wait for one worker.
LONG_S = 180.0
#: Length of a part, seconds; the pictures that are tracked twice are then 3 % of the work.
PART_S = 60.0
#: A part starts this early: twice what tracking remembers of a person out of sight, and ...
WARM_UP_S = 2.0
#: ... never fewer pictures than the camera watch compares with.
WARM_UP_PICTURES = USUAL_FRAMES + 1


@dataclass(frozen=True, slots=True)
class Part:
    """Pictures of ``[start_s, end_s)``, read from ``warm_s`` on; None is the start and the end of what is looked at.

    Every edge lies midway between two pictures, so no rounding can put one into two parts or into none.
    """

    number: int
    warm_s: float | None
    start_s: float | None
    end_s: float | None


@dataclass(frozen=True, slots=True)
class PartPlan:
    """What all parts of one clip share.

    Parameters
    ----------
    survey, facing
        Whom to follow, and which way they face.
    first_index, n_pictures
        The pictures that the parts have to hold together.
    parts
        In order of time.
    sha256
        Of the film that was surveyed.
    turned
        Whether the facing is what all parts together said, and no longer the survey's.
    """

    survey: Survey
    facing: FacingDecision
    first_index: int
    n_pictures: int
    parts: tuple[Part, ...]
    sha256: str
    turned: bool = False

    def turn(self, facing: FacingDecision) -> PartPlan:
        """Return the plan for tracking everything once more, the other way round."""
        return replace(self, facing=facing, turned=True)


def track_video(
    reader: VideoReader,
    estimator: PoseEstimator,
    options: AssessOptions,
    *,
    progress: ProgressCallback | None = None,
) -> ClipTracks:
    """Track a clip: a long one part by part, any other in one go; see ``track_clip``."""
    plan = plan_parts(reader, estimator, options) if is_long(reader, options) else None
    if plan is None:
        return track_clip(reader, estimator, options, progress=progress)
    report = FrameReporter(reader, options, progress)
    while True:
        tracked = [track_part(reader, estimator, plan, part, on_frame=report.count) for part in plan.parts]
        tracks = join_parts(plan, tracked)
        if tracks is None:
            return track_clip(reader, estimator, options, progress=progress)
        better = check_facing(tracks, options)
        if better is None or plan.turned:
            return tracks
        plan = plan.turn(better)


def is_long(reader: VideoReader, options: AssessOptions, *, long_s: float | None = None) -> bool:
    """Tell from its header whether what is looked at of a clip takes longer than ``long_s`` (None: ``LONG_S``)."""
    end_s = min(options.to_s or math.inf, reader.info.duration_s or 0.0)
    return not reader.info.is_photograph and end_s - (options.from_s or 0.0) > (LONG_S if long_s is None else long_s)


def plan_parts(
    reader: VideoReader, estimator: PoseEstimator, options: AssessOptions, *, part_s: float | None = None
) -> PartPlan | None:
    """Survey a clip and cut it into parts of about ``part_s`` (None: ``PART_S``).

    Returns
    -------
    PartPlan | None
        None where it has to be tracked in one go: it is too short for two parts, or its pictures cannot be told by
        their times.
    """
    from hiphinge.pose.tracking import N_PEEKED

    times_s = reader.picture_times_s()
    if times_s is None:
        return None
    start_s, end_s = options.from_s or 0.0, math.inf if options.to_s is None else options.to_s
    rows = np.flatnonzero((times_s >= start_s) & (times_s < end_s))
    n_parts = (
        math.ceil((times_s[rows[-1]] - times_s[rows[0]]) / (PART_S if part_s is None else part_s)) if rows.size else 0
    )
    if n_parts < 2:
        return None
    first, last = int(rows[0]), int(rows[-1])
    edges_s = np.linspace(times_s[first], times_s[last], n_parts + 1)[1:-1]
    starts = sorted({first, *(int(row) for row in np.searchsorted(times_s, edges_s))})
    survey, facing = survey_clip(reader, estimator, options)
    step_s = float(np.median(np.diff(times_s[first : last + 1][:N_PEEKED])))
    return PartPlan(
        survey=replace(_without_masks(survey), step_s=step_s),
        facing=facing,
        first_index=first,
        n_pictures=int(rows.size),
        parts=tuple(_make_parts(times_s, starts, options)),
        sha256=reader.info.sha256,
    )


def _make_parts(times_s: NDArray[np.float64], starts: Sequence[int], options: AssessOptions) -> list[Part]:
    def before(row: int) -> float:
        return float(times_s[row - 1] + times_s[row]) / 2

    parts = [Part(0, options.from_s, options.from_s, options.to_s)]
    for row in starts[1:]:
        warm = min(row - WARM_UP_PICTURES, int(np.searchsorted(times_s, times_s[row] - WARM_UP_S)))
        # Sharpness is read on every n-th picture: on the same ones as in one pass.
        warm = max(starts[0], warm - (warm - starts[0]) % SHARPNESS_EVERY)
        warm_s = options.from_s if warm == starts[0] else before(warm)
        parts[-1] = replace(parts[-1], end_s=before(row))
        parts.append(Part(len(parts), warm_s, before(row), options.to_s))
    return parts


def _without_masks(survey: Survey) -> Survey:
    """Leave out the surveyed pictures' masks: they travel to every part, and no part needs them."""
    plain, mirrored = (tuple(replace(one, mask=None) for one in poses) for poses in (survey.plain, survey.mirrored))
    return replace(survey, plain=plain, mirrored=mirrored)


def track_part(
    reader: VideoReader,
    estimator: PoseEstimator,
    plan: PartPlan,
    part: Part,
    *,
    on_frame: Callable[[], None] | None = None,
) -> ClipTracks:
    """Track one part, with the pictures before it on which it warms up."""
    frames = reader.frames(part.warm_s, part.end_s)
    return track_frames(frames, reader.info, estimator, plan.survey, plan.facing, on_frame=on_frame)


def join_parts(plan: PartPlan, tracked: Sequence[ClipTracks]) -> ClipTracks | None:
    """Join tracked parts, given in order.

    Returns
    -------
    ClipTracks | None
        What one pass over the clip sees, but for how exactly the region had settled at the start of a part. None where
        a picture is missing or the parts are of different films: the clip has to be tracked in one go.
    """
    kept, cameras = [], []
    shift_ratio = np.empty((0, 2))
    for part, tracks in zip(plan.parts, tracked, strict=True):
        n_warm = 0
        if part.start_s is not None and part.start_s != part.warm_s:
            n_warm = int(np.searchsorted(tracks.pose.time_s, part.start_s))
        shift_ratio = np.concatenate([shift_ratio, _carry_shift(shift_ratio, tracks.camera, n_warm)])
        kept.append(n_warm)
        cameras.append(tracks.camera)
    pose = _join([one.pose for one in tracked], kept)
    wanted = np.arange(plan.first_index, plan.first_index + plan.n_pictures)
    if {one.video.sha256 for one in tracked} != {plan.sha256} or not np.array_equal(pose.frame_index, wanted):
        return None
    camera = replace(_join(cameras, kept), shift_ratio=shift_ratio)
    return replace(tracked[0], pose=pose, profile=_join([one.profile for one in tracked], kept), camera=camera)


def _carry_shift(before: Array, camera: CameraTrack, n_warm: int) -> Array:
    """Put a part's shift on the scale of the part before, ``before``, by the pictures that both saw."""
    shift = camera.shift_ratio[n_warm:].copy()
    # After a cut the count starts anew in both.
    if n_warm and not camera.cut[:n_warm].any():
        cuts = np.flatnonzero(camera.cut[n_warm:])
        shift[: cuts[0] if cuts.size else None] += _find_offset(before[-n_warm:], camera.shift_ratio[:n_warm])
    return shift


def _find_offset(theirs: Array, mine: Array) -> Array:
    both = np.isfinite(theirs).all(axis=1) & np.isfinite(mine).all(axis=1)
    if both.any():
        return np.asarray(np.median((theirs - mine)[both], axis=0))
    # The camera watch itself goes on from the last shift that it could read.
    return _last_known(theirs) - _last_known(mine)


def _last_known(shift: Array) -> Array:
    known = shift[np.isfinite(shift).all(axis=1)]
    return known[-1] if len(known) else np.zeros(2)


_T = TypeVar("_T", PoseTrack, ProfileTrack, CameraTrack)


def _join(tracks: Sequence[_T], n_dropped: Sequence[int]) -> _T:
    """Concatenate every array that has one row a frame, without the first rows of each part."""
    joined: dict[str, Any] = {}
    for field in fields(tracks[0]):
        if field.name == "station_ratio" or not isinstance(getattr(tracks[0], field.name), np.ndarray):
            continue
        rows = [getattr(one, field.name)[n:] for one, n in zip(tracks, n_dropped, strict=True)]
        joined[field.name] = np.concatenate(rows)
    return replace(tracks[0], **joined)
