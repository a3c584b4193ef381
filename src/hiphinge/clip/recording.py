"""The numbers that were seen in one clip, as one small file: enough to judge it again without the film.

The file is a compressed ``.npz`` without pickles: one array for every array of the tracks, in its own kind of number,
and ``about``, a JSON text with the rest. Reading trusts nothing: every size is known before a byte is unpacked.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.clip.analyse import ClipTracks, analyse, flatten_options
from hiphinge.clip.options import DRILLS, AssessOptions
from hiphinge.clip.settings import load_criteria
from hiphinge.clip.threads import library_threads_held_back
from hiphinge.errors import ConfigError, UsageError
from hiphinge.model import Assessment, CameraTrack, PersonCandidate, PoseTrack, ProfileTrack, Provenance, VideoInfo
from hiphinge.sagittal import FacingDecision
from hiphinge.verdict import Criteria, check_limits, criteria_for

__all__ = ["MAX_FRAMES", "TRACKS_NAME", "pack_tracks", "reassess", "unpack_tracks"]

#: What the file is called beside an assessment.
TRACKS_NAME = "tracks.npz"
#: Two hours at 30 frames a second: a recording with more is not read.
MAX_FRAMES = 216_000
_FORMAT = "hiphinge-tracks/1"
_MAX_STATIONS = 1024
_MAX_ABOUT_BYTES = 1 << 20
_MAX_HEADER_BYTES = 1024
#: Shape of each array after the frames, ``-1`` for the stations, and its kind of number.
_POSE: Mapping[str, tuple[tuple[int, ...], str]] = {
    "time_s": ((), "<f8"),
    "frame_index": ((), "<i8"),
    "keypoints_px": ((33, 2), "<f8"),
    "visibility": ((33,), "<f8"),
    "world_m": ((33, 3), "<f8"),
    "presence": ((), "<f8"),
}
_PROFILE: Mapping[str, tuple[tuple[int, ...], str]] = {
    "dorsal_ratio": ((-1,), "<f8"),
    "hidden": ((-1,), "|b1"),
    "ventral_ratio": ((31,), "<f4"),
    "thigh_back_ratio": ((13,), "<f4"),
    "thigh_front_ratio": ((13,), "<f4"),
    "seat_px": ((2,), "<f8"),
    "edge_softness_px": ((), "<f8"),
    "body_height_px": ((), "<f8"),
    "body_top_px": ((), "<f8"),
    "body_bottom_px": ((), "<f8"),
    "clipped": ((), "<f8"),
}
_CAMERA: Mapping[str, tuple[tuple[int, ...], str]] = {
    "cut": ((), "|b1"),
    "shift_ratio": ((2,), "<f8"),
    "luma": ((), "<f8"),
    "sharpness": ((), "<f8"),
    "still_picture": ((), "|b1"),
}
_GROUPS = (("pose", _POSE), ("profile", _PROFILE), ("camera", _CAMERA))


def pack_tracks(tracks: ClipTracks) -> bytes:
    """Write tracks as the bytes of a recording; the same tracks give the same bytes.

    Parameters
    ----------
    tracks
        What was seen. ``unpack_tracks`` gives it back bit for bit.

    Raises
    ------
    UsageError
        The clip has more than ``MAX_FRAMES`` frames.
    """
    n = tracks.pose.n_frames
    if n > MAX_FRAMES:
        raise UsageError(
            f"The clip has {n} frames.",
            expected=f"at most {MAX_FRAMES} in a recording",
            next_step="Assess it in parts, with --from and --to.",
        )
    about = {
        "format": _FORMAT,
        "n_frames": n,
        "n_stations": len(tracks.profile.station_ratio),
        "mirrored": tracks.pose.mirrored,
        "width_px": tracks.pose.width_px,
        "height_px": tracks.pose.height_px,
        "video": asdict(tracks.video),
        "facing": asdict(tracks.facing),
        "people": [asdict(one) for one in tracks.people],
        "n_lost": tracks.n_lost,
    }
    arrays: dict[str, NDArray[Any]] = {
        "about": np.frombuffer(json.dumps(about).encode("utf-8"), dtype=np.uint8),
        "profile.station_ratio": np.asarray(tracks.profile.station_ratio, dtype="<f8"),
    }
    for name, table in _GROUPS:
        group = getattr(tracks, name)
        for part, (_, kind) in table.items():
            arrays[f"{name}.{part}"] = np.ascontiguousarray(getattr(group, part), dtype=kind)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack_tracks(data: bytes) -> ClipTracks:
    """Read the bytes of a recording.

    Raises
    ------
    UsageError
        They are none, are damaged, or claim a size that no recording has.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as held:
            return _unpack(held)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        RuntimeError,
    ) as error:
        raise UsageError(
            f"This is no recording that can be read ({type(error).__name__}: {error}).",
            expected=f"the bytes of a {TRACKS_NAME} ({_FORMAT})",
            next_step="Assess the film again, or give another file.",
        ) from error


def _unpack(held: zipfile.ZipFile) -> ClipTracks:
    about = json.loads(_read_bytes(held, "about", _MAX_ABOUT_BYTES, shape=None, kind="|u1").tobytes())
    if about["format"] != _FORMAT:
        raise ValueError(f"format {about['format']!r}")
    n, stations = int(about["n_frames"]), int(about["n_stations"])
    if not (0 <= n <= MAX_FRAMES and 2 <= stations <= _MAX_STATIONS):
        raise ValueError(f"{n} frames with {stations} stations")

    def group(name: str, table: Mapping[str, tuple[tuple[int, ...], str]]) -> dict[str, Any]:
        read = {}
        for part, (inner, kind) in table.items():
            shape = (n, *(stations if size < 0 else size for size in inner))
            read[part] = _read(held, f"{name}.{part}", shape=shape, kind=kind)
        return read

    pose = PoseTrack(
        **group("pose", _POSE),
        mirrored=bool(about["mirrored"]),
        width_px=int(about["width_px"]),
        height_px=int(about["height_px"]),
    )
    profile = ProfileTrack(
        station_ratio=_read(held, "profile.station_ratio", shape=(stations,), kind="<f8"), **group("profile", _PROFILE)
    )
    if not (np.isfinite(pose.time_s).all() and (np.diff(pose.time_s) >= 0).all()):
        raise ValueError("times that do not grow")
    people = tuple(
        PersonCandidate(**{**one, "center_ratio": (float(one["center_ratio"][0]), float(one["center_ratio"][1]))})
        for one in about["people"]
    )
    return ClipTracks(
        video=VideoInfo(**{field.name: about["video"][field.name] for field in fields(VideoInfo)}),
        pose=pose,
        profile=profile,
        camera=CameraTrack(**group("camera", _CAMERA)),
        facing=FacingDecision(**about["facing"]),
        people=people,
        n_lost=int(about["n_lost"]),
    )


def _read(held: zipfile.ZipFile, name: str, *, shape: tuple[int, ...], kind: str) -> NDArray[Any]:
    limit = int(np.prod(shape, dtype=np.int64)) * np.dtype(kind).itemsize
    return _read_bytes(held, name, limit, shape=shape, kind=kind)


def _read_bytes(
    held: zipfile.ZipFile, name: str, limit: int, *, shape: tuple[int, ...] | None, kind: str
) -> NDArray[Any]:
    """Read one array of at most ``limit`` bytes; its own header may claim nothing else than what is expected."""
    info = held.getinfo(f"{name}.npy")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed in an unknown way")
    if info.file_size > limit + _MAX_HEADER_BYTES:
        raise ValueError(f"{name} holds {info.file_size} bytes")
    with held.open(info) as stream:
        raw = io.BytesIO(stream.read(limit + _MAX_HEADER_BYTES))
    if np.lib.format.read_magic(raw) != (1, 0):
        raise ValueError(f"{name} has another header")
    found, fortran, dtype = np.lib.format.read_array_header_1_0(raw)
    if fortran or dtype != np.dtype(kind) or (found != shape if shape is not None else len(found) != 1):
        raise ValueError(f"{name} holds {dtype} {found}")
    # A copy: what is unpacked can be written to, as what was packed.
    return np.frombuffer(raw.read(), dtype=kind, count=int(np.prod(found))).reshape(found).copy()


def reassess(
    tracks: ClipTracks,
    options: AssessOptions,
    *,
    limits: Mapping[str, float] | None = None,
    provenance: Provenance | None = None,
    own_maximum_deg: tuple[float, float, float] | None = None,
) -> Assessment:
    """Judge a recording as its film would be judged.

    Parameters
    ----------
    tracks
        What was seen.
    options
        Drill, criteria, still stand, wall, length of the shoe; the rest says nothing here.
    limits
        Numbers that replace the drill's own, by the names of ``Criteria.as_mapping``, for example those of a drill of
        the program; None takes ``options.criteria``.
    provenance
        Where the tracks come from; None says that they come from a recording.
    own_maximum_deg
        The person's own lumbar flexion (value, lo, hi) in a clip of deliberate rounding, or None.

    Raises
    ------
    UsageError
        There is no such drill, or an option does not fit the recording.
    ConfigError
        The limits name something that the drill does not have, or contradict each other.
    """
    if options.drill not in DRILLS:
        raise UsageError(f"There is no drill called {options.drill!r}.", expected=", ".join(DRILLS))
    criteria = load_criteria(options.drill, options.criteria) if limits is None else _limit(options.drill, limits)
    with library_threads_held_back():
        return analyse(
            tracks,
            options,
            criteria=criteria,
            provenance=provenance or _from_recording(options),
            own_maximum_deg=own_maximum_deg,
        )


def _limit(drill: str, limits: Mapping[str, float]) -> Criteria:
    """Return a drill's criteria with limits of its own, checked."""
    try:
        criteria = criteria_for(drill, limits)
    except KeyError as error:
        raise ConfigError(f"The limits name {error}, which the drill {drill!r} does not have.") from None
    contradiction = check_limits(criteria)
    if contradiction is not None:
        raise ConfigError(f"The limits contradict each other: {contradiction[1]}.")
    return criteria


def _from_recording(options: AssessOptions) -> Provenance:
    return Provenance(
        hiphinge_version="",
        model="as recorded",
        model_sha256={},
        precision="as recorded",
        engine="a recording, judged again",
        calibration="",
        created_utc=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        options=flatten_options(options),
    )
