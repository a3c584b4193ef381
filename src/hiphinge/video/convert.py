"""From a decoder's frame to a picture: planes as they are where possible, one conversion where not."""

from __future__ import annotations

from typing import Any

import numpy as np
from av.sidedata.sidedata import Type as SideData
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from hiphinge.model import Picture
from hiphinge.video.colour import SWSCALE, ColorSpace, planes_of
from hiphinge.video.picture import UPRIGHT, Orientation, RgbPicture, YuvPicture

__all__ = ["picture_from_frame", "read_orientation"]

#: ISO/IEC 23091-2 numbers of the matrices that are told apart; all others are BT.601 in practice.
_MATRIX: dict[int, ColorSpace] = {1: "bt709", 9: "bt2020", 10: "bt2020"}
_UNSPECIFIED = 2
#: Where a file does not name its matrix, players take BT.709 from this height on.
HD_HEIGHT_PX = 720


def read_orientation(frame: VideoFrame, stream: VideoStream) -> Orientation:
    """Return how to turn a video's pictures upright: display matrix, or the older ``rotate`` tag."""
    # PyAV's stubs know names, its container knows numbers.
    try:
        sides: Any = frame.side_data
    except ValueError:  # a kind of side data that this PyAV has no name for
        return Orientation(round(-frame.rotation / 90.0) % 4)
    matrix = sides.get(SideData.DISPLAYMATRIX)
    if matrix is not None:
        return Orientation.from_display_matrix(bytes(matrix))
    tag = stream.metadata.get("rotate", "0")
    return Orientation(round(float(tag) / 90.0) % 4) if tag.lstrip("-").isdigit() else UPRIGHT


def picture_from_frame(
    frame: VideoFrame,
    orientation: Orientation = UPRIGHT,
    *,
    stored_size_px: tuple[int, int] | None = None,
) -> Picture:
    """Return the picture of one decoded frame.

    Parameters
    ----------
    frame
        As the decoder gave it. 8-bit planar 4:2:0 is used as it lies; the rest is converted by swscale.
    orientation
        How to turn it upright.
    stored_size_px
        Width and height to scale to before turning (pixels made square; a stream that changes its size);
        None keeps the coded size.
    """
    width, height = stored_size_px or (frame.width, frame.height)
    name = frame.format.name
    if name in ("yuv420p", "yuvj420p") and (width, height) == (frame.width, frame.height):
        return YuvPicture(
            planes_of(frame),
            colorspace=_colorspace(frame),
            full_range=_is_full_range(frame),
            orientation=orientation,
            owner=frame,
        )
    if frame.format.is_rgb or name.startswith(("pal", "gray", "mono", "yuvj444", "yuvj422", "gbr")):
        rgb = frame.to_ndarray(format="rgb24", width=width, height=height, **_source(frame))
        return RgbPicture(np.ascontiguousarray(rgb), orientation)
    space = _colorspace(frame)
    planar = frame.reformat(
        width,
        height,
        "yuv420p",
        dst_colorspace=SWSCALE[space],
        dst_color_range=ColorRange.MPEG,
        **_source(frame),
    )
    return YuvPicture(planes_of(planar), colorspace=space, full_range=False, orientation=orientation, owner=planar)


def _source(frame: VideoFrame) -> dict[str, Any]:
    if frame.format.is_rgb or frame.format.name.startswith("pal"):
        return {}
    full = ColorRange.JPEG if _is_full_range(frame) else ColorRange.MPEG
    return {"src_colorspace": SWSCALE[_colorspace(frame)], "src_color_range": full}


def _colorspace(frame: VideoFrame) -> ColorSpace:
    number = int(frame.colorspace)
    if number == _UNSPECIFIED:
        return "bt709" if min(frame.width, frame.height) >= HD_HEIGHT_PX else "bt601"
    return _MATRIX.get(number, "bt601")


def _is_full_range(frame: VideoFrame) -> bool:
    return int(frame.color_range) == int(ColorRange.JPEG) or frame.format.name.startswith("yuvj")
