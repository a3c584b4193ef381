"""Words for what the program holds: names of drills and steps, doses, gates, places; texts without addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hiphinge.program.decision import Action, Decision
from hiphinge.program.history import EFFORT_PLACES, PAIN_PLACES
from hiphinge.program.model import Dose, Gate, Program

__all__ = [
    "EFFORT_WORDS",
    "FLAG_ROUTES",
    "PAIN_WORDS",
    "STOPS",
    "WORK",
    "describe_gate",
    "dose_text",
    "mask_addresses",
    "name_choice",
    "name_drill",
    "name_step",
    "name_variant",
    "places_text",
]

#: Actions that stop everything until a clinician has seen the person; those with something to do.
STOPS: tuple[Action, ...] = ("stop_now", "stop_see")
WORK: tuple[Action, ...] = ("screen", "do", "up", "down", "choose", "easier")
#: Every place of effort or pain: as a page says it, and as a question asks for it.
_PLACES: Mapping[str, tuple[str, str]] = {
    "hamstrings": ("hamstrings", "back of the thighs (hamstrings)"),
    "buttocks": ("buttocks", "buttocks"),
    "buttock": ("buttock", "buttock"),
    "low_back": ("low back", "low back"),
    "thighs_front": ("front of the thighs", "front of the thighs"),
    "upper_back": ("upper back", "upper back"),
    "leg_above_knee": ("leg above the knee", "leg, above the knee"),
    "leg_below_knee": ("leg below the knee", "leg, below the knee"),
    "hip": ("hip or groin", "hip or groin"),
    "knee": ("knee", "knee"),
    "neck": ("neck", "neck"),
    "other": ("somewhere else", "somewhere else"),
    "nothing": ("nothing much", "nothing much"),
}
#: Where effort, and where pain can be → words of a question, in the order in which they are asked.
EFFORT_WORDS: Mapping[str, str] = {place: _PLACES[place][1] for place in EFFORT_PLACES}
PAIN_WORDS: Mapping[str, str] = {place: _PLACES[place][1] for place in PAIN_PLACES}
#: An e-mail address, with or without a dot in its domain. Lengths are bounded, so that no text takes long.
_ADDRESS = re.compile(r"[\w.+%'&/=?^{|}~!#$*-]{1,64}@(?:[^\W\d_][\w.-]{0,252}\w|[\w-][\w.-]{0,252}\.[^\W\d_]{2,63})")
_MASK = "(e-mail address left out)"

#: What a yes to a red-flag question asks for, by its urgency.
FLAG_ROUTES: Mapping[str, str] = {
    "emergency": "If yes to any of these, get emergency help now",
    "clinician": "If yes to any of these, see a clinician first (a no does not clear you)",
}


def mask_addresses(text: str) -> str:
    """Return a text without the e-mail addresses in it.

    Examples
    --------
    >>> mask_addresses("Write to ana@example.org, please.")
    'Write to (e-mail address left out), please.'
    """
    return _ADDRESS.sub(_MASK, text)


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
    return ", ".join(_PLACES[place][0] if place in _PLACES else place.replace("_", " ") for place in places)


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
