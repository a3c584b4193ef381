"""Render people with known joint angles: stills for calibration and testing, or clips.

    python tools/make_people.py --people 40 --frames-per-person 12 --seed 2 --split test --out DIR
    python tools/make_people.py --clips 20 --seed 3 --split test --out DIR

Stills: ``DIR/<person>_<k>.jpg`` and ``DIR/truth.json``, a list with one row per picture (``kind`` is ``still`` for
the person's still stand, ``bent`` otherwise; ``reference`` names the stills). Clips: ``DIR/<person>.mp4`` and
``DIR/<person>.json``. People of the split ``test`` come partly from families that ``calibration`` never draws.
Needs the extra: pip install 'hiphinge[synth]'.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.synth.actor import Actor, Take
from hiphinge.synth.camera import Camera, place_camera
from hiphinge.synth.clips import clip_truth, describe_camera, film, frame_truth, write_clip, write_json
from hiphinge.synth.extras import load_extra
from hiphinge.synth.motion import STRATEGIES, Tempo, plan_motion, vary
from hiphinge.synth.people import FAMILIES, Family, PersonSpec, draw_arms, draw_bend, draw_person, draw_sway
from hiphinge.synth.room import draw_room
from hiphinge.synth.scene import Studio

#: Share of the test people that are drawn from the same family as the calibration people.
BASE_RATIO = 0.5
#: Number of still-stand pictures per person.
N_STILL = 3


def draw_family(rng: np.random.Generator, split: str) -> Family:
    """Draw which family a person belongs to."""
    if split == "calibration" or rng.random() < BASE_RATIO:
        return "base"
    return FAMILIES[1 + int(rng.integers(len(FAMILIES) - 1))]


def draw_camera(
    takes: Sequence[Take], rng: np.random.Generator, *, size_px: tuple[int, int], yaw_max_deg: float
) -> Camera:
    """Draw where the phone stands: mostly within 20° of side-on."""
    near = rng.random() < 0.8
    yaw = float(np.clip(rng.normal(0, 9), -20, 20)) if near else float(rng.uniform(-35, 35))
    focal_mm = float(rng.choice((26, 28, 35, 48, 52)))
    return place_camera(
        np.concatenate([take.points for take in takes]),
        yaw_deg=float(np.clip(yaw, -yaw_max_deg, yaw_max_deg)),
        facing="right" if rng.random() < 0.5 else "left",
        lens_m=float(rng.uniform(0.3, 1.4)),
        view_angle_deg=float(np.degrees(2 * np.arctan(18 / focal_mm))),
        size_px=size_px,
        fill=float(rng.uniform(0.80, 0.96)),
        roll_deg=float(rng.normal(0, 0.8)),
    )


def draw_takes(actor: Actor, rng: np.random.Generator, n_frames: int) -> tuple[list[Take], list[str]]:
    """Draw the postures of one person: a few still stands, then bends that can be balanced."""
    arms = draw_arms(rng, standing=True)
    takes, kinds = [], []
    for _ in range(min(N_STILL, n_frames)):
        takes.append(actor.take(draw_sway(rng, arms=arms), head_turn_deg=float(rng.normal(0, 5))))
        kinds.append("still")
    while len(takes) < n_frames:
        take = actor.take(draw_bend(rng), head_turn_deg=float(rng.normal(0, 8)))
        shank = actor.measure(take)["shank_lean"]
        if take.balanced and -16 < shank < 40:
            takes.append(take)
            kinds.append("bent")
    return takes, kinds


def render_person(
    spec: PersonSpec, studio: Studio, *, size_px: tuple[int, int], n_frames: int, split: str, yaw_max: float, out: Path
) -> list[dict[str, Any]]:
    """Render one person's stills; returns their truth rows."""
    cv2 = load_extra("cv2")
    rng = np.random.default_rng((spec.seed, 61))
    actor = Actor(spec)
    takes, kinds = draw_takes(actor, rng, n_frames)
    camera = draw_camera(takes, rng, size_px=size_px, yaw_max_deg=yaw_max)
    room = draw_room(spec.seed)
    fixed = {"split": split} | actor.describe() | describe_camera(camera)
    files = [f"{spec.person}_{k:02d}.jpg" for k in range(n_frames)]
    reference = [file for file, kind in zip(files, kinds, strict=True) if kind == "still"]
    quality = int(rng.integers(72, 93))
    rows = []
    pictures = film(studio, takes, room=room, camera=camera, seed=spec.seed)
    for file, kind, take, image in zip(files, kinds, takes, pictures, strict=True):
        cv2.imwrite(str(out / file), image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        row = {"file": file, "kind": kind, "drill": "free", "phase": kind, "reference": reference}
        rows.append(row | frame_truth(actor, take, camera) | fixed)
    return rows


def render_clip(
    spec: PersonSpec, *, size_px: tuple[int, int], rate_hz: int, split: str, yaw_max: float, out: Path
) -> None:
    """Render one person's clip: a still stand and two reps of different strategies."""
    rng = np.random.default_rng((spec.seed, 67))
    actor = Actor(spec)
    names = ("hinge", "mixed", "rounded", "toe_touch", "squat")
    picks = [STRATEGIES[names[int(rng.choice(5, p=(0.35, 0.25, 0.25, 0.05, 0.10)))]] for _ in range(2)]
    tempo = Tempo(*(float(v) for v in rng.uniform((1.2, 0.2, 0.9, 0.3), (1.9, 0.5, 1.3, 0.5))))
    plan = plan_motion(
        tuple(vary(pick, rng) for pick in picks),
        rate_hz=rate_hz,
        still_s=2.2,
        tempo=tempo,
        arms=draw_arms(rng, standing=True),
        seed=spec.seed,
    )
    takes = [actor.take(bend) for bend in plan.bends]
    camera = draw_camera(takes[:: max(1, rate_hz // 3)], rng, size_px=size_px, yaw_max_deg=yaw_max)
    studio = Studio(size_px, supersample=1.5)
    pictures = film(studio, takes, room=draw_room(spec.seed), camera=camera, seed=spec.seed)
    write_clip(out / f"{spec.person}.mp4", pictures, rate_hz=rate_hz, crf=21)
    studio.close()
    truth = {"file": f"{spec.person}.mp4", "split": split} | clip_truth(actor, takes, plan, camera)
    write_json(out / f"{spec.person}.json", truth)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=0, help="number of people to render as stills")
    parser.add_argument("--clips", type=int, default=0, help="number of people to render as clips")
    parser.add_argument("--frames-per-person", type=int, default=12)
    parser.add_argument("--first", type=int, default=0, help="number of the first person")
    parser.add_argument("--seed", type=int, default=1, help="no two splits may share it")
    parser.add_argument("--split", choices=("calibration", "test"), default="calibration")
    parser.add_argument("--yaw-max", type=float, default=35.0, help="degrees")
    parser.add_argument("--size", type=int, nargs=2, default=(480, 640), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--rate", type=int, default=12, help="frames per second of clips")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    size_px = (int(options.size[0]), int(options.size[1]))
    letter = {"calibration": "c", "test": "t"}[options.split] + ("v" if options.clips else "")
    studio = None if options.clips else Studio(size_px)
    rows: list[dict[str, Any]] = []
    began = time.monotonic()
    for k in range(options.first, options.first + (options.clips or options.people)):
        seed = 100_000 * options.seed + k
        family = draw_family(np.random.default_rng((seed, 59)), options.split)
        spec = draw_person(f"{letter}{k:03d}", seed, family=family)
        shared = {"size_px": size_px, "split": options.split, "yaw_max": options.yaw_max, "out": options.out}
        if studio is None:
            render_clip(spec, rate_hz=options.rate, **shared)
        else:
            rows += render_person(spec, studio, n_frames=options.frames_per_person, **shared)
            write_json(options.out / "truth.json", rows)
        print(f"{spec.person} {family} {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
