"""One entry after the other: how each changes where a person stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from hiphinge.program.clock import Moment
from hiphinge.program.gates import (
    FATIGUE_DEG,
    Reading,
    Tally,
    add_feel,
    add_set,
    counts_for_gate,
    drop_old,
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
from hiphinge.program.lines import rest_line
from hiphinge.program.moving import ask_flags_again, ease, go_to, stop
from hiphinge.program.nights import add_night, find_night, keep_night, note_work, settle, wake
from hiphinge.program.overrides import override
from hiphinge.program.pain import (
    STOP,
    PainCall,
    call_pain,
    felt_effort,
    is_answered,
    is_back_pain,
    merge_feels,
    pain_lines,
    rate_back,
)
from hiphinge.program.passing import find_passed, session_credit
from hiphinge.program.screens import add_screen_pain, keep_early, keep_screen, settle_early
from hiphinge.program.state import (
    NIGHT,
    Acute,
    Hold,
    Log,
    Open,
    Sleep,
    State,
    Stop,
    is_screen,
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
    return go_to(state._replace(moved="up", moved_lines=passed), state.stage + 1)


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
    whole = all(event.answers.get(name) is not None for name in flags)
    state = stop(state, *stops)._replace(
        answers=MappingProxyType({**state.answers, **event.answers}), answer_keys=(*state.answer_keys, event.key),
        answers_fresh=state.answers_fresh or whole, worse=state.worse and not whole,
    )  # fmt: skip
    return settle_early(state, log.program)


def _take_in(state: State, event: Intake, moment: Moment, log: Log) -> State:
    """Keep the intake. Before the first set it answers the back's pain at rest, where that was not answered."""
    state = state._replace(intake=event)
    if event.pain is None:
        return state
    session, back = state.session, event.pain if is_back_pain(event.places) else 0
    if session is not None and session.resting is None:
        if session.sets:
            state = state._replace(session=replace(session, late=True))
        else:
            worst = max(back, session.worst or 0)
            state = state._replace(session=replace(session, resting=back, worst=worst))
            night = find_night(state, session.session)
            state = state if night is None else keep_night(state, replace(night, resting=back))
            state = settle(state, moment, log)
            waits = session.waits
            if waits is not None:
                state = _hurt(state, waits, call_pain(waits, back), waits.key, moment, log)
    return _rest_today(state, back, event.key, moment, log) if back >= STOP else state


def _rest_today(state: State, pain: int, key: str, moment: Moment, log: Log) -> State:
    """Leave out the sets of a day on which pain at rest is too high."""
    line = rest_line(pain, key, log.program)
    why = f"Your pain at rest is {line.seen}: leave the sets for another day, and see a clinician if it stays."
    return state._replace(ended=Hold(why, state.session.session if state.session else "", moment, (line,)))


def _open(state: State, event: SessionOpened, moment: Moment, log: Log) -> State:
    first = not state.nights
    state = _end(state, event.key, moment, log)
    again = ""
    if event.new_symptoms:
        again = "Something is new or worse"
    elif state.worse:
        again = "Your back was more sore the next morning"
    elif event.new_symptoms is None and not first and not state.answers_fresh:
        again = "Whether anything is new or worse was not answered"
    if again:
        state = ask_flags_again(state, again)
    elif not state.unanswered(log.program):
        state = state._replace(asked_again="")
    state = add_night(state, Sleep(event.session, event.resting_pain or 0, event.key, moment))
    night, rest = find_night(state, event.session), event.resting_pain
    if rest is not None and night is not None:
        rest = night.resting
    if state.ended is not None and log.gap(state.ended.since, moment) >= NIGHT:
        state = state._replace(ended=None)
    state = state._replace(
        session=Open(event.session, event.key, rest, moment, worst=rest), answers_fresh=False,
        acute=None, last=None, reading=None, feel=None, tallies=_EMPTY, due=False,
        credits=MappingProxyType({name: drop_old(those, moment, log.backs) for name, those in state.credits.items()}),
    )  # fmt: skip
    state = settle(state, moment, log)
    if event.resting_pain is not None and event.resting_pain >= STOP:
        return _rest_today(state, event.resting_pain, event.key, moment, log)
    return state


def _close(state: State, event: SessionClosed, moment: Moment, log: Log) -> State:
    if state.session is None or state.session.session != event.session:
        return state
    return _end(state, event.key, moment, log)


def _end(state: State, key: str, moment: Moment, log: Log) -> State:
    """End the session that is going on, and keep what it brought for the gates of its step.

    One in which a set was stopped is followed by a night, so that closing and opening it again changes nothing.
    """
    session = state.session
    if session is None:
        return state
    night = find_night(state, session.session)
    credits = dict(state.credits)
    for name in log.program.stages[state.stage].drills:
        credit = session_credit(state, name, log)
        if credit is None:
            continue
        if night is not None and night.morning is not None:
            credit = replace(
                credit, rise=night.morning - night.resting, morning=night.morning,
                keys=(*credit.keys, night.morning_key),
            )  # fmt: skip
        credits[name] = (*drop_old(credits.get(name, ()), moment, log.backs), credit)[-_KEPT:]
    ended = state.ended
    if session.stops and (ended is None or ended.session != session.session):
        ended = Hold("Pain stopped a set: that is enough for today.", session.session, moment, _pain_lines(state, log))
    acute = state.acute if state.acute is not None and state.acute.kind == "sore" else None
    return state._replace(
        session=None, tallies=_EMPTY, acute=acute, ended=ended, answers_fresh=False, due=False,
        last=None, reading=None, feel=None, credits=MappingProxyType(credits),
    )  # fmt: skip


def _pain_lines(state: State, log: Log) -> tuple[Any, ...]:
    feel = state.acute.feel if state.acute is not None else None
    if feel is None and state.session is not None:
        return (rest_line(state.session.worst or 0, state.session.key, log.program, "Worst pain of the session"),)
    return pain_lines(feel, state.resting(), log.program) if feel is not None else ()


def _see(state: State, event: ClipSeen, moment: Moment, log: Log) -> State:
    """Look at the pain of a clip as at a set's; keep a screen, unless it was filmed while something said *not now*.

    The coached side of a before and after is no screen.
    """
    stage, before = log.program.stages[state.stage], state
    screens = is_screen(stage, log.program)
    felt = FeelLog(key=event.key, at=event.at, session=event.session, drill=event.drill, effort=None, pain=event.pain)
    state = note_work(state, event.session, moment)
    call = call_pain(felt, _rest_of_look(state, felt, screens))
    state = _wait(_hurt(state, felt, call, event.key, moment, log), felt, screens)
    if screens and event.drill in stage.drills and event.label != "coached":
        if before.ended is not None:
            return state
        keep = keep_screen if before.may_go_on(log.program) else keep_early
        return keep(state, event.drill, event.outcome, event.key, event.pain)
    if call == "less" and not screens and (state.acute is None or state.acute.kind == "less"):
        return state._replace(acute=Acute("less", event.key, feel=felt))
    return state


def _asks_rest(state: State, felt: FeelLog, screens: bool) -> bool:
    """Say whether pain of a look at the bend came before it was asked what it is at rest: that comes before any set."""
    session = state.session
    return screens and session is not None and session.session == felt.session and session.resting is None


def _rest_of_look(state: State, felt: FeelLog, screens: bool) -> int:
    """Return what a look's pain is compared with: itself, as long as pain at rest is still to be asked."""
    return felt.pain or 0 if _asks_rest(state, felt, screens) else state.resting()


def _wait(state: State, felt: FeelLog, screens: bool) -> State:
    """Keep the worst pain of the looks that wait for the pain at rest."""
    session = state.session
    if session is None or felt.pain is None or not _asks_rest(state, felt, screens):
        return state
    if session.waits is not None and (session.waits.pain or 0) >= felt.pain:
        return state
    return state._replace(session=replace(session, waits=felt))


def _do(state: State, event: SetDone, moment: Moment, log: Log) -> State:
    state = note_work(state, event.session, moment)
    session = state.session
    if session is None or session.session != event.session:
        return state
    stage = log.program.stages[state.stage]
    known = any(drill.id == event.drill for drill in log.program.drills)
    gate = log.program.drill(event.drill).gate if known else None
    reading = read_set(event, gate)
    tired = reading.fatigue_deg is not None and reading.fatigue_deg >= FATIGUE_DEG
    state = state._replace(
        session=replace(session, sets=session.sets + 1), last=event, last_at=moment, reading=reading, feel=None,
        due=False, acute=Acute("fatigue", event.key) if tired else None,
    )  # fmt: skip
    if event.drill not in stage.drills or state.ended is not None:
        return state
    may_go_on = state.may_go_on(log.program)
    if is_screen(stage, log.program):
        keep = keep_screen if may_go_on else keep_early
        return keep(state, event.drill, event.outcome or "filmed", event.key, None)
    return _work(state, event, reading, moment, log) if may_go_on and gate is not None else state


def _work(state: State, event: SetDone, reading: Reading, moment: Moment, log: Log) -> State:
    """Take a set of the present step, and look whether an easier form comes next.

    It counts for the gate once it is answered; never with two misses in a row.
    """
    drill = log.program.drill(event.drill)
    helped = any(one.id == event.variant and one.direction == "easier" for one in drill.variants)
    counts = counts_for_gate(drill, event.variant)
    if state.drill != event.drill:
        state = state._replace(drill=event.drill, variant="")
    if reading.two_missed:
        acute = Acute("missed", event.key)
        return ease(state._replace(variant=event.variant), acute, reading.missed, moment, log)
    state = state._replace(due=counts)
    if helped and (counts or (reading.judged and not reading.good)):
        return state._replace(variant=event.variant)
    # Practice that the camera does not judge, or a form that works: the drill as it stands comes next.
    return state._replace(variant="") if helped or reading.good else state


def _feel(state: State, event: FeelLog, moment: Moment, log: Log) -> State:
    state = note_work(state, event.session, moment)
    call = call_pain(event, state.resting())
    stage, session = log.program.stages[state.stage], state.session
    now = session is not None and session.session == event.session
    mine = now and state.last is not None and state.last.drill == event.drill
    if mine:
        state = state._replace(feel=merge_feels(state.feel, event))
    if call == "stop_see":
        rule = "New numbness or weakness" if event.new_numbness else "Leg pain that moves further down the leg"
        source = log.program.sources.get("leg", "The program's rules about pain")
        return stop(state, Stop(False, rule, "yes", event.key, source))
    here, screens = now and event.drill in stage.drills, is_screen(stage, log.program)
    if here and screens:
        state, here = add_screen_pain(state, event), False
    elif here:
        state = _count(state, event, mine, log)
    about = state.last.key if mine and state.last is not None else event.key
    state = _hurt(state, event, call, about, moment, log)
    return state if call == "stop_set" else _felt(state, event, call == "less" and not screens, here, moment, log)


def _count(state: State, event: FeelLog, mine: bool, log: Log) -> State:
    """Put a set into the tally of its drill once it is answered whole, and how it felt."""
    gate, tally, last = log.program.drill(event.drill).gate, state.tallies.get(event.drill, Tally()), state.last
    feel = state.feel if mine and state.feel is not None else event
    if mine and state.due and is_answered(feel) and gate and last and state.reading and state.last_at:
        tally = add_set(tally, last, state.reading, gate, state.last_at)
        state = state._replace(due=False)
    counted = mine and last is not None and last.key in tally.keys
    return state._replace(tallies=_with(state.tallies, event.drill, add_feel(tally, feel, counted)))


def _hurt(state: State, event: FeelLog, call: PainCall, about: str, moment: Moment, log: Log) -> State:
    """Keep the session's worst pain in the back; stop the set (or clip, ``about``) where pain asks for it.

    The second set that is stopped ends the session, and so does the first while only looking (at the screens), or when
    no session goes on. Sessions before a stopped set no longer add up for a gate.
    """
    session, back = state.session, rate_back(event)
    if session is not None and back is not None:
        session = replace(session, worst=max(back, session.worst or 0))
        state = state._replace(session=session)
    if call != "stop_set":
        return state
    if session is not None:
        session = replace(session, stops=session.stops + (session.stopped_at != about), stopped_at=about)
    state = state._replace(session=session, credits=_EMPTY, acute=Acute("pain_stop", event.key, feel=event))
    looks = is_screen(log.program.stages[state.stage], log.program)
    if session is not None and session.stops < 2 and not looks:
        return state
    why = f"Pain stopped a second set ({event.pain} of 10): that is enough for today."
    if session is None or looks:
        rest = "what is left to film can wait for another day" if looks else "leave the sets for another day"
        why = f"Pain was {event.pain} of 10: rest, and {rest}."
    lines = pain_lines(event, state.resting(), log.program)
    ended = Hold(why, session.session if session is not None else "", moment, lines)
    return state._replace(ended=ended, acute=None)


def _felt(state: State, event: FeelLog, less: bool, here: bool, moment: Moment, log: Log) -> State:
    """Turn to an easier form where the back did the work; else note pain that asks for less."""
    if state.ended is not None or (state.acute is not None and state.acute.kind in ("missed", "pain_stop")):
        return state
    if here and "low_back" in (felt_effort(event) or ()):
        if state.drill != event.drill:
            state = state._replace(drill=event.drill, variant="")
        return ease(state, Acute("felt_back", event.key), ("4",), moment, log)
    return state._replace(acute=Acute("less", event.key, feel=event) if less else None)


_HANDLERS: Mapping[type[Event], Callable[[State, Any, Moment, Log], State]] = MappingProxyType(
    {
        RedFlagAnswers: _answer, Intake: _take_in, SessionOpened: _open, SessionClosed: _close, ClipSeen: _see,
        SetDone: _do, FeelLog: _feel, NextMorning: wake, Override: override,
    }
)  # fmt: skip
