"""One pass over a clip: decode, pose, outline and camera, frame by frame; nothing but numbers is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions, Progress, ProgressCallback
from hiphinge.model import Array, Facing, Frame, PoseFrame, PoseTrack, ProfileTrack, VideoInfo
from hiphinge.sagittal import FacingDecision, compute_facing_evidence, decide_facing
from hiphinge.spine import ProfileBuilder, compute_profiles
from hiphinge.timing import Stage
from hiphinge.video import CameraWatch, VideoReader

if TYPE_CHECKING:
    from hiphinge.pose.base import PoseEstimator, Survey

__all__ = ["FrameReporter", "check_facing", "survey_clip", "track_clip", "track_frames"]

#: Pictures looked at before the clip is tracked: enough for people and facing, few enough to cost little.
SURVEY_PICTURES = 6
#: The facing read off the whole track overrules the survey's only when it is this sure of the opposite.
OVERRULE_CONFIDENCE = 0.5
#: Seconds between two reports of progress.
REPORT_EVERY_S = 0.1
#: Poses are kept in blocks of so many rows.
BLOCK_ROWS = 1024
#: Outlines are read of so many frames together.
OUTLINES_AT_ONCE = 16


def track_clip(
    reader: VideoReader,
    estimator: PoseEstimator,
    options: AssessOptions,
    *,
    progress: ProgressCallback | None = None,
) -> ClipTracks:
    """Find the person, settle the facing, and track the clip.

    Parameters
    ----------
    reader
        The open video.
    estimator
        Source of poses.
    options
        Facing, person and part of the clip.
    progress
        Called now and then.

    Returns
    -------
    ClipTracks
        ``facing.facing`` is None where it could not be told; the pose is then that of the plain picture and is used
        for the view checks only.
    """
    survey, decision = survey_clip(reader, estimator, options)
    report = FrameReporter(reader, options, progress)
    tracks = _track(reader, estimator, options, survey, decision, report)
    better = check_facing(tracks, options)
    if better is not None:
        tracks = _track(reader, estimator, options, survey, better, report)
    return tracks


def survey_clip(reader: VideoReader, estimator: PoseEstimator, options: AssessOptions) -> tuple[Survey, FacingDecision]:
    """Look at a few pictures of the clip: whom to follow, and which way they face."""
    with Stage("survey: pictures"):
        frames = reader.sample(SURVEY_PICTURES, options.from_s, options.to_s)
    with Stage("survey: people and facing"):
        survey = estimator.survey(frames, person=options.person)
    return survey, _settle_facing(survey, options)


def _settle_facing(survey: Survey, options: AssessOptions) -> FacingDecision:
    if options.facing != "auto":
        return FacingDecision(options.facing, 1.0)
    return decide_facing(survey.plain, survey.mirrored)


def check_facing(tracks: ClipTracks, options: AssessOptions) -> FacingDecision | None:
    """Return what the whole track clearly says where the survey said nothing or the opposite, else None."""
    pose = tracks.pose
    if options.facing != "auto" or not pose.seen.any():
        return None
    votes = compute_facing_evidence(pose.keypoints_px[pose.seen], pose.visibility[pose.seen])
    total = float(np.abs(votes).sum())
    balance = float(votes.sum()) / total if total > 0 else 0.0
    if tracks.facing.facing is None and balance > OVERRULE_CONFIDENCE:
        return FacingDecision("left" if pose.mirrored else "right", balance)
    if balance > -OVERRULE_CONFIDENCE:
        return None
    opposite: Facing = "right" if pose.mirrored else "left"
    return FacingDecision(opposite, -balance)


def _track(
    reader: VideoReader,
    estimator: PoseEstimator,
    options: AssessOptions,
    survey: Survey,
    decision: FacingDecision,
    report: FrameReporter,
) -> ClipTracks:
    frames = reader.frames(options.from_s, options.to_s)
    tracks = track_frames(frames, reader.info, estimator, survey, decision, on_frame=report.count)
    return replace(tracks, n_lost=reader.damage.n_lost)


def track_frames(
    frames: Iterable[Frame],
    info: VideoInfo,
    estimator: PoseEstimator,
    survey: Survey,
    decision: FacingDecision,
    *,
    on_frame: Callable[[], None] | None = None,
) -> ClipTracks:
    """Follow the surveyed person through pictures of one video; what was lost in decoding is not counted here.

    Parameters
    ----------
    frames
        Pictures in order.
    info
        Of their video.
    estimator
        Source of poses.
    survey, decision
        Whom to follow, and which way they face.
    on_frame
        Called once per frame.
    """
    facing: Facing = decision.facing or "right"
    camera, outlines = CameraWatch(), _Outlines(info)
    box: list[tuple[float, float, float, float] | None] = [None]

    def watched() -> Iterator[Frame]:
        for frame in frames:
            with Stage("camera"):
                camera.update(frame, box[0])
            yield frame

    poses = _PoseRows()
    for pose in estimator.track(watched(), survey, facing=facing):
        outlines.add(pose)
        box[0] = _box_ratio(pose, info.width_px, info.height_px, mirrored=facing == "left")
        poses.add(pose)
        if on_frame is not None:
            on_frame()
    return ClipTracks(
        video=info,
        pose=poses.finish(mirrored=facing == "left", width_px=info.width_px, height_px=info.height_px),
        profile=outlines.finish(),
        camera=camera.finish(),
        facing=decision,
        people=survey.people,
    )


def _box_ratio(
    pose: PoseFrame, width_px: int, height_px: int, *, mirrored: bool
) -> tuple[float, float, float, float] | None:
    """Return the person's box in the unmirrored picture, ``(left, top, right, bottom)`` ÷ its size."""
    if not np.isfinite(pose.keypoints_px[0, 0]):
        return None
    low, high = pose.keypoints_px.min(axis=0), pose.keypoints_px.max(axis=0)
    left, right = (width_px - high[0], width_px - low[0]) if mirrored else (low[0], high[0])
    return (
        float(left / width_px),
        float(low[1] / height_px),
        float(right / width_px),
        float(high[1] / height_px),
    )


class _Outlines:
    """Reads the outlines of some frames at a time: together they cost half, and come out the same."""

    def __init__(self, info: VideoInfo) -> None:
        self._size = {"width_px": info.width_px, "height_px": info.height_px}
        self._waiting: list[PoseFrame] = []
        self._builder = ProfileBuilder()

    def add(self, pose: PoseFrame) -> None:
        """Take the next frame; its mask is let go once it is read."""
        self._waiting.append(pose)
        if len(self._waiting) == OUTLINES_AT_ONCE:
            self._read()

    def finish(self) -> ProfileTrack:
        """Return the outlines of all frames."""
        self._read()
        return self._builder.finish()

    def _read(self) -> None:
        if not self._waiting:
            return
        with Stage("outline"):
            points = np.stack([pose.keypoints_px for pose in self._waiting])
            for row in compute_profiles(points, [pose.mask for pose in self._waiting], **self._size):
                self._builder.add(row)
            self._waiting.clear()


class _PoseRows:
    """Takes poses one by one into blocks of rows: an hour of video is 108 000 of them, so objects cost too much."""

    _SHAPES: Mapping[str, tuple[int, ...]] = {
        "time_s": (),
        "index": (),
        "keypoints_px": (33, 2),
        "visibility": (33,),
        "world_m": (33, 3),
        "presence": (),
    }

    def __init__(self) -> None:
        self._blocks: dict[str, list[Array]] = {name: [] for name in self._SHAPES}
        self._n = 0

    def add(self, pose: PoseFrame) -> None:
        """Append one pose; its mask is not kept."""
        row = self._n % BLOCK_ROWS
        for name, shape in self._SHAPES.items():
            blocks = self._blocks[name]
            if row == 0:
                blocks.append(np.empty((BLOCK_ROWS, *shape)))
            blocks[-1][row] = getattr(pose, name)
        self._n += 1

    def finish(self, *, mirrored: bool, width_px: int, height_px: int) -> PoseTrack:
        """Return the track and forget the blocks."""
        return PoseTrack(
            time_s=self._take("time_s"),
            frame_index=self._take("index").astype(np.int64),
            keypoints_px=self._take("keypoints_px"),
            visibility=self._take("visibility"),
            world_m=self._take("world_m"),
            presence=self._take("presence"),
            mirrored=mirrored,
            width_px=width_px,
            height_px=height_px,
        )

    def _take(self, name: str) -> Array:
        blocks = self._blocks.pop(name)
        if not blocks:
            return np.empty((0, *self._SHAPES[name]))
        blocks[-1] = blocks[-1][: self._n - BLOCK_ROWS * (len(blocks) - 1)]
        return np.concatenate(blocks)


class FrameReporter:
    """Counts frames and tells the caller a few times a second."""

    def __init__(self, reader: VideoReader, options: AssessOptions, callback: ProgressCallback | None) -> None:
        info = reader.info
        self._total = None
        if info.duration_s and info.rate_hz:
            end_s = min(options.to_s or info.duration_s, info.duration_s)
            self._total = max(1, round((end_s - (options.from_s or 0.0)) * info.rate_hz))
        self._callback = callback
        self._clock: Callable[[], float] = time.monotonic
        self._start = self._last = self._clock()
        self._done = 0

    def count(self) -> None:
        """Count one frame."""
        self._done += 1
        now = self._clock()
        if self._callback is not None and now - self._last >= REPORT_EVERY_S:
            self._last = now
            # Where parts overlap, pictures are seen twice.
            done = self._done if self._total is None else min(self._done, self._total)
            self._callback(Progress("measure", done, self._total, now - self._start))
