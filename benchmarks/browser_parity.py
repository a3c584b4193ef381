"""Compare what the browser makes of a clip with what Python makes of it, frame by frame, and time the browser.

    python -m benchmarks.browser_parity [--model full] [--python-model full] [--delegate auto] CLIP...

The clip's pictures go one by one through the page's pose worker in Chromium, with the clip's own times; its frames go
through the same spine model as Python's own tracks of the same pictures. Printed per clip and over all: lumbar flexion
apart (median and 95th percentile), keypoints and outline apart, frames that both answer, and the worker's frames a
second.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from tests.web.js.clips import browser_tracks, follow, lumbar_deg, write_pictures

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions
from hiphinge.clip.run import assess_video

CLIPS = [
    "src/hiphinge/data/demo.mp4",
    "tests/data/rounded_left.mp4",
    "tests/data/squat.mp4",
    "tests/data/validation/clips/tv0007.mp4",
]
TARGET_MEDIAN_DEG, TARGET_P95_DEG = 1.5, 5.0


def main() -> int:
    """Run the comparison; exit 1 where a target is missed."""
    args = parse_args()
    apart = []
    print(f"{'clip':18} {'frames':>6} {'both':>5} {'lumbar °':>8} {'p95 °':>6} {'bias °':>6} "
          f"{'points px':>9} {'outline':>8} {'frames/s':>8}")  # fmt: skip
    for clip in args.clips:
        apart.append(compare(clip, args.model, args.python_model, args.delegate))
    every = np.concatenate(apart)
    median, high = np.median(every), np.percentile(every, 95)
    print(f"{'all':18} {'':6} {every.size:5} {median:8.2f} {high:6.2f}")
    return 0 if median <= TARGET_MEDIAN_DEG and high <= TARGET_P95_DEG else 1


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("clips", nargs="*", type=Path, default=[Path(clip) for clip in CLIPS])
    parser.add_argument("--model", choices=["full", "lite"], default="full", help="the browser's")
    parser.add_argument("--python-model", choices=["full", "lite", "heavy"], default="full")
    parser.add_argument("--delegate", choices=["auto", "CPU", "GPU"], default="auto")
    return parser.parse_args()


def compare(clip: Path, model: str, python_model: str, delegate: str) -> np.ndarray:
    """Print one clip's row; returns the differences of lumbar flexion."""
    options = AssessOptions(model=python_model, video=False)
    kept: list[ClipTracks] = []
    assess_video(clip, options, on_tracks=kept.append)
    (python,) = kept
    with tempfile.TemporaryDirectory() as folder:
        times = write_pictures(clip, Path(folder))
        seen = follow(Path(folder), times, mirror=python.pose.mirrored, model=model, delegate=delegate)
    browser = browser_tracks(python, seen.rows)
    ours, theirs = lumbar_deg(python, options), lumbar_deg(browser, options)
    both = np.isfinite(ours) & np.isfinite(theirs)
    differences = (theirs - ours)[both]
    scale = python.pose.height_px / browser.pose.height_px
    points = np.linalg.norm(browser.pose.keypoints_px * scale - python.pose.keypoints_px, axis=2)
    outline = np.abs(browser.profile.dorsal_ratio - python.profile.dorsal_ratio)
    apart = np.abs(differences)
    print(f"{clip.name:18} {len(times):6} {both.sum():5} {np.median(apart):8.2f} {np.percentile(apart, 95):6.2f} "
          f"{np.median(differences):6.2f} {np.nanmedian(points) * 720 / python.pose.height_px:9.2f} "
          f"{np.nanmedian(outline):8.4f} {1000 / np.median(seen.took_ms):8.1f}", flush=True)  # fmt: skip
    return apart


if __name__ == "__main__":
    sys.exit(main())
