"""One entry after the other: how each changes where a person stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from hiphinge.program.clock import Moment, find_gap
from hiphinge.program.decision import Line
from hiphinge.program.easier import choose_easier
from hiphinge.program.gates import (
    FATIGUE_DEG,
    Reading,
    Tally,
    add_feel,
    add_set,
    counts_for_gate,
    read_set,
)
from hiphinge.program.history import (
    ClipSeen,
    Event,
    FeelLog,
    Intake,
    NextMorning,
    Override,
    RedFlagAnswers,
    SessionClosed,
    SessionOpened,
    SetDone,
)
from hiphinge.program.pain import RISE, PainCall, call_pain, rate_back
from hiphinge.program.passing import find_passed, session_credit
from hiphinge.program.screens import add_screen_pain, keep_screen
from hiphinge.program.state import (
    MORNING,
    Acute,
    Log,
    Open,
    Sleep,
    State,
    Stop,
    first_step,
    is_screen,
    step_index,
)

__all__ = ["advance"]

#: So many sessions that bring a gate are kept; older ones are not asked about any more.
_KEPT = 20
_EMPTY: Mapping[str, Any] = MappingProxyType({})
_Value = TypeVar("_Value")


def advance(state: State, event: Event, moment: Moment, log: Log) -> State:
    """Return where the person stands after one more entry."""
    handle = _HANDLERS.get(type(event))
    state = state._replace(moved="", moved_lines=()) if state.moved else state
    if handle is None:
        return state
    state = handle(state, event, moment, log)
    passed = find_passed(state, log)
    if not passed:
        return state
    if state.stage == len(log.program.stages) - 1:
        return state._replace(done=True, moved_lines=passed)
    return _go_to(state._replace(moved="up", moved_lines=passed), state.stage + 1)


def _with(table: Mapping[str, _Value], key: str, value: _Value) -> Mapping[str, _Value]:
    return MappingProxyType({**table, key: value})


def _answer(state: State, event: RedFlagAnswers, moment: Moment, log: Log) -> State:
    flags = {flag.id: flag for flag in log.program.red_flags}
    stops = []
    for name, answer in event.answers.items():
        if answer:
            flag = flags.get(name)
            stops.append(
                Stop(
                    flag is not None and flag.urgency == "emergency", flag.question if flag else name, "yes", event.key,
                    log.program.sources.get(flag.source, flag.source) if flag else "An earlier version of the program",
                )
            )  # fmt: skip
    return _stop(state, *stops)._replace(
        answers=MappingProxyType({**state.answers, **event.answers}),
        answer_keys=(*state.answer_keys, event.key), answers_fresh=True,
    )  # fmt: skip


def _stop(state: State, *stops: Stop) -> State:
    """Add stops. What was gathered for a gate before a stop does not count after it."""
    if not stops:
        return state
    return state._replace(stops=(*state.stops, *stops), credits=_EMPTY, tallies=_EMPTY, acute=None)


def _take_in(state: State, event: Intake, moment: Moment, log: Log) -> State:
    session = state.session
    if session is not None and session.resting is None and event.pain is not None:
        session = replace(session, resting=event.pain)
    sleep = state.sleep
    if session is not None and sleep is not None and sleep.session == session.session:
        sleep = replace(sleep, resting=session.resting or 0)
    return state._replace(intake=event, session=session, sleep=sleep)


def _open(state: State, event: SessionOpened, moment: Moment, log: Log) -> State:
    first = state.sleep is None
    state = _end(state, event.key, moment, log)
    again = ""
    if event.new_symptoms:
        again = "Something is new or worse"
    elif event.new_symptoms is None and not first and not state.answers_fresh:
        again = "Whether anything is new or worse was not answered"
    if again:
        state = state._replace(answers=_EMPTY, answer_keys=())
    elif state.unanswered(log.program):
        again = state.asked_again
    return state._replace(
        session=Open(event.session, event.key, event.resting_pain, moment), asked_again=again,
        sleep=Sleep(event.session, event.resting_pain or 0, None, state.sleep), answers_fresh=False,
        acute=None, last=None, reading=None, feel=None, tallies=_EMPTY,
    )  # fmt: skip


def _close(state: State, event: SessionClosed, moment: Moment, log: Log) -> State:
    if state.session is None or state.session.session != event.session:
        return state
    return _end(state, event.key, moment, log)


def _end(state: State, key: str, moment: Moment, log: Log) -> State:
    """End the session that is going on, and keep what it brought for the gates of its step."""
    session = state.session
    if session is None:
        return state
    sleep = state.sleep
    if sleep is not None and sleep.session == session.session:
        sleep = replace(sleep, ended=moment)
    credits = dict(state.credits)
    for name in log.program.stages[state.stage].drills:
        credit = session_credit(state, name, log)
        if credit is not None:
            credits[name] = (*credits.get(name, ()), credit)[-_KEPT:]
    acute = state.acute if state.acute is not None and state.acute.kind == "sore" else None
    return state._replace(
        session=None, sleep=sleep, tallies=_EMPTY, acute=acute, answers_fresh=False,
        last=None, reading=None, feel=None, credits=MappingProxyType(credits),
    )  # fmt: skip


def _see(state: State, event: ClipSeen, moment: Moment, log: Log) -> State:
    """Keep a screen. The coached side of a before and after is no screen: its pain counts as a set's does."""
    stage = log.program.stages[state.stage]
    if event.label == "coached":
        felt = FeelLog(
            key=event.key, at=event.at, session=event.session, drill=event.drill, effort=None, pain=event.pain
        )
        return _hurt(state, felt, call_pain(felt, state.resting()))
    if not is_screen(stage, log.program) or event.drill not in stage.drills:
        return state
    return keep_screen(state, event.drill, event.outcome, event.key, event.pain)._replace(acute=None)


def _do(state: State, event: SetDone, moment: Moment, log: Log) -> State:
    session = state.session
    if session is None or session.session != event.session:
        return state
    stage = log.program.stages[state.stage]
    known = any(drill.id == event.drill for drill in log.program.drills)
    gate = log.program.drill(event.drill).gate if known else None
    reading = read_set(event, gate)
    tired = reading.fatigue_deg is not None and reading.fatigue_deg >= FATIGUE_DEG
    state = state._replace(
        session=replace(session, sets=session.sets + 1), last=event, reading=reading, feel=None,
        acute=Acute("fatigue", event.key) if tired else None,
    )  # fmt: skip
    if event.drill not in stage.drills:
        return state
    if is_screen(stage, log.program):
        return keep_screen(state, event.drill, event.outcome or "filmed", event.key, None)
    if gate is None or not state.may_go_on(log.program):
        return state
    return _work(state, event, reading, moment, log)


def _work(state: State, event: SetDone, reading: Reading, moment: Moment, log: Log) -> State:
    """Count a set of the present step, and look whether an easier form comes next."""
    drill = log.program.drill(event.drill)
    helped = any(one.id == event.variant and one.direction == "easier" for one in drill.variants)
    counts = counts_for_gate(drill, event.variant)
    if state.drill != event.drill:
        state = state._replace(drill=event.drill, variant="")
    if counts and drill.gate is not None:
        tally = add_set(state.tallies.get(drill.id, Tally()), event, reading, drill.gate, moment)
        state = state._replace(tallies=_with(state.tallies, drill.id, tally))
    if reading.two_missed:
        return _ease(state._replace(variant=event.variant), Acute("missed", event.key), reading.missed, log)
    if helped and (counts or (reading.judged and not reading.good)):
        return state._replace(variant=event.variant)
    # Practice that the camera does not judge, or a form that works: the drill as it stands comes next.
    return state._replace(variant="") if helped or reading.good else state


def _ease(state: State, acute: Acute, missed: tuple[str, ...], log: Log) -> State:
    """Turn to an easier form of the drill; the one just done is not tried again in this session."""
    if state.drill is None:
        return state._replace(acute=acute)
    session = state.session
    tried = session.tried if session is not None else ()
    if state.variant and state.variant not in tried:
        tried = (*tried, state.variant)
    if session is not None:
        session = replace(session, tried=tried)
    variant = choose_easier(log.program.drill(state.drill), missed, tried)
    if variant is None:
        return state._replace(session=session, acute=replace(acute, kind="exhausted"))
    return state._replace(session=session, acute=acute, variant=variant.id)


def _feel(state: State, event: FeelLog, moment: Moment, log: Log) -> State:
    call = call_pain(event, state.resting())
    if call == "stop_see":
        rule = "New numbness or weakness" if event.new_numbness else "Leg pain that moves further down the leg"
        source = log.program.sources.get("pain", "The program's rules about pain")
        return _stop(state, Stop(False, rule, "yes", event.key, source))
    stage, session = log.program.stages[state.stage], state.session
    here = event.drill in stage.drills and session is not None and session.session == event.session
    done = state.last if state.last is not None and state.last.drill == event.drill else None
    if done is not None:
        state = state._replace(feel=event)
    screens = is_screen(stage, log.program)
    if here and screens:
        state, here = add_screen_pain(state, event), False
    elif here:
        counted = done is not None and counts_for_gate(log.program.drill(event.drill), done.variant)
        tally = add_feel(state.tallies.get(event.drill, Tally()), event, counted)
        state = state._replace(tallies=_with(state.tallies, event.drill, tally))
    state = _hurt(state, event, call)
    return state if call == "stop_set" else _felt(state, event, call == "less" and not screens, here, log)


def _hurt(state: State, event: FeelLog, call: PainCall) -> State:
    """Keep the session's worst pain in the back; stop the set where pain asks for it.

    The second set that is stopped ends the session. Sessions before a stopped set no longer add up for a gate.
    """
    session, back = state.session, rate_back(event)
    if session is not None and back is not None:
        session = replace(session, worst=max(back, session.worst or 0))
        state = state._replace(session=session)
    if call != "stop_set":
        return state
    again = False
    if session is not None:
        same = state.last is not None and session.stopped_at == state.last.key
        stopped_at = state.last.key if state.last is not None else ""
        session = replace(session, stops=session.stops + (not same), stopped_at=stopped_at)
        again = session.stops > 1
    acute = Acute("pain_end" if again else "pain_stop", event.key)
    return state._replace(session=session, credits=_EMPTY, acute=acute, feel=event)


def _felt(state: State, event: FeelLog, less: bool, here: bool, log: Log) -> State:
    """Turn to an easier form where the back did the work; else note pain that asks for less."""
    if state.acute is not None and state.acute.kind in ("missed", "exhausted", "pain_stop", "pain_end"):
        return state
    if here and event.effort is not None and "low_back" in event.effort:
        if state.drill != event.drill:
            state = state._replace(drill=event.drill, variant="")
        return _ease(state, Acute("felt_back", event.key), ("4",), log)
    return state._replace(acute=Acute("less", event.key) if less else None, feel=event if less else state.feel)


def _wake(state: State, event: NextMorning, moment: Moment, log: Log) -> State:
    """Take the answer of a morning: sore steps back, calm counts for the gate."""
    night = state.sleep
    while night is not None and night.session != event.session:
        night = night.older
    if night is None:
        return state
    rise = event.pain - night.resting
    if rise >= RISE:
        if night.session in state.sore:
            return state
        return _step_back(state._replace(sore=(*state.sore, night.session)), event, night, log)
    if night.ended is None or find_gap(night.ended, moment, log.backs) < MORNING:
        return state
    credits = {
        name: tuple(
            replace(c, rise=rise, keys=(*c.keys, event.key)) if c.session == event.session else c for c in those
        )
        for name, those in state.credits.items()
    }
    return state._replace(credits=MappingProxyType(credits))


def _step_back(state: State, event: NextMorning, night: Sleep, log: Log) -> State:
    first = first_step(log.program)
    if state.stage < first:
        return state
    if state.stage > first:
        lower = [k for k in range(first, state.stage) if not is_screen(log.program.stages[k], log.program)]
        line = Line(
            "The next morning", f"less than {RISE} more than at rest ({night.resting})", f"{event.pain} of 10", False,
            (event.key,), log.program.sources.get("pain", "The program's rules about pain"),
        )  # fmt: skip
        return _go_to(state._replace(moved="down", moved_lines=(line,), done=False), lower[-1])
    acute = Acute("sore", event.key, f"{event.pain} of 10, {night.resting} at rest before")
    drill = state.drill or log.program.stages[first].drills[0]
    state = state._replace(credits=_EMPTY, tallies=_EMPTY, done=False, drill=drill)
    return _ease(state, acute, ("4",), log)._replace(acute=acute)


def _go_to(state: State, stage: int) -> State:
    """Stand at another step, with nothing gathered for its gate yet."""
    session = replace(state.session, tried=()) if state.session is not None else None
    return state._replace(
        stage=stage, session=session, tallies=_EMPTY, credits=_EMPTY, drill=None, variant="", acute=None, override=None,
    )  # fmt: skip


def _override(state: State, event: Override, moment: Moment, log: Log) -> State:
    if event.clears_stop:
        settled = {name: False if answer else answer for name, answer in state.answers.items()}
        state = state._replace(stops=(), answers=MappingProxyType(settled))
    if state.session is not None:
        state = state._replace(session=replace(state.session, stops=0, worst=None))
    stage = step_index(log.program, event.step) if event.step is not None else None
    if stage is None:
        return state._replace(override=event, moved="override", acute=None)
    state = _go_to(state, stage)._replace(done=False, override=event, moved="override", variant=event.variant)
    if is_screen(log.program.stages[stage], log.program):
        state = state._replace(screened=_EMPTY)
    names = log.program.stages[stage].drills
    return state._replace(drill=event.drill) if event.drill in names else state


_HANDLERS: Mapping[type[Event], Callable[[State, Any, Moment, Log], State]] = MappingProxyType(
    {
        RedFlagAnswers: _answer, Intake: _take_in, SessionOpened: _open, SessionClosed: _close, ClipSeen: _see,
        SetDone: _do, FeelLog: _feel, NextMorning: _wake, Override: _override,
    }
)  # fmt: skip
