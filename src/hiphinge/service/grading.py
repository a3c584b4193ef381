"""From the assessment of a clip to what a person's log keeps: graded reps, and the middle value of every measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from hiphinge.model import Assessment, Finding
from hiphinge.program import Drill, Program
from hiphinge.program.decision import Decision
from hiphinge.program.grading import CONTACT_RULE, grade_rep, needs_contact
from hiphinge.program.history import RepResult, SetDone
from hiphinge.program.words import STOPS
from hiphinge.verdict import criteria_for
from hiphinge.verdict.headlines import WALL_UNTOLD

__all__ = [
    "CONTACT_RULE", "explain_reps", "felt_touch", "grade_reps", "middle_measures", "needs_contact", "say_headline",
    "thing_to_try",
]  # fmt: skip

#: Of the clip that shows how somebody bends before anything was taught.
_USUAL_RULES = "toe_touch"
#: A verdict's cue that is of no rule says what helps to tell.
_OF_THE_VIEW = ("", "0")
#: Said before a cue of the wall hinge where nobody stands at a wall yet.
_BY_A_WALL = "Stand with your back to a wall, heels one of your shoe-lengths from it"
#: After a bend that was seen well and whose estimate was too wide all the same: what makes estimates narrower.
_NARROWER = (
    "If you do it again: exactly side-on, in clothes that show your back, and standing still for two seconds before "
    "the first bend."
)
#: The headline of a set at the wall that the camera did not see, once the person said whether they touched it.
_FELT: Mapping[bool, str] = {
    True: "The hips led; you felt your seat touch the wall, which the camera did not see.",
    False: "The hips led; you felt that your seat did not reach the wall.",
}


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


def thing_to_try(assessment: Assessment, program: Program, decision: Decision, reps: Sequence[RepResult] = ()) -> str:
    """Return the one thing to try after a clip.

    What its reps asked for most, else the clip's own cue; after a usual bend without one, that of the first drill, with
    where to stand. After a clip that was not told only what helps to tell it. ``""`` where there is none, and after a
    usual bend, or one that was seen well and not told, under a stop: then nothing is to be tried.

    Parameters
    ----------
    assessment
        What was seen.
    program, decision
        The program, and what comes next in it.
    reps
        As a set's entry grades them; none for a clip that is no set.
    """
    verdict = assessment.verdict
    if verdict.outcome == "cannot_tell":
        told = verdict.cue if verdict.cue_rule in _OF_THE_VIEW else _advice(assessment)
        return told or ("" if decision.action in STOPS else _NARROWER)
    cue = _most(reps) or verdict.cue
    if cue or assessment.drill != _USUAL_RULES or decision.action in STOPS:
        return cue
    first = next((one for one in program.drills if one.kind != "screen" and one.cues), None)
    if first is None:
        return ""
    cue = first.cues[0]
    return f"{_BY_A_WALL}. {cue}" if needs_contact(first, "") else cue


def _advice(assessment: Assessment) -> str:
    """Return what helps to tell the next clip; "" where no check of the view has anything to say."""
    return next((one.advice for one in assessment.quality if one.grade == "cannot_tell" and one.advice), "")


def _most(reps: Sequence[RepResult]) -> str:
    cues = Counter(rep.cue for rep in reps if rep.cue)
    return cues.most_common(1)[0][0] if cues else ""


def felt_touch(reps: Sequence[RepResult], seen: Assessment) -> bool | None:
    """Return what the person said about the wall: it stands in the grades of reps that the camera could not tell."""
    told = {one.rep for one in seen.findings if one.rule == CONTACT_RULE and one.grade != "cannot_tell"}
    for rep in reps:
        if rep.number in told:
            continue
        if CONTACT_RULE in rep.missed_rules:
            return False
        return None if CONTACT_RULE in rep.untold_rules else True
    return None


def say_headline(assessment: Assessment, drill: Drill, entry: SetDone) -> str:
    """Return the headline of a set; of a wall that the camera did not see it says what the person felt."""
    headline = assessment.verdict.headline
    if headline != WALL_UNTOLD or not needs_contact(drill, entry.variant):
        return headline
    felt = felt_touch(entry.reps, assessment)
    return headline if felt is None else _FELT[felt]


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
