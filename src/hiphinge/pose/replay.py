"""Poses from a recording instead of a model: for tests, demonstrations, and machines without an engine."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.errors import OutputError, UsageError
from hiphinge.model import Facing, Frame, Mask, PersonCandidate, PoseFrame
from hiphinge.pose.base import EstimatorInfo, Survey
from hiphinge.pose.tracking import empty_pose

__all__ = ["Recording", "ReplayEstimator", "load_recording", "save_recording"]

_FORMAT = "hiphinge-poses/1"
_PARTS = ("poses", "plain", "mirrored")


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything that an estimator said about one clip.

    Parameters
    ----------
    facing
        Which way the person faced in the picture; ``poses`` are canonical for it.
    width_px, height_px
        Size of the upright pictures.
    info
        What made the poses.
    survey
        The survey, as it was.
    poses
        One per frame, in order.
    """

    facing: Facing
    width_px: int
    height_px: int
    info: EstimatorInfo
    survey: Survey
    poses: tuple[PoseFrame, ...]


def save_recording(path: str | Path, recording: Recording) -> None:
    """Write a recording as a compressed ``.npz``: masks as bytes, coordinates as 32-bit floats.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    target = Path(path)
    about = {
        "format": _FORMAT,
        "facing": recording.facing,
        "width_px": recording.width_px,
        "height_px": recording.height_px,
        "info": {**asdict(recording.info), "sha256": dict(recording.info.sha256)},
        "people": [asdict(one) for one in recording.survey.people],
    }
    arrays: dict[str, NDArray[Any]] = {"about": np.array(json.dumps(about))}
    groups = (recording.poses, recording.survey.plain, recording.survey.mirrored)
    for part, poses in zip(_PARTS, groups, strict=True):
        arrays.update({f"{part}_{name}": values for name, values in _pack(poses).items()})
    partial = target.with_name(target.name + ".partial")
    try:
        with partial.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        partial.replace(target)
    except OSError as error:
        raise OutputError(
            f"The recording {target} cannot be written ({error.strerror or error}).",
            expected="a folder that can be written to, with space left",
            next_step="choose another place",
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def load_recording(path: str | Path) -> Recording:
    """Read what ``save_recording`` wrote.

    Raises
    ------
    UsageError
        There is no such file, or it is not a recording of poses.
    """
    try:
        with np.load(Path(path), allow_pickle=False) as arrays:
            about = json.loads(str(arrays["about"]))
            if about["format"] != _FORMAT:
                raise ValueError(f"format {about['format']!r}")
            poses, plain, mirrored = (_unpack(arrays, part) for part in _PARTS)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise UsageError(
            f"{path} cannot be read as a recording of poses ({error}).",
            expected=f"a file written by save_recording ({_FORMAT})",
            next_step="check the path, or record the clip again",
        ) from error
    people = tuple(PersonCandidate(**{**one, "center_ratio": tuple(one["center_ratio"])}) for one in about["people"])
    return Recording(
        facing=about["facing"],
        width_px=about["width_px"],
        height_px=about["height_px"],
        info=EstimatorInfo(**about["info"]),
        survey=Survey(people, plain, mirrored),
        poses=poses,
    )


class ReplayEstimator:
    """Give out the poses of a recording; frames it does not hold are "not seen".

    Parameters
    ----------
    recording
        A ``Recording``, or the path of one.
    """

    def __init__(self, recording: Recording | str | Path) -> None:
        self._recording = recording if isinstance(recording, Recording) else load_recording(recording)
        self._by_index = {pose.index: pose for pose in self._recording.poses}

    @property
    def info(self) -> EstimatorInfo:
        """What made the recording; the engine says that it was replayed."""
        info = self._recording.info
        return replace(info, engine=f"replay of {info.engine}")

    def survey(self, frames: Sequence[Frame], *, person: int | None = None) -> Survey:
        """Return the recorded survey.

        Raises
        ------
        UsageError
            Another person is asked for than the recorded one, or the pictures have another size.
        """
        if frames:
            self._check_size(frames[0])
        survey = self._recording.survey
        chosen = next((one.number for one in survey.people if one.chosen), None)
        if person is not None and person != chosen:
            raise UsageError(
                f"The recording does not follow person {person}.",
                expected=f"person {chosen}" if chosen is not None else "no person: nobody was seen",
                next_step="leave --person out, or record that person",
            )
        return survey

    def track(self, frames: Iterable[Frame], survey: Survey, *, facing: Facing) -> Iterator[PoseFrame]:
        """Yield the recorded pose of every frame, in order.

        Raises
        ------
        UsageError
            The recording was made for the other facing, or the pictures have another size.
        """
        if facing != self._recording.facing:
            raise UsageError(
                f"The recording holds a person facing {self._recording.facing}; asked for was {facing}.",
                expected=f"facing {self._recording.facing}",
                next_step="ask for that facing, or record the clip again",
            )
        return self._replay(frames)

    def _replay(self, frames: Iterable[Frame]) -> Iterator[PoseFrame]:
        for frame in frames:
            self._check_size(frame)
            pose = self._by_index.get(frame.index)
            yield empty_pose(frame) if pose is None else replace(pose, time_s=frame.time_s)

    def _check_size(self, frame: Frame) -> None:
        size = (frame.picture.width_px, frame.picture.height_px)
        recorded = (self._recording.width_px, self._recording.height_px)
        if size != recorded:
            raise UsageError(
                f"The pictures are {size[0]} x {size[1]} pixels, the recording is of another clip.",
                expected=f"{recorded[0]} x {recorded[1]} pixels",
                next_step="replay it with the clip it was made from",
            )


def _pack(poses: Sequence[PoseFrame]) -> dict[str, NDArray[Any]]:
    masked = [(row, pose.mask) for row, pose in enumerate(poses) if pose.mask is not None]
    return {
        "index": np.array([pose.index for pose in poses], dtype=np.int64),
        "time_s": np.array([pose.time_s for pose in poses], dtype=np.float64),
        "keypoints_px": np.array([pose.keypoints_px for pose in poses], dtype=np.float32),
        "visibility": np.array([pose.visibility for pose in poses], dtype=np.float32),
        "world_m": np.array([pose.world_m for pose in poses], dtype=np.float32),
        "presence": np.array([pose.presence for pose in poses], dtype=np.float64),
        "mask_row": np.array([row for row, _ in masked], dtype=np.int64),
        "mask": np.array([mask.values for _, mask in masked], dtype=np.uint8),
        "mask_affine": np.array([mask.crop_to_image for _, mask in masked], dtype=np.float64),
    }


def _unpack(arrays: Any, part: str) -> tuple[PoseFrame, ...]:
    columns = {name: arrays[f"{part}_{name}"] for name in _pack(())}
    masks: dict[int, Mask] = {
        int(row): Mask(values, affine)
        for row, values, affine in zip(columns["mask_row"], columns["mask"], columns["mask_affine"], strict=True)
    }
    return tuple(
        PoseFrame(
            index=int(columns["index"][row]),
            time_s=float(columns["time_s"][row]),
            keypoints_px=columns["keypoints_px"][row].astype(np.float64),
            visibility=columns["visibility"][row].astype(np.float64),
            world_m=columns["world_m"][row].astype(np.float64),
            presence=float(columns["presence"][row]),
            mask=masks.get(row),
        )
        for row in range(columns["index"].size)
    )
