"""Make ``docs/demo.jpg``: the demo clip's stand and the bottom of its second rep, as the overlay draws them.

python tools/make_picture.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

import hiphinge
from hiphinge.report.overlay import OverlayPainter
from hiphinge.video import open_video

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Assess the demo clip and write the picture."""
    clip = ROOT / "src" / "hiphinge" / "data" / "demo.mp4"
    assessment = hiphinge.assess(clip)
    rows = (25, assessment.reps[1].bottom_frame)
    painter = OverlayPainter(assessment)
    with open_video(clip) as reader:
        painted = [painter.paint(frame.picture.rgb(), frame.index) for frame in reader.frames() if frame.index in rows]
    picture = cv2.resize(np.hstack(painted), None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(ROOT / "docs" / "demo.jpg"), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    return 0


if __name__ == "__main__":
    sys.exit(main())
