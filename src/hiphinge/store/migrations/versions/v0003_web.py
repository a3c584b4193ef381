"""What the web app keeps: accounts and their ways in, uploads, jobs, live sets, corrections, programs, guests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, and tell guests from people."""
    op.add_column("people", sa.Column("guest", sa.Boolean, nullable=False, server_default=sa.false()))
    _accounts()
    _ways_in()
    _uploads_and_jobs()
    _live_sets()
    _revisions()
    op.create_table(
        "programs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("toml", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        _moment("at"),
    )


def _person(*, nullable: bool = False) -> sa.Column[str]:
    """Whose row it is."""
    return sa.Column("person", sa.String(16), sa.ForeignKey("people.id"), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    """A moment in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("login_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        _person(nullable=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        _moment("created"),
        _moment("disabled_at", nullable=True),
        sa.UniqueConstraint("login_key", name="accounts_login"),
    )
    op.create_index("accounts_by_person", "accounts", ["person"])


def _ways_in() -> None:
    op.create_table(
        "web_sessions",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("account", sa.String(32), sa.ForeignKey("accounts.id")),
        sa.Column("role", sa.String(16), nullable=False),
        _person(nullable=True),
        sa.Column("label", sa.Text, nullable=False),
        _moment("created"),
        _moment("seen_at"),
        _moment("expires"),
    )
    op.create_index("web_sessions_by_account", "web_sessions", ["account"])
    op.create_index("web_sessions_by_person", "web_sessions", ["person"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        _person(nullable=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        _moment("created"),
        _moment("expires"),
        sa.UniqueConstraint("token_sha256", name="invitations_token"),
    )
    op.create_index("invitations_by_person", "invitations", ["person"])


def _uploads_and_jobs() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), primary_key=True),
        _person(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("meta", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64)),
        _moment("created"),
        _moment("changed"),
        _moment("finished", nullable=True),
    )
    op.create_index("uploads_by_person", "uploads", ["person"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        _person(),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("max_attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text),
        _moment("lease_until", nullable=True),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        _moment("created"),
        _moment("finished", nullable=True),
        sa.UniqueConstraint("person", "key", name="jobs_key"),
    )
    op.create_index("jobs_by_turn", "jobs", ["state", "turn", "created"])


def _live_sets() -> None:
    op.create_table(
        "lives",
        sa.Column("id", sa.String(32), primary_key=True),
        _person(),
        sa.Column("session", sa.Text),
        sa.Column("drill", sa.Text, nullable=False),
        sa.Column("variant", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("next_number", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("assessment", sa.String(32), sa.ForeignKey("assessments.id")),
        _moment("created"),
        _moment("changed"),
        _moment("finished", nullable=True),
    )
    op.create_index("lives_by_person", "lives", ["person"])
    op.create_index("lives_by_assessment", "lives", ["assessment"])
    op.create_index("lives_by_state", "lives", ["state", "changed"])
    op.create_table(
        "live_chunks",
        sa.Column("live", sa.String(32), sa.ForeignKey("lives.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        # No link to people: writing many sets at once locks the sets alone.
        sa.Column("person", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("live_chunks_by_person", "live_chunks", ["person"])


def _revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", sa.String(32), primary_key=True),
        _person(),
        sa.Column("assessment", sa.String(32), sa.ForeignKey("assessments.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("correction", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("calibration", sa.Text, nullable=False),
        sa.Column("criteria", sa.Text, nullable=False),
        _moment("at"),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("assessment", "number", name="revisions_number"),
    )
    op.create_index("revisions_by_person", "revisions", ["person"])
