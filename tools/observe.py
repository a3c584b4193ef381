"""Run the product's own decoder, pose model and outline over rendered stills, and keep what it saw beside the truth.

Shared by ``calibrate.py`` and ``evaluate.py``: every picture goes through the same code as a video frame does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.model import Facing, PoseTrack, ProfileTrack, Reference
from hiphinge.pose.base import Survey
from hiphinge.pose.blazepose import BlazePose
from hiphinge.sagittal import Segments, Standing, compute_segments, compute_yaw_deg, find_standing
from hiphinge.spine import ProfileBuilder, SpineInput, compute_profile
from hiphinge.video import open_video

__all__ = ["Observed", "join", "load_observed", "observe_folder"]

#: Pictures of one person are put this far apart in time, so that nothing is smoothed from one into the next.
APART_S = 60.0


@dataclass
class Observed:
    """All pictures of one person: poses and outlines as they were seen, and the truth rows in the same order."""

    person: str
    profile: ProfileTrack
    poses: tuple[PoseTrack, ...]
    truth: tuple[dict[str, Any], ...]

    @cached_property
    def segments(self) -> Segments:
        """Segment leans, computed anew from the poses, pictures far apart in time."""
        parts = [compute_segments(pose) for pose in self.poses]
        joined = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Segments)}
        joined["time_s"] = APART_S * np.arange(len(parts))
        return Segments(**joined)

    @cached_property
    def yaw_deg(self) -> np.ndarray:
        """Estimated yaw of every picture."""
        return np.concatenate([compute_yaw_deg(pose) for pose in self.poses])

    def standing(self, *, still: bool) -> Standing:
        """The reference from the person's still stands, or none."""
        s = self.segments
        rows = np.array([row["kind"] == "still" for row in self.truth])
        for points in (s.hip, s.ankle, s.heel, s.toe):
            rows &= np.isfinite(points[:, 0])
        if not still or not rows.any():
            unknown = np.full(2, np.nan)
            return Standing(Reference("none", "none", None, None, None, None), rows & False, unknown, unknown)
        found = find_standing(_slice(s, rows), still_s=(float(s.time_s[rows][0]), float(s.time_s[rows][-1])))
        return Standing(found.reference, rows, found.hip_from_feet_px, found.shoulder_from_feet_px)

    def spine_input(self, *, still: bool) -> SpineInput:
        """What a spine estimator is given."""
        return SpineInput(self.profile, self.segments, self.standing(still=still), self.yaw_deg)


def _slice(segments: Segments, rows: np.ndarray) -> Segments:
    return Segments(**{f.name: getattr(segments, f.name)[rows] for f in fields(Segments)})


def _observe_picture(path: Path, estimator: BlazePose, facing: Facing) -> tuple[PoseTrack, Any]:
    with open_video(path) as reader:
        info = reader.info
        # One person, facing known: nothing to survey.
        pose = next(iter(estimator.track(reader.frames(ahead=0), Survey((), (), ()), facing=facing)))
    row = compute_profile(pose.keypoints_px, pose.mask, width_px=info.width_px, height_px=info.height_px)
    track = PoseTrack(
        np.zeros(1), np.zeros(1, dtype=np.int64), pose.keypoints_px[None], pose.visibility[None],
        pose.world_m[None], np.array([pose.presence]), facing == "left", info.width_px, info.height_px,
    )  # fmt: skip
    return track, row


def observe_person(folder: Path, rows: Sequence[dict[str, Any]], estimator: BlazePose) -> Observed:
    """Look at every picture of one person."""
    builder, poses = ProfileBuilder(), []
    for row in rows:
        pose, outline = _observe_picture(folder / row["file"], estimator, row["facing"])
        builder.add(outline)
        poses.append(pose)
    return Observed(rows[0]["person"], builder.finish(), tuple(poses), tuple(rows))


def observe_folder(folder: Path, *, model: str = "full", limit: int | None = None) -> Iterator[Observed]:
    """Look at every person of a folder made by ``make_people.py``."""
    rows = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    by_person: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_person.setdefault(row["person"], []).append(row)
    estimator = BlazePose(model)
    for person in list(by_person)[:limit]:
        yield observe_person(folder, by_person[person], estimator)


def load_observed(folder: Path, *, model: str = "full", limit: int | None = None) -> list[Observed]:
    """Look at a folder, or take what an earlier look left beside it (``observed_<model>.pkl``)."""
    import pickle

    cache = folder / f"observed_{model}.pkl"
    if limit is None and cache.exists() and cache.stat().st_mtime >= (folder / "truth.json").stat().st_mtime:
        return pickle.loads(cache.read_bytes())
    found = list(observe_folder(folder, model=model, limit=limit))
    if limit is None:
        kept = [Observed(one.person, one.profile, one.poses, one.truth) for one in found]
        cache.write_bytes(pickle.dumps(kept))
    return found


def join(people: Sequence[Observed], name: str) -> np.ndarray:
    """One truth column over all pictures of all people, NaN where a row lacks it."""
    return np.array([row.get(name, np.nan) for person in people for row in person.truth], dtype=float)
