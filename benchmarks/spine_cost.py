"""What the spine model costs a frame: its features, its networks, against one linear reading and two bare tangents.

    python benchmarks/spine_cost.py [--frames 3000] [--repeats 7]

Prints milliseconds of one core a frame (median over repeats, in this process), and the ratio to the linear reading.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

import hiphinge
from hiphinge.model import PoseTrack, ProfileTrack
from hiphinge.sagittal import Segments, compute_segments, compute_yaw_deg, find_standing
from hiphinge.spine import LiveSpine, NetworkEstimator, OutlineEstimator, SpineInput, load_calibration
from hiphinge.spine.features import extract_features, reference_row
from hiphinge.spine.network import load_network
from hiphinge.spine.outline import compute_tangent_deg
from hiphinge.validation.films import take_frames

CLIP = Path(__file__).resolve().parents[1] / "tests" / "data" / "rounded_left.mp4"


def load_input(n_frames: int) -> tuple[SpineInput, list[tuple[PoseTrack, ProfileTrack]]]:
    """One clip's input, repeated to the length asked for, whole and frame by frame."""
    evidence = hiphinge.assess(CLIP).evidence
    assert evidence is not None
    pose, profile = evidence.pose, evidence.profile
    segments = compute_segments(pose)
    standing = find_standing(segments)
    rows = np.arange(n_frames) % pose.n_frames
    segments = Segments(**{f.name: getattr(segments, f.name)[rows] for f in fields(Segments)})
    segments = replace(segments, time_s=np.arange(n_frames) / 30.0)
    profile = take_frames(profile, rows)
    given = SpineInput(profile, segments, replace(standing, rows=standing.rows[rows]), compute_yaw_deg(pose)[rows])
    single = [take_frames(pose, slice(k, k + 1)) for k in range(pose.n_frames)]
    frames = [
        (replace(single[row], time_s=segments.time_s[k : k + 1]), take_frames(profile, slice(k, k + 1)))
        for k, row in enumerate(rows)
    ]
    return given, frames


def read_live(frames: Sequence[tuple[PoseTrack, ProfileTrack]]) -> None:
    """Feed every frame to the causal form."""
    live = LiveSpine()
    for pose, profile in frames:
        live.read(pose, profile)


def cost_ms(work: Callable[[], object], n_frames: int, repeats: int) -> float:
    """Processor milliseconds a frame, the median of repeats."""
    work()
    found = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        found.append(1000 * (time.process_time() - began) / n_frames)
    return statistics.median(found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args(arguments)
    given, frames = load_input(options.frames)
    features = extract_features(given)
    reference = reference_row(features, given.standing.rows)
    network, linear = NetworkEstimator(), OutlineEstimator(load_calibration())
    ways: dict[str, Callable[[], object]] = {
        "two bare tangents": lambda: [
            compute_tangent_deg(given.profile.dorsal_ratio, given.profile.station_ratio, centre_ratio=c)
            for c in (0.04, 0.52)
        ],
        "one linear reading": lambda: linear.estimate(given),
        "spine model, features": lambda: extract_features(given),
        "spine model, networks": lambda: load_network().still.read(features, reference),
        "spine model, all": lambda: network.estimate(given),
        "causal, one by one": lambda: read_live(frames),
    }
    cost = {name: cost_ms(work, options.frames, options.repeats) for name, work in ways.items()}
    base = cost["one linear reading"]
    print(f"{'':24s}core-ms a frame   ratio")
    for name, value in cost.items():
        print(f"{name:24s}{value:15.4f}{value / base:8.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
