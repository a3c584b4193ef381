"""One rep of a hinge drill: what it was, over all that its intervals allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from statistics import NormalDist

from hiphinge.model import Finding, Measure, Outcome
from hiphinge.verdict.criteria import Criteria
from hiphinge.verdict.judge import grade_value

__all__ = [
    "MIN_CERTAINTY",
    "RepView",
    "allowed_bends",
    "can_rule_out_squat",
    "classify",
    "meets_target",
    "outcome_of_rep",
    "spread_interval",
    "weigh",
]

#: An outcome is told where it is at least this likely, twice as likely as all others together (DESIGN).
MIN_CERTAINTY = 2 / 3
_Z90 = NormalDist().inv_cdf(0.95)
_STEPS = tuple(NormalDist().inv_cdf((k + 0.5) / 99) for k in range(99))


class RepView:
    """The measures and grades of one rep by name."""

    def __init__(self, number: int, measures: Iterable[Measure], findings: Iterable[Finding]) -> None:
        self.number = number
        self._measures = {m.name: m for m in measures if m.rep == number}
        self._grades = {f.rule: f.grade for f in findings if f.rep == number}

    def grade(self, rule: str) -> str:
        """Grade of a rule; ``reported`` where the drill does not judge it."""
        return self._grades.get(rule, "reported")

    def get(self, name: str) -> tuple[float, float, float] | None:
        """Value, lo, hi; None where not told."""
        measure = self._measures.get(name)
        if measure is None or measure.value is None or measure.lo is None or measure.hi is None:
            return None
        return (measure.value, measure.lo, measure.hi)

    def why(self, name: str) -> str:
        """Say why a measure is not told; "" where it is, or is not there."""
        measure = self._measures.get(name)
        return "" if measure is None else measure.reason


def outcome_of_rep(rep: RepView, criteria: Criteria) -> Outcome:
    """Classify one rep of a hinge drill.

    The lumbar angle is known within an interval, so the rep is classified over the whole of what the interval allows
    and an outcome is told only where it is at least twice as likely as everything else together.

    Returns
    -------
    Outcome
        ``mixed`` also where hinge and mixed together, or mixed and spine together, are as likely as that but neither
        alone; ``cannot_tell`` where hinge and spine both remain.
    """
    lumbar, pelvis = rep.get("lumbar_flexion"), rep.get("pelvis_tilt")
    if _is_squat(rep, criteria):
        return "squat"
    if lumbar is None or pelvis is None:
        return "cannot_tell"
    if not can_rule_out_squat(rep, criteria):
        return "cannot_tell"
    found = weigh(rep, criteria)
    if not found:
        return "cannot_tell"
    share = {name: count / found.total() for name, count in found.items()}
    best = max(share, key=lambda name: share[name])
    if share[best] >= MIN_CERTAINTY:
        return best
    middle = share.get("mixed", 0.0)
    if middle > 0 and middle + max(share.get("hinge", 0.0), share.get("spine", 0.0)) >= MIN_CERTAINTY:
        return "mixed"
    return "cannot_tell"


def can_rule_out_squat(rep: RepView, criteria: Criteria) -> bool:
    """Tell whether it is known that this was no squat and no seat: by the drop, or by knees that are hardly bent."""
    knee = rep.get("knee_flexion")
    return rep.get("drop_per_back") is not None or (knee is not None and knee[2] <= criteria.squat_knee_min_deg)


def allowed_bends(rep: RepView) -> tuple[tuple[float, float], ...]:
    """Return the pairs of lumbar flexion in degrees and hip share in % that the lumbar angle's interval allows.

    Evenly spaced in probability; none where nothing turns or is told.
    """
    lumbar, pelvis = rep.get("lumbar_flexion"), rep.get("pelvis_tilt")
    total = lumbar[0] + pelvis[0] if lumbar is not None and pelvis is not None else 0.0
    if lumbar is None or total < 1.0:
        return ()
    return tuple((x, 100 * (total - x) / total) for x in spread_interval(*lumbar))


def weigh(rep: RepView, criteria: Criteria) -> Counter[Outcome]:
    """Count the outcomes over what the lumbar angle's interval allows; empty where nothing turns or is told."""
    return Counter(classify(rep, criteria, *bend) for bend in allowed_bends(rep))


def spread_interval(value: float, lo: float, hi: float) -> tuple[float, ...]:
    """Values that a 90 % interval allows, evenly spaced in probability: normal on either side of the value."""
    up, down = (hi - value) / _Z90, (value - lo) / _Z90
    return tuple(value + z * (up if z > 0 else down) for z in _STEPS)


def _is_squat(rep: RepView, criteria: Criteria) -> bool:
    knee, ratio = rep.get("knee_flexion"), rep.get("hip_per_knee")
    if knee is None or knee[1] <= criteria.squat_knee_min_deg:
        return False
    if rep.grade("2") == "fail":
        return True
    # Without a place to count from, rule 9 (hip against knee flexion) says the same.
    return rep.get("drop_per_back") is None and ratio is not None and ratio[2] < 1.5


def classify(rep: RepView, criteria: Criteria, lumbar_deg: float, share: float) -> Outcome:
    """Return what the rep was if this were its lumbar flexion in degrees, and this its hip share in %."""
    limits = criteria.rule("4").limits
    if lumbar_deg > limits.fail_hi:
        return "spine"
    if share < criteria.spine_hip_share_max and lumbar_deg > criteria.spine_lumbar_min_deg:
        return "spine"
    met = meets_target(rep, criteria)
    if met and rep.grade("2") != "fail" and share >= criteria.hinge_hip_share_min:
        return "hinge"
    if share >= criteria.hinge_hip_share_min and rep.get("hip_back") is None:
        return "cannot_tell"  # whether the hips travelled back was not seen
    return "mixed"


def meets_target(rep: RepView, criteria: Criteria) -> bool:
    """Tell whether the hips travelled back far enough, or the drill's own target was met (section 6, outcome)."""
    if criteria.drill != "wall":
        return rep.grade("1") == "pass"
    touch = rep.grade("11")
    if touch in ("caution", "fail"):
        back = rep.get("hip_back")
        return back is not None and grade_value(*back, criteria.rule("1").limits) == "pass"
    # Where no wall is known, going back and not down has to do.
    return touch == "pass" or rep.grade("2") == "pass"
