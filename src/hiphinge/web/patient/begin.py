"""The start: red-flag questions, pain at rest, what there is, and how it began."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hiphinge.program.model import RedFlag
from hiphinge.program.today import equipment_names
from hiphinge.service.desk import Desk, Look
from hiphinge.service.interview import ends_asking, order_flags
from hiphinge.service.words import PAIN_WORDS
from hiphinge.store import Person
from hiphinge.web.access import DeskDep, PersonDep, Who, WhoDep, allow
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep, for_pages
from hiphinge.web.patient.flow import find_due, go, person_page
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
#: So many letters name a question in a list.
_SHORT = 64


@router.get("/p/{person}/questions", dependencies=[allow("person.view")])
def questions(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Show the red-flag questions that are open; where none is, all of them: something may be new or worse."""
    return _show_questions(request, who, person, desk, desk.look(person), NO_ANSWERS)


@router.post("/p/{person}/questions", dependencies=[allow("person.act")])
def answer_questions(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, form: FormDep) -> Response:
    """Keep the answers; a yes is kept whatever else is left open, everything else only whole."""
    look, answers = desk.look(person), Answers(form)
    asked = _asked(desk, look)
    told = {flag.id: answers.flag(flag.id) for flag in asked}
    if not any(told.values()):
        missing = [one for one, answer in told.items() if answer is None]
        if missing:
            answers.errors = dict.fromkeys(missing, _("Please answer yes or no."))
            return _show_questions(request, who, person, desk, look, answers)
    if any(ends_asking(flag, told[flag.id]) for flag in asked):
        told = {name: answer for name, answer in told.items() if answer is not None}
    desk.answer_red_flags(person, told)
    return go(person, _after(desk.look(person)))


@router.get("/p/{person}/begin", dependencies=[allow("person.view")])
def begin(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Ask what a session begins with."""
    look = desk.look(person)
    if find_due(look) == "stop" or look.session is not None:
        return go(person, _after(look))
    return _show_begin(request, who, person, desk, look, NO_ANSWERS)


@router.post("/p/{person}/begin", dependencies=[allow("person.act")])
def start_session(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, form: FormDep) -> Response:
    """Open a session, after the morning that is still to be answered."""
    look, answers = desk.look(person), Answers(form)
    if find_due(look) == "stop" or look.session is not None:
        return go(person, _after(look))
    pain = answers.whole("resting_pain", needed=_("Please pick a number from 0 to 10."))
    new = None if look.questions.first else answers.flag("new_symptoms", needed=_("Please answer yes or no."))
    morning = answers.whole("morning_pain") if look.questions.morning is not None else None
    equipment = answers.picks("equipment", equipment_names(desk.program))
    minutes = answers.whole("minutes", low=1, high=999)
    space_m = answers.number("space_m", low=0.1, high=100, whole=False)
    if answers.errors:
        return _show_begin(request, who, person, desk, look, answers)
    with for_pages():
        if morning is not None:
            desk.answer_morning(person, morning)
        desk.start(person, resting_pain=pain, new_symptoms=new, equipment=equipment, minutes=minutes, space_m=space_m)
    return go(person, _after(desk.look(person)))


@router.get("/p/{person}/intake", dependencies=[allow("person.view")])
def intake(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Ask where it hurts, since when, and what the person wants to do again."""
    return _show_intake(request, who, person, desk.look(person), NO_ANSWERS)


@router.post("/p/{person}/intake", dependencies=[allow("person.act")])
def answer_intake(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, form: FormDep) -> Response:
    """Keep how it began."""
    look, answers = desk.look(person), Answers(form)
    pain = look.session.resting_pain if look.session is not None else None
    if pain is None:
        pain = answers.whole("pain", needed=_("Please pick a number from 0 to 10."))
    places = answers.picks("places", PAIN_WORDS) if pain else ()
    if pain and not places:
        answers.errors["places"] = _("Please mark where it hurts.")
    since = answers.text("since", longest=200) if pain else ""
    goal = answers.text("goal", longest=400)
    if answers.errors:
        return _show_intake(request, who, person, look, answers)
    desk.take_intake(person, pain=pain, places=places, since=since, goal=goal)
    return go(person, _after(desk.look(person)))


def _after(look: Look) -> str:
    """Return the page that comes next in the start of a session."""
    due = find_due(look)
    return due if due in ("questions", "intake", "begin") else "today"


def _asked(desk: Desk, look: Look) -> Sequence[RedFlag]:
    return order_flags(look.questions.red_flags or desk.program.red_flags)


def _show_questions(request: Request, who: Who, person: Person, desk: Desk, look: Look, answers: Answers) -> Response:
    asked = _asked(desk, look)
    groups: list[dict[str, Any]] = [
        {"urgency": urgency, "flags": [one for one in asked if one.urgency == urgency]}
        for urgency in ("emergency", "clinician")
    ]
    return person_page(
        request, who, person, "questions.html", status=422 if answers.errors else 200,
        groups=[one for one in groups if one["flags"]], first=look.questions.first,
        due=bool(look.questions.red_flags), answers=answers, shorten=_shorten,
    )  # fmt: skip


def _shorten(question: str) -> str:
    """Return how a question begins, to name it by."""
    return shorten(question, _SHORT, placeholder="…")


def _show_begin(request: Request, who: Who, person: Person, desk: Desk, look: Look, answers: Answers) -> Response:
    return person_page(
        request, who, person, "begin.html", status=422 if answers.errors else 200,
        morning=look.questions.morning is not None, asks_new=not look.questions.first,
        equipment=equipment_names(desk.program), answers=answers,
        not_before=look.decision.not_before, reason=look.decision.reason,
    )  # fmt: skip


def _show_intake(request: Request, who: Who, person: Person, look: Look, answers: Answers) -> Response:
    pain = look.session.resting_pain if look.session is not None else None
    return person_page(
        request, who, person, "intake.html", status=422 if answers.errors else 200, pain=pain, places=PAIN_WORDS,
        answers=answers,
    )  # fmt: skip
