"""The clinician's pages: roster, timeline, replay, compare, program."""

from __future__ import annotations

from fastapi import APIRouter

from hiphinge.web.desk import clips, compare, decide, log, people, person, program, visit

__all__ = ["router"]

router = APIRouter()
for _part in (people, person, log, decide, clips, compare, program, visit):
    router.include_router(_part.router)
