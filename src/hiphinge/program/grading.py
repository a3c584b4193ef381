"""The grade of one rep by its drill's own rules: met, missed, or not to be told. The same live and afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from hiphinge.model import Finding, Grade, Measure
from hiphinge.program.history import RepGrade, RepResult
from hiphinge.program.model import Drill
from hiphinge.verdict import Criteria, criteria_for

__all__ = ["BACK_RULE", "CONTACT_RULE", "grade_rep", "needs_contact"]

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


def grade_rep(
    rep: int,
    findings: Sequence[Finding],
    measures: Sequence[Measure],
    drill: Drill,
    *,
    variant: str = "",
    touched: bool | None = None,
) -> RepResult:
    """Grade a rep.

    *Miss*: any rule that the drill judges is not met. *Pass*: none is, and the rules that decide have an answer:
    the back (rule 4), back-not-down (rule 2, or rule 9 where it cannot be told), and the drill's own travel (rule 1) or
    contact (rule 11), each where the drill judges it. A caution passes; the back's only where the hips do most of the
    bending, as the outcome *hinge* asks for. *Cannot tell*: the rest. Feet, knees, chin or hands that the camera does
    not see leave a rep as it is.

    Parameters
    ----------
    rep
        Its number.
    findings, measures
        Of this rep, among others; made with ``drill.rules`` and ``drill.limits``.
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
    found = _find_rules(rep, findings, measures, judged, criteria)
    result = _grade_found(rep, found, judged, precedence)
    if contact:
        result = _apply_contact(result, found.get(CONTACT_RULE), touched, precedence)
    return _with_back(result, measures)


def _find_rules(
    rep: int, findings: Iterable[Finding], measures: Iterable[Measure], judged: Sequence[str], criteria: Criteria
) -> dict[str, Finding]:
    """Return what each judged rule found in a rep; a caution about the back is settled by what did the bending."""
    found = {f.rule: f for f in findings if f.rep == rep and f.rule in judged}
    back = found.get(BACK_RULE)
    if back is not None and back.grade == "caution":
        found[BACK_RULE] = replace(back, grade=_settle_back(measures, rep, criteria))
    return found


def _settle_back(measures: Iterable[Measure], rep: int, criteria: Criteria) -> Grade:
    """Grade a back that flexes by more than passes and less than fails: by the hips' share of the bend.

    As in the outcome of a clip: a hinge has ``hinge_hip_share_min`` at least; ``spine`` means less than
    ``spine_hip_share_max`` with more lumbar flexion than ``spine_lumbar_min_deg``.
    """
    told = {m.name: m for m in measures if m.rep == rep and m.value is not None}
    share, lumbar = told.get("hip_share"), told.get("lumbar_flexion")
    if share is None or share.value is None or lumbar is None or lumbar.value is None:
        return "cannot_tell"
    if share.value >= criteria.hinge_hip_share_min:
        return "caution"
    rounds = share.value < criteria.spine_hip_share_max and lumbar.value > criteria.spine_lumbar_min_deg
    return "fail" if rounds else "cannot_tell"


def _grade_found(
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
