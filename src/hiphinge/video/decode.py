"""Packets and whole pictures of an open file, going on behind what cannot be read, with counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from hiphinge.errors import VideoUnreadable
from hiphinge.video.clock import StreamClock
from hiphinge.video.source import check_size

__all__ = ["DecodeCounts", "DecodeDamage", "decode_first_picture", "decode_pictures", "demux"]

#: Places in a row that cannot be read before the rest of a file is given up.
MAX_READ_FAILURES = 8


@dataclass(frozen=True, slots=True)
class DecodeDamage:
    """What could not be read as it stands, counted by the last pass over the frames.

    Parameters
    ----------
    n_undecodable
        Pictures that could not be decoded, or only with parts made up; left out.
    n_dropped
        Pictures that lean on one of those, or that the header names and the file lacks; left out.
    n_repeated_times
        Pictures with the time of the one before; left out.
    n_guessed_times
        Pictures without a time; given the usual step.
    n_restarts
        Places where the times start again; the count goes on.
    """

    n_undecodable: int = 0
    n_dropped: int = 0
    n_repeated_times: int = 0
    n_guessed_times: int = 0
    n_restarts: int = 0

    @property
    def n_lost(self) -> int:
        """Pictures of the file that were not handed out."""
        return self.n_undecodable + self.n_dropped + self.n_repeated_times


@dataclass(slots=True)
class DecodeCounts:
    """Running counts of one pass; ``expected`` is the number of pictures that the header names, or 0."""

    expected: int = 0
    read: int = 0
    packets: int = 0
    pictures: int = 0
    undecodable: int = 0
    stopped: bool = False

    def damage(self, clock: StreamClock) -> DecodeDamage:
        """Return the counts of this pass so far; what is silently missing only where it ran to the end."""
        silent = max(0, self.packets - self.pictures - self.undecodable) + max(0, self.expected - self.read)
        silent = 0 if self.stopped else silent
        return DecodeDamage(self.undecodable, silent, clock.n_repeated, clock.n_guessed, clock.n_restarts)


def demux(container: InputContainer, stream: VideoStream, counts: DecodeCounts) -> Iterator[Packet[VideoStream]]:
    """Yield packets, going on behind places that cannot be read."""
    failures = 0
    while failures < MAX_READ_FAILURES:
        try:
            for packet in container.demux(stream):
                failures = 0
                yield packet
            return
        except av.FFmpegError:
            failures += 1
            counts.undecodable += 1


def decode_pictures(
    container: InputContainer, stream: VideoStream, counts: DecodeCounts | None = None
) -> Iterator[VideoFrame]:
    """Yield whole pictures in order of time; those with made-up parts are left out and counted."""
    counts = counts or DecodeCounts()
    for packet in demux(container, stream, counts):
        counts.read += bool(packet.size)
        counts.packets += bool(packet.size and not packet.is_discard)
        try:
            decoded = stream.decode(packet)
        except av.FFmpegError:
            counts.undecodable += 1
            continue
        for frame in decoded:
            if frame.is_corrupt:
                counts.undecodable += 1
                continue
            counts.pictures += 1
            yield frame


def decode_first_picture(container: InputContainer, stream: VideoStream, path: Path) -> VideoFrame:
    """Return the first whole picture, or refuse the file."""
    stream.thread_type = "NONE"
    first = next(decode_pictures(container, stream), None)
    if first is None:
        check_size(path, stream.width or 0, stream.height or 0)
        raise VideoUnreadable(
            f"No picture of {str(path)!r} can be decoded ({stream.codec_context.name}).",
            expected="a video that plays from start to end.",
            next_step="Copy it from the phone again, or export it once more as MP4 (H.264).",
        )
    return first
