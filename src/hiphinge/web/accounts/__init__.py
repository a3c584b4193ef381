"""Signing in, invitations, and what belongs to an account."""

from __future__ import annotations

from fastapi import APIRouter

from hiphinge.web.accounts import invitations, joining, own, people, signing

__all__ = ["router"]

router = APIRouter()
for _part in (signing, joining, own, invitations, people):
    router.include_router(_part.router)
