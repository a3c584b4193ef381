"""The patient's own pages: today, history, feel, notes, data."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["router"]

router = APIRouter()
