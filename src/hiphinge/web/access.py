"""Who may do what: the one place where roles are checked."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Path
from starlette.requests import HTTPConnection, Request

from hiphinge.errors import StoreError
from hiphinge.service.desk import Desk
from hiphinge.store import AssessmentRecord, Job, LiveSet, Person, Store, Upload
from hiphinge.web.context import Context, context_of
from hiphinge.web.errors import NotAllowed, NotFound, SignInNeeded
from hiphinge.web.network import is_local
from hiphinge.web.spool import Spool, is_multipart, read_form
from hiphinge.web.tokens import csrf_of, fingerprint, give_token, new_token, read_token
from hiphinge.web.translate import _

__all__ = [
    "ACTIONS",
    "OWNED",
    "Action",
    "AssessmentDep",
    "ContextDep",
    "DeskDep",
    "JobDep",
    "LiveDep",
    "PersonDep",
    "Role",
    "StoreDep",
    "UploadDep",
    "Who",
    "WhoDep",
    "action_of",
    "allow",
    "check_csrf",
    "find_who",
    "may",
    "sees",
]

#: ``owner``: the one person of a home installation, or the clinic's administrator.
Role = Literal["visitor", "patient", "clinician", "owner"]
Action = Literal["public", "visit", "person.view", "person.act", "account", "desk.view", "desk.act", "admin"]

#: Who may do what. What is about one person is checked for that person too, see ``sees``.
ACTIONS: dict[str, frozenset[str]] = {
    "public": frozenset({"visitor", "visit", "patient", "clinician", "owner"}),
    "visit": frozenset({"visit", "patient", "clinician", "owner"}),
    "person.view": frozenset({"visit", "patient", "clinician", "owner"}),
    "person.act": frozenset({"visit", "patient", "clinician", "owner"}),
    "account": frozenset({"patient", "clinician", "owner"}),
    "desk.view": frozenset({"clinician", "owner"}),
    "desk.act": frozenset({"clinician", "owner"}),
    "admin": frozenset({"owner"}),
}
#: What a path may name beside ``{person}``, and what the store's method of that name finds: it belongs to a person.
OWNED = ("assessment", "upload", "job", "live")
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_MARK = "hiphinge_action"
_SPOOL = "access.spool"


@dataclass(frozen=True, slots=True)
class Who:
    """Whoever asks. ``person`` is the one whose own record this is; a visitor with one is on a visit as a guest."""

    account: str | None
    role: Role
    person: str | None
    name: str
    session: str | None
    csrf: str

    @property
    def is_guest(self) -> bool:
        """Whether this is a visit without an account."""
        return self.role == "visitor" and self.person is not None

    @property
    def works_here(self) -> bool:
        """Whether this is a clinician, or the owner: they see everybody."""
        return self.role in ("clinician", "owner")


def find_who(connection: HTTPConnection) -> Who:
    """Return who asks: by the session, at home by being on this computer, else a visitor."""
    known: Who | None = connection.scope.get("hiphinge.who")
    if known is not None:
        return known
    context = context_of(connection)
    token = read_token(connection)
    who = _by_session(context, token) if token is not None else None
    if who is None:
        who = _without_session(connection, context, token)
    connection.scope["hiphinge.who"] = who
    return who


def _by_session(context: Context, token: str) -> Who | None:
    """Return whose session this is, None where it is over or was none."""
    from hiphinge.web.sessions import find_session

    return find_session(context, token)


def _without_session(connection: HTTPConnection, context: Context, token: str | None) -> Who:
    if token is None:
        token = new_token()
        if connection.scope["type"] == "http":
            give_token(connection, token)
    session, csrf = fingerprint(token)[:16], csrf_of(token)
    if is_local(connection, context.settings):
        return Who(None, "owner", None, "home", session, csrf)
    return Who(None, "visitor", None, "", session, csrf)


def may(who: Who, action: str) -> bool:
    """Whether somebody may do this kind of thing at all."""
    return ("visit" if who.is_guest else who.role) in ACTIONS[action]


def sees(who: Who, person: str) -> bool:
    """Whether somebody may see this person's record: their own, or all of them for those who work here."""
    return who.works_here or (who.person is not None and who.person == person)


async def check_csrf(connection: HTTPConnection) -> AsyncIterator[None]:
    """Refuse a change that does not come from a page of this server; what a form sent is let go of at the end."""
    if not isinstance(connection, Request) or connection.method not in _UNSAFE:
        yield
        return
    with _taking(connection):
        try:
            await _compare(connection)
            yield
        finally:
            await connection.close()


def _taking(connection: Request) -> AbstractContextManager[None]:
    """Hold a place for a form with a film, which goes through the disk; others need none."""
    if not is_multipart(connection.headers.get("content-type", "")):
        return nullcontext()
    context = context_of(connection)
    spool: Spool = context.extras.setdefault(_SPOOL, Spool())
    # Whoever does not say how much it will be may send as much as a film has.
    length = int(connection.headers.get("content-length", context.settings.upload_mb << 20))
    return spool.taking(find_who(connection).session or "", length)


async def _compare(connection: Request) -> None:
    """Compare the token that was sent, in a header or in the form, with the session's."""
    token = read_token(connection)
    sent = connection.headers.get("x-csrf-token", "")
    if not sent and connection.headers.get("content-type", "").lower().startswith(_FORMS):
        field = (await read_form(connection)).get("csrf_token", "")
        sent = field if isinstance(field, str) else ""
    if token is None or not hmac.compare_digest(sent.encode(), csrf_of(token).encode()):
        raise NotAllowed(
            _("This page was open too long, or was not opened from here."),
            next_step=_("Load the page again, then repeat what you did."),
        )


def _check_paths(connection: HTTPConnection, context: Context, who: Who) -> None:
    """Check everything that the address names: a person, and what belongs to one."""
    named = connection.path_params
    person = named.get("person")
    if person is not None:
        _find_person(context, who, str(person))
    for kind in OWNED:
        if kind in named:
            found = _find_owned(context, who, kind, str(named[kind]))
            if person is not None and found.person != person:
                raise _nothing()


def _find_person(context: Context, who: Who, person: str) -> Person:
    """Return the person, or 404, whether nobody has this id or this visitor may not know of them."""
    if not sees(who, person):
        raise _nobody()
    try:
        return context.store.person(person)
    except StoreError:
        raise _nobody() from None


def _find_owned(context: Context, who: Who, kind: str, number: str) -> Any:
    """Return what belongs to a person, or 404, whether it is not there or is of somebody this visitor may not see."""
    try:
        found = getattr(context.store, kind)(number)
    except StoreError:
        raise _nothing() from None
    if not sees(who, found.person):
        raise _nothing()
    return found


def _nothing() -> NotFound:
    return NotFound(_("There is nothing here by that address."))


def _nobody() -> NotFound:
    return NotFound(_("There is nobody here by that address."))


def allow(action: Action) -> Any:
    """Return the dependency that lets those in who may do ``action``; every route has exactly one.

    It checks the role, whatever the path names (a person, and what belongs to one), and that a change was sent by a
    page of this server.

    Examples
    --------
    ``@router.get("/p/{person}/today", dependencies=[allow("person.view")])``
    """
    if action == "public":

        def check(_sent: Annotated[None, Depends(check_csrf)]) -> None:
            """Let everybody in; a change still has to come from here."""

    else:

        def enter(connection: HTTPConnection, who: WhoDep) -> None:
            """Let those in who may, before anything of what they send is read: a form may be a whole film."""
            if not may(who, action):
                raise SignInNeeded() if who.role == "visitor" else NotAllowed()
            _check_paths(connection, context_of(connection), who)

        # In this order: the token may stand in the form.
        def check(_let: None = Depends(enter), _sent: None = Depends(check_csrf)) -> None:  # type: ignore[misc]
            """Let those in who may, with a change that comes from here."""

    setattr(check, _MARK, action)
    return Depends(check)


def action_of(call: object) -> str | None:
    """Return the action that a dependency stands for, None where it is none of ``allow``."""
    found: str | None = getattr(call, _MARK, None)
    return found


def _person(connection: HTTPConnection, who: WhoDep, person: Annotated[str, Path(max_length=64)]) -> Person:
    return _find_person(context_of(connection), who, person)


def _owned(kind: str) -> Any:
    """Return the dependency that finds what the path's ``{kind}`` names."""

    def find(connection: HTTPConnection, who: WhoDep) -> Any:
        """Return it where this visitor may see it, otherwise 404."""
        return _find_owned(context_of(connection), who, kind, str(connection.path_params[kind]))

    return Depends(find)


def _context(connection: HTTPConnection) -> Context:
    return context_of(connection)


def _desk(connection: HTTPConnection, who: WhoDep) -> Desk:
    return context_of(connection).desk(who.name or "visitor")


def _store(connection: HTTPConnection, who: WhoDep) -> Store:
    return context_of(connection).store.acting_as(who.name or "visitor")


WhoDep = Annotated[Who, Depends(find_who)]
ContextDep = Annotated[Context, Depends(_context)]
#: The person of the path's ``{person}``, whom this visitor may see; otherwise 404.
PersonDep = Annotated[Person, Depends(_person)]
#: The desk on the app's store and program; what is done is written down under the visitor's name.
DeskDep = Annotated[Desk, Depends(_desk)]
StoreDep = Annotated[Store, Depends(_store)]
#: What the path's ``{assessment}``, ``{upload}``, ``{job}`` and ``{live}`` name, where this visitor may see it.
AssessmentDep = Annotated[AssessmentRecord, _owned("assessment")]
UploadDep = Annotated[Upload, _owned("upload")]
JobDep = Annotated[Job, _owned("job")]
LiveDep = Annotated[LiveSet, _owned("live")]
