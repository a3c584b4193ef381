"""The first page, and whether the server is well."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.web.access import ContextDep, WhoDep, allow
from hiphinge.web.pages import page

__all__ = ["router"]

router = APIRouter()


@router.get("/", dependencies=[allow("public")], include_in_schema=False)
def first_page(request: Request, who: WhoDep, context: ContextDep) -> Response:
    """Send everybody to where they go on."""
    if who.role == "visitor" and who.person is None:
        return page(request, who, "welcome.html", open_visits=context.settings.open_visits)
    if who.person is not None:
        return RedirectResponse(f"/p/{who.person}/today", status_code=303)
    if context.settings.home:
        people = context.store.people()
        return (
            page(request, who, "house.html", people=people) if people else RedirectResponse("/start", status_code=303)
        )
    return RedirectResponse("/desk", status_code=303)


@router.get("/healthz", dependencies=[allow("public")])
def healthz(context: ContextDep) -> dict[str, str]:
    """Say that the server runs and that its store answers."""
    context.store.current_program()
    return {"status": "ok"}
