"""What grows old in a store: guests, ways in, uploads, live sets and jobs that nobody goes on with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from hiphinge.store import guesses, jobs, livesets, passes, people, uploads
from hiphinge.store.tables import SECRETS

__all__ = ["Grown", "delete_old", "is_anything_old"]


@dataclass(frozen=True, slots=True)
class Grown:
    """What was deleted: ``uploads`` are the ids whose bytes are to be removed; ``guests`` are still to be erased."""

    guests: tuple[str, ...]
    uploads: tuple[str, ...]


def is_anything_old(connection: Connection, *, now: datetime) -> bool:
    """Whether there is anything to delete; asked before, since asking alone locks nobody out."""
    expired = sum(
        connection.execute(select(func.count()).select_from(table).where(table.c.expires <= now)).scalar_one()
        for table in SECRETS
    )
    return bool(
        expired
        or guesses.has_old_guesses(connection, now=now)
        or people.old_guests(connection, now=now)
        or uploads.delete_old_uploads(connection, now=now, only_look=True)
        or livesets.delete_old_chunks(connection, now=now, only_look=True)
        or jobs.delete_old_jobs(connection, only_look=True)
    )


def delete_old(connection: Connection, *, now: datetime) -> Grown:
    """Delete all of it but the guests, who are erased one by one."""
    passes.delete_expired(connection, now=now)
    guesses.delete_old_guesses(connection, now=now)
    livesets.delete_old_chunks(connection, now=now)
    jobs.delete_old_jobs(connection)
    return Grown(people.old_guests(connection, now=now), uploads.delete_old_uploads(connection, now=now))
