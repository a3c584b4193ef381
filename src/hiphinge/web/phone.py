"""A phone at home: letting it in, and trusting this computer's certificate."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hiphinge.web.access import ContextDep, StoreDep, WhoDep, allow
from hiphinge.web.accounts.invitations import qr_svg
from hiphinge.web.errors import NotAllowed, NotFound
from hiphinge.web.pages import page
from hiphinge.web.tls import authority_bytes
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/phone", dependencies=[allow("public")])
def show_phone(request: Request, who: WhoDep, context: ContextDep) -> Response:
    """Say how a phone gets in, and how it comes to trust the certificate."""
    return page(
        request, who, "account/phone.html", base=context.phone_url, fingerprint=context.fingerprint, link="", qr=""
    )


@router.post("/phone", dependencies=[allow("admin")])
def let_in(request: Request, who: WhoDep, context: ContextDep, store: StoreDep) -> Response:
    """Make a link that lets one phone in, and show it this once."""
    from hiphinge.web.serving import invite_phone

    if not context.phone_url:
        raise NotAllowed(_("Phones cannot reach this computer now."), next_step=_("Start: hiphinge serve --phone"))
    link = invite_phone(store, context.phone_url)
    return page(
        request, who, "account/phone.html", base=context.phone_url, fingerprint=context.fingerprint, link=link,
        qr=qr_svg(link),
    )  # fmt: skip


@router.get("/phone/hiphinge.crt", dependencies=[allow("public")])
def certificate(context: ContextDep) -> Response:
    """Send the certificate of this computer's authority; there is nothing secret in it."""
    found = authority_bytes(context.data_folder_of(context.settings))
    if found is None or not context.fingerprint:
        raise NotFound()
    return Response(found, media_type="application/x-x509-ca-cert")
