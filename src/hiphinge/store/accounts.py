"""Accounts: who can log in. No text here ever repeats a login."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from hiphinge.errors import RecordConflict, StoreError, UsageError
from hiphinge.store.packed import insert_once
from hiphinge.store.people import lock_person
from hiphinge.store.rules import check_text
from hiphinge.store.tables import accounts, web_sessions
from hiphinge.store.webrecords import Account

__all__ = [
    "all_accounts",
    "change_password",
    "find_account",
    "insert_account",
    "link_account",
    "read_account",
    "rename_account",
    "switch_account",
    "unlink_accounts",
]

_ROLES = ("patient", "clinician", "owner")
_LONGEST_HASH = 1000
_LONGEST_NAME = 120


def insert_account(
    connection: Connection,
    login: str,
    name: str,
    role: str,
    password_hash: str,
    *,
    person: str | None,
    now: datetime,
) -> Account:
    """Add an account.

    Raises
    ------
    RecordConflict
        The login is taken, or a text that cannot be kept.
    UsageError
        A role that there is not.
    PersonNotFound
        Nobody has this id.
    """
    login = login.strip()
    check_text(login, "login")
    check_text(name, "name of the account", longest=_LONGEST_NAME)
    check_text(password_hash, "password's hash", longest=_LONGEST_HASH)
    if role not in _ROLES:
        raise UsageError(f"The role is {role!r}.", expected=" or ".join(_ROLES))
    if role == "patient" and person is None:
        raise RecordConflict("A patient's account opens nobody's record.", expected="the id of a person")
    if person is not None:
        lock_person(connection, person)
    account = Account(uuid.uuid4().hex, login, name, role, person, password_hash, now, None)
    values = {name: getattr(account, name) for name in Account.__dataclass_fields__}
    if not insert_once(connection, accounts, {**values, "login_key": _login_key(login)}):
        raise RecordConflict(
            "This login is taken.", expected="a login of its own", next_step="Choose another, or log in with it."
        )
    return account


def read_account(connection: Connection, number: str) -> Account:
    """Return the account with this id.

    Raises
    ------
    StoreError
        There is none.
    """
    row = None
    if number.isalnum():
        row = connection.execute(select(accounts).where(accounts.c.id == number)).one_or_none()
    if row is None:
        raise StoreError("There is no such account.", next_step="See the list of accounts.")
    return _account(row)


def find_account(connection: Connection, login: str) -> Account | None:
    """Return the account with this login, in whatever case; None where there is none."""
    if not login.isprintable():
        return None
    row = connection.execute(select(accounts).where(accounts.c.login_key == _login_key(login))).one_or_none()
    return None if row is None else _account(row)


def all_accounts(connection: Connection) -> tuple[Account, ...]:
    """Return every account, oldest first."""
    return tuple(_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.created)))


def change_password(connection: Connection, number: str, password_hash: str) -> Account:
    """Take another hash in place of the one that is there.

    Raises
    ------
    StoreError
        There is no such account.
    """
    account = read_account(connection, number)
    check_text(password_hash, "password's hash", longest=_LONGEST_HASH)
    connection.execute(update(accounts).where(accounts.c.id == number).values(password_hash=password_hash))
    return account


def rename_account(connection: Connection, number: str, name: str) -> Account:
    """Show an account under another name from now on; what was signed before keeps the name it was signed with.

    Raises
    ------
    RecordConflict
        A name that cannot be kept.
    StoreError
        There is no such account.
    """
    account = read_account(connection, number)
    check_text(name, "name of the account", longest=_LONGEST_NAME)
    connection.execute(update(accounts).where(accounts.c.id == number).values(name=name))
    return account


def switch_account(connection: Connection, number: str, *, disabled_at: datetime | None) -> Account:
    """Disable an account and end its web sessions, or (None) enable it again.

    Raises
    ------
    RecordConflict
        It is the last owner's: nobody could enable it again.
    """
    account = read_account(connection, number)
    if disabled_at is not None and account.role == "owner" and account.disabled_at is None:
        c = accounts.c
        # Locked, so that two owners cannot disable each other at once.
        rows = connection.execute(
            select(c.id).where(c.role == "owner", c.disabled_at.is_(None)).order_by(c.id).with_for_update()
        )
        if set(rows.scalars()) == {number}:
            raise RecordConflict(
                "This is the only account of an administrator.", expected="another administrator to be there first"
            )
    connection.execute(update(accounts).where(accounts.c.id == number).values(disabled_at=disabled_at))
    if disabled_at is not None:
        connection.execute(delete(web_sessions).where(web_sessions.c.account == number))
    return account


def link_account(connection: Connection, number: str, person: str | None) -> Account:
    """Let an account, and the browsers that are logged in with it, open this person's record as their own.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    StoreError
        There is no such account.
    """
    if person is not None:
        lock_person(connection, person)
    account = read_account(connection, number)
    connection.execute(update(accounts).where(accounts.c.id == number).values(person=person))
    connection.execute(update(web_sessions).where(web_sessions.c.account == number).values(person=person))
    return account


def unlink_accounts(connection: Connection, person: str, *, now: datetime) -> int:
    """Let no account open a record that is being erased; return how many did.

    A patient's own account is disabled, and forgets login, name and password: they are the person's too. A clinician's
    or an owner's goes on without a record of its own.
    """
    c = accounts.c
    found = connection.execute(select(c.id, c.role).where(c.person == person).order_by(c.id)).all()
    for row in found:
        connection.execute(delete(web_sessions).where(web_sessions.c.account == row.id))
        values: dict[str, Any] = {"person": None}
        if row.role == "patient":
            nobody = f"erased-{row.id}"
            values |= {"login": nobody, "login_key": nobody, "name": "erased", "password_hash": "erased"}
            values["disabled_at"] = func.coalesce(c.disabled_at, now)
        connection.execute(update(accounts).where(c.id == row.id).values(values))
    return len(found)


def _login_key(login: str) -> str:
    """Return what is compared of a login."""
    return unicodedata.normalize("NFKC", login.strip()).casefold()


def _account(row: Row[Any]) -> Account:
    """Return a row as an account."""
    return Account(**{name: getattr(row, name) for name in Account.__dataclass_fields__})
