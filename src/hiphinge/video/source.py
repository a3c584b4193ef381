"""From a path to an open container: every refusal is made here, in words."""

from __future__ import annotations

import difflib
import hashlib
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from hiphinge.errors import InputNotFound, NotAVideo, VideoUnreadable, VideoUnsupported

__all__ = ["MAX_SIDE_PX", "check_path", "check_size", "compute_sha256", "open_container", "video_stream"]

#: Longest side of a picture that is read.
MAX_SIDE_PX = 8192
#: Brands in the first box of a HEIC photograph: stored in tiles, of which a decoder would show one.
_TILED_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
#: Demuxers that follow a list of other files, or draw text: none of them is a video file.
_NOT_FILES = {"tty", "hls", "concat", "dash", "sdp", "image2pipe"}
_VIDEO_FILE = "a video (mp4, mov, webm, mkv, avi, gif) or a photograph (jpg, png, webp)."


def check_path(path: Path) -> None:
    """Refuse what is not a readable, non-empty file."""
    if not path.exists():
        raise InputNotFound(
            f"There is no file {str(path)!r}.", expected="the path of a video.", next_step=_did_you_mean(path)
        )
    if path.is_dir():
        raise NotAVideo(
            f"{str(path)!r} is a folder.",
            expected=f"one file: {_VIDEO_FILE}",
            next_step="Name the videos in it one by one.",
        )
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except PermissionError as error:
        raise VideoUnreadable(
            f"{str(path)!r} may not be read by this user.",
            expected="a file with read permission.",
            next_step="Copy it to a folder of your own, or change its permissions.",
        ) from error
    except OSError as error:
        raise VideoUnreadable(
            f"{str(path)!r} cannot be read ({error.strerror}).",
            next_step="Copy the file to this computer again.",
        ) from error
    _check_head(path, head)


def _check_head(path: Path, head: bytes) -> None:
    if not head:
        raise NotAVideo(
            f"{str(path)!r} is empty (0 bytes).",
            expected=_VIDEO_FILE,
            next_step="Copy it from the phone again; the copy stopped before it began.",
        )
    if _is_text(head):
        raise NotAVideo(
            f"{str(path)!r} holds text, whatever its name says.",
            expected=_VIDEO_FILE,
            next_step="Check that this is the file you meant.",
        )
    if head[4:8] == b"ftyp" and head[8:12] in _TILED_BRANDS:
        raise VideoUnsupported(
            f"{str(path)!r} is a HEIC photograph.",
            expected=_VIDEO_FILE,
            next_step="Export it as JPEG (on the phone: share, options, most compatible).",
        )


def _did_you_mean(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"There is no folder {str(folder)!r} either; check the path."
    names = {entry.name.lower(): entry.name for entry in folder.iterdir() if entry.is_file()}
    near = difflib.get_close_matches(path.name.lower(), names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {str(folder / names[near[0]])!r}?"
    return f"Check the name; the folder {str(folder)!r} holds {len(names)} other files."


def _is_text(head: bytes) -> bool:
    """Whether the first bytes are words: UTF-8 without control characters."""
    try:
        text = head[: len(head) - 3].decode("utf-8") if len(head) > 3 else head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 8:
            return False
        text = head[: error.start].decode("utf-8")
    return not any(ord(char) < 9 or 13 < ord(char) < 32 for char in text)


def open_container(path: Path) -> InputContainer:
    """Open a checked path with PyAV; only local files are ever followed."""
    try:
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except (av.FFmpegError, ValueError) as error:
        raise _unreadable(path) from error
    if container.format.name in _NOT_FILES:
        container.close()
        raise NotAVideo(f"{str(path)!r} is a list of other files ({container.format.name}).", expected=_VIDEO_FILE)
    return container


def _unreadable(path: Path) -> NotAVideo | VideoUnreadable:
    with path.open("rb") as file:
        head = file.read(16)
    if head[4:8] in (b"ftyp", b"mdat", b"wide", b"free"):
        return VideoUnreadable(
            f"{str(path)!r} is a video without its index (the 'moov' part): it is incomplete.",
            expected="a file whose recording and copying were finished.",
            next_step="Copy it from the phone again, or open it there and export it once more.",
        )
    known = (b"\x1a\x45\xdf\xa3", b"RIFF", b"GIF8", b"\x89PNG", b"\xff\xd8\xff", b"\x00\x00\x01\xba")
    if head.startswith(known):
        return VideoUnreadable(
            f"{str(path)!r} begins like a video or a photograph, but cannot be opened.",
            expected=_VIDEO_FILE,
            next_step="Copy the file again, or export it once more.",
        )
    return NotAVideo(
        f"{str(path)!r} is in no format that holds pictures.",
        expected=_VIDEO_FILE,
        next_step="Check that this is the file you meant; export it as MP4 if it is a video.",
    )


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the stream with the largest pictures; a song's cover does not count."""
    attached: Any = av.stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & attached]
    if not streams:
        what = "only sound" if container.streams.audio else "no pictures"
        raise NotAVideo(
            f"{str(path)!r} holds {what}.",
            expected=_VIDEO_FILE,
            next_step="Check that this is the file you meant.",
        )
    return max(streams, key=lambda stream: (stream.width or 0) * (stream.height or 0))


def check_size(path: Path, width_px: int, height_px: int) -> None:
    """Refuse pictures of no size and pictures beyond 8K."""
    if width_px < 1 or height_px < 1:
        raise VideoUnsupported(
            f"The pictures of {str(path)!r} are {width_px} × {height_px} pixels.",
            expected="pictures of at least 1 × 1 pixel.",
            next_step="Export the video once more.",
        )
    if max(width_px, height_px) > MAX_SIDE_PX:
        raise VideoUnsupported(
            f"The pictures of {str(path)!r} are {width_px} × {height_px} pixels.",
            expected=f"at most {MAX_SIDE_PX} pixels on the longer side.",
            next_step="Export it smaller; 1280 × 720 is enough.",
        )


def compute_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
