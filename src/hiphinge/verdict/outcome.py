"""From findings to one outcome, one cue or praise, and the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist

from hiphinge.model import Finding, Measure, Outcome, QualityCheck, Rep, Verdict
from hiphinge.verdict.criteria import Criteria
from hiphinge.verdict.headlines import (
    BACK_UNTOLD,
    HEADLINES,
    HIPS_LED,
    OPEN,
    PRAISE,
    SHORT,
    SHORT_OF_BACK,
    SHORT_OF_WALL,
    WALL_UNTOLD,
)
from hiphinge.verdict.judge import grade_value
from hiphinge.verdict.labels import as_shown
from hiphinge.verdict.measures import MIN_REFERENCE_DEG

__all__ = ["MIN_CERTAINTY", "RepView", "decide_verdict", "outcome_of_rep", "spread_interval"]

#: An outcome is told where it is at least this likely, twice as likely as all others together (DESIGN).
MIN_CERTAINTY = 2 / 3
#: A pelvic tilt leaves trunk and thighs where they are; beyond this it was a bend (DESIGN).
MAX_TILT_MOVE_DEG = 10.0
_Z90 = NormalDist().inv_cdf(0.95)
_STEPS = tuple(NormalDist().inv_cdf((k + 0.5) / 99) for k in range(99))
#: Whose cue speaks where an outcome asks for one though no rule by itself is past its line.
_OUTCOME_RULE: Mapping[Outcome, str] = {"spine": "4", "squat": "2"}
_OPEN = "What was seen leaves more than one answer open, none twice as likely as the others."
#: An answer is named among those that are open where it is at least this likely (DESIGN).
_NAMED = 0.1
#: Measures that an outcome rests on.
_DECISIVE = {"all", "lumbar_flexion", "pelvis_tilt", "knee_flexion", "drop_per_back", "hip_share_60"}
#: Drills with outcomes of their own, in which no answer is open between hips and back.
_SINGLE = ("pelvic_tilt", "rounding")
_ROUND_MORE = "Round a little further, but only as far as it is comfortable; leave it out if it hurts."


def decide_verdict(
    reps: Sequence[Rep],
    measures: Sequence[Measure],
    findings: Sequence[Finding],
    quality: Sequence[QualityCheck],
    criteria: Criteria,
) -> Verdict:
    """Give the clip its outcome, its one cue or praise, and the reasons line by line.

    Parameters
    ----------
    reps, measures, findings, quality
        What was found.
    criteria
        The drill's criteria; ``criteria.drill`` decides the family of outcomes.

    Returns
    -------
    Verdict
        The outcome of most reps (a tie between different ones is ``mixed``, or ``cannot_tell`` where one of the two
        is that). Where the view allows no answer: ``cannot_tell`` with the checks' advice.
    """
    not_told = _list_not_told(findings, quality)
    unseen = _refuse(reps, quality, criteria)
    if unseen is not None:
        return replace(unseen, not_told=not_told)
    by_rep = {rep.number: RepView(rep.number, measures, findings) for rep in reps}
    outcomes = [_outcome_for_drill(data, criteria) for data in by_rep.values()]
    outcome = _majority(outcomes)
    if "reference_taken" in outcomes:  # one rep is enough: the largest counts
        outcome = "reference_taken"
    rule, cue = _pick_cue(findings, criteria, n_reps=len(reps))
    if not cue and outcome in _OUTCOME_RULE:
        rule = _OUTCOME_RULE[outcome]
        cue = criteria.rule(rule).cue
    praise = ""
    if outcome == "cannot_tell" and not cue:
        cue = next((c.advice for c in quality if c.grade == "cannot_tell" and c.advice), "")
        if not cue and any(_rounds_little(rep, criteria) for rep in by_rep.values()):
            cue = _ROUND_MORE
    elif not cue:
        praise = PRAISE.get(outcome, "")
    reasons = (*_explain(by_rep, outcomes, criteria), *_say_wall(measures))
    if outcome == "cannot_tell":
        reasons = _why_open(by_rep.values(), outcomes, quality, criteria) + reasons
    headline = _head(outcome, by_rep.values(), criteria)
    return Verdict(outcome, headline, cue, rule, praise, reasons, not_told)


def _refuse(reps: Sequence[Rep], quality: Sequence[QualityCheck], criteria: Criteria) -> Verdict | None:
    """Return the verdict of a clip in which no rep can be judged; None where there are reps and a view."""

    def plain(outcome: Outcome, checks: Sequence[QualityCheck], *lines: str) -> Verdict:
        reasons = tuple(f"{c.label}: {_shown(c)}. {c.advice}" for c in checks)
        cue, rule = (checks[0].advice, "0") if checks else ("", "")
        return Verdict(outcome, HEADLINES[outcome], cue, rule, "", (*reasons, *lines), ())

    blocked = [check for check in quality if check.grade == "cannot_tell" and "all" in check.affects]
    if blocked:
        return plain("cannot_tell", blocked)
    if reps:
        return None
    slow = [check for check in quality if check.name == "frame_rate" and check.grade == "cannot_tell"]
    if slow:  # a bend may lie between two pictures
        return plain("cannot_tell", slow[:1])
    if criteria.drill == "pelvic_tilt":
        return plain("cannot_tell", (), "No tilt was read that is larger than the interval.")
    return plain("no_bend", (), f"No forward bend of {criteria.no_bend_lean_max_deg:.0f}° or more was seen.")


def _why_open(
    reps: Iterable[RepView], outcomes: Sequence[Outcome], quality: Sequence[QualityCheck], criteria: Criteria
) -> tuple[str, ...]:
    """Say why no outcome is told: what was not seen of what it rests on, else which answers are left."""
    unseen = [c for c in quality if c.grade == "cannot_tell" and _DECISIVE & set(c.affects)]
    lines = tuple(f"{c.label}: {_shown(c)}. {c.advice}" for c in unseen)
    if lines or criteria.drill in _SINGLE:
        return lines
    untold = (rep for rep, outcome in zip(reps, outcomes, strict=True) if outcome == "cannot_tell")
    return (next((text for text in (_name_open(rep, criteria) for rep in untold) if text), _OPEN),)


def _name_open(rep: RepView, criteria: Criteria) -> str:
    """Name the answers that a rep leaves open, and what decides between them; "" where there are not two of them."""
    touch = criteria.drill == "toe_touch"
    found = _weigh_touch(rep, criteria) if touch else _weigh(rep, criteria)
    named = [one for one in OPEN if found[one] >= _NAMED * found.total()]
    name = "hip_share_60" if touch else "lumbar_flexion"
    decides = rep.get(name)
    if len(named) < 2 or decides is None:
        return ""
    lo, hi = (_number(x, 0) for x in as_shown(name, *decides[1:]))
    if touch:
        back, hips = (_number(x, 0) for x in (criteria.back_first_share_max, criteria.hips_first_share_min))
        why = (
            f"of the first 60° of the bend the hips did {lo} to {hi} %; under {back} % the back goes first, from "
            f"{hips} % on the hips do"
        )
    else:
        why = f"the lower back bent by {lo} to {hi}°, and the answer changes in between"
    answers = ", or that ".join(OPEN[one] for one in named)
    return f"It may be that {answers}: {why}. The estimate is too wide to say which; that is no fault of your bend."


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


def _outcome_for_drill(rep: RepView, criteria: Criteria) -> Outcome:
    if criteria.drill == "toe_touch":
        return _toe_touch(rep, criteria)
    if criteria.drill == "pelvic_tilt":
        return _pelvic_tilt(rep)
    if criteria.drill == "rounding":
        return _rounding(rep)
    return outcome_of_rep(rep, criteria)


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
    knee = rep.get("knee_flexion")
    if rep.get("drop_per_back") is None and (knee is None or knee[2] > criteria.squat_knee_min_deg):
        return "cannot_tell"  # nobody stands and the knees may be far bent: a squat or a seat cannot be ruled out
    found = _weigh(rep, criteria)
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


def _weigh(rep: RepView, criteria: Criteria) -> Counter[Outcome]:
    """Count the outcomes over what the lumbar angle's interval allows; empty where nothing turns or is told."""
    lumbar, pelvis = rep.get("lumbar_flexion"), rep.get("pelvis_tilt")
    total = lumbar[0] + pelvis[0] if lumbar is not None and pelvis is not None else 0.0
    if lumbar is None or total < 1.0:
        return Counter()
    return Counter(_classify(rep, criteria, x, 100 * (total - x) / total) for x in spread_interval(*lumbar))


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


def _classify(rep: RepView, criteria: Criteria, lumbar_deg: float, share: float) -> Outcome:
    limits = criteria.rule("4").limits
    if lumbar_deg > limits.fail_hi:
        return "spine"
    if share < criteria.spine_hip_share_max and lumbar_deg > criteria.spine_lumbar_min_deg:
        return "spine"
    met = _meets_target(rep, criteria)
    if met and rep.grade("2") != "fail" and share >= criteria.hinge_hip_share_min:
        return "hinge"
    if share >= criteria.hinge_hip_share_min and rep.get("hip_back") is None:
        return "cannot_tell"  # whether the hips travelled back was not seen
    return "mixed"


def _meets_target(rep: RepView, criteria: Criteria) -> bool:
    """Tell whether the hips travelled back far enough, or the drill's own target was met (section 6, outcome)."""
    if criteria.drill != "wall":
        return rep.grade("1") == "pass"
    touch = rep.grade("11")
    if touch in ("caution", "fail"):
        back = rep.get("hip_back")
        return back is not None and grade_value(*back, criteria.rule("1").limits) == "pass"
    # Where no wall is known, going back and not down has to do.
    return touch == "pass" or rep.grade("2") == "pass"


def _head(outcome: Outcome, reps: Collection[RepView], criteria: Criteria) -> str:
    """Return the headline; "a bit of both" only where the back did its part of the bending."""
    if outcome != "mixed" or not all(_is_led_by_hips(rep, criteria) for rep in reps):
        return HEADLINES[outcome]
    wall = criteria.drill == "wall"
    told = {rep.grade("11" if wall else "1") for rep in reps} <= {"caution", "fail"}
    if wall:
        return SHORT_OF_WALL if told else WALL_UNTOLD
    return SHORT_OF_BACK if told else BACK_UNTOLD


def _is_led_by_hips(rep: RepView, criteria: Criteria) -> bool:
    """Tell whether nothing but the drill's own target was missing for a hinge."""
    lumbar, share = rep.get("lumbar_flexion"), rep.get("hip_share")
    if lumbar is None or share is None or criteria.drill in _SINGLE:
        return False
    most = share[0] >= criteria.hinge_hip_share_min and share[1] >= criteria.spine_hip_share_max
    flat = lumbar[0] <= criteria.rule("4").limits.fail_hi
    return most and flat and rep.grade("2") != "fail" and not _meets_target(rep, criteria)


def _rounding(rep: RepView) -> Outcome:
    """The reference is taken where the lumbar spine is sure to flex by more than nothing."""
    lumbar = rep.get("lumbar_flexion")
    return "reference_taken" if lumbar is not None and lumbar[1] > MIN_REFERENCE_DEG else "cannot_tell"


def _rounds_little(rep: RepView, criteria: Criteria) -> bool:
    lumbar = rep.get("lumbar_flexion")
    return criteria.drill == "rounding" and lumbar is not None and lumbar[1] <= MIN_REFERENCE_DEG


def _toe_touch(rep: RepView, criteria: Criteria) -> Outcome:
    names = _weigh_touch(rep, criteria)
    if not names:
        return "cannot_tell"
    best, count = names.most_common(1)[0]
    return best if count / names.total() >= MIN_CERTAINTY else "cannot_tell"


def _weigh_touch(rep: RepView, criteria: Criteria) -> Counter[Outcome]:
    """Count who went first over what the interval of the hips' share allows; empty where it is not told."""
    names: Counter[Outcome] = Counter()
    share = rep.get("hip_share_60")
    for x in spread_interval(*share) if share is not None else ():
        if x >= criteria.hips_first_share_min:
            names["hips_first"] += 1
        else:
            names["back_first" if x < criteria.back_first_share_max else "typical"] += 1
    return names


def _moved_along(rep: RepView) -> str:
    """Say why a pelvic tilt was none: trunk or thighs moved, by more than their interval leaves open; "" if not."""
    for name, part in (("trunk_change", "trunk"), ("thigh_change", "thighs")):
        found = rep.get(name)
        if found is not None and (found[1] > MAX_TILT_MOVE_DEG or found[2] < -MAX_TILT_MOVE_DEG):
            return f"the {part} moved by {abs(found[0]):.0f}°: a bend, not a pelvic tilt"
    return ""


def _pelvic_tilt(rep: RepView) -> Outcome:
    """Pelvis rotates back and the lumbar spine flexes; told only where the interval excludes 'nothing moved'."""
    if _moved_along(rep):
        return "cannot_tell"
    lumbar = rep.get("ribs_pelvis_range")
    if lumbar is None:
        return "cannot_tell"
    if lumbar[1] > 3.0:
        return "pelvis_tilts"
    return "no_tilt" if lumbar[2] < 6.0 else "cannot_tell"


def _majority(outcomes: Sequence[Outcome]) -> Outcome:
    counts = Counter(outcomes).most_common()
    if len(counts) == 1 or counts[0][1] > counts[1][1]:
        return counts[0][0]
    tied = {name for name, count in counts if count == counts[0][1]}
    return "cannot_tell" if "cannot_tell" in tied else "mixed"


def _pick_cue(findings: Sequence[Finding], criteria: Criteria, *, n_reps: int) -> tuple[str, str]:
    """One cue: the highest rule not met in at least half of the reps, else the highest caution."""
    for grade in ("fail", "caution"):
        best: tuple[int, str, str] | None = None
        for spec in criteria.rules:
            if spec.explains or spec.rule not in criteria.judged:
                continue
            own = [f for f in findings if f.rule == spec.rule]
            hits = [f for f in own if f.grade == grade or (grade == "caution" and f.grade == "fail")]
            enough = len(hits) * 2 >= n_reps if own and own[0].rep is not None else bool(hits)
            if hits and enough and (best is None or spec.precedence < best[0]):
                best = (spec.precedence, spec.rule, Counter(f.cue for f in hits).most_common(1)[0][0])
        if best is not None:
            return best[1], best[2]
    return "", ""


def _explain(reps: Mapping[int, RepView], outcomes: Sequence[Outcome], criteria: Criteria) -> tuple[str, ...]:
    lines = []
    for (number, rep), outcome in zip(reps.items(), outcomes, strict=True):
        parts = []
        for name, label, unit in (
            ("lumbar_flexion", "lumbar flexion", "°"),
            ("hip_flexion", "hip flexion", "°"),
            ("hip_share", "hip share", " %"),
            ("hip_back", "hips back", " FL"),
        ):
            found = rep.get(name)
            if found is not None:
                digits = 2 if unit == " FL" else 0
                value, lo, hi = (_number(x, digits) for x in as_shown(name, *found))
                parts.append(f"{label} {value}{unit} ({lo} to {hi})")
            else:
                parts.append(f"{label} not told")
        gap = rep.get("wall_gap")
        if gap is not None:
            value, lo, hi = (_number(x, 2) for x in gap)
            parts.append(f"seat to wall {value} FL ({lo} to {hi})")
        reach = rep.get("reach_cm")
        if reach is not None:
            value, lo, hi = (_number(x, 0) for x in reach)
            parts.append(f"fingertips {value} cm ({lo} to {hi}) above the floor")
        if criteria.drill == "pelvic_tilt" and (moved := _moved_along(rep)):
            parts.insert(0, moved)
        if _rounds_little(rep, criteria):
            parts.insert(0, "the back rounds too little, for its interval, to be a scale")
        said = HIPS_LED if outcome == "mixed" and _is_led_by_hips(rep, criteria) else SHORT[outcome]
        lines.append(f"Rep {number}: {said} — " + ", ".join(parts) + ".")
    return tuple(lines)


def _say_wall(measures: Sequence[Measure]) -> tuple[str, ...]:
    """Say how far the heels stand from the wall, where that is told."""
    found = next((m for m in measures if m.name == "heel_to_wall" and m.value is not None), None)
    if found is None or found.value is None or found.lo is None or found.hi is None:
        return ()
    value, lo, hi = (_number(x, 2) for x in (found.value, found.lo, found.hi))
    return (f"The heels stand {value} foot lengths ({lo} to {hi}) from the wall, whose place was given.",)


def _number(x: float, digits: int) -> str:
    """Write a number with a true minus sign, and never as minus nothing."""
    text = f"{x:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.replace("-", "")


def _shown(check: QualityCheck) -> str:
    return "not seen" if check.value is None else f"{check.value:.3g}{check.unit}"


def _list_not_told(findings: Sequence[Finding], quality: Sequence[QualityCheck]) -> tuple[str, ...]:
    lines: list[str] = []
    for check in quality:
        if check.grade == "cannot_tell" and check.advice:
            lines.append(f"{check.label}: {check.advice}")
    by_reason: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.grade == "cannot_tell":
            by_reason.setdefault((finding.label, finding.reason), []).append(finding)
    for (label, reason), found in by_reason.items():
        reps = ", ".join(str(f.rep) for f in found if f.rep is not None)
        lines.append(f"{label}{f' (rep {reps})' if reps else ''}: {reason}")
    return tuple(dict.fromkeys(lines))
