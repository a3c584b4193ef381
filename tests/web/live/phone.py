"""A phone that films a scripted person: the frames that it would send, mirrored when the coach asks for it."""

from __future__ import annotations

from functools import cache

import numpy as np

from hiphinge.live import Coach, SetPlan
from hiphinge.live.wire import FLAG_MIRRORED, MAX_FRAMES, Rows, encode_frames, stack_rows
from hiphinge.program import load_program
from tests.live.rows import flipped, rows_of_clip
from tests.synthetic import film, script, solve

__all__ = ["hinge_rows", "messages_of"]

#: Before somebody stands still, the coach looks at view and facing.
_STILL_S = 5.0
_RATE_HZ = 15.0
#: Frames that are stepped together once the facing is settled.
_TOGETHER = 30


@cache
def hinge_rows(n_reps: int = 2, *, lumbar_deg: float = 4.0) -> Rows:
    """Frames of a scripted person who does so many reps of a free hinge; not to be changed."""
    bottom = solve(knee=20.0, lean=70.0, lumbar=lumbar_deg)
    clip = film(script(bottom, n_reps=n_reps, still_s=_STILL_S, rate_hz=_RATE_HZ))
    rows = _filmed(rows_of_clip(clip))
    rows.flags.writeable = False
    return rows


def _filmed(rows: Rows) -> Rows:
    """Return the frames mirrored whenever a coach asked for it before them."""
    coach = Coach(SetPlan(drill=load_program(None).drill("free_hinge"), target_reps=50))
    sent: list[Rows] = []
    at = 0
    while at < len(rows):
        part = rows[at : at + (_TOGETHER if coach.phase in ("ready", "moving") else 1)]
        part = part if bool(part["flags"][0] & FLAG_MIRRORED) == coach.mirror else flipped(part)
        coach.step(part)
        sent.append(part)
        at += len(part)
    return np.array(stack_rows(sent))


def messages_of(rows: Rows, *, size: int = 20, first: int = 0) -> list[bytes]:
    """The frames from ``first`` on in messages of so many."""
    size = min(size, MAX_FRAMES)
    return [encode_frames(at, rows[at : at + size]) for at in range(first, len(rows), size)]
