"""Every entry of a log with the decision that followed from it, and taking an entry back."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import RecordConflict
from hiphinge.program.decision import Decision
from hiphinge.program.history import Event, History, Withdrawn
from hiphinge.program.next_step import next_step
from hiphinge.service.desk import Desk
from hiphinge.service.words import name_entry
from hiphinge.store import Person
from hiphinge.web.access import DeskDep, PersonDep, Who, WhoDep, allow
from hiphinge.web.desk.views import decision_view, entry_views
from hiphinge.web.errors import NotFound
from hiphinge.web.pages import page
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep, for_pages
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_MOST = 60


@router.get("/desk/p/{person}/log", dependencies=[allow("desk.view")])
def log(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, whole: bool = False) -> Response:
    """Show every entry, the newest first, with what was decided after it and why."""
    history = desk.history(person)
    return page(
        request, who, "desk/log.html", person=person, total=len(history.events), whole=whole,
        entries=entry_views(history, desk.program, most=None if whole else _MOST),
        said=request.query_params.get("said", ""),
    )  # fmt: skip


@router.get("/desk/p/{person}/entries/{entry}/take-back", dependencies=[allow("desk.view")])
def ask_take_back(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, entry: str) -> Response:
    """Show what would go with an entry, and what would then come next; ask why."""
    return _ask(request, who, person, desk, entry, NO_ANSWERS)


@router.post("/desk/p/{person}/entries/{entry}/take-back", dependencies=[allow("desk.act")])
def take_back(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, entry: str, form: FormDep) -> Response:
    """Take an entry back, with what was entered as one with it. It stays in the log and counts no longer."""
    answers = Answers(form)
    reason = answers.text("reason", longest=400, needed=_("Please say in a few words why it does not count."))
    if answers.errors:
        return _ask(request, who, person, desk, entry, answers)
    _entries(desk, person, entry)
    with for_pages():
        desk.withdraw(person, reason, entry)
    return RedirectResponse(f"/desk/p/{person.id}/log?said=taken", status_code=303)


def _entries(desk: Desk, person: Person, entry: str) -> tuple[Event, ...]:
    try:
        return desk.entries(person, entry)
    except RecordConflict:
        raise NotFound(_("There is no such entry that still counts.")) from None


def _ask(request: Request, who: Who, person: Person, desk: Desk, entry: str, answers: Answers) -> Response:
    gone, history = _entries(desk, person, entry), desk.history(person)
    return page(
        request, who, "desk/take_back.html", status=422 if answers.errors else 200, person=person, entry=entry,
        entries=[{"name": name_entry(one, desk.program).capitalize(), "at": one.at} for one in gone], answers=answers,
        before=decision_view(next_step(history, desk.program)),
        after=decision_view(_without(desk, history, gone)),
    )  # fmt: skip


def _without(desk: Desk, history: History, gone: tuple[Event, ...]) -> Decision:
    """Decide as if entries had been taken back."""
    slips = tuple(
        Withdrawn(key=f"preview-{number}", at=history.now, entry=one.key, reason="-") for number, one in enumerate(gone)
    )
    return next_step(History((*history.events, *slips), history.now), desk.program)
