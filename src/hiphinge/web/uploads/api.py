"""Sending a film in pieces, with a place to go on from after every one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Header
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile
from starlette.responses import JSONResponse, Response

from hiphinge.web.access import ContextDep, DeskDep, PersonDep, StoreDep, allow
from hiphinge.web.patient.answers import Answers, for_pages
from hiphinge.web.translate import _
from hiphinge.web.uploads.order import Sent, find_queued, finish_upload
from hiphinge.web.uploads.pieces import read_piece
from hiphinge.web.uploads.receive import PIECE_BYTES, add_piece, find_upload, offset_of, open_upload

__all__ = ["Finished", "NewUpload", "UploadState", "router"]

router = APIRouter(prefix="/api/p/{person}/uploads", tags=["films"])


class NewUpload(BaseModel):
    """A film that is to be sent."""

    size: int = Field(gt=0, description="Bytes of the whole film.")
    name: str = Field(default="", max_length=255, description="Shown again; never used as a name of a file.")
    drill: str = Field(default="", max_length=64)
    variant: str = Field(default="", max_length=64)
    label: Literal["", "usual", "coached"] = ""
    keep: bool = False
    options: dict[str, str | float | None] = Field(default_factory=dict, max_length=16)


class UploadState(BaseModel):
    """How far a film is."""

    upload: str
    name: str
    size: int
    offset: int
    finished: bool
    piece_bytes: int = PIECE_BYTES


class Finished(BaseModel):
    """What became of a film: where it goes on."""

    job: str | None
    stopped: bool
    url: str
    events: str | None


@router.post("", status_code=201, dependencies=[allow("person.act")])
def create(person: PersonDep, store: StoreDep, context: ContextDep, wanted: NewUpload) -> UploadState:
    """Begin to send a film."""
    meta = wanted.model_dump(exclude={"size", "name"})
    upload = open_upload(
        store, person, name=wanted.name, size=wanted.size, meta=meta, most_bytes=context.settings.upload_mb << 20
    )
    return UploadState(upload=upload.id, name=upload.name, size=upload.size, offset=0, finished=False)


@router.get("/{upload}", dependencies=[allow("person.view")])
def state(person: PersonDep, store: StoreDep, upload: str) -> UploadState:
    """Say how far a film is."""
    found = find_upload(store, person, upload)
    return UploadState(
        upload=found.id, name=found.name, size=found.size, offset=offset_of(store, found),
        finished=found.finished is not None,
    )  # fmt: skip


@router.head("/{upload}", dependencies=[allow("person.view")])
def offset(person: PersonDep, store: StoreDep, upload: str) -> Response:
    """Say from where a film goes on."""
    found = find_upload(store, person, upload)
    return Response(headers={"Upload-Offset": str(offset_of(store, found)), "Upload-Length": str(found.size)})


@router.patch("/{upload}", status_code=204, dependencies=[allow("person.act")])
def piece(
    person: PersonDep,
    store: StoreDep,
    upload: str,
    upload_offset: Annotated[int, Header(ge=0)],
    taken: Annotated[bytes, Depends(read_piece)],
) -> Response:
    """Take the next piece."""
    goes_on = add_piece(store, find_upload(store, person, upload), upload_offset, taken)
    return Response(status_code=204, headers={"Upload-Offset": str(goes_on)})


@router.post("/{upload}/finish", dependencies=[allow("person.act")], response_model=Finished)
def finish(person: PersonDep, desk: DeskDep, upload: str, said: Annotated[dict[str, Any], Body()]) -> Any:
    """Take what is said with the film, and queue it; 422 with ``missing`` where an answer is still open."""
    answers = Answers(_as_form(said))
    queued = find_queued(desk.store, person, upload)
    with for_pages():
        # Where an answer was lost on its way, the film is asked to be finished once more.
        sent = Sent(queued) if queued else finish_upload(desk, person, find_upload(desk.store, person, upload), answers)
    if sent.missing:
        body = {"what": _("Something is still open."), "expected": "", "next_step": "", "missing": sent.missing}
        return JSONResponse(body, status_code=422)
    here = f"/p/{person.id}"
    if sent.job is None:
        return Finished(job=None, stopped=sent.stopped, url=f"{here}/today", events=None)
    return Finished(
        job=sent.job.id, stopped=False, url=f"{here}/jobs/{sent.job.id}",
        events=f"/api{here}/jobs/{sent.job.id}/events",
    )  # fmt: skip


@router.delete("/{upload}", status_code=204, dependencies=[allow("person.act")])
def drop(person: PersonDep, store: StoreDep, upload: str) -> Response:
    """Take back a film that is under way, and delete what was sent of it."""
    found = find_upload(store, person, upload)
    if found.finished is None:
        store.drop_upload(found.id)
    return Response(status_code=204)


def _as_form(said: dict[str, Any]) -> FormData:
    """Return answers given as JSON as a form would send them."""
    pairs: list[tuple[str, str | UploadFile]] = []
    for name, value in said.items():
        many = value if isinstance(value, list) else [value]
        pairs += [(name, _plain(one)) for one in many if one is not None]
    return FormData(pairs)


def _plain(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
