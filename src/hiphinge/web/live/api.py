"""The coach's page, and what it asks for: begin a set, look where it stands, end it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse

from hiphinge.errors import RecordConflict, StoreError, UsageError
from hiphinge.program import Drill
from hiphinge.service.interview import refuse_stopped
from hiphinge.service.live import LiveService, LiveWish
from hiphinge.store import LiveSet, Person
from hiphinge.verdict.headlines import NOTICE
from hiphinge.web.access import ContextDep, DeskDep, PersonDep, WhoDep, allow
from hiphinge.web.context import Context
from hiphinge.web.errors import NotFound
from hiphinge.web.live.hub import LiveHub
from hiphinge.web.live.life import parts_of
from hiphinge.web.pages import page
from hiphinge.web.translate import current_language

__all__ = ["LiveTold", "LiveWanted", "router"]

router = APIRouter()
#: A set is judged within so long, or the answer is to ask again.
_JUDGE_S = 60.0
LiveId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
#: Where the page leads back to in place of today: an appointment.
Back = Annotated[str, Query(pattern="^(/desk/visit/[0-9a-z]{1,64})?$")]


class LiveWanted(BaseModel):
    """What is to be done live."""

    model_config = ConfigDict(extra="forbid")

    drill: str = Field(max_length=64)
    variant: str = Field("", max_length=64)
    load_kg: float | None = Field(None, ge=0, le=500)
    wall: float | None = Field(None, ge=0, le=1)
    label: Literal["", "usual", "coached"] = ""
    reps: int | None = Field(None, ge=1, le=50)
    back_reps: int | None = Field(None, ge=0, le=50)


class LiveTold(BaseModel):
    """What the person says at the end of a set."""

    model_config = ConfigDict(extra="forbid")

    touched: bool | None = None
    pain: int | None = Field(None, ge=0, le=10)


@router.post("/api/p/{person}/live", dependencies=[allow("person.act")], status_code=201)
def start_live(person: PersonDep, wanted: LiveWanted, desk: DeskDep, context: ContextDep) -> dict[str, Any]:
    """Begin a live set in the open session; one that was still open is ended."""
    hub = parts_of(context).hub
    if hub.is_full:
        raise hub.full_error()
    for other in desk.store.lives(person.id, state="open"):
        _spawn(hub, hub.end(other.id))
    live = LiveService(desk, clock=context.clock).start(person, LiveWish(**wanted.model_dump()))
    return _where(person, live)


@router.get("/api/p/{person}/live/{live}", dependencies=[allow("person.view")])
async def show_live(person: PersonDep, live: LiveId, desk: DeskDep, context: ContextDep) -> dict[str, Any]:
    """Say where a live set stands, with its summary once it is over."""
    found = await run_in_threadpool(_own, desk.store.live, person, live)
    hub = parts_of(context).hub
    summary = await _wait(hub, hub.end(live)) if found.state != "open" else None
    return {**_where(person, found), "summary": summary}


@router.post("/api/p/{person}/live/{live}/stop", dependencies=[allow("person.act")])
async def stop_live(
    person: PersonDep, live: LiveId, told: LiveTold, desk: DeskDep, context: ContextDep
) -> dict[str, Any]:
    """End a live set and return its summary; a second time returns the same."""
    await run_in_threadpool(_own, desk.store.live, person, live)
    hub = parts_of(context).hub
    return await _wait(hub, hub.end(live, told.model_dump()))


@router.get("/p/{person}/coach", dependencies=[allow("person.act")], response_class=HTMLResponse)
def show_coach(
    request: Request,
    person: PersonDep,
    who: WhoDep,
    desk: DeskDep,
    context: ContextDep,
    drill: str = "",
    variant: str = "",
    equipment: str = "",
    label: Literal["", "usual", "coached"] = "",
    back: Back = "",
) -> HTMLResponse:
    """Show the live coach, at the drill that is due where none is named."""
    look, program = desk.look(person), desk.program
    decided = look.decision.drill or next(iter(look.decision.options), "")
    chosen = desk.drill(drill or decided or program.drills[0].id)
    if not drill and not variant and look.decision.drill == chosen.id:
        variant = look.decision.variant
    if variant not in ("", *(one.id for one in chosen.variants)):
        raise UsageError(f"{chosen.name} has no variant {variant!r}.", next_step="Choose one of those shown.")
    return page(
        request, who, "live/coach.html", person=person, drill=chosen, drills=program.drills, variant=variant,
        equipment=equipment, stop=_stop_text(look.decision, person),
        back=back,
        config=_config(
            context, person, chosen, label=label, back=back, open_session=look.session is not None and not look.stale
        ),
    )  # fmt: skip


def _stop_text(decision: Any, person: Person) -> str | None:
    """Return why nothing is done now, None where no stop is in force."""
    try:
        refuse_stopped(decision, person.name)
    except RecordConflict as stopped:
        return stopped.what
    return None


def _config(
    context: Context, person: Person, drill: Drill, *, label: str, back: str, open_session: bool
) -> dict[str, Any]:  # fmt: skip
    """Return what the page's scripts need."""
    here = f"/p/{person.id}"
    screen = drill.kind == "screen" or bool(label)
    return {
        "person": person.id,
        "drill": drill.id,
        "name": drill.name,
        "notice": NOTICE,
        "locale": current_language(),
        "label": label,
        "create": f"/api/p/{person.id}/live",
        "socket": "/ws/live/{live}",
        "session": open_session,
        "wall": drill.rules == "wall",
        "ask_touched": drill.rules == "wall",
        "ask_pain": screen,
        "server_frames": context.settings.live_frames,
        "urls": {name: f"{here}/{name}" for name in ("today", "upload", "feel")} | {"back": back or f"{here}/today"},
    }


def _where(person: Person, live: LiveSet) -> dict[str, Any]:
    here = f"/api/p/{person.id}/live/{live.id}"
    return {
        "live": live.id, "state": live.state, "drill": live.drill, "variant": live.variant,
        "socket": f"/ws/live/{live.id}", "url": here, "stop": f"{here}/stop",
    }  # fmt: skip


def _own(read: Any, person: Person, live: str) -> LiveSet:
    """Return a live set of this person; of another it is as if it were not there."""
    try:
        found: LiveSet = read(live)
    except StoreError:
        raise NotFound() from None
    if found.person != person.id:
        raise NotFound()
    return found


def _spawn(hub: LiveHub, work: Coroutine[Any, Any, Any]) -> None:
    """Let the hub's loop do something that nobody waits for."""
    asyncio.run_coroutine_threadsafe(_quietly(work), hub.running())


async def _quietly(work: Coroutine[Any, Any, Any]) -> None:
    await asyncio.gather(work, return_exceptions=True)


async def _wait(hub: LiveHub, work: Coroutine[Any, Any, Any]) -> dict[str, Any]:
    """Wait for what the hub's loop does; no thread of those that answer others waits with it."""
    try:
        doing = asyncio.run_coroutine_threadsafe(work, hub.running())
        return dict(await asyncio.wait_for(asyncio.wrap_future(doing), _JUDGE_S))
    except TimeoutError:
        raise StoreError("The set is still being read.", next_step="Ask again in a moment: nothing is lost.") from None
