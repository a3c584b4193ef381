"""The tables, as the newest migration leaves them; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

__all__ = [
    "METADATA",
    "TABLES",
    "Utc",
    "assessments",
    "audit",
    "clips",
    "decisions",
    "events",
    "notes",
    "people",
    "store_facts",
]


class Utc(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; SQLite has no zones, so none is written there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC, without a zone where the database has none."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


METADATA = MetaData()
_HAS_ASSESSMENT = text("assessment IS NOT NULL")


def _person() -> Column[str]:
    """Whose row it is."""
    return Column("person", String(16), ForeignKey("people.id"), nullable=False)


people = Table(
    "people",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("birth_year", Integer),
    Column("created", Utc, nullable=False),
    Index("people_by_name", "name_key"),
)

#: Append-only: a trigger refuses every change of a row.
events = Table(
    "events",
    METADATA,
    Column("person", String(16), ForeignKey("people.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("session", Text),
    Column("assessment", String(32), ForeignKey("assessments.id")),
    Column("at", Utc, nullable=False),
    Column("entered_at", Utc, nullable=False),
    # The canonical JSON text, kept as written: compared byte by byte when a key comes twice.
    Column("payload", Text, nullable=False),
    UniqueConstraint("person", "key", name="events_key"),
    Index("events_by_kind", "person", "kind"),
    Index("events_by_assessment", "assessment", sqlite_where=_HAS_ASSESSMENT, postgresql_where=_HAS_ASSESSMENT),
)

assessments = Table(
    "assessments",
    METADATA,
    Column("id", String(32), primary_key=True),
    _person(),
    Column("sha256", String(64), nullable=False),
    Column("model", Text, nullable=False),
    Column("calibration", Text, nullable=False),
    Column("criteria", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("files", Text, nullable=False),
    Column("document", Text, nullable=False),
    Index("assessments_by_person", "person"),
    Index("assessments_by_video", "sha256"),
)

clips = Table(
    "clips",
    METADATA,
    Column("id", String(32), primary_key=True),
    _person(),
    Column("assessment", String(32), ForeignKey("assessments.id")),
    Column("name", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("kept", Boolean, nullable=False),
    Column("at", Utc, nullable=False),
    Column("removed_at", Utc),
    Index("clips_by_person", "person"),
    Index("clips_by_assessment", "assessment"),
)

notes = Table(
    "notes",
    METADATA,
    Column("id", Integer, primary_key=True),
    _person(),
    Column("session", Text),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index("notes_by_person", "person"),
)

decisions = Table(
    "decisions",
    METADATA,
    Column("id", Integer, primary_key=True),
    _person(),
    Column("after_sequence", Integer, nullable=False),
    Column("program_sha", String(64), nullable=False),
    Column("decision", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index("decisions_by_person", "person", "after_sequence"),
)

#: No link to people: what stays after an erasure names nobody.
audit = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("person", String(16)),
    Index("audit_by_person", "person"),
)

#: Of the store itself, not of people: neither backed up nor restored.
store_facts = Table(
    "store_facts", METADATA, Column("name", String(32), primary_key=True), Column("value", Text, nullable=False)
)

#: In an order in which rows can be put in; the reverse takes them out.
TABLES = (people, assessments, clips, events, notes, decisions, audit)
