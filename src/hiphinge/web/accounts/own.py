"""One's own account: the name that others see, the password, and where one is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import RecordConflict, UsageError
from hiphinge.store import Guess
from hiphinge.web.access import ContextDep, StoreDep, Who, WhoDep, allow
from hiphinge.web.accounts.names import LONGEST_NAME, check_name
from hiphinge.web.context import Context
from hiphinge.web.pages import page
from hiphinge.web.passwords import LEAST_CHARACTERS, check_password
from hiphinge.web.sessions import sign_in, token_hash
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/account", dependencies=[allow("account")])
def show_account(request: Request, who: WhoDep, context: ContextDep, said: str = "") -> Response:
    """Show the account of whoever is signed in."""
    good = {
        "name": _("Your name is changed. What you signed before keeps the old one."),
        "password": _("Your password is changed. All other browsers are signed out."),
        "everywhere": _("All other browsers are signed out."),
    }
    return _show(request, who, context, good=good.get(said, ""))


@router.post("/account/name", dependencies=[allow("desk.act")])
def change_name(
    request: Request,
    who: WhoDep,
    context: ContextDep,
    store: StoreDep,
    name: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Change the name that signs one's notes and decisions; a patient is called what their record is called."""
    if who.account is None:
        return RedirectResponse("/account", status_code=303)
    name = " ".join(name.split())
    try:
        _check_name(store, who.account, name)
        store.rename_account(who.account, name)
    except (UsageError, RecordConflict) as error:
        said = " ".join(filter(None, (error.what, error.expected)))
        return _show(request, who, context, name=name, name_error=said, status=422)
    return RedirectResponse("/account?said=name", status_code=303)


@router.post("/account/password", dependencies=[allow("account")])
def change_password(
    request: Request,
    who: WhoDep,
    context: ContextDep,
    store: StoreDep,
    current: Annotated[str, Form(max_length=1024)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    again: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    """Change the password; every browser is signed out, and this one in again."""
    if who.account is None:
        return RedirectResponse("/account", status_code=303)
    account = store.account(who.account)
    guess = Guess(f"account {account.id}")
    try:
        if store.try_guess((guess,)) > 0:
            raise UsageError(_("Too many tries."), next_step=_("Wait some minutes."))
        if not context.passwords.verify(account.password_hash, current):
            raise UsageError(_("The current password does not fit."))
        store.guessed_right((guess,))
        check_password(password, account.login)
        if password != again:
            raise UsageError(_("The two passwords are not the same."))
    except UsageError as error:
        return _show(request, who, context, error=" ".join(filter(None, (error.what, error.expected))), status=422)
    store.set_password(account.id, context.passwords.hash(password))
    store.end_web_sessions_of(account.id)
    sign_in(request, context, store.account(account.id))
    return RedirectResponse("/account?said=password", status_code=303)


@router.post("/account/everywhere", dependencies=[allow("account")])
def sign_out_everywhere(request: Request, who: WhoDep, store: StoreDep) -> Response:
    """Sign out of every browser but this one; at home: let no other device in any longer."""
    store.end_web_sessions_of(who.account, but=token_hash(request))
    return RedirectResponse("/account?said=everywhere", status_code=303)


def _check_name(store: StoreDep, account: str, name: str) -> None:
    own = store.account(account)
    taken = [one.name for one in store.accounts() if one.id != account]
    taken += [one.name for one in store.people() if one.id != own.person]
    check_name(name, taken)


def _show(
    request: Request,
    who: Who,
    context: Context,
    *,
    good: str = "",
    error: str = "",
    name: str | None = None,
    name_error: str = "",
    status: int = 200,
) -> Response:
    sessions = context.store.web_sessions(who.account)
    login = "" if who.account is None else context.store.account(who.account).login
    return page(
        request, who, "account/account.html", status=status, sessions=sessions, here=token_hash(request),
        good=good, error=error, least=LEAST_CHARACTERS, login=login, name=who.name if name is None else name,
        name_error=name_error, longest=LONGEST_NAME,
    )  # fmt: skip
