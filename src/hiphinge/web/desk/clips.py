"""A clip: replayed with its curves, corrected, and its corrections undone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from hiphinge.clip.corrections import MOST_CORRECTIONS, Corrections, JointPlace
from hiphinge.errors import InputNotFound, UsageError
from hiphinge.program.history import ClipSeen, RepResult, SetDone
from hiphinge.report.replay import replay_document
from hiphinge.report.words import GRADE_WORDS, badge_text, interval_text, named_text, reference_text, untold_lines
from hiphinge.sagittal.points import JOINTS
from hiphinge.service.corrections import (
    Preview,
    SeenClip,
    find_clip,
    has_recording,
    load_tracks,
    mirror_corrections,
    preview_correction,
    read_document,
    save_correction,
)
from hiphinge.service.desk import Desk
from hiphinge.service.words import mask_addresses
from hiphinge.store import Person
from hiphinge.web.access import ContextDep, DeskDep, PersonDep, StoreDep, WhoDep, allow
from hiphinge.web.desk.entries import as_read, clip_title, other_clips
from hiphinge.web.desk.films import film_path, film_type, packed_replay, send_packed
from hiphinge.web.desk.signing import signature
from hiphinge.web.errors import NotFound, WebError
from hiphinge.web.pages import page
from hiphinge.web.translate import _

__all__ = ["CorrectionSaved", "CorrectionWanted", "JointWanted", "router"]

router = APIRouter()
AssessmentId = Annotated[str, Path(max_length=64, pattern="^[0-9a-z]+$")]
_GRADES = {"pass": "met", "miss": "nearly", "cannot_tell": "unknown"}
_GRADE_WORDS = {"pass": "met the drill", "miss": "not yet", "cannot_tell": "cannot tell"}


class JointWanted(BaseModel):
    """A joint at its new place: row of the replay's ``rows``' track, pixels of the picture as it was filmed."""

    model_config = ConfigDict(extra="forbid")

    row: int = Field(ge=0, le=1_000_000)
    joint: str = Field(max_length=20)
    x: float = Field(ge=-100_000, le=100_000)
    y: float = Field(ge=-100_000, le=100_000)


class CorrectionWanted(BaseModel):
    """All corrections of a clip, and of which revision they were made; none at all undoes what was corrected."""

    model_config = ConfigDict(extra="forbid")

    revision: int = Field(ge=0, le=1_000_000)
    joints: list[JointWanted] = Field(default_factory=list, max_length=MOST_CORRECTIONS)
    wall_x: float | None = Field(None, ge=-100_000, le=100_000)


class CorrectionSaved(CorrectionWanted):
    """A correction that is to be kept; ``by`` is asked where there are no accounts."""

    reason: str = Field(min_length=1, max_length=2000)
    by: str = Field("", max_length=80)


@router.get("/desk/p/{person}/clips/{assessment}", dependencies=[allow("desk.view")], include_in_schema=False)
def show_clip(
    request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, store: StoreDep, assessment: AssessmentId
) -> Response:
    """Show a clip with its curves, its reps and its corrections."""
    clip = _find(desk, person, assessment)
    found, entry = read_document(desk, clip), as_read(desk, person, clip)
    film = film_path(store, person, assessment)
    revisions = [
        {"number": one.number, "at": one.at, "by": mask_addresses(str(one.what.get("by", one.who))),
         "reason": mask_addresses(str(one.what.get("reason", ""))), "now": one.number == clip.revision}
        for one in reversed(store.revisions(assessment))
    ]  # fmt: skip
    return page(
        request, who, "desk/clip.html", person=person, clip=clip, a=found, entry=entry, title=clip_title(desk, entry),
        at=entry.at if entry is not None else None, session=entry.session if entry is not None else None,
        recorded=has_recording(clip),
        film=film is not None and film_type(film).startswith("video"), reps=_reps(entry, found),
        measures=_measures(found), reference=reference_text(found.reference), revisions=revisions,
        others=other_clips(desk, person, assessment), joints={name: _(name) for name in JOINTS},
        signature=signature(who), not_told=untold_lines(found),
    )  # fmt: skip


@router.get("/api/p/{person}/clips/{assessment}/replay", dependencies=[allow("person.view")])
def replay(
    request: Request, person: PersonDep, desk: DeskDep, context: ContextDep, assessment: AssessmentId
) -> Response:
    """Return what is needed to draw a clip again: joints, back, angles with intervals, reps, findings."""
    clip = _find(desk, person, assessment)
    return send_packed(request, packed_replay(context, desk, person, clip))


@router.get("/api/p/{person}/clips/{assessment}/film", dependencies=[allow("person.view")])
def film(person: PersonDep, store: StoreDep, desk: DeskDep, assessment: AssessmentId) -> Response:
    """Send the film of a clip, where it was kept; parts of it are sent where they are asked for."""
    _find(desk, person, assessment)
    path = film_path(store, person, assessment)
    if path is None:
        raise NotFound(_("The film itself was not kept."))
    # As of every page, nothing of it stays in the browser's cache: the next one at that computer is somebody else.
    return FileResponse(path, media_type=film_type(path), content_disposition_type="inline")


@router.post("/api/p/{person}/clips/{assessment}/corrections/preview", dependencies=[allow("desk.act")])
def preview(person: PersonDep, desk: DeskDep, assessment: AssessmentId, wanted: CorrectionWanted) -> dict[str, Any]:
    """Judge a clip again with joints or the wall elsewhere, and say what would change; nothing is kept."""
    clip = _find(desk, person, assessment)
    corrections = _read(desk, clip, wanted)
    found = preview_correction(desk, person, clip, corrections)
    return {"replay": replay_document(found.assessment), **_preview_view(found)}


@router.post("/api/p/{person}/clips/{assessment}/corrections", dependencies=[allow("desk.act")])
def correct(
    person: PersonDep, who: WhoDep, desk: DeskDep, assessment: AssessmentId, wanted: CorrectionSaved
) -> dict[str, Any]:
    """Keep a correction: the clip is read so from now on, and gates count it; none at all undoes what was corrected."""
    clip = _find(desk, person, assessment)
    if clip.revision != wanted.revision:
        conflict = WebError(
            _("Somebody else corrected this clip meanwhile."), next_step=_("Load the page again, and look at it.")
        )
        conflict.status = 409
        raise conflict
    by = signature(who) or mask_addresses(wanted.by.strip())
    if not by:
        raise UsageError(_("It is not said who corrects."), expected=_("a name"), next_step=_("Give your name."))
    decision = save_correction(desk, person, clip, _read(desk, clip, wanted), by=by, reason=wanted.reason)
    now = _find(desk, person, assessment)
    return {"revision": now.revision, "next": decision.reason, "url": f"/desk/p/{person.id}/clips/{assessment}"}


def _find(desk: Desk, person: Person, assessment: str) -> SeenClip:
    try:
        return find_clip(desk, person, assessment)
    except InputNotFound as error:
        raise NotFound(error.what) from None


def _read(desk: Desk, clip: SeenClip, wanted: CorrectionWanted) -> Corrections:
    """Turn what was sent into corrections: pixels of the filmed picture into canonical ones."""
    tracks = load_tracks(desk, clip)
    width = tracks.pose.width_px
    if wanted.wall_x is not None and not 0 <= wanted.wall_x <= width:
        raise UsageError(_("The wall lies outside the picture."), expected=_("a place within the picture"))
    joints = tuple(JointPlace(one.row, one.joint, one.x, one.y) for one in wanted.joints)
    wall = None if wanted.wall_x is None else wanted.wall_x / width
    return mirror_corrections(tracks, Corrections(joints, wall))


def _preview_view(found: Preview) -> dict[str, Any]:
    return {
        "outcome": {
            "before": badge_text(found.outcome_before, found.headline_before),
            "after": badge_text(found.outcome_after, found.headline_after),
        },
        "reps": _rep_pairs(found.reps_before, found.reps_after),
        "measures": [
            {"label": one.label, "before": one.before, "after": one.after} for one in found.differences if one.changed
        ],
        "next": {"before": found.next_before.reason, "after": found.next_after.reason},
    }


def _rep_pairs(before: tuple[RepResult, ...], after: tuple[RepResult, ...]) -> list[dict[str, Any]]:
    old = {one.number: _(_GRADE_WORDS[one.grade]) for one in before}
    new = {one.number: _(_GRADE_WORDS[one.grade]) for one in after}
    return [
        {"number": number, "before": old.get(number, _("not seen")), "after": new.get(number, _("not seen"))}
        for number in sorted(old | new)
    ]


def _reps(entry: SetDone | ClipSeen | None, found: Any) -> list[dict[str, Any]]:
    """Return every rep with its grade (a set's) and what it did not meet."""
    graded = {one.number: one for one in entry.reps} if isinstance(entry, SetDone) else {}
    rows = []
    for rep in found.reps:
        grade = graded.get(rep.number)
        lines = [
            {
                "label": one.label, "grade": GRADE_WORDS[one.grade], "limits": one.limits,
                "text": interval_text(one.value, one.lo, one.hi, one.unit), "reason": one.reason,
                "tone": {"pass": "met", "fail": "notmet", "caution": "nearly"}.get(one.grade, "unknown"),
            }
            for one in found.findings
            if one.rep == rep.number and one.grade != "reported"
        ]  # fmt: skip
        rows.append(
            {
                "number": rep.number, "bottom_s": rep.bottom_s,
                "grade": None if grade is None else _(_GRADE_WORDS[grade.grade]),
                "tone": "unknown" if grade is None else _GRADES[grade.grade],
                "cue": "" if grade is None else grade.cue, "lines": lines,
            }
        )  # fmt: skip
    return rows


def _measures(found: Any) -> list[dict[str, str]]:
    from hiphinge.service.grading import middle_measures

    labels = {one.name: (one.label, one.unit) for one in found.measures}
    return [
        {"label": labels[name][0], "text": named_text(name, value, labels[name][1])}
        for name, value in middle_measures(found).items()
        if name in ("lumbar_flexion", "hip_flexion", "hip_share", "trunk_lean", "hip_back", "knee_flexion")
    ]
