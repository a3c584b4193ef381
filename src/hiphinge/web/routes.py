"""Every router of the web app, in one place."""

from __future__ import annotations

from fastapi import APIRouter

from hiphinge.web import accounts, assets, desk, front, live, patient, pictures, uploads, visit

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (
    front.router,
    accounts.router,
    patient.router,
    uploads.router,
    live.router,
    desk.router,
    visit.router,
    pictures.router,
    assets.router,
)
