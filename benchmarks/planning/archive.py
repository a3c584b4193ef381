"""A night's batch, simulated: one scheduler, many workers, clips of all lengths, workers that die."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy
from benchmarks.planning.chance import Chance

__all__ = ["BatchPlan", "BatchRun", "simulate_batch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """What a batch runs on.

    Parameters
    ----------
    workers
        Processes, each on a core of its own.
    scheduler_s
        Processor time of the one scheduler for a task, all its messages together.
    dies_every_s
        Mean time between deaths of one worker (killed, out of memory, machine gone); infinite: nobody dies.
    restart_s
        From a death to the worker's next task: noticed, started, model loaded.
    max_attempts
        A clip whose worker died so often is set aside.
    longest_first
        Hand out long clips first; else as they come.
    """

    workers: int
    scheduler_s: float = 0.0
    dies_every_s: float = math.inf
    restart_s: float = 0.0
    max_attempts: int = 3
    longest_first: bool = False


@dataclass(slots=True)
class BatchRun:
    """What became of a batch: ``took_s`` until the last clip, and where the workers' time went."""

    took_s: float = 0.0
    useful_s: float = 0.0
    lost_s: float = 0.0
    scheduler_s: float = 0.0
    deaths: int = 0
    done: list[int] | None = None
    set_aside: int = 0
    workers: int = 0

    @property
    def clips(self) -> int:
        """How many clips have a result."""
        return len(self.done or ())

    @property
    def clips_a_s(self) -> float:
        """Results a second, from the first task to the last."""
        return self.clips / self.took_s if self.took_s else 0.0

    @property
    def utilisation(self) -> float:
        """Share of the workers' time that went into results."""
        return self.useful_s / (self.took_s * self.workers) if self.took_s else 0.0


def simulate_batch(costs_s: Sequence[float], plan: BatchPlan, *, seed: int = 1) -> BatchRun:
    """Run a batch of clips that cost so much each, and return what became of it.

    A worker asks the scheduler for a task, works, and asks again. Where it dies, its clip goes back to the front of the
    queue as its next attempt; a death costs what had been done of the clip, and the restart.
    """
    order = range(len(costs_s))
    if plan.longest_first:
        order = sorted(order, key=lambda one: -costs_s[one])  # type: ignore[assignment]
    waiting = deque((one, 1) for one in order)
    env = simpy.Environment()
    run = BatchRun(done=[], workers=plan.workers)
    scheduler = simpy.Resource(env)
    chance = Chance(seed)
    for _ in range(plan.workers):
        env.process(_work(env, waiting, costs_s, plan, scheduler, run, chance))
    env.run()
    return run


def _work(
    env: simpy.Environment,
    waiting: deque[tuple[int, int]],
    costs_s: Sequence[float],
    plan: BatchPlan,
    scheduler: simpy.Resource,
    run: BatchRun,
    chance: Chance,
) -> Generator[Any, Any, None]:
    """One worker's life, deaths included."""
    lives_until = env.now + chance.exponential(plan.dies_every_s)
    while waiting:
        clip, attempt = waiting.popleft()
        if plan.scheduler_s:
            with scheduler.request() as turn:
                yield turn
                yield env.timeout(plan.scheduler_s)
            run.scheduler_s += plan.scheduler_s
        cost = costs_s[clip]
        if env.now + cost <= lives_until:
            yield env.timeout(cost)
            assert run.done is not None
            run.done.append(clip)
            run.useful_s += cost
            run.took_s = env.now
            continue
        # Idle deaths are noticed with the next task: it is given to a worker that is not there.
        worked = max(0.0, lives_until - env.now)
        yield env.timeout(worked)
        run.deaths += 1
        run.lost_s += worked + plan.restart_s
        if attempt < plan.max_attempts:
            waiting.appendleft((clip, attempt + 1))
        else:
            run.set_aside += 1
        run.took_s = env.now
        yield env.timeout(plan.restart_s)
        lives_until = env.now + chance.exponential(plan.dies_every_s)
