"""The tables, as the newest migration leaves them; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

__all__ = [
    "METADATA",
    "SECRETS",
    "TABLES",
    "Utc",
    "accounts",
    "assessments",
    "audit",
    "clips",
    "decisions",
    "events",
    "invitations",
    "jobs",
    "live_chunks",
    "lives",
    "notes",
    "people",
    "programs",
    "revisions",
    "store_facts",
    "uploads",
    "web_sessions",
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


def _person(*, nullable: bool = False) -> Column[str]:
    """Whose row it is."""
    return Column("person", String(16), ForeignKey("people.id"), nullable=nullable)


people = Table(
    "people",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("birth_year", Integer),
    Column("created", Utc, nullable=False),
    Column("guest", Boolean, nullable=False, server_default=false()),
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

#: A person's own account, or a clinician's. Never in a log, an error or an export: the login and the password's hash.
accounts = Table(
    "accounts",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("login", Text, nullable=False),
    Column("login_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    _person(nullable=True),
    Column("password_hash", Text, nullable=False),
    Column("created", Utc, nullable=False),
    Column("disabled_at", Utc),
    UniqueConstraint("login_key", name="accounts_login"),
    Index("accounts_by_person", "person"),
)

#: The token itself is the visitor's alone: here is its hash.
web_sessions = Table(
    "web_sessions",
    METADATA,
    Column("token_sha256", String(64), primary_key=True),
    Column("csrf", Text, nullable=False),
    Column("account", String(32), ForeignKey("accounts.id")),
    Column("role", String(16), nullable=False),
    _person(nullable=True),
    Column("label", Text, nullable=False),
    Column("created", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("expires", Utc, nullable=False),
    Index("web_sessions_by_account", "account"),
    Index("web_sessions_by_person", "person"),
)

#: A row goes when its invitation is used.
invitations = Table(
    "invitations",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("token_sha256", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    _person(nullable=True),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("created", Utc, nullable=False),
    Column("expires", Utc, nullable=False),
    UniqueConstraint("token_sha256", name="invitations_token"),
    Index("invitations_by_person", "person"),
)

#: Failed tries to sign in; forgotten soon, so neither backed up nor restored. The hash is of what they are counted by.
guesses = Table(
    "guesses",
    METADATA,
    Column("key_sha256", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", Utc, nullable=False),
    Column("expires", Utc, nullable=False),
)

#: The bytes lie beside the database until a job has taken them.
uploads = Table(
    "uploads",
    METADATA,
    Column("id", String(32), primary_key=True),
    _person(),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("meta", Text, nullable=False),
    Column("sha256", String(64)),
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Column("finished", Utc),
    Index("uploads_by_person", "person"),
)

#: ``turn``: jobs of one person lie in rounds, so that nobody waits for all of somebody else's.
jobs = Table(
    "jobs",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("kind", Text, nullable=False),
    _person(),
    Column("key", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("owner", Text),
    Column("lease_until", Utc),
    Column("progress", Float, nullable=False),
    Column("stage", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("result", Text),
    Column("created", Utc, nullable=False),
    Column("finished", Utc),
    UniqueConstraint("person", "key", name="jobs_key"),
    Index("jobs_by_turn", "state", "turn", "created"),
)

lives = Table(
    "lives",
    METADATA,
    Column("id", String(32), primary_key=True),
    _person(),
    Column("session", Text),
    Column("drill", Text, nullable=False),
    Column("variant", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("next_number", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("assessment", String(32), ForeignKey("assessments.id")),
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Column("finished", Utc),
    Index("lives_by_person", "person"),
    Index("lives_by_assessment", "assessment"),
    Index("lives_by_state", "state", "changed"),
)

#: ``person`` has no link to people: writing many sets at once locks the sets alone.
live_chunks = Table(
    "live_chunks",
    METADATA,
    Column("live", String(32), ForeignKey("lives.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("person", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("live_chunks_by_person", "person"),
)

#: What a clinician made of an assessment; the first stays as it was.
revisions = Table(
    "revisions",
    METADATA,
    Column("id", String(32), primary_key=True),
    _person(),
    Column("assessment", String(32), ForeignKey("assessments.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("correction", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("calibration", Text, nullable=False),
    Column("criteria", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("files", Text, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("assessment", "number", name="revisions_number"),
    Index("revisions_by_person", "person"),
)

#: Programs as they were saved; the newest row is in use.
programs = Table(
    "programs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("toml", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

#: Of the store itself, not of people: neither backed up nor restored.
store_facts = Table(
    "store_facts", METADATA, Column("name", String(32), primary_key=True), Column("value", Text, nullable=False)
)

#: In an order in which rows can be put in; the reverse takes them out.
TABLES = (
    people,
    assessments,
    clips,
    events,
    notes,
    decisions,
    revisions,
    uploads,
    jobs,
    lives,
    live_chunks,
    accounts,
    programs,
    audit,
)
#: Ways in: neither backed up nor exported.
SECRETS = (web_sessions, invitations)
