"""A corpus of bad and odd files, made by code at test time; each function returns the path of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "REFUSED",
    "audio_only",
    "black_title_card_end",
    "corrupt_middle",
    "directory",
    "eight_k_header",
    "empty_file",
    "gif",
    "hevc_10bit",
    "jpeg_with_orientation",
    "missing_file",
    "one_fps",
    "one_frame",
    "pattern",
    "png",
    "random_bytes",
    "rotated",
    "slideshow",
    "text_as_mp4",
    "truncated_decodable",
    "truncated_no_index",
    "variable_rate",
    "vp9_webm",
    "webp",
    "write_video",
    "zero_size",
]

Rgb = NDArray[np.uint8]
WIDTH_PX, HEIGHT_PX = 320, 240


def pattern(step: int = 0, *, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> Rgb:
    """Return a smooth coloured picture: a bright patch top left, a dark one that moves with ``step``."""
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.float64)
    wave = [
        128 + 60 * np.sin(2 * np.pi * (x / 97.0 + y / 211.0)),
        120 + 50 * np.cos(2 * np.pi * (y / 83.0)),
        110 + 50 * np.sin(2 * np.pi * (x / 131.0 - y / 173.0)),
    ]
    rgb = np.stack(wave, axis=-1)
    rgb[: height_px // 6, : width_px // 8] = (235, 235, 235)
    left = (20 + 3 * step) % (width_px - 40)
    rgb[height_px // 2 : height_px // 2 + 30, left : left + 24] = (40, 40, 45)
    return rgb.astype(np.uint8)


def write_video(
    path: Path,
    pictures: Iterable[Rgb],
    *,
    times_s: Sequence[float] | None = None,
    rate_hz: int = 30,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    container: str | None = None,
) -> Path:
    """Write pictures, by default 30 a second, at ``times_s`` where given."""
    base = Fraction(1, 1000 if container == "webm" else 90_000)
    with av.open(str(path), "w", format=container) as out:
        stream = None
        for i, rgb in enumerate(pictures):
            if stream is None:
                stream = out.add_stream(codec, rate=rate_hz, options=options or {"preset": "ultrafast"})
                stream.height, stream.width, stream.pix_fmt = *rgb.shape[:2], pix_fmt
                stream.codec_context.time_base = stream.time_base = base
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pix_fmt)
            time_s = times_s[i] if times_s is not None else i / rate_hz
            frame.pts, frame.time_base = round(time_s / base), base
            out.mux(stream.encode(frame))
        assert stream is not None
        out.mux(stream.encode(None))
    return path


def missing_file(folder: Path) -> Path:
    """Return a path with nothing there, one letter away from a file that is there."""
    write_video(folder / "my_hinge.mp4", [pattern()])
    return folder / "my_hing.mp4"


def directory(folder: Path) -> Path:
    """Make a folder that is called like a video."""
    path = folder / "folder.mp4"
    path.mkdir()
    return path


def empty_file(folder: Path) -> Path:
    """Make a file of 0 bytes."""
    path = folder / "empty.mp4"
    path.touch()
    return path


def text_as_mp4(folder: Path) -> Path:
    """Make a text that is called like a video."""
    path = folder / "text.mp4"
    path.write_text("This is a shopping list – milk, bread, eggs.\n" * 40, encoding="utf-8")
    return path


def random_bytes(folder: Path) -> Path:
    """Make noise that is called like a video."""
    path = folder / "noise.mp4"
    path.write_bytes(np.random.default_rng(7).integers(0, 256, 20_000, dtype=np.uint8).tobytes())
    return path


def truncated_no_index(folder: Path) -> Path:
    """Make an mp4 that lost its second half, the index with it."""
    whole = write_video(folder / "whole_tail.mp4", (pattern(i) for i in range(40)))
    data = whole.read_bytes()
    whole.unlink()
    path = folder / "truncated.mp4"
    path.write_bytes(data[: len(data) // 2])
    return path


def truncated_decodable(folder: Path, n_frames: int = 60) -> Path:
    """Make an mp4 with its index in front that lost the last 40 % of its bytes."""
    whole = folder / "whole_front.mp4"
    with av.open(str(whole), "w", container_options={"movflags": "+faststart"}) as out:
        options = {"preset": "ultrafast", "g": "10", "crf": "18"}
        stream = out.add_stream("libx264", rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        for i in range(n_frames):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pattern(i), format="rgb24")))
        out.mux(stream.encode(None))
    data = whole.read_bytes()
    whole.unlink()
    path = folder / "truncated_tail.mp4"
    path.write_bytes(data[: int(len(data) * 0.6)])
    return path


def corrupt_middle(folder: Path, n_frames: int = 90) -> Path:
    """Make a video with 4 % of its bytes in the middle overwritten by noise; a keyframe every 10 pictures."""
    path = write_video(
        folder / "corrupt_middle.mp4",
        (pattern(i) for i in range(n_frames)),
        options={"preset": "ultrafast", "g": "10", "crf": "14"},
    )
    data = bytearray(path.read_bytes())
    start, length = int(len(data) * 0.45), int(len(data) * 0.04)
    noise = np.random.default_rng(3).integers(0, 256, length, dtype=np.uint8)
    data[start : start + length] = noise.tobytes()
    path.write_bytes(data)
    return path


def audio_only(folder: Path) -> Path:
    """Make an mp4 with one second of sound and no picture."""
    path = folder / "sound.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=44_100, layout="mono")
        tone = (0.1 * np.sin(np.arange(44_100) * 0.05)).astype(np.float32)[None]
        for start in range(0, 44_100 - 1024, 1024):
            frame = av.AudioFrame.from_ndarray(tone[:, start : start + 1024].copy(), "fltp", "mono")
            frame.sample_rate, frame.pts = 44_100, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def zero_size(folder: Path) -> Path:
    """Make an AVI whose header says 0 × 0 pixels."""
    path = write_video(
        folder / "zero.avi", (pattern() for _ in range(2)), codec="rawvideo", pix_fmt="bgr24", options={}
    )
    data = bytearray(path.read_bytes())
    main, form = data.index(b"avih") + 8 + 32, data.index(b"strf") + 8 + 4
    data[main : main + 8] = data[form : form + 8] = bytes(8)
    path.write_bytes(data)
    return path


def eight_k_header(folder: Path) -> Path:
    """Make a video that is 8208 pixels wide."""
    return write_video(folder / "wide.mp4", [np.zeros((64, 8208, 3), dtype=np.uint8)])


def one_frame(folder: Path) -> Path:
    """Make a video of a single picture."""
    return write_video(folder / "one_frame.mp4", [pattern()])


def one_fps(folder: Path, n_frames: int = 6) -> Path:
    """Make a video with one picture a second."""
    return write_video(folder / "one_fps.mp4", (pattern(i) for i in range(n_frames)), rate_hz=1)


def rotated(folder: Path, turn_deg: int = 90) -> Path:
    """Make a video whose display matrix asks for ``turn_deg`` clockwise; stored 320 × 240."""
    path = write_video(folder / f"rotated_{turn_deg}.mp4", (pattern(i) for i in range(8)))
    data = bytearray(path.read_bytes())
    one = 1 << 16
    cos, sin = {0: (one, 0), 90: (0, one), 180: (-one, 0), 270: (0, -one)}[turn_deg]
    matrix = np.array([cos, sin, 0, -sin, cos, 0, 0, 0, 1 << 30], dtype=">i4").tobytes()
    at = data.index(b"tkhd") + 4 + 40  # version 0 track header: 40 bytes before the matrix
    data[at : at + 36] = matrix
    path.write_bytes(data)
    return path


def variable_rate(folder: Path) -> tuple[Path, list[float]]:
    """Make a video with uneven steps; returns the times too."""
    steps = [0.033, 0.033, 0.1, 0.05, 0.033, 0.4, 0.02, 0.033, 0.066, 0.033, 0.25, 0.033]
    times = [round(t, 6) for t in np.concatenate([[0.0], np.cumsum(steps)]).tolist()]
    pictures = (pattern(4 * i) for i in range(len(times)))
    return write_video(folder / "vfr.mp4", pictures, times_s=times), times


def hevc_10bit(folder: Path, n_frames: int = 6) -> Path:
    """Make a 10-bit HEVC video, as newer phones do."""
    return write_video(
        folder / "hevc10.mp4",
        (pattern(i) for i in range(n_frames)),
        codec="libx265",
        pix_fmt="yuv420p10le",
        options={"preset": "ultrafast", "x265-params": "log-level=none", "crf": "12"},
    )


def vp9_webm(folder: Path, n_frames: int = 6) -> Path:
    """Make a VP9 video in a webm."""
    return write_video(
        folder / "vp9.webm",
        (pattern(i) for i in range(n_frames)),
        codec="libvpx-vp9",
        options={"cpu-used": "8", "deadline": "realtime", "crf": "20", "b": "0"},
        container="webm",
    )


def gif(folder: Path, n_frames: int = 8) -> Path:
    """Make an animated GIF with ten pictures a second."""
    path = folder / "animation.gif"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "rgb8"
        for i in range(n_frames):
            frame = av.VideoFrame.from_ndarray(pattern(i), format="rgb24").reformat(format="rgb8")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def _photograph(path: Path, rgb: Rgb) -> Path:
    import cv2

    cv2.imwrite(str(path), np.ascontiguousarray(rgb[..., ::-1]))
    return path


def png(folder: Path) -> Path:
    """Make a PNG photograph."""
    return _photograph(folder / "photo.png", pattern())


def webp(folder: Path) -> Path:
    """Make a WebP photograph."""
    return _photograph(folder / "photo.webp", pattern())


def jpeg_with_orientation(folder: Path, orientation: int = 6) -> Path:
    """Make a JPEG whose EXIF asks to be turned (6: a quarter clockwise); stored 320 × 240."""
    path = _photograph(folder / f"photo_{orientation}.jpg", pattern())
    data = path.read_bytes()
    entry = (0x0112).to_bytes(2, "big") + (3).to_bytes(2, "big") + (1).to_bytes(4, "big")
    entry += orientation.to_bytes(2, "big") + b"\x00\x00"
    tiff = b"MM\x00\x2a\x00\x00\x00\x08" + (1).to_bytes(2, "big") + entry + b"\x00\x00\x00\x00"
    body = b"Exif\x00\x00" + tiff
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + data[2:])
    return path


def black_title_card_end(folder: Path, pictures: Sequence[Rgb] | None = None, n_black: int = 20) -> Path:
    """Make a video that ends in a black card."""
    shown = list(pictures or [pattern(i) for i in range(40)])
    return write_video(folder / "title_card.mp4", shown + [np.zeros_like(shown[0])] * n_black)


def slideshow(folder: Path, first: Rgb | None = None, second: Rgb | None = None, n_each: int = 30) -> Path:
    """Make a "video" of two still pictures, one after the other."""
    first = pattern() if first is None else first
    second = np.ascontiguousarray(pattern(30)[::-1, ::-1]) if second is None else second
    return write_video(folder / "slideshow.mp4", [first] * n_each + [second] * n_each)


#: name -> (maker, exit code) of files that must be refused.
REFUSED: dict[str, tuple[Callable[[Path], Path], int]] = {
    "missing": (missing_file, 3),
    "directory": (directory, 4),
    "empty": (empty_file, 4),
    "text": (text_as_mp4, 4),
    "noise": (random_bytes, 4),
    "audio_only": (audio_only, 4),
    "truncated": (truncated_no_index, 5),
    "zero_size": (zero_size, 6),
    "8k": (eight_k_header, 6),
}
