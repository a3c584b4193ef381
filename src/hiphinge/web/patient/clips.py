"""What was seen in one clip, for the person in it."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hiphinge.errors import StoreError
from hiphinge.program.decision import Decision
from hiphinge.program.history import ClipSeen, SetDone
from hiphinge.program.words import name_drill, name_variant
from hiphinge.report import words
from hiphinge.report.charts import draw_angle_curves, draw_hip_path, draw_hip_share, quarter_shares
from hiphinge.report.stick import draw_stick
from hiphinge.service.desk import Desk
from hiphinge.service.evidence import open_assessment, with_evidence
from hiphinge.service.grading import explain_reps, say_headline, thing_to_try
from hiphinge.service.questions import live_events
from hiphinge.store import AssessmentRecord, Person, Store
from hiphinge.web.access import ContextDep, DeskDep, PersonDep, StoreDep, WhoDep, allow
from hiphinge.web.context import Context
from hiphinge.web.errors import NotFound
from hiphinge.web.patient.feel import find_unfelt
from hiphinge.web.patient.flow import find_due, person_page, urgent_text
from hiphinge.web.translate import _

if TYPE_CHECKING:
    from hiphinge.model import Assessment

__all__ = ["find_record", "router"]

router = APIRouter(include_in_schema=False)

#: The report carries its own styles and pictures, and nothing else.
_REPORT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
#: Measures that a person reads of each rep: names, heading.
_COLUMNS = (
    (("hip_flexion", "hip_flexion_deg"), "Hips bend"),
    (("lumbar_flexion", "lumbar_flexion_deg"), "Lower back bends"),
    (("hip_share",), "Hip share of the bend"),
    (("hip_back",), "Hips travel back"),
)
_CHARTS = "patient.charts"
#: So many clips' charts are kept at hand; drawing them takes a second or two.
_MOST_CHARTS = 32


@router.get("/p/{person}/clips/{assessment}", dependencies=[allow("person.view")])
def show_clip(
    request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, store: StoreDep, context: ContextDep,
    assessment: str,
) -> Response:  # fmt: skip
    """Show what was seen in a clip, what could not be told, and what comes next."""
    record = find_record(store, person, assessment)
    look = desk.look(person)
    found = open_assessment(record)
    event = next(
        (
            one
            for one in reversed(live_events(look.history))
            if isinstance(one, SetDone | ClipSeen) and one.assessment == record.id
        ),
        None,
    )
    unfelt = find_unfelt(look)
    return person_page(
        request, who, person, "clip.html", a=found, record=record, outcome=words.outcome_text(found.verdict),
        charts=_charts(context, store, record), due=find_due(look), decision=look.decision, urgent=urgent_text(look),
        not_told=_not_told(found),
        ask_feel=unfelt is not None and event is not None and unfelt.key == event.key, event=event,
        **_event_view(desk, event, found, look.decision), **_reps(found),
    )  # fmt: skip


@router.get("/p/{person}/clips/{assessment}/report", dependencies=[allow("person.view")])
def show_report(person: PersonDep, store: StoreDep, assessment: str) -> Response:
    """Send the whole report of a clip: every rule, every number; without pictures of the person."""
    from hiphinge.report.page import render_page

    text = render_page(with_evidence(store, find_record(store, person, assessment)), None)
    return HTMLResponse(text, headers={"Content-Security-Policy": _REPORT_POLICY})


def find_record(store: Store, person: Person, assessment: str) -> AssessmentRecord:
    """Return an assessment of this person; 404 for another's."""
    try:
        record = store.assessment(assessment)
    except StoreError:
        raise NotFound(_("There is no such film.")) from None
    if record.person != person.id:
        raise NotFound(_("There is no such film."))
    return record


def _not_told(found: Assessment) -> list[str]:
    """Return why nothing can be told, and what could not be told beside it; what helps is said once."""
    verdict = found.verdict
    reasons = verdict.reasons if verdict.outcome == "cannot_tell" else ()
    by_why: dict[str, list[str]] = {}
    for line in verdict.not_told:
        what, _colon, why = line.partition(": ")
        if not any((why or what) in reason for reason in reasons):
            by_why.setdefault(why, []).append(what)
    lines = [f"{', '.join(what)}: {why}" if why else ", ".join(what) for why, what in by_why.items()]
    return [_plain(line) for line in (*reasons, *lines)]


def _plain(line: str) -> str:
    """Return a line without the names of options of the command line, as a sentence."""
    text = re.sub(r"\s*\(--[^)]*\)|say it with --[\w-]+, or ", "", line)
    return text[:1].upper() + text[1:]


def _event_view(
    desk: Desk, event: SetDone | ClipSeen | None, found: Assessment, decision: Decision
) -> dict[str, Any]:  # fmt: skip
    """Return how the entry of a clip reads: its name and headline, how the reps did, and the one thing to try."""
    reps = event.reps if isinstance(event, SetDone) else ()
    cue = thing_to_try(found, desk.program, decision, reps)
    headline = found.verdict.headline
    counts: list[dict[str, Any]] = []
    lines: tuple[str, ...] = ()
    name = words.DRILL_WORDS.get(found.drill, found.drill)
    if isinstance(event, SetDone):
        drill = desk.drill(event.drill) if event.drill in [one.id for one in desk.program.drills] else None
        name = ", ".join(
            part
            for part in (
                name_drill(desk.program, event.drill),
                name_variant(desk.program, event.drill, event.variant).lower() if event.variant else "",
            )
            if part
        )
        counts = _counts([rep.grade for rep in event.reps])
        if drill is not None:
            lines = explain_reps(found, drill, event.reps, variant=event.variant)
            headline = say_headline(found, drill, event)
    elif event is not None:
        name = name_drill(desk.program, event.drill)
    return {"name": name, "headline": headline, "cue": cue, "counts": counts, "explained": lines}


def _counts(grades: Sequence[str]) -> list[dict[str, Any]]:
    said = {
        "pass": (_("met the drill"), "good"), "miss": (_("not yet"), "nearly"),
        "cannot_tell": (_("cannot be told"), "unknown"),
    }  # fmt: skip
    return [
        {"number": grades.count(grade), "say": say, "tone": tone}
        for grade, (say, tone) in said.items()
        if grade in grades
    ]


def _reps(found: Assessment) -> dict[str, Any]:
    """Return a row for each rep, every value with its interval."""
    columns, told = [], []
    for names, heading in _COLUMNS:
        values = {one.rep: one for one in found.measures if one.name in names and one.rep is not None}
        if any(one.value is not None for one in values.values()):
            columns.append(_(heading))
            told.append(values)
    rows = [
        {
            "number": rep.number,
            "cells": [
                words.measure_text(one)
                if (one := values.get(rep.number)) is not None and one.value is not None
                else _("not told")
                for values in told
            ],
        }
        for rep in found.reps
    ]
    return {"columns": columns, "rows": rows if columns else []}


def _charts(context: Context, store: Store, record: AssessmentRecord) -> dict[str, Any]:
    """Return the charts of a clip; drawn once and kept at hand, for as long as the assessment stays the same."""
    kept, lock = context.extras.setdefault(_CHARTS, (OrderedDict(), Lock()))
    key = (record.id, record.document)
    with lock:
        if key in kept:
            kept.move_to_end(key)
            return dict(kept[key])
    drawn = _draw(with_evidence(store, record))
    with lock:
        kept[key] = drawn
        while len(kept) > _MOST_CHARTS:
            kept.popitem(last=False)
    return dict(drawn)


def _draw(found: Assessment) -> dict[str, Any]:
    if not any(one.rep is not None and one.value is not None for one in found.measures):
        return dict.fromkeys(("stick", "curves", "share", "path"), "")  # of a view that tells nothing, nothing is drawn
    motion = found.evidence.motion if found.evidence else None
    # The charts escape every word that they take; the rest of their text is numbers of ours.
    return {
        "stick": Markup(draw_stick(found)),
        "curves": Markup(draw_angle_curves(motion, found.reps) if motion else ""),
        "share": Markup(draw_hip_share(quarter_shares(found))),
        "path": Markup(draw_hip_path(motion, found.reps) if motion else ""),
    }
