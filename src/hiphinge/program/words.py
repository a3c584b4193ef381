"""Words for what the program holds: names of drills and steps, doses, gates, places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hiphinge.program.decision import Decision
from hiphinge.program.model import Dose, Gate, Program

__all__ = ["describe_gate", "dose_text", "name_choice", "name_drill", "name_step", "name_variant", "places_text"]

_PLACE_WORDS: Mapping[str, str] = {
    "low_back": "low back",
    "thighs_front": "front of the thighs",
    "upper_back": "upper back",
    "leg_above_knee": "leg above the knee",
    "leg_below_knee": "leg below the knee",
    "nothing": "nothing much",
}


def dose_text(dose: Dose) -> str:
    """Say how much: sets of reps, days a week, tempo."""
    low, high = dose.per_week
    often = f"{low} to {high} days a week" if low != high else f"at most {low} {'day' if low == 1 else 'days'} a week"
    return f"{dose.sets} x {dose.reps} reps, {often}, {dose.tempo}."


def describe_gate(gate: Gate | None) -> Iterator[str]:
    """Say what moves a person on, a line for each condition; nothing without a gate."""
    if gate is None:
        return
    if gate.sets > 1:
        yield f"{gate.sets} sets in which at least {gate.passed} of {gate.reps} reps met the drill's own rules."
    else:
        yield f"At least {gate.passed} of {gate.reps} reps that met the drill's own rules."
    if gate.sessions > 1:
        yield f"In {gate.sessions} sessions, at least {gate.apart_h:g} hours apart."
    if gate.effort_any_of:
        places = " or ".join(places_text([one]) for one in gate.effort_any_of)
        yield f"Felt in {places}, and not in the back."
    else:
        yield "Effort may be felt anywhere, but not as pain in the back."
    yield f"Back pain at most {gate.max_pain} of 10."
    if gate.max_morning_rise is not None:
        yield f"The next morning at most {gate.max_morning_rise} more than before; no answer means stay on this step."


def places_text(places: Iterable[str]) -> str:
    """Say places in words."""
    return ", ".join(_PLACE_WORDS.get(place, place.replace("_", " ")) for place in places)


def name_drill(program: Program, drill: str) -> str:
    """Return the name of a drill; its id, in words, where the program does not have it (any more)."""
    for one in program.drills:
        if one.id == drill:
            return one.name
    return drill.replace("_", " ").capitalize()


def name_choice(program: Program, decision: Decision) -> str:
    """Return what a decision says to do: a drill, with its variant; the drills to choose from; ``""`` for nothing."""
    if decision.drill is None:
        return _either([name_drill(program, name) for name in decision.options])
    name = name_drill(program, decision.drill)
    return f"{name}: {name_variant(program, decision.drill, decision.variant).lower()}" if decision.variant else name


def name_variant(program: Program, drill: str, variant: str) -> str:
    """Return the name of a variant, ``""`` for the drill as it stands."""
    for one in program.drills:
        if one.id == drill:
            return next((each.name for each in one.variants if each.id == variant), variant.replace("_", " "))
    return variant.replace("_", " ")


def name_step(program: Program, step: str | None) -> str:
    """Return the name of a step: its drill, or the drills to choose from."""
    for number, stage in enumerate(program.stages):
        if stage.id == step:
            drills = [program.drill(name) for name in stage.drills]
            if drills[0].kind == "screen":
                return "How you bend today" if number == 0 else drills[0].name
            return _either([one.name for one in drills])
    return (step or "").replace("_", " ").capitalize()


def _either(names: Sequence[str]) -> str:
    return " or ".join([*names[:1], *(name.lower() for name in names[1:])])
