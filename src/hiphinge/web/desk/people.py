"""The roster: who needs a look and why; adding somebody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import UsageError
from hiphinge.program.trend import Trend
from hiphinge.report.program.words import told_text
from hiphinge.service.roster import KINDS, RosterRow
from hiphinge.web.access import ContextDep, DeskDep, Who, WhoDep, allow
from hiphinge.web.desk.rows import find_rows
from hiphinge.web.front import erased_text
from hiphinge.web.pages import page
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep
from hiphinge.web.translate import _

__all__ = ["router", "trend_words"]

router = APIRouter(include_in_schema=False)
#: Arrows that say which way the value went; the words say what that means.
_ARROWS = {-1: "↓", 0: "→", 1: "↑"}


@router.get("/desk", dependencies=[allow("desk.view")])
def roster(
    request: Request, who: WhoDep, desk: DeskDep, context: ContextDep, show: str = "all", q: str = ""
) -> Response:
    """Show everybody, those who need a look first."""
    rows = find_rows(context, desk)
    counts = Counter(one.kind for row in rows for one in row.reasons)
    shown = [row for row in rows if _fits(row, show) and q.casefold().strip() in row.name.casefold()]
    choices = [("all", _("Everybody"), len(rows)), ("look", _("Needs a look"), sum(_needs_look(row) for row in rows))]
    choices += [(kind, _(word).capitalize(), counts[kind]) for kind, word in KINDS.items() if counts[kind]]
    return page(
        request, who, "desk/roster.html", rows=[_view(row) for row in shown], choices=choices, show=show, q=q,
        total=len(rows), erased=erased_text(request),
    )  # fmt: skip


def _fits(row: RosterRow, show: str) -> bool:
    if show == "look":
        return _needs_look(row)
    return show not in KINDS or any(one.kind == show for one in row.reasons)


def _needs_look(row: RosterRow) -> bool:
    return any(one.tone in ("stop", "look") for one in row.reasons)


def _view(row: RosterRow) -> dict[str, Any]:
    return {
        "id": row.person,
        "name": row.name,
        "tone": row.tone,
        "reasons": [{"kind": _(KINDS[one.kind]), "tone": one.tone, "text": one.text} for one in row.reasons],
        "step": row.step,
        "last_seen": row.last_seen,
        "sessions": row.sessions,
        "trend": None if row.trend is None else trend_words(row.trend),
    }


def trend_words(trend: Trend) -> dict[str, str]:
    """Return a trend as an arrow, in words, and as its latest value with the interval."""
    clear = trend.verdict in ("better", "other_way", "changed") and trend.by is not None
    way = 0 if not clear or not trend.by else (1 if trend.by > 0 else -1)
    return {
        "arrow": _ARROWS[way] if len(trend.points) > 1 else "",
        "words": _(trend.words),
        "latest": told_text(trend.points[-1], trend.unit),
        "tone": {"better": "met", "other_way": "nearly"}.get(trend.verdict, "unknown"),
    }


@router.get("/desk/people/new", dependencies=[allow("desk.act")])
def ask_person(request: Request, who: WhoDep) -> Response:
    """Ask for a name."""
    return _show_new(request, who, NO_ANSWERS)


@router.post("/desk/people/new", dependencies=[allow("desk.act")])
def add_person(request: Request, who: WhoDep, desk: DeskDep, context: ContextDep, form: FormDep) -> Response:
    """Add somebody, and show their page."""
    answers = Answers(form)
    name = answers.text("name", longest=80, needed=_("Please give a name or a nickname."))
    year = answers.whole("birth_year", low=1900, high=context.clock().year)
    if name and _is_taken(name, (one.name for one in desk.store.people())) and not answers.said("same"):
        answers.errors["name"] = _("Somebody is called that already. Add something to tell them apart.")
    if answers.errors:
        return _show_new(request, who, answers)
    try:
        person = desk.add_person(name, birth_year=year)
    except UsageError as error:
        answers.errors["name"] = f"{error.what} {error.next_step}".strip()
        return _show_new(request, who, answers)
    return RedirectResponse(f"/desk/p/{person.id}", status_code=303)


def _is_taken(name: str, known: Iterable[str]) -> bool:
    return " ".join(name.split()).casefold() in {one.casefold() for one in known}


def _show_new(request: Request, who: Who, answers: Answers) -> Response:
    return page(
        request, who, "desk/person_new.html", status=422 if answers.errors else 200, answers=answers,
    )  # fmt: skip
