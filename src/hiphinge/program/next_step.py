"""What comes next for a person, and why: the decision as a pure function of the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from hiphinge.program.clock import SLACK, Back, Moment, find_ahead, find_backs, find_withdrawn
from hiphinge.program.corrected import ABOUT_OTHERS, apply_correction, find_corrections
from hiphinge.program.decide import decide
from hiphinge.program.decision import Decision
from hiphinge.program.fold import advance
from hiphinge.program.history import Corrected, Event, History
from hiphinge.program.model import Program
from hiphinge.program.nights import due_morning
from hiphinge.program.state import Log, State

__all__ = ["Move", "Present", "next_step", "present", "read_moves", "read_state", "replay"]

_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Present:
    """Where a person stands.

    ``step`` is the stage, ``drill`` the one picked last (None: none yet), ``variant`` the form that is advised,
    ``session`` the open session's name (None: none is open), ``open_flags`` the red-flag questions that are to be
    answered now, ``morning`` the session whose next morning is (None: none).
    """

    step: str
    drill: str | None
    variant: str
    session: str | None
    resting_pain: int | None
    stopped: bool
    done: bool
    open_flags: tuple[str, ...] = ()
    morning: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A change of step: where to, when, by which entry, and how (``override``: a clinician's decision)."""

    step: str
    at: datetime
    key: str
    how: Literal["start", "up", "down", "override", "done"]


def next_step(history: History, program: Program) -> Decision:
    """Decide what comes next.

    Red flags come before everything, then a clinician's decision, then pain, then the gates of the present step.

    Parameters
    ----------
    history
        The person's log, in order of its entries.
    program
        The program that is followed.

    Notes
    -----
    A withdrawn entry counts as never entered, a corrected one as if it had been seen so from the start. Times only tell
    how far apart entries are: see ``clock``.
    """
    state, log = read_state(history, program)
    return decide(state, history.now, log)


def present(history: History, program: Program) -> Present:
    """Tell where the person stands, without deciding anything."""
    state, log = read_state(history, program)
    session, night = state.session, due_morning(state, history.now, log)
    return Present(
        program.stages[state.stage].id, state.drill, state.variant, session.session if session else None,
        session.resting if session else None, bool(state.stops), state.done, state.unanswered(program),
        night.session if night is not None else None,
    )  # fmt: skip


def read_state(history: History, program: Program) -> tuple[State, Log]:
    """Fold a whole log."""
    gone = find_withdrawn(history.events)
    log = _read_clock(history.events, gone, history.now, program)
    state = State()
    for event, moment in _walk(history.events, gone):
        state = advance(state, event, moment, log)
    return state, log


def read_moves(history: History, program: Program) -> tuple[Move, ...]:
    """Return every change of step, oldest first, beginning with the first entry."""
    gone = find_withdrawn(history.events)
    log = _read_clock(history.events, gone, history.now, program)
    state = State()
    moves: list[Move] = []
    for event, moment in _walk(history.events, gone):
        before, state = state, advance(state, event, moment, log)
        step = program.stages[state.stage].id
        if not moves:
            moves.append(Move(program.stages[0].id, event.at, event.key, "start"))
        if state.stage != before.stage:
            how: Literal["up", "down", "override"] = "up"
            if state.moved == "down" or state.moved == "override":
                how = state.moved
            moves.append(Move(step, event.at, event.key, how))
        elif state.done and not before.done:
            moves.append(Move(step, event.at, event.key, "done"))
    return tuple(moves)


def replay(history: History, program: Program) -> tuple[Decision, ...]:
    """Decide after every entry, as it was decided then.

    Decision ``k`` is what ``next_step`` says of the first ``k + 1`` entries at the time of entry ``k``.

    Notes
    -----
    One pass. An entry that changes how earlier ones are read (one that withdraws or corrects another, or one that shows
    that a clock had been ahead) has the log read again from the first entry concerned.
    """
    events = history.events
    log, gone = Log(program), frozenset[str]()
    fixed: Mapping[str, Corrected] = {}
    states, decisions = [State()], []  # states[k]: where the person stood before entry k
    moments: list[Moment] = []
    for k, event in enumerate(events):
        latest = moments[-1].latest if moments else event.at
        start, decision = k, None
        if isinstance(event, ABOUT_OTHERS) or event.at + SLACK < latest:
            prefix = events[: k + 1]
            before, was, had = log.backs, gone, fixed
            gone = find_withdrawn(prefix)
            fixed = find_corrections(prefix, gone)
            log = _read_clock(prefix, gone, None, program)
            changed = {key for key in (*had, *fixed) if had.get(key) != fixed.get(key)}
            start = _first_concerned(prefix, (was ^ gone) | changed, set(before) ^ set(log.backs))
            decision = next_step(History(prefix, event.at), program)
        _read_again(_Entries(events, gone, fixed), start, k, log, states, moments)
        decisions.append(decision or decide(states[-1], event.at, log))
    return tuple(decisions)


@dataclass(frozen=True, slots=True)
class _Entries:
    """A log, the keys that are withdrawn, and how corrected entries are read."""

    events: Sequence[Event]
    gone: frozenset[str]
    fixed: Mapping[str, Corrected]


def _read_again(entries: _Entries, start: int, end: int, log: Log, states: list[State], moments: list[Moment]) -> None:
    """Fold entries ``start`` to ``end``, in place of what ``states`` and ``moments`` hold from there on."""
    del states[start + 1 :], moments[start:]
    for index in range(start, end + 1):
        event = apply_correction(entries.events[index], entries.fixed)
        before = moments[-1].latest if moments else None
        if event.key in entries.gone or isinstance(event, ABOUT_OTHERS):
            moments.append(Moment(index, event.at, before if before is not None else _EARLIEST))
            states.append(states[-1])
            continue
        moment = Moment(index, event.at, event.at if before is None else max(before, event.at))
        moments.append(moment)
        states.append(advance(states[-1], event, moment, log))


def _first_concerned(events: Sequence[Event], keys: Collection[str], backs: Iterable[Back]) -> int:
    """Return the first entry that is read otherwise now: one of ``keys``, or later than a clock that went back."""
    earliest = min((back.at for back in backs), default=None)
    for index, event in enumerate(events):
        if event.key in keys or (earliest is not None and event.at > earliest):
            return index
    return len(events) - 1


def _walk(events: Sequence[Event], gone: Collection[str]) -> Iterator[tuple[Event, Moment]]:
    """Give the entries that count, as corrected, each with its moment."""
    latest, fixed = _EARLIEST, find_corrections(events, gone)
    for index, event in enumerate(events):
        if event.key not in gone and not isinstance(event, ABOUT_OTHERS):
            latest = max(latest, event.at)
            yield apply_correction(event, fixed), Moment(index, event.at, latest)


def _read_clock(events: Sequence[Event], gone: Collection[str], now: datetime | None, program: Program) -> Log:
    """Find where the clock went back, and which entry ran far ahead; the present counts too."""
    times = [(moment.index, event.at, event.key) for event, moment in _walk(events, gone)]
    plain = [(index, at) for index, at, _ in times]
    backs = find_backs(plain if now is None else [*plain, (len(events), now)])
    return Log(program, backs, find_ahead(times, backs) if backs else "")
