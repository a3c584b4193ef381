"""From the assessment of a clip to what a person's log keeps: graded reps, and the middle value of every measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from hiphinge.model import Assessment, Finding, Grade, Measure
from hiphinge.program import Drill
from hiphinge.program.history import RepGrade, RepResult
from hiphinge.verdict import Criteria, criteria_for

__all__ = ["CONTACT_RULE", "explain_reps", "grade_reps", "middle_measures", "needs_contact"]

#: What a rep must have an answer for: the back, and back-not-down, which rule 9 answers too (hip against knee flexion).
BACK_RULE, DOWN_RULES = "4", ("2", "9")
#: The drill's own travel.
TRAVEL_RULE = "1"
#: The seat at the wall.
CONTACT_RULE = "11"
#: The drill's own target speaks after the back and back-not-down.
_CONTACT_PRECEDENCE = 4
_NO_TOUCH_CUE = "Shuffle a little closer."


def needs_contact(drill: Drill, variant: str) -> bool:
    """Say whether a rep of the drill, in this variant, has to reach the wall: not in one that is only a help."""
    return drill.rules == "wall" and all(one.gates for one in drill.variants if one.id == variant)


def grade_reps(
    assessment: Assessment, drill: Drill, *, variant: str = "", touched: bool | None = None
) -> tuple[RepResult, ...]:
    """Grade every rep of a clip by its drill's own rules.

    *Miss*: any rule that the drill judges is not met. *Pass*: none is, and the rules that decide have an answer:
    the back (rule 4), back-not-down (rule 2, or rule 9 where it cannot be told), and the drill's own travel (rule 1) or
    contact (rule 11), each where the drill judges it. A caution passes; the back's only where the hips do most of the
    bending, as the outcome *hinge* asks for. *Cannot tell*: the rest. Feet, knees, chin or hands that the camera does
    not see leave a rep as it is. Where the view as a whole does not allow an answer, no rep has one.

    Parameters
    ----------
    assessment
        Made with ``drill.rules`` and ``drill.limits``.
    drill
        The drill of the program.
    variant
        In which form it was done.
    touched
        Whether the person says that the seat touched the wall; asked where the camera cannot tell it.
    """
    criteria = criteria_for(drill.rules, drill.limits)
    precedence = {spec.rule: spec.precedence for spec in criteria.rules}
    contact = needs_contact(drill, variant)
    judged = [rule for rule in criteria.judged if rule != CONTACT_RULE or contact]
    if _is_blocked(assessment):
        return tuple(
            RepResult(number=rep.number, grade="cannot_tell", untold_rules=("all",), cue=assessment.verdict.cue)
            for rep in assessment.reps
        )
    reps = []
    for rep in assessment.reps:
        found = _find_rules(assessment, rep.number, judged, criteria)
        result = _grade_rep(rep.number, found, judged, precedence)
        if contact:
            result = _apply_contact(result, found.get(CONTACT_RULE), touched, precedence)
        reps.append(_with_back(result, assessment.measures))
    return tuple(reps)


def _find_rules(assessment: Assessment, rep: int, judged: Sequence[str], criteria: Criteria) -> dict[str, Finding]:
    """Return what each judged rule found in a rep; a caution about the back is settled by what did the bending."""
    found = {f.rule: f for f in assessment.findings if f.rep == rep and f.rule in judged}
    back = found.get(BACK_RULE)
    if back is not None and back.grade == "caution":
        found[BACK_RULE] = replace(back, grade=_settle_back(assessment, rep, criteria))
    return found


def _settle_back(assessment: Assessment, rep: int, criteria: Criteria) -> Grade:
    """Grade a back that flexes by more than passes and less than fails: by the hips' share of the bend.

    As in the outcome of a clip: a hinge has ``hinge_hip_share_min`` at least; ``spine`` means less than
    ``spine_hip_share_max`` with more lumbar flexion than ``spine_lumbar_min_deg``.
    """
    told = {m.name: m for m in assessment.measures if m.rep == rep and m.value is not None}
    share, lumbar = told.get("hip_share"), told.get("lumbar_flexion")
    if share is None or share.value is None or lumbar is None or lumbar.value is None:
        return "cannot_tell"
    if share.value >= criteria.hinge_hip_share_min:
        return "caution"
    rounds = share.value < criteria.spine_hip_share_max and lumbar.value > criteria.spine_lumbar_min_deg
    return "fail" if rounds else "cannot_tell"


def explain_reps(
    assessment: Assessment,
    drill: Drill,
    reps: Sequence[RepResult],
    *,
    variant: str = "",
    touched: bool | None = None,
) -> tuple[str, ...]:
    """Say which rules were not met or not told, and in which reps; a line for each rule.

    Nothing where the view as a whole does not allow an answer: the verdict says why.
    """
    if _is_blocked(assessment):
        return ()
    criteria = criteria_for(drill.rules, drill.limits)
    labels = {spec.rule: spec.label for spec in criteria.rules} | {CONTACT_RULE: "seat at the wall"}
    missed: dict[str, list[int]] = {}
    untold: dict[tuple[str, str], list[int]] = {}
    for rep in reps:
        for rule in rep.missed_rules:
            missed.setdefault(rule, []).append(rep.number)
        if rep.grade == "cannot_tell":
            found = {f.rule: f for f in assessment.findings if f.rep == rep.number}
            for rule in rep.untold_rules:
                untold.setdefault((rule, _why_untold(found.get(rule))), []).append(rep.number)
    lines = [f"Not yet: {labels.get(rule, rule)} ({_numbers(those)})." for rule, those in missed.items()]
    lines += [
        f"Not told: {labels[rule]} ({_numbers(those)}). {reason}".rstrip() for (rule, reason), those in untold.items()
    ]
    return tuple(lines)


def _why_untold(finding: Finding | None) -> str:
    """Say why a rule has no answer, in the finding's words; a caution about the back has words of its own."""
    if finding is None:
        return ""
    return finding.reason if finding.grade == "cannot_tell" else "Whether hips or back did most of it was not clear."


def _is_blocked(assessment: Assessment) -> bool:
    """Say whether the view allows no answer at all."""
    return any(check.grade == "cannot_tell" and "all" in check.affects for check in assessment.quality)


def _numbers(reps: Sequence[int]) -> str:
    return f"rep {reps[0]}" if len(reps) == 1 else f"reps {', '.join(map(str, reps))}"


def _grade_rep(
    number: int, found: Mapping[str, Finding], judged: Sequence[str], precedence: Mapping[str, int]
) -> RepResult:
    ranked = sorted(found.values(), key=lambda finding: precedence.get(finding.rule, 99))
    missed = tuple(finding.rule for finding in ranked if finding.grade == "fail")
    cues = [f.cue for grade in ("fail", "caution") for f in ranked if f.grade == grade and f.cue]
    untold = _find_untold(found, judged)
    return RepResult(
        number=number,
        grade="miss" if missed else "cannot_tell" if untold else "pass",
        missed_rules=missed,
        untold_rules=untold,
        cue=cues[0] if cues else "",
    )


def _find_untold(found: Mapping[str, Finding], judged: Sequence[str]) -> tuple[str, ...]:
    """Return the rules that decide and have no answer, contact apart; of rules that answer the same, the first."""
    untold = []
    for group in ((BACK_RULE,), DOWN_RULES, (TRAVEL_RULE,)):
        asked = [rule for rule in group if rule in judged]
        if asked and not any(rule in found and found[rule].grade != "cannot_tell" for rule in asked):
            untold.append(asked[0])
    return tuple(untold)


def _apply_contact(
    result: RepResult, finding: Finding | None, touched: bool | None, precedence: Mapping[str, int]
) -> RepResult:
    """Put the seat at the wall into the grade: the camera's answer where it has one, else the person's."""
    if finding is not None and finding.grade != "cannot_tell":
        return result
    if touched is False:
        place = precedence.get(CONTACT_RULE, _CONTACT_PRECEDENCE)
        first = [rule for rule in result.missed_rules if precedence.get(rule, 99) <= place]
        rest = [rule for rule in result.missed_rules if rule not in first]
        return replace(
            result,
            grade="miss",
            missed_rules=(*first, CONTACT_RULE, *rest),
            cue=result.cue if first and result.cue else _NO_TOUCH_CUE,
        )
    if touched is None:
        grade: RepGrade = "cannot_tell" if result.grade == "pass" else result.grade
        return replace(result, grade=grade, untold_rules=(*result.untold_rules, CONTACT_RULE))
    return result


def _with_back(result: RepResult, measures: Iterable[Measure]) -> RepResult:
    for one in measures:
        if (one.name, one.rep) == ("lumbar_flexion", result.number) and one.value is not None:
            return replace(result, lumbar_deg=one.value, lumbar_lo_deg=one.lo, lumbar_hi_deg=one.hi)
    return result


def middle_measures(assessment: Assessment, *, back_reps: int | None = None) -> dict[str, tuple[float, float, float]]:
    """Return the middle rep's (value, lo, hi) of each measure that was told.

    Of an even number of reps it is the higher one of the two in the middle, as in the printed tables, so that value
    and interval belong together. ``back_reps``: only so many reps at the end count. Nothing where the view as a whole
    does not allow an answer.
    """
    if _is_blocked(assessment):
        return {}
    numbers = [rep.number for rep in assessment.reps]
    counted = set(numbers if back_reps is None else numbers[len(numbers) - min(back_reps, len(numbers)) :])
    told: dict[str, list[tuple[float, float, float]]] = {}
    for one in assessment.measures:
        if (
            (one.rep is None or one.rep in counted)
            and one.value is not None
            and one.lo is not None
            and one.hi is not None
        ):
            told.setdefault(one.name, []).append((one.value, one.lo, one.hi))
    return {name: sorted(values)[len(values) // 2] for name, values in told.items()}
