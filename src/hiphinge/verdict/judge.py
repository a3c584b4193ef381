"""Judging measures against limits: pass, caution, not met, or cannot tell."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from hiphinge.model import Finding, Grade, Measure
from hiphinge.verdict.criteria import Criteria, Limits, RuleSpec

__all__ = ["grade_value", "judge"]

_ORDER = {"pass": 0, "caution": 1, "fail": 2}


def grade_value(
    value: float, lo: float, hi: float, limits: Limits, *, tolerance: float = 0.0, before: Grade | None = None
) -> Grade:
    """Grade one value with its interval.

    Parameters
    ----------
    value, lo, hi
        The value and its 90 % interval, same unit as the limits.
    limits
        Where it passes and where it fails.
    tolerance
        Hysteresis: a grade other than that of the rep before needs the value this far past the line.
    before
        Grade of the rep before; None for the first.

    Returns
    -------
    Grade
        ``fail`` only when the whole interval lies past the line; ``caution`` when the value itself is past the pass
        line; ``cannot_tell`` when the interval reaches from where it passes to where it fails.
    """
    if lo > limits.fail_hi or hi < limits.fail_lo:
        return "fail"
    reaches_fail = hi > limits.fail_hi or lo < limits.fail_lo
    reaches_pass = lo <= limits.pass_hi and hi >= limits.pass_lo
    if reaches_fail and reaches_pass:
        return "cannot_tell"
    past = max(limits.pass_lo - value, value - limits.pass_hi)
    line = 0.0
    if before == "pass":
        line = tolerance
    elif before in ("caution", "fail"):
        line = -tolerance
    return "caution" if past > line or (reaches_fail and past > 0) else "pass"


def judge(measures: Iterable[Measure], criteria: Criteria) -> tuple[Finding, ...]:
    """Apply the rules of a drill to the measures of a clip.

    Returns
    -------
    tuple of Finding
        By rep, then rule. A rule that the drill only reports has grade ``reported``; a measure without a value
        gives ``cannot_tell`` with the reason.
    """
    table = {(m.name, m.rep): m for m in measures}
    reps = sorted({rep for _, rep in table if rep is not None})
    findings: list[Finding] = []
    before: dict[str, Grade] = {}
    # What explains how the back and the hips moved is judged where they are: not in a toe-touch or a rounding.
    hinging = "4" in criteria.judged
    for rep in (*reps, None):
        for spec in criteria.rules:
            measure = table.get((spec.measure, rep))
            if measure is None:
                continue
            judged = spec.rule in criteria.judged or (spec.explains and hinging)
            finding = _apply(spec, measure, judged=judged, before=before.get(spec.rule))
            findings.append(finding)
            if finding.grade in _ORDER:
                before[spec.rule] = finding.grade
    return tuple(findings)


def _apply(spec: RuleSpec, measure: Measure, *, judged: bool, before: Grade | None) -> Finding:
    grade: Grade = "cannot_tell"
    if measure.value is not None and measure.lo is not None and measure.hi is not None:
        grade = (
            grade_value(measure.value, measure.lo, measure.hi, spec.limits, tolerance=spec.tolerance, before=before)
            if judged
            else "reported"
        )
    reason = measure.reason
    if grade == "cannot_tell" and not reason:
        reason = "Too close to call: the interval reaches from met to not met."
    has_limits = any(abs(v) < inf for v in (spec.limits.pass_lo, spec.limits.pass_hi))
    return Finding(
        rule=spec.rule,
        label=spec.label,
        rep=measure.rep,
        measure=spec.measure,
        grade=grade,
        value=measure.value,
        lo=measure.lo,
        hi=measure.hi,
        unit=measure.unit,
        limits=spec.limits.describe(measure.unit) if has_limits else "",
        tolerance=spec.tolerance,
        source=spec.source,
        cue=_cue(spec, measure.value) if grade in ("caution", "fail") and judged and not spec.explains else "",
        reason=reason,
    )


def _cue(spec: RuleSpec, value: float | None) -> str:
    """Return the cue for the side on which the value lies."""
    too_high = value is not None and value > spec.limits.pass_hi
    return spec.cue_high if too_high and spec.cue_high else spec.cue
