"""My data: what is kept, taking it along, deleting films, erasing everything."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import IO

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from hiphinge.errors import StoreError
from hiphinge.service.desk import Desk
from hiphinge.service.jobs import cancel_clip
from hiphinge.service.words import name_entry
from hiphinge.store import Person, Store
from hiphinge.store.files import aside_folder
from hiphinge.web.access import ContextDep, DeskDep, PersonDep, StoreDep, Who, WhoDep, allow
from hiphinge.web.errors import NotFound
from hiphinge.web.pages import page
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep
from hiphinge.web.patient.flow import go, person_page
from hiphinge.web.translate import _

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_BLOCK = 1 << 18


@router.get("/p/{person}/data", dependencies=[allow("person.view")])
def data(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, store: StoreDep) -> Response:
    """Show what is kept of a person."""
    return _show(request, who, person, desk, store, NO_ANSWERS)


@router.get("/p/{person}/data/export.zip", dependencies=[allow("person.view")])
def export(person: PersonDep, store: StoreDep) -> Response:
    """Send all there is on a person as one file."""
    # Beside the store's files, not where others of this computer leave theirs; the file has no name, so that nothing of
    # it stays where the server is killed.
    room = store.upload_folder()
    target = tempfile.TemporaryFile(dir=room)  # noqa: SIM115 (it is closed once it was sent)
    try:
        with aside_folder(room, "export") as folder:
            written = store.export_person(person.id, folder / "export")
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in sorted(written.rglob("*")):
                    if path.is_file():
                        archive.write(path, path.relative_to(written).as_posix())
        size = target.seek(0, os.SEEK_END)
    except BaseException:
        target.close()
        raise
    plain = re.sub(r"[^a-z0-9]+", "-", person.name.lower()).strip("-") or "person"
    return StreamingResponse(
        _read_all(target), media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="hiphinge-{plain}.zip"', "Content-Length": str(size),
        },
    )  # fmt: skip


def _read_all(target: IO[bytes]) -> Iterator[bytes]:
    with target:
        target.seek(0)
        while block := target.read(_BLOCK):
            yield block


@router.post("/p/{person}/data/films/{film}/delete", dependencies=[allow("person.act")])
def delete_film(person: PersonDep, store: StoreDep, film: str) -> Response:
    """Delete a kept film; what was measured in it stays."""
    if film not in [one.id for one in store.clips(person.id)]:
        raise NotFound(_("There is no such film."))
    store.remove_clip(person.id, film)
    return go(person, "data", said="film-deleted")


@router.post("/p/{person}/data/erase", dependencies=[allow("person.act")])
def erase(
    request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, store: StoreDep, context: ContextDep, form: FormDep
) -> Response:  # fmt: skip
    """Erase everything on a person, once their name was typed."""
    answers = Answers(form)
    typed = " ".join(answers.text("name", longest=200).split())
    if typed.casefold() != " ".join(person.name.split()).casefold():
        answers.errors["name"] = _("Please type {name} to erase everything.").format(name=person.name)
        return _show(request, who, person, desk, store, answers)
    for job in store.jobs(person.id):
        if job.state in ("queued", "running"):
            try:
                cancel_clip(store, job)
            except StoreError:
                continue
    done = store.erase_person(person.id)
    if who.person == person.id:
        return page(request, who, "patient/erased.html", complete=done.complete)
    said = "erased" if done.complete else "erased-later"
    return RedirectResponse(f"/?said={said}" if context.settings.home else f"/desk?said={said}", status_code=303)


def _show(request: Request, who: Who, person: Person, desk: Desk, store: Store, answers: Answers) -> Response:
    events = desk.history(person).events
    kinds = Counter(name_entry(one, desk.program).split(":")[0] for one in events)
    films = store.clips(person.id)
    return person_page(
        request, who, person, "data.html", status=422 if answers.errors else 200, kinds=sorted(kinds.items()),
        measured=len(store.assessments(person.id)), kept=[one for one in films if one.kept],
        notes=len(desk.notes(person)), entries=len(events), waiting=store.uploads(person.id), answers=answers,
    )  # fmt: skip
