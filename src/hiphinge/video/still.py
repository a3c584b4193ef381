"""One JPEG picture in memory: its size is known before anything is decoded, and no file is made."""

from __future__ import annotations

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from hiphinge.errors import VideoUnreadable
from hiphinge.model import Picture
from hiphinge.video.convert import picture_from_frame

__all__ = ["read_jpeg", "read_jpeg_size"]

#: Baseline, extended and progressive frames; the other kinds are not what cameras and browsers write.
_FRAMES = (0xC0, 0xC1, 0xC2)
_END = b"\xff\xd9"
#: Markers without a length.
_BARE = frozenset(range(0xD0, 0xD8)) | {0x01}


def read_jpeg_size(data: bytes) -> tuple[int, int]:
    """Return width and height, pixels, as the header says.

    Raises
    ------
    VideoUnreadable
        It is no JPEG picture.
    """
    if data[:2] != b"\xff\xd8":
        raise _unreadable("it does not begin as one")
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    raise _unreadable("its header has no size")


def read_jpeg(data: bytes, *, most_px: int) -> Picture:
    """Decode a picture.

    Parameters
    ----------
    data
        The JPEG file's bytes.
    most_px
        The longest side that is decoded.

    Raises
    ------
    VideoUnreadable
        It is no JPEG picture, it is damaged, or larger than that.
    """
    width, height = read_jpeg_size(data)
    if not (0 < width <= most_px and 0 < height <= most_px):
        raise _unreadable(f"it is {width} x {height} pixels, and at most {most_px} are read")
    if not data.endswith(_END):
        raise _unreadable("it is cut off")
    decoder = VideoCodecContext.create("mjpeg", "r")
    decoder.thread_count = 1
    try:
        frames = [*decoder.decode(Packet(data)), *decoder.decode(None)]
    except (av.FFmpegError, ValueError) as error:
        raise _unreadable("it is damaged") from error
    if len(frames) != 1 or frames[0].is_corrupt or (frames[0].width, frames[0].height) != (width, height):
        raise _unreadable("it is damaged")
    return picture_from_frame(frames[0])


def _unreadable(why: str) -> VideoUnreadable:
    return VideoUnreadable(f"A picture cannot be read: {why}.", expected="a JPEG picture", next_step="Try again.")
