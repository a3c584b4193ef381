"""Whether the present step is passed, and the lines that say why."""

from __future__ import annotations

from hiphinge.program.decision import Line
from hiphinge.program.gates import Credit, count_apart, session_lines
from hiphinge.program.lines import gate_lines, screen_lines
from hiphinge.program.pain import STOP, is_answered
from hiphinge.program.screens import screens_left
from hiphinge.program.state import Log, State, is_screen

__all__ = ["find_passed", "session_credit"]

#: These say *not yet* to a gate that would else be passed.
_BLOCKING = ("pain_stop", "missed", "felt_back")


def session_credit(state: State, name: str, log: Log) -> Credit | None:
    """Return what the session that is going on brings for the gate of a drill, None where not all of it holds."""
    drill, tally, session = log.program.drill(name), state.tallies.get(name), state.session
    if drill.gate is None or tally is None or tally.first is None or session is None or not tally.felt:
        return None
    if _is_blocked(state) or (state.last is not None and not is_answered(state.feel)):
        return None
    lines = session_lines(tally, drill.gate, log.program, session.worst)
    if not all(line.holds for line in lines):
        return None
    return Credit(session.session, tally.first, tally.keys, session.resting or 0, lines)


def _is_blocked(state: State) -> bool:
    """Say whether anything that was said or done in this session says *not yet*."""
    if state.ended is not None or (state.acute is not None and state.acute.kind in _BLOCKING):
        return True
    session = state.session
    return session is not None and (session.stops > 0 or session.resting is None or session.resting >= STOP)


def find_passed(state: State, log: Log) -> tuple[Line, ...]:
    """Return the lines of the passed step; empty while it is not passed, or while something says no."""
    if state.moved or state.done or state.sore is not None or _is_blocked(state):
        return ()
    if not state.may_go_on(log.program):
        return ()
    stage = log.program.stages[state.stage]
    if is_screen(stage, log.program):
        told = state.intake is not None and state.intake.pain is not None
        return screen_lines(state, log) if told and not screens_left(state, log.program) else ()
    if state.last is not None and not is_answered(state.feel):
        return ()
    for name in stage.drills:
        if _is_gate_met(state, name, log):
            return gate_lines(state, name, log)
    return ()


def _is_gate_met(state: State, name: str, log: Log) -> bool:
    gate = log.program.drill(name).gate
    if gate is None:
        return False
    session = state.session
    if session is not None and session.worst is not None and session.worst > gate.max_pain:
        return False
    credits = state.credits.get(name, ())
    if gate.max_morning_rise is None and (credit := session_credit(state, name, log)) is not None:
        credits = (*credits, credit)
    return bool(credits) and len(count_apart(credits, gate, log.backs)) >= gate.sessions
