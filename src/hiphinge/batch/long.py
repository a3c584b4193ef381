"""A long clip on a cluster: looked at once, tracked in parts by several workers, joined and assessed by one.

All of it runs on workers. What travels between them are the numbers that were seen in each part, never a picture.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hiphinge.batch.task import Receipt, Task
from hiphinge.batch.work import do_task, open_source
from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions, ProgressCallback
from hiphinge.clip.parts import LONG_S, PART_S, Part, PartPlan, is_long, join_parts, plan_parts, track_part, track_video
from hiphinge.clip.threads import library_threads_held_back
from hiphinge.clip.track import check_facing, track_clip
from hiphinge.video import open_video

if TYPE_CHECKING:
    from hiphinge.pose.base import PoseEstimator
    from hiphinge.video import VideoReader

__all__ = ["PartSeen", "finish", "look_at_part", "start"]


@dataclass(frozen=True, slots=True)
class PartSeen:
    """What was seen of one part, and the time that it took, seconds."""

    tracks: ClipTracks
    wall_s: float
    cpu_s: float


class _Long(Exception):
    """The clip goes on in parts."""


def start(task: Task, long_s: float = LONG_S, part_s: float = PART_S) -> Receipt | PartPlan:
    """Assess a clip, or say in which parts to track it: where it is long and there is no result of it yet."""
    plans: list[PartPlan] = []

    def track(
        reader: VideoReader,
        estimator: PoseEstimator,
        options: AssessOptions,
        *,
        progress: ProgressCallback | None = None,
    ) -> ClipTracks:
        plan = (
            plan_parts(reader, estimator, options, part_s=part_s) if is_long(reader, options, long_s=long_s) else None
        )
        if plan is None:
            return track_video(reader, estimator, options, progress=progress)
        plans.append(plan)
        raise _Long

    receipt = do_task(task, track=track)
    return plans[0] if plans else receipt


def look_at_part(task: Task, plan: PartPlan, part: Part) -> PartSeen:
    """Track one part."""
    from hiphinge.pose.blazepose import BlazePose

    wall_s, cpu_s = time.perf_counter(), time.process_time()
    estimator = BlazePose(task.options.model, threads=task.threads)
    with library_threads_held_back(), open_source(task.url) as path, open_video(path, threads=task.threads) as reader:
        tracks = track_part(reader, estimator, plan, part)
    return PartSeen(tracks, time.perf_counter() - wall_s, time.process_time() - cpu_s)


def finish(task: Task, plan: PartPlan, *seen: PartSeen) -> Receipt | PartPlan:
    """Join the parts and assess the clip, or say that all have to be tracked once more, the other way round."""
    tracks = join_parts(plan, [one.tracks for one in seen])
    if tracks is None:
        return do_task(task, track=track_clip)
    better = check_facing(tracks, task.options)
    if better is not None and not plan.turned:
        return plan.turn(better)
    joined = tracks

    def track(
        reader: VideoReader,
        estimator: PoseEstimator,
        options: AssessOptions,
        *,
        progress: ProgressCallback | None = None,
    ) -> ClipTracks:
        return joined

    return _count_time(do_task(task, track=track), seen)


def _count_time(receipt: Receipt, seen: Sequence[PartSeen]) -> Receipt:
    return replace(
        receipt,
        wall_s=receipt.wall_s + sum(one.wall_s for one in seen),
        cpu_s=receipt.cpu_s + sum(one.cpu_s for one in seen),
    )
