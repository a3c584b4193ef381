"""Visits without an account: somebody is here as a guest, kept only where they want to be."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import UsageError
from hiphinge.store import Store
from hiphinge.web.access import ContextDep, PersonDep, StoreDep, WhoDep, allow
from hiphinge.web.context import Context
from hiphinge.web.errors import NotAllowed, TooMany
from hiphinge.web.front import erased_text
from hiphinge.web.pages import page
from hiphinge.web.sessions import VISIT, begin_visit, start_guest
from hiphinge.web.translate import _

__all__ = ["check_new_name", "router"]

router = APIRouter(include_in_schema=False)

#: The first thing that anybody does.
FIRST_DRILL = "toe_touch"
_HOUR = timedelta(hours=1)
#: When the visits of the last hour began.
_BEGUN = "visit.begun"
#: Whoever was one too many is asked to come back after so long.
_CROWD_WAIT_S = 600.0


@router.get("/start", dependencies=[allow("public")])
def start(request: Request, who: WhoDep, context: ContextDep) -> Response:
    """Show the first two minutes: one toe-touch, one result."""
    open_here = who.person is not None or who.works_here or context.settings.open_visits
    return page(
        request, who, "start.html", open_here=open_here, first=FIRST_DRILL, sends=context.settings.live_frames,
        erased=erased_text(request),
    )  # fmt: skip


@router.post("/start", dependencies=[allow("public")])
def begin(
    request: Request, who: WhoDep, context: ContextDep, how: Annotated[Literal["coach", "upload"], Form()] = "coach"
) -> Response:
    """Begin the first two minutes: no form, straight to one toe-touch, live or from a video."""
    if who.role == "patient" or who.is_guest:
        person = str(who.person)
    elif who.works_here or context.settings.open_visits:
        if not who.works_here:
            _refuse_crowd(context)
        person = start_guest(context, who.name or VISIT)
        if not who.works_here:
            begin_visit(request, context, person)
    else:
        raise NotAllowed(
            _("Visits here begin with a link."),
            next_step=_("Ask your clinician for one, or sign in if you have an account."),
        )
    return RedirectResponse(f"/p/{person}/{how}?drill={FIRST_DRILL}", status_code=303)


def _refuse_crowd(context: Context) -> None:
    """Refuse one guest more than this server takes in an hour: nobody shall fill it up from outside.

    Guests who erased themselves count: each erasure writes the whole database anew.
    """
    begun: deque[datetime] = context.extras.setdefault(_BEGUN, deque())
    now = context.clock()
    while begun and begun[0] <= now - _HOUR:
        begun.popleft()
    if max(context.store.count_guests(within=_HOUR), len(begun)) >= context.settings.visits_per_hour:
        raise TooMany(
            _CROWD_WAIT_S,
            _("Many people are trying this right now, as many as this server takes in an hour."),
            next_step=_("Come back a little later, or ask your clinician for a link."),
        )
    begun.append(now)


@router.get("/p/{person}/keep", dependencies=[allow("desk.view")])
def ask_name(request: Request, who: WhoDep, person: PersonDep) -> Response:
    """Ask for the name under which a guest is kept."""
    if not person.guest:
        return RedirectResponse(f"/p/{person.id}/today", status_code=303)
    return page(request, who, "keep.html", person=person, name="", error="")


@router.post("/p/{person}/keep", dependencies=[allow("desk.act")])
def keep(
    request: Request, who: WhoDep, person: PersonDep, store: StoreDep, name: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Keep a guest as one of the people."""
    try:
        check_new_name(store, name)
        store.keep_guest(person.id, name)
    except UsageError as error:
        return page(request, who, "keep.html", status=422, person=person, name=name, error=error.what)
    return RedirectResponse(f"/p/{person.id}/today", status_code=303)


def check_new_name(store: Store, name: str) -> None:
    """Refuse a name that could not be told from somebody else's.

    Raises
    ------
    UsageError
        It is empty, or somebody is called so.
    """
    plain = " ".join(name.split()).casefold()
    if not plain:
        raise UsageError(_("Please give a name, or a nickname."))
    if any(one.name.casefold() == plain for one in store.people()):
        raise UsageError(_("Somebody here is called so already. Add something to tell you apart."))
