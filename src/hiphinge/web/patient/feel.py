"""How something felt: a set, a screen that is left out, the next morning."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hiphinge.program import Drill
from hiphinge.program.history import FeelLog, SessionClosed, SetDone
from hiphinge.service.desk import Desk, Look
from hiphinge.service.interview import morning_from
from hiphinge.service.questions import live_events
from hiphinge.service.words import EFFORT_WORDS, LEG_WORDS, PAIN_WORDS
from hiphinge.store import Person
from hiphinge.web.access import DeskDep, PersonDep, Who, WhoDep, allow
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep, for_pages, read_feel
from hiphinge.web.patient.flow import go, is_stopped, person_page
from hiphinge.web.translate import _

__all__ = ["feel_words", "find_unfelt", "router"]

router = APIRouter(include_in_schema=False)

feel_words = {"effort_words": EFFORT_WORDS, "pain_words": PAIN_WORDS, "leg_words": LEG_WORDS}


def find_unfelt(look: Look) -> SetDone | None:
    """Return the last set of the open session whose feeling was not told; None where there is none."""
    if look.session is None:
        return None
    events = [one for one in live_events(look.history) if getattr(one, "session", None) == look.session.session]
    for one in reversed(events):
        if isinstance(one, FeelLog):
            return None
        if isinstance(one, SetDone):
            return one
    return None


@router.get("/p/{person}/feel", dependencies=[allow("person.view")])
def feel(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, drill: str = "") -> Response:
    """Ask how the last set felt."""
    look = desk.look(person)
    if look.session is None:
        return go(person)
    return _show_feel(request, who, person, _drill(desk, look, drill), look, NO_ANSWERS)


@router.post("/p/{person}/feel", dependencies=[allow("person.act")])
def answer_feel(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, form: FormDep) -> Response:
    """Keep how a set felt, and what only the person can tell; new numbness is kept whatever else is left open."""
    look, answers = desk.look(person), Answers(form)
    drill = _drill(desk, look, answers.text("drill"))
    told = read_feel(answers, effort=True)
    urgent = bool(told.new_numbness) or told.leg == "further"
    if answers.errors and not urgent:
        return _show_feel(request, who, person, drill, look, answers)
    ticks = {one.id: found for one in drill.ticks if (found := answers.flag(f"tick_{one.id}")) is not None}
    with for_pages():
        desk.log_feel(person, drill.id, told)
        if ticks:
            desk.log_ticks(person, drill.id, ticks, by="clinician" if who.role == "clinician" else "person")
    return go(person, said="feel")


@router.get("/p/{person}/leave-out", dependencies=[allow("person.view")])
def leave_out(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, drill: str = "") -> Response:
    """Ask, without pressing, why a screen is left out."""
    look = desk.look(person)
    found = _screen(desk, look, drill)
    if found is None or look.session is None:
        return go(person)
    return _show_leave_out(request, who, person, found, NO_ANSWERS)


@router.post("/p/{person}/leave-out", dependencies=[allow("person.act")])
def answer_leave_out(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, form: FormDep) -> Response:
    """Keep that a screen is left out, and what was told about it."""
    look, answers = desk.look(person), Answers(form)
    found = _screen(desk, look, answers.text("drill"))
    if found is None:
        return go(person)
    told = read_feel(answers, effort=False, needed=False)
    if told.pain and not told.places and answers.said("places"):
        answers.errors["places"] = _("Please mark where it hurts.")
    if answers.errors:
        return _show_leave_out(request, who, person, found, answers)
    with for_pages():
        desk.leave_out(person, found.id, told)
    return go(person, said="left-out")


@router.get("/p/{person}/morning", dependencies=[allow("person.view")])
def morning(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Ask how the morning after the last session was."""
    return _show_morning(request, who, person, desk.look(person), NO_ANSWERS)


@router.post("/p/{person}/morning", dependencies=[allow("person.act")])
def answer_morning(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, form: FormDep) -> Response:
    """Keep the pain of the morning after."""
    answers = Answers(form)
    pain = answers.whole("pain", needed=_("Please pick a number from 0 to 10."))
    if pain is None:
        return _show_morning(request, who, person, desk.look(person), answers)
    with for_pages():
        desk.answer_morning(person, pain)
    return go(person, said="morning")


def _drill(desk: Desk, look: Look, name: str) -> Drill:
    """Return the drill that is meant: the one named, else that of the last set, else the one that is due."""
    unfelt = find_unfelt(look)
    wanted = name or (unfelt.drill if unfelt is not None else "") or look.decision.drill
    if not wanted:
        last = [one.drill for one in live_events(look.history) if isinstance(one, SetDone)]
        wanted = last[-1] if last else (look.decision.options or desk.program.stages[0].drills)[0]
    return desk.drill(wanted)


def _screen(desk: Desk, look: Look, name: str) -> Drill | None:
    """Return the screen that is left out, None where it is none or a stop is in force."""
    wanted = name or look.decision.drill
    if not wanted or is_stopped(look):
        return None
    found = desk.drill(wanted)
    return found if found.kind == "screen" else None


def _show_feel(request: Request, who: Who, person: Person, drill: Drill, look: Look, answers: Answers) -> Response:
    return person_page(
        request, who, person, "feel.html", status=422 if answers.errors else 200, drill=drill, answers=answers,
        stopped=is_stopped(look), **feel_words,
    )  # fmt: skip


def _show_leave_out(request: Request, who: Who, person: Person, drill: Drill, answers: Answers) -> Response:
    return person_page(
        request, who, person, "leave_out.html", status=422 if answers.errors else 200, drill=drill, answers=answers,
        **feel_words,
    )  # fmt: skip


def _show_morning(request: Request, who: Who, person: Person, look: Look, answers: Answers) -> Response:
    return person_page(
        request, who, person, "morning.html", status=422 if answers.errors else 200, answers=answers,
        due=look.questions.morning is not None, **_morning_after(look),
    )  # fmt: skip


def _morning_after(look: Look) -> dict[str, Any]:
    """Say whether there is a morning to tell of, and from when on it can be told (None: already)."""
    events = live_events(look.history)
    closed = [one.session for one in events if isinstance(one, SessionClosed)]
    first = morning_from(events, closed[-1], look.history.now) if closed else None
    return {"any_session": bool(closed), "first": first}
