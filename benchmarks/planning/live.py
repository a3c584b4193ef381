"""One live server's core, simulated: patients between sets and rests, frames that are read together, all in a row."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy
from benchmarks.planning.chance import Chance
from numpy.typing import NDArray

__all__ = ["LiveCosts", "LiveRun", "LiveWish", "simulate_live"]

#: A tick takes at most so large a share of the time, as in ``hiphinge.web.live.hub``.
_TICK_SHARE = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCosts:
    """What a live server's core does, seconds.

    Parameters
    ----------
    frame_s
        Taking in, writing and answering one frame, without the engine.
    batch_s
        Reading a batch together, whatever its size.
    read_s
        And for each frame of the batch.
    tick_s
        Frames that come within this time of each other are read together.
    """

    frame_s: float
    batch_s: float
    read_s: float
    tick_s: float = 0.025

    def share_of_core(self, frames_hz: float) -> float:
        """Return the share of a core that so many frames a second take, read tick by tick."""
        return frames_hz * (self.frame_s + self.read_s) + self.batch_s / self.tick_s


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWish:
    """Who is at the server: patients, each in a set for a while and then at rest, and for how long it is looked at."""

    patients: int
    rate_hz: float = 30.0
    set_s: float = 150.0
    rest_s: float = 60.0
    seconds: float = 240.0
    #: Patients that are in a set at the beginning; None draws them.
    all_at_once: bool = False


@dataclass(slots=True)
class LiveRun:
    """Latencies, from a frame's arrival until its answer leaves, and the share of the core used."""

    latencies_s: NDArray[np.float64]
    core_share: float
    in_sets: list[int] = field(default_factory=list)


def simulate_live(wish: LiveWish, costs: LiveCosts, *, seed: int = 1) -> LiveRun:
    """Run one server process, which has one core, for so long, and return how late its answers are.

    The core does one thing after the other: it reads everything that waits together, and then takes in what arrives, at
    least as long as the hub's rule says and as long as it takes.
    """
    env = simpy.Environment()
    chance = Chance(seed)
    room = _Room(wish, chance)
    for one in range(wish.patients):
        if not wish.all_at_once:
            env.process(room.come_and_go(env, one, chance))
    env.process(room.serve(env, costs))
    env.run(until=wish.seconds)
    late = np.concatenate(room.latencies) if room.latencies else np.zeros(0)
    return LiveRun(late, room.busy_s / wish.seconds, room.in_sets)


class _Room:
    """The patients of one server, and its core."""

    def __init__(self, wish: LiveWish, chance: Chance) -> None:
        self.wish = wish
        self.phase_s = chance.phases(wish.patients) / wish.rate_hz
        share = wish.set_s / (wish.set_s + wish.rest_s)
        drawn = chance.phases(wish.patients) < share
        self.active = np.ones(wish.patients, dtype=bool) if wish.all_at_once else drawn
        self.latencies: list[NDArray[np.float64]] = []
        self.in_sets: list[int] = []
        self.busy_s = 0.0

    def come_and_go(self, env: simpy.Environment, one: int, chance: Chance) -> Generator[Any, Any, None]:
        """A patient's sets and rests, both of memoryless lengths: the hardest case for a server."""
        while True:
            yield env.timeout(chance.exponential(self.wish.set_s if self.active[one] else self.wish.rest_s))
            self.active[one] = not self.active[one]

    def arrived(self, after_s: float, until_s: float) -> NDArray[np.float64]:
        """Return when the frames of everybody in a set arrived after one time and up to another."""
        step = 1 / self.wish.rate_hz
        phase = self.phase_s[self.active]
        first = np.floor((after_s - phase) / step).astype(np.int64) + 1
        last = np.floor((until_s - phase) / step).astype(np.int64)
        counts = np.maximum(last - first + 1, 0)
        starts = np.repeat(phase + first * step, counts)
        place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return starts + place * step

    def serve(self, env: simpy.Environment, costs: LiveCosts) -> Generator[Any, Any, None]:
        """Read together, take in, again and again."""
        seen_s = 0.0
        while True:
            frames = self.arrived(seen_s, env.now)
            seen_s = env.now
            self.in_sets.append(int(self.active.sum()))
            took = taking = 0.0
            if len(frames):
                took = costs.batch_s + len(frames) * costs.read_s
                yield env.timeout(took)
                # Connections are served one after the other: an answer leaves when it is its turn, and as many frames
                # as were read now are taken in until the next reading, in the long run.
                taking = len(frames) * costs.frame_s
                turns = np.arange(1, len(frames) + 1) / len(frames)
                self.latencies.append(env.now + taking * turns - frames)
            self.busy_s += took + taking
            yield env.timeout(max(costs.tick_s - took, took * (1 / _TICK_SHARE - 1), taking))
