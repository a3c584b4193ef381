"""Scripted sets as live frames, and what a coach says of them, each made once."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from hiphinge.live import Coach, SetPlan
from hiphinge.live.wire import FLAG_MIRRORED, Rows
from hiphinge.program import load_program
from tests.live.rows import play, rows_of_clip
from tests.synthetic import PERFECT, ROUNDED, SQUAT, Clip, film, script

RATE_HZ = 15.0
#: Long enough to look, to ask for the facing and to stand still for two seconds.
STILL_S = 5.0
PROGRAM = load_program()
POSTURES = {"hinge": PERFECT, "rounded": ROUNDED, "squat": SQUAT}


def plan(drill: str = "free_hinge", **changes: Any) -> SetPlan:
    return SetPlan(drill=PROGRAM.drill(drill), **{"target_reps": 3, **changes})


@cache
def clip_for(name: str, n_reps: int = 3) -> Clip:
    """Somebody who faces right and does one thing."""
    return film(script(POSTURES[name], n_reps=n_reps, rate_hz=RATE_HZ, still_s=STILL_S))


@cache
def rows_for(name: str, n_reps: int = 3) -> Rows:
    """The frames of ``clip_for``."""
    return rows_of_clip(clip_for(name, n_reps))


def facing_left(rows: Rows) -> Rows:
    """The same person facing left: what was the picture as it came is now the mirrored one."""
    other = rows.copy()
    other["flags"] |= FLAG_MIRRORED
    return other


@cache
def told(name: str, n_reps: int = 3, **changes: Any) -> tuple[Coach, tuple[dict[str, Any], ...]]:
    """A coach at the end of a set, and what it said."""
    coach = Coach(plan(**changes))
    return coach, tuple(play(coach, rows_for(name, n_reps)))


def kinds(said: Any, *names: str) -> list[dict[str, Any]]:
    """Messages of some kinds."""
    return [one for one in said if one["type"] in names]


def phases(said: Any) -> list[str]:
    """Phases in order, each once in a row."""
    found = [one["phase"] for one in kinds(said, "phase")]
    return [one for k, one in enumerate(found) if k == 0 or found[k - 1] != one]


def between(rows: Rows, start_s: float, end_s: float) -> np.ndarray:
    """Which frames lie in a stretch of time."""
    return (rows["time_s"] >= start_s) & (rows["time_s"] < end_s)
