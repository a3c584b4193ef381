"""The morning after a session: which is still to be answered, and what an answer changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from hiphinge.program.clock import Moment
from hiphinge.program.decision import Line
from hiphinge.program.history import NextMorning
from hiphinge.program.moving import ask_flags_again, ease, go_to
from hiphinge.program.pain import RISE
from hiphinge.program.state import (
    DAY,
    MORNING,
    MORNING_LAST,
    Acute,
    Hold,
    Log,
    Sleep,
    State,
    first_step,
    is_screen,
)

__all__ = [
    "add_night",
    "at_now",
    "due_morning",
    "find_night",
    "keep_night",
    "last_night",
    "note_work",
    "settle",
    "wake",
]

#: So many sessions are kept for their mornings.
_KEPT = 20
_AGAIN = "Your back was more sore the next morning"


def at_now(now: datetime) -> Moment:
    """Return the present as a moment after every entry."""
    return Moment(2**62, now, now)


def find_night(state: State, session: str) -> Sleep | None:
    """Return a session as its morning sees it."""
    return next((one for one in reversed(state.nights) if one.session == session), None)


def keep_night(state: State, night: Sleep) -> State:
    """Put a changed session back in its place; one that was not known comes before the others."""
    if find_night(state, night.session) is None:
        return state._replace(nights=(night, *state.nights)[: _KEPT + 1])
    return state._replace(nights=tuple(night if one.session == night.session else one for one in state.nights))


def add_night(state: State, night: Sleep) -> State:
    """Add a session that has just begun. One that is begun again keeps the lower pain at rest, and goes last."""
    old = find_night(state, night.session)
    if old is not None:
        night = replace(old, resting=min(old.resting, night.resting))
    others = tuple(one for one in state.nights if one.session != night.session)
    return state._replace(nights=(*others, night)[-_KEPT:])


def note_work(state: State, session: str, moment: Moment) -> State:
    """Note that something was done in a session: its morning counts from its last entry about a set or clip."""
    night = find_night(state, session)
    return state if night is None else keep_night(state, replace(night, last=moment))


def last_night(state: State) -> Sleep | None:
    """Return the last session, beside the one that is going on, in which anything was done."""
    going = state.session.session if state.session is not None else None
    return next((one for one in reversed(state.nights) if one.session != going and one.last is not None), None)


def due_morning(state: State, now: datetime, log: Log) -> Sleep | None:
    """Return the session whose next morning is still to be answered: the last one, until the next one's first entry."""
    night = last_night(state)
    if night is None or night.last is None or night.morning is not None or night.sore:
        return None
    going = find_night(state, state.session.session) if state.session is not None else None
    if going is not None and going.last is not None:
        return None
    return night if MORNING <= log.gap(night.last, at_now(now)) <= MORNING_LAST else None


def wake(state: State, event: NextMorning, moment: Moment, log: Log) -> State:
    """Take the answer of a morning: sore steps back, calm counts for the gate.

    A rise that cannot be compared, since its session is not known, counts against no pain at rest.
    """
    night = find_night(state, event.session)
    if event.pain - (night.resting if night is not None else 0) >= RISE:
        return _wake_sore(state, event, night or Sleep(event.session, 0), moment, log)
    if night is None or night.last is None or night.sore:
        return state
    if not MORNING <= log.gap(night.last, moment) <= MORNING_LAST:
        return state
    if state.sore is not None and log.gap(state.sore.since, moment) >= MORNING:
        state = state._replace(sore=None)
    state = keep_night(state, replace(night, morning=event.pain, morning_key=event.key))
    rise = event.pain - night.resting
    credits = {
        name: tuple(
            replace(c, rise=rise, morning=event.pain, keys=(*c.keys, event.key)) if c.session == event.session else c
            for c in those
        )
        for name, those in state.credits.items()
    }
    return state._replace(credits=MappingProxyType(credits))


def _wake_sore(state: State, event: NextMorning, night: Sleep, moment: Moment, log: Log) -> State:
    """Step back once for each session; a worse symptom has the red flags asked again."""
    line = Line(
        "The next morning", f"less than {RISE} more than at rest ({night.resting})", f"{event.pain} of 10", False,
        (event.key,), log.program.sources.get("pain", "The program's rules about pain"),
    )  # fmt: skip
    going = state.session.session if state.session is not None else ""
    hold = Hold(f"{_AGAIN} ({event.pain} of 10)", going, moment, (line,), night.resting)
    known = night.sore
    state = keep_night(state, replace(night, sore=True))._replace(sore=hold, answers_fresh=False)
    state = ask_flags_again(state, _AGAIN) if going else state._replace(worse=True)
    return state if known else _step_back(state, event, line, moment, log)


def _step_back(state: State, event: NextMorning, line: Line, moment: Moment, log: Log) -> State:
    first = first_step(log.program)
    if state.stage < first:
        return state
    if state.stage > first:
        lower = [k for k in range(first, state.stage) if not is_screen(log.program.stages[k], log.program)]
        return go_to(state._replace(moved="down", moved_lines=(line,), done=False), lower[-1])
    drill = state.drill or log.program.stages[first].drills[0]
    state = state._replace(
        credits=MappingProxyType({}), tallies=MappingProxyType({}), done=False, drill=drill, due=False
    )
    ended = state.ended
    return ease(state, Acute("sore", event.key), ("4",), moment, log)._replace(
        acute=Acute("sore", event.key), ended=ended
    )


def settle(state: State, moment: Moment, log: Log) -> State:
    """Look, once a session has begun and pain at rest is known, whether what said *not now* has passed."""
    if state.sore is None or state.session is None or state.session.resting is None:
        return state
    calm = state.session.resting - state.sore.resting < RISE and log.gap(state.sore.since, moment) >= DAY
    return state._replace(sore=None) if calm else state
