"""The films that are being looked at: how far each is, as pages and the stream of events show it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hiphinge.errors import StoreError
from hiphinge.program.words import name_drill
from hiphinge.service.jobs import cancel_clip, film_of
from hiphinge.service.orders import read_order
from hiphinge.store import Job, Person, Store
from hiphinge.web.access import DeskDep, PersonDep, StoreDep, WhoDep, allow
from hiphinge.web.errors import NotFound
from hiphinge.web.patient.answers import for_pages
from hiphinge.web.patient.flow import go, person_page
from hiphinge.web.translate import _

__all__ = ["find_job", "job_view", "open_jobs", "router"]

router = APIRouter(include_in_schema=False)
#: So many failed films are shown on today's page.
_MOST_FAILED = 3
_OVER = ("done", "failed", "cancelled")


def find_job(store: Store, person: Person, number: str) -> Job:
    """Return a job of this person; 404 for another's."""
    try:
        job = store.job(number)
    except StoreError:
        raise NotFound(_("There is no such film.")) from None
    if job.person != person.id:
        raise NotFound(_("There is no such film."))
    return job


def open_jobs(store: Store, person: Person) -> list[Job]:
    """Return the films that wait or are looked at, and the last that could not be, the newest first."""
    jobs = sorted(store.jobs(person.id), key=lambda one: one.created, reverse=True)
    failed = [one for one in jobs if one.state == "failed"][:_MOST_FAILED]
    return [one for one in jobs if one.state in ("queued", "running") or one in failed]


def job_view(store: Store, person: Person, job: Job) -> dict[str, Any]:
    """Return how far a film is, as plain values: what the page shows and the stream of events sends."""
    share = job.progress if isinstance(job.progress, int | float) else 0.0
    result = job.result or {}
    return {
        "job": job.id,
        "state": job.state,
        "over": job.state in _OVER,
        "percent": 100 if job.state == "done" else round(100 * min(max(share, 0.0), 1.0)),
        "say": _say(job),
        "reason": job.reason or "",
        "again": job.state == "failed" and film_of(store, str(job.payload.get("film", ""))).is_file(),
        "url": f"/p/{person.id}/clips/{result['assessment']}" if job.state == "done" and "assessment" in result else "",
    }


def _say(job: Job) -> str:
    if job.state == "queued":
        return _("Your film waits for its turn.") if job.attempt == 0 else _("Your film waits to be looked at again.")
    return {
        "running": _("Your film is being looked at."),
        "done": _("Your film has been looked at."),
        "failed": _("Your film could not be looked at."),
        "cancelled": _("This film was taken back and deleted."),
    }.get(job.state, "")


@router.get("/p/{person}/jobs/{job}", dependencies=[allow("person.view")])
def show_job(request: Request, who: WhoDep, person: PersonDep, desk: DeskDep, store: StoreDep, job: str) -> Response:
    """Show how far a film is; one that was looked at leads on to what was seen."""
    found = find_job(store, person, job)
    view = job_view(store, person, found)
    if view["url"]:
        return go(person, view["url"].removeprefix(f"/p/{person.id}/"))
    order = read_order(found.payload)
    return person_page(
        request, who, person, "job.html", job=view, drill=name_drill(desk.program, order.drill), keep=order.keep
    )


@router.post("/p/{person}/jobs/{job}/retry", dependencies=[allow("person.act")])
def retry_job(person: PersonDep, store: StoreDep, job: str) -> Response:
    """Look at a film once more."""
    found = find_job(store, person, job)
    with for_pages():
        if job_view(store, person, found)["again"]:
            store.retry_job(found.id)
    return go(person, f"jobs/{found.id}")


@router.post("/p/{person}/jobs/{job}/cancel", dependencies=[allow("person.act")])
def cancel_job(person: PersonDep, store: StoreDep, job: str) -> Response:
    """Take a film back, and delete it."""
    found = find_job(store, person, job)
    with for_pages():
        cancel_clip(store, found)
    return go(person, said="cancelled")
