"""What the store gives back: frozen records, times aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hiphinge.program.decision import Decision
from hiphinge.store.rules import moment

__all__ = [
    "AssessmentItem",
    "AssessmentRecord",
    "AuditEntry",
    "Clip",
    "Erasure",
    "LoggedFilm",
    "Note",
    "Person",
    "Revision",
    "SavedDecision",
]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose entries are kept. ``id`` never changes; names need not be unique.

    ``guest``: here for a visit; erased a day later unless kept.
    """

    id: str
    name: str
    birth_year: int | None
    created: datetime
    guest: bool = False


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """An assessment as it was made, or as it was last corrected: the document's own bytes and what it was made with.

    ``revision`` is 0 for the first document, 1 for the first correction and so on; ``at`` is when that was made.
    ``sha256`` is the film's. ``model`` and ``calibration`` are the document's; ``criteria`` is the start of the sha256
    of its criteria, so that two documents judged by the same rules carry the same text. ``files`` are names, to be
    opened through ``Store.files_of``.
    """

    id: str
    person: str
    sha256: str
    model: str
    calibration: str
    criteria: str
    at: datetime
    files: tuple[str, ...]
    document: bytes
    revision: int = 0


@dataclass(frozen=True, slots=True)
class AssessmentItem:
    """An assessment without its document, for lists; ``revisions`` is how often it was corrected."""

    id: str
    person: str
    sha256: str
    model: str
    calibration: str
    criteria: str
    at: datetime
    files: tuple[str, ...]
    revisions: int


@dataclass(frozen=True, slots=True)
class Revision:
    """One correction of an assessment: who made it, when, and ``what`` was corrected, as the caller wrote it down."""

    assessment: str
    number: int
    what: Mapping[str, Any]
    who: str
    at: datetime
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """A film that was seen. ``kept``: its file is in the store, under ``path``; else only its name and hash are."""

    id: str
    person: str
    assessment: str | None
    name: str
    path: str
    sha256: str
    kept: bool
    at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a person or a clinician, on a session or (None) on the whole."""

    id: int
    person: str
    session: str | None
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SavedDecision:
    """A decision as it was given, after how many entries, and by which program (sha256 of its text)."""

    person: str
    after_sequence: int
    program_sha: str
    decision: Decision
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when, with whose record (None: the whole store, or a person since erased)."""

    at: datetime
    who: str
    what: str
    person: str | None


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased; ``files`` are those that are gone from the disk.

    ``left``: files that could not be removed (open in another program, say); it is tried again whenever the store is
    opened. ``elsewhere``: files that the record named and that are not on this computer; those kept on another one are
    removed when the store is next opened there. ``complete``: neither of these, and no old pages stay on the disk,
    which another program's reading can cause; that, too, is tried again.
    """

    entries: int
    assessments: int
    notes: int
    files: int
    complete: bool
    left: int = 0
    elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class LoggedFilm:
    """A film that an entry stands for already, and when.

    ``own``: it is this person's, by ``entry``; else another person's, who is not named (``entry`` is ``""``).
    """

    at: datetime
    own: bool
    entry: str

    def __str__(self) -> str:
        when = moment(self.at)
        if not self.own:
            return f"This film was already logged for another person, on {when}."
        return f"This film was already logged on {when} (entry {self.entry!r})."
