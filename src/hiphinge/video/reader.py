"""Read any phone's video or photograph: upright pictures with the stream's own times."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from hiphinge.errors import UsageError
from hiphinge.model import Frame, Picture, VideoInfo
from hiphinge.video.clock import RESTART_S, StreamClock
from hiphinge.video.convert import picture_from_frame, read_orientation
from hiphinge.video.decode import (
    DecodeCounts,
    DecodeDamage,
    decode_first_picture,
    decode_pictures,
    demux,
)
from hiphinge.video.exif import read_exif_orientation
from hiphinge.video.prefetch import prefetch
from hiphinge.video.source import (
    MAX_SIDE_PX,
    check_path,
    check_size,
    compute_sha256,
    open_container,
    video_stream,
)

__all__ = ["VideoReader", "open_video"]

#: A part that starts later than this is reached through a keyframe instead of decoding up to it, seconds.
SEEK_AFTER_S = 15.0
#: Usual step between pictures where a file does not say, seconds.
DEFAULT_STEP_S = 1.0 / 30.0
#: Decoding one picture after another pays while fewer than this many lie between two sampled ones.
SEQUENTIAL_GAP = 12
#: Pictures above this many pixels are decoded on two threads; below, threads cost more than they give.
THREAD_FROM_PX = 1_500_000
DECODE_THREADS = 2
#: Pictures that are decoded in advance.
PICTURES_AHEAD = 4

#: Pixels that are not square are made so when they differ by more than this.
ASPECT_TOLERANCE = 0.01

#: Two times nearer than this are one picture's, seconds.
TIME_TOLERANCE_S = 1e-4

_STILL_FORMATS = ("image2", "_pipe")


@dataclass(frozen=True, slots=True)
class _PacketTable:
    """Stamps of all pictures in order of time, ``(n,)``, and which can be decoded by themselves."""

    pts: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    is_regular: bool


class VideoReader:
    """One video or photograph, checked and ready to be read; see ``open_video``.

    Every pass opens the file anew, so passes do not disturb each other and memory stays flat.
    """

    def __init__(self, path: Path, *, threads: int = DECODE_THREADS) -> None:
        self._path = path
        self._threads = threads
        self._passes: list[Generator[Frame, None, None] | Iterator[Frame]] = []
        self._table: _PacketTable | None = None
        self._damage = DecodeDamage()
        check_path(path)
        with open_container(path) as container:
            stream = video_stream(container, path)
            _check_coded_size(path, stream)
            first = decode_first_picture(container, stream, path)
            self._is_still = container.format.name.endswith(_STILL_FORMATS)
            # PyAV 18 cannot list the side data of a frame with EXIF, so photographs are read from the file.
            self._orientation = read_exif_orientation(path) if self._is_still else read_orientation(first, stream)
            self._first_pts = first.pts if first.pts is not None else first.dts
            self._stored_size = _square_size(first, stream)
            self._time_base_s = float(stream.time_base or 1)
            rate = stream.average_rate
            self._step_s = float(1 / rate) if rate else DEFAULT_STEP_S
            self.info = self._describe(container, stream, self._picture(first))

    @property
    def damage(self) -> DecodeDamage:
        """What the last pass of ``frames`` met; complete once that pass has ended."""
        return self._damage

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop every pass that is still under way."""
        for one in self._passes:
            if isinstance(one, Generator):
                one.close()
        self._passes.clear()

    def frames(
        self, start_s: float | None = None, end_s: float | None = None, *, ahead: int | None = None
    ) -> Iterator[Frame]:
        """Yield the pictures of ``[start_s, end_s)`` in order of time, decoded up to ``ahead`` in advance.

        Parameters
        ----------
        start_s, end_s
            Part of the video, seconds from its first picture; None is its start and its end.
        ahead
            Pictures that a thread decodes in advance; 0 decodes in the caller's thread, as None does where the reader
            has one thread.

        Notes
        -----
        ``Frame.index`` counts over the whole file whatever the part. What cannot be decoded is left out and
        counted in ``damage``.
        """
        start, end = _check_part(start_s, end_s)
        source = self._decode(start, end)
        if ahead is None:
            ahead = PICTURES_AHEAD if self._threads > 1 else 0
        frames = prefetch(source, depth=ahead) if ahead > 0 else source
        self._passes = [frames]
        return frames

    def sample(self, n: int, start_s: float | None = None, end_s: float | None = None) -> list[Frame]:
        """Return at most ``n`` pictures spread evenly over ``[start_s, end_s)``, in order of time.

        Long videos are read at keyframes near the wanted times, so that the cost does not grow with length.
        ``damage`` is left as it was.
        """
        if n < 1:
            raise UsageError(f"{n} pictures were asked for.", expected="1 or more.")
        start, end = _check_part(start_s, end_s)
        rows = self._sampled_rows(n, start, end)
        if self.info.is_photograph or rows.size == 0:
            kept = self._damage
            frames = list(self._decode(start, end))[:1]
            self._damage = kept
            return frames
        if rows[-1] <= SEQUENTIAL_GAP * n:
            return self._sample_in_order(rows)
        return self._sample_by_seeking(rows)

    def pick(self, times_s: Sequence[float]) -> Iterator[Frame]:
        """Yield the pictures of these times (as ``Frame.time_s`` told them), in order, decoding as little as it can.

        From one to the next it goes on decoding, or by way of a keyframe where one lies between. ``damage`` is left
        as it was.
        """
        wanted = np.unique(np.asarray(times_s, dtype=np.float64))
        if wanted.size == 0:
            return
        kept = self._damage
        if self.info.is_photograph or not self._packets().is_regular:
            frames: Iterator[Frame] = self._decode(0.0, float(wanted[-1]) + TIME_TOLERANCE_S)
        else:
            frames = self._decode_between(np.searchsorted(self._times(self._packets().pts), wanted - TIME_TOLERANCE_S))
        for frame in frames:
            if np.abs(wanted - frame.time_s).min() <= TIME_TOLERANCE_S:
                yield frame
        self._damage = kept

    def _decode_between(self, rows: NDArray[np.intp]) -> Iterator[Frame]:
        """Yield pictures up to each of these rows of the packet table, leaving out what a keyframe makes needless."""
        table = self._packets()
        keys = np.flatnonzero(table.is_key)
        times_s = self._times(table.pts)
        with open_container(self._path) as container:
            stream = video_stream(container, self._path)
            stream.thread_type = "NONE"
            at, pictures = -1, decode_pictures(container, stream)
            for row in rows:
                before = keys[keys <= row]
                if before.size and before[-1] > at + 1:
                    container.seek(int(table.pts[before[-1]]), stream=stream, backward=True)
                    pictures = decode_pictures(container, stream)
                while at < row and (decoded := next(pictures, None)) is not None:
                    if decoded.pts is None:
                        continue
                    at = int(np.searchsorted(table.pts, decoded.pts))
                    yield Frame(at, float(times_s[min(at, len(times_s) - 1)]), self._picture(decoded))

    def picture_times_s(self) -> NDArray[np.float64] | None:
        """Return the times of all pictures, ``(n,)``, read without decoding any; None where they do not tell.

        They tell where every picture has a time of its own, times never start again, and the file holds as many
        pictures as its header names: then a picture can be named by its time, whatever the part it is read in.
        """
        if self.info.is_photograph:
            return None
        table = self._packets()
        return self._times(table.pts) if table.is_regular else None

    def _sampled_rows(self, n: int, start_s: float, end_s: float) -> NDArray[np.intp]:
        """Return rows of the packet table nearest to the middles of ``n`` equal parts."""
        table = self._packets()
        time_s = self._times(table.pts)
        inside = np.flatnonzero((time_s >= start_s) & (time_s < end_s))
        if inside.size == 0:
            return inside
        first, last = time_s[inside[0]], time_s[inside[-1]] + self._step_s
        wanted = first + (np.arange(n) + 0.5) * (last - first) / n
        near = np.clip(np.searchsorted(time_s, wanted - self._step_s / 4), inside[0], inside[-1])
        keys = inside[table.is_key[inside]]
        # A keyframe is the cheapest picture; one that lies within its part is as good as the middle.
        reach = (last - first) / (2 * n)
        for part, at in enumerate(wanted):
            if keys.size:
                key = keys[np.argmin(np.abs(time_s[keys] - at))]
                if abs(time_s[key] - at) <= reach and inside.size > SEQUENTIAL_GAP * n:
                    near[part] = key
        return np.unique(near)

    def _sample_in_order(self, rows: NDArray[np.intp]) -> list[Frame]:
        kept = self._damage
        wanted = [float(t) for t in self._times(self._packets().pts)[rows]]
        out: list[Frame] = []
        for frame in self._decode(0.0, np.inf):
            if frame.time_s >= wanted[len(out)] - 1e-6:
                out.append(frame)
                if len(out) == len(wanted):
                    break
        self._damage = kept
        return out

    def _sample_by_seeking(self, rows: NDArray[np.intp]) -> list[Frame]:
        pts = self._packets().pts
        out: list[Frame] = []
        with open_container(self._path) as container:
            stream = video_stream(container, self._path)
            stream.thread_type = "NONE"
            for row in rows:
                container.seek(int(pts[row]), stream=stream, backward=True)
                found = next((f for f in decode_pictures(container, stream) if (f.pts or 0) >= pts[row]), None)
                if found is None or found.pts is None:
                    continue
                index = int(np.searchsorted(pts, found.pts))
                time_s = float(self._times(np.array([found.pts]))[0])
                if not out or time_s > out[-1].time_s:
                    out.append(Frame(index, time_s, self._picture(found)))
        return out

    def _decode(self, start_s: float, end_s: float) -> Generator[Frame, None, None]:
        """Decode in the caller's thread; counts what is lost as it goes."""
        counts = DecodeCounts()
        with open_container(self._path) as container:
            stream = video_stream(container, self._path)
            large = self._threads > 1 and self._stored_size[0] * self._stored_size[1] >= THREAD_FROM_PX
            stream.thread_type = "FRAME" if large else "NONE"
            stream.codec_context.thread_count = DECODE_THREADS if large else 1
            clock = StreamClock(self._first_pts, stream.time_base or Fraction(1), self._step_s)
            table = self._seek(container, stream, start_s)
            counts.expected = 0 if table else stream.frames
            index = 0
            try:
                for decoded in decode_pictures(container, stream, counts):
                    pts = decoded.pts if decoded.pts is not None else decoded.dts
                    time_s = clock.tell(pts)
                    if time_s is None:
                        continue
                    if time_s >= end_s:
                        counts.stopped = True
                        break
                    if time_s >= start_s:
                        at = index if table is None or pts is None else int(np.searchsorted(table.pts, pts))
                        yield Frame(at, time_s, self._picture(decoded))
                    index += 1
            finally:
                self._damage = counts.damage(clock)

    def _seek(self, container: InputContainer, stream: VideoStream, start_s: float) -> _PacketTable | None:
        """Go to the keyframe before ``start_s`` if that is far away; the table then gives the indices."""
        if start_s < SEEK_AFTER_S:
            return None
        table = self._packets()
        before = np.flatnonzero(table.is_key & (self._times(table.pts) <= start_s))
        if before.size == 0 or before[-1] == 0:
            return None
        container.seek(int(table.pts[before[-1]]), stream=stream, backward=True)
        return table

    def _picture(self, decoded: VideoFrame) -> Picture:
        return picture_from_frame(decoded, self._orientation, stored_size_px=self._stored_size)

    def _times(self, pts: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray((pts - (self._first_pts or 0)) * self._time_base_s, dtype=np.float64)

    def _packets(self) -> _PacketTable:
        """Read the stamps of all packets, once, without decoding any."""
        if self._table is None:
            counts = DecodeCounts()
            packets: list[tuple[int | None, int | None, bool]] = []
            n_sized = 0
            with open_container(self._path) as container:
                stream = video_stream(container, self._path)
                for packet in demux(container, stream, counts):
                    n_sized += bool(packet.size)
                    if packet.size and not packet.is_discard:
                        packets.append((packet.pts, packet.dts, packet.is_keyframe))
                n_named = stream.frames
            stamped = [(pts if pts is not None else dts, key) for pts, dts, key in packets]
            known = [(stamp, key) for stamp, key in stamped if stamp is not None]
            pts = np.array([stamp for stamp, _ in known], dtype=np.int64)
            stamps, first = np.unique(pts, return_index=True)
            whole = counts.undecodable == 0 and n_named <= n_sized and all(one[0] is not None for one in packets)
            self._table = _PacketTable(
                stamps,
                np.array([key for _, key in known], dtype=bool)[first],
                whole and stamps.size == pts.size > 0 and self._runs_on(pts),
            )
        return self._table

    def _runs_on(self, pts: NDArray[np.int64]) -> bool:
        """Whether stamps, in order of decoding, begin with the first picture's and never start again."""
        back_s = (np.maximum.accumulate(pts) - pts).max() * self._time_base_s
        return bool(pts.min() == self._first_pts and back_s <= RESTART_S)

    def _describe(self, container: InputContainer, stream: VideoStream, picture: Picture) -> VideoInfo:
        check_size(self._path, picture.width_px, picture.height_px)
        duration = stream.duration * self._time_base_s if stream.duration else None
        if duration is None and container.duration:
            duration = container.duration / 1e6
        rate = stream.average_rate
        return VideoInfo(
            name=self._path.name,
            width_px=picture.width_px,
            height_px=picture.height_px,
            duration_s=None if self._is_still else duration,
            rate_hz=None if self._is_still or not rate else float(rate),
            codec=stream.codec_context.name,
            rotation_deg=90 * self._orientation.quarter_turns,
            is_photograph=self._is_still,
            sha256=compute_sha256(self._path),
        )


def open_video(path: str | Path, *, threads: int = DECODE_THREADS) -> VideoReader:
    """Open a video or a photograph and check that it can be read.

    Parameters
    ----------
    path
        Any file a phone makes, photographs and GIFs included.
    threads
        With 1 everything is decoded in the caller's thread.

    Returns
    -------
    VideoReader
        With ``info``; use it as a context manager.

    Raises
    ------
    InputNotFound
        No file there; the text names a similar one.
    NotAVideo
        A folder, an empty file, text, sound only.
    VideoUnreadable
        No picture can be decoded, or the file may not be read.
    VideoUnsupported
        Pictures without size, or beyond 8192 pixels; HEIC photographs.
    """
    return VideoReader(Path(path), threads=threads)


def _check_part(start_s: float | None, end_s: float | None) -> tuple[float, float]:
    start = 0.0 if start_s is None else float(start_s)
    end = np.inf if end_s is None else float(end_s)
    if not start < end or end <= 0:
        raise UsageError(
            f"The part from {start:g} s to {end:g} s is empty.",
            expected="a start before the end, in seconds from the first picture.",
        )
    return start, end


def _check_coded_size(path: Path, stream: VideoStream) -> None:
    """Refuse too large pictures from the header, before a decoder asks for their memory."""
    if max(stream.width or 0, stream.height or 0) > MAX_SIDE_PX:
        check_size(path, stream.width, stream.height)


def _square_size(first: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Return the coded size with its pixels made square; widened or heightened, never narrowed."""
    aspect = float(stream.sample_aspect_ratio or 1)
    if abs(aspect - 1.0) <= ASPECT_TOLERANCE:
        return first.width, first.height
    if aspect > 1.0:
        return round(first.width * aspect), first.height
    return first.width, round(first.height / aspect)
