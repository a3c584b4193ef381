"""Appointments without an account: ten minutes in a clinic, the first two at home."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["router"]

router = APIRouter()
