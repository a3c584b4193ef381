"""What the overlay costs a frame, part by part: python benchmarks/overlay_cost.py [VIDEO].

Without a video it draws on a made-up one of 1280 × 720. Times are processor milliseconds of all threads; the
libraries' own threads are held back, as in use.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.report.fakes import fake_assessment, fake_frames

from hiphinge.clip.threads import library_threads_held_back
from hiphinge.model import Frame
from hiphinge.report.overlay import OverlayPainter, _output_size, _scaled_rgb, write_overlay
from hiphinge.video import CameraWatch, VideoSink, encode, open_video

N_FRAMES = 240
CROP = np.array([[2.2, 0.3, 300.0], [-0.3, 2.2, 80.0]])


def cost(parts: list[tuple[str, float]], name: str, work: Callable[[], object], n: int) -> None:
    """Run ``work`` once and note its processor time per frame."""
    start = time.process_time()
    work()
    parts.append((name, (time.process_time() - start) / n * 1e3))


def make_video(path: Path) -> Path:
    """Write the made-up clip with some noise, so that it costs what a camera's picture costs."""
    rng = np.random.default_rng(0)
    noise = rng.integers(-6, 7, (8, 720, 1280, 3), dtype=np.int16)
    with VideoSink(path, 1280, 720) as sink:
        for frame in fake_frames(fake_assessment(n_frames=N_FRAMES)):
            rgb = frame.picture.rgb().astype(np.int16) + noise[frame.index % 8]
            sink.write(np.clip(rgb, 0, 255).astype(np.uint8), frame.time_s)
    return path


def encode_all(pictures: list[np.ndarray], path: Path, preset: str, crf: str) -> None:
    """Encode pictures with one preset."""
    kept = dict(encode.X264_OPTIONS)
    encode.X264_OPTIONS.update(preset=preset, crf=crf)
    try:
        with VideoSink(path, pictures[0].shape[1], pictures[0].shape[0]) as sink:
            for i, rgb in enumerate(pictures):
                sink.write(rgb, i / 30)
    finally:
        encode.X264_OPTIONS.update(kept)


def measure(source: Path, folder: Path) -> list[tuple[str, float]]:
    """Return the parts and their processor milliseconds a frame."""
    parts: list[tuple[str, float]] = []
    with open_video(source) as video:
        frames: list[Frame] = [frame for frame, _ in zip(video.frames(ahead=0), range(N_FRAMES), strict=False)]
        n = len(frames)
        cost(parts, "decode", lambda: sum(1 for _ in zip(video.frames(ahead=0), range(n), strict=False)), n)
        assessment = fake_assessment(
            n_frames=n, outcome="spine", width_px=video.info.width_px, height_px=video.info.height_px
        )
    painter = OverlayPainter(assessment)
    width, height = _output_size(frames[0].picture.width_px, frames[0].picture.height_px)
    camera = CameraWatch()
    cost(parts, "crop 256 to RGB (warp)", lambda: [f.picture.warp(CROP, size_px=256) for f in frames], n)
    cost(parts, "camera watch", lambda: [camera.update(f, (0.3, 0.1, 0.7, 0.95)) for f in frames], n)
    # One picture at a time, as in use: keeping them all would measure the memory's pages.
    cost(parts, "to RGB (scaled)", lambda: [None for f in frames if _scaled_rgb(f.picture, width, height) is None], n)
    canvas = _scaled_rgb(frames[n // 2].picture, width, height)
    cost(parts, "paint", lambda: [None for i in range(n) if painter.paint(canvas, i) is None], n)
    pictures = [painter.paint(_scaled_rgb(f.picture, width, height), i) for i, f in enumerate(frames)]
    for preset in ("ultrafast", "superfast", "veryfast"):
        path = folder / f"{preset}.mp4"
        cost(parts, f"RGB to x264 {preset} 23", lambda p=path, s=preset: encode_all(pictures, p, s, "23"), n)
        parts.append((f"   size {preset}, MB per minute at 30 Hz", path.stat().st_size / n * 1800 / 1e6))
    numbered = [replace(f, index=i) for i, f in enumerate(frames)]
    cost(parts, "whole overlay, decode not counted", lambda: write_overlay(assessment, numbered, folder / "o.mp4"), n)
    return parts


def main() -> None:
    """Print the parts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = Path(sys.argv[1]) if len(sys.argv) > 1 else make_video(folder / "made_up.mp4")
        with library_threads_held_back():
            parts = measure(source, folder)
        for part, value in parts:
            print(f"{part:45s} {value:7.2f}" + ("" if part.startswith("  ") else " ms"))


if __name__ == "__main__":
    main()
