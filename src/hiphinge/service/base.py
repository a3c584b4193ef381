"""What every part of the desk stands on: the store, the program, a look at a person, and storing entries."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hiphinge.errors import RecordConflict
from hiphinge.program import Drill, Program
from hiphinge.program.decision import Decision
from hiphinge.program.history import Event, History, SessionOpened
from hiphinge.service.clips import Runner
from hiphinge.service.commandline import command_line, day_text
from hiphinge.service.interview import is_stale
from hiphinge.service.lookup import find_drill
from hiphinge.service.questions import OpenQuestions, find_questions, live_events, open_session

if TYPE_CHECKING:
    from hiphinge.store import Person, Store

__all__ = ["DeskBase", "Look", "utc_now"]


def utc_now() -> datetime:
    """Return the time of day, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """A person at one moment: the log, what comes next, what is not answered, the open session.

    ``stale``: the open session was not touched for so long that it can only be finished.
    """

    history: History
    decision: Decision
    questions: OpenQuestions
    session: SessionOpened | None
    stale: bool = False


class DeskBase:
    """A store and a program; looking at a person, and storing entries."""

    def __init__(
        self,
        store: Store,
        program: Program,
        *,
        program_sha: str = "",
        runner: Runner | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.store, self.program = store, program
        self._program_sha, self._runner, self._clock = program_sha, runner, clock

    def find(self, name: str) -> Person:
        """Return the person called so, by name or number; a name written exactly so wins."""
        same = [one for one in self.store.people() if one.name == " ".join(name.split())]
        return same[0] if len(same) == 1 else self.store.find_person(name)

    def history(self, person: Person) -> History:
        """Return the person's log, looked at now."""
        return self.store.history(person.id, now=self._clock())

    def session(self, person: Person) -> SessionOpened | None:
        """Return the person's open session, None where none is."""
        return open_session(self.history(person))

    def decide(self, person: Person) -> Decision:
        """Return what comes next for the person, and why."""
        from hiphinge.program.next_step import next_step

        return next_step(self.history(person), self.program)

    def look(self, person: Person) -> Look:
        """Read the person's log once, and return what follows from it."""
        from hiphinge.program.next_step import next_step

        history = self.history(person)
        opened = open_session(history)
        stale = opened is not None and is_stale(live_events(history), opened, history.now)
        return Look(history, next_step(history, self.program), find_questions(history, self.program), opened, stale)

    def record(self, person: Person, *events: Event) -> Decision:
        """Store events as one, and return (and store) the decision that follows from them."""
        last = self.store.append(person.id, events)
        decision = self.decide(person)
        self.store.save_decision(person.id, last, self._program_sha, decision)
        return decision

    def need_session(self, person: Person) -> str:
        """Return the open session's name.

        Raises
        ------
        RecordConflict
            None is open.
        """
        opened = self.session(person)
        if opened is None:
            raise _no_session(person)
        return opened.session

    def need_fresh(self, person: Person, look: Look | None = None) -> str:
        """Return the name of the open session that can be gone on with.

        Raises
        ------
        RecordConflict
            None is open, or the one that is was not touched for hours.
        """
        look = self.look(person) if look is None else look
        if look.session is None:
            raise _no_session(person)
        if look.stale:
            raise RecordConflict(
                f"The session of {day_text(look.session.at)} was left open for more than 12 hours, so it is over.",
                expected="a session of today",
                next_step=f"{command_line('session', 'finish', person.name)}, then "
                f"{command_line('session', 'start', person.name)}",
            )
        return look.session.session

    def drill(self, name: str) -> Drill:
        """Return a drill of the program; UsageError where there is none of that name."""
        return find_drill(self.program, name)

    def _stamp(self, kind: str, key: str = "") -> dict[str, Any]:
        """Return the key and the time of a new entry; a ``key`` that is given stands."""
        return {"key": key or f"{kind}-{secrets.token_hex(4)}", "at": self._clock()}


def _no_session(person: Person) -> RecordConflict:
    return RecordConflict(
        f"No session of {person.name} is open.",
        expected="a session to put this into",
        next_step=command_line("session", "start", person.name),
    )
