"""People, their entries, and all that belongs to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0001"
down_revision = None

#: Entries are never changed, only added; an erasure may delete.
APPEND_ONLY_SQLITE = """
CREATE TRIGGER events_append_only BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'entries are never changed, only added'); END
"""
APPEND_ONLY_POSTGRESQL = (
    """
CREATE FUNCTION hiphinge_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'entries are never changed, only added'; END $$
""",
    """
CREATE TRIGGER events_append_only BEFORE UPDATE ON events
FOR EACH ROW EXECUTE FUNCTION hiphinge_append_only()
""",
)


def upgrade() -> None:
    """Make the tables."""
    _people()
    _assessments_and_clips()
    _events()
    _notes_decisions_audit()
    if op.get_context().dialect.name == "sqlite":
        op.execute(APPEND_ONLY_SQLITE)
    else:
        for statement in APPEND_ONLY_POSTGRESQL:
            op.execute(statement)


def _person() -> sa.Column[str]:
    """Whose row it is."""
    return sa.Column("person", sa.String(16), sa.ForeignKey("people.id"), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    """A moment in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("birth_year", sa.Integer),
        _moment("created"),
    )
    op.create_index("people_by_name", "people", ["name_key"])


def _assessments_and_clips() -> None:
    op.create_table(
        "assessments",
        sa.Column("id", sa.String(32), primary_key=True),
        _person(),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("calibration", sa.Text, nullable=False),
        sa.Column("criteria", sa.Text, nullable=False),
        _moment("at"),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("assessments_by_person", "assessments", ["person"])
    op.create_index("assessments_by_video", "assessments", ["sha256"])
    op.create_table(
        "clips",
        sa.Column("id", sa.String(32), primary_key=True),
        _person(),
        sa.Column("assessment", sa.String(32), sa.ForeignKey("assessments.id")),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("kept", sa.Boolean, nullable=False),
        _moment("at"),
        _moment("removed_at", nullable=True),
    )
    op.create_index("clips_by_person", "clips", ["person"])
    op.create_index("clips_by_assessment", "clips", ["assessment"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("person", sa.String(16), sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("session", sa.Text),
        sa.Column("assessment", sa.String(32), sa.ForeignKey("assessments.id")),
        _moment("at"),
        _moment("entered_at"),
        sa.Column("payload", sa.Text, nullable=False),
        sa.UniqueConstraint("person", "key", name="events_key"),
    )
    op.create_index("events_by_kind", "events", ["person", "kind"])
    given = sa.text("assessment IS NOT NULL")
    op.create_index("events_by_assessment", "events", ["assessment"], sqlite_where=given, postgresql_where=given)


def _notes_decisions_audit() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer, primary_key=True),
        _person(),
        sa.Column("session", sa.Text),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        _moment("at"),
    )
    op.create_index("notes_by_person", "notes", ["person"])
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        _person(),
        sa.Column("after_sequence", sa.Integer, nullable=False),
        sa.Column("program_sha", sa.String(64), nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        _moment("at"),
    )
    op.create_index("decisions_by_person", "decisions", ["person", "after_sequence"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        _moment("at"),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("person", sa.String(16)),
    )
    op.create_index("audit_by_person", "audit", ["person"])
