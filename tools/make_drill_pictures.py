"""Make the pictures of the program's drills: a still and a looping animation of each, the hips' way and the back's.

    python tools/make_drill_pictures.py [--out FOLDER] [--only NAME ...] [--steps 18]

Left: as the drill asks (green disc); right: the back does it (amber ring). Two slate discs where neither is a fault.
Writes ``src/hiphinge/program/pictures/*.webp`` and ``pictures.json``; the same pictures on every run on one machine.
Needs the extra: pip install 'hiphinge[synth]' pillow.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from drill_pictures.cast import CAST
from drill_pictures.scenes import SCENES, Scene
from drill_pictures.stage import PANEL_PX, panels, place_scene, shoot
from numpy.typing import NDArray
from PIL import Image

from hiphinge.synth.scene import Studio

ROOT = Path(__file__).resolve().parents[1]
#: Milliseconds: at the stand, on the way down (in all), at the bottom, on the way up.
STAND_MS, DOWN_MS, BOTTOM_MS, UP_MS = 700, 2400, 1000, 1600
STILL_QUALITY, LOOP_QUALITY = 90, 64
#: A hand may stay this far from what it holds.
GAP_M = 0.02


def loop_order(steps: int) -> tuple[list[int], list[int]]:
    """Return the postures of a loop in order, and how long each is seen, milliseconds."""
    between = list(range(1, steps - 1))
    order = [0, *between, steps - 1, *reversed(between)]
    down, up = round(DOWN_MS / len(between)), round(UP_MS / len(between))
    return order, [STAND_MS, *[down] * len(between), BOTTOM_MS, *[up] * len(between)]


def render(studio: Studio, scene: Scene, *, steps: int) -> list[NDArray[np.uint8]]:
    """Render a scene from the stand to the bottom; only the bottom if it is not animated."""
    both = panels(scene, steps=steps if scene.animated else 2)
    for panel in both:
        for shown in panel.shown:
            if not shown.balanced or shown.gap_m > GAP_M:
                raise RuntimeError(f"{scene.name}: balanced {shown.balanced}, a hand {1000 * shown.gap_m:.0f} mm off.")
    camera = place_scene(scene, both)
    first = 0 if scene.animated else 1
    return [shoot(studio, scene, both, step, camera) for step in range(first, len(both[0].shown))]


def write(folder: Path, scene: Scene, images: Sequence[NDArray[np.uint8]]) -> None:
    """Write a scene's files."""
    still = folder / f"{scene.name}.webp"
    Image.fromarray(images[-1]).save(still, quality=STILL_QUALITY, method=6)
    if scene.animated:
        order, times = loop_order(len(images))
        frames = [Image.fromarray(images[k]) for k in order]
        frames[0].save(
            folder / f"{scene.name}.loop.webp", save_all=True, append_images=frames[1:], duration=times, loop=0,
            quality=LOOP_QUALITY, method=6, kmin=0, kmax=1,
        )  # fmt: skip


def describe(folder: Path, scene: Scene) -> dict[str, Any]:
    """Return a scene's entry in the manifest: its words, and its files as they lie in the folder."""
    return {
        "drill": scene.drill,
        "variant": scene.variant,
        "equipment": scene.equipment,
        "still": stamp(folder / f"{scene.name}.webp"),
        "animation": stamp(folder / f"{scene.name}.loop.webp") if scene.animated else None,
        "width_px": 2 * PANEL_PX[0] + 4,
        "height_px": PANEL_PX[1],
        "alt": f"{scene.what}. Left: {scene.left}. Right: {scene.right}.",
        "left": scene.left,
        "right": scene.right,
        "marks": scene.marks,
        "seed": CAST[scene.person or scene.drill][0],
    }


def stamp(path: Path) -> dict[str, Any]:
    """Return a file's name, size and hash."""
    content = path.read_bytes()
    return {"file": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Render and write; with ``--only``, the other files stay as they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "hiphinge" / "program" / "pictures")
    parser.add_argument("--only", nargs="*", default=[], help="names of scenes; all if none")
    parser.add_argument("--steps", type=int, default=18, help="postures from the stand to the bottom")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    studio = Studio(PANEL_PX)
    for scene in SCENES:
        if options.only and scene.name not in options.only:
            continue
        write(options.out, scene, render(studio, scene, steps=options.steps))
        print(scene.name, flush=True)
    studio.close()
    entries = [describe(options.out, scene) for scene in SCENES if (options.out / f"{scene.name}.webp").exists()]
    text = json.dumps({"pictures": entries}, indent=1, ensure_ascii=False) + "\n"
    (options.out / "pictures.json").write_text(text, encoding="utf-8")
    total = sum(part["bytes"] for entry in entries for part in (entry["still"], entry["animation"]) if part)
    print(f"{len(entries)} pictures, {total / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
