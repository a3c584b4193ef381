"""History: the ladder, each measure over the sessions with its error band, every session and film."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hiphinge.program.history import ClipSeen, SessionClosed, SessionOpened, SetDone
from hiphinge.program.review import clip_share
from hiphinge.program.trend import SCORES, Trend
from hiphinge.program.words import name_drill
from hiphinge.report.program.charts import describe_trend
from hiphinge.report.program.views import progress_view
from hiphinge.report.program.words import change_text, point_text, told_text
from hiphinge.service.desk import Desk
from hiphinge.service.practice import LEFT_OUT
from hiphinge.service.questions import live_events
from hiphinge.store import Person
from hiphinge.web.access import DeskDep, PersonDep, WhoDep, allow
from hiphinge.web.patient.flow import person_page
from hiphinge.web.translate import _

__all__ = ["chart_data", "router", "trend_view"]

router = APIRouter(include_in_schema=False)


@router.get("/p/{person}/history", dependencies=[allow("person.view")])
def history(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep) -> Response:
    """Show how a person is getting on."""
    progress = desk.progress(person)
    drawn = [trend_view(one) for one in progress.trends if len(one.points) > 1]
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in drawn:
        groups.setdefault(one["group"], []).append(one)
    return person_page(
        request, who, person, "history.html", v=progress_view(progress), groups=groups,
        sessions=_sessions(desk, person), charts=[one["chart"] for one in drawn],
    )  # fmt: skip


@router.get("/p/{person}/progress.pdf", dependencies=[allow("person.view")])
def progress_pdf(person: PersonDep, desk: DeskDep) -> Response:
    """Send the page of a person's progress as a PDF."""
    from hiphinge.report.program import render_progress_pdf

    return Response(render_progress_pdf(desk.progress(person)), media_type="application/pdf")


def trend_view(trend: Trend) -> dict[str, Any]:
    """Return one measure as a page shows it: in words, as rows of a table, and what a chart is drawn from."""
    return {
        "name": f"{trend.name}-{trend.group.lower().replace(' ', '-')}",
        "group": trend.group,
        "label": trend.label,
        "verdict": trend.verdict,
        "words": trend.words,
        "by": change_text(None if trend.by is None else round(trend.by, 6), trend.unit),
        "latest": told_text(trend.points[-1], trend.unit),
        "first": told_text(trend.points[0], trend.unit),
        "band": _band_text(trend),
        "source": trend.mdc_source,
        "alt": describe_trend(trend, None),
        "rows": [
            {"at": one.at, "value": told_text(one, trend.unit), "drill": one.drill, "session": one.session}
            for one in trend.points
        ],
        "chart": chart_data(trend),
    }


def _band_text(trend: Trend) -> str:
    """Say what the shaded band of a chart means; "" without one."""
    if trend.mdc is None:
        return ""
    if trend.group == SCORES:
        size = change_text(trend.mdc, trend.unit).removeprefix("+")
        return _("Shaded: no clear change. From {size} on, a change is clear.").format(size=size)
    size = point_text(trend.mdc, trend.unit)
    return _("Shaded: the first value ± {band}. Inside it there is no clear change.").format(band=size)


def chart_data(trend: Trend) -> dict[str, Any]:
    """Return the numbers that the browser draws a measure from; ``band``: no clear change inside it."""
    unit = trend.unit
    band = trend.band
    return {
        "name": f"{trend.name}-{trend.group.lower().replace(' ', '-')}",
        "label": trend.label,
        "unit": unit,
        "at_s": [one.at.timestamp() for one in trend.points],
        "value": [clip_share(one.value, unit) for one in trend.points],
        "lo": [None if one.lo is None else clip_share(one.lo, unit) for one in trend.points],
        "hi": [None if one.hi is None else clip_share(one.hi, unit) for one in trend.points],
        "baseline": trend.baseline,
        "band": None if band is None else list(band),
    }


def _sessions(desk: Desk, person: Person) -> list[dict[str, Any]]:
    """Return every session with what was filmed in it, the newest first."""
    found: dict[str, dict[str, Any]] = {}
    for event in live_events(desk.history(person)):
        if isinstance(event, SessionOpened):
            found[event.session] = {"session": event.session, "at": event.at, "closed": False, "films": []}
        elif isinstance(event, SessionClosed) and event.session in found:
            found[event.session]["closed"] = True
        elif isinstance(event, SetDone | ClipSeen) and event.session in found:
            found[event.session]["films"].append(
                {
                    "name": name_drill(desk.program, event.drill),
                    "assessment": event.assessment,
                    "at": event.at,
                    "left_out": isinstance(event, ClipSeen) and event.outcome == LEFT_OUT,
                }
            )
    return list(found.values())[::-1]
