"""The desk: everything that is done with people, sessions, clips and the program, without asking or printing."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hiphinge.errors import RecordConflict, UsageError
from hiphinge.program.decision import Decision
from hiphinge.program.history import (
    ClipSeen,
    Event,
    FeelLog,
    History,
    Intake,
    NextMorning,
    OutcomeScore,
    Override,
    RedFlagAnswers,
    SessionClosed,
    SessionOpened,
    SetDone,
    Withdrawn,
)
from hiphinge.service.base import Look, utc_now
from hiphinge.service.commandline import command_line, day_text
from hiphinge.service.interview import STOPS, check_morning, check_room, refuse_stopped
from hiphinge.service.lookup import check_step
from hiphinge.service.practice import LEFT_OUT, Practice
from hiphinge.service.questions import OpenQuestions, find_belonging, find_questions, live_events
from hiphinge.service.words import mask_addresses

if TYPE_CHECKING:
    from hiphinge.program.outcomes import Change
    from hiphinge.program.progress import Progress
    from hiphinge.program.summary import Remark, SessionSummary
    from hiphinge.program.today import Today
    from hiphinge.store import Note, Person

__all__ = ["LEFT_OUT", "Desk", "Look", "utc_now"]


class Desk(Practice):
    """A store and a program, and what can be done with both.

    Every method that writes has stored its entry when it returns.
    """

    # --- people and notes ---

    def add_person(self, name: str, *, birth_year: int | None = None) -> Person:
        """Add somebody.

        Raises
        ------
        UsageError
            No name, or one that differs from somebody's by capitals only.
        """
        name = " ".join(name.split())
        if not name:
            raise UsageError("The name is empty.", expected="a name or a nickname", next_step="Give one.")
        for one in self.store.people():
            if one.name != name and one.name.casefold() == name.casefold():
                raise UsageError(
                    f"{one.name} is here already, and {name} differs by capitals only.",
                    expected="a name that can be told apart",
                    next_step="Add something to it, such as a second name or a number.",
                )
        return self.store.add_person(name, birth_year=birth_year)

    def add_note(self, person: Person, text: str, *, author: str, session: str | None = None) -> Note:
        """Keep a note; ``session`` None: on the one that is open, if any.

        Raises
        ------
        UsageError
            The author is an e-mail address.
        """
        if "@" in author:
            raise UsageError(
                "The author has an e-mail address in it.", expected="a name", next_step="Leave the address out."
            )
        opened = self.session(person)
        about = session or (opened.session if opened is not None else None)
        return self.store.add_note(person.id, text, author=author, session=about)

    def notes(self, person: Person) -> tuple[Note, ...]:
        """Return the notes on a person, oldest first, e-mail addresses masked."""
        found = self.store.notes(person.id)
        return tuple(replace(one, author=mask_addresses(one.author), text=mask_addresses(one.text)) for one in found)

    # --- looking ---

    def questions(self, person: Person) -> OpenQuestions:
        """Return what the person still has to answer."""
        return find_questions(self.history(person), self.program)

    def explain_screen(self, look: Look) -> tuple[str, ...]:
        """Return what the screens show, to read with a clinician; empty from the second step with work on."""
        from hiphinge.program.screen import explain_screen
        from hiphinge.program.state import first_step

        first = self.program.stages[first_step(self.program)].id
        return explain_screen(look.history) if look.decision.step == first else ()

    def plan(
        self,
        look: Look,
        *,
        equipment: Sequence[str] | None = None,
        minutes: float | None = None,
        space_m: float | None = None,
    ) -> Today:
        """Return today's session, from what there is; None takes what the open session was told."""
        from hiphinge.program.today import plan_today

        check_room(minutes, space_m)
        opened = look.session
        if opened is not None:
            equipment = opened.equipment if equipment is None and opened.equipment else equipment
            minutes = opened.minutes if minutes is None else minutes
            space_m = opened.space_m if space_m is None else space_m
        return plan_today(
            look.decision,
            self.program,
            equipment=None if equipment is None else tuple(equipment),
            minutes=minutes,
            space_m=space_m,
        )

    def progress(self, person: Person) -> Progress:
        """Return the trends and the ladder of the person, with all notes."""
        from hiphinge.program.progress import summarise_progress

        found = summarise_progress(self.history(person), self.program, person=person.name)
        return replace(found, notes=self._remarks(person))

    def _remarks(self, person: Person, session: str | None = None) -> tuple[Remark, ...]:
        """Return the notes on a person, or on one session, oldest first."""
        from hiphinge.program.summary import Remark

        notes = self.notes(person)
        return tuple(Remark(one.at, one.author, one.text) for one in notes if session in (None, one.session))

    def summary(self, person: Person, session: str | None = None) -> SessionSummary:
        """Return the summary of a session, by its key or its number from 1 on; None takes the last one.

        Raises
        ------
        RecordConflict
            There is no such session.
        """
        from hiphinge.program.next_step import next_step
        from hiphinge.program.summary import summarise_session

        history = self.history(person)
        opened = [event.session for event in live_events(history) if isinstance(event, SessionOpened)]
        if session is not None and re.fullmatch(r"[1-9][0-9]{0,4}", session) and int(session) <= len(opened):
            session = opened[int(session) - 1]
        if not opened or (session is not None and session not in opened):
            raise RecordConflict(
                f"{person.name} has no session{'' if session is None else f' {session!r}'} yet.",
                expected="a session that was started",
                next_step=command_line("session", "start", person.name),
            )
        decision, name = next_step(history, self.program), session or opened[-1]
        found = summarise_session(history, name, self.program, decision, person=person.name)
        return replace(found, notes=self._remarks(person, name))

    # --- answers ---

    def record(self, person: Person, *events: Event) -> Decision:
        """Store events as one, and return (and store) the decision that follows from them."""
        last = self.store.append(person.id, events)
        decision = self.decide(person)
        self.store.save_decision(person.id, last, self._program_sha, decision)
        return decision

    def answer_red_flags(self, person: Person, answers: Mapping[str, bool | None]) -> Decision:
        """Store answers to red-flag questions, question id → yes, no, not answered; at any time.

        A yes stops, and closes the session that is open.
        """
        known = {flag.id for flag in self.program.red_flags}
        for name in answers:
            if name not in known:
                raise UsageError(f"There is no red-flag question {name!r}.", expected=", ".join(sorted(known)))
        decision = self.record(person, RedFlagAnswers(**self._stamp("flags"), answers=dict(answers)))
        opened = self.session(person) if any(answers.values()) and decision.action in STOPS else None
        if opened is not None:
            decision = self.record(person, SessionClosed(**self._stamp("closed"), session=opened.session))
        return decision

    def take_intake(
        self, person: Person, *, pain: int | None, places: Sequence[str] = (), since: str = "", goal: str = ""
    ) -> Decision:
        """Store pain now, where, since when, and what the person wants to do again."""
        return self.record(
            person, Intake(**self._stamp("intake"), pain=pain, places=tuple(places), since=since, goal=goal)
        )

    def answer_morning(self, person: Person, pain: int, session: str | None = None) -> Decision:
        """Store the pain on the morning after a session; None takes the last one that is closed."""
        events = live_events(self.history(person))
        closed = [e.session for e in events if isinstance(e, SessionClosed)]
        if not closed or (session is not None and session not in closed):
            raise RecordConflict(
                f"{person.name} has no finished session, so there is no morning after it.",
                expected="a session that was finished",
                next_step=command_line("session", "finish", person.name),
            )
        session = session or closed[-1]
        check_morning(events, session, self._clock(), person.name)
        return self.record(person, NextMorning(**self._stamp("morning"), session=session, pain=pain))

    def score(self, person: Person, scores: Mapping[str, float]) -> Decision:
        """Store scores (``nprs``, ``psfs``, ``rmdq``, ``ftf_cm`` → value) as one, each within its range."""
        from hiphinge.program.outcomes import check_score

        checked = {name: check_score(name, value) for name, value in scores.items()}
        return self.record(
            person,
            *(OutcomeScore(**self._stamp(name), measure=name, value=value) for name, value in checked.items()),
        )

    def score_change(self, person: Person, measure: str) -> Change | None:
        """Return the change of a score from the first to the last; None with fewer than two."""
        from hiphinge.program.outcomes import classify_change

        events = live_events(self.history(person))
        values = [e.value for e in events if isinstance(e, OutcomeScore) and e.measure == measure]
        return classify_change(measure, values[0], values[-1]) if len(values) > 1 else None

    def override(
        self,
        person: Person,
        *,
        clinician: str,
        reason: str,
        step: str | None,
        drill: str | None = None,
        variant: str = "",
        clears_stop: bool = False,
    ) -> Decision:
        """Store a clinician's decision. ``step`` None without ``clears_stop`` hands the decision back to the program.

        Raises
        ------
        UsageError
            The step, its drill or its variant does not exist.
        """
        step = check_step(self.program, step, drill, variant)
        return self.record(
            person,
            Override(
                **self._stamp("override"), clinician=clinician, reason=reason, step=step, drill=drill,
                variant=variant, clears_stop=clears_stop,
            ),
        )  # fmt: skip

    def entries(self, person: Person, entry: str | None = None) -> tuple[Event, ...]:
        """Return an entry (None: the last one) and what was entered as one with it: a set, how it felt, its ticks.

        Raises
        ------
        RecordConflict
            There is no such entry.
        """
        events = live_events(self.history(person))
        keys = [event.key for event in events]
        if not events or (entry is not None and entry not in keys):
            raise RecordConflict(
                f"{person.name} has no entry{'' if entry is None else f' {entry!r}'} to take back.",
                expected="an entry that still counts",
                next_step="hiphinge next --json names the entries that a decision rests on.",
            )
        return find_belonging(events, len(events) - 1 if entry is None else keys.index(entry))

    def withdraw(self, person: Person, reason: str, entry: str | None = None) -> tuple[Event, ...]:
        """Withdraw ``entries`` that were a slip, and return them. They stay in the log and count no longer."""
        if not reason.strip():
            raise UsageError("It is not said why the entry does not count.", expected="a reason in a few words")
        gone = self.entries(person, entry)
        self.record(person, *(Withdrawn(**self._stamp("withdrawn"), entry=event.key, reason=reason) for event in gone))
        return gone

    # --- sessions ---

    def start(
        self,
        person: Person,
        *,
        resting_pain: int | None,
        new_symptoms: bool | None = None,
        equipment: Sequence[str] = (),
        minutes: int | None = None,
        space_m: float | None = None,
    ) -> SessionOpened:
        """Open a session.

        Raises
        ------
        RecordConflict
            A stop is in force, or a session is open.
        UsageError
            Minutes or metres that nobody has.
        """
        event = self.plan_start(
            resting_pain=resting_pain, new_symptoms=new_symptoms, equipment=equipment, minutes=minutes, space_m=space_m
        )
        refuse_stopped(self.decide(person), person.name)
        self.record(person, event)
        return event

    def plan_start(
        self,
        *,
        resting_pain: int | None,
        new_symptoms: bool | None = None,
        equipment: Sequence[str] = (),
        minutes: int | None = None,
        space_m: float | None = None,
    ) -> SessionOpened:
        """Return the entry that would open a session, without storing it."""
        check_room(minutes, space_m)
        key = f"session-{secrets.token_hex(4)}"
        return SessionOpened(
            key=key, at=self._clock(), session=key, resting_pain=resting_pain, new_symptoms=new_symptoms,
            equipment=tuple(equipment), minutes=minutes, space_m=space_m,
        )  # fmt: skip

    def questions_after(self, look: Look, event: Event) -> OpenQuestions:
        """Return what would be to answer once an entry was stored."""
        return find_questions(History((*look.history.events, event), look.history.now), self.program)

    def start_anew(self, person: Person, opened: SessionOpened, event: SessionOpened) -> None:
        """Open a session in place of one in which nothing was done yet, since its answers were others.

        Raises
        ------
        RecordConflict
            Something was done in it.
        """
        events = live_events(self.history(person))
        if any(isinstance(e, SetDone | ClipSeen | FeelLog) and e.session == opened.session for e in events):
            raise RecordConflict(
                f"The session of {day_text(opened.at, clock=True)} has begun with pain {opened.resting_pain} at rest.",
                expected="the answers it began with",
                next_step=f"To begin with others: {command_line('session', 'finish', person.name)}, then "
                f"{command_line('session', 'start', person.name)}",
            )
        gone = Withdrawn(**self._stamp("withdrawn"), entry=opened.key, reason="The start was answered anew.")
        self.record(person, gone, event)

    def finish(self, person: Person) -> str:
        """Close the open session and return its name."""
        session = self.need_session(person)
        self.record(person, SessionClosed(**self._stamp("closed"), session=session))
        return session
