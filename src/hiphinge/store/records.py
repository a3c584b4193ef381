"""What the store gives back: frozen records, times aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hiphinge.program.decision import Decision

__all__ = ["AssessmentRecord", "AuditEntry", "Clip", "Erasure", "Note", "Person", "SavedDecision"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose entries are kept. ``id`` never changes; names need not be unique."""

    id: str
    name: str
    birth_year: int | None
    created: datetime


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """An assessment as it was made: the document's own bytes and what it was made with.

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
    """What was erased. ``complete`` is False while another program's reading keeps old pages on the disk."""

    entries: int
    assessments: int
    notes: int
    files: int
    complete: bool
