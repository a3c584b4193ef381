"""Render the small clips and the picture that the tests use, each with its truth.

    python tools/make_fixtures.py [--only NAME ...]

Writes ``tests/data/<name>.mp4`` with ``<name>.json``, and ``person_side.jpg`` with ``person_side.json``.
Needs the extra: pip install 'hiphinge[synth]'.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from hiphinge.synth.actor import Actor, Take
from hiphinge.synth.camera import Camera, place_camera
from hiphinge.synth.clips import clip_truth, describe_camera, film, frame_truth, write_clip, write_json
from hiphinge.synth.extras import load_extra
from hiphinge.synth.mesh import Layer
from hiphinge.synth.motion import STRATEGIES, MotionPlan, Tempo, plan_motion
from hiphinge.synth.people import draw_person
from hiphinge.synth.posture import ARMS, Bend
from hiphinge.synth.room import PLAIN_ROOM, draw_room
from hiphinge.synth.scene import Studio

ROOT = Path(__file__).resolve().parents[1]
SIZE_PX = (360, 480)
RATE_HZ = 20
#: When somebody who leaves starts off, is out of the picture, comes back, and stands again, seconds.
WALK_S = (1.2, 2.1, 3.3, 4.2)
TEMPO = Tempo(1.5, 0.4, 1.1, 0.4)


@dataclass(frozen=True, slots=True)
class Fixture:
    """One clip: who (seed), what they do, from where it is filmed."""

    name: str
    seed: int
    strategies: tuple[str, ...]
    facing: Literal["left", "right"]
    yaw_deg: float = 0.0
    lens_m: float = 0.9
    still_s: float = 2.2
    room_seed: int | None = None
    onlooker: bool = False
    leaves: bool = False


FIXTURES = (
    Fixture("rounded_left", 20, ("rounded", "rounded"), "left", yaw_deg=4.0),
    Fixture("squat", 9, ("squat", "squat"), "right", yaw_deg=-5.0, room_seed=59),
    Fixture("two_people", 5, ("hinge",), "right", onlooker=True),
    Fixture("leave_return", 3, ("hinge",), "right", still_s=5.6, leaves=True),
    Fixture("frontal", 8, ("hinge",), "right", yaw_deg=86.0, still_s=1.6),
    Fixture("toe_touch", 13, ("toe_touch",), "right", yaw_deg=6.0, room_seed=0),
)


def stand_onlooker(camera: Camera) -> tuple[Layer, ...]:
    """Return somebody who stands further back, to the left in the picture."""
    take = Actor(draw_person("onlooker", 6)).take(Bend(arms=ARMS["crossed"]))
    right, _, forward = camera.axes
    shift = -0.62 * right + 1.15 * np.array((forward[0], forward[1], 0.0))
    shift[2] = 0.0
    return tuple(
        layer.moved(turn_deg=-70.0, shift_m=tuple(shift), name=f"onlooker:{layer.name}") for layer in take.layers
    )


def walk_off(takes: Sequence[Take], plan: MotionPlan, camera: Camera) -> tuple[list[Take], list[bool]]:
    """Slide the standing actor out of the picture and back in; returns the takes and who is in the picture."""
    moved, present = [], []
    for take, time_s in zip(takes, plan.time_s, strict=True):
        away = float(np.interp(time_s, WALK_S, (0.0, 1.7, 1.7, 0.0)))
        shift = camera.axes[0] * away * np.array((1.0, 1.0, 0.0))
        layers = tuple(layer.moved(turn_deg=0.0, shift_m=tuple(shift), name=layer.name) for layer in take.layers)
        moved.append(replace(take, layers=layers))
        box = camera.project(moved[-1].points)[:, 0]
        present.append(bool(box.min() < camera.width_px))
    return moved, present


def render(fixture: Fixture, out: Path) -> None:
    """Render one clip and its truth."""
    actor = Actor(draw_person(fixture.name, fixture.seed))
    reps = tuple(STRATEGIES[name] for name in fixture.strategies)
    plan = plan_motion(reps, rate_hz=RATE_HZ, still_s=fixture.still_s, tempo=TEMPO, seed=fixture.seed)
    takes = [actor.take(bend) for bend in plan.bends]
    camera = place_camera(
        np.concatenate([take.points for take in takes[::5]]),
        yaw_deg=fixture.yaw_deg,
        facing=fixture.facing,
        lens_m=fixture.lens_m,
        view_angle_deg=44.0,
        size_px=SIZE_PX,
        fill=0.90,
    )
    room = replace(PLAIN_ROOM, noise=0.0) if fixture.room_seed is None else draw_room(fixture.room_seed)
    room = replace(room, noise=min(room.noise, 1.0))
    truth = {"file": f"{fixture.name}.mp4"} | clip_truth(actor, takes, plan, camera)
    if fixture.leaves:
        takes, truth["present"] = walk_off(takes, plan, camera)
        # The points were projected where the actor bends, not where they slide to.
        truth["hip_px"] = [
            None if WALK_S[0] < time_s < WALK_S[-1] else place
            for place, time_s in zip(truth["hip_px"], truth["time_s"], strict=True)
        ]
    extras = stand_onlooker(camera) if fixture.onlooker else ()
    studio = Studio(SIZE_PX)
    path = out / f"{fixture.name}.mp4"
    n = write_clip(path, film(studio, takes, room=room, camera=camera, extras=extras), rate_hz=RATE_HZ, crf=24)
    studio.close()
    write_json(out / f"{fixture.name}.json", truth)
    print(f"{path.name}: {n} frames, {path.stat().st_size / 1000:.0f} kB", flush=True)


def render_still(out: Path) -> None:
    """Render the picture of a person side-on in a hinge."""
    cv2 = load_extra("cv2")
    size_px = (720, 960)
    actor = Actor(draw_person("person_side", 3))
    take = actor.take(Bend(56.0, 10.0, 2.0, 16.0, -6.0))
    camera = place_camera(
        np.concatenate([take.points, actor.take(Bend()).points]),
        yaw_deg=0.0,
        facing="right",
        lens_m=0.95,
        view_angle_deg=42.0,
        size_px=size_px,
        fill=0.86,
    )
    studio = Studio(size_px)
    image = next(film(studio, [take], room=PLAIN_ROOM, camera=camera, seed=1))
    studio.close()
    cv2.imwrite(str(out / "person_side.jpg"), image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    truth = {"file": "person_side.jpg"} | frame_truth(actor, take, camera)
    write_json(out / "person_side.json", truth | actor.describe() | describe_camera(camera))


def main(arguments: Sequence[str] | None = None) -> int:
    """Render everything, or only what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], help="names of fixtures, or person_side")
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "data")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.only or "person_side" in options.only:
        render_still(options.out)
    for fixture in FIXTURES:
        if not options.only or fixture.name in options.only:
            render(fixture, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
