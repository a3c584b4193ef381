"""A day of uploads, simulated: arrivals by the clock, workers that poll and hold leases, and workers that die."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy
from benchmarks.planning.chance import Chance

__all__ = ["DAY_S", "Day", "QueuePlan", "clinic_hours", "simulate_day"]

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlan:
    """Who works on the queue, and by which rules.

    Parameters
    ----------
    workers
        Processes, each on a core of its own.
    poll_s
        How often an idle worker looks for work; 0: at once.
    lease_s
        A job whose worker died waits until its lease is over.
    dies_every_s
        Mean time between deaths of a worker that works; infinite: nobody dies.
    restart_s
        From a death to the worker's next look.
    """

    workers: int
    poll_s: float = 1.0
    lease_s: float = 60.0
    dies_every_s: float = math.inf
    restart_s: float = 0.0


@dataclass(slots=True)
class Day:
    """What became of a day: of each clip the seconds from its arrival to its start, and to its result."""

    waits_s: list[float] = field(default_factory=list)
    totals_s: list[float] = field(default_factory=list)
    deaths: int = 0
    arrived: int = 0
    busy_s: float = 0.0


def clinic_hours(shares: Sequence[float], clips_a_day: float) -> tuple[float, ...]:
    """Return arrivals a second in each hour of a day, from the share of the day's clips that each hour has."""
    total = sum(shares)
    return tuple(clips_a_day * share / total / 3600.0 for share in shares)


def simulate_day(rates_hz: Sequence[float], costs_s: Sequence[float], plan: QueuePlan, *, seed: int = 1) -> Day:
    """Let clips arrive at ``rates_hz`` (one number an hour, from midnight) and be worked on, until all are done.

    Parameters
    ----------
    rates_hz
        Arrivals a second, of each hour.
    costs_s
        Seconds that clips take; each clip takes one of them.
    plan
        The workers.
    """
    env = simpy.Environment()
    queue = _Queue(env, plan, Chance(seed))
    env.process(_arrivals(env, rates_hz, costs_s, queue, Chance(seed + 1)))
    env.run()
    return queue.day


@dataclass(slots=True)
class _Clip:
    arrived_s: float
    cost_s: float
    started: bool = False


def _arrivals(
    env: simpy.Environment, rates_hz: Sequence[float], costs_s: Sequence[float], queue: _Queue, chance: Chance
) -> Generator[Any, Any, None]:
    """Let clips arrive as a Poisson process whose rate changes every hour, thinned from the highest rate."""
    highest = max(rates_hz)
    end_s = 3600.0 * len(rates_hz)
    at = 0.0
    while True:
        at += chance.exponential(1 / highest)
        if at >= end_s:
            return
        if chance.uniform() * highest < rates_hz[int(at // 3600)]:
            yield env.timeout(at - env.now)
            queue.day.arrived += 1
            queue.add(_Clip(env.now, chance.pick(costs_s)))


class _Queue:
    """The table of jobs: who waits, and how many workers are idle."""

    def __init__(self, env: simpy.Environment, plan: QueuePlan, chance: Chance) -> None:
        self.env, self.plan, self.chance = env, plan, chance
        self.waiting: deque[_Clip] = deque()
        self.idle = plan.workers
        self.looking = 0
        self.day = Day()

    def add(self, clip: _Clip) -> None:
        """Queue a clip; one more idle worker will find work at its next look."""
        self.waiting.append(clip)
        if self.looking < self.idle:
            self.env.process(self._look())

    def _look(self) -> Generator[Any, Any, None]:
        """One idle worker finds the clip at its next look, and works until nothing waits."""
        self.looking += 1
        # The first of n idle workers whose looks are spread evenly over the interval.
        n = self.idle - self.looking + 1
        yield self.env.timeout(self.plan.poll_s * (1 - (1 - self.chance.uniform()) ** (1 / n)))
        self.looking -= 1
        self.idle -= 1
        while self.waiting:
            yield from self._do(self.waiting.popleft())
        self.idle += 1

    def _do(self, clip: _Clip) -> Generator[Any, Any, None]:
        if not clip.started:
            clip.started = True
            self.day.waits_s.append(self.env.now - clip.arrived_s)
        dies_s = self.chance.exponential(self.plan.dies_every_s)
        worked = min(clip.cost_s, dies_s)
        yield self.env.timeout(worked)
        self.day.busy_s += worked
        if dies_s >= clip.cost_s:
            self.day.totals_s.append(self.env.now - clip.arrived_s)
            return
        self.day.deaths += 1
        # The last beat was at most a beat ago; the lease runs from it.
        self.env.process(self._lease(clip))
        yield self.env.timeout(self.plan.restart_s)

    def _lease(self, clip: _Clip) -> Generator[Any, Any, None]:
        yield self.env.timeout(self.plan.lease_s)
        self.add(clip)
