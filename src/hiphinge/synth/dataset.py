"""Sets of rendered people, stills and clips, each with its truth beside it; every sample follows from its seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from hiphinge.synth.actor import Actor, Take
from hiphinge.synth.camera import Camera, place_camera
from hiphinge.synth.clips import clip_truth, describe_camera, film, frame_truth, write_clip, write_json
from hiphinge.synth.extras import load_extra
from hiphinge.synth.mesh import Layer
from hiphinge.synth.mirror import MirrorFrame, draw_mirror_frame, make_bystander, mirror_image
from hiphinge.synth.motion import STRATEGIES, MotionPlan, Tempo, plan_motion, vary
from hiphinge.synth.people import FAMILIES, Family, draw_arms, draw_bend, draw_person, draw_sway
from hiphinge.synth.posture import Bend
from hiphinge.synth.props import LOAD_ARMS, Load, LoadKind, draw_load, draw_occluder, load_fits, make_load
from hiphinge.synth.room import Room, draw_room
from hiphinge.synth.scene import Studio, room_axes
from hiphinge.synth.shoes import SOLE_M

__all__ = [
    "N_STILL",
    "SceneSpec",
    "draw_camera",
    "draw_family",
    "draw_scene",
    "person_name",
    "render_clips",
    "render_people",
]

Split = Literal["calibration", "test"]

#: Share of the test people that are drawn from the same family as the calibration people.
BASE_RATIO = 0.5
#: Number of still-stand pictures per person.
N_STILL = 3
#: What people hold or carry, and how often.
LOAD_CHANCES: Mapping[LoadKind, float] = {
    "none": 0.60,
    "kettlebell": 0.08,
    "dumbbells": 0.05,
    "barbell_hands": 0.12,
    "barbell_back": 0.07,
    "goat_bag": 0.05,
    "rope": 0.03,
}
#: Heaviest load ÷ body mass, by what it is.
_HEAVIEST: Mapping[LoadKind, float] = {
    "kettlebell": 0.35,
    "dumbbells": 0.4,
    "barbell_hands": 1.0,
    "barbell_back": 0.5,
    "goat_bag": 0.3,
}
BYSTANDER_SHARE, OCCLUDER_SHARE, MIRROR_SHARE = 0.10, 0.06, 0.06
#: Strategies that clips draw from, with and without something in the hands or on the back.
_FREE = {"hinge": 0.30, "mixed": 0.18, "rounded": 0.16, "toe_touch": 0.08, "squat": 0.08, "arched": 0.05,
         "partial": 0.05, "upper_back": 0.05, "low_back": 0.05}  # fmt: skip
_LOADED = {"hinge": 0.25, "deadlift": 0.30, "mixed": 0.18, "rounded": 0.15, "arched": 0.06, "upper_back": 0.06}


@dataclass(frozen=True, slots=True)
class SceneSpec:
    """What one person is filmed with: load and its mass ÷ body mass, room, and who or what else is there."""

    load: Load
    load_ratio: float
    room: Room
    bystander: bool
    occluder: bool
    mirror: MirrorFrame | None

    def carry(self, bend: Bend) -> Bend:
        """Return the bend with the load's mass in its balance."""
        on: Literal["hands", "back"] = "back" if self.load.kind in ("barbell_back", "goat_bag") else "hands"
        return replace(bend, load_ratio=self.load_ratio, load_on=on)

    def describe(self) -> dict[str, Any]:
        """Return what to store of it."""
        return {
            "load": self.load.kind,
            "load_ratio": round(self.load_ratio, 2),
            "bystander": self.bystander,
            "occluder": self.occluder,
            "mirror": self.mirror is not None,
            "exposure": round(self.room.exposure, 2),
            "noise": round(self.room.noise, 1),
            "shake_px": round(float(np.hypot(*self.room.shake_px)), 1),
        }


def person_name(number: int, split: Split, *, clip: bool = False) -> str:
    """Name of a person in a set."""
    return f"{split[0]}{'v' if clip else ''}{number:04d}"


def draw_family(seed: int, split: Split) -> Family:
    """Draw which family a person belongs to; calibration people are all ``base``."""
    rng = np.random.default_rng((seed, 59))
    if split == "calibration" or rng.random() < BASE_RATIO:
        return "base"
    return FAMILIES[1 + int(rng.integers(len(FAMILIES) - 1))]


def draw_scene(seed: int) -> SceneSpec:
    """Draw load, room and company."""
    rng = np.random.default_rng((seed, 71))
    kinds = list(LOAD_CHANCES)
    kind = kinds[int(rng.choice(len(kinds), p=list(LOAD_CHANCES.values())))]
    room = draw_room(seed)
    clear_m = 0.8 if kind.startswith("barbell") else 0.36
    occluder = draw_occluder(rng, clear_m=clear_m) if rng.random() < OCCLUDER_SHARE else None
    if occluder is not None:
        room = replace(room, things=(*room.things, occluder))
    ratio = float(rng.uniform(0.05, _HEAVIEST[kind])) if kind in _HEAVIEST else 0.0
    mirror = draw_mirror_frame(rng) if rng.random() < MIRROR_SHARE else None
    bystander = bool(rng.random() < BYSTANDER_SHARE)
    return SceneSpec(draw_load(rng, kind), ratio, room, bystander, occluder is not None, mirror)


def draw_camera(takes: Sequence[Take], rng: np.random.Generator, *, size_px: tuple[int, int]) -> Camera:
    """Draw where the phone stands: mostly within 20° of side-on, on a tripod, a shelf or the floor."""
    yaw = float(np.clip(rng.normal(0, 9), -20, 20)) if rng.random() < 0.72 else float(rng.uniform(-45, 45))
    lens = rng.random()
    low, high = (0.5, 1.3) if lens < 0.6 else (0.05, 0.4) if lens < 0.8 else (1.3, 1.6)
    focal_mm = float(rng.choice((14, 18, 26, 28, 35, 52), p=(0.06, 0.06, 0.36, 0.22, 0.2, 0.1)))
    near = rng.random() < 0.7
    return place_camera(
        np.concatenate([take.points for take in takes]),
        yaw_deg=yaw,
        facing="right" if rng.random() < 0.5 else "left",
        lens_m=float(rng.uniform(low, high)),
        view_angle_deg=float(np.degrees(2 * np.arctan(18 / focal_mm))),
        size_px=size_px,
        fill=float(rng.uniform(0.80, 0.96) if near else rng.uniform(0.42, 0.80)),
        roll_deg=float(np.clip(rng.normal(0, 1.6), -5, 5)),
    )


def _draw_takes(
    actor: Actor, scene: SceneSpec, rng: np.random.Generator, n_frames: int
) -> tuple[list[Take], list[str]]:
    """Draw the postures of one person: a few still stands, then bends that can be balanced."""
    among = LOAD_ARMS[scene.load.kind]
    arms = draw_arms(rng, standing=True, among=among)
    takes, kinds = [], []
    for _ in range(min(N_STILL, n_frames)):
        takes.append(actor.take(scene.carry(draw_sway(rng, arms=arms)), head_turn_deg=float(rng.normal(0, 5))))
        kinds.append("still")
    while len(takes) < n_frames:
        take = actor.take(scene.carry(draw_bend(rng, among=among)), head_turn_deg=float(rng.normal(0, 8)))
        shank = actor.measure(take)["shank_lean"]
        if take.balanced and -16 < shank < 40 and load_fits(scene.load, take.body, actor.body.stature_m):
            takes.append(take)
            kinds.append("bent")
    return takes, kinds


def _equip(take: Take, scene: SceneSpec, actor: Actor, camera: Camera) -> Take:
    """Put the load and what a mirror shows of it all into the take's layers."""
    layers = (*take.layers, *make_load(scene.load, take.body, actor.body.stature_m))
    if scene.mirror is not None:
        axes = room_axes(scene.room, camera)
        # A little before the wall, clear of what hangs on it.
        before = np.array((0.0, scene.room.wall_m - 0.07, 0.0)) @ axes
        wall = np.array((camera.target[0], camera.target[1], -SOLE_M)) + before
        reflected = mirror_image(layers, camera=camera, wall_point=wall, wall_normal=-axes[1], frame=scene.mirror)
        layers = (*layers, *reflected)
    return replace(take, layers=layers)


def _bystander(seed: int, camera: Camera) -> tuple[Layer, ...]:
    """Return somebody who stands further back and to one side."""
    rng = np.random.default_rng((seed, 73))
    other = Actor(draw_person("bystander", 7_000_000 + seed))
    take = other.take(draw_sway(rng))
    right, _, forward = camera.axes
    level = np.array((forward[0], forward[1], 0.0)) / np.hypot(forward[0], forward[1])
    side = float(rng.choice((-1.0, 1.0)) * rng.uniform(0.7, 1.5))
    spot = side * right + float(rng.uniform(0.6, 1.6)) * level
    place = (float(spot[0]), float(spot[1]))
    return make_bystander(take.layers, turn_deg=float(rng.uniform(-180, 180)), place_m=place)


def _fixed_truth(actor: Actor, scene: SceneSpec, camera: Camera, split: Split) -> dict[str, Any]:
    clothes = actor.spec.clothes
    luma = float(np.dot(clothes.shirt_color, (0.299, 0.587, 0.114)))
    return {"split": split, "shirt_luma": round(luma)} | actor.describe() | describe_camera(camera) | scene.describe()


def _missing(out: Path, people: Iterable[int], seed: int, split: Split, *, clip: bool) -> Iterator[tuple[str, int]]:
    """Yield name and seed of everyone whose truth file is not there yet."""
    for number in people:
        name = person_name(number, split, clip=clip)
        if not (out / f"{name}.json").exists():
            yield name, 100_000 * seed + number


def render_people(
    out: Path,
    *,
    seed: int,
    people: Iterable[int],
    frames_per_person: int = 12,
    split: Split = "calibration",
    size_px: tuple[int, int] = (480, 640),
    progress: Callable[[str], None] | None = None,
) -> None:
    """Render people as stills.

    Parameters
    ----------
    out
        Folder to write ``<person>_<k>.jpg`` and ``<person>.json`` (a list, one row of truth per picture; ``kind`` is
        ``still`` for the person's still stand, ``bent`` otherwise) into.
    seed
        Number of the set; no two sets may share it.
    people
        Numbers of the people in the set. Those whose truth file is there already are skipped.
    frames_per_person
        Pictures per person, the ``N_STILL`` still stands included.
    split
        ``test`` draws half its people from families that ``calibration`` never sees.
    size_px
        Width and height of the pictures.
    progress
        Told about each person.

    Raises
    ------
    MissingDependency
        If ``hiphinge[synth]`` is not installed.
    """
    out.mkdir(parents=True, exist_ok=True)
    studio: Studio | None = None
    for name, own_seed in _missing(out, people, seed, split, clip=False):
        studio = studio or Studio(size_px, supersample=1.5)
        _render_person(studio, name, own_seed, frames_per_person, split, size_px, out)
        if progress is not None:
            progress(name)
    if studio is not None:
        studio.close()


def _render_person(
    studio: Studio, name: str, seed: int, n_frames: int, split: Split, size_px: tuple[int, int], out: Path
) -> None:
    cv2 = load_extra("cv2")
    rng = np.random.default_rng((seed, 61))
    actor = Actor(draw_person(name, seed, family=draw_family(seed, split)))
    scene = draw_scene(seed)
    takes, kinds = _draw_takes(actor, scene, rng, n_frames)
    camera = draw_camera(takes, rng, size_px=size_px)
    fixed = _fixed_truth(actor, scene, camera, split)
    files = [f"{name}_{k:02d}.jpg" for k in range(n_frames)]
    reference = [file for file, kind in zip(files, kinds, strict=True) if kind == "still"]
    quality = int(rng.integers(45, 93))
    extras = _bystander(seed, camera) if scene.bystander else ()
    equipped = (_equip(take, scene, actor, camera) for take in takes)
    pictures = film(studio, equipped, room=scene.room, camera=camera, extras=extras, seed=seed)
    rows = []
    for file, kind, take, image in zip(files, kinds, takes, pictures, strict=True):
        cv2.imwrite(str(out / file), image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        row = {"file": file, "kind": kind, "drill": scene.load.kind, "phase": kind, "reference": reference}
        rows.append(row | frame_truth(actor, take, camera) | fixed | {"jpeg_quality": quality})
    write_json(out / f"{name}.json", rows)


def render_clips(
    out: Path,
    *,
    seed: int,
    people: Iterable[int],
    rate_hz: int = 15,
    split: Split = "calibration",
    size_px: tuple[int, int] = (480, 640),
    progress: Callable[[str], None] | None = None,
) -> None:
    """Render people as clips: a still stand, then two reps of different strategies.

    Parameters
    ----------
    out
        Folder to write ``<person>.mp4`` and ``<person>.json`` (see ``clip_truth``) into.
    seed, people, split, size_px, progress
        As for ``render_people``.
    rate_hz
        Frames per second.

    Raises
    ------
    MissingDependency
        If ``hiphinge[synth]`` is not installed.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name, own_seed in _missing(out, people, seed, split, clip=True):
        _render_clip(name, own_seed, rate_hz, split, size_px, out)
        if progress is not None:
            progress(name)


def _plan(scene: SceneSpec, rng: np.random.Generator, rate_hz: int, seed: int) -> MotionPlan:
    chances = _FREE if scene.load.kind in ("none", "goat_bag") else _LOADED
    names = rng.choice(list(chances), size=2, replace=False, p=np.array(list(chances.values())) / sum(chances.values()))
    picks = [vary(STRATEGIES[str(name)], rng) for name in names]
    if scene.load.kind != "none":
        picks = [replace(pick, arms=None) for pick in picks]
    tempo = Tempo(*(float(v) for v in rng.uniform((1.2, 0.2, 0.9, 0.3), (1.9, 0.5, 1.3, 0.5))))
    return plan_motion(
        tuple(picks),
        rate_hz=rate_hz,
        still_s=2.2,
        tempo=tempo,
        arms=draw_arms(rng, standing=True, among=LOAD_ARMS[scene.load.kind]),
        seed=seed,
    )


def _render_clip(name: str, seed: int, rate_hz: int, split: Split, size_px: tuple[int, int], out: Path) -> None:
    rng = np.random.default_rng((seed, 67))
    actor = Actor(draw_person(name, seed, family=draw_family(seed, split)))
    scene = draw_scene(seed)
    plan = _plan(scene, rng, rate_hz, seed)
    bends = [scene.carry(bend) for bend in plan.bends]
    camera = draw_camera([actor.take(bend) for bend in bends[:: max(1, rate_hz // 3)]], rng, size_px=size_px)
    extras = _bystander(seed, camera) if scene.bystander else ()
    # Posed twice, for truth and for the picture, so that a long clip is never held in memory.
    studio = Studio(size_px, supersample=1.5)
    takes = (_equip(actor.take(bend), scene, actor, camera) for bend in bends)
    pictures = film(studio, takes, room=scene.room, camera=camera, extras=extras, seed=seed)
    write_clip(out / f"{name}.mp4", pictures, rate_hz=rate_hz, crf=int(rng.integers(19, 30)))
    studio.close()
    truth = clip_truth(actor, (actor.take(bend) for bend in bends), plan, camera)
    write_json(out / f"{name}.json", {"file": f"{name}.mp4", "scene": scene.describe()} | truth | {"split": split})
