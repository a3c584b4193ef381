"""Today's session: from what is due, what the person has got, and how much time and space there is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from hiphinge.errors import UsageError
from hiphinge.program.decision import Decision
from hiphinge.program.model import Drill, Equipment, Program, Variant
from hiphinge.program.pain import FULL_DOSE
from hiphinge.program.words import WORK

__all__ = ["Block", "Today", "equipment_names", "plan_today", "rep_seconds"]

#: Where the words of a dose name no seconds: one slow rep.
USUAL_REP_S = 6.0
#: Rest between sets; a load asks for more [DESIGN].
REST_S, REST_LOADED_S = 45.0, 90.0
#: Setting the phone up, once for each drill; the still stand, each set; how it felt, each set [DESIGN].
FILMING_S, STILL_S, FEEL_S = 90.0, 5.0, 20.0
#: Unloaded reps before a load, and walking through them.
WARM_UP_REPS, WARM_UP_S = 5, 60.0
#: Fewer reps than these are no set.
LEAST_REPS = 3
#: From the camera to the person: what shows head to feet well, and below which it rarely can [DESIGN].
GOOD_SPACE_M, LEAST_SPACE_M = 2.5, 1.5
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class Block:
    """One drill of today.

    ``alternatives`` are the ways to load it that the person may pick from (one, where it is known what they have);
    ``sets`` x ``reps`` fit the minutes; ``warm_up`` is "" for drills without a load; ``counts`` says whether the reps
    can be enough for the next gate.
    """

    drill: Drill
    variant: Variant | None
    alternatives: tuple[Equipment, ...]
    sets: int
    reps: int
    minutes: float
    warm_up: str
    film: tuple[str, ...]
    counts: bool


@dataclass(frozen=True, slots=True)
class Today:
    """What to do today.

    ``blocks`` are done one after the other, unless ``choose``: then the person picks one. ``left_out`` says what does
    not fit and why, ``instead`` what to do about it. ``minutes`` is an estimate of the longest choice, None without
    a block. ``amount`` is a sentence with today's sets and reps where the minutes hold less than the dose, so that this
    number is said beside the decision's: this one counts; "" where both are the same.
    """

    reason: str
    blocks: tuple[Block, ...]
    choose: bool
    left_out: tuple[str, ...]
    instead: tuple[str, ...]
    minutes: float | None
    amount: str = ""


def equipment_names(program: Program) -> dict[str, str]:
    """Return every piece of equipment that the program knows, id → name, in the order of the drills."""
    names: dict[str, str] = {}
    for drill in program.drills:
        for one in drill.equipment:
            names.setdefault(one.id, one.name)
    return names


def rep_seconds(tempo: str) -> float:
    """Return how long a rep takes, from the words of a dose.

    Examples
    --------
    >>> rep_seconds("three seconds down, one second there, two seconds up")
    6.0
    """
    found = re.findall(r"(\w+(?:\.\d+)?) seconds?\b", tempo.lower())
    total = sum(float(_NUMBERS.index(word)) if word in _NUMBERS else _plain(word) for word in found)
    return total or USUAL_REP_S


def _plain(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return 0.0


def plan_today(
    decision: Decision,
    program: Program,
    *,
    equipment: Collection[str] | None = None,
    minutes: float | None = None,
    space_m: float | None = None,
) -> Today:
    """Plan today's session.

    Parameters
    ----------
    decision
        What is due.
    program
        Its drills.
    equipment
        Ids of what the person has; empty: nothing; None: not said, so every alternative is given.
    minutes
        Time there is; None: as much as the dose asks for.
    space_m
        Free way from the camera to the person, metres; None: not said.

    Raises
    ------
    UsageError
        Equipment that the program does not know, or minutes or metres that are not above 0.
    """
    _check(program, equipment, minutes, space_m)
    names = (decision.drill,) if decision.drill else decision.options
    if decision.action not in (*WORK, "done") or not names:
        return Today(decision.reason, (), False, (), (), None)
    left_out: list[str] = []
    instead: list[str] = []
    fitting = [program.drill(name) for name in names if _has_load(program.drill(name), equipment, left_out)]
    if not fitting:
        fitting = _replace(program, program.drill(names[0]), instead)
    found = [_plan(drill, decision, equipment, minutes, left_out) for drill in fitting]
    blocks = tuple(replace(block, film=(*block.film, *_small_room(space_m))) for block in found if block)
    if not blocks and minutes is not None:
        instead.append(_too_short(fitting[0], minutes))
    longest = max((block.minutes for block in blocks), default=None)
    amount = _amount(blocks, decision, minutes)
    return Today(decision.reason, blocks, len(blocks) > 1, tuple(left_out), tuple(instead), longest, amount)


def _amount(blocks: Sequence[Block], decision: Decision, minutes: float | None) -> str:
    """Say today's sets and reps where the minutes hold less than the decision asks for."""
    parts = [
        f"{'1 set' if one.sets == 1 else f'{one.sets} sets'} of {one.reps}"
        for one in blocks
        if (one.sets, one.reps) != (_sets(one.drill, decision, []), one.drill.dose.reps)
    ]
    if not parts or minutes is None:
        return ""
    return f"In your {minutes:g} minutes: {' or '.join(dict.fromkeys(parts))}."


def _plan(
    drill: Drill,
    decision: Decision,
    equipment: Collection[str] | None,
    minutes: float | None,
    left_out: list[str],
) -> Block | None:
    """Return one drill of today, and say what of its dose is left out."""
    due = drill.id in ((decision.drill,) if decision.drill else decision.options)
    variant = next((one for one in drill.variants if one.id == decision.variant and due), None)
    sets = _sets(drill, decision, left_out)
    block = _fit(drill, variant, _usable(drill, equipment), sets=sets, minutes=minutes)
    if block and minutes is not None and (block.sets, block.reps) != (sets, drill.dose.reps):
        left_out.append(_shorter(block, sets, minutes))
    return block


def _check(program: Program, equipment: Collection[str] | None, minutes: float | None, space_m: float | None) -> None:
    known = equipment_names(program)
    for name in equipment or ():
        if name not in known:
            raise UsageError(
                f"There is no equipment {name!r} in this program.",
                expected=", ".join(known),
                next_step="Leave out what is not in the list.",
            )
    for value, what, unit in ((minutes, "Time", "minutes"), (space_m, "Space", "metres")):
        if value is not None and not 0 < value < 1000:
            raise UsageError(
                f"{what}: {value:g} {unit} cannot be planned with.",
                expected=f"{unit} above 0",
                next_step="Give it anew.",
            )


def _usable(drill: Drill, equipment: Collection[str] | None) -> tuple[Equipment, ...]:
    return tuple(one for one in drill.equipment if equipment is None or one.id in equipment)


def _has_load(drill: Drill, equipment: Collection[str] | None, left_out: list[str]) -> bool:
    if not drill.equipment or _usable(drill, equipment):
        return True
    wanted = _join(one.name.lower() for one in drill.equipment)
    left_out.append(f"{drill.name}: it takes {_article(wanted)}.")
    return False


def _replace(program: Program, due: Drill, instead: list[str]) -> list[Drill]:
    """Return the unloaded drill nearest below the one that is due, and say how to get a load."""
    if any(one.id == "backpack" for one in due.equipment):
        instead.append("A backpack filled with books is weight enough to begin with.")
    order = [drill for stage in program.stages for drill in stage.drills]
    before = [program.drill(name) for name in order[: order.index(due.id)]]
    unloaded = [drill for drill in before if drill.kind == "unloaded"]
    if unloaded:
        instead.append(f"Today {unloaded[-1].name.lower()} without a load: practice that keeps the pattern.")
    return unloaded[-1:] or [program.drill(order[0])]


def _sets(drill: Drill, decision: Decision, left_out: list[str]) -> int:
    """Return the sets to do: the dose's; half of them, rounded up, where pain asks for less."""
    sets = drill.dose.sets
    if not any(line.rule == FULL_DOSE and line.holds is False for line in decision.evidence):
        return sets
    fewer = (sets + 1) // 2
    left_out.append(f"{drill.name}: {fewer} of {sets} sets, because it hurt a little.")
    return fewer


def _fit(
    drill: Drill,
    variant: Variant | None,
    alternatives: tuple[Equipment, ...],
    *,
    sets: int,
    minutes: float | None,
) -> Block | None:
    """Return as many sets as the minutes hold, then fewer reps; None where not even a few fit."""
    reps = drill.dose.reps
    wanted = [(k, reps) for k in range(sets, 0, -1)]
    wanted += [(1, k) for k in range(reps - 1, min(LEAST_REPS, reps) - 1, -1)]
    for n_sets, n_reps in wanted:
        need = _minutes(drill, n_sets, n_reps)
        if minutes is None or need <= minutes:
            return Block(
                drill, variant, alternatives, n_sets, n_reps, need, _warm_up(drill), _film(drill, n_sets),
                _counts(drill, n_sets, n_reps),
            )  # fmt: skip
    return None


def _minutes(drill: Drill, sets: int, reps: int) -> float:
    """Return the whole time of a drill, minutes."""
    loaded = drill.kind in ("loaded", "deadlift")
    rest = REST_LOADED_S if loaded else REST_S
    seconds = FILMING_S + sets * (reps * rep_seconds(drill.dose.tempo) + STILL_S + FEEL_S) + (sets - 1) * rest
    return (seconds + (WARM_UP_S if loaded else 0.0)) / 60


def _counts(drill: Drill, sets: int, reps: int) -> bool:
    gate = drill.gate
    if gate is None:
        return True
    return sets >= gate.sets and reps >= gate.reps if gate.sets > 1 else sets * reps >= gate.reps


def _shorter(block: Block, sets: int, minutes: float) -> str:
    drill = block.drill
    text = (
        f"{drill.name}: {block.sets} x {block.reps} in place of {sets} x {drill.dose.reps}, to fit {minutes:g} minutes."
    )
    return text if block.counts else f"{text} It is practice: too few reps to move on."


def _too_short(drill: Drill, minutes: float) -> str:
    least = ceil(_minutes(drill, 1, min(LEAST_REPS, drill.dose.reps)))
    return (
        f"{minutes:g} minutes are too few to film {drill.name.lower()}; it takes {least}. "
        f"Do {LEAST_REPS} slow reps without filming and without a load: they are practice, and are not judged."
    )


def _warm_up(drill: Drill) -> str:
    if drill.kind not in ("loaded", "deadlift"):
        return ""
    return f"First {WARM_UP_REPS} slow hinges without a load."


def _film(drill: Drill, sets: int) -> tuple[str, ...]:
    lines = ["Phone at hip height, side-on, head to feet in the picture, and 2 seconds of standing still first."]
    if drill.kind == "unloaded":
        lines.append(
            "A hand on the small of the back hides it from the camera: arms crossed in the reps that are to be judged."
        )
    if sets > 1:
        lines.append("One clip for each set; between sets, say how it felt.")
    return tuple(lines)


def _small_room(space_m: float | None) -> tuple[str, ...]:
    """Say how to film where there is little space; nothing where there is enough."""
    if space_m is None or space_m >= GOOD_SPACE_M:
        return ()
    if space_m < LEAST_SPACE_M:
        return (
            f"{space_m:g} m rarely shows head to feet: film through an open door. If that does not work either, "
            "practise without filming; such reps are not judged.",
        )
    return (
        f"{space_m:g} m is little: hold the phone upright, and film through an open door if head or feet are cut off; "
        f"{GOOD_SPACE_M:g} m is better.",
    )


def _join(words: Iterable[str]) -> str:
    found = list(words)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} or {found[-1]}"


def _article(words: str) -> str:
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"
