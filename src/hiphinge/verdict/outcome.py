"""From findings to one outcome, one cue or praise, and the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from hiphinge.model import Finding, Measure, Outcome, QualityCheck, Rep, Verdict
from hiphinge.verdict.classify import MIN_CERTAINTY, RepView, can_rule_out_squat, outcome_of_rep, spread_interval, weigh
from hiphinge.verdict.criteria import Criteria
from hiphinge.verdict.headlines import HEADLINES, OPEN, OPEN_LED, PRAISE, SHORT
from hiphinge.verdict.labels import as_shown
from hiphinge.verdict.measures import MIN_REFERENCE_DEG
from hiphinge.verdict.mixed import are_led, head_of_mixed, words_of_mixed

__all__ = ["CUT_OFF", "DECISIVE", "decide_verdict"]

#: A pelvic tilt leaves trunk and thighs where they are; beyond this it was a bend (DESIGN).
MAX_TILT_MOVE_DEG = 10.0
#: Whose cue speaks where an outcome asks for one though no rule by itself is past its line.
_OUTCOME_RULE: Mapping[Outcome, str] = {"spine": "4", "squat": "2"}
_OPEN = "What was seen leaves more than one answer open, none twice as likely as the others."
#: An answer is named among those that are open where it is at least this likely (DESIGN).
_NAMED = 0.1
#: Measures that an outcome rests on.
DECISIVE = frozenset({"all", "lumbar_flexion", "pelvis_tilt", "knee_flexion", "drop_per_back", "hip_share_60"})
#: Drills with outcomes of their own, in which no answer is open between hips and back.
_SINGLE = ("pelvic_tilt", "rounding")
#: Said of a bend whose bottom was not seen.
CUT_OFF = "is cut off before its bottom, or begins after it"
_FILM_WHOLE = "Film the whole bend: stand, go down, come up, stand."
#: Who went first is told of the first part of a bend, up to this trunk lean.
_TOUCH_DEG = 60.0
_ROUND_MORE = "Round a little further, but only as far as it is comfortable; leave it out if it hurts."


def decide_verdict(
    reps: Sequence[Rep],
    measures: Sequence[Measure],
    findings: Sequence[Finding],
    quality: Sequence[QualityCheck],
    criteria: Criteria,
    *,
    cut_off: Collection[int] = (),
) -> Verdict:
    """Give the clip its outcome, its one cue or praise, and the reasons line by line.

    Parameters
    ----------
    reps, measures, findings, quality
        What was found.
    criteria
        The drill's criteria; ``criteria.drill`` decides the family of outcomes.
    cut_off
        Numbers of reps whose bottom was not seen. What they show is the least that there was: a back that did much of
        the bending, or who went first; nothing else is told of them.

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
    outcomes = [
        _of_cut_off(rep, criteria) if rep.number in cut_off else _outcome_for_drill(rep, criteria)
        for rep in by_rep.values()
    ]
    silent = _list_silent(by_rep, outcomes, cut_off)
    judged = [rep for rep in by_rep.values() if rep.number not in silent]
    found = [one for number, one in zip(by_rep, outcomes, strict=True) if number not in silent]
    outcome = _majority(found)
    if "reference_taken" in found:  # one rep is enough: the largest counts
        outcome = "reference_taken"
    reasons = (
        *_explain(by_rep, outcomes, criteria),
        *_say_wall(measures),
        *_say_cut_off(reps, silent, ": it does not count"),
    )
    if outcome == "cannot_tell":
        # How somebody moves is not spoken of where it cannot be told: the view comes before every rule.
        rule, cue = _pick_advice(judged, quality, criteria)
        why = _why_open(judged, found, quality, criteria)
        if set(cut_off) == set(by_rep) and not _list_unseen(quality):
            rule, cue, why = "0", _FILM_WHOLE, _say_cut_off(reps, cut_off)
        return Verdict(outcome, HEADLINES[outcome], cue, rule, "", why + reasons, not_told)
    # Of a bend that is cut off speaks the back alone.
    spoken = [one for one in findings if one.rep not in cut_off or (one.rule == "4" and one.rep not in silent)]
    rule, cue = _pick_cue(spoken, criteria, n_reps=len(judged))
    if not cue and outcome in _OUTCOME_RULE:
        rule = _OUTCOME_RULE[outcome]
        cue = criteria.rule(rule).cue
    praise = "" if cue else PRAISE.get(outcome, "")
    reasons += _say_cut_off(reps, set(cut_off) - silent, "; it may have gone further")
    headline = head_of_mixed(judged, found, criteria) if outcome == "mixed" else HEADLINES[outcome]
    return Verdict(outcome, headline, cue, rule, praise, reasons, not_told)


def _list_silent(numbers: Collection[int], outcomes: Sequence[Outcome], cut_off: Collection[int]) -> set[int]:
    """Return the numbers of the cut-off reps that say nothing, where there are others that may."""
    silent = {n for n, one in zip(numbers, outcomes, strict=True) if n in cut_off and one == "cannot_tell"}
    return silent if len(silent) < len(numbers) else set()


def _of_cut_off(rep: RepView, criteria: Criteria) -> Outcome:
    """Classify a rep whose bottom was not seen by what holds however the rest of it would have been."""
    if criteria.drill == "toe_touch":
        lean = rep.get("trunk_lean")
        return _toe_touch(rep, criteria) if lean is not None and lean[0] >= _TOUCH_DEG else "cannot_tell"
    lumbar = rep.get("lumbar_flexion")
    if criteria.drill in _SINGLE or lumbar is None:
        return "cannot_tell"
    values = spread_interval(*lumbar)
    most = criteria.rule("4").limits.fail_hi
    return "spine" if sum(x > most for x in values) >= MIN_CERTAINTY * len(values) else "cannot_tell"


def _say_cut_off(reps: Iterable[Rep], cut_off: Collection[int], more: str = "") -> tuple[str, ...]:
    return tuple(f"The bend at {rep.bottom_s:.1f} s {CUT_OFF}{more}." for rep in reps if rep.number in cut_off)


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


def _pick_advice(reps: Iterable[RepView], quality: Sequence[QualityCheck], criteria: Criteria) -> tuple[str, str]:
    """Return rule and words of what would help where nothing can be told: what was not seen, else what is too wide."""
    if any(_rounds_little(rep, criteria) for rep in reps) and not _list_unseen(quality):
        return "", _ROUND_MORE
    if criteria.drill in _SINGLE and not _list_unseen(quality):
        return "", ""  # what was seen answers it, or nothing about the film would
    missing = next((found[1] for rep in reps if (found := _find_missing(rep, criteria))), "lumbar_flexion")
    weak = [c for c in quality if c.grade == "usable" and DECISIVE & set(c.affects)]
    weak.sort(key=lambda c: missing not in c.affects)  # first what touches what is missing
    advice = next((c.advice for c in (*_list_unseen(quality), *weak) if c.advice), "")
    return ("0", advice) if advice else ("", "")


def _list_unseen(quality: Sequence[QualityCheck]) -> list[QualityCheck]:
    return [c for c in quality if c.grade == "cannot_tell" and DECISIVE & set(c.affects)]


def _why_open(
    reps: Iterable[RepView], outcomes: Sequence[Outcome], quality: Sequence[QualityCheck], criteria: Criteria
) -> tuple[str, ...]:
    """Say why no outcome is told: what was not seen of what it rests on, else which answers are left."""
    lines = tuple(f"{c.label}: {_shown(c)}. {c.advice}" for c in _list_unseen(quality))
    if lines or criteria.drill in _SINGLE:
        return lines
    untold = [rep for rep, outcome in zip(reps, outcomes, strict=True) if outcome == "cannot_tell"]
    texts = [_say_missing(rep, criteria) or _name_open(rep, criteria) for rep in untold]
    return (next((text for text in texts if text), _OPEN),)


def _find_missing(rep: RepView, criteria: Criteria) -> tuple[str, str] | None:
    """Return in words, and by its measure, what the outcome rests on and the rep does not tell; None where all is."""
    if criteria.drill == "toe_touch":
        return ("Who went first", "hip_share_60") if rep.get("hip_share_60") is None else None
    for name, what in (("lumbar_flexion", "How far the lower back bent"), ("pelvis_tilt", "How far the pelvis tilted")):
        if rep.get(name) is None:
            return what, name
    if not can_rule_out_squat(rep, criteria):
        return "Whether it was a squat", "drop_per_back"
    found = weigh(rep, criteria)
    if found["cannot_tell"] > _NAMED * found.total():
        return "How far back the hips went", "hip_back"
    return None


def _say_missing(rep: RepView, criteria: Criteria) -> str:
    found = _find_missing(rep, criteria)
    return f"{found[0]} was not told: {why}" if found and (why := rep.why(found[1])) else ""


def _name_open(rep: RepView, criteria: Criteria) -> str:
    """Name the answers that a rep leaves open, and what decides between them; "" where there are not two of them."""
    touch = criteria.drill == "toe_touch"
    found = _weigh_touch(rep, criteria) if touch else weigh(rep, criteria)
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
    says = OPEN if touch or not are_led(rep, criteria) else {**OPEN, "mixed": OPEN_LED}
    answers = ", or that ".join(says[one] for one in named)
    return f"It may be that {answers}: {why}. The estimate is too wide to say which; that is no fault of your bend."


def _outcome_for_drill(rep: RepView, criteria: Criteria) -> Outcome:
    if criteria.drill == "toe_touch":
        return _toe_touch(rep, criteria)
    if criteria.drill == "pelvic_tilt":
        return _pelvic_tilt(rep)
    if criteria.drill == "rounding":
        return _rounding(rep)
    return outcome_of_rep(rep, criteria)


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
        said = words_of_mixed(rep, criteria) if outcome == "mixed" else SHORT[outcome]
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
    if check.value is None:
        return "not seen"
    whole = check.unit.lstrip().startswith(("°", "%", "px"))
    return f"{check.value:.0f}{check.unit}" if whole else f"{check.value:.3g}{check.unit}"


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
