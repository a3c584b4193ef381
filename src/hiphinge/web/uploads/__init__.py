"""Films that are sent in pieces, and the progress of what is made of them."""

from __future__ import annotations

from fastapi import APIRouter

from hiphinge.web.uploads import api, events, pages
from hiphinge.web.uploads.worker import lifespan

__all__ = ["lifespan", "router"]

router = APIRouter()
for _part in (pages, api, events):
    router.include_router(_part.router)
