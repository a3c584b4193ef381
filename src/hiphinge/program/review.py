"""The article's review of a session in four points: yes, not yet, or cannot tell, each with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hiphinge.program.facts import (
    BACK_PLACES,
    Estimate,
    SessionFacts,
    back_reps,
    estimate,
    middle_lumbar,
)
from hiphinge.program.history import ClipSeen, Event, FeelLog, Override, RepResult, SetDone
from hiphinge.program.model import Program
from hiphinge.program.words import name_drill, name_step, places_text
from hiphinge.verdict.criteria import Limits, criteria_for
from hiphinge.verdict.headlines import SHORT

__all__ = ["Answer", "ReviewPoint", "review_session", "whole_text"]

Answer = Literal["yes", "not_yet", "cannot_tell"]
#: Rules that say whether the hips did the bending, and whether the back kept its shape.
HIP_RULES = frozenset({"1", "1b", "2", "3", "9", "11"})
BACK_RULES = frozenset({"4", "4d"})
#: As in the gates: four of five reps; fewer than three judged say nothing.
SHARE, LEAST_JUDGED = 0.8, 3
#: Hip share of a hinge, % (the rule set's outcome of a hinge).
HINGE_SHARE = 60.0
_HIP_OUTCOMES = ("hinge", "hips_first")
_UNTOLD = ("", "cannot_tell", "left_out")
_HAMS = ("hamstrings", "buttocks")


@dataclass(frozen=True, slots=True)
class ReviewPoint:
    """One of the four points, its answer, and what it rests on."""

    id: str
    title: str
    answer: Answer
    evidence: str


def review_session(events: Sequence[Event], facts: SessionFacts, program: Program) -> tuple[ReviewPoint, ...]:
    """Answer the four points for one session: yes, not yet, or cannot tell, each with its evidence."""
    return (
        ReviewPoint("hips", "Bend at the hips", *_hips(facts, program)),
        ReviewPoint("back", "Keep the back flat", *_back(facts, program)),
        ReviewPoint("loads", "Take the loads in order", *_loads(events, facts, program)),
        ReviewPoint("felt", "Feel it in hamstrings and buttocks, not in the back", *_felt(facts, program)),
    )


def _count_hips(facts: SessionFacts) -> tuple[int, int]:
    """Return how many reps met the rules about the hips, and in how many these were told."""
    met = told = 0
    for one in facts.sets:
        # What a rep missed for another reason says of the hips is in the set's own measures.
        seen = "drop_per_back" in one.measures
        for rep in one.reps:
            missed = bool(HIP_RULES & set(rep.missed_rules))
            met += not missed and (_is_answered(rep, HIP_RULES) or (rep.grade == "miss" and seen))
            told += missed or _is_answered(rep, HIP_RULES) or (rep.grade == "miss" and seen)
    return met, told


def _is_answered(rep: RepResult, rules: frozenset[str]) -> bool:
    """Say whether a rep was told for these rules: it passed, or only others had no answer."""
    if rep.grade == "pass":
        return True
    return bool(rep.untold_rules) and not {"all", *rules} & set(rep.untold_rules)


def _count_back(facts: SessionFacts, program: Program) -> tuple[int, int]:
    """Return how many reps with a free back kept its shape, and in how many that was told."""
    met = told = 0
    for one in facts.sets:
        limits = _back_limits(program, one.drill)
        for rep in back_reps(one):
            missed = bool(BACK_RULES & set(rep.missed_rules))
            kept = not missed and (_is_answered(rep, BACK_RULES) or (rep.grade == "miss" and _is_told(rep, limits)))
            met += kept
            told += missed or kept
    return met, told


def _back_limits(program: Program, drill: str) -> Limits:
    for one in program.drills:
        if one.id == drill:
            criteria = criteria_for(one.rules, one.limits)
            return next((spec.limits for spec in criteria.rules if spec.rule == "4"), Limits())
    return Limits()


def _is_told(rep: RepResult, limits: Limits) -> bool:
    """Say whether a rep that missed another rule still tells of the back: its interval does not span both sides."""
    if rep.lumbar_lo_deg is None or rep.lumbar_hi_deg is None:
        return False
    return not (rep.lumbar_lo_deg <= limits.pass_hi and rep.lumbar_hi_deg > limits.fail_hi)


def _grade(met: int, judged: int) -> Answer:
    if judged < LEAST_JUDGED:
        return "cannot_tell"
    return "yes" if met >= SHARE * judged - 1e-9 else "not_yet"


def _hips(facts: SessionFacts, program: Program) -> tuple[Answer, str]:
    met, judged = _count_hips(facts)
    if facts.sets:
        share = _middle([found for one in facts.sets if (found := estimate(one.measures, "hip_share", "%"))])
        return _with_share(_grade(met, judged), share), _reps_text(met, judged) + _told("Hip share", share)
    clip = _last_bend(facts.clips)
    if clip is None:
        return "cannot_tell", "No bend was filmed in this session."
    name = name_drill(program, clip.drill)
    if clip.outcome in _UNTOLD:
        return "cannot_tell", f"{name}: cannot tell from this clip."
    share = estimate(clip.measures, "hip_share", "%")
    text = f"{name}: {SHORT.get(clip.outcome, clip.outcome.replace('_', ' '))}." + _told("Hip share", share)
    if clip.outcome == "mixed" and share is not None and share.value >= HINGE_SHARE:  # mixed for another reason
        return "cannot_tell", f"{name}: one clip is too little to say." + _told("Hip share", share)
    return "yes" if clip.outcome in _HIP_OUTCOMES else "not_yet", text


def _back(facts: SessionFacts, program: Program) -> tuple[Answer, str]:
    met, judged = _count_back(facts, program)
    lumbar = middle_lumbar(facts.sets)
    if facts.sets:
        return _grade(met, judged), _reps_text(met, judged) + _told("Lumbar flexion", lumbar)
    clip = _last_bend(facts.clips)
    seen = estimate(clip.measures, "lumbar_flexion", "°") if clip else None
    if clip is not None and clip.label == "coached" and seen:
        return "cannot_tell", "One coached clip is too little to say." + _told("Lumbar flexion", seen)
    return "cannot_tell", "No hinge set yet; a usual bend is not judged." + _told("Lumbar flexion in it", seen)


def _last_bend(clips: Sequence[ClipSeen]) -> ClipSeen | None:
    """Return the clip that tells most of how the person bends: a coached one, else the last one of a bend."""
    bends = [one for one in clips if one.drill not in ("pelvic_tilt", "rounding")]
    coached = [one for one in bends if one.label == "coached"]
    found = coached or bends
    return found[-1] if found else None


def _reps_text(met: int, judged: int) -> str:
    if judged == 0:
        return "No rep could be told."
    if judged < LEAST_JUDGED:
        return f"Only {judged} rep{'s' if judged > 1 else ''} could be told."
    return f"{met} of {judged} reps."


def _with_share(answer: Answer, share: Estimate | None) -> Answer:
    """A *yes* of the reps holds where the hips did most of the bending too."""
    if answer != "yes" or share is None or share.value >= HINGE_SHARE:
        return answer
    return "not_yet" if share.hi < HINGE_SHARE else "cannot_tell"


def _middle(found: Sequence[Estimate]) -> Estimate | None:
    return sorted(found, key=lambda one: one.value)[len(found) // 2] if found else None


def _told(name: str, found: Estimate | None) -> str:
    """Say a value with its interval, with a space before; ``""`` without one."""
    if found is None:
        return ""
    space = "" if found.unit == "°" else " "
    return f" {name} {whole_text(found.value)}{space}{found.unit} ({whole_text(found.lo)} to {whole_text(found.hi)})."


def whole_text(value: float) -> str:
    """Round to a whole number, with a true minus sign."""
    return f"{round(value):d}".replace("-", "−")


def _loads(events: Sequence[Event], facts: SessionFacts, program: Program) -> tuple[Answer, str]:
    """Say whether each drill of the session came after the steps before it."""
    if not facts.sets:
        return "not_yet", "No drill of the ladder yet; the hinge without a load comes first."
    place = {drill: number for number, stage in enumerate(program.stages) for drill in stage.drills}
    steps = {stage.id: number for number, stage in enumerate(program.stages)}
    done: set[int] = set()
    placed = -1
    placed_by = ""
    for event in events:
        if isinstance(event, Override) and event.step in steps:
            placed, placed_by = steps[event.step], event.clinician
        elif isinstance(event, SetDone) and event.drill in place:
            here = place[event.drill]
            missing = [k for k in _ladder(program) if k < here and k not in done and k > placed]
            if event.session == facts.session and here > placed and missing:
                skipped = name_step(program, program.stages[missing[0]].id)
                return "not_yet", f"{name_drill(program, event.drill)} came before {skipped.lower()}."
            done.add(here)
    loaded = [one for one in facts.sets if _kind(program, one.drill) in ("loaded", "deadlift")]
    if not loaded:
        return "yes", "No load yet, as it should be: the hinge without one comes first."
    names = list(dict.fromkeys(name_drill(program, one.drill) for one in loaded))
    by = f" Placed there by {placed_by}." if placed >= place.get(loaded[-1].drill, 0) else ""
    return "yes", f"{_and(names)}: each step before was practised first." if not by else f"{_and(names)}.{by}"


def _ladder(program: Program) -> list[int]:
    """Return the numbers of the steps that are practised (a screen may be left out)."""
    return [k for k, stage in enumerate(program.stages) if program.drill(stage.drills[0]).kind != "screen"]


def _kind(program: Program, drill: str) -> str:
    return next((one.kind for one in program.drills if one.id == drill), "")


def _felt(facts: SessionFacts, program: Program) -> tuple[Answer, str]:
    asked = [one for one in facts.feels if one.effort is not None]
    if not asked:
        return "cannot_tell", "Where it was felt was not asked."
    places = list(dict.fromkeys(place for one in asked for place in one.effort or ()))
    words = f"Felt in: {places_text(places)}." if places and places != ["nothing"] else "Nothing much was felt."
    hurt = max((one.pain for one in facts.feels if one.pain is not None and _in_the_back(one)), default=None)
    limit = _max_pain(facts, program)
    words += " Pain was not asked each time." if _unasked(facts.feels) else ""
    words += f" Back pain {hurt} of 10 at most." if hurt else "" if _unasked(facts.feels) else " No back pain."
    if "low_back" in places or (hurt is not None and hurt > limit):
        return "not_yet", words
    if not set(places) & set(_HAMS):
        loaded = any(_kind(program, one.drill) in ("loaded", "deadlift") for one in facts.feels)
        return "not_yet", words + ("" if loaded else " Without a load that is fine.")
    return ("cannot_tell" if _unasked(facts.feels) else "yes"), words


def _unasked(feels: Sequence[FeelLog]) -> bool:
    return any(one.pain is None for one in feels)


def _in_the_back(feel: FeelLog) -> bool:
    return not feel.pain_places or bool(BACK_PLACES & set(feel.pain_places))


def _max_pain(facts: SessionFacts, program: Program) -> int:
    gates = [one.gate for one in program.drills if one.gate and any(feel.drill == one.id for feel in facts.feels)]
    return min((gate.max_pain for gate in gates), default=2)


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1].lower()}"
