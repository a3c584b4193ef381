"""Invitations by link and QR code: for a patient, for a clinician, for a visit."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import UsageError
from hiphinge.web.access import ContextDep, StoreDep, Who, WhoDep, allow
from hiphinge.web.accounts.names import check_name
from hiphinge.web.context import Context
from hiphinge.web.errors import NotAllowed
from hiphinge.web.pages import page
from hiphinge.web.tokens import fingerprint, new_token
from hiphinge.web.translate import _

__all__ = ["join_link", "qr_svg", "router"]

router = APIRouter(include_in_schema=False)

For = Literal["patient", "clinician", "owner", "visit"]


def join_link(request: Request, context: Context, token: str) -> str:
    """Return the address that opens an invitation."""
    base = context.settings.public_url or context.phone_url or f"{request.url.scheme}://{request.url.netloc}"
    return f"{base.rstrip('/')}/join/{token}"


def qr_svg(text: str) -> Markup:
    """Return a QR code as an SVG to put into a page."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", scale=1, border=2, xmldecl=False, svgns=True, omitsize=True, dark="#000", light="#fff"
    )
    return Markup(out.getvalue().decode())


@router.get("/desk/invitations", dependencies=[allow("desk.view")])
def show_invitations(request: Request, who: WhoDep, context: ContextDep, person: str = "") -> Response:
    """Show the invitations that are open, and the form for a new one; at home it is phones that are let in."""
    if context.settings.home:
        return RedirectResponse("/phone", status_code=303)
    return _show(request, who, context, person=person)


@router.post("/desk/invitations", dependencies=[allow("desk.act")])
def invite(
    request: Request,
    who: WhoDep,
    context: ContextDep,
    store: StoreDep,
    whom: Annotated[For, Form()],
    person: Annotated[str, Form(max_length=64)] = "",
    name: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    """Make an invitation, and show its link this once: only its hash is kept."""
    if whom == "owner" and who.role != "owner":
        raise NotAllowed(_("Only an administrator invites administrators."))
    try:
        token = _make(context, store, whom, person, name)
    except UsageError as error:
        return _show(request, who, context, person=person, error=error.what, status=422)
    link, made = join_link(request, context, token), context.store.invitation(fingerprint(token))
    return page(
        request, who, "account/invited.html", link=link, qr=qr_svg(link), whom=whom,
        name="" if made is None or whom == "visit" else made.name, days=context.settings.invitation_days,
    )  # fmt: skip


@router.post("/desk/invitations/{invitation}/revoke", dependencies=[allow("desk.act")])
def revoke(who: WhoDep, store: StoreDep, invitation: Annotated[str, Path(max_length=64)]) -> Response:
    """Withdraw an invitation; an administrator's only as one."""
    if who.role != "owner" and any(one.id == invitation and one.role == "owner" for one in store.invitations()):
        raise NotAllowed(_("Only an administrator withdraws an administrator's invitation."))
    store.revoke_invitation(invitation)
    return RedirectResponse("/desk/invitations", status_code=303)


def _make(context: Context, store: StoreDep, whom: For, person: str, name: str) -> str:
    name, token = " ".join(name.split()), new_token()
    expires = context.clock() + timedelta(days=context.settings.invitation_days)
    found = None
    if whom == "patient":
        found = next((one for one in store.people() if one.id == person), None)
        if found is None:
            raise UsageError(_("Choose for whom the invitation is."))
        name = found.name
    elif whom == "visit":
        name = name or _("Visit")
    elif not name or "@" in name:
        raise UsageError(_("Give the name that others will see, not an e-mail address."))
    else:
        # Whoever invites may open the link as well: nobody signs with another's name that way.
        check_name(name, (one.name for one in store.accounts() if one.disabled_at is None))
    role, kind = ("visitor", "visit") if whom == "visit" else (whom, "account")
    store.add_invitation(fingerprint(token), role, None if found is None else found.id, name, expires, kind)
    return token


def _show(request: Request, who: Who, context: Context, *, person: str, error: str = "", status: int = 200) -> Response:
    store = context.store
    names = {one.id: one.name for one in store.people()}
    return page(
        request, who, "account/invitations.html", status=status, invitations=store.invitations(), names=names,
        chosen=person if person in names else "", error=error,
    )  # fmt: skip
