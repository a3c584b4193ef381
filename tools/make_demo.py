"""Render the demo clip: a rendered person, side-on, three good hinges after a still stand.

    python tools/make_demo.py

Writes ``src/hiphinge/data/demo.mp4`` and ``demo_truth.json``. Needs the extra: pip install 'hiphinge[synth]'.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from hiphinge.synth.actor import Actor
from hiphinge.synth.camera import place_camera
from hiphinge.synth.clips import clip_truth, film, write_clip, write_json
from hiphinge.synth.motion import STRATEGIES, Tempo, plan_motion
from hiphinge.synth.people import PersonSpec, draw_person
from hiphinge.synth.posture import StandingCurve
from hiphinge.synth.room import PLAIN_ROOM
from hiphinge.synth.scene import Studio

ROOT = Path(__file__).resolve().parents[1]
RATE_HZ = 25
SIZE_PX = (540, 720)


def cast_demo() -> PersonSpec:
    """Return the demo's person: average build, close-fitting clothes that stand out from the wall."""
    spec = draw_person("demo", 39)
    clothes = replace(
        spec.clothes,
        shirt_cm=0.3,
        shirt_sag=0.2,
        shirt_hem=-0.03,
        sleeve_ratio=0.34,
        shirt_color=(34, 96, 128),
        trouser_cm=0.4,
        trouser_end=-0.455,
        trouser_color=(52, 54, 62),
        shoe_color=(226, 226, 222),
        sole_color=(96, 98, 104),
        hair_color=(52, 36, 26),
        hair_cm=1.6,
        hair_style="short",
    )
    phenotype = dict(spec.phenotype) | {"gender": 0.05, "age": 0.70, "muscle": 0.62, "weight": 0.5, "height": 0.42}
    curve = StandingCurve(pelvis_deg=2, lumbar_deg=-1, thoracic_deg=1, neck_deg=0, knee_deg=2, balance_ratio=0.40)
    changes = dict.fromkeys(spec.local_changes, 0.0)
    return replace(spec, phenotype=phenotype, local_changes=changes, curve=curve, skin=2, clothes=clothes)


def main(arguments: Sequence[str] | None = None) -> int:
    """Render the clip and its truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "hiphinge" / "data")
    out = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    actor = Actor(cast_demo())
    hinge = STRATEGIES["hinge"]
    reps = (
        replace(hinge, hip_deg=72, lumbar_deg=9, knee_deg=17),
        replace(hinge, hip_deg=77, lumbar_deg=11, knee_deg=18),
        replace(hinge, hip_deg=75, lumbar_deg=9, knee_deg=18),
    )
    plan = plan_motion(reps, rate_hz=RATE_HZ, still_s=2.6, tempo=Tempo(1.9, 0.4, 1.3, 0.35), seed=4)
    takes = [actor.take(bend) for bend in plan.bends]
    camera = place_camera(
        np.concatenate([take.points for take in takes[::5]]),
        yaw_deg=3.0,
        facing="right",
        lens_m=0.95,
        view_angle_deg=38.0,
        size_px=SIZE_PX,
        fill=0.90,
    )
    studio = Studio(SIZE_PX)
    room = replace(PLAIN_ROOM, noise=0.0)
    n = write_clip(out / "demo.mp4", film(studio, takes, room=room, camera=camera), rate_hz=RATE_HZ, crf=20)
    studio.close()
    write_json(out / "demo_truth.json", {"file": "demo.mp4"} | clip_truth(actor, takes, plan, camera))
    print(f"{out / 'demo.mp4'}: {n} frames, {(out / 'demo.mp4').stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
