"""Visits without an account: somebody is here as a guest, kept only where they want to be."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.web.access import ContextDep, WhoDep, allow
from hiphinge.web.errors import NotAllowed
from hiphinge.web.sessions import VISIT, begin_visit, start_guest
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

#: The first thing that anybody does.
FIRST_DRILL = "toe_touch"


@router.post("/start", dependencies=[allow("public")])
def begin(request: Request, who: WhoDep, context: ContextDep) -> Response:
    """Begin the first two minutes: no form, straight to one toe-touch."""
    if who.role == "patient" or who.is_guest:
        person = str(who.person)
    elif who.works_here:
        person = start_guest(context, who.name or VISIT)
    elif context.settings.open_visits:
        person = start_guest(context, who.name or VISIT)
        begin_visit(request, context, person)
    else:
        raise NotAllowed(
            _("Visits here begin with a link."),
            next_step=_("Ask your clinician for one, or sign in if you have an account."),
        )
    return RedirectResponse(f"/p/{person}/coach?drill={FIRST_DRILL}", status_code=303)
