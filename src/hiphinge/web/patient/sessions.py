"""The end of a session, its summary, and taking back a slip."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hiphinge.errors import RecordConflict
from hiphinge.program.history import SessionOpened
from hiphinge.service.desk import Desk, Look
from hiphinge.service.questions import live_events
from hiphinge.service.words import name_entry
from hiphinge.store import Person
from hiphinge.web.access import DeskDep, PersonDep, StoreDep, Who, WhoDep, allow
from hiphinge.web.errors import NotFound
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep, for_pages
from hiphinge.web.patient.feel import find_unfelt
from hiphinge.web.patient.flow import go, is_stopped, person_page
from hiphinge.web.patient.jobs import open_jobs
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/p/{person}/finish", dependencies=[allow("person.view")])
def ask_finish(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, store: StoreDep) -> Response:
    """Ask whether the session is over; films that still wait, and a set whose feeling was not told, are named."""
    look = desk.look(person)
    if look.session is None:
        return go(person)
    waiting = [one for one in open_jobs(store, person) if one.state != "failed"]
    return person_page(
        request, who, person, "finish.html", waiting=waiting, unfelt=find_unfelt(look), stale=look.stale,
        began=look.session.at,
    )  # fmt: skip


@router.post("/p/{person}/finish", dependencies=[allow("person.act")])
def finish(person: PersonDep, desk: DeskDep) -> Response:
    """Close the session, and show its summary."""
    with for_pages():
        session = desk.finish(person)
    return go(person, f"sessions/{session}", said="finished")


@router.get("/p/{person}/sessions/{session}.pdf", dependencies=[allow("person.view")])
def session_pdf(person: PersonDep, desk: DeskDep, session: str) -> Response:
    """Send the one-page summary as a PDF."""
    from hiphinge.report.program import render_session_pdf

    try:
        summary = desk.summary(person, session)
    except RecordConflict:
        raise NotFound(_("There is no such session.")) from None
    name = f"{re.sub(r'[^a-z0-9]+', '-', summary.person.lower()).strip('-') or 'person'}-{summary.began:%Y-%m-%d}.pdf"
    return Response(
        render_session_pdf(summary), media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )  # fmt: skip


@router.get("/p/{person}/sessions/{session}", dependencies=[allow("person.view")])
def session_page(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, session: str) -> Response:
    """Show the summary of a session."""
    from hiphinge.report.program.views import session_view

    try:
        summary = desk.summary(person, session)
    except RecordConflict:
        raise NotFound(_("There is no such session.")) from None
    look = desk.look(person)
    return person_page(
        request, who, person, "session.html", v=session_view(summary), session=summary.session,
        morning=look.questions.morning == summary.session,
        tomorrow=summary.closed and bool(summary.work) and summary.morning_pain is None and not is_stopped(look)
        and _is_last(look, summary.session),
    )  # fmt: skip


def _is_last(look: Look, session: str) -> bool:
    opened = [one.session for one in live_events(look.history) if isinstance(one, SessionOpened)]
    return opened[-1:] == [session]


@router.get("/p/{person}/undo", dependencies=[allow("person.view")])
def ask_undo(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Show what was entered last, and ask why it does not count."""
    return _show_undo(request, who, person, desk, NO_ANSWERS)


@router.post("/p/{person}/undo", dependencies=[allow("person.act")])
def undo(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, form: FormDep) -> Response:
    """Take back what was entered last; where something else was entered since, it is shown anew."""
    answers = Answers(form)
    reason = answers.text("reason", longest=400, needed=_("Please say in a few words why it does not count."))
    with for_pages():
        entries = desk.entries(person)
        if answers.errors or answers.text("entry") != entries[-1].key:
            return _show_undo(request, who, person, desk, answers)
        desk.withdraw(person, reason, entries[-1].key)
    return go(person, said="undone")


def _show_undo(request: Request, who: Who, person: Person, desk: Desk, answers: Answers) -> Response:
    try:
        entries = desk.entries(person)
    except RecordConflict:
        entries = ()
    shown = [{"name": name_entry(one, desk.program), "at": one.at, "key": one.key} for one in entries]
    return person_page(
        request, who, person, "undo.html", status=422 if answers.errors else 200, entries=shown, answers=answers
    )
