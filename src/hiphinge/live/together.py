"""Many sets at the cost of a few: what each of them wants to read is read together."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hiphinge.live.glance import look_at
from hiphinge.live.prompts import Message
from hiphinge.live.wire import Rows, mixed_rows_to_tracks, stack_rows, take_tracks
from hiphinge.model import Array, PoseTrack, ProfileTrack
from hiphinge.spine import LiveSpine, read_together
from hiphinge.spine.network import OUTPUTS

if TYPE_CHECKING:
    from hiphinge.live.coach import Coach

__all__ = ["Wanted", "step_together"]

#: What a coach asks for while it walks through frames: a reader, and which of the frames it is to read.
Wanted = tuple[LiveSpine, list[int]]
_Walk = Generator[Wanted, tuple[Array, Array], None]


def step_together(jobs: Sequence[tuple[Coach, Rows]]) -> list[list[Message]]:
    """Give several coaches their next frames.

    Parameters
    ----------
    jobs
        Coaches, each once, and their frames.

    Returns
    -------
    list
        What each of them says, in the order of ``jobs``; the same as from ``Coach.step`` one by one.

    Raises
    ------
    ValueError
        A coach was given twice.
    """
    if len({id(coach) for coach, _ in jobs}) < len(jobs):
        raise ValueError("A coach takes its frames in one piece.")
    rows = stack_rows([part for _, part in jobs])
    if not len(rows):
        return [coach.take() for coach, _ in jobs]
    pose, profile = mixed_rows_to_tracks(rows)
    glances = look_at(rows, pose, profile)
    starts = np.cumsum([0, *(len(part) for _, part in jobs)]).tolist()
    walks: list[tuple[int, _Walk, Wanted]] = []
    for (coach, part), start in zip(jobs, starts, strict=False):
        walk = coach.walk(part, glances[start : start + len(part)])
        wanted = next(walk, None)
        if wanted is not None:
            walks.append((start, walk, wanted))
    while walks:
        readers: list[LiveSpine] = []
        places: list[int] = []
        for start, _, (reader, own) in walks:
            readers += [reader] * len(own)
            places += [start + at for at in own]
        value, half = _read(readers, *take_tracks(pose, profile, np.array(places)))
        walks = _go_on(walks, value, half)
    return [coach.take() for coach, _ in jobs]


def _go_on(walks: Sequence[tuple[int, _Walk, Wanted]], value: Array, half: Array) -> list[tuple[int, _Walk, Wanted]]:
    """Give each walk its readings; return those that want more."""
    left = []
    end = 0
    for start, walk, (_, own) in walks:
        rows = slice(end, end + len(own))
        end = rows.stop
        try:
            left.append((start, walk, walk.send((value[rows], half[rows]))))
        except StopIteration:
            continue
    return left


def _read(readers: Sequence[LiveSpine], pose: PoseTrack, profile: ProfileTrack) -> tuple[Array, Array]:
    angles = read_together(readers, pose, profile)
    tracks = [getattr(angles, name) for name in OUTPUTS]
    value = np.column_stack([track.value_deg for track in tracks])
    return value, np.column_stack([track.hi_deg for track in tracks]) - value
