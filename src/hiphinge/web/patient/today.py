"""Today: what comes next and why, how to do it, and the ways on."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hiphinge.errors import UsageError
from hiphinge.program import Drill
from hiphinge.program.today import Block, Today, equipment_names
from hiphinge.report.program.words import ACTION_WORDS, HOLD_MARKS, HOLD_TONES, HOLD_WORDS
from hiphinge.service.desk import Desk, Look
from hiphinge.service.words import set_up_lines
from hiphinge.web.access import DeskDep, PersonDep, StoreDep, WhoDep, allow
from hiphinge.web.patient.answers import Answers, FormDep, for_pages
from hiphinge.web.patient.flow import find_due, go, person_page, urgent_text
from hiphinge.web.patient.jobs import open_jobs
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/p/{person}/today", dependencies=[allow("person.view")])
def today(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, store: StoreDep) -> Response:
    """Show what comes next; a stop before everything else."""
    look = desk.look(person)
    due = find_due(look)
    shown: dict[str, Any] = {
        "due": due, "decision": look.decision, "heading": ACTION_WORDS[look.decision.action],
        "lines": _why(look), "session": look.session, "stale": look.stale,
    }  # fmt: skip
    if due == "stop":
        against = [line for line, one in zip(shown["lines"], look.decision.evidence, strict=True) if one.holds is False]
        return person_page(request, who, person, "stop.html", urgent=urgent_text(look), against=against, **shown)
    have = _have(request, desk, look)
    plan, trouble = _plan(desk, look, have)
    return person_page(
        request, who, person, "today.html", plan=plan, blocks=[_block(desk, one) for one in plan.blocks],
        pain=desk.program.pain, screen=desk.explain_screen(look), jobs=open_jobs(store, person),
        equipment=equipment_names(desk.program), have=have, trouble=trouble, **shown,
    )  # fmt: skip


@router.post("/p/{person}/ticks", dependencies=[allow("person.act")])
def tick(person: PersonDep, desk: DeskDep, who: WhoDep, form: FormDep) -> Response:
    """Keep what only the person can tell about a drill."""
    answers = Answers(form)
    drill = desk.drill(answers.text("drill"))
    ticks = {one.id: one.id in answers.said("ticks") for one in drill.ticks if one.id in answers.said("asked")}
    if ticks:
        with for_pages():
            desk.log_ticks(person, drill.id, ticks, by="clinician" if who.role == "clinician" else "person")
    return go(person, said="ticks")


@router.get("/p/{person}/cannot", dependencies=[allow("person.view")])
def cannot(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Show the ways out where today's drill cannot be done."""
    look = desk.look(person)
    if find_due(look) == "stop":
        return go(person)
    drill = _drill_due(desk, look)
    return person_page(
        request, who, person, "cannot.html", drill=drill, session=look.session, pain=desk.program.pain,
        easier=[] if drill is None else [one for one in drill.variants if one.direction == "easier"],
    )  # fmt: skip


def _drill_due(desk: Desk, look: Look) -> Drill | None:
    return desk.drill(look.decision.drill) if look.decision.drill else None


def _have(request: Request, desk: Desk, look: Look) -> dict[str, Any]:
    """Return what there is today: what the address says, else what the session was told."""
    given, opened = request.query_params, look.session
    if "have" in given:
        known = equipment_names(desk.program)
        return {
            "equipment": tuple(one for one in known if one in given.getlist("equipment")),
            "minutes": _number(given.get("minutes")),
            "space_m": _number(given.get("space_m")),
        }
    return {
        "equipment": None if opened is None or not opened.equipment else opened.equipment,
        "minutes": None if opened is None else opened.minutes,
        "space_m": None if opened is None else opened.space_m,
    }


def _number(text: str | None) -> float | None:
    try:
        return float((text or "").replace(",", "."))
    except ValueError:
        return None


def _plan(desk: Desk, look: Look, have: dict[str, Any]) -> tuple[Today, str]:
    """Return today's session; where the minutes or metres cannot be, without them, and why."""
    try:
        return desk.plan(look, **have), ""
    except UsageError as error:
        return desk.plan(look), f"{error.what} {error.expected}."


def _why(look: Look) -> list[dict[str, str]]:
    return [
        {
            "rule": one.rule, "needed": one.needed, "seen": one.seen or _("not known"), "mark": HOLD_MARKS[one.holds],
            "holds": HOLD_WORDS[one.holds], "tone": HOLD_TONES[one.holds],
        }
        for one in look.decision.evidence
    ]  # fmt: skip


def _block(desk: Desk, block: Block) -> dict[str, Any]:
    drill, variant = block.drill, block.variant
    setup = set_up_lines(drill, variant)
    dose = drill.dose
    sets = _("1 set") if block.sets == 1 else _("{number} sets").format(number=block.sets)
    return {
        "drill": drill, "variant": variant, "alternatives": block.alternatives, "setup": setup,
        "changed": variant.setup if variant is not None and setup == drill.setup else (),
        "amount": _("{sets} of {reps} reps, {tempo}. About {minutes} minutes.").format(
            sets=sets, reps=block.reps, tempo=dose.tempo, minutes=round(block.minutes)
        ),
        "warm_up": block.warm_up, "note": dose.note, "film": block.film, "is_screen": drill.kind == "screen",
    }  # fmt: skip
