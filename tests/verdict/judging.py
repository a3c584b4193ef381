"""A clip judged with the script for a spine: shared by the tests of measures, rules and outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from hiphinge.model import Finding, Measure, QualityCheck, Rep, Verdict
from hiphinge.reps import find_reps
from hiphinge.verdict import Criteria, RepContext, compute_measures, criteria_for, decide_verdict, judge
from tests.synthetic import RATIOS, SEAT_FL, Analysed, Clip, Posture, analyse_clip, film, script


@dataclass(frozen=True)
class Judged:
    analysed: Analysed
    reps: tuple[Rep, ...]
    measures: tuple[Measure, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict
    criteria: Criteria

    def measure(self, name: str, rep: int | None = 1) -> Measure:
        return next(m for m in self.measures if m.name == name and m.rep == rep)

    def value(self, name: str, rep: int | None = 1) -> float:
        value = self.measure(name, rep).value
        assert value is not None, f"{name} is not told: {self.measure(name, rep).reason}"
        return value

    def finding(self, rule: str, rep: int | None = 1) -> Finding:
        return next(f for f in self.findings if f.rule == rule and f.rep == rep)

    def grades(self, rep: int | None = 1) -> dict[str, str]:
        return {f.rule: f.grade for f in self.findings if f.rep == rep}


@cache
def filmed(posture: Posture | tuple[Posture, ...], arms: str, with_masks: bool, plan: tuple) -> Clip:
    bottom = list(posture) if isinstance(posture, tuple) else posture
    return film(script(bottom, **dict(plan)), arms=arms, with_masks=with_masks)


def wall_behind(clip: Clip, gap_fl: float) -> float:
    """Canonical x of a wall so far behind the seat's rearmost place, by the script."""
    seat_m = float(clip.figure.hip[:, 0].min()) - SEAT_FL * clip.foot_px / clip.view.px_per_m
    return clip.view.origin_px[0] + clip.view.px_per_m * seat_m - gap_fl * clip.foot_px


def judged(
    posture: Posture | tuple[Posture, ...],
    *,
    drill: str = "hinge",
    arms: str = "crossed",
    with_masks: bool = False,
    half_deg: float = 3.0,
    quality: tuple[QualityCheck, ...] = (),
    own_maximum_deg: tuple[float, float, float] | None = None,
    overrides: dict[str, float] | None = None,
    wall_gap: float | None = 0.0,
    foot_length_cm: float | None = None,
    **plan: float,
) -> Judged:
    """Judge a scripted clip; without masks (faster) the seat is not seen.

    In a wall hinge with masks a wall stands ``wall_gap`` foot lengths behind the seat at its rearmost (None: no wall).
    """
    plan = {"n_reps": 2, "rate_hz": 15.0, **plan}
    a = analyse_clip(filmed(posture, arms, with_masks, tuple(sorted(plan.items()))), half_deg=half_deg)
    criteria = criteria_for(drill, overrides)
    lean = a.motion.trunk_lean.value_deg
    rows = a.standing.rows
    baseline = float(np.median(lean[rows])) if rows.any() else 0.0
    if drill == "pelvic_tilt":
        reps = find_reps(-a.motion.pelvis_tilt.value_deg, time_s=a.motion.time_s, baseline_deg=0.0, min_depth_deg=4.0)
    else:
        reps = find_reps(lean, time_s=a.motion.time_s, baseline_deg=baseline)
    clip = a.clip
    context = RepContext(
        a.motion, a.segments, a.standing, clip.pose, clip.profile, RATIOS, criteria.load, own_maximum_deg, drill,
        wall_px=wall_behind(clip, wall_gap) if drill == "wall" and with_masks and wall_gap is not None else None,
        foot_length_cm=foot_length_cm,
    )  # fmt: skip
    measures = compute_measures(reps, context, quality=quality)
    findings = judge(measures, criteria)
    verdict = decide_verdict(reps, measures, findings, quality, criteria)
    return Judged(a, reps, measures, findings, verdict, criteria)
