"""Who needs a look, and why: read from a person's log, notes and jobs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Literal

from hiphinge.program.decision import Decision
from hiphinge.program.facts import SessionFacts, counting, session_facts, worst_pain
from hiphinge.program.history import Corrected, Event, History, Override, SessionOpened, SetDone, Withdrawn
from hiphinge.program.model import Program
from hiphinge.program.next_step import present, read_state
from hiphinge.program.pain import RISE
from hiphinge.program.progress import Progress, summarise_progress
from hiphinge.program.trend import Trend
from hiphinge.program.words import STOPS
from hiphinge.service.commandline import day_text

__all__ = ["KINDS", "Facts", "Reason", "RosterRow", "Tone", "find_reasons", "last_seen", "roster_row", "sort_rows"]

#: ``stop``: look now. ``look``: look soon. ``quiet``: good to know. ``good``: good news.
Tone = Literal["stop", "look", "quiet", "good"]
#: Every kind of reason, the most urgent first, and in a word or two.
KINDS: dict[str, str] = {
    "stop": "stop in force",
    "refused": "decision not followed",
    "sore": "sore morning",
    "pain_rising": "pain rising",
    "pain_stop": "pain ended a session",
    "failed": "film failed",
    "note": "note to answer",
    "flags": "questions open",
    "stuck": "stuck on a step",
    "camera": "camera cannot tell",
    "missed": "missed sessions",
    "morning": "morning to answer",
    "new": "not begun",
    "gate": "step passed",
    "done": "all steps passed",
}
#: So many sessions of the present step without passing it (DESIGN).
STUCK_SESSIONS = 5
#: What is looked back at for sessions missed, and when somebody counts as away (DESIGN).
_FORTNIGHT, _AWAY = timedelta(days=14), timedelta(days=21)
#: A passed step is news for so long.
_NEWS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person needs a look; ``since`` where that is known."""

    kind: str
    tone: Tone
    text: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the log does not hold: films that failed, and the newest note the person wrote that nobody answered."""

    failed: int = 0
    waiting_note: datetime | None = None


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A person on the roster; ``trend`` is the lumbar flexion of the present kind of drill, None where not told."""

    person: str
    name: str
    reasons: tuple[Reason, ...]
    step: str
    decision: Decision
    last_seen: datetime | None
    sessions: int
    trend: Trend | None

    @property
    def tone(self) -> Tone:
        """How urgent the most urgent reason is."""
        return self.reasons[0].tone if self.reasons else "good"


def roster_row(history: History, program: Program, *, person: str, name: str, facts: Facts | None = None) -> RosterRow:
    """Sum a person up for the roster.

    Parameters
    ----------
    history
        The log.
    program
        The program that is followed.
    person, name
        Id and name.
    facts
        What the log does not hold.
    """
    progress = summarise_progress(history, program, person=name)
    lumbar = next((one for one in progress.trends if one.name == "lumbar_flexion"), None)
    events = counting(history)
    return RosterRow(
        person=person,
        name=name,
        reasons=find_reasons(history, program, progress=progress, facts=facts),
        step=progress.step,
        decision=progress.decision,
        last_seen=last_seen(events),
        sessions=progress.sessions,
        trend=lumbar,
    )


def last_seen(events: Iterable[Event]) -> datetime | None:
    """Return when somebody last answered or moved; what a clinician entered about them does not count."""
    return max((one.at for one in events if not isinstance(one, Override | Corrected | Withdrawn)), default=None)


def sort_rows(rows: Iterable[RosterRow]) -> tuple[RosterRow, ...]:
    """Put those who need a look first: by the most urgent reason, then the number of reasons, then the name."""
    order = {kind: place for place, kind in enumerate(KINDS)}
    calm = len(order)

    def place(row: RosterRow) -> tuple[int, int, str]:
        first = min((order[one.kind] for one in row.reasons), default=calm)
        return first, -len(row.reasons), row.name.casefold()

    return tuple(sorted(rows, key=place))


def find_reasons(
    history: History, program: Program, *, progress: Progress | None = None, facts: Facts | None = None
) -> tuple[Reason, ...]:
    """Say why somebody should look at a person, the most urgent reason first; empty where nobody need.

    Parameters
    ----------
    history
        The log.
    program
        The program that is followed.
    progress
        Its sum, where that was made already.
    facts
        What the log does not hold.
    """
    found = progress if progress is not None else summarise_progress(history, program)
    facts = facts if facts is not None else Facts()
    sessions = tuple(one for one in session_facts(counting(history)).values() if one.worked)
    stopped = found.decision.action in STOPS
    reasons = [
        *_stops(found.decision, history, program),
        *_states(history, program, stopped=stopped),
        *_pain(sessions),
        *_outside(facts),
        *_step(found, sessions, program),
        *([] if stopped else _missed(found, history, sessions)),
        *_news(found, history),
    ]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return tuple(sorted({one.kind: one for one in reversed(reasons)}.values(), key=lambda one: order[one.kind]))


def _stops(decision: Decision, history: History, program: Program) -> list[Reason]:
    """Say what stopped a person: to the clinician, so not in the words that tell the person what to do."""
    if decision.action not in STOPS:
        return []
    state, _ = read_state(history, program)
    first = sorted(state.stops, key=lambda stop: not stop.emergency)
    if not first:
        return [Reason("stop", "stop", decision.reason)]
    rules = dict.fromkeys(one.rule for one in first if one.emergency == first[0].emergency)
    told = " ".join(f"Yes to: {rule}" if rule.endswith("?") else f"{rule.rstrip('.')}." for rule in rules)
    return [Reason("stop", "stop", f"Sent to an emergency department. {told}" if first[0].emergency else told)]


def _states(history: History, program: Program, *, stopped: bool) -> list[Reason]:
    """Read what the program itself says is not as it should be."""
    state, _ = read_state(history, program)
    now = present(history, program)
    found = []
    if state.refusal is not None:
        found.append(Reason("refused", "look", f"A decision changes nothing: {state.refusal.why}."))
    if state.sore is not None:
        found.append(Reason("sore", "look", f"{state.sore.why}.".replace("..", "."), state.sore.since.at))
    if state.ended is not None and not stopped:
        found.append(Reason("pain_stop", "look", state.ended.why, state.ended.since.at))
    begun = any(isinstance(one, SessionOpened) for one in history.events)
    if now.open_flags and begun and not stopped:
        many = len(now.open_flags)
        text = f"{many} red-flag question{'s are' if many > 1 else ' is'} not answered; until then sets count nothing."
        found.append(Reason("flags", "look", text))
    if now.morning is not None:
        night = next((one for one in state.nights if one.session == now.morning), None)
        opened = night.opened.at if night is not None and night.opened is not None else None
        day = f" of {day_text(opened)}" if opened is not None else ""
        found.append(Reason("morning", "quiet", f"The morning after the session{day} was not answered yet.", opened))
    if not begun:
        found.append(Reason("new", "quiet", "No session was begun yet."))
    return found


def _pain(sessions: Sequence[SessionFacts]) -> list[Reason]:
    """Compare the last session's pain, at rest and at worst, with the sessions before it."""
    for label, told in (("at rest", _resting(sessions)), ("in the session", _worst(sessions))):
        if len(told) < 2:
            continue
        before, latest = median(told[-4:-1]), told[-1]
        if latest - before >= RISE:
            return [
                Reason(
                    "pain_rising", "look", f"Pain {label} {latest:g} of 10, after {before:g} before.", sessions[-1].at
                )
            ]
    return []


def _resting(sessions: Sequence[SessionFacts]) -> list[int]:
    told = [one.opened.resting_pain for one in sessions if one.opened is not None]
    return [one for one in told if one is not None]


def _worst(sessions: Sequence[SessionFacts]) -> list[int]:
    return [pain for pain in (worst_pain(one) for one in sessions) if pain is not None]


def _outside(facts: Facts) -> list[Reason]:
    found = []
    if facts.failed:
        many = "A film" if facts.failed == 1 else f"{facts.failed} films"
        found.append(Reason("failed", "look", f"{many} could not be looked at."))
    if facts.waiting_note is not None:
        found.append(Reason("note", "look", "A note of theirs waits for a reply.", facts.waiting_note))
    return found


def _step(progress: Progress, sessions: Sequence[SessionFacts], program: Program) -> list[Reason]:
    """Say that a step does not come to an end, or that the camera could not tell the last set."""
    found = []
    rung = next((one for one in progress.rungs if one.state == "present"), None)
    if rung is not None and rung.reached is not None:
        drills = next(stage.drills for stage in program.stages if stage.id == rung.step)
        here = [one for one in sessions if one.at is not None and one.at >= rung.reached and _did(one, drills)]
        if len(here) >= STUCK_SESSIONS and any(program.drill(name).gate is not None for name in drills):
            text = f"{len(here)} sessions of {rung.name.lower()} without passing it."
            found.append(Reason("stuck", "look", text, rung.reached))
    sets = [one for each in sessions[-1:] for one in each.sets]
    if sets and sets[-1].reps and all(rep.grade == "cannot_tell" for rep in sets[-1].reps):
        found.append(Reason("camera", "look", "The camera could tell no rep of the last set.", sets[-1].at))
    return found


def _did(session: SessionFacts, drills: Sequence[str]) -> bool:
    return any(isinstance(one, SetDone) and one.drill in drills for one in session.sets)


def _missed(progress: Progress, history: History, sessions: Sequence[SessionFacts]) -> list[Reason]:
    """Say that somebody trains much less than the dose asks for, or is away."""
    times = [one.at for one in sessions if one.at is not None]
    if not times or progress.decision.action in ("wait", "done"):
        return []
    away = history.now - times[-1]
    if away >= _AWAY:
        return [Reason("missed", "look", f"No session for {away.days} days.", times[-1])]
    if progress.per_week is None or history.now - times[0] < _FORTNIGHT:
        return []
    done, low = sum(history.now - at < _FORTNIGHT for at in times), progress.per_week[0]
    if done >= low:
        return []
    many = f"{done} session{'' if done == 1 else 's'}" if done else "No session"
    return [Reason("missed", "look", f"{many} in two weeks, where the dose asks for {low} a week.", times[-1])]


def _news(progress: Progress, history: History) -> list[Reason]:
    if progress.decision.action == "done":
        return [Reason("done", "good", "Every step is passed.")]
    passed = [one for one in progress.rungs if one.state == "passed" and one.passed is not None]
    if not passed or passed[-1].passed is None or history.now - passed[-1].passed > _NEWS:
        return []
    last = passed[-1]
    return [Reason("gate", "good", f"{last.name} passed; {progress.step.lower()} is next.", last.passed)]
