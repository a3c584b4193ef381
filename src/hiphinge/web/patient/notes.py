"""Notes between a person and their clinician."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hiphinge.service.desk import Desk
from hiphinge.service.words import mask_addresses
from hiphinge.store import Person
from hiphinge.web.access import DeskDep, PersonDep, Who, WhoDep, allow
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep, for_pages
from hiphinge.web.patient.flow import go, person_page
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_LONGEST = 4000


@router.get("/p/{person}/notes", dependencies=[allow("person.view")])
def notes(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Show the notes, oldest first, and room for a reply."""
    return _show(request, who, person, desk, NO_ANSWERS)


@router.post("/p/{person}/notes", dependencies=[allow("person.act")])
def reply(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, form: FormDep) -> Response:
    """Keep a reply, under the name of who is signed in; at home, of whose page it is."""
    answers = Answers(form)
    text = answers.text("text", longest=_LONGEST, needed=_("Please write something first."))
    if answers.errors:
        return _show(request, who, person, desk, answers)
    with for_pages():
        desk.add_note(person, text, author=mask_addresses(_author(who, person)))
    return go(person, "notes", said="masked" if mask_addresses(text) != text else "note")


def _author(who: Who, person: Person) -> str:
    own = who.account is None or who.person == person.id
    return person.name if own else who.name


def _show(request: Request, who: Who, person: Person, desk: Desk, answers: Answers) -> Response:
    return person_page(
        request, who, person, "notes.html", status=422 if answers.errors else 200, notes=desk.notes(person),
        answers=answers, author=_author(who, person),
    )  # fmt: skip
