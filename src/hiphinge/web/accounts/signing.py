"""Signing in and out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.store import Guess
from hiphinge.web.access import ContextDep, WhoDep, allow
from hiphinge.web.network import address_of
from hiphinge.web.pages import page
from hiphinge.web.sessions import end_session, sign_in
from hiphinge.web.translate import _

__all__ = ["router", "safe_path"]

router = APIRouter(include_in_schema=False)


def safe_path(path: str) -> str:
    """Return a path to go on to, ``/`` where it would lead elsewhere."""
    plain = path.isprintable() and path.startswith("/") and "\\" not in path and "//" not in path.partition("?")[0]
    return path if plain and not path.startswith(("/login", "/logout", "/join")) else "/"


@router.get("/login", dependencies=[allow("public")])
def show_login(request: Request, who: WhoDep, context: ContextDep, next: str = "/") -> Response:
    """Ask for the sign-in name and the password."""
    if context.settings.home and who.role == "visitor":
        # Nobody signs in at home, and where they came from would send them here again: a phone whose days are over.
        return RedirectResponse("/", status_code=303)
    if context.settings.home or who.account is not None:
        return RedirectResponse(safe_path(next), status_code=303)
    return page(request, who, "account/login.html", next=safe_path(next), login="", error="")


@router.post("/login", dependencies=[allow("public")])
def log_in(
    request: Request,
    who: WhoDep,
    context: ContextDep,
    login: Annotated[str, Form(max_length=320)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Sign in. What is said does not tell whether there is such an account; each failure makes the next try wait."""
    address, name = address_of(request), login.strip().casefold()
    # By account and address together, and, much later, by either alone. Whoever knows a sign-in name, or sits in the
    # same waiting room, shall not be able to keep the others out for long.
    both = Guess(f"sign-in {address} {name}")
    either = (Guess(f"name {name}", free=100, longest_s=60.0), Guess(f"address {address}", free=20, longest_s=60.0))
    wait = context.store.try_guess((both, *either))
    values: dict[str, Any] = {"next": safe_path(next), "login": login}
    if wait > 0:
        said = _("Too many tries. Wait {seconds} seconds, then try again.").format(seconds=int(wait) + 1)
        return page(request, who, "account/login.html", status=429, error=said, **values)
    account = context.store.find_account(login) if login.strip() else None
    open_account = account if account is not None and account.disabled_at is None else None
    right = context.passwords.verify(None if open_account is None else open_account.password_hash, password)
    if open_account is None or not right:
        said = _("The sign-in name or the password does not fit.")
        return page(request, who, "account/login.html", status=401, error=said, **values)
    context.store.guessed_right((both,), forgive=either)
    if context.passwords.is_outdated(open_account.password_hash):
        context.store.set_password(open_account.id, context.passwords.hash(password))
    sign_in(request, context, open_account)
    return RedirectResponse(safe_path(next), status_code=303)


@router.post("/logout", dependencies=[allow("public")])
def log_out(request: Request, context: ContextDep) -> Response:
    """Sign out of this browser."""
    end_session(request, context)
    return RedirectResponse("/", status_code=303)
