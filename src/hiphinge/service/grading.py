"""From the assessment of a clip to what a person's log keeps: graded reps, and the middle value of every measure."""

from __future__ import annotations

from collections.abc import Sequence

from hiphinge.model import Assessment, Finding
from hiphinge.program import Drill, Program
from hiphinge.program.decision import Decision
from hiphinge.program.grading import CONTACT_RULE, grade_rep, needs_contact
from hiphinge.program.history import RepResult
from hiphinge.program.words import STOPS
from hiphinge.verdict import criteria_for

__all__ = ["CONTACT_RULE", "explain_reps", "grade_reps", "middle_measures", "needs_contact", "thing_to_try"]

#: Of the clip that shows how somebody bends before anything was taught.
_USUAL_RULES = "toe_touch"


def grade_reps(
    assessment: Assessment, drill: Drill, *, variant: str = "", touched: bool | None = None
) -> tuple[RepResult, ...]:
    """Grade every rep of a clip by its drill's own rules; see ``program.grading.grade_rep``.

    Where the view as a whole does not allow an answer, no rep has one.

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
    if _is_blocked(assessment):
        return tuple(
            RepResult(number=rep.number, grade="cannot_tell", untold_rules=("all",), cue=assessment.verdict.cue)
            for rep in assessment.reps
        )
    return tuple(
        grade_rep(rep.number, assessment.findings, assessment.measures, drill, variant=variant, touched=touched)
        for rep in assessment.reps
    )


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


def thing_to_try(assessment: Assessment, program: Program, decision: Decision) -> str:
    """Return the one thing to try after a clip: its own cue; after a usual bend without one, that of the first drill.

    ``""`` where there is none, and after a usual bend that was not told, or under a stop: then nothing is to be tried.
    """
    verdict = assessment.verdict
    if verdict.cue or assessment.drill != _USUAL_RULES or decision.action in STOPS or verdict.outcome == "cannot_tell":
        return verdict.cue
    first = next((one for one in program.drills if one.kind != "screen" and one.cues), None)
    return "" if first is None else first.cues[0]


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
