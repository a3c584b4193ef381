"""Opening an invitation: an account of one's own, a phone at home, or a visit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import RecordConflict, UsageError
from hiphinge.web.access import ContextDep, WhoDep, allow
from hiphinge.web.context import Context
from hiphinge.web.errors import WebError
from hiphinge.web.pages import page
from hiphinge.web.passwords import LEAST_CHARACTERS, check_password
from hiphinge.web.sessions import PHONE, begin_session, begin_visit, sign_in, start_guest
from hiphinge.web.tokens import fingerprint
from hiphinge.web.translate import _

if TYPE_CHECKING:
    from hiphinge.store import Account, Invitation

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Token = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]{43}$")]


@router.get("/join/{token}", dependencies=[allow("public")])
def show_invitation(request: Request, who: WhoDep, context: ContextDep, token: Token) -> Response:
    """Show what an invitation is for. Looking does not use it up: programs that preview links look, too."""
    found = _find(context, token)
    return page(request, who, "account/join.html", invitation=found, least=LEAST_CHARACTERS, login="", error="")


@router.post("/join/{token}", dependencies=[allow("public")])
def join(
    request: Request,
    who: WhoDep,
    context: ContextDep,
    token: Token,
    login: Annotated[str, Form(max_length=320)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    again: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    """Use an invitation, once."""
    found = _find(context, token)
    if found.kind == "account":
        try:
            account = _make_account(context, token, found, login.strip(), password, again)
        except (UsageError, RecordConflict) as error:
            said = " ".join(part for part in (error.what, error.expected) if part)
            return page(
                request, who, "account/join.html", status=422, invitation=found, least=LEAST_CHARACTERS, login=login,
                error=said,
            )  # fmt: skip
        sign_in(request, context, account)
    elif found.kind == "visit":
        used = context.store.use_invitation(fingerprint(token))
        person = used.person or start_guest(context, used.name)
        begin_visit(request, context, person)
        return RedirectResponse(f"/p/{person}/coach?drill=toe_touch", status_code=303)
    else:
        used = context.store.use_invitation(fingerprint(token))
        lasts = timedelta(days=context.settings.session_days)
        begin_session(request, context, role=used.role, person=used.person, label=used.name, name=PHONE, lasts=lasts)
    return RedirectResponse("/", status_code=303)


def _find(context: Context, token: str) -> Invitation:
    found = context.store.invitation(fingerprint(token))
    if found is None:
        error = WebError(
            _("This invitation cannot be used: it was used already, has expired, or was withdrawn."),
            next_step=_("Ask for a new one."),
        )
        error.status = 410
        raise error
    return found


def _make_account(context: Context, token: str, invited: Invitation, login: str, password: str, again: str) -> Account:
    """Make the account that an invitation is for; the invitation is used up with it, or not at all."""
    if not login:
        raise UsageError(_("The sign-in name is empty."), expected=_("a name that only you use here"))
    check_password(password, login)
    if password != again:
        raise UsageError(_("The two passwords are not the same."))
    if context.store.find_account(login) is not None:
        raise UsageError(_("This sign-in name is taken."), expected=_("another one"))
    store = context.store.acting_as(invited.name)
    return store.accept_invitation(fingerprint(token), login, invited.name, context.passwords.hash(password))
