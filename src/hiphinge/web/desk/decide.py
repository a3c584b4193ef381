"""A clinician's own decision: where a person goes on, in which drill and form, and whether a stop is lifted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import UsageError
from hiphinge.program.words import name_drill, name_step, name_variant
from hiphinge.service.desk import Desk
from hiphinge.service.lookup import check_step
from hiphinge.store import Person
from hiphinge.web.access import DeskDep, PersonDep, Who, WhoDep, allow
from hiphinge.web.desk.signing import read_signature, signature
from hiphinge.web.desk.views import decision_view
from hiphinge.web.pages import page
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
#: What is sent where the program decides again, and where only a stop is lifted.
_RELEASE, _STAY = "release", "stay"


@router.get("/desk/p/{person}/decide", dependencies=[allow("desk.view")])
def ask_decision(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Show what comes next, and ask what is decided instead."""
    return _show(request, who, person, desk, NO_ANSWERS)


@router.post("/desk/p/{person}/decide", dependencies=[allow("desk.act")])
def decide(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, form: FormDep) -> Response:
    """Keep a clinician's decision."""
    answers = Answers(form)
    places = _places(desk)
    where = answers.pick("where", [_STAY, _RELEASE, *places], needed=_("Please choose what is decided."))
    reason = answers.text("reason", longest=2000, needed=_("Please say why."))
    clears = "yes" in answers.said("clears_stop")
    clinician = read_signature(who, answers)
    if where == _STAY and not clears:
        answers.errors["where"] = _("Nothing would change: choose a step, or lift the stop.")
    step, drill, variant = places.get(where or "", (None, None, ""))
    if not answers.errors:
        try:
            check_step(desk.program, step, drill, variant)
        except UsageError as error:
            answers.errors["where"] = error.what
    if answers.errors:
        return _show(request, who, person, desk, answers)
    desk.override(
        person, clinician=clinician, reason=reason, step=step, drill=drill, variant=variant, clears_stop=clears
    )
    return RedirectResponse(f"/desk/p/{person.id}?said=decided", status_code=303)


def _places(desk: Desk) -> Mapping[str, tuple[str, str | None, str]]:
    """Return every place that somebody can be put: step, drill of a choice, form of a drill."""
    found: dict[str, tuple[str, str | None, str]] = {}
    for stage in desk.program.stages:
        found[stage.id] = (stage.id, None, "")
        for drill in stage.drills:
            if len(stage.drills) > 1:
                found[f"{stage.id}/{drill}"] = (stage.id, drill, "")
            for variant in desk.program.drill(drill).variants:
                found[f"{stage.id}/{drill}/{variant.id}"] = (stage.id, drill, variant.id)
    return found


def _groups(desk: Desk) -> list[dict[str, Any]]:
    """Return the places by step, in words."""
    groups: dict[str, list[dict[str, str]]] = {}
    for value, (step, drill, variant) in _places(desk).items():
        words = _("as it stands") if drill is None else name_drill(desk.program, drill)
        if drill is not None and variant:
            words = f"{words}: {name_variant(desk.program, drill, variant).lower()}"
        groups.setdefault(name_step(desk.program, step), []).append({"value": value, "words": words})
    return [{"step": step, "options": options} for step, options in groups.items()]


def _show(request: Request, who: Who, person: Person, desk: Desk, answers: Answers) -> Response:
    decision = desk.decide(person)
    return page(
        request, who, "desk/decide.html", status=422 if answers.errors else 200, person=person, answers=answers,
        decision=decision_view(decision), groups=_groups(desk), signature=signature(who), stay=_STAY,
        release=_RELEASE, step=name_step(desk.program, decision.step),
    )  # fmt: skip
