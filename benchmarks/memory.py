"""Peak memory of analysing an hour of video: the demo clip's track, repeated, through the real builders and analysis.

    python benchmarks/memory.py [--minutes 60]

Decoding and inference keep nothing between frames, so what grows with length is what is kept per frame: poses and
outlines. The engine is loaded and run once, as in use, so that its own memory is counted in.
"""

from __future__ import annotations

import argparse
import resource
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import hiphinge
from hiphinge.clip.analyse import ClipTracks, analyse
from hiphinge.clip.options import AssessOptions
from hiphinge.model import Assessment
from hiphinge.sagittal import FacingDecision
from hiphinge.validation.films import take_frames
from hiphinge.verdict import criteria_for

CLIP = Path(hiphinge.__file__).parent / "data" / "demo.mp4"


def peak_mb() -> float:
    """Peak resident memory of this process, megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def lengthen(result: Assessment, minutes: float) -> ClipTracks:
    """Repeat a clip's tracks end to end until they last so long."""
    evidence = result.evidence
    assert evidence is not None
    pose, profile, camera = evidence.pose, evidence.profile, evidence.camera
    step_s = float(np.median(np.diff(pose.time_s)))
    n = round(60 * minutes / step_s)
    rows = np.arange(n) % pose.n_frames
    longer = replace(take_frames(pose, rows), time_s=step_s * np.arange(n), frame_index=np.arange(n))
    outline = take_frames(profile, rows)
    watched = replace(
        camera,
        **{name: getattr(camera, name)[rows] for name in ("cut", "shift_ratio", "luma", "sharpness", "still_picture")},
    )
    return ClipTracks(result.video, longer, outline, watched, FacingDecision("right", 1.0), result.people)


def main() -> int:
    """Print peak memory before and after the long analysis."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    options = parser.parse_args()
    result = hiphinge.assess(CLIP)
    print(f"after the demo clip, engine loaded: {peak_mb():.0f} MB")
    tracks = lengthen(result, options.minutes)
    print(f"{tracks.pose.n_frames} frames in memory: {peak_mb():.0f} MB")
    long = analyse(tracks, AssessOptions(), criteria=criteria_for("hinge"), provenance=result.provenance)
    print(f"after analysing {options.minutes:g} minutes ({len(long.reps)} reps): {peak_mb():.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
