"""Accounts, for the administrator: who has one, and switching one off."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import StoreError
from hiphinge.store import Account
from hiphinge.web.access import ContextDep, StoreDep, WhoDep, allow
from hiphinge.web.errors import NotAllowed, NotFound
from hiphinge.web.pages import page
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

AccountId = Annotated[str, Path(max_length=64)]
#: Without letters and digits that are taken for each other.
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


@router.get("/desk/accounts", dependencies=[allow("admin")])
def show_accounts(request: Request, who: WhoDep, context: ContextDep) -> Response:
    """List the accounts, by the names that others may see."""
    return page(request, who, "account/accounts.html", accounts=context.store.accounts())


@router.post("/desk/accounts/{account}/disable", dependencies=[allow("admin")])
def disable(who: WhoDep, store: StoreDep, account: AccountId) -> Response:
    """Switch an account off, and sign it out everywhere."""
    if account == who.account:
        raise NotAllowed(_("You cannot switch off your own account."))
    _need(store, account)
    store.disable_account(account)
    return RedirectResponse("/desk/accounts", status_code=303)


@router.post("/desk/accounts/{account}/enable", dependencies=[allow("admin")])
def enable(store: StoreDep, account: AccountId) -> Response:
    """Switch an account on again."""
    _need(store, account)
    store.enable_account(account)
    return RedirectResponse("/desk/accounts", status_code=303)


@router.post("/desk/accounts/{account}/password", dependencies=[allow("admin")])
def new_password(request: Request, who: WhoDep, context: ContextDep, store: StoreDep, account: AccountId) -> Response:
    """Give somebody who forgot theirs a new password, shown this once."""
    found = _need(store, account)
    words = "-".join("".join(secrets.choice(_ALPHABET) for _n in range(5)) for _m in range(3))
    store.set_password(account, context.passwords.hash(words))
    store.end_web_sessions_of(account)
    return page(request, who, "account/password.html", name=found.name, password=words)


def _need(store: StoreDep, account: str) -> Account:
    try:
        return store.account(account)
    except StoreError:
        raise NotFound() from None
