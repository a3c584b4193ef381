"""Repetitions over time: a still stand, then bends of a chosen strategy. Pure numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.posture import ARMS, ArmPose, Bend

__all__ = ["STRATEGIES", "MotionPlan", "RepTimes", "Strategy", "Tempo", "blend_arms", "plan_motion", "vary"]

Array = NDArray[np.float64]
Phase = Literal["still", "descent", "bottom", "ascent", "stand"]


@dataclass(frozen=True, slots=True)
class Strategy:
    """How somebody bends.

    The peak changes from standing, degrees, and how much later the spine moves than the hips
    (seconds; negative: earlier). ``arms`` is where the arms go on the way down, None if they stay.
    """

    name: str
    hip_deg: float
    lumbar_deg: float
    thoracic_deg: float
    knee_deg: float
    neck_deg: float
    spine_lag_s: float = 0.0
    arms: ArmPose | None = None


#: The strategies that clips are made of.
STRATEGIES: Mapping[str, Strategy] = {
    strategy.name: strategy
    for strategy in (
        Strategy("hinge", 75, 10, 2, 18, -8, 0.05),
        Strategy("rounded", 42, 46, 16, 8, 10, -0.15),
        Strategy("mixed", 60, 28, 8, 14, 0, 0.0),
        Strategy("squat", 104, 10, 2, 104, -4, 0.1, ARMS["forward"]),
        Strategy("deadlift", 88, 14, 4, 48, -6, 0.05),
        Strategy("arched", 70, -10, -6, 18, -14, 0.0),
        Strategy("partial", 34, 12, 3, 10, 0, 0.0),
        Strategy("upper_back", 58, 6, 27, 14, 12, 0.0),
        Strategy("low_back", 44, 42, 0, 8, 4, -0.1),
        Strategy("toe_touch", 76, 44, 18, 2, 14, -0.1, ARMS["reaching"]),
    )
}


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds of one rep's descent, hold at the bottom, ascent, and the stand after it."""

    descent_s: float = 2.0
    hold_s: float = 0.4
    ascent_s: float = 1.4
    stand_s: float = 0.5

    @property
    def rep_s(self) -> float:
        """Length of a rep with the stand after it."""
        return self.descent_s + self.hold_s + self.ascent_s + self.stand_s


@dataclass(frozen=True, slots=True)
class RepTimes:
    """When one rep starts down, reaches the bottom, leaves it, and is up again, seconds."""

    start_s: float
    bottom_s: float
    leave_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class MotionPlan:
    """A planned clip: ``time_s`` ``(n_frames,)``, one bend and one phase per frame, the reps."""

    time_s: Array
    bends: tuple[Bend, ...]
    phases: tuple[Phase, ...]
    reps: tuple[RepTimes, ...]
    strategies: tuple[str, ...]


def _smooth_step(x: Array) -> Array:
    """Minimum-jerk course from 0 to 1."""
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x**3 * (10 - 15 * x + 6 * x**2))


def _course(time_s: Array, rep: RepTimes) -> Array:
    """Return 0 standing, 1 at the bottom, for one rep."""
    down = _smooth_step((time_s - rep.start_s) / (rep.bottom_s - rep.start_s))
    up = _smooth_step((time_s - rep.leave_s) / (rep.end_s - rep.leave_s))
    return np.asarray(down - up)


def blend_arms(start: ArmPose, end: ArmPose, ratio: float) -> ArmPose:
    """Return an arm pose between two; where their frames differ, the first.

    Parameters
    ----------
    start, end
        Arm poses.
    ratio
        0 gives ``start``, 1 gives ``end``.

    Returns
    -------
    ArmPose
        The pose between.
    """
    if start.frame != end.frame or start.touch != end.touch or ratio <= 0:
        return start
    upper = (1 - ratio) * np.asarray(start.upper) + ratio * np.asarray(end.upper)
    fore = (1 - ratio) * np.asarray(start.fore) + ratio * np.asarray(end.fore)
    return ArmPose(
        end.name if ratio > 0.5 else start.name,
        start.frame,
        (float(upper[0]), float(upper[1]), float(upper[2])),
        (float(fore[0]), float(fore[1]), float(fore[2])),
    )


def vary(strategy: Strategy, rng: np.random.Generator, *, spread: float = 0.15) -> Strategy:
    """Return the strategy as another person does it.

    Parameters
    ----------
    strategy
        What to vary.
    rng
        Source of the draw.
    spread
        Standard deviation of the peaks ÷ the peaks.

    Returns
    -------
    Strategy
        Peaks scaled, a few degrees added, the lag shifted.
    """

    def draw(value: float, extra_deg: float) -> float:
        return float(value * (1 + rng.normal(0, spread)) + rng.normal(0, extra_deg))

    return replace(
        strategy,
        hip_deg=float(np.clip(draw(strategy.hip_deg, 3), 20, 112)),
        lumbar_deg=float(np.clip(draw(strategy.lumbar_deg, 4), -10, 60)),
        thoracic_deg=float(np.clip(draw(strategy.thoracic_deg, 4), -12, 28)),
        knee_deg=float(np.clip(draw(strategy.knee_deg, 3), 0, 115)),
        neck_deg=strategy.neck_deg + float(rng.normal(0, 8)),
        spine_lag_s=strategy.spine_lag_s + float(rng.normal(0, 0.12)),
    )


def _time_reps(n_reps: int, still_s: float, tempo: Tempo) -> tuple[RepTimes, ...]:
    reps = []
    for k in range(n_reps):
        start = still_s + k * tempo.rep_s
        bottom = start + tempo.descent_s
        leave = bottom + tempo.hold_s
        reps.append(RepTimes(start, bottom, leave, leave + tempo.ascent_s))
    return tuple(reps)


def _phase(time_s: float, reps: tuple[RepTimes, ...]) -> Phase:
    if not reps or time_s < reps[0].start_s:
        return "still"
    for rep in reps:
        if rep.start_s <= time_s < rep.bottom_s:
            return "descent"
        if rep.bottom_s <= time_s < rep.leave_s:
            return "bottom"
        if rep.leave_s <= time_s < rep.end_s:
            return "ascent"
    return "stand"


def _sway(time_s: Array, rng: np.random.Generator, size_deg: float) -> Array:
    """Return slow sway, ``(n_frames,)`` degrees, zero mean."""
    waves = [np.sin(2 * np.pi * rate * time_s + rng.uniform(0, 2 * np.pi)) for rate in rng.uniform(0.15, 0.6, 3)]
    return np.asarray(size_deg * np.mean(waves, axis=0))


def plan_motion(
    strategies: tuple[Strategy, ...],
    *,
    rate_hz: float,
    still_s: float = 2.5,
    tempo: Tempo | None = None,
    arms: ArmPose | None = None,
    seed: int = 0,
) -> MotionPlan:
    """Plan a clip: a still stand, then one rep per strategy.

    Parameters
    ----------
    strategies
        One per rep, in order; none gives a still stand.
    rate_hz
        Frames per second.
    still_s
        Length of the still stand.
    tempo
        Timing of the reps.
    arms
        Where the arms are while standing; hanging if None.
    seed
        Decides the sway.

    Returns
    -------
    MotionPlan
        One bend per frame.
    """
    tempo = tempo or Tempo()
    rng = np.random.default_rng((seed, 53))
    reps = _time_reps(len(strategies), still_s, tempo)
    length_s = still_s + len(strategies) * tempo.rep_s
    time_s = np.arange(round(length_s * rate_hz)) / rate_hz
    joints = {name: _sway(time_s, rng, 0.6) for name in ("hip", "lumbar", "thoracic", "knee", "neck")}
    arm_ratio = np.zeros_like(time_s)
    for rep, strategy in zip(reps, strategies, strict=True):
        hip, spine = _course(time_s, rep), _course(time_s - strategy.spine_lag_s, rep)
        joints["hip"] += strategy.hip_deg * hip
        joints["knee"] += strategy.knee_deg * hip
        joints["lumbar"] += strategy.lumbar_deg * spine
        joints["thoracic"] += strategy.thoracic_deg * spine
        joints["neck"] += strategy.neck_deg * spine
        arm_ratio += hip if strategy.arms is not None else 0.0
    start = arms or ARMS["hanging"]
    goals = [strategy.arms for strategy in strategies if strategy.arms is not None]
    goal = goals[0] if goals else start
    shift = _sway(time_s, rng, 0.01)
    bends = tuple(
        Bend(
            float(joints["hip"][i]),
            float(joints["lumbar"][i]),
            float(joints["thoracic"][i]),
            float(joints["knee"][i]),
            float(joints["neck"][i]),
            float(shift[i]),
            blend_arms(start, goal, float(arm_ratio[i])),
        )
        for i in range(len(time_s))
    )
    phases = tuple(_phase(float(t), reps) for t in time_s)
    return MotionPlan(time_s, bends, phases, reps, tuple(s.name for s in strategies))
