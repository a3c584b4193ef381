"""The benchmark: people rendered where they are missing, read by the whole pipeline, turned into tables of numbers.

Everything lies in one cache folder and is resumable: a person who is rendered is not rendered again, a picture that
this version of the code has looked at is not looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge import __version__
from hiphinge.clip.options import ModelName
from hiphinge.errors import MissingDependency
from hiphinge.validation.agreement import Readings, compute_figures
from hiphinge.validation.bands import YAW, make_bands
from hiphinge.validation.clipreps import ClipReadings, read_films
from hiphinge.validation.films import AS_FILMED, FilmKind, film_files, watch_folder
from hiphinge.validation.observe import observe_folder
from hiphinge.validation.stills import StillReadings, estimator_version, read_stills
from hiphinge.validation.store import ensure_folder

__all__ = [
    "BANDED",
    "CLIP_RATE_HZ",
    "MAIN_MODEL",
    "SEED",
    "SIDE_ON_DEG",
    "Numbers",
    "Plan",
    "Progress",
    "measure_benchmark",
    "measure_clips",
    "measure_stills",
    "render_missing",
]

#: Number of the benchmark's set of people; nothing else is ever drawn from it.
SEED = 77
#: Pictures a second of rendered clips.
CLIP_RATE_HZ = 12
#: The product's default pose model: every figure is of this one unless another is named.
MAIN_MODEL: ModelName = "full"
#: Tables other than those by yaw are of people turned no further than this.
SIDE_ON_DEG = 20.0
#: Smaller pictures of the same stills, and clips with fewer or smaller pictures.
SCALES = (0.5, 0.3)
FILM_KINDS = (FilmKind("every 2nd picture", every=2), FilmKind("half size", scale=0.5))
#: Angles whose figures are told apart by band.
BANDED = ("lumbar_flexion", "hip_flexion", "knee_flexion", "thoracic_flexion")
#: Groups of bands that are told apart over the frames of clips.
CLIP_GROUPS = (YAW, "phase", "load", "family")

Progress = Callable[[str], None]
Numbers = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure.

    Parameters
    ----------
    cache
        Folder of pictures and of what was seen.
    people, clips
        How many people as stills, and how many others as clips.
    seed
        Number of the set of people.
    models
        Pose models to compare on the stills.
    """

    cache: Path
    people: int = 200
    clips: int = 40
    seed: int = SEED
    models: tuple[ModelName, ...] = ("lite", "full", "heavy")

    @property
    def stills_folder(self) -> Path:
        """Where the stills lie."""
        return self.cache / f"stills-{self.seed}"

    @property
    def clips_folder(self) -> Path:
        """Where the clips lie."""
        return self.cache / f"clips-{self.seed}"

    @property
    def seen_folder(self) -> Path:
        """Where what was seen lies."""
        return self.cache / f"seen-{self.seed}"


def _silent(_text: str) -> None:
    pass


def _counted(progress: Progress, what: str, total: int, *, every: int = 20, start: int = 0) -> Progress:
    """Return a callback that says how far a loop is, every so many people."""
    done = start

    def step(_name: str) -> None:
        nonlocal done
        done += 1
        if done % every == 0 or done == total:
            progress(f"{what}: {done} of {total}")

    return step


def render_missing(plan: Plan, *, progress: Progress = _silent) -> None:
    """Render the people that are not in the cache yet.

    Raises
    ------
    MissingDependency
        Someone is missing and ``hiphinge[synth]`` is not installed.
    OutputError
        The cache cannot be written.
    """
    from hiphinge.synth.dataset import render_clips, render_people

    for what, folder, wanted in (
        ("stills", plan.stills_folder, plan.people),
        ("clips", plan.clips_folder, plan.clips),
    ):
        have = len(film_files(folder))
        if have >= wanted:
            continue
        ensure_folder(folder)
        progress(f"Rendering {wanted - have} of {wanted} people as {what}; stop and go on at any time.")
        told = _counted(progress, f"rendered {what}", wanted, every=5, start=have)
        try:
            if what == "stills":
                render_people(folder, seed=plan.seed, people=range(wanted), split="test", progress=told)
            else:
                render_clips(
                    folder, seed=plan.seed + 1, people=range(wanted), rate_hz=CLIP_RATE_HZ, split="test", progress=told
                )
        except MissingDependency as error:
            raise MissingDependency(
                f"{have} of {wanted} people as {what} are in {str(folder)!r}, and {error.what}",
                expected="the optional extra 'synth', or a cache folder with everyone in it.",
                next_step="pip install 'hiphinge[synth]', or give another --cache, or use --quick.",
            ) from error


def measure_benchmark(plan: Plan, *, progress: Progress = _silent) -> Numbers:
    """Render what is missing, look at everything, and return all numbers (what ``validation.json`` holds)."""
    render_missing(plan, progress=progress)
    ensure_folder(plan.seen_folder)
    main = _look(plan, progress, model=MAIN_MODEL, baselines=True)
    numbers: Numbers = {
        "made": {
            "hiphinge": __version__,
            "estimator": estimator_version(),
            "pose_model": MAIN_MODEL,
            "seed": plan.seed,
            "people": plan.people,
            "clips": plan.clips,
        }
    }
    numbers |= measure_stills(main)
    numbers["models"] = _compare_models(plan, main, progress)
    numbers["sizes"] = _compare_sizes(plan, main, progress)
    films = {kind.name: _watch(plan, progress, kind) for kind in (AS_FILMED, *FILM_KINDS)}
    numbers |= measure_clips(films[AS_FILMED.name])
    numbers["films"] = {name: _figures_by_angle(found.frames, BANDED, _side_on) for name, found in films.items()}
    return numbers


def _look(
    plan: Plan, progress: Progress, *, model: ModelName, scale: float = 1.0, baselines: bool = False
) -> StillReadings:
    """Look at the stills with one pose model, at one size."""
    told = _counted(progress, f"looked at stills ({model}, {100 * scale:g} %)", plan.people)
    people = observe_folder(
        plan.stills_folder, model=model, limit=plan.people, scale=scale, kept=plan.seen_folder, progress=told
    )
    return read_stills(people, baselines=baselines)


def _watch(plan: Plan, progress: Progress, kind: FilmKind) -> ClipReadings:
    told = _counted(progress, f"assessed clips ({kind.name})", plan.clips, every=5)
    films = watch_folder(
        plan.clips_folder, kept=plan.seen_folder, kind=kind, model=MAIN_MODEL, limit=plan.clips, progress=told
    )
    return read_films(films)


def _compare_models(plan: Plan, main: StillReadings, progress: Progress) -> Numbers:
    found: Numbers = {}
    for model in plan.models:
        read = main if model == MAIN_MODEL else _look(plan, progress, model=model)
        found[model] = _figures_by_angle(read.by_reference["still"], BANDED, _side_on)
    return found


def _compare_sizes(plan: Plan, main: StillReadings, progress: Progress) -> Numbers:
    """Figures of the same pictures made smaller; named by the median height of the person in pixels."""
    found: Numbers = {}
    for scale in (1.0, *SCALES):
        read = main if scale == 1.0 else _look(plan, progress, model=MAIN_MODEL, scale=scale)
        angles = read.by_reference["still"]
        height = scale * float(np.nanmedian(angles["lumbar_flexion"].columns["height_px"]))
        found[f"{height:.0f} px"] = _figures_by_angle(angles, BANDED, _side_on)
    return found


def _side_on(readings: Readings) -> Readings:
    """Keep the readings of people turned at most ``SIDE_ON_DEG``."""
    return readings.keep(readings.columns["yaw_deg"] <= SIDE_ON_DEG) if len(readings.truth) else readings


def _all(readings: Readings) -> Readings:
    return readings


def _figures_by_angle(
    angles: dict[str, Readings], names: Sequence[str], keep: Callable[[Readings], Readings]
) -> Numbers:
    return {angle: compute_figures(keep(angles[angle])) for angle in names if len(angles[angle].truth)}


def measure_stills(read: StillReadings) -> Numbers:
    """Tables of stills: by reference, side-on and at any yaw; baselines; bands."""
    still, none = read.by_reference["still"], read.by_reference["none"]
    return {
        "stills": {
            "still": _figures_by_angle(still, tuple(still), _side_on),
            "none": _figures_by_angle(none, tuple(none), _side_on),
            "still, any yaw": _figures_by_angle(still, tuple(still), _all),
            "none, any yaw": _figures_by_angle(none, tuple(none), _all),
        },
        "baselines": _figures_by_angle(read.baselines, tuple(read.baselines), _side_on),
        "bands": {
            f"{kind}/{angle}": _figures_by_band(angles[angle])
            for kind, angles in read.by_reference.items()
            for angle in BANDED
        },
    }


def _figures_by_band(readings: Readings, groups: tuple[str, ...] = ()) -> Numbers:
    """Group → label → figures; only bands by yaw hold people turned further than ``SIDE_ON_DEG``."""
    if not len(readings.truth):
        return {}
    side_on = _side_on(readings)
    found: Numbers = {}
    for band in make_bands(readings.columns):
        if groups and band.group not in groups:
            continue
        source = readings if band.group == YAW else side_on
        rows = band.rows(source.columns)
        if rows.any():
            found.setdefault(band.group, {})[band.label] = compute_figures(source.keep(rows))
    return found


def measure_clips(read: ClipReadings) -> Numbers:
    """Tables of clips: frames, bottoms of reps, peaks, onset, shares of quarters, counts, bands."""
    return {
        "clips": {
            "frames": _figures_by_angle(read.frames, tuple(read.frames), _side_on),
            "live": _figures_by_angle(read.live, tuple(read.live), _side_on),
            "bottoms": _figures_by_angle(read.bottoms, tuple(read.bottoms), _side_on),
            "peaks": compute_figures(_side_on(read.peaks)),
            "onset": compute_figures(_side_on(read.onset)),
            "quarters": _figures_by_angle(read.quarters, tuple(read.quarters), _side_on),
            "bands": {angle: _figures_by_band(read.frames[angle], CLIP_GROUPS) for angle in BANDED[:2]},
            "counts": {
                "clips": read.n_clips,
                "reps": read.n_reps,
                "found": read.n_found,
                "extra": read.n_extra,
                "own_reference": read.n_own_reference,
            },
        }
    }
