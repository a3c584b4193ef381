"""The first page, and whether the server is well."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.program.words import STOPS
from hiphinge.service.desk import Desk
from hiphinge.store import Person
from hiphinge.web.access import ContextDep, WhoDep, allow
from hiphinge.web.pages import page
from hiphinge.web.translate import _

__all__ = ["ERASED", "erased_text", "router"]

router = APIRouter()


@router.get("/", dependencies=[allow("public")], include_in_schema=False)
def first_page(request: Request, who: WhoDep, context: ContextDep) -> Response:
    """Send everybody to where they go on."""
    if who.role == "visitor" and who.person is None:
        return page(request, who, "welcome.html", open_visits=context.settings.open_visits)
    if who.person is not None:
        return RedirectResponse(f"/p/{who.person}/today", status_code=303)
    if context.settings.home:
        people, said = context.store.people(), request.query_params.get("said", "")
        if not people:
            return RedirectResponse(f"/start?said={said}" if said in ERASED else "/start", status_code=303)
        desk = context.desk(who.name or "visitor")
        says = {one.id: _say_today(desk, one) for one in people}
        return page(request, who, "house.html", people=people, says=says, erased=erased_text(request))
    return RedirectResponse("/desk", status_code=303)


#: What the address of the first page says once somebody was erased: everything at once, or a file in use later.
ERASED = ("erased", "erased-later")


def erased_text(request: Request) -> str:
    """Return what is said once somebody was erased; ``""`` where nobody was."""
    return {
        "erased": _("Everything of this person is erased. Nothing of it is left here."),
        "erased-later": _(
            "Everything of this person is out of the record. A file was in use; it is removed when the store is next "
            "opened."
        ),
    }.get(request.query_params.get("said", ""), "")


def _say_today(desk: Desk, person: Person) -> str:
    """Say in a word or two what somebody's page holds today: under a stop no session."""
    decision = desk.decide(person)
    if decision.action in STOPS:
        return _("A stop is in force")
    return _("Rest for now") if decision.not_before is not None else _("Today's session")


@router.get("/healthz", dependencies=[allow("public")])
def healthz(context: ContextDep) -> dict[str, str]:
    """Say that the server runs and that its store answers."""
    context.store.current_program()
    return {"status": "ok"}
