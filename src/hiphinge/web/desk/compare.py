"""Two clips of one person side by side, aligned at the bottom of their reps, with the numbers before and after."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from hiphinge.errors import StoreError
from hiphinge.program.history import ClipSeen, SetDone
from hiphinge.report.program.words import VERDICT_MARKS, VERDICT_TONES
from hiphinge.service.comparing import compare_clips
from hiphinge.service.corrections import find_clip, has_recording, read_document
from hiphinge.service.desk import Desk
from hiphinge.store import Person
from hiphinge.web.access import DeskDep, StoreDep, WhoDep, allow
from hiphinge.web.desk.entries import as_read, clip_title, other_clips
from hiphinge.web.desk.films import film_path, film_type
from hiphinge.web.errors import NotFound, WebError
from hiphinge.web.pages import page
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
ClipId = Annotated[str, Query(max_length=64, pattern="^[0-9a-z]*$")]


@router.get("/desk/compare", dependencies=[allow("desk.view")])
def compare(request: Request, who: WhoDep, desk: DeskDep, store: StoreDep, a: ClipId = "", b: ClipId = "") -> Response:
    """Put two clips side by side, the earlier one first."""
    if not a or not b:
        raise WebError(
            _("Two clips are needed to put them side by side."),
            next_step=_("Open a person's clip, and choose there what to put beside it."),
        )
    first, second = _owner(desk, a), _owner(desk, b)
    if first.id != second.id:
        raise WebError(_("These are clips of two people."), next_step=_("Choose two of one person."))
    sides = sorted((_side(desk, store, first, one) for one in (a, b)), key=lambda one: one["at"])
    found = compare_clips(*(one["document"] for one in sides), at=(sides[0]["at"], sides[1]["at"]))
    rows = [{"row": one, "mark": VERDICT_MARKS[one.verdict], "tone": VERDICT_TONES[one.verdict]} for one in found.rows]
    return page(
        request, who, "desk/compare.html", person=first, sides=sides, rows=rows, cautions=found.cautions,
        others=other_clips(desk, first, ""),
    )  # fmt: skip


def _owner(desk: Desk, assessment: str) -> Person:
    """Return whose clip it is; whoever works here may see everybody."""
    try:
        return desk.store.person(desk.store.assessment(assessment).person)
    except StoreError:
        raise NotFound(_("There is no such clip.")) from None


def _side(desk: Desk, store: Any, person: Person, assessment: str) -> dict[str, Any]:
    clip = find_clip(desk, person, assessment)
    entry: SetDone | ClipSeen | None = as_read(desk, person, clip)
    at: datetime = entry.at if entry is not None else store.assessment(assessment, revision=0).at
    film = film_path(store, person, assessment)
    return {
        "assessment": assessment, "title": clip_title(desk, entry), "at": at, "document": read_document(desk, clip),
        "recorded": has_recording(clip), "film": film is not None and film_type(film).startswith("video"),
        "pain": getattr(entry, "pain", None),
    }  # fmt: skip
