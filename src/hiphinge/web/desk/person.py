"""A person's timeline: what needs a look, what comes next and why, trends, pain, sessions, notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import RecordConflict
from hiphinge.program.facts import counting, session_facts
from hiphinge.program.progress import Progress
from hiphinge.program.trend import Trend
from hiphinge.report.program.views import progress_view, session_view
from hiphinge.service.desk import Desk
from hiphinge.service.roster import KINDS, find_reasons, last_seen
from hiphinge.service.words import mask_addresses
from hiphinge.store import Person
from hiphinge.web.access import DeskDep, PersonDep, StoreDep, Who, WhoDep, allow
from hiphinge.web.desk.rows import failed_films, find_facts
from hiphinge.web.desk.signing import read_signature, signature
from hiphinge.web.desk.views import clip_views, decision_view, session_views
from hiphinge.web.errors import NotFound
from hiphinge.web.pages import page
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep
from hiphinge.web.patient.history import chart_data, trend_view
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_LONGEST_NOTE = 4000
#: So many sessions stand on the first page.
_MOST_SESSIONS = 12
#: So many of them are seen without unfolding anything.
_LATEST_SESSIONS = 4
#: The measures that the program is about; the others are folded away.
_FIRST_MEASURES = ("lumbar_flexion", "hip_share")


@router.get("/desk/p/{person}", dependencies=[allow("desk.view")])
def timeline(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Show how a person is getting on."""
    return _show(request, who, person, desk, NO_ANSWERS)


@router.post("/desk/p/{person}/notes", dependencies=[allow("desk.act")])
def reply(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, form: FormDep) -> Response:
    """Keep a note, on a session or in general, signed."""
    answers = Answers(form)
    text = answers.text("text", longest=_LONGEST_NOTE, needed=_("Please write something first."))
    author = read_signature(who, answers)
    session = answers.text("session", longest=200)
    if answers.errors:
        return _show(request, who, person, desk, answers)
    if session:
        desk.add_note(person, text, author=author, session=session)
    else:
        desk.store.add_note(person.id, text, author=author)
    where = f"sessions/{session}" if session and answers.text("from") == "session" else ""
    return RedirectResponse(f"/desk/p/{person.id}/{where}".rstrip("/") + "?said=note#notes", status_code=303)


@router.get("/desk/p/{person}/sessions/{session}", dependencies=[allow("desk.view")])
def session_page(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, session: str) -> Response:
    """Show one session: four points, what was done, its films, its notes."""
    try:
        summary = desk.summary(person, session)
    except RecordConflict:
        raise NotFound(_("There is no such session.")) from None
    facts = session_facts(counting(desk.history(person)))[summary.session]
    notes = [one for one in desk.notes(person) if one.session == summary.session]
    return page(
        request, who, "desk/session.html", person=person, v=session_view(summary), session=summary.session,
        clips=clip_views(facts, desk.program), notes=notes, answers=NO_ANSWERS, signature=signature(who),
        said=request.query_params.get("said", ""),
    )  # fmt: skip


@router.get("/desk/p/{person}/audit", dependencies=[allow("desk.view")])
def audit(request: Request, who: WhoDep, person: PersonDep, store: StoreDep) -> Response:
    """Show who did what with the person's record."""
    rows = [
        {"at": one.at, "who": mask_addresses(one.who), "what": one.what} for one in reversed(store.audit(person.id))
    ]
    return page(request, who, "desk/audit.html", person=person, rows=rows)


def _show(request: Request, who: Who, person: Person, desk: Desk, answers: Answers) -> Response:
    history, progress = desk.history(person), desk.progress(person)
    facts = find_facts(desk, person, failed_films(desk.store))
    drawn = [one for one in progress.trends if len(one.points) > 1]
    first = [one for one in drawn if one.name in _FIRST_MEASURES]
    rest = [one for one in drawn if one.name not in _FIRST_MEASURES]
    sessions = session_views(history, desk.program)
    return page(
        request, who, "desk/person.html", status=422 if answers.errors else 200, person=person,
        v=progress_view(progress), groups=_grouped(first), more_groups=_grouped(rest),
        charts=[chart_data(one) for one in drawn], latest=_LATEST_SESSIONS,
        reasons=[
            {"kind": _(KINDS[one.kind]), "tone": one.tone, "text": one.text, "since": one.since}
            for one in find_reasons(history, desk.program, progress=progress, facts=facts)
        ],
        decision=decision_view(progress.decision), sessions=sessions[:_MOST_SESSIONS],
        more=max(0, len(sessions) - _MOST_SESSIONS), weeks=_weeks(progress), notes=desk.notes(person),
        pickable=[(one["session"], one["at"]) for one in sessions[:_MOST_SESSIONS]], answers=answers,
        signature=signature(who), last_seen=last_seen(history.events),
        said=request.query_params.get("said", ""),
    )  # fmt: skip


def _grouped(trends: Sequence[Trend]) -> dict[str, list[dict[str, Any]]]:
    """Return the trends under the title of what they were measured in."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in trends:
        groups.setdefault(one.group or _("Pain and scores"), []).append(trend_view(one))
    return groups


def _weeks(progress: Progress) -> list[dict[str, Any]]:
    """Return the sessions of each week against what the dose asks for."""
    low = progress.per_week[0] if progress.per_week else None
    return [
        {"monday": one.monday, "sessions": one.sessions, "low": low, "enough": low is None or one.sessions >= low}
        for one in progress.weeks
    ]
