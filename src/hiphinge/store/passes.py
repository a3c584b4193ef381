"""Ways in: web sessions and invitations. Only the hashes of their tokens are known here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, or_, select, update

from hiphinge.errors import RecordConflict, UsageError
from hiphinge.store.accounts import read_account
from hiphinge.store.packed import check_sha256, insert_once
from hiphinge.store.people import lock_person
from hiphinge.store.rules import check_text
from hiphinge.store.tables import accounts, invitations, web_sessions
from hiphinge.store.webrecords import Invitation, WebSession

__all__ = [
    "delete_expired",
    "delete_passes_of",
    "drop_invitation",
    "end_session",
    "end_sessions_of",
    "find_invitation",
    "find_session",
    "insert_invitation",
    "insert_session",
    "needs_touch",
    "open_invitations",
    "sessions_of",
    "take_invitation",
    "touch_session",
]

ROLES = ("visitor", "patient", "clinician", "owner")
KINDS = ("account", "device", "visit")
#: A browser that was seen so recently need not be written down again.
_JUST_NOW = timedelta(minutes=1)


def insert_session(connection: Connection, values: Mapping[str, Any], *, now: datetime) -> WebSession:
    """Let a browser in.

    Raises
    ------
    RecordConflict
        A token or a text that cannot be kept, or a disabled account.
    UsageError
        A role that there is not.
    PersonNotFound
        Nobody has this id.
    """
    session = WebSession(**values, created=now, seen_at=now)
    check_sha256(session.token_sha256, "token's hash")
    check_text(session.csrf, "token against forged forms")
    check_text(session.label or "-", "label of the web session")
    _check_role(session.role)
    if session.person is not None:
        lock_person(connection, session.person)
    if session.account is not None and read_account(connection, session.account).disabled_at is not None:
        raise RecordConflict("The account is disabled.", next_step="Ask whoever runs this clinic.")
    row = {name: getattr(session, name) for name in WebSession.__dataclass_fields__}
    if not insert_once(connection, web_sessions, row):
        raise RecordConflict("There is a web session with this token already.", expected="a fresh random token")
    return session


def find_session(connection: Connection, token_sha256: str, *, now: datetime) -> WebSession | None:
    """Return the browser with this token; None where it is not let in (any more)."""
    c = web_sessions.c
    query = select(web_sessions).select_from(web_sessions.outerjoin(accounts, accounts.c.id == c.account))
    allowed = or_(c.account.is_(None), accounts.c.disabled_at.is_(None))
    if not token_sha256.isalnum():
        return None
    row = connection.execute(query.where(c.token_sha256 == token_sha256, c.expires > now, allowed)).one_or_none()
    return None if row is None else _session(row)


def sessions_of(connection: Connection, account: str | None, *, now: datetime) -> tuple[WebSession, ...]:
    """Return the browsers that are logged in with an account, the last used first."""
    c = web_sessions.c
    query = select(web_sessions).where(c.account == account, c.expires > now).order_by(c.seen_at.desc())
    return tuple(_session(row) for row in connection.execute(query))


def needs_touch(session: WebSession, expires: datetime | None, *, now: datetime) -> bool:
    """Whether it is long enough ago that a browser was written down as seen."""
    return now - session.seen_at >= _JUST_NOW or (expires is not None and expires - session.expires >= _JUST_NOW)


def touch_session(connection: Connection, token_sha256: str, expires: datetime | None, *, now: datetime) -> None:
    """Write down that a browser was here, and until when it is let in from now on (None: as before)."""
    values = {"seen_at": now} if expires is None else {"seen_at": now, "expires": expires}
    connection.execute(update(web_sessions).where(web_sessions.c.token_sha256 == token_sha256).values(values))


def end_session(connection: Connection, token_sha256: str) -> None:
    """Let a browser in no longer."""
    connection.execute(delete(web_sessions).where(web_sessions.c.token_sha256 == token_sha256))


def end_sessions_of(connection: Connection, account: str | None, *, but: str) -> int:
    """Let no browser of an account in any longer (``but`` one's token); return how many there were."""
    c = web_sessions.c
    return connection.execute(delete(web_sessions).where(c.account == account, c.token_sha256 != but)).rowcount


def insert_invitation(
    connection: Connection, token_sha256: str, values: Mapping[str, Any], *, now: datetime
) -> Invitation:
    """Add an invitation.

    Raises
    ------
    RecordConflict
        A token or a name that cannot be kept.
    UsageError
        A role or a kind that there is not.
    PersonNotFound
        Nobody has this id.
    """
    invitation = Invitation(id=uuid.uuid4().hex, created=now, **values)
    check_sha256(token_sha256, "token's hash")
    check_text(invitation.name, "name on the invitation", longest=120)
    _check_role(invitation.role)
    if invitation.kind not in KINDS:
        raise UsageError(f"The kind of invitation is {invitation.kind!r}.", expected=" or ".join(KINDS))
    if invitation.person is not None:
        lock_person(connection, invitation.person)
    row = {name: getattr(invitation, name) for name in Invitation.__dataclass_fields__}
    if not insert_once(connection, invitations, {**row, "token_sha256": token_sha256}):
        raise RecordConflict("There is an invitation with this token already.", expected="a fresh random token")
    return invitation


def find_invitation(connection: Connection, token_sha256: str, *, now: datetime) -> Invitation | None:
    """Return the invitation with this token where it can still be used."""
    row = None
    if token_sha256.isalnum():
        row = connection.execute(select(invitations).where(_usable(token_sha256, now))).one_or_none()
    return None if row is None else _invitation(row)


def take_invitation(connection: Connection, token_sha256: str, *, now: datetime, kind: str | None = None) -> Invitation:
    """Use an invitation (of one kind) up, and return what it was: whoever comes second finds none.

    Raises
    ------
    RecordConflict
        It was used, has expired, was withdrawn, or there never was one.
    PersonNotFound
        Whose record it opens was erased just now.
    """
    row = None
    found = find_invitation(connection, token_sha256, now=now)
    if found is not None:
        if found.person is not None:
            # Before its row, as an erasure does.
            lock_person(connection, found.person)
        wanted = _usable(token_sha256, now)
        if kind is not None:
            wanted &= invitations.c.kind == kind
        row = connection.execute(delete(invitations).where(wanted).returning(invitations)).one_or_none()
    if row is None:
        raise RecordConflict(
            "This invitation cannot be used: it was used already, has expired, or was withdrawn.",
            expected="an invitation that is still open",
            next_step="Ask for a new one.",
        )
    return _invitation(row)


def open_invitations(connection: Connection, *, now: datetime) -> tuple[Invitation, ...]:
    """Return the invitations that can still be used, oldest first."""
    rows = connection.execute(select(invitations).where(invitations.c.expires > now).order_by(invitations.c.created))
    return tuple(_invitation(row) for row in rows)


def drop_invitation(connection: Connection, number: str) -> bool:
    """Withdraw an invitation; False where there is none (any more)."""
    return bool(connection.execute(delete(invitations).where(invitations.c.id == number)).rowcount)


def delete_passes_of(connection: Connection, person: str) -> None:
    """Delete every way into the record of somebody."""
    for table in (web_sessions, invitations):
        connection.execute(delete(table).where(table.c.person == person))


def delete_expired(connection: Connection, *, now: datetime) -> int:
    """Delete what lets nobody in any longer, and return how many there were."""
    return sum(
        connection.execute(delete(table).where(table.c.expires <= now)).rowcount
        for table in (web_sessions, invitations)
    )


def _usable(token_sha256: str, now: datetime) -> ColumnElement[bool]:
    """What an invitation must be."""
    return (invitations.c.token_sha256 == token_sha256) & (invitations.c.expires > now)


def _check_role(role: str) -> None:
    """Refuse a role that there is not."""
    if role not in ROLES:
        raise UsageError(f"The role is {role!r}.", expected=" or ".join(ROLES))


def _session(row: Row[Any]) -> WebSession:
    """Return a row as a web session."""
    return WebSession(**{name: getattr(row, name) for name in WebSession.__dataclass_fields__})


def _invitation(row: Row[Any]) -> Invitation:
    """Return a row as an invitation."""
    return Invitation(**{name: getattr(row, name) for name in Invitation.__dataclass_fields__})
