"""Look at rendered stills with the product's own decoder, pose model and outline; keep what was seen beside the truth.

Every picture goes through the same code as a frame of a video does. Also used by the tool that trains the spine model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from hiphinge.clip.options import ModelName
from hiphinge.errors import ConfigError
from hiphinge.model import Array, Facing, Frame, PoseTrack, ProfileTrack, Reference
from hiphinge.pose.base import Survey
from hiphinge.pose.blazepose import BlazePose
from hiphinge.pose.tracking import empty_pose
from hiphinge.sagittal import Segments, Standing, compute_segments, compute_yaw_deg, find_standing
from hiphinge.spine import ProfileBuilder, SpineInput, compute_profile
from hiphinge.spine.profile import ProfileRow
from hiphinge.validation.store import SIGHT, fingerprint, read_arrays, read_json, write_arrays
from hiphinge.video import open_video

__all__ = ["Observed", "join", "load_observed", "load_truth", "observe_folder", "observe_person"]

#: Pictures of one person are put this far apart in time, so that nothing is smoothed from one into the next.
APART_S = 60.0
#: Pictures that are made smaller are stored at this JPEG quality.
SMALLER_QUALITY = 90
#: Hips found further than this from the true ones, in picture sizes, are somebody else's.
MAX_APART_RATIO = 0.2
_POSE_ARRAYS = ("time_s", "frame_index", "keypoints_px", "visibility", "world_m", "presence")
_POSE_NUMBERS = ("mirrored", "width_px", "height_px")


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
    def yaw_deg(self) -> Array:
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
        found = find_standing(_rows_of(s, rows), still_s=(float(s.time_s[rows][0]), float(s.time_s[rows][-1])))
        return Standing(found.reference, rows, found.hip_from_feet_px, found.shoulder_from_feet_px)

    def spine_input(self, *, still: bool) -> SpineInput:
        """What a spine estimator is given."""
        return SpineInput(self.profile, self.segments, self.standing(still=still), self.yaw_deg)


def _rows_of(segments: Segments, rows: np.ndarray) -> Segments:
    return Segments(**{f.name: getattr(segments, f.name)[rows] for f in fields(Segments)})


def load_truth(folder: Path) -> dict[str, tuple[dict[str, Any], ...]]:
    """Read the truth of a folder of stills, person → rows: one ``<person>.json`` each, or one ``truth.json``.

    Raises
    ------
    ConfigError
        A file cannot be read, or is no list of pictures.
    """
    whole = folder / "truth.json"
    files = [whole] if whole.is_file() else sorted(folder.glob("*.json"))
    by_person: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        rows = read_json(file)
        if not isinstance(rows, list) or not all(isinstance(row, dict) and "file" in row for row in rows):
            raise ConfigError(
                f"{str(file)!r} is no truth of stills.",
                expected="a list with one object per picture, each with its file",
                next_step="Give a folder that hiphinge rendered, or remove that file.",
            )
        for row in rows:
            by_person.setdefault(row["person"], []).append(row)
    return {person: tuple(rows) for person, rows in by_person.items()}


def _open_picture(path: Path, place: int) -> Frame:
    """Decode one picture as the frame that it is among the person's."""
    with open_video(path) as reader:
        return replace(reader.sample(1)[0], index=place, time_s=APART_S * place)


def _observe_picture(
    frame: Frame, estimator: BlazePose, survey: Survey | None, facing: Facing
) -> tuple[PoseTrack, ProfileRow]:
    width_px, height_px = frame.picture.width_px, frame.picture.height_px
    pose = empty_pose(frame) if survey is None else next(iter(estimator.track([frame], survey, facing=facing)))
    outline = compute_profile(pose.keypoints_px, pose.mask, width_px=width_px, height_px=height_px)
    track = PoseTrack(
        np.zeros(1), np.zeros(1, dtype=np.int64), pose.keypoints_px[None], pose.visibility[None],
        pose.world_m[None], np.array([pose.presence]), facing == "left", width_px, height_px,
    )  # fmt: skip
    return track, outline


def _survey(frames: Sequence[Frame], estimator: BlazePose, rows: Sequence[Mapping[str, Any]]) -> Survey | None:
    """Look for other people over all pictures, as over a clip; follow whom the truth is about, as ``--person`` does.

    None where the detector sees somebody else only: the person then counts as not seen.
    """
    if not any(row.get("bystander") for row in rows):
        return Survey((), (), ())
    found = estimator.survey(frames)
    hips = [np.array(row["hip_px"]) / (row["width_px"], row["height_px"]) for row in rows]
    hip_ratio = np.median(hips, axis=0)
    apart = {one.number: float(np.hypot(*(np.array(one.center_ratio) - hip_ratio))) for one in found.people}
    near = min(apart, key=apart.__getitem__, default=None)
    if near is None or apart[near] > MAX_APART_RATIO:
        return None
    return found if found.people[near].chosen else estimator.survey(frames, person=near)


def observe_person(
    folder: Path, rows: Sequence[dict[str, Any]], estimator: BlazePose, *, scale: float = 1.0
) -> Observed:
    """Look at every picture of one person.

    Parameters
    ----------
    folder
        Where the pictures lie.
    rows
        Their truth.
    estimator
        The pose model.
    scale
        Below 1 the pictures are first made smaller by so much, and stored again.
    """
    with TemporaryDirectory() as smaller:
        paths = [folder / row["file"] for row in rows]
        if scale != 1.0:
            paths = [_shrink(path, Path(smaller), scale) for path in paths]
        frames = [_open_picture(path, place) for place, path in enumerate(paths)]
    survey = _survey(frames, estimator, rows)
    builder, poses = ProfileBuilder(), []
    for frame, row in zip(frames, rows, strict=True):
        pose, outline = _observe_picture(frame, estimator, survey, row["facing"])
        builder.add(outline)
        poses.append(pose)
    return Observed(rows[0]["person"], builder.finish(), tuple(poses), tuple(rows))


def _shrink(path: Path, into: Path, scale: float) -> Path:
    """Store a smaller copy of a picture."""
    import cv2

    small = cv2.resize(cv2.imread(str(path)), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(into / path.name), small, [cv2.IMWRITE_JPEG_QUALITY, SMALLER_QUALITY])
    return into / path.name


def observe_folder(
    folder: Path,
    *,
    model: ModelName = "full",
    limit: int | None = None,
    scale: float = 1.0,
    kept: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Observed]:
    """Look at every person of a folder of stills; whoever was looked at before is taken from ``kept``.

    Parameters
    ----------
    folder
        Pictures and truth, as ``load_truth`` reads them.
    model
        BlazePose landmark model.
    limit
        Only so many people.
    scale
        See ``observe_person``.
    kept
        Folder for what was seen; None takes ``seen/`` beside the pictures. What other code saw is not taken.
    progress
        Told about each person that is looked at.

    Yields
    ------
    Observed
        One per person.
    """
    place = (kept or folder / "seen") / f"{model}-{scale:g}-{fingerprint(SIGHT)}"
    estimator: BlazePose | None = None
    for person, rows in list(load_truth(folder).items())[:limit]:
        file = place / f"{person}.npz"
        found = _read_observed(file, rows)
        if found is None:
            place.mkdir(parents=True, exist_ok=True)
            estimator = estimator or BlazePose(model)
            found = observe_person(folder, rows, estimator, scale=scale)
            _write_observed(file, found)
            if progress is not None:
                progress(person)
        yield found


def load_observed(folder: Path, *, model: ModelName = "full", limit: int | None = None) -> list[Observed]:
    """Look at a folder of stills, or take what an earlier look left beside it; see ``observe_folder``."""
    return list(observe_folder(folder, model=model, limit=limit))


def _truth_hash(rows: Sequence[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def _write_observed(file: Path, one: Observed) -> None:
    arrays: dict[str, Any] = {f"profile.{f.name}": getattr(one.profile, f.name) for f in fields(ProfileTrack)}
    arrays |= {f"pose.{name}": np.concatenate([getattr(p, name) for p in one.poses]) for name in _POSE_ARRAYS}
    arrays |= {f"pose.{name}": np.array([getattr(p, name) for p in one.poses]) for name in _POSE_NUMBERS}
    write_arrays(file, arrays | {"truth": np.array(_truth_hash(one.truth))})


def _read_observed(file: Path, rows: tuple[dict[str, Any], ...]) -> Observed | None:
    names = [f"profile.{f.name}" for f in fields(ProfileTrack)]
    names += [f"pose.{name}" for name in (*_POSE_ARRAYS, *_POSE_NUMBERS)]
    held = read_arrays(file, [*names, "truth"])
    if held is None or str(held["truth"]) != _truth_hash(rows):
        return None
    profile = ProfileTrack(**{f.name: held[f"profile.{f.name}"] for f in fields(ProfileTrack)})
    poses = tuple(
        PoseTrack(
            **{name: held[f"pose.{name}"][k : k + 1] for name in _POSE_ARRAYS},
            mirrored=bool(held["pose.mirrored"][k]),
            width_px=int(held["pose.width_px"][k]),
            height_px=int(held["pose.height_px"][k]),
        )
        for k in range(len(rows))
    )
    return Observed(rows[0]["person"], profile, poses, rows)


def join(people: Sequence[Observed], name: str) -> Array:
    """One truth column over all pictures of all people, NaN where a row lacks it."""
    return np.array([row.get(name, np.nan) for person in people for row in person.truth], dtype=float)
