"""What a person still has to answer, read from the log."""

from __future__ import annotations

from dataclasses import dataclass

from hiphinge.program import Program
from hiphinge.program.corrected import counting_events
from hiphinge.program.history import (
    ClipSeen,
    Event,
    FeelLog,
    History,
    Intake,
    RedFlagAnswers,
    SessionClosed,
    SessionOpened,
    SetDone,
    Ticks,
)
from hiphinge.program.model import RedFlag
from hiphinge.program.next_step import present

__all__ = ["OpenQuestions", "find_belonging", "find_questions", "live_events", "open_session", "reference_clip"]


@dataclass(frozen=True, slots=True)
class OpenQuestions:
    """What is not answered yet.

    ``red_flags`` are asked again when anything is new or worse; ``morning`` is the last session (its name) whose next
    morning has come without an answer; ``first`` says that nobody has asked about red flags before.
    """

    red_flags: tuple[RedFlag, ...]
    intake: bool
    morning: str | None
    first: bool


def live_events(history: History) -> tuple[Event, ...]:
    """Return the events that count, as corrected: neither withdrawn nor a withdrawal nor a correction."""
    return counting_events(history.events)


def find_questions(history: History, program: Program) -> OpenQuestions:
    """Return what the person still has to answer, at ``history.now``.

    Red flags are due before anything else, and again when something is new or worse, when that was not answered, or
    after a sore morning.
    """
    events = live_events(history)
    found = present(history, program)
    return OpenQuestions(
        red_flags=tuple(flag for flag in program.red_flags if flag.id in found.open_flags),
        intake=not any(isinstance(event, Intake) for event in events),
        morning=found.morning,
        first=not any(isinstance(event, RedFlagAnswers) for event in events),
    )


def find_belonging(events: tuple[Event, ...], index: int) -> tuple[Event, ...]:
    """Return what was entered as one with entry ``index``: a set, how it felt, its ticks; else that entry alone."""
    first, last = index, index + 1
    while first and _belongs(events[first - 1], events[first]):
        first -= 1
    while last < len(events) and _belongs(events[last - 1], events[last]):
        last += 1
    return events[first:last]


def _belongs(before: Event, after: Event) -> bool:
    """Say whether two neighbours in the log are of one set, or of one clip."""
    if isinstance(before, FeelLog) and isinstance(after, ClipSeen):
        return (before.session, before.drill, before.at) == (after.session, after.drill, after.at)
    kinds = (SetDone, FeelLog, Ticks)
    if not (isinstance(before, kinds) and isinstance(after, FeelLog | Ticks)):
        return False
    again = type(before) is type(after)
    return (before.session, before.drill) == (after.session, after.drill) and not again


def open_session(history: History) -> SessionOpened | None:
    """Return the session that is open, None where none is."""
    events = live_events(history)
    closed = {event.session for event in events if isinstance(event, SessionClosed)}
    opened = [e for e in events if isinstance(e, SessionOpened) and e.session not in closed]
    return opened[-1] if opened else None


def reference_clip(history: History, program: Program) -> str:
    """Return the assessment of the person's latest comfortable rounding, "" where there is none."""
    names = {drill.id for drill in program.drills if drill.rules == "rounding" or drill.id == "rounding"}
    found = [e for e in live_events(history) if isinstance(e, ClipSeen) and e.drill in names and e.assessment]
    return found[-1].assessment if found else ""
