"""Scripted clips as the tracks that ``analyse`` is given."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, cast

import numpy as np

from hiphinge.clip.analyse import ClipTracks, analyse
from hiphinge.clip.options import AssessOptions, Drill
from hiphinge.model import Assessment
from hiphinge.verdict import criteria_for
from tests.synthetic import (
    FACING_RIGHT,
    ONE_PERSON,
    PERFECT,
    PROVENANCE,
    ROUNDED,
    SQUAT,
    Clip,
    ScriptedSpine,
    View,
    film,
    make_calibration,
    script,
    solve,
    still_camera,
    video_info,
)


def tracks_of(clip: Clip, **changes: Any) -> ClipTracks:
    tracks = ClipTracks(
        video=video_info(clip),
        pose=clip.pose,
        profile=clip.profile,
        camera=still_camera(clip.pose.n_frames),
        facing=FACING_RIGHT,
        people=ONE_PERSON,
    )
    return replace(tracks, **changes)


def assess_clip(
    clip: Clip,
    *,
    drill: str = "hinge",
    half_deg: float = 3.0,
    tracks: ClipTracks | None = None,
    own_maximum_deg: tuple[float, float, float] | None = None,
    spine: bool = True,
    still_s: tuple[float, float] | None = None,
) -> Assessment:
    """Assess with the script for a spine (or with the shipped spine model)."""
    return analyse(
        tracks or tracks_of(clip),
        AssessOptions(drill=cast(Drill, drill), still_s=still_s),
        criteria=criteria_for(drill),
        provenance=PROVENANCE,
        own_maximum_deg=own_maximum_deg,
        calibration=make_calibration(half_deg),
        spine=ScriptedSpine(clip.script, half_deg) if spine else None,
    )


def picked_up_script() -> tuple[Clip, int]:
    """A goat-bag set: the bell is fetched, three hinges, the bell is put down. Returns the clip and its hinges."""
    low, hinge = solve(knee=50, lean=75, lumbar=20), solve(knee=28, lean=60, lumbar=8)
    filmed = script([low, hinge, hinge, hinge, low], rate_hz=15.0)
    one_s = 2.4 + 0.6 + 2.0 + 0.6
    which = np.clip(((filmed.time_s - 2.5) // one_s).astype(int), 0, 4)
    arms = np.where(((which == 0) | (which == 4)) & (filmed.depth > 0.5), "floor", "hug")
    return film(filmed, arms=arms), 3


@cache
def golden_clips() -> dict[str, tuple[Clip, dict[str, Any]]]:
    """Name -> clip and options of each golden assessment."""
    noisy = View(noise_px=1.5, yaw_deg=12.0)
    return {
        "hinge": (film(script(PERFECT, n_reps=3, rate_hz=15.0)), {}),
        "spine": (film(script(ROUNDED, n_reps=2, rate_hz=15.0)), {}),
        "squat": (film(script(SQUAT, n_reps=2, rate_hz=15.0)), {}),
        "no_stand_noisy": (
            film(
                script(
                    solve(knee=18, lean=62, lumbar=22), n_reps=2, rate_hz=15.0, still_s=0.2, between_s=0.0
                ),
                view=noisy,
            ),
            {},
        ),
        "toe_touch": (
            film(script(solve(knee=5, lean=90, lumbar=40, thoracic=20), n_reps=2, rate_hz=15.0), arms="hanging"),
            {"drill": "toe_touch"},
        ),
        "goat_bag": (picked_up_script()[0], {"drill": "goat_bag"}),
        "spine_model": (film(script(PERFECT, n_reps=2, rate_hz=15.0)), {"spine": False}),
    }  # fmt: skip


def golden_assessment(name: str) -> Assessment:
    clip, options = golden_clips()[name]
    return assess_clip(clip, **options)
