"""Keeping people, sessions and entries: SQLite or PostgreSQL."""

from hiphinge.store.records import (
    AssessmentRecord,
    AuditEntry,
    Clip,
    Erasure,
    LoggedFilm,
    Note,
    Person,
    SavedDecision,
)
from hiphinge.store.store import Store, open_store

__all__ = [
    "AssessmentRecord",
    "AuditEntry",
    "Clip",
    "Erasure",
    "LoggedFilm",
    "Note",
    "Person",
    "SavedDecision",
    "Store",
    "open_store",
]
