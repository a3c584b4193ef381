"""Live coaching: the websocket, and what the coach page asks for."""

from __future__ import annotations

from fastapi import APIRouter

from hiphinge.web.live import api, socket

__all__ = ["router"]

router = APIRouter()
router.include_router(api.router)
router.include_router(socket.router)
