"""Pictures of devices too slow for the pose model: decoded, read and forgotten; they touch no disk and no log.

A message is ``HHJ1``, the frame's number in its set, its time, flags (as in the frames' own wire format) and one JPEG
picture, mirrored where the page was told to mirror. Only where the owner of the server allows it.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np

from hiphinge.errors import UsageError
from hiphinge.live.wire import FLAG_MIRRORED, FLAG_RESTARTED, FLAG_SEEN, FRAME, Rows
from hiphinge.model import Frame, PoseFrame
from hiphinge.spine import compute_profile
from hiphinge.video import CameraWatch
from hiphinge.video.still import read_jpeg

__all__ = ["MAX_PICTURE_BYTES", "Follows", "PicturePool", "PictureReader", "is_picture", "split_picture"]

_HEADER = struct.Struct("<4sIdB")
_MAGIC = b"HHJ1"
_MAX_JPEG_BYTES, _MAX_SIDE_PX = 300_000, 1280
#: A longer message is none of ours.
MAX_PICTURE_BYTES = _HEADER.size + _MAX_JPEG_BYTES


class Follows(Protocol):
    """Finds the person in pictures that come one by one; ``pose.following.Follower`` is the real one."""

    def read(self, frame: Frame) -> PoseFrame:
        """Return the pose in the next picture."""

    def turn(self) -> None:
        """Expect the next picture mirrored against the ones before."""


def is_picture(data: bytes) -> bool:
    """Say whether a message holds a picture."""
    return data[:4] == _MAGIC


def split_picture(data: bytes) -> tuple[int, float, int, bytes]:
    """Return number, time in seconds, flags and the JPEG bytes of a message.

    Raises
    ------
    UsageError
        It is too long, or says what no camera gives.
    """
    if not _HEADER.size < len(data) <= MAX_PICTURE_BYTES:
        raise _refuse(f"it has {len(data)} bytes")
    _, seq, time_s, flags = _HEADER.unpack_from(data)
    if not (np.isfinite(time_s) and 0 <= time_s <= 86_400) or flags & ~(FLAG_MIRRORED | FLAG_RESTARTED):
        raise _refuse("its time or its flags are not a camera's")
    return seq, time_s, flags, data[_HEADER.size :]


def _refuse(why: str) -> UsageError:
    return UsageError(
        f"A picture from the camera cannot be used: {why}.",
        expected=f"a JPEG picture of at most {_MAX_JPEG_BYTES // 1000} kB",
        next_step="Load the page again: it may be of another version.",
    )


class PictureReader:
    """Turns the pictures of one live set into frames of numbers, as the browser would have."""

    def __init__(self, follow: Callable[[], Follows]) -> None:
        self._make = follow
        self._follower: Follows | None = None
        self._camera = CameraWatch()
        self._box: tuple[float, float, float, float] | None = None
        self._mirrored: bool | None = None

    def read(self, seq: int, time_s: float, flags: int, jpeg: bytes) -> Rows:
        """Return the frame ``(1,)``.

        Raises
        ------
        VideoUnreadable
            The picture cannot be decoded.
        """
        picture = read_jpeg(jpeg, most_px=_MAX_SIDE_PX)
        frame = Frame(seq, time_s, picture)
        if self._follower is None:
            self._follower = self._make()
        mirrored = bool(flags & FLAG_MIRRORED)
        if self._mirrored not in (None, mirrored):
            self._follower.turn()
        if self._mirrored is not mirrored:
            # A mirrored picture is another one to who looks for the camera's movement.
            self._camera, self._box = CameraWatch(), None
        self._mirrored = mirrored
        self._camera.update(frame, self._box)
        pose = self._follower.read(frame)
        size = {"width_px": picture.width_px, "height_px": picture.height_px}
        row = np.zeros(1, dtype=FRAME)
        row["time_s"], row["width_px"], row["height_px"] = time_s, size["width_px"], size["height_px"]
        cut, (row["shift_x"], row["shift_y"]), row["luma"], row["sharpness"] = self._camera.last()
        seen = bool(np.isfinite(pose.keypoints_px).all())
        row["flags"] = flags | (FLAG_RESTARTED if cut else 0) | (FLAG_SEEN if seen else 0)
        row["keypoints"], row["visibility"], row["world"] = pose.keypoints_px, pose.visibility, pose.world_m
        row["presence"] = np.clip(pose.presence, 0.0, 1.0)
        outline = compute_profile(pose.keypoints_px, pose.mask, **size)
        for name in ("dorsal", "ventral", "thigh_back", "thigh_front"):
            row[name] = getattr(outline, f"{name}_ratio")
        row["hidden"], row["seat"] = outline.hidden, outline.seat_px
        for name in ("edge_softness_px", "body_top_px", "body_bottom_px", "clipped"):
            row[name] = getattr(outline, name)
        self._box = _find_box(pose, **size) if seen else None
        return row


def _find_box(pose: PoseFrame, *, width_px: int, height_px: int) -> tuple[float, float, float, float]:
    """Return the person's box in the picture, ``(left, top, right, bottom)`` ÷ its size."""
    low, high = pose.keypoints_px.min(axis=0), pose.keypoints_px.max(axis=0)
    size = np.array([width_px, height_px])
    (left, top), (right, bottom) = low / size, high / size
    return float(left), float(top), float(right), float(bottom)


class PicturePool:
    """The one thread of a server that reads pictures, whoever they are of."""

    def __init__(self, follow: Callable[[], Follows]) -> None:
        self._follow = follow
        self._thread: ThreadPoolExecutor | None = None

    def reader(self) -> PictureReader:
        """Return a reader for one live set."""
        return PictureReader(self._follow)

    async def read(self, reader: PictureReader, seq: int, time_s: float, flags: int, jpeg: bytes) -> Rows:
        """Read a picture in the thread."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="live-pictures")
        return await asyncio.get_running_loop().run_in_executor(self._thread, reader.read, seq, time_s, flags, jpeg)

    def stop(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None
