"""The desk: everything that is done with people, sessions, clips and the program, without asking or printing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hiphinge.clip.options import ProgressCallback
from hiphinge.errors import RecordConflict, UsageError
from hiphinge.program import Drill, Program
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
    Ticks,
    Withdrawn,
)
from hiphinge.service.clips import Clip, ClipLogged, Runner, assess_clip
from hiphinge.service.commandline import command_line, day_text
from hiphinge.service.grading import grade_reps, middle_measures
from hiphinge.service.lookup import check_step, find_drill
from hiphinge.service.questions import (
    OpenQuestions,
    find_belonging,
    find_questions,
    live_events,
    open_session,
    reference_clip,
)

if TYPE_CHECKING:
    from hiphinge.model import Assessment
    from hiphinge.program.outcomes import Change
    from hiphinge.program.progress import Progress
    from hiphinge.program.summary import Remark, SessionSummary
    from hiphinge.program.today import Today
    from hiphinge.store import Person, Store

__all__ = ["LEFT_OUT", "Desk", "Look", "utc_now"]

#: Outcome of a screen that a person rather left out.
LEFT_OUT = "left_out"


def utc_now() -> datetime:
    """Return the time of day, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """A person at one moment: the log, what comes next, what is not answered, the open session."""

    history: History
    decision: Decision
    questions: OpenQuestions
    session: SessionOpened | None


class Desk:
    """A store and a program, and what can be done with both.

    Every method that writes has stored its entry when it returns.
    """

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

    # --- looking ---

    def find(self, name: str) -> Person:
        """Return the person called so, by name or number."""
        return self.store.find_person(name)

    def history(self, person: Person) -> History:
        """Return the person's log, looked at now."""
        return self.store.history(person.id, now=self._clock())

    def questions(self, person: Person) -> OpenQuestions:
        """Return what the person still has to answer."""
        return find_questions(self.history(person), self.program)

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
        return Look(
            history, next_step(history, self.program), find_questions(history, self.program), open_session(history)
        )

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

        notes = self.store.notes(person.id)
        return tuple(Remark(one.at, one.author, one.text) for one in notes if session in (None, one.session))

    def summary(self, person: Person, session: str | None = None) -> SessionSummary:
        """Return the summary of a session; None takes the last one.

        Raises
        ------
        RecordConflict
            There is no such session.
        """
        from hiphinge.program.next_step import next_step
        from hiphinge.program.summary import summarise_session

        history = self.history(person)
        opened = [event.session for event in live_events(history) if isinstance(event, SessionOpened)]
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
        """Store answers to red-flag questions, question id → yes, no, not answered."""
        known = {flag.id for flag in self.program.red_flags}
        for name in answers:
            if name not in known:
                raise UsageError(f"There is no red-flag question {name!r}.", expected=", ".join(sorted(known)))
        return self.record(person, RedFlagAnswers(**self._stamp("flags"), answers=dict(answers)))

    def take_intake(
        self, person: Person, *, pain: int | None, places: Sequence[str] = (), since: str = "", goal: str = ""
    ) -> Decision:
        """Store pain now, where, since when, and what the person wants to do again."""
        return self.record(
            person, Intake(**self._stamp("intake"), pain=pain, places=tuple(places), since=since, goal=goal)
        )

    def answer_morning(self, person: Person, pain: int, session: str | None = None) -> Decision:
        """Store the pain on the morning after a session; None takes the last one that is closed."""
        closed = [e.session for e in live_events(self.history(person)) if isinstance(e, SessionClosed)]
        if not closed or (session is not None and session not in closed):
            raise RecordConflict(
                f"{person.name} has no finished session, so there is no morning after it.",
                expected="a session that was finished",
                next_step=command_line("session", "finish", person.name),
            )
        return self.record(person, NextMorning(**self._stamp("morning"), session=session or closed[-1], pain=pain))

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
        """Open a session."""
        key = f"session-{secrets.token_hex(4)}"
        event = SessionOpened(
            key=key, at=self._clock(), session=key, resting_pain=resting_pain, new_symptoms=new_symptoms,
            equipment=tuple(equipment), minutes=minutes, space_m=space_m,
        )  # fmt: skip
        self.record(person, event)
        return event

    def need_session(self, person: Person) -> str:
        """Return the open session's name.

        Raises
        ------
        RecordConflict
            None is open.
        """
        opened = self.session(person)
        if opened is None:
            raise RecordConflict(
                f"No session of {person.name} is open.",
                expected="a session to put this into",
                next_step=command_line("session", "start", person.name),
            )
        return opened.session

    def log_clip(self, person: Person, clip: Clip, *, progress: ProgressCallback | None = None) -> ClipLogged:
        """Assess a clip by its drill's rules and store it, with its assessment, in the open session."""
        session, drill = self.need_session(person), self.drill(clip.drill)
        check_step(self.program, None, clip.drill, clip.variant)
        self._refuse_logged(person, clip.path)
        runner = self._runner or _default_runner()
        assessment = assess_clip(
            clip.path, drill, clip.options, runner=runner, reference=self._reference(person), progress=progress
        )
        number = self._keep(person, clip, assessment)
        event = self._clip_event(session, drill, clip, assessment, number)
        return ClipLogged(event, assessment, self.record(person, event))

    def _refuse_logged(self, person: Person, film: Path) -> None:
        """Refuse a film of this person that an entry stands for already, before it is assessed: that takes a while."""
        if film.suffix.lower() == ".json" or not film.is_file():
            return
        with film.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        numbers = {one.assessment for one in self.store.clips(person.id) if one.sha256 == sha256}
        for event in live_events(self.history(person)) if numbers else ():
            if getattr(event, "assessment", None) in numbers:
                raise RecordConflict(
                    f"{film.name} was already logged for {person.name}, on {day_text(event.at, clock=True)}.",
                    expected="each film once",
                    next_step="Log another film, or take that entry back: "
                    + command_line("session", "undo", person.name, "--entry", event.key),
                )

    def _clip_event(
        self, session: str, drill: Drill, clip: Clip, assessment: Assessment, number: str
    ) -> SetDone | ClipSeen:
        outcome = assessment.verdict.outcome
        if drill.kind == "screen" or clip.label:
            return ClipSeen(
                **self._stamp("clip"), session=session, drill=drill.id, outcome=outcome, pain=clip.pain,
                measures=middle_measures(assessment), assessment=number, label=clip.label,
            )  # fmt: skip
        return SetDone(
            **self._stamp("set"), session=session, drill=drill.id, variant=clip.variant, outcome=outcome,
            reps=grade_reps(assessment, drill, variant=clip.variant, touched=clip.touched), load_kg=clip.load_kg,
            assessment=number, back_reps=clip.back_reps,
            measures=middle_measures(assessment, back_reps=clip.back_reps),
        )  # fmt: skip

    def leave_out(self, person: Person, drill: str) -> Decision:
        """Store that the person rather left a screen out."""
        if self.drill(drill).kind != "screen":
            raise UsageError(
                f"{drill!r} is no screen.",
                expected="a drill that only asks a question",
                next_step="A drill that is not done is simply not logged.",
            )
        session = self.need_session(person)
        return self.record(person, ClipSeen(**self._stamp("clip"), session=session, drill=drill, outcome=LEFT_OUT))

    def log_feel(
        self,
        person: Person,
        drill: str,
        *,
        effort: Sequence[str] | None,
        pain: int | None,
        places: Sequence[str] = (),
        leg: Literal["same", "further", "back"] | None = None,
        new_numbness: bool | None = None,
    ) -> Decision:
        """Store how a set felt."""
        session = self.need_session(person)
        return self.record(
            person,
            FeelLog(
                **self._stamp("feel"), session=session, drill=self.drill(drill).id,
                effort=None if effort is None else tuple(effort), pain=pain, pain_places=tuple(places), leg=leg,
                new_numbness=new_numbness,
            ),
        )  # fmt: skip

    def log_ticks(
        self, person: Person, drill: str, ticks: Mapping[str, bool], *, by: Literal["person", "clinician"] = "person"
    ) -> Decision:
        """Store what only the person (or the therapist) can tell."""
        known = [tick.id for tick in self.drill(drill).ticks]
        for name in ticks:
            if name not in known:
                raise UsageError(f"{drill!r} has no tick {name!r}.", expected=", ".join(known) or "no ticks at all")
        session = self.need_session(person)
        return self.record(person, Ticks(**self._stamp("ticks"), session=session, drill=drill, ticks=ticks, by=by))

    def finish(self, person: Person) -> str:
        """Close the open session and return its name."""
        session = self.need_session(person)
        self.record(person, SessionClosed(**self._stamp("closed"), session=session))
        return session

    def drill(self, name: str) -> Drill:
        """Return a drill of the program; UsageError where there is none of that name."""
        return find_drill(self.program, name)

    def _reference(self, person: Person) -> bytes | None:
        number = reference_clip(self.history(person), self.program)
        return self.store.assessment(number).document if number else None

    def _keep(self, person: Person, clip: Clip, assessment: Assessment) -> str:
        from hiphinge.report.document import document_bytes

        film = None if clip.path.suffix.lower() == ".json" else clip.path
        return self.store.add_assessment(
            person.id, document_bytes(assessment), sha256=assessment.video.sha256, clip=film,
            keep_clip=clip.keep and film is not None,
        )  # fmt: skip

    def _stamp(self, kind: str) -> dict[str, Any]:
        """Return the key and the time of a new entry."""
        return {"key": f"{kind}-{secrets.token_hex(4)}", "at": self._clock()}


def _default_runner() -> Runner:
    from hiphinge.clip.run import assess_video

    return assess_video
