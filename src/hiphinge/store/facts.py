"""What the store knows of itself: its number, where it was made, what is still to be done."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, text

from hiphinge.errors import StoreError
from hiphinge.store.tables import store_facts

__all__ = ["Facts", "read_facts", "want_scrub"]

_SCRUB = "scrub"
_HOME_NOW = "SELECT oid || '/' || current_schema() FROM pg_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known: ``number`` names the folder of kept files.

    ``copied``: the database was copied on its server, so that kept files may belong to the one it was copied from.
    ``scrub``: deleted rows may still be in the database's own files.
    """

    number: str
    copied: bool
    scrub: bool


def read_facts(connection: Connection) -> Facts:
    """Return what the store knows of itself.

    Raises
    ------
    StoreError
        It has no number: somebody changed the table.
    """
    known = {row.name: row.value for row in connection.execute(select(store_facts))}
    if "id" not in known:
        raise StoreError(
            "The store has no number of its own: its table store_facts was altered.", next_step="Restore a backup."
        )
    copied = False
    if connection.dialect.name == "postgresql":
        copied = connection.execute(text(_HOME_NOW)).scalar_one() != known.get("home")
    return Facts(known["id"], copied, _SCRUB in known)


def want_scrub(connection: Connection, *, wanted: bool) -> None:
    """Write down that deleted rows are still to be scrubbed, or that they were."""
    connection.execute(delete(store_facts).where(store_facts.c.name == _SCRUB))
    if wanted:
        connection.execute(insert(store_facts).values(name=_SCRUB, value="wanted"))
