"""The patient's own pages: today, history, feel, notes, data."""

from __future__ import annotations

from fastapi import APIRouter

from hiphinge.web.patient import begin, clips, data, feel, history, jobs, notes, sessions, today

__all__ = ["router"]

router = APIRouter()
for _part in (today, begin, feel, sessions, jobs, clips, history, notes, data):
    router.include_router(_part.router)
