"""The lines that explain a decision: red flags, a clinician's decision, screens, and the gate of the present step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from hiphinge.program.decision import Line
from hiphinge.program.gates import Reading, Tally, count_apart, morning_lines, session_lines, sessions_line
from hiphinge.program.history import Override
from hiphinge.program.model import Program
from hiphinge.program.pain import FULL_DOSE, LESS, STOP, felt_effort
from hiphinge.program.screens import skips_screen
from hiphinge.program.state import Log, State
from hiphinge.verdict.criteria import RULES

__all__ = [
    "base_lines", "cut_lines", "gate_lines", "look_and_feel", "look_line", "miss_line", "name_rules", "override_lines",
    "rest_line", "screen_lines", "stop_lines",
]  # fmt: skip

#: Rules in words, for a person; those that the program itself judges beside those of the criteria.
_RULE_NAMES = {**{spec.rule: spec.label for spec in RULES}, "11": "seat at the wall", "12": "stance width"}

#: Where looks and feeling part ways.
Look = Literal["", "looks fine, feels it in the back", "looks rounded, feels it in the hips"]


def base_lines(state: State, log: Log) -> tuple[Line, ...]:
    """Say whether the red-flag questions are answered, what a clinician decided, and whether a clock ran ahead."""
    return (_flag_line(state, log.program), *override_lines(state), *_clock_lines(log))


def _clock_lines(log: Log) -> tuple[Line, ...]:
    if not log.ahead:
        return ()
    seen = f"a clock ran ahead by more than a week; withdraw entry {log.ahead}"
    return (Line("Times of the entries", "each later than the one before", seen, False, (log.ahead,), "The log"),)


def _flag_line(state: State, program: Program) -> Line:
    """Count the answered red-flag questions. A *no* clears nobody: the line only says that nothing was reported."""
    missing, total = state.unanswered(program), len(program.red_flags)
    seen = f"{total - len(missing)} of {total} answered"
    if missing and len(missing) < total:
        seen += f"; open: {', '.join(missing)}"
    why = f" ({state.asked_again.lower()})" if state.asked_again and missing else ""
    yes = sum(answer is True for answer in state.answers.values())
    needed, keys = "all answered, none with yes", state.answer_keys
    if yes and state.lifted is not None:
        needed += " that a clinician has not lifted"
        seen += f"; {yes} yes, lifted by {state.lifted.clinician} on {state.lifted.at:%Y-%m-%d}"
        keys = (*keys, state.lifted.key)
    holds = None if missing else not state.stops
    source = program.sources.get("finucane", "The program's red-flag questions")
    return Line("Safety questions", f"{needed}{why}", seen, holds, keys, source)


def stop_lines(state: State) -> tuple[Line, ...]:
    """Name everything that stops: emergencies first."""
    ordered = sorted(state.stops, key=lambda stop: not stop.emergency)
    return tuple(Line(one.rule, "no", one.seen, False, (one.key,), one.source) for one in ordered)


def override_lines(state: State) -> tuple[Line, ...]:
    """Name clinician, time and reason of the decision that is in force, or why one could not be followed."""
    refused = (state.refusal.line,) if state.refusal is not None else ()
    event = state.override
    if event is None:
        return refused
    when = f"{event.at:%Y-%m-%d %H:%M} UTC"
    seen = f"{event.clinician}, {when}: {event.reason}"
    lines = [Line("A clinician's decision", _describe(event), seen, True, (event.key,), "Clinician")]
    if state.stops:
        needed = "a decision that lifts the stop"
        lines.append(Line("The stop", needed, "not lifted by this decision", False, (event.key,), "Clinician"))
    return (*refused, *lines)


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
        elif skips_screen(state, name, log.program):
            lines.append(_skip_line(state, drill.name, source))
        else:
            lines.append(Line(drill.name, "filmed, or left out", "not yet", None, (), source))
    return tuple(lines)


def _skip_line(state: State, name: str, source: str) -> Line:
    if state.sore is not None:
        return Line(
            name, "after a calm morning", "sore in the morning: not now", None, state.sore.lines[0].events, source
        )
    keys = tuple(key for done in state.screened.values() for key in done.keys)
    return Line(name, "left out where bending hurts", "bending hurts: left out", True, keys, source)


def rest_line(pain: int, key: str, program: Program, rule: str = "Pain at rest") -> Line:
    """Say how high pain at rest is, against what leaves the sets for another day."""
    source = program.sources.get("pain", "The program's rules about pain")
    return Line(rule, f"less than {STOP} of 10", f"{pain} of 10", pain < STOP, (key,), source)


def cut_lines(state: State, program: Program) -> tuple[Line, ...]:
    """Say why the dose is cut: a sore morning, or back pain at rest or in an earlier set of the session."""
    source = program.sources.get("pain", "The program's rules about pain")
    if state.sore is not None:
        keys = state.sore.lines[0].events
        return (*state.sore.lines, Line(FULL_DOSE, "a calm morning first", "not yet", False, keys, source))
    session = state.session
    if session is None or (session.worst or 0) < LESS:
        return ()
    return (Line(FULL_DOSE, f"{LESS - 1} of 10 or less", f"{session.worst} of 10", False, (session.key,), source),)


def miss_line(reading: Reading | None, key: str, program: Program) -> Line:
    """Say that two reps in a row missed, and which rules."""
    missed = name_rules(reading.missed) if reading is not None and reading.missed else "not named"
    source = program.sources.get("gate", "The program's gate")
    seen = f"two in a row; not yet: {missed}"
    return Line("Missed reps", "fewer than two in a row", seen, False, (key,), source)


def name_rules(rules: Iterable[str]) -> str:
    """Name rules in words."""
    return ", ".join(_RULE_NAMES.get(rule, f"rule {rule}") for rule in rules)


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
    effort = felt_effort(feel) if feel is not None else None
    if reading is None or effort is None:
        return ""
    hips, back = {"hamstrings", "buttocks"} & effort, "low_back" in effort
    if reading.good and back:
        return "looks fine, feels it in the back"
    if reading.rounded and hips and not back:
        return "looks rounded, feels it in the hips"
    return ""
