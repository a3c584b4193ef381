"""The ten-minute appointment: begun without an account, filmed twice, one page, then kept or erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import RecordConflict
from hiphinge.program.model import RedFlag
from hiphinge.report.program.visit import VisitPage, render_visit_pdf, visit_view
from hiphinge.service.desk import Desk
from hiphinge.service.interview import order_flags
from hiphinge.service.visits import COACHED_DRILL, USUAL_DRILL, Visit, begin_visit, read_visit, visit_page
from hiphinge.store import Person
from hiphinge.web.access import ContextDep, DeskDep, PersonDep, StoreDep, Who, WhoDep, allow
from hiphinge.web.context import Context
from hiphinge.web.desk.signing import signature
from hiphinge.web.desk.views import decision_view
from hiphinge.web.errors import NotFound
from hiphinge.web.pages import page
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep
from hiphinge.web.patient.feel import feel_words
from hiphinge.web.patient.jobs import job_view, open_jobs
from hiphinge.web.translate import _
from hiphinge.web.uploads.order import take_form
from hiphinge.web.uploads.receive import PIECE_BYTES

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/desk/visit", dependencies=[allow("desk.view")])
def ask_visit(request: Request, who: WhoDep, desk: DeskDep) -> Response:
    """Show what an appointment begins with, and those that were begun today."""
    return _ask(request, who, desk, NO_ANSWERS)


@router.post("/desk/visit", dependencies=[allow("desk.act")])
def begin(request: Request, who: WhoDep, desk: DeskDep, form: FormDep) -> Response:
    """Begin an appointment."""
    answers = Answers(form)
    pain = answers.whole("resting_pain", needed=_("Please pick a number from 0 to 10."))
    name = answers.text("name", longest=80)
    flags = [one.id for one in desk.program.red_flags]
    yes = answers.picks("yes", flags)
    if not yes and "yes" not in answers.said("asked"):
        answers.errors["asked"] = _("Please ask these questions first, and say so.")
    if "@" in name:
        answers.errors["name"] = _("Please give a name, not an address.")
    if answers.errors or pain is None:
        return _ask(request, who, desk, answers)
    person = begin_visit(desk, name, pain=pain, yes=yes, guest=_("Guest"))
    return RedirectResponse(f"/desk/visit/{person.id}", status_code=303)


@router.get("/desk/visit/{person}", dependencies=[allow("desk.view")])
def show_visit(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, context: ContextDep) -> Response:
    """Show what comes next in an appointment."""
    return _show(request, who, person, desk, context, NO_ANSWERS)


@router.post("/desk/visit/{person}/upload", dependencies=[allow("desk.act")])
def send_film(
    request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, context: ContextDep, form: FormDep
) -> Response:
    """Take the film of one of the two bends."""
    answers = Answers(form)
    if take_form(desk, person, answers, most_bytes=context.settings.upload_mb << 20).missing:
        return _show(request, who, person, desk, context, answers)
    return RedirectResponse(f"/desk/visit/{person.id}", status_code=303)


@router.get("/desk/visit/{person}/page", dependencies=[allow("desk.view")])
def show_page(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Show the page of an appointment, to print or to keep as PDF."""
    visit = _visit(desk, person)
    return page(
        request, who, "desk/visit_page.html", person=person, visit=visit, v=_page_view(desk, who, person, visit),
        timed=_timed(visit), answers=NO_ANSWERS,
    )  # fmt: skip


@router.get("/desk/visit/{person}/page.pdf", dependencies=[allow("desk.view")])
def send_pdf(who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Send the page of an appointment as a PDF."""
    found = _page(desk, who, person, _visit(desk, person))
    return Response(
        render_visit_pdf(found), media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="before-after-{found.at:%Y-%m-%d}.pdf"'},
    )  # fmt: skip


@router.post("/desk/visit/{person}/keep", dependencies=[allow("desk.act")])
def keep(
    request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, context: ContextDep, form: FormDep
) -> Response:
    """Keep whoever was here as one of the people, with a name; their session is over."""
    answers = Answers(form)
    name = " ".join(answers.text("name", longest=80, needed=_("Please give a name or a nickname.")).split())
    if "@" in name:
        answers.errors["name"] = _("Please give a name, not an address.")
    if name and any(one.name.casefold() == name.casefold() for one in desk.store.people()):
        answers.errors["name"] = _("Somebody is called that already. Add something to tell them apart.")
    if answers.errors:
        return _show(request, who, person, desk, context, answers)
    desk.store.keep_guest(person.id, name)
    if desk.session(person) is not None:
        desk.finish(person)
    return RedirectResponse(f"/desk/p/{person.id}?said=kept", status_code=303)


@router.post("/desk/visit/{person}/erase", dependencies=[allow("desk.act")])
def erase(person: PersonDep, store: StoreDep) -> Response:
    """Erase whoever was here as a guest; somebody who was kept is erased on their own page."""
    if not person.guest:
        raise RecordConflict(
            _("They are kept, so they are erased on their own page."), next_step=_("Open it: Export or erase.")
        )
    store.erase_person(person.id)
    return RedirectResponse("/desk/visit?said=erased", status_code=303)


def _ask(request: Request, who: Who, desk: Desk, answers: Answers) -> Response:
    guests = [one for one in desk.store.people(guests=True) if one.guest]
    return page(
        request, who, "desk/visit_new.html", status=422 if answers.errors else 200, answers=answers,
        groups=_flag_groups(desk.program.red_flags), guests=sorted(guests, key=lambda one: one.created, reverse=True),
        said=request.query_params.get("said", ""),
    )  # fmt: skip


def _flag_groups(flags: Sequence[RedFlag]) -> list[dict[str, Any]]:
    titles = {
        "emergency": _("A yes here: emergency help now"), "clinician": _("A yes here: look into it before going on"),
    }  # fmt: skip
    ordered = order_flags(flags)
    return [
        {"title": title, "flags": [one for one in ordered if one.urgency == urgency]}
        for urgency, title in titles.items()
    ]


def _visit(desk: Desk, person: Person) -> Visit:
    try:
        return read_visit(desk, person)
    except RecordConflict:
        raise NotFound(_("There is no appointment of theirs.")) from None


def _show(request: Request, who: Who, person: Person, desk: Desk, context: Context, answers: Answers) -> Response:
    visit, decision = _visit(desk, person), decision_view(desk.decide(person))
    jobs = [job_view(desk.store, person, one) for one in open_jobs(desk.store, person)]
    label = "usual" if visit.usual is None else "coached"
    ended = desk.decide(person).action in ("end_session", "wait") and visit.coached is None
    return page(
        request, who, "desk/visit.html", status=422 if answers.errors else 200, person=person, visit=visit,
        decision=decision, ended=ended, waiting=[one for one in jobs if not one["over"]],
        failed=[one for one in jobs if one["state"] == "failed"], answers=answers, label=label,
        live={
            "usual": f"/p/{person.id}/coach?drill={USUAL_DRILL}&label=usual&back=/desk/visit/{person.id}",
            "coach": f"/p/{person.id}/coach?drill={COACHED_DRILL}&back=/desk/visit/{person.id}",
            "coached": f"/p/{person.id}/coach?drill={COACHED_DRILL}&label=coached&back=/desk/visit/{person.id}",
        },
        usual_words=_headline(desk, visit), most_mb=context.settings.upload_mb, piece_bytes=PIECE_BYTES,
        timed=_timed(visit), **feel_words,
    )  # fmt: skip


def _headline(desk: Desk, visit: Visit) -> str:
    """Return what the usual bend showed, in a sentence."""
    if visit.usual is None or not visit.usual.assessment:
        return ""
    from hiphinge.report.document import parse_assessment

    record = desk.store.assessment(visit.usual.assessment)
    return parse_assessment(record.document, name="The assessment").verdict.headline


def _timed(visit: Visit) -> list[dict[str, Any]]:
    """Return when each part was done, counted from the start, so that the journey can be timed."""
    parts = (
        (_("Safety questions"), visit.session.at), (_("Usual bend"), visit.usual.at if visit.usual else None),
        (_("Coached bend"), visit.coached.at if visit.coached else None),
    )  # fmt: skip
    return [
        {"name": name, "seconds": None if at is None else max(0, round((at - visit.session.at).total_seconds()))}
        for name, at in parts
    ]


def _page(desk: Desk, who: Who, person: Person, visit: Visit) -> VisitPage:
    try:
        return visit_page(desk, person, visit, by=signature(who))
    except RecordConflict as error:
        error.next_step = _("Go back to the appointment, and film what is missing.")
        raise


def _page_view(desk: Desk, who: Who, person: Person, visit: Visit) -> dict[str, Any]:
    """Return the page's texts; its drawings are ours, and escape every word that they take."""
    view = visit_view(_page(desk, who, person, visit))
    return {**view, "sides": [{**one, "svg": Markup(one["svg"])} for one in view["sides"]]}
