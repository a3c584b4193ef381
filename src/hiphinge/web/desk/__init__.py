"""The clinician's pages: roster, timeline, replay, compare, program."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["router"]

router = APIRouter()
