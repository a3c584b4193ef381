"""How far a film is, told as it goes on; many who look at it ask the store once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from hiphinge.errors import HiphingeError
from hiphinge.store import Job, Person, Store
from hiphinge.web.access import ContextDep, PersonDep, StoreDep, allow
from hiphinge.web.context import Context
from hiphinge.web.errors import TooMany
from hiphinge.web.patient.jobs import find_job, job_view
from hiphinge.web.staying import is_still_in

__all__ = ["Feed", "router"]

router = APIRouter(prefix="/api/p/{person}/jobs", tags=["films"])

_FEED = "uploads.feed"
#: How often the store is asked, for all that look at a film together; how often a quiet line is kept open.
_LOOK_S, _BEAT_S = 1.0, 15.0
#: A line ends after so long; the browser opens it again and goes on.
_LONGEST_S = 600.0
#: So many pages may look at one film at once. [DESIGN]
_MOST = 12


@dataclass(slots=True)
class _Seen:
    """What was seen of a job last, and when."""

    at_s: float = -1e9
    view: dict[str, Any] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    lookers: int = 0


class Feed:
    """What is known of the jobs that somebody looks at."""

    def __init__(self, look_s: float = _LOOK_S, *, most: int = _MOST) -> None:
        self._look_s, self._most = look_s, most
        self._seen: dict[str, _Seen] = {}

    @property
    def watched(self) -> int:
        """How many jobs somebody looks at."""
        return len(self._seen)

    def check_lookers(self, job: str) -> None:
        """Refuse one more that looks at a job: each holds a connection for minutes, and there are only so many.

        Raises
        ------
        TooMany
            As many look at it as may.
        """
        if job in self._seen and self._seen[job].lookers >= self._most:
            raise TooMany(_LONGEST_S)

    async def follow(
        self,
        store: Store,
        person: Person,
        job: str,
        *,
        still_in: Callable[[], bool] = lambda: True,
        beat_s: float = _BEAT_S,
        longest_s: float = _LONGEST_S,
    ) -> AsyncIterator[str]:
        """Yield the events of a job: how far it is at once, whenever that changes, and ``end`` when it is over.

        ``still_in`` says whether whoever looks may go on; it is asked now and then.
        """
        seen = self._seen.setdefault(job, _Seen())
        seen.lookers += 1
        clock = asyncio.get_running_loop().time
        begun = told_at = asked_at = clock()
        told: dict[str, Any] | None = None
        try:
            yield "retry: 2000\n\n"
            while clock() - begun < longest_s:
                if clock() - asked_at > beat_s:
                    asked_at = clock()
                    if not await run_in_threadpool(still_in):
                        return
                view = await self._look(seen, store, person, job)
                if view != told:
                    told, told_at = view, clock()
                    yield f"event: progress\ndata: {json.dumps(view)}\n\n"
                if view["over"]:
                    yield f"event: end\ndata: {json.dumps(view)}\n\n"
                    return
                if clock() - told_at > beat_s:
                    told_at = clock()
                    yield ": still here\n\n"
                await asyncio.sleep(self._look_s)
        except HiphingeError:
            # The store is away, or the person was erased: the browser asks again, and is told by the page.
            return
        finally:
            seen.lookers -= 1
            if not seen.lookers:
                self._seen.pop(job, None)

    async def _look(self, seen: _Seen, store: Store, person: Person, job: str) -> dict[str, Any]:
        clock = asyncio.get_running_loop().time
        async with seen.lock:
            if seen.view is None or clock() - seen.at_s >= self._look_s * 0.9:
                seen.view = await run_in_threadpool(_read, store, person, job)
                seen.at_s = clock()
            return seen.view


def _read(store: Store, person: Person, job: str) -> dict[str, Any]:
    return job_view(store, person, find_job(store, person, job))


def _feed(context: Context) -> Feed:
    found: Feed = context.extras.setdefault(_FEED, Feed())
    return found


def _job(person: PersonDep, store: StoreDep, job: str) -> Job:
    """Find the job before the stream begins, so that a wrong address is told as such."""
    return find_job(store, person, job)


@router.get("/{job}", dependencies=[allow("person.view")])
def state(person: PersonDep, store: StoreDep, job: str) -> dict[str, Any]:
    """Say how far a film is."""
    return _read(store, person, job)


@router.get("/{job}/events", dependencies=[allow("person.view")])
async def events(
    request: Request,
    person: PersonDep,
    store: StoreDep,
    context: ContextDep,
    found: Annotated[Job, Depends(_job)],
) -> StreamingResponse:
    """Tell how far a film is, as server-sent events: ``progress`` at once and at every change, ``end`` at the end."""
    feed = _feed(context)
    feed.check_lookers(found.id)
    return StreamingResponse(
        feed.follow(store, person, found.id, still_in=partial(is_still_in, request)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
