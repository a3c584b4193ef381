"""The article's review of a session in four points: yes, not yet, or cannot tell, each with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hiphinge.program.facts import Estimate, SessionFacts, back_reps, estimate, middle_lumbar
from hiphinge.program.history import (
    ClipSeen,
    Event,
    FeelLog,
    Override,
    RedFlagAnswers,
    RepResult,
    SessionOpened,
    SetDone,
)
from hiphinge.program.model import Drill, Program
from hiphinge.program.pain import call_pain, rate_back
from hiphinge.program.words import name_drill, name_step, places_text
from hiphinge.verdict.criteria import Criteria, Limits, criteria_for
from hiphinge.verdict.headlines import SHORT_ALONE

__all__ = ["Answer", "ReviewPoint", "clip_share", "estimate_text", "review_session", "whole_text"]

Answer = Literal["yes", "not_yet", "cannot_tell"]
#: Rules that say whether the hips did the bending, and whether the back kept its shape.
HIP_RULES = frozenset({"1", "1b", "2", "3", "9", "11"})
BACK_RULES = frozenset({"4", "4d"})
#: Fewer judged reps say nothing; the share of them that must be met, where a drill has no gate of its own.
LEAST_JUDGED, USUAL_SHARE = 3, 0.8
#: Clips of these rules show no bend that tells how the person bends.
_NO_BENDS = ("pelvic_tilt", "rounding")
#: The rule set's drill that stands for a hinge where the program has no (such) drill.
_HINGE = "hinge"
_HIP_OUTCOMES = ("hinge", "hips_first")
_LEFT_OUT = "left_out"
_UNTOLD = ("", "cannot_tell", _LEFT_OUT)
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
        ReviewPoint("felt", "Feel it in hamstrings and buttocks, not in the back", *_felt(events, facts, program)),
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


def _find_drill(program: Program, drill: str) -> Drill | None:
    return next((one for one in program.drills if one.id == drill), None)


def _criteria(program: Program, drill: str) -> Criteria | None:
    found = _find_drill(program, drill)
    return criteria_for(found.rules, found.limits) if found else None


def _back_limits(program: Program, drill: str) -> Limits:
    criteria = _criteria(program, drill)
    return next((spec.limits for spec in criteria.rules if spec.rule == "4"), Limits()) if criteria else Limits()


def _hinge_share(program: Program, drills: Iterable[str]) -> float:
    """Return the hip share of a hinge, %: the rule set's, or the highest that one of the drills asks for."""
    shares = [found.hinge_hip_share_min for drill in drills if (found := _criteria(program, drill))]
    return max(shares, default=criteria_for(_HINGE).hinge_hip_share_min)


def _is_told(rep: RepResult, limits: Limits) -> bool:
    """Say whether a rep that missed another rule still tells of the back: its interval does not span both sides."""
    if rep.lumbar_lo_deg is None or rep.lumbar_hi_deg is None:
        return False
    return not (rep.lumbar_lo_deg <= limits.pass_hi and rep.lumbar_hi_deg > limits.fail_hi)


def _grade(met: int, judged: int, facts: SessionFacts, program: Program) -> Answer:
    if judged < LEAST_JUDGED:
        return "cannot_tell"
    gates = [found.gate for one in facts.sets if (found := _find_drill(program, one.drill)) and found.gate]
    share = max((gate.passed / gate.reps for gate in gates), default=USUAL_SHARE)
    return "yes" if met >= share * judged - 1e-9 else "not_yet"


def _hips(facts: SessionFacts, program: Program) -> tuple[Answer, str]:
    met, judged = _count_hips(facts)
    if facts.sets:
        share = _middle([found for one in facts.sets if (found := estimate(one.measures, "hip_share", "%"))])
        least = _hinge_share(program, (one.drill for one in facts.sets))
        answer = _with_share(_grade(met, judged, facts, program), share, least)
        text = _reps_text(met, judged, _filmed(facts)) + _told("Hip share", share)
        low = share is not None and share.value < least
        return answer, f"{text} In a hinge it is {least:g} % or more." if low else text
    clip = _last_bend(facts.clips, program)
    if clip is None:
        return "cannot_tell", "No bend was filmed in this session."
    name = name_drill(program, clip.drill)
    if clip.outcome in _UNTOLD:
        return "cannot_tell", f"{name}: cannot tell from this clip."
    share = estimate(clip.measures, "hip_share", "%")
    text = f"{name}: {SHORT_ALONE.get(clip.outcome, clip.outcome.replace('_', ' '))}." + _told("Hip share", share)
    least = _hinge_share(program, (clip.drill,))
    if clip.outcome == "mixed" and share is not None and share.value >= least:  # mixed for another reason
        return "cannot_tell", f"{name}: one clip is too little to say." + _told("Hip share", share)
    return "yes" if clip.outcome in _HIP_OUTCOMES else "not_yet", text


def _back(facts: SessionFacts, program: Program) -> tuple[Answer, str]:
    met, judged = _count_back(facts, program)
    lumbar = middle_lumbar(facts.sets)
    if facts.sets:
        text = _reps_text(met, judged, _filmed(facts)) + _told("Lumbar flexion", lumbar)
        return _grade(met, judged, facts, program), text
    clip = _last_bend(facts.clips, program)
    seen = estimate(clip.measures, "lumbar_flexion", "°") if clip else None
    if clip is not None and clip.label == "coached" and seen:
        return "cannot_tell", "One coached clip is too little to say." + _told("Lumbar flexion", seen)
    return "cannot_tell", "No hinge set yet; a usual bend is not judged." + _told("Lumbar flexion in it", seen)


def _filmed(facts: SessionFacts) -> int:
    return sum(len(one.reps) for one in facts.sets)


def _last_bend(clips: Sequence[ClipSeen], program: Program) -> ClipSeen | None:
    """Return the clip that tells most of how the person bends: a coached one, else the last one of a bend."""
    no_bends = {one.id for one in program.drills if one.rules in _NO_BENDS}
    bends = [one for one in clips if one.drill not in no_bends]
    coached = [one for one in bends if one.label == "coached"]
    found = coached or bends
    return found[-1] if found else None


def _reps_text(met: int, judged: int, filmed: int) -> str:
    if judged == 0:
        return "No rep could be told."
    if judged < LEAST_JUDGED:
        few = f"{filmed} rep{'s' if filmed > 1 else ''}: too few to say"
        return f"{few}." if judged == filmed else f"Only {judged} of {filmed} reps could be told."
    return f"{met} of {judged} told, {filmed} filmed." if judged < filmed else f"{met} of {judged} reps."


def _with_share(answer: Answer, share: Estimate | None, least: float) -> Answer:
    """A *yes* of the reps holds where the hips did most of the bending too."""
    if answer != "yes" or share is None or share.value >= least:
        return answer
    return "not_yet" if share.hi < least else "cannot_tell"


def _middle(found: Sequence[Estimate]) -> Estimate | None:
    return sorted(found, key=lambda one: one.value)[len(found) // 2] if found else None


def _told(name: str, found: Estimate | None) -> str:
    """Say a value with its interval, with a space before; ``""`` without one."""
    if found is None:
        return ""
    return f" {name} {estimate_text(found)}."


def estimate_text(found: Estimate) -> str:
    """Say a value with its interval; a share stays between 0 and 100."""
    space = "" if found.unit == "°" else " "
    value, lo, hi = (clip_share(one, found.unit) for one in (found.value, found.lo, found.hi))
    return f"{whole_text(value)}{space}{found.unit} ({whole_text(lo)} to {whole_text(hi)})"


def clip_share(value: float, unit: str) -> float:
    """Return a value as it is shown: a share of the bend in percent between 0 and 100."""
    return min(max(value, 0.0), 100.0) if unit == "%" else value


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


def _felt(events: Sequence[Event], facts: SessionFacts, program: Program) -> tuple[Answer, str]:
    """Answer the fourth point. Pain of every clip counts, and what stopped the session comes first."""
    stops = _find_stops(events, facts)
    places = list(dict.fromkeys(place for one in facts.feels for place in one.effort or ()))
    asked = any(one.effort is not None for one in facts.feels)
    words = f"Felt in: {places_text(places)}." if places and places != ["nothing"] else "Nothing much was felt."
    hurt = max(_back_pains(facts), default=0)
    if not asked:
        words = (
            "Where it was felt was not asked."
            if facts.sets
            else "No set yet: a first look does not ask where it is felt."
        )
    evidence = " ".join([*stops, words, *_pain_words(facts, hurt)])
    if stops or "low_back" in places or hurt > _max_pain(facts, program):
        return "not_yet", evidence
    if not asked:
        return "cannot_tell", evidence
    if not set(places) & set(_HAMS):
        done = {one.drill for one in facts.feels}
        fine = not any(one.gate and one.gate.effort_any_of for one in program.drills if one.id in done)
        return "not_yet", evidence + (" At this step that is fine." if fine else "")
    return ("cannot_tell" if _unasked(facts) else "yes"), evidence


def _find_stops(events: Sequence[Event], facts: SessionFacts) -> list[str]:
    """Name what stopped a set or the session: the rules of ``pain``, and a yes to a red-flag question meanwhile."""
    calls = [(one, call_pain(one, facts.resting or 0)) for one in _answers_about_pain(facts)]
    found = ["A safety question was answered with yes."] if _flagged(events, facts) else []
    if any(one.new_numbness for one, _ in calls):
        found.append("Stopped: new numbness or weakness.")
    if any(one.leg == "further" for one, _ in calls):
        found.append("Stopped: leg pain went further down the leg.")
    pains = [one for one, call in calls if call == "stop_set"]
    if pains:
        worst = max(pains, key=lambda one: one.pain or 0)
        where = f" ({places_text(worst.pain_places)})" if worst.pain_places else ""
        found.append(f"Stopped for pain {worst.pain} of 10{where}.")
    return found


def _flagged(events: Sequence[Event], facts: SessionFacts) -> bool:
    """Say whether a red-flag question was answered with yes while the session was open."""
    going = ""
    for event in events:
        if isinstance(event, SessionOpened):
            going = event.session
        elif event is facts.closed:
            return False
        elif isinstance(event, RedFlagAnswers) and going == facts.session and True in event.answers.values():
            return True
    return False


def _answers_about_pain(facts: SessionFacts) -> list[FeelLog]:
    """Return how the sets felt, and the pain of every clip; where a clip was answered whole, that answer stands."""
    whole = {one.drill for one in facts.feels if one.pain is not None} - {one.drill for one in facts.sets}
    clips = [
        FeelLog(key=one.key, at=one.at, session=one.session, drill=one.drill, effort=None, pain=one.pain)
        for one in facts.clips
        if one.pain is not None and one.drill not in whole
    ]
    return [*facts.feels, *clips]


def _back_pains(facts: SessionFacts) -> list[int]:
    return [pain for one in _answers_about_pain(facts) if (pain := rate_back(one)) is not None]


def _pain_words(facts: SessionFacts, hurt: int) -> list[str]:
    """Say the back's worst pain; that there was none only where every set and clip was asked for it."""
    clips = [one for one in facts.clips if one.outcome != _LEFT_OUT]
    known = {one.drill for one in facts.feels if one.pain is not None}
    unasked = _unasked(facts) or any(one.pain is None and one.drill not in known for one in clips)
    words = ["Pain was not asked each time."] if unasked else []
    if hurt:
        return [*words, f"Back pain {hurt} of 10 at most."]
    return words if unasked or not (facts.feels or clips) else ["No back pain."]


def _unasked(facts: SessionFacts) -> bool:
    """Say whether the pain of a set, or of a clip that was filmed, was not answered."""
    # Beside a clip, its answers about place, leg and numbness are kept as a feeling without a number of its own.
    elsewhere = {one.drill for one in facts.clips if one.outcome == _LEFT_OUT or one.pain is not None}
    feels = [facts.feel_of(number) for number in range(len(facts.sets))]
    feels += [one for one in facts.feels if one.drill not in elsewhere]
    return any(one is None or one.pain is None for one in feels)


def _max_pain(facts: SessionFacts, program: Program) -> int:
    gates = [one.gate for one in program.drills if one.gate and any(feel.drill == one.id for feel in facts.feels)]
    return min((gate.max_pain for gate in gates), default=2)


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1].lower()}"
