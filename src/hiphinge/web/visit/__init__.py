"""Appointments without an account: ten minutes in a clinic, the first two at home."""

from __future__ import annotations

from fastapi import APIRouter

from hiphinge.web.visit import guests

__all__ = ["router"]

router = APIRouter()
router.include_router(guests.router)
