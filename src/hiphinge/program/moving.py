"""Changes that several entries make: another step, an easier form, a stop, questions asked again."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from hiphinge.program.clock import Moment
from hiphinge.program.easier import choose_easier
from hiphinge.program.lines import miss_line
from hiphinge.program.state import Acute, Hold, Log, State, Stop

__all__ = ["ask_flags_again", "ease", "go_to", "stop"]

_TRIED = "You have tried every easier form today: let it rest, and come back to it next time."


def stop(state: State, *stops: Stop) -> State:
    """Add stops. What was gathered for a gate before a stop does not count after it."""
    if not stops:
        return state
    return state._replace(
        stops=(*state.stops, *stops), credits=MappingProxyType({}), tallies=MappingProxyType({}), acute=None,
        due=False, lifted=None,
    )  # fmt: skip


def ask_flags_again(state: State, why: str) -> State:
    """Ask the red-flag questions again. A stop stays."""
    return state._replace(answers=MappingProxyType({}), answer_keys=(), asked_again=why, worse=False, lifted=None)


def go_to(state: State, stage: int) -> State:
    """Stand at another step, with nothing gathered for its gate yet."""
    session = replace(state.session, tried=()) if state.session is not None else None
    return state._replace(
        stage=stage, session=session, tallies=MappingProxyType({}), credits=MappingProxyType({}), drill=None,
        variant="", acute=None, override=None, refusal=None, due=False,
    )  # fmt: skip


def ease(state: State, acute: Acute, missed: tuple[str, ...], moment: Moment, log: Log) -> State:
    """Turn to an easier form of the drill; the one just done is not tried again in this session.

    Where every easier form was tried, the session has ended.
    """
    if state.drill is None:
        return state._replace(acute=acute)
    session = state.session
    tried = session.tried if session is not None else ()
    if state.variant and state.variant not in tried:
        tried = (*tried, state.variant)
    if session is not None:
        session = replace(session, tried=tried)
    variant = choose_easier(log.program.drill(state.drill), missed, tried)
    if variant is not None:
        return state._replace(session=session, acute=acute, variant=variant.id)
    if session is None:
        return state._replace(acute=acute)
    lines = (miss_line(state.reading, acute.key, log.program),) if acute.kind == "missed" else ()
    return state._replace(session=session, acute=None, ended=Hold(_TRIED, session.session, moment, lines))
