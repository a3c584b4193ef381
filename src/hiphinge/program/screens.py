"""The screens of a step: which are still to be filmed, and which are left out because bending hurts."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from hiphinge.program.history import FeelLog
from hiphinge.program.model import Program
from hiphinge.program.pain import LESS, RISE
from hiphinge.program.state import Screened, State

__all__ = ["add_screen_pain", "bending_hurts", "keep_screen", "screens_left", "skips_screen"]

#: The rules of a drill in which the back is rounded on purpose; of those that bend far: they wait after a sore morning.
_ROUNDING, _BENDING = "rounding", ("toe_touch", "rounding")


def keep_screen(state: State, drill: str, outcome: str, key: str, pain: int | None) -> State:
    """Add a clip of a screen; its worst pain stays."""
    before = state.screened.get(drill)
    keys = (*(before.keys if before else ()), key)
    known = [one for one in (before.pain if before else None, pain) if one is not None]
    kept = Screened(outcome, keys, max(known, default=None))
    return state._replace(screened=MappingProxyType({**state.screened, drill: kept}))


def add_screen_pain(state: State, feel: FeelLog) -> State:
    """Add how a screen felt, where it was filmed."""
    before = state.screened.get(feel.drill)
    if before is None or feel.pain is None:
        return state
    kept = replace(before, pain=max(before.pain or 0, feel.pain))
    return state._replace(screened=MappingProxyType({**state.screened, feel.drill: kept}))


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
