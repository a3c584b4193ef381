"""Sessions of people who signed in, of phones that were let in, and of visits without an account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection

from hiphinge.web.context import Context
from hiphinge.web.tokens import csrf_of, fingerprint, give_token, new_token, read_token
from hiphinge.web.translate import _

if TYPE_CHECKING:
    from hiphinge.store import Account, WebSession
    from hiphinge.web.access import Role, Who

__all__ = ["begin_session", "begin_visit", "end_session", "find_session", "sign_in", "start_guest", "token_hash"]

#: What a visit, and a phone at home, is called in the audit trail.
VISIT, PHONE = "visit", "phone"


def find_session(context: Context, token: str) -> Who | None:
    """Return whose session a token is, None where there is none, or it is over. Being used keeps it alive."""
    sha = fingerprint(token)
    found = context.store.web_session(sha)
    if found is None or (found.account is None and found.role != "visitor" and not context.settings.home):
        # A phone that was let in at home is nobody in a clinic, where the same store may be used later.
        return None
    context.store.touch_web_session(sha, _keep_until(context, found))
    account = None if found.account is None else context.store.account(found.account)
    return _who(found.account, found.role, found.person, found.label if account is None else account.name, token)


def sign_in(connection: HTTPConnection, context: Context, account: Account) -> Who:
    """Begin a session for somebody who has shown that an account is theirs."""
    return begin_session(
        connection, context, role=account.role, account=account.id, person=account.person, label=_browser(connection),
        name=account.name, lasts=_idle(context),
    )  # fmt: skip


def begin_visit(connection: HTTPConnection, context: Context, person: str) -> Who:
    """Begin a session of a visitor without an account, who may act on this one person only."""
    lasts = timedelta(hours=context.settings.visit_hours)
    return begin_session(connection, context, role="visitor", person=person, label=VISIT, name=VISIT, lasts=lasts)


def start_guest(context: Context, name: str) -> str:
    """Add somebody who is here for one visit, in an open session, and return the id; not kept, they go a day later.

    Nothing is asked first: one toe-touch comes before any form. What is asked comes after it, before any drill.
    """
    desk = context.desk(name)
    person = desk.store.add_person(_("Guest"), guest=True)
    desk.start(person, resting_pain=None)
    return person.id


def begin_session(
    connection: HTTPConnection,
    context: Context,
    *,
    role: str,
    lasts: timedelta,
    label: str,
    name: str,
    account: str | None = None,
    person: str | None = None,
) -> Who:
    """Begin a session with a fresh token; what the browser held before is over, so that nobody can plant a token."""
    before = read_token(connection)
    token = new_token()
    store = context.store.acting_as(name)
    if before is not None:
        store.end_web_session(fingerprint(before))
    expires = context.clock() + lasts
    store.add_web_session(fingerprint(token), csrf_of(token), account, role, person, expires, label)
    give_token(connection, token, max_age_s=context.settings.session_days * 86400)
    who = _who(account, role, person, name, token)
    connection.scope["hiphinge.who"] = who
    return who


def end_session(connection: HTTPConnection, context: Context) -> None:
    """End the session of this browser; it gets a fresh token that stands for nobody."""
    before = read_token(connection)
    if before is not None:
        context.store.end_web_session(fingerprint(before))
    give_token(connection, new_token())


def token_hash(connection: HTTPConnection) -> str:
    """Return the hash by which the store knows this browser's session."""
    return fingerprint(read_token(connection) or "")


def _keep_until(context: Context, found: WebSession) -> datetime | None:
    """Return until when a session that was just used lasts: the idle time, but not beyond its last day.

    None leaves it as it is: a visit, and a phone at home, last as long as they were given.
    """
    if found.account is None:
        return None
    last = found.created + timedelta(days=context.settings.session_days)
    return min(context.clock() + _idle(context), last)


def _idle(context: Context) -> timedelta:
    return timedelta(minutes=context.settings.idle_minutes)


def _who(account: str | None, role: str, person: str | None, name: str, token: str) -> Who:
    from hiphinge.web.access import Who

    return Who(account, cast("Role", role), person, name, fingerprint(token)[:16], csrf_of(token))


def _browser(connection: HTTPConnection) -> str:
    """Return a few words for the list of one's own sessions, nothing that tells one person from another."""
    agent = connection.headers.get("user-agent", "")
    kinds = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")
    return next((kind for kind in kinds if kind in agent), "browser")
