"""The lines that explain a decision: red flags, a clinician's decision, screens, and the gate of the present step."""

from __future__ import annotations

from typing import Literal

from hiphinge.program.decision import Line
from hiphinge.program.gates import Tally, count_apart, morning_lines, session_lines, sessions_line
from hiphinge.program.history import Override
from hiphinge.program.model import Program
from hiphinge.program.screens import skips_rounding
from hiphinge.program.state import Log, State, step_index

__all__ = ["base_lines", "gate_lines", "look_and_feel", "look_line", "override_lines", "screen_lines", "stop_lines"]

#: Where looks and feeling part ways.
Look = Literal["", "looks fine, feels it in the back", "looks rounded, feels it in the hips"]


def base_lines(state: State, log: Log) -> tuple[Line, ...]:
    """Say whether the red-flag questions are answered, and what a clinician decided."""
    return (_flag_line(state, log.program), *override_lines(state, log.program))


def _flag_line(state: State, program: Program) -> Line:
    """Count the answered red-flag questions. A *no* clears nobody: the line only says that nothing was reported."""
    missing, total = state.unanswered(program), len(program.red_flags)
    seen = f"{total - len(missing)} of {total} answered"
    if missing and len(missing) < total:
        seen += f"; open: {', '.join(missing)}"
    why = f" ({state.asked_again.lower()})" if state.asked_again and missing else ""
    holds = None if missing else not state.stops
    source = program.sources.get("finucane", "The program's red-flag questions")
    return Line("Red-flag questions", f"all answered, none with yes{why}", seen, holds, state.answer_keys, source)


def stop_lines(state: State) -> tuple[Line, ...]:
    """Name everything that stops: emergencies first."""
    ordered = sorted(state.stops, key=lambda stop: not stop.emergency)
    return tuple(Line(one.rule, "no", one.seen, False, (one.key,), one.source) for one in ordered)


def override_lines(state: State, program: Program) -> tuple[Line, ...]:
    """Name the clinician, the time and the reason of the decision that is in force."""
    event = state.override
    if event is None:
        return ()
    when = f"{event.at:%Y-%m-%d %H:%M} UTC"
    seen = f"{event.clinician}, {when}: {event.reason}"
    lines = [Line("A clinician's decision", _describe(event), seen, True, (event.key,), "Clinician")]
    if state.stops:
        needed = "a decision that lifts the stop"
        lines.append(Line("The stop", needed, "not lifted by this decision", False, (event.key,), "Clinician"))
    if event.step is not None and step_index(program, event.step) is None:
        steps = ", ".join(stage.id for stage in program.stages)
        lines.append(Line("The step decided on", steps, event.step, False, (event.key,), "Clinician"))
    elif event.step is not None and event.drill is not None:
        drills = next(stage.drills for stage in program.stages if stage.id == event.step)
        if event.drill not in drills:
            needed = " or ".join(drills)
            lines.append(Line("The drill decided on", needed, event.drill, False, (event.key,), "Clinician"))
    return tuple(lines)


def _describe(event: Override) -> str:
    if event.step is None:
        return "the program decides again" + (", the stop is lifted" if event.clears_stop else "")
    parts = [one for one in (event.drill, event.variant) if one]
    text = f"go on at {event.step}" + (f" ({', '.join(parts)})" if parts else "")
    return text + (", the stop is lifted" if event.clears_stop else "")


def screen_lines(state: State, log: Log) -> tuple[Line, ...]:
    """Say how far the screens of the present step are."""
    lines = []
    source = log.program.sources.get("article", "The program's screens")
    intake = state.intake
    if intake is not None:
        seen = "not answered" if intake.pain is None else f"{intake.pain} of 10"
        holds = None if intake.pain is None else True
        lines.append(Line("Pain now", "an answer from 0 to 10", seen, holds, (intake.key,), source))
    for name in log.program.stages[state.stage].drills:
        drill, one = log.program.drill(name), state.screened.get(name)
        if one is not None:
            seen = one.outcome.replace("_", " ") + ("" if one.pain is None else f", pain {one.pain} of 10")
            again = "" if one.settled else "; once more"
            lines.append(Line(drill.name, "filmed, or left out", seen + again, one.settled or None, one.keys, source))
        elif skips_rounding(state, name, log.program):
            keys = tuple(key for done in state.screened.values() for key in done.keys)
            lines.append(
                Line(drill.name, "left out where bending hurts", "bending hurts: left out", True, keys, source)
            )
        else:
            lines.append(Line(drill.name, "filmed, or left out", "not yet", None, (), source))
    return tuple(lines)


def gate_lines(state: State, name: str, log: Log) -> tuple[Line, ...]:
    """Explain the gate of a drill of the present step: this session, the sessions so far, the mornings after."""
    drill = log.program.drill(name)
    gate = drill.gate
    if gate is None:
        return ()
    lines: list[Line] = []
    tally, credits, session = state.tallies.get(name), state.credits.get(name, ()), state.session
    counted = count_apart(credits, gate, log.backs)
    shown = counted if len(counted) >= gate.sessions else credits[-gate.sessions :]
    if session is not None or not credits:
        worst = session.worst if session is not None else None
        lines += session_lines(tally or Tally(), gate, log.program, worst)
    else:
        lines += [line for one in shown for line in one.lines]
    if gate.sessions > 1 or gate.max_morning_rise is not None:
        lines.append(sessions_line(credits, counted, gate, log.program))
    lines += morning_lines(shown, gate, log.program)
    return tuple(lines)


def look_line(state: State, log: Log) -> tuple[Line, ...]:
    """Say where how a set looked and how it felt part ways: an outcome of its own."""
    words = look_and_feel(state)
    if not words or state.last is None or state.feel is None:
        return ()
    needed = "the back keeps its shape, and hamstrings or buttocks do the work"
    source = log.program.sources.get("article", "The program's gate")
    keys = (state.last.key, state.feel.key)
    return (Line("How it looks and how it feels", needed, words, False, keys, source),)


def look_and_feel(state: State) -> Look:
    """Name the outcome where looks and feeling part ways, else return an empty text."""
    reading, feel = state.reading, state.feel
    if reading is None or feel is None or feel.effort is None:
        return ""
    hips, back = {"hamstrings", "buttocks"} & set(feel.effort), "low_back" in feel.effort
    if reading.good and back:
        return "looks fine, feels it in the back"
    if reading.rounded and hips and not back:
        return "looks rounded, feels it in the hips"
    return ""
