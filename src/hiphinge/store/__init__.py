"""Keeping people, sessions and entries: SQLite or PostgreSQL."""

from hiphinge.store.guesses import Guess
from hiphinge.store.livesets import LiveTakenOver
from hiphinge.store.records import (
    AssessmentItem,
    AssessmentRecord,
    AuditEntry,
    Clip,
    Erasure,
    LoggedFilm,
    Note,
    Person,
    Revision,
    SavedDecision,
)
from hiphinge.store.store import Store, open_store
from hiphinge.store.webrecords import (
    Account,
    Invitation,
    Job,
    LiveChunk,
    LiveSet,
    SavedProgram,
    Upload,
    WebSession,
)

__all__ = [
    "Account",
    "AssessmentItem",
    "AssessmentRecord",
    "AuditEntry",
    "Clip",
    "Erasure",
    "Guess",
    "Invitation",
    "Job",
    "LiveChunk",
    "LiveSet",
    "LiveTakenOver",
    "LoggedFilm",
    "Note",
    "Person",
    "Revision",
    "SavedDecision",
    "SavedProgram",
    "Store",
    "Upload",
    "WebSession",
    "open_store",
]
