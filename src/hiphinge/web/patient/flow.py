"""What a person's page shows first, and where an answer leads: read from the desk's look, decided nowhere here."""

from __future__ import annotations

from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from hiphinge.service.desk import Look
from hiphinge.service.interview import STOPS, say_urgent
from hiphinge.store import Person
from hiphinge.web.access import Who
from hiphinge.web.pages import page

__all__ = ["Due", "find_due", "go", "is_stopped", "person_page", "urgent_text"]

#: What a person is to do first.
Due = Literal["stop", "questions", "intake", "morning", "begin", "finish", "feel", "work"]
_ENDS = ("end_session", "wait", "done")


def find_due(look: Look) -> Due:
    """Return what comes first, in the order in which the command line asks."""
    if is_stopped(look):
        return "stop"
    questions, decision = look.questions, look.decision
    if look.session is None:
        return "morning" if questions.morning is not None else "begin"
    if look.stale:
        return "finish"
    if questions.red_flags:
        return "questions"
    if questions.intake:
        return "intake"
    if decision.action == "ask":
        return "morning" if questions.morning is not None else "feel"
    nothing = decision.drill is None and not decision.options
    return "finish" if decision.action in _ENDS or nothing else "work"


def is_stopped(look: Look) -> bool:
    """Say whether a stop is in force."""
    return look.decision.action in STOPS


def urgent_text(look: Look) -> str:
    """Return what would be an emergency under the stop that is in force; ``""`` where the stop says it itself."""
    return say_urgent(look.decision)


def go(person: Person, where: str = "today", *, said: str = "") -> RedirectResponse:
    """Lead on to a page of the person; ``said`` names the sentence that it begins with."""
    return RedirectResponse(f"/p/{person.id}/{where}{f'?said={said}' if said else ''}", status_code=303)


def person_page(
    request: Request, who: Who, person: Person, template: str, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """Return a page about one person."""
    said = request.query_params.get("said", "")
    return page(request, who, f"patient/{template}", status=status, **{"person": person, "said": said, **values})
