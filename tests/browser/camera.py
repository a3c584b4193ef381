"""Films for Chromium's camera, made from our own rendered clips."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

__all__ = ["write_camera_film"]

#: Raw video is large: small pictures, few a second, do.
_SIZE = (400, 400)
_RATE = 12
#: How large the clip stands in the middle of it.
_SHARE = 0.86
#: How long the first picture stands still before the clip: the model is loaded meanwhile, and the person is to be seen
#: standing. And the last one after it, in which the set is ended before the film begins again.
_STILL_S, _AFTER_S = 20.0, 20.0


def write_camera_film(
    clip: Path, target: Path, *, size: tuple[int, int] = _SIZE, still_s: float = _STILL_S, rate: int = _RATE
) -> Path:
    """Write a clip at its own speed, after a still stand, letterboxed, as raw video."""
    pictures, times = _read(clip, size)
    n = round((still_s + times[-1] + _AFTER_S) * rate)
    with av.open(str(target), "w", format="yuv4mpegpipe") as sink:
        stream = sink.add_stream("wrapped_avframe", rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for k in range(n):
            at = int(np.searchsorted(times, max(0.0, k / rate - still_s), side="right")) - 1
            frame = av.VideoFrame.from_ndarray(pictures[max(0, at)], format="yuv420p")
            for packet in stream.encode(frame):
                sink.mux(packet)
        for packet in stream.encode(None):
            sink.mux(packet)
    return target


def _read(clip: Path, size: tuple[int, int]) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the clip's pictures as planes of ``size``, and their times from 0."""
    pictures, times = [], []
    width, height = size
    with av.open(str(clip)) as source:
        for frame in source.decode(video=0):
            rgb = frame.to_ndarray(format="rgb24")
            scale = _SHARE * min(width / rgb.shape[1], height / rgb.shape[0])
            small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
            right, bottom = width - small.shape[1] - left, height - small.shape[0] - top
            # The room goes on beyond the clip's edge, so that the whole person stands well inside the picture.
            canvas = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_REPLICATE)
            plane = av.VideoFrame.from_ndarray(canvas, format="rgb24").reformat(format="yuv420p")
            pictures.append(plane.to_ndarray())
            times.append(float(frame.time or 0.0))
    return pictures, np.array(times) - times[0]
