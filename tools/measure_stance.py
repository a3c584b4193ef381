"""Measure how exactly the stance width is told from a photograph of the front, on rendered people.

    python tools/measure_stance.py render DIR [--people N]      (needs the extra: pip install 'hiphinge[synth]')
    python tools/measure_stance.py measure DIR
    python tools/measure_stance.py show PHOTO...

``measure`` prints the numbers that stand in ``verdict/stance.py``; ``show`` says what is told of real photographs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

LEVEL = 90.0
SIZE_PX = (720, 960)
FIRST_SEED = 9_500_000


def render(folder: Path, people: int, first: int) -> None:
    """Photograph people from the front, turned by up to 30°, standing, with their joints beside."""
    from hiphinge.synth.actor import Actor
    from hiphinge.synth.camera import place_camera
    from hiphinge.synth.clips import film, write_json
    from hiphinge.synth.extras import load_extra
    from hiphinge.synth.people import draw_person
    from hiphinge.synth.posture import ARMS, Bend
    from hiphinge.synth.room import draw_room
    from hiphinge.synth.scene import Studio

    cv2 = load_extra("cv2")
    folder.mkdir(parents=True, exist_ok=True)
    studio = Studio(SIZE_PX)
    rows = []
    for number in range(first, first + people):
        rng = np.random.default_rng((FIRST_SEED, number))
        actor = Actor(draw_person(f"f{number:03d}", FIRST_SEED + number))
        take = actor.take(Bend(arms=ARMS[str(rng.choice(["hanging", "crossed"]))]))
        yaw = float(rng.choice([-90, 90]) + rng.uniform(-30, 30))
        camera = place_camera(
            take.points, yaw_deg=yaw, facing="right", lens_m=float(rng.uniform(0.6, 1.5)),
            view_angle_deg=float(rng.uniform(35, 60)), size_px=SIZE_PX, fill=float(rng.uniform(0.7, 0.92)),
        )  # fmt: skip
        image = next(film(studio, [take], room=draw_room(FIRST_SEED + number), camera=camera, seed=number))
        name = f"f{number:03d}.jpg"
        cv2.imwrite(str(folder / name), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
        rows.append({"file": name, "yaw_deg": yaw, "points_px": actor.points_px(take, camera)})
    studio.close()
    write_json(folder / "truth.json", rows)


def measure(folder: Path) -> None:
    """Print what is told of rendered photographs against their joints."""
    from hiphinge.api import stance

    gain, ankles, told, covered = [], [], 0, 0
    rows = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    for row in rows:
        found = stance(folder / row["file"])
        points = row["points_px"]
        apart = {
            joint: float(np.hypot(*np.subtract(points[f"left_{joint}"], points[f"right_{joint}"])))
            for joint in ("ankle", "shoulder")
        }
        true = apart["ankle"] / apart["shoulder"]
        if found.value is None:
            print(f"{row['file']} yaw {row['yaw_deg']:+6.1f}°: {found.reason}")
            continue
        told += 1
        covered += found.lo <= true <= found.hi
        gain.append(true / found.value)
        ankles.append(found.value - true)
    print(f"{told} of {len(rows)} told; the interval covers {covered} of them")
    print(
        f"true ÷ told: median {np.median(gain):.3f}, 90 % within {np.percentile(np.abs(gain / np.median(gain) - 1), LEVEL):.3f}"
    )
    print(
        f"told − true: median {np.median(ankles):+.3f}, 90 % within ±{np.percentile(np.abs(ankles - np.median(ankles)), LEVEL):.3f}"
    )


def show(photos: Sequence[Path]) -> None:
    """Print what is told of each photograph."""
    from hiphinge.api import stance

    for photo in photos:
        print(photo.name, stance(photo))


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("render", "measure", "show"))
    parser.add_argument("places", type=Path, nargs="+")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="number of the first person: 0 for fitting, 50 to check")
    options = parser.parse_args(arguments)
    if options.what == "render":
        render(options.places[0], options.people, options.first)
    elif options.what == "measure":
        measure(options.places[0])
    else:
        show(options.places)
    return 0


if __name__ == "__main__":
    sys.exit(main())
