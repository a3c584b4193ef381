"""What the browser sends, byte by byte: numbers of one camera frame each, never a picture (wire format, version 1).

A message is a header of 12 bytes, little-endian (``HHL1``, the first frame's number in its set, how many frames, 0),
and that many frames of ``FRAME``, packed. Numbers are NaN where something was not seen. The browser's twin is
``web/static/js/pose/wire.js``; both are held to ``tests/data/live_wire.json``.

Nothing that comes in is trusted: a message of the wrong length, with times that do not grow, or with numbers that no
picture has is refused as a whole, before anything of it is used.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.errors import UsageError
from hiphinge.model import Array, CameraTrack, PoseTrack, ProfileTrack
from hiphinge.spine.profile import STATIONS, THIGH_STATIONS, VENTRAL_STATIONS

__all__ = [
    "FLAG_MIRRORED",
    "FLAG_RESTARTED",
    "FLAG_SEEN",
    "FRAME",
    "MAX_FRAMES",
    "MAX_MESSAGE_BYTES",
    "Rows",
    "decode_frames",
    "encode_frames",
    "is_seen",
    "mixed_rows_to_tracks",
    "rows_to_pose",
    "rows_to_tracks",
    "stack_rows",
    "take_tracks",
]

#: One frame of the camera.
FRAME = np.dtype(
    [
        ("time_s", "<f8"),
        ("flags", "u1"),
        ("width_px", "<u2"),
        ("height_px", "<u2"),
        ("luma", "<f4"),
        ("shift_x", "<f4"),
        ("shift_y", "<f4"),
        ("sharpness", "<f4"),
        ("keypoints", "<f4", (33, 2)),
        ("visibility", "<f4", (33,)),
        ("world", "<f4", (33, 3)),
        ("presence", "<f4"),
        ("dorsal", "<f4", (len(STATIONS),)),
        ("hidden", "u1", (len(STATIONS),)),
        ("ventral", "<f4", (len(VENTRAL_STATIONS),)),
        ("thigh_back", "<f4", (len(THIGH_STATIONS),)),
        ("thigh_front", "<f4", (len(THIGH_STATIONS),)),
        ("seat", "<f4", (2,)),
        ("edge_softness_px", "<f4"),
        ("body_top_px", "<f4"),
        ("body_bottom_px", "<f4"),
        ("clipped", "<f4"),
    ]
)
#: Frames, ``(n,)`` of ``FRAME``.
Rows = NDArray[np.void]
#: The picture that the model saw was mirrored; a person was found; the camera was started again before this frame.
FLAG_MIRRORED, FLAG_SEEN, FLAG_RESTARTED = 1, 2, 4
#: Most frames in one message.
MAX_FRAMES = 64
_HEADER = struct.Struct("<4sIHH")
_MAGIC = b"HHL1"
#: A longer message is none of ours.
MAX_MESSAGE_BYTES = _HEADER.size + MAX_FRAMES * FRAME.itemsize
#: No picture is smaller or larger, no set is longer, and no number of a picture is larger than these.
_MIN_SIDE_PX, _MAX_SIDE_PX, _MAX_TIME_S, _MAX_NUMBER = 16, 8192, 86_400.0, 1e6
_MAX_SEQUENCE = 10_000_000
_NUMBERS = tuple(name for name in FRAME.names or () if FRAME[name].base == np.dtype("<f4"))
_POSE_ARRAYS = tuple(f.name for f in fields(PoseTrack) if f.name not in ("mirrored", "width_px", "height_px"))
_PROFILE_ARRAYS = tuple(f.name for f in fields(ProfileTrack) if f.name != "station_ratio")
_SHARES = ("visibility", "presence", "luma")


def encode_frames(first: int, rows: Rows) -> bytes:
    """Write a message.

    Parameters
    ----------
    first
        Number of the first frame in its set, counted from 0.
    rows
        1 to ``MAX_FRAMES`` frames.

    Raises
    ------
    ValueError
        No frame, or too many.
    """
    if not 1 <= len(rows) <= MAX_FRAMES:
        raise ValueError(f"{len(rows)} frames do not fit in one message.")
    return _HEADER.pack(_MAGIC, first, len(rows), 0) + np.ascontiguousarray(rows, dtype=FRAME).tobytes()


def decode_frames(data: bytes | bytearray | memoryview) -> tuple[int, Rows]:
    """Read a message.

    Returns
    -------
    tuple
        The first frame's number, and ``(n,)`` frames of ``FRAME``.

    Raises
    ------
    UsageError
        It is no such message, or holds what no camera gives.
    """
    if not _HEADER.size + FRAME.itemsize <= len(data) <= MAX_MESSAGE_BYTES:
        raise _refuse(f"it has {len(data)} bytes")
    magic, first, count, zero = _HEADER.unpack_from(data)
    if magic != _MAGIC or zero:
        raise _refuse("it does not begin as one")
    if not 1 <= count <= MAX_FRAMES or len(data) != _HEADER.size + count * FRAME.itemsize:
        raise _refuse(f"it says that it holds {count} frames and has {len(data)} bytes")
    if first > _MAX_SEQUENCE:
        raise _refuse(f"no set has a frame {first}")
    # Of a bytearray, so that they can be written to.
    rows = np.frombuffer(bytearray(data), dtype=FRAME, offset=_HEADER.size, count=count)
    for numbers in _numbers_of(
        rows
    ):  # every kind of NaN becomes the one: a signalling one would warn wherever it is read
        numbers[np.isnan(numbers)] = np.nan
    found = _find_odd(rows)
    if found:
        raise _refuse(found)
    return first, rows


def _refuse(why: str) -> UsageError:
    return UsageError(
        f"A message from the camera cannot be used: {why}.",
        expected=f"{_MAGIC.decode()} with 1 to {MAX_FRAMES} frames of {FRAME.itemsize} bytes, times growing",
        next_step="Load the page again: it may be of another version.",
    )


def _find_odd(rows: Rows) -> str:
    """Say what no camera gives; "" where nothing is odd."""
    time_s = rows["time_s"]
    if not np.isfinite(time_s).all() or time_s[0] < 0 or time_s[-1] > _MAX_TIME_S or (np.diff(time_s) <= 0).any():
        return "its times do not grow, or lie outside a day"
    if (rows["flags"] > (FLAG_MIRRORED | FLAG_SEEN | FLAG_RESTARTED)).any():
        return "it has unknown flags"
    for side in ("width_px", "height_px"):
        if (rows[side] < _MIN_SIDE_PX).any() or (rows[side] > _MAX_SIDE_PX).any():
            return "the picture has a size that no camera has"
    if any((np.abs(numbers) > _MAX_NUMBER).any() for numbers in _numbers_of(rows)):
        odd = next(name for name in _NUMBERS if (np.abs(rows[name]) > _MAX_NUMBER).any())
        return f"{odd} is out of all bounds"
    for name in _SHARES:
        if (np.abs(rows[name] - np.float32(0.5)) > 0.51).any():
            return f"{name} is not between 0 and 1"
    return ""


def _numbers_of(rows: Rows) -> tuple[NDArray[np.float32], ...]:
    """Views of all the numbers of the frames, in runs that lie side by side: looked at at once, not field by field."""
    plain = rows.view(np.uint8).reshape(len(rows), FRAME.itemsize)
    return tuple(plain[:, start:end].view("<f4") for start, end in _RUNS)


def _find_runs() -> tuple[tuple[int, int], ...]:
    """Bytes of a frame, from and to, in which only numbers lie."""
    runs: list[tuple[int, int]] = []
    for name in _NUMBERS:
        kind, start = FRAME.fields[name][:2]  # type: ignore[index]
        end = start + kind.itemsize
        if runs and runs[-1][1] == start:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return tuple(runs)


_RUNS = _find_runs()


def is_seen(rows: Rows) -> NDArray[np.bool_]:
    """``(n,)`` true where a person was found: told so, with every keypoint."""
    return np.asarray((rows["flags"] & FLAG_SEEN > 0) & np.isfinite(rows["keypoints"]).all(axis=(1, 2)))


def stack_rows(parts: Sequence[Rows]) -> Rows:
    """Put frames one after another; none gives ``(0,)``."""
    # By their bytes: numpy would put them together field by field, which takes a hundred times as long.
    return np.frombuffer(bytearray(b"".join(part.tobytes() for part in parts)), dtype=FRAME)


def mixed_rows_to_tracks(rows: Rows) -> tuple[PoseTrack, ProfileTrack]:
    """Turn frames of any size and orientation into tracks that are to be read row by row: their size says nothing."""
    seen = is_seen(rows)
    return _pose_of(rows, seen, first=0, width=0, height=0, mirrored=False), _profile_of(rows, seen)


def take_tracks(pose: PoseTrack, profile: ProfileTrack, rows: NDArray[np.intp]) -> tuple[PoseTrack, ProfileTrack]:
    """Take some rows of tracks, in the order given."""
    poses = {name: getattr(pose, name)[rows] for name in _POSE_ARRAYS}
    outlines = {name: getattr(profile, name)[rows] for name in _PROFILE_ARRAYS}
    return replace(pose, **poses), replace(profile, **outlines)


def rows_to_pose(rows: Rows) -> PoseTrack:
    """Turn frames into the pose of ``rows_to_tracks`` alone; ValueError as there."""
    return _pose_of(rows, is_seen(rows), first=0, **_kind_of(rows))


def rows_to_tracks(rows: Rows, *, first: int = 0) -> tuple[PoseTrack, ProfileTrack, CameraTrack]:
    """Turn frames into the tracks that everything else reads.

    Parameters
    ----------
    rows
        Frames of one size and one orientation, in order of time.
    first
        Number of the first frame.

    Raises
    ------
    ValueError
        The frames differ in size, or some are mirrored and some are not.
    """
    seen = is_seen(rows)
    return _pose_of(rows, seen, first=first, **_kind_of(rows)), _profile_of(rows, seen), _camera_of(rows)


def _kind_of(rows: Rows) -> dict[str, Any]:
    """Size and orientation that all of the frames have."""
    width, height, mirrored = (int(rows[name][0]) if len(rows) else 0 for name in ("width_px", "height_px", "flags"))
    mirrored &= FLAG_MIRRORED
    alike = (rows["width_px"] == width) & (rows["height_px"] == height) & (rows["flags"] & FLAG_MIRRORED == mirrored)
    if not alike.all():
        raise ValueError("Frames of different kinds (size, mirroring) cannot be one track.")
    return {"width": width, "height": height, "mirrored": bool(mirrored)}


def _pose_of(rows: Rows, seen: NDArray[np.bool_], *, first: int, width: int, height: int, mirrored: bool) -> PoseTrack:
    keypoints, world = rows["keypoints"].astype(np.float64), rows["world"].astype(np.float64)
    keypoints[~seen] = np.nan
    world[~seen] = np.nan
    return PoseTrack(
        time_s=rows["time_s"].astype(np.float64),
        frame_index=np.arange(first, first + len(rows), dtype=np.int64),
        keypoints_px=keypoints,
        visibility=np.where(seen[:, None], np.nan_to_num(rows["visibility"].astype(np.float64)), 0.0),
        world_m=world,
        presence=np.where(seen, np.nan_to_num(rows["presence"].astype(np.float64)), 0.0),
        mirrored=mirrored,
        width_px=width,
        height_px=height,
    )


def _profile_of(rows: Rows, seen: NDArray[np.bool_]) -> ProfileTrack:
    def told(name: str) -> NDArray[np.float32]:
        values: NDArray[np.float32] = rows[name].astype(np.float32)
        values[~seen] = np.nan
        return values

    def exact(name: str) -> Array:
        return told(name).astype(np.float64)

    dorsal = exact("dorsal")
    top, bottom = exact("body_top_px"), exact("body_bottom_px")
    return ProfileTrack(
        station_ratio=STATIONS,
        dorsal_ratio=dorsal,
        hidden=(rows["hidden"] != 0) & np.isfinite(dorsal),
        ventral_ratio=told("ventral"),
        thigh_back_ratio=told("thigh_back"),
        thigh_front_ratio=told("thigh_front"),
        seat_px=exact("seat"),
        edge_softness_px=exact("edge_softness_px"),
        body_height_px=bottom - top,
        body_top_px=top,
        body_bottom_px=bottom,
        clipped=exact("clipped"),
    )


def _camera_of(rows: Rows) -> CameraTrack:
    return CameraTrack(
        cut=rows["flags"] & FLAG_RESTARTED > 0,
        shift_ratio=np.column_stack([rows["shift_x"], rows["shift_y"]]).astype(np.float64),
        luma=rows["luma"].astype(np.float64),
        sharpness=rows["sharpness"].astype(np.float64),
        # A camera's frames differ by their noise at least; the browser hands over none twice.
        still_picture=np.zeros(len(rows), dtype=bool),
    )
