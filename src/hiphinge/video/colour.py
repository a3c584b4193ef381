"""Whole pictures from planes to RGB with swscale, and planes made smaller first where that is wanted."""

from __future__ import annotations

import threading
from typing import Literal

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

__all__ = ["SWSCALE", "ColorSpace", "Planes", "frame_to_rgb", "planes_of", "planes_to_frame", "shrink_plane"]

Bytes = NDArray[np.uint8]
#: Y, U and V of a 4:2:0 picture.
Planes = tuple[Bytes, Bytes, Bytes]
ColorSpace = Literal["bt601", "bt709", "bt2020"]
#: swscale's names of the matrices.
SWSCALE: dict[str, Colorspace] = {
    "bt601": Colorspace.ITU601,
    "bt709": Colorspace.ITU709,
    "bt2020": Colorspace.BT2020,
}

# A converter keeps its tables from picture to picture but serves one thread at a time.
_local = threading.local()


def planes_of(frame: VideoFrame) -> Planes:
    """Return views of Y, U and V; the frame must stay alive while they are used."""
    views = []
    for plane in frame.planes[:3]:
        rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
        views.append(rows[: plane.height, : plane.width])
    return views[0], views[1], views[2]


def planes_to_frame(planes: Planes) -> VideoFrame:
    """Copy Y, U and V into a frame that swscale and the encoders take."""
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for view, plane in zip(planes_of(frame), planes, strict=True):
        view[:] = plane
    return frame


def frame_to_rgb(frame: VideoFrame, colorspace: ColorSpace, *, full_range: bool) -> Bytes:
    """Return ``(height, width, 3)`` RGB of a frame, as stored."""
    if not hasattr(_local, "reformatter"):
        _local.reformatter = VideoReformatter()
    converted = _local.reformatter.reformat(
        frame,
        format="rgb24",
        src_colorspace=SWSCALE[colorspace],
        src_color_range=ColorRange.JPEG if full_range else ColorRange.MPEG,
        threads=1,
    )
    # The converted frame is nobody else's, so its memory is handed out; it lives as long as the view does.
    plane = converted.planes[0]
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    packed = rows[: converted.height, : 3 * converted.width]
    return np.ascontiguousarray(packed).reshape(converted.height, converted.width, 3)


def shrink_plane(plane: Bytes, size_px: tuple[int, int]) -> Bytes:
    """Return a plane at ``(width, height)``: halved by averaging while that fits, the rest bilinear.

    Halving runs several times faster than averaging over broken blocks and hides as much.
    """
    width, height = size_px
    while plane.shape[1] >= 2 * width and plane.shape[0] >= 2 * height:
        rows, columns = plane.shape[0] // 2, plane.shape[1] // 2
        plane = cv2.resize(plane[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA)
    if plane.shape == (height, width):
        return plane
    return np.asarray(cv2.resize(plane, size_px, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
