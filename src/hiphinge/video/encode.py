"""Write H.264 videos with the timing of the pictures they came from."""

from __future__ import annotations

import contextlib
import errno
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from hiphinge.errors import OutputError
from hiphinge.video.colour import planes_of

__all__ = ["VideoSink"]

#: Units of the written time stamps: 90 kHz holds every camera's rate.
TIME_BASE = Fraction(1, 90_000)
#: x264 settings, chosen by measurement (see benchmarks/overlay_cost.py).
X264_OPTIONS = {"preset": "ultrafast", "crf": "23", "threads": "2", "tune": "fastdecode"}
#: What ``cv2.cvtColor`` makes: BT.601, 16..235. Written into the file so that players show the same colours.
BT601 = 6
MPEG_RANGE = 1


class VideoSink:
    """An MP4 under way: H.264, faststart, variable frame rate.

    The file is written aside as ``<name>.partial`` and takes its name when the block ends well; after an
    error, Ctrl-C included, nothing is left behind.

    Parameters
    ----------
    path
        Where the finished video goes; an existing file is replaced at the end.
    width_px, height_px
        Size of the pictures; odd sizes are widened by repeating the last column or row.
    """

    def __init__(self, path: str | Path, width_px: int, height_px: int) -> None:
        self._path = Path(path)
        self._partial = self._path.with_name(self._path.name + ".partial")
        self._size = (width_px, height_px)
        self._last_pts = -1
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._frame: VideoFrame | None = None
        self._packed: NDArray[np.uint8] | None = None

    def __enter__(self) -> VideoSink:
        try:
            self._container = av.open(
                f"file:{self._partial}", "w", format="mp4", container_options={"movflags": "+faststart"}
            )
            self._stream = self._add_stream(self._container)
        except (OSError, av.FFmpegError) as error:
            self._discard()
            raise self._failure(error) from error
        return self

    def _add_stream(self, container: OutputContainer) -> VideoStream:
        width, height = (side + side % 2 for side in self._size)
        stream = container.add_stream("libx264", rate=30, options=X264_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = TIME_BASE
        stream.time_base = TIME_BASE
        stream.codec_context.colorspace = BT601
        stream.codec_context.color_range = MPEG_RANGE
        return stream

    def write(self, rgb: NDArray[np.uint8], time_s: float) -> None:
        """Append one picture.

        Parameters
        ----------
        rgb
            ``(height_px, width_px, 3)`` uint8.
        time_s
            When it is shown, seconds; a picture not after the one before is moved behind it by one unit.
        """
        if self._container is None or self._stream is None:
            raise ValueError("The sink is not open; use it in a with block.")
        width, height = self._size
        if rgb.shape != (height, width, 3):
            raise ValueError(f"The picture is {rgb.shape}; expected {(height, width, 3)}.")
        if width % 2 or height % 2:
            rgb = cv2.copyMakeBorder(rgb, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        frame = self._convert(np.ascontiguousarray(rgb))
        self._last_pts = max(self._last_pts + 1, round(time_s / TIME_BASE))
        frame.pts, frame.time_base = self._last_pts, TIME_BASE
        try:
            for packet in self._stream.encode(frame):
                self._container.mux(packet)
        except (OSError, av.FFmpegError) as error:
            raise self._failure(error) from error

    def _convert(self, rgb: NDArray[np.uint8]) -> VideoFrame:
        """Return the picture as a frame; one frame serves for all, as x264 copies what it is given."""
        height, width = rgb.shape[:2]
        if self._frame is None or self._packed is None:
            self._frame = av.VideoFrame(width, height, "yuv420p")
            self._packed = np.empty((height * 3 // 2, width), dtype=np.uint8)
        packed = self._packed
        cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420, dst=packed)
        luma, blue, red = planes_of(self._frame)
        luma[:] = packed[:height]
        chroma = packed[height:].reshape(2, height // 2, width // 2)
        blue[:], red[:] = chroma[0], chroma[1]
        return self._frame

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            self._finish()
            self._partial.replace(self._path)
        except (OSError, av.FFmpegError) as failure:
            self._discard()
            raise self._failure(failure) from failure

    def _finish(self) -> None:
        assert self._container is not None
        assert self._stream is not None
        if self._last_pts >= 0:
            for packet in self._stream.encode(None):
                self._container.mux(packet)
        self._container.close()
        self._container = None

    def _discard(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            # Its trailer may not fit on the disk; the file is removed anyway.
            with contextlib.suppress(OSError, av.FFmpegError, ValueError):
                container.close()
        self._partial.unlink(missing_ok=True)

    def _failure(self, error: Exception) -> OutputError:
        number = getattr(error, "errno", None)
        if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return OutputError(
                f"There is no room left for {str(self._path)!r}.",
                next_step="Free some space, or choose another folder with --out.",
            )
        reason = getattr(error, "strerror", None) or str(error)
        return OutputError(
            f"{str(self._path)!r} cannot be written ({reason}).",
            expected="a folder that exists and may be written to.",
            next_step="Choose another folder with --out.",
        )
