"""The screens of a step: which are still to be filmed, and which are left out because bending hurts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from hiphinge.program.history import FeelLog
from hiphinge.program.model import Program
from hiphinge.program.pain import LESS, RISE
from hiphinge.program.state import Screened, State

__all__ = [
    "add_screen_pain",
    "bending_hurts",
    "keep_early",
    "keep_screen",
    "screens_left",
    "settle_early",
    "skips_screen",
]

#: The rules of a drill in which the back is rounded on purpose; of those that bend far: they wait after a sore morning.
_ROUNDING, _BENDING = "rounding", ("toe_touch", "rounding")


def keep_screen(state: State, drill: str, outcome: str, key: str, pain: int | None) -> State:
    """Add a clip of a screen; its worst pain stays."""
    return state._replace(screened=_add(state.screened, drill, outcome, key, pain))


def keep_early(state: State, drill: str, outcome: str, key: str, pain: int | None) -> State:
    """Add a clip of a screen that was filmed before the red-flag questions were ever answered; it waits for them.

    A stop, and questions that are asked again since something is new or worse, keep none: those are filmed again.
    """
    if state.stops or state.asked_again:
        return state
    return state._replace(early=_add(state.early, drill, outcome, key, pain))


def _add(table: Mapping[str, Screened], drill: str, outcome: str, key: str, pain: int | None) -> Mapping[str, Screened]:
    before = table.get(drill)
    keys = (*(before.keys if before else ()), key)
    known = [one for one in (before.pain if before else None, pain) if one is not None]
    return MappingProxyType({**table, drill: Screened(outcome, keys, max(known, default=None))})


def settle_early(state: State, program: Program) -> State:
    """Take over the screens that waited for the red-flag questions: each answer was no. After a stop none counts."""
    if not state.early or (state.unanswered(program) and not state.stops):
        return state
    kept = state.screened if state.stops else MappingProxyType({**state.early, **state.screened})
    return state._replace(screened=kept, early=MappingProxyType({}))


def add_screen_pain(state: State, feel: FeelLog) -> State:
    """Add how a screen felt, where it was filmed."""
    if feel.pain is None:
        return state
    return state._replace(screened=_hurt(state.screened, feel), early=_hurt(state.early, feel))


def _hurt(table: Mapping[str, Screened], feel: FeelLog) -> Mapping[str, Screened]:
    before = table.get(feel.drill)
    if before is None or feel.pain is None:
        return table
    return MappingProxyType({**table, feel.drill: replace(before, pain=max(before.pain or 0, feel.pain))})


def bending_hurts(state: State) -> bool:
    """Say whether bending hurt in the screens so far: a screen left out, or pain that calls for less than the dose."""
    resting = state.session.resting if state.session is not None else None
    if resting is None:
        resting = (state.intake.pain if state.intake is not None else 0) or 0
    return any(
        one.outcome == "left_out" or (one.pain is not None and (one.pain >= LESS or one.pain - resting >= RISE))
        for one in state.screened.values()
    )


def skips_screen(state: State, drill: str, program: Program) -> bool:
    """Say whether a screen is left out: it bends far after a sore morning, or rounds the back and bending hurts."""
    rules = program.drill(drill).rules
    return (state.sore is not None and rules in _BENDING) or (rules == _ROUNDING and bending_hurts(state))


def screens_left(state: State, program: Program) -> tuple[str, ...]:
    """Return the screens of the present step that are still to be filmed."""
    left = []
    for name in program.stages[state.stage].drills:
        one = state.screened.get(name)
        if not (one is not None and one.settled) and not skips_screen(state, name, program):
            left.append(name)
    return tuple(left)
