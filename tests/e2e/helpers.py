"""What the end-to-end tests share: fixture clips, the command line as a child process, films made again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

import hiphinge
from hiphinge.model import ANGLES, Assessment
from hiphinge.video.colour import planes_of, planes_to_frame

__all__ = [
    "DATA",
    "FRAME_COLUMNS",
    "film_again",
    "hiphinge_argv",
    "hiphinge_env",
    "median_difference_deg",
    "run_hiphinge",
    "truth_of",
]

DATA = Path(__file__).resolve().parents[1] / "data"
SOURCE = Path(hiphinge.__file__).resolve().parents[1]
TESTS = Path(__file__).resolve().parents[2]

#: The columns as they were promised, spelled out: a change of the code's own list must show.
FRAME_COLUMNS = (
    "frame,time_s,"
    "trunk_lean_deg,pelvis_tilt_deg,hip_flexion_deg,lumbar_flexion_deg,thoracic_flexion_deg,knee_flexion_deg,"
    "shank_lean_deg,neck_deg,hip_back_ratio,hip_drop_ratio,"
    "trunk_lean_lo_deg,trunk_lean_hi_deg,pelvis_tilt_lo_deg,pelvis_tilt_hi_deg,hip_flexion_lo_deg,hip_flexion_hi_deg,"
    "lumbar_flexion_lo_deg,lumbar_flexion_hi_deg,thoracic_flexion_lo_deg,thoracic_flexion_hi_deg,"
    "knee_flexion_lo_deg,knee_flexion_hi_deg,shank_lean_lo_deg,shank_lean_hi_deg,neck_lo_deg,neck_hi_deg"
)

Plane = NDArray[np.uint8]


def hiphinge_env(**changes: str) -> dict[str, str]:
    """Return the environment of a child that runs the working tree."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), str(TESTS)]), "COLUMNS": "160", **changes}


def hiphinge_argv(*arguments: str | Path, first: str = "") -> list[str]:
    """Return the command line ``hiphinge …`` with this interpreter; ``first`` is run before."""
    start = f"{first}\nimport sys; sys.argv[0] = 'hiphinge'; from hiphinge.cli import main; main()"
    return [sys.executable, "-c", start, *map(str, arguments)]


def run_hiphinge(
    *arguments: str | Path, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``hiphinge …`` as a child process."""
    return subprocess.run(
        hiphinge_argv(*arguments),
        env=env or hiphinge_env(),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=180,
    )


def truth_of(path: Path) -> dict[str, Any]:
    """Return what a fixture clip was rendered from."""
    document: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return document


def film_again(
    source: Path, target: Path, change: Callable[[Plane], Plane] = np.asarray, *, every: int = 1, crf: int = 6
) -> Path:
    """Write ``source`` once more with ``change`` done to Y, U and V of every ``every``-th picture.

    ``crf`` 0 loses nothing. The planes are changed as they are stored: a way through RGB alone moves angles of so
    small a picture by up to half a degree, mirrored or not.
    """
    base = Fraction(1, 90_000)
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        stream = None
        for index, decoded in enumerate(container.decode(video=0)):
            if index % every:
                continue
            planes = [np.ascontiguousarray(change(plane)) for plane in planes_of(decoded)]
            height, width = planes[0].shape
            if stream is None:
                stream = out.add_stream("libx264", rate=30, options={"preset": "ultrafast", "crf": str(crf)})
                stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
                stream.codec_context.time_base = stream.time_base = base
            frame = planes_to_frame((planes[0], planes[1], planes[2]))
            frame.pts, frame.time_base = round(decoded.time / base), base
            out.mux(stream.encode(frame))
        assert stream is not None
        out.mux(stream.encode(None))
    return target


def median_difference_deg(one: Assessment, two: Assessment) -> dict[str, float]:
    """Return the median difference of each angle over the frames that both tell; inf where none is."""
    assert one.evidence is not None
    assert two.evidence is not None
    found = {}
    for name in ANGLES:
        difference = one.evidence.motion.angle(name).value_deg - two.evidence.motion.angle(name).value_deg
        told = np.isfinite(difference)
        found[name] = float(np.median(np.abs(difference[told]))) if told.any() else float("inf")
    return found
