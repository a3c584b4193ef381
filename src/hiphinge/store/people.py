"""People: adding, finding, locking one for a write."""

from __future__ import annotations

import difflib
import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from hiphinge.errors import PersonNotFound, RecordConflict, UsageError
from hiphinge.store.records import Person
from hiphinge.store.tables import people

__all__ = [
    "all_people",
    "count_guests",
    "find_person",
    "insert_person",
    "keep",
    "lock_person",
    "old_guests",
    "rename",
    "require_person",
]

#: How long a guest who was not kept stays.
GUEST_STAYS = timedelta(hours=24)
_EARLIEST_BIRTH_YEAR = 1900
_LONGEST_NAME = 120
#: Without letters and digits that are taken for each other when read aloud.
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def insert_person(
    connection: Connection, name: str, birth_year: int | None, *, guest: bool = False, now: datetime
) -> Person:
    """Add somebody; two people may have the same name.

    Raises
    ------
    UsageError
        No name, one that cannot be kept, or a year nobody alive was born in.
    """
    name = _check_name(name)
    if birth_year is not None and not _EARLIEST_BIRTH_YEAR <= birth_year <= now.year:
        raise UsageError(
            f"The birth year is {birth_year}.", expected=f"a year from {_EARLIEST_BIRTH_YEAR} to {now.year}, or none"
        )
    number = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    person = Person(id=number, name=name, birth_year=birth_year, created=now, guest=guest)
    values = {"id": number, "name": name, "name_key": _name_key(name), "birth_year": birth_year, "created": now}
    connection.execute(insert(people).values({**values, "guest": guest}))
    return person


def rename(connection: Connection, person_id: str, name: str) -> Person:
    """Give somebody another name.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    UsageError
        No name, or one that cannot be kept.
    """
    lock_person(connection, person_id)
    name = _check_name(name)
    values = {"name": name, "name_key": _name_key(name)}
    connection.execute(update(people).where(people.c.id == person_id).values(values))
    return require_person(connection, person_id)


def keep(connection: Connection, person_id: str, name: str) -> Person:
    """Make a guest one of the people, with a name; the same again is once.

    Raises
    ------
    PersonNotFound
        Nobody has this id (any more).
    RecordConflict
        Somebody who is no guest, and has another name.
    """
    lock_person(connection, person_id)
    before = require_person(connection, person_id)
    if not before.guest and before.name != " ".join(name.split()):
        raise RecordConflict("This person is kept already.", expected="a guest", next_step="Change the name instead.")
    connection.execute(update(people).where(people.c.id == person_id).values(guest=False))
    return rename(connection, person_id, name)


def old_guests(connection: Connection, *, now: datetime) -> tuple[str, ...]:
    """Return the ids of guests whose visit was long ago."""
    c = people.c
    query = select(c.id).where(c.guest.is_(True), c.created < now - GUEST_STAYS)
    return tuple(connection.execute(query.order_by(c.id)).scalars())


def count_guests(connection: Connection, *, since: datetime) -> int:
    """Return how many guests came since then, and were not kept."""
    c = people.c
    query = select(func.count()).select_from(people).where(c.guest.is_(True), c.created > since)
    return int(connection.execute(query).scalar_one())


def all_people(connection: Connection, *, guests: bool = True) -> tuple[Person, ...]:
    """Return everybody, by name; without ``guests`` those alone who are no guests."""
    query = select(people) if guests else select(people).where(people.c.guest.is_(False))
    rows = connection.execute(query.order_by(people.c.name_key, people.c.created, people.c.id))
    return tuple(_person(row) for row in rows)


def _check_name(name: str) -> str:
    """Return a name as it is kept, or refuse it."""
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError(f"{name[:40]!r} is no name.", expected=f"1 to {_LONGEST_NAME} printable characters")
    return name


def find_person(connection: Connection, name_or_id: str) -> Person:
    """Return the one person with this id, else with this name; case and spaces do not matter.

    A guest goes by the id alone.

    Raises
    ------
    PersonNotFound
        Nobody, or more than one.
    """
    sought = " ".join(name_or_id.split())
    if not sought.isprintable():
        raise PersonNotFound(f"Nobody is called {name_or_id!r}.")
    called = and_(people.c.name_key == _name_key(sought), people.c.guest.is_(False))
    query = select(people).where(or_(people.c.id == sought.lower(), called))
    found = [_person(row) for row in connection.execute(query.order_by(people.c.created))]
    # A name that reads like somebody's id does not hide that person.
    found = [one for one in found if one.id == sought.lower()] or found
    if len(found) == 1:
        return found[0]
    if found:
        who = "; ".join(f"{one.id}: {one.name}{f', born {one.birth_year}' if one.birth_year else ''}" for one in found)
        raise PersonNotFound(
            f"{len(found)} people are called {sought!r} ({who}).", expected="one person", next_step="Give the id."
        )
    raise PersonNotFound(f"Nobody is called {sought!r}.", next_step=_suggestion(connection, sought))


def require_person(connection: Connection, person_id: str) -> Person:
    """Return the person with this id.

    Raises
    ------
    PersonNotFound
        Nobody has it.
    """
    row = None
    if person_id.isalnum():
        row = connection.execute(select(people).where(people.c.id == person_id)).one_or_none()
    if row is None:
        raise PersonNotFound(f"There is no person with the id {person_id!r}.", next_step="See: hiphinge person list.")
    return _person(row)


def lock_person(connection: Connection, person_id: str) -> None:
    """Let nobody else write to this person's record until the transaction ends.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    """
    # SQLite's writers already take turns; there FOR UPDATE is left out.
    query = select(people.c.id).where(people.c.id == person_id).with_for_update()
    if not person_id.isalnum() or connection.execute(query).one_or_none() is None:
        require_person(connection, person_id)


def _suggestion(connection: Connection, sought: str) -> str:
    """Return names that are close, or how to see all."""
    query = select(people.c.name, people.c.name_key).where(people.c.guest.is_(False))
    names = {row.name_key: row.name for row in connection.execute(query)}
    close = difflib.get_close_matches(_name_key(sought), list(names), n=3)
    if close:
        return f"Did you mean {' or '.join(names[key] for key in close)}?"
    return "See: hiphinge person list, or add somebody: hiphinge person add NAME."


def _name_key(name: str) -> str:
    """Return what is compared of a name."""
    return unicodedata.normalize("NFKC", name).casefold()


def _person(row: Row[Any]) -> Person:
    """Return a row as a person."""
    return Person(id=row.id, name=row.name, birth_year=row.birth_year, created=row.created, guest=bool(row.guest))
