"""What the store knows of itself: a number of its own, so that the kept files of two stores are never mixed."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0002"
down_revision = "0001"

#: A copy of the database elsewhere has the same number, and another home.
HOME_POSTGRESQL = """
INSERT INTO store_facts (name, value)
SELECT 'home', oid || '/' || current_schema() FROM pg_database WHERE datname = current_database()
"""


def upgrade() -> None:
    """Make the table, and give the store its number."""
    facts = op.create_table(
        "store_facts",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.bulk_insert(facts, [{"name": "id", "value": uuid.uuid4().hex}])
    if op.get_context().dialect.name == "postgresql":
        op.execute(HOME_POSTGRESQL)
