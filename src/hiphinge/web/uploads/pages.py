"""The page on which a film is chosen and sent; it works without JavaScript too, then in one go."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hiphinge.program import Drill
from hiphinge.service.desk import Desk, Look
from hiphinge.service.orders import WALL_TICK, ClipOrder, asks_touch, is_set
from hiphinge.service.visits import USUAL_DRILL
from hiphinge.store import Person
from hiphinge.web.access import ContextDep, DeskDep, PersonDep, Who, WhoDep, allow
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep
from hiphinge.web.patient.feel import feel_words
from hiphinge.web.patient.flow import find_due, go, is_stopped, person_page
from hiphinge.web.translate import _
from hiphinge.web.uploads.order import LABELS, pick_drill, take_form
from hiphinge.web.uploads.receive import PIECE_BYTES

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/p/{person}/upload", dependencies=[allow("person.view")])
def upload_page(
    request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, context: ContextDep, drill: str = "",
    label: str = "",
) -> Response:  # fmt: skip
    """Show what to film, and where to choose the film."""
    look = desk.look(person)
    if _leads_elsewhere(look, person, drill):
        return go(person)
    found = pick_drill(desk, look, drill, label)
    return _show(request, who, person, desk, look, found, label, NO_ANSWERS, context.settings.upload_mb)


@router.post("/p/{person}/upload", dependencies=[allow("person.act")])
def send_whole(
    request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, context: ContextDep, form: FormDep
) -> Response:
    """Take a film with the form, whole: for browsers without JavaScript."""
    look, answers = desk.look(person), Answers(form)
    if _leads_elsewhere(look, person, answers.text("drill")):
        return go(person)
    label = answers.text("label")
    drill = pick_drill(desk, look, answers.text("drill"), label)
    sent = take_form(desk, person, answers, most_bytes=context.settings.upload_mb << 20)
    if sent.missing:
        return _show(request, who, person, desk, look, drill, label, answers, context.settings.upload_mb)
    return go(person, "today" if sent.job is None else f"jobs/{sent.job.id}")


def _leads_elsewhere(look: Look, person: Person, drill: str) -> bool:
    """Say whether something else comes before a film; a guest's first toe-touch comes before the questions."""
    first = person.guest and drill == USUAL_DRILL and not is_stopped(look)
    return look.session is None or look.stale or (not first and find_due(look) in ("stop", "questions", "intake"))


def _show(
    request: Request, who: Who, person: Person, desk: Desk, look: Look, drill: Drill, label: str, answers: Answers,
    most_mb: int,
) -> Response:  # fmt: skip
    label = label if label in LABELS else ""
    variant = (answers.said("variant") or (request.query_params.get("variant", ""),))[-1]
    if not variant and not label and drill.id == look.decision.drill and "variant" not in request.query_params:
        variant = look.decision.variant
    order = ClipOrder(film="", drill=drill.id, variant=variant, label=label)
    a_set = is_set(drill, label)
    shown: dict[str, Any] = {
        "drill": drill, "variant": variant, "label": label, "is_set": a_set, "asks_touch": asks_touch(drill, order),
        "ticks": [one for one in drill.ticks if a_set and one.id != WALL_TICK],
        "drills": [one for one in desk.program.drills if one.kind != "screen" or one.id == drill.id],
        "most_mb": most_mb, "piece_bytes": PIECE_BYTES,
        "film": [
            _("Phone at hip height, side-on, head to feet in the picture."), _("Stand still for two seconds first."),
        ],
    }  # fmt: skip
    return person_page(
        request, who, person, "upload.html", status=422 if answers.errors else 200, answers=answers, **shown,
        **feel_words,
    )  # fmt: skip
