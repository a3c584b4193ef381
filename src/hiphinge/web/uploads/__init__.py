"""Videos sent in pieces, and the jobs that assess them."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["router"]

router = APIRouter()
