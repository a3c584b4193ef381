"""Live coaching: the websocket, and what the coach page asks for."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["router"]

router = APIRouter()
