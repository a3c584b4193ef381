"""Render wall hinges: people with a real wall behind them, and what is true of it.

    python tools/make_wall_clips.py DIR [--clips N]

Writes ``DIR/w000.mp4`` and ``w000.json`` (the wall's place in the picture, the heels' distance and the seat's gap at the
bottom in foot lengths). Every fourth seat stays short of the wall. ``tools/measure_wall.py --clips DIR`` reads them.
Needs the extra: pip install 'hiphinge[synth]'.
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
from hiphinge.synth.clips import film, write_clip, write_json
from hiphinge.synth.motion import STRATEGIES, Tempo, plan_motion
from hiphinge.synth.people import draw_person
from hiphinge.synth.room import draw_room
from hiphinge.synth.scene import Studio
from hiphinge.synth.shoes import SOLE_M
from hiphinge.synth.solids import box, join

SIZE_PX = (640, 480)
RATE_HZ = 12
FIRST_SEED = 9_700_000
#: Gaps between seat and wall at the bottom, foot lengths, in turn.
GAPS = (0.0, 0.03, 0.08, 0.40)


def render(number: int, folder: Path, studio: Studio) -> None:
    """Render one clip and its truth."""
    rng = np.random.default_rng((FIRST_SEED, number))
    actor = Actor(draw_person(f"w{number:03d}", FIRST_SEED + number))
    lumbar = float(rng.choice([8.0, 12.0, 40.0]))
    hinge = replace(STRATEGIES["hinge"], hip_deg=float(rng.uniform(40, 80)), lumbar_deg=lumbar)
    plan = plan_motion((hinge,), rate_hz=RATE_HZ, still_s=1.6, tempo=Tempo(1.6, 0.5, 1.2, 0.3), seed=number)
    takes = [actor.take(bend) for bend in plan.bends]
    # People face −y, so their backs turn to +y; the clothes touch the wall, not the skin.
    rear = [max(float(layer.points[:, 1].max()) for layer in take.layers) for take in takes]
    bottom = int(np.argmax(rear))
    gap = GAPS[number % len(GAPS)]
    wall_y = rear[bottom] + gap * actor.foot_length_m
    heel_y = float(np.mean([actor.body.foot_points[f"{side}_heel"][1] for side in ("left", "right")]))
    spot = np.array(((0.0, wall_y, -SOLE_M), (0.0, wall_y, 1.9)))
    facing = str(rng.choice(["left", "right"]))
    camera = place_camera(
        np.concatenate([*(take.points for take in takes[::4]), spot]),
        yaw_deg=float(rng.uniform(-6, 6)), facing=facing, lens_m=float(rng.uniform(0.7, 1.2)),
        view_angle_deg=float(rng.uniform(38, 60)), size_px=SIZE_PX, fill=float(rng.uniform(0.75, 0.92)),
    )  # fmt: skip
    near = float(np.sign(camera.position[0]))
    # What the user is asked for: where the wall meets the floor, level with the heel nearer to the camera.
    beside = near * max(near * float(actor.body.foot_points[f"{side}_heel"][0]) for side in ("left", "right"))
    # Towards the camera the wall ends beside the person, or goes on past the picture's border.
    reach = float(rng.choice([0.35, 0.7, 1.6]))
    low = np.array((min(-3.0 * near, reach * near), wall_y, -SOLE_M))
    high = np.array((max(-3.0 * near, reach * near), wall_y + 0.15, 2.8))
    color = tuple(int(v) for v in rng.integers(70, 235, 3) // 4 + int(rng.integers(70, 175)))
    wall = join("mirror: the wall", [box(low, high, color)], shine=0.0)
    room = replace(draw_room(FIRST_SEED + number), shake_px=(0.0, 0.0))
    path = folder / f"w{number:03d}.mp4"
    write_clip(path, film(studio, takes, room=room, camera=camera, extras=(wall,), seed=number), rate_hz=RATE_HZ)
    place = camera.project(np.array(((beside, wall_y, -SOLE_M),)))[0]
    truth = {
        "file": path.name, "facing": facing, "wall_px": round(float(place[0]), 1), "floor_px": round(float(place[1]), 1),
        "width_px": SIZE_PX[0], "gap": gap, "heel_to_wall": round((wall_y - heel_y) / actor.foot_length_m, 3),
        "reach_m": reach, "lumbar_deg": lumbar, "bottom_s": round(float(plan.time_s[bottom]), 2),
    }  # fmt: skip
    write_json(path.with_suffix(".json"), truth)
    print(truth, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=12)
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    studio = Studio(SIZE_PX)
    for number in range(options.clips):
        render(number, options.folder, studio)
    studio.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
