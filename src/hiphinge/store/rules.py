"""Whether an entry fits what is already recorded. Pure: no database here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hiphinge.errors import RecordConflict, UsageError
from hiphinge.program.history import (
    EFFORT_PLACES,
    PAIN_PLACES,
    ClipSeen,
    Corrected,
    Event,
    NextMorning,
    OutcomeScore,
    Override,
    RedFlagAnswers,
    SessionClosed,
    SessionOpened,
    SetDone,
    Withdrawn,
)
from hiphinge.program.outcomes import check_score

__all__ = ["LogState", "Seen", "check_entry", "check_text", "moment"]

#: Clocks of two machines differ by this much at most.
FUTURE_TOLERANCE = timedelta(minutes=5)
#: How long after a session it can be entered.
LATE_TOLERANCE = timedelta(hours=48)
_LONGEST_KEY = 200
_LONGEST_REASON = 20_000
_EARLIEST_YEAR = 1900
#: Beyond any load, room and number of reps.
_LARGEST = 10_000


def moment(at: datetime) -> str:
    """Return an aware moment as it is told in messages."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def check_entry(event: Event, now: datetime) -> None:
    """Refuse an entry that could not be kept, whatever was recorded before.

    Raises
    ------
    RecordConflict
        Its time, its session's name, or a value that nobody can have.
    """
    _check_time(event, now)
    _check_scales(event)
    _check_places(event)
    _check_set(event)
    _check_answers(event)
    session = getattr(event, "session", None)
    if session is not None:
        check_text(session, "name of the session")
    if isinstance(event, Withdrawn):
        check_text(event.entry, "key of the withdrawn entry")
    if isinstance(event, Corrected):
        check_text(event.entry, "key of the corrected entry")
        check_text(event.by, "name of who corrects")
        check_text(event.reason, "reason of the correction", longest=_LONGEST_REASON, lines=True)


def _check_time(event: Event, now: datetime) -> None:
    """Refuse an entry without a zone or from the future; one from the past is fine, since sequence orders."""
    if event.at.utcoffset() is None:
        raise RecordConflict(
            f"The entry {event.key!r} has a time without a zone ({event.at.isoformat()}).",
            expected="an aware time, such as 2026-11-23T18:00:00+00:00",
        )
    if event.at.year < _EARLIEST_YEAR:
        raise RecordConflict(
            f"The entry {event.key!r} lies in the year {event.at.year}.",
            expected=f"a year from {_EARLIEST_YEAR}",
            next_step="Check the date, then enter it again.",
        )
    if event.at - now > FUTURE_TOLERANCE:
        raise RecordConflict(
            f"The entry {event.key!r} lies in the future: {event.at.isoformat(timespec='minutes')}.",
            expected=f"a time up to now, {moment(now)}",
            next_step="Check the date and the clock of this computer, then enter it again.",
        )
    _check_entered(event, now)


def _check_entered(event: Event, now: datetime) -> None:
    """Refuse a session or a set entered long after it was done: what comes next counts nights and weeks of training."""
    if isinstance(event, SessionOpened | SetDone) and now - event.at > LATE_TOLERANCE:
        raise RecordConflict(
            f"The entry {event.key!r} ({type(event).__name__}) is of {moment(event.at)}, more than two days ago.",
            expected="a session entered on the day it happens, or within 48 hours",
            next_step="Begin a session today. A clinician's override can place somebody who has trained before.",
        )


def _check_places(event: Event) -> None:
    """Refuse a place that the program does not know: it would be overlooked, pain of all things."""
    known = {"effort": EFFORT_PLACES, "pain_places": PAIN_PLACES, "places": PAIN_PLACES}
    for name, allowed in known.items():
        for place in getattr(event, name, None) or ():
            if place not in allowed:
                raise RecordConflict(
                    f"The entry {event.key!r} has the place {place!r}, which is not known.",
                    expected=" or ".join(allowed),
                )


def _check_set(event: Event) -> None:
    """Refuse counts and sizes below nothing, and reps that share a number."""
    for name in ("back_reps", "load_kg", "minutes", "space_m"):
        value = getattr(event, name, None)
        if value is not None and not 0 <= value <= _LARGEST:
            raise RecordConflict(f"The entry {event.key!r} has {name} {value:g}.", expected="0 or more")
    numbers = [rep.number for rep in event.reps] if isinstance(event, SetDone | Corrected) else []
    if len(set(numbers)) != len(numbers) or min(numbers, default=0) < 0:
        raise RecordConflict(
            f"The reps of the entry {event.key!r} are numbered {', '.join(map(str, numbers))}.",
            expected="each number once, from 0 or 1 on",
        )


def _check_answers(event: Event) -> None:
    """Refuse a score that cannot be, answers to nothing, and a decision that nobody signs."""
    if isinstance(event, OutcomeScore):
        try:
            check_score(event.measure, event.value)
        except UsageError as error:
            raise RecordConflict(error.what, expected=error.expected, next_step=error.next_step) from error
    elif isinstance(event, RedFlagAnswers) and not event.answers:
        raise RecordConflict(
            f"The entry {event.key!r} answers no question.", expected="an answer to one question or more"
        )
    elif isinstance(event, Override):
        check_text(event.clinician, "name of the clinician who decides")
        check_text(event.reason, "reason of the clinician's decision", longest=_LONGEST_REASON, lines=True)


def _check_scales(event: Event) -> None:
    """Refuse a pain that lies outside of 0 to 10."""
    for name in ("pain", "resting_pain"):
        value = getattr(event, name, None)
        if value is not None and not 0 <= value <= 10:
            raise RecordConflict(f"The entry {event.key!r} has {name} {value}.", expected="a whole number from 0 to 10")


def check_text(value: str, what: str, *, longest: int = _LONGEST_KEY, lines: bool = False) -> None:
    """Refuse a text that is empty, too long, or has characters that cannot be kept.

    Raises
    ------
    RecordConflict
        Naming ``what`` it is.
    """
    allowed = "\n\t\r" if lines else ""
    odd = any((ord(c) < 32 and c not in allowed) or 0xD800 <= ord(c) <= 0xDFFF for c in value)
    if not value.strip() or len(value) > longest or odd:
        seen = "empty" if not value.strip() else f"{len(value)} characters" if not odd else "odd characters"
        raise RecordConflict(f"The {what} cannot be kept ({seen}).", expected=f"1 to {longest} printable characters")


@dataclass(frozen=True, slots=True)
class Seen:
    """What matters of an earlier entry: ``entry`` is the key that a withdrawal names, else ``""``."""

    key: str
    kind: str
    at: datetime
    session: str | None = None
    assessment: str | None = None
    entry: str = ""


class LogState:
    """Sessions, withdrawals and films of one person's log, as far as they decide whether a further entry fits.

    Parameters
    ----------
    seen
        Earlier entries, oldest first: at least every session's beginning and end, every withdrawal, the entries that a
        new withdrawal or correction names, and those with an assessment that a new entry names.
    """

    def __init__(self, seen: Iterable[Seen]) -> None:
        self._log: dict[str, Seen] = {}
        self._films: dict[str, list[str]] = {}
        self._withdrawn: set[str] = set()
        self._sessions: dict[str, bool] | None = None
        for row in seen:
            self._add(row)

    def accept(self, event: Event) -> None:
        """Take in a further entry, or refuse it.

        Raises
        ------
        RecordConflict
            It does not fit what is already recorded.
        """
        assessment = getattr(event, "assessment", "")
        session: str | None = getattr(event, "session", None)
        if session is not None:
            self._check_session(event, session)
        if assessment:
            self._check_assessment(event, assessment)
        entry = ""
        if isinstance(event, Withdrawn):
            self._check_withdrawal(event)
            entry = event.entry
        elif isinstance(event, Corrected):
            self._check_correction(event)
        self._add(Seen(event.key, type(event).__name__, event.at, session, assessment or None, entry))

    def sessions(self) -> dict[str, bool]:
        """Return every session that was begun and stands → whether it is still open."""
        if self._sessions is None:
            self._sessions = {}
            for row in self._log.values():
                if row.key not in self._withdrawn:
                    _turn(self._sessions, row)
        return self._sessions

    def _add(self, row: Seen) -> None:
        self._log[row.key] = row
        if row.assessment:
            self._films.setdefault(row.assessment, []).append(row.key)
        if row.entry:
            self._withdrawn.add(row.entry)
            # Only a withdrawal changes what was; everything else adds to it.
            self._sessions = None
        elif self._sessions is not None:
            _turn(self._sessions, row)

    def _check_session(self, event: Event, session: str) -> None:
        sessions = self.sessions()
        if isinstance(event, SessionOpened):
            self._check_opening(session, sessions)
        elif session not in sessions:
            raise RecordConflict(
                f"The entry {event.key!r} belongs to session {session!r}, which was never begun.",
                next_step="Begin a session first: hiphinge session start.",
            )
        elif not sessions[session] and not isinstance(event, NextMorning):
            raise RecordConflict(
                f"The session {session!r} is already finished, so nothing can be added to it.",
                next_step="Begin a new one: hiphinge session start.",
            )

    def _check_opening(self, session: str, sessions: dict[str, bool]) -> None:
        if session in sessions:
            raise RecordConflict(f"A session {session!r} was already begun.", expected="a name of its own")
        for other, is_open in sessions.items():
            if is_open:
                raise RecordConflict(
                    f"The session {other!r} is still open.",
                    expected="one session at a time",
                    next_step="Finish it first: hiphinge session finish.",
                )

    def _check_assessment(self, event: Event, assessment: str) -> None:
        for key in self._films.get(assessment, ()):
            if key not in self._withdrawn:
                raise RecordConflict(
                    f"This film was already logged on {moment(self._log[key].at)} (entry {key!r}).",
                    expected="each film once",
                    next_step="Log another film, or withdraw that entry first.",
                )

    def _check_correction(self, event: Corrected) -> None:
        """Refuse to correct what is no clip that counts; its session may be long over."""
        row = self._log.get(event.entry)
        if row is None or row.key in self._withdrawn:
            raise RecordConflict(
                f"There is no entry {event.entry!r} that counts, so it cannot be corrected.",
                next_step="Check its key, and whether it was taken back.",
            )
        if row.kind not in (SetDone.__name__, ClipSeen.__name__):
            raise RecordConflict(
                f"The entry {event.entry!r} ({row.kind}) has no reps to correct.", expected="a set or a clip"
            )

    def _check_withdrawal(self, event: Withdrawn) -> None:
        row = self._log.get(event.entry)
        if row is None:
            raise RecordConflict(f"There is no entry {event.entry!r} to withdraw.", next_step="Check its key.")
        if row.key in self._withdrawn:
            raise RecordConflict(f"The entry {event.entry!r} was already withdrawn.")
        if row.entry:
            raise RecordConflict(
                f"The entry {event.entry!r} is itself a withdrawal.",
                expected="an entry that counts",
                next_step="Enter again what was withdrawn, with a new key.",
            )
        if row.kind == Corrected.__name__:
            raise RecordConflict(
                f"The entry {event.entry!r} is a correction, which is not withdrawn.",
                expected="a further correction, which takes its place",
                next_step="Correct the clip again.",
            )
        if row.kind == SessionClosed.__name__ and any(self.sessions().values()):
            raise RecordConflict(
                f"Without {event.entry!r} two sessions would be open at once.",
                next_step="Finish the open session first: hiphinge session finish.",
            )
        if row.kind == SessionClosed.__name__ and self._begun_after(row):
            raise RecordConflict(
                f"A later session was begun since {event.entry!r}, so the one it finished stays finished.",
                expected="the end of the newest session",
                next_step="Put what is missing into a new session: hiphinge session start.",
            )

    def _begun_after(self, row: Seen) -> bool:
        """Whether a session that stands was begun after an entry."""
        keys = list(self._log)
        later = (self._log[key] for key in keys[keys.index(row.key) + 1 :])
        return any(one.kind == SessionOpened.__name__ and one.key not in self._withdrawn for one in later)


def _turn(sessions: dict[str, bool], row: Seen) -> None:
    """Begin or end the session that a row is about."""
    if row.session is None:
        return
    if row.kind == SessionOpened.__name__:
        sessions[row.session] = True
    elif row.kind == SessionClosed.__name__ and row.session in sessions:
        sessions[row.session] = False
