"""Every router of the web app, in one place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI

from hiphinge.web import (
    accounts,
    assets,
    desk,
    front,
    live,
    patient,
    phone,
    pictures,
    reference,
    tidying,
    uploads,
    visit,
)
from hiphinge.web.live.life import lifespan

__all__ = ["LIFESPANS", "ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (
    front.router,
    phone.router,
    reference.router,
    accounts.router,
    patient.router,
    uploads.router,
    live.router,
    desk.router,
    visit.router,
    pictures.router,
    assets.router,
)

#: What runs as long as the app does, in this order; it ends in the other one.
LIFESPANS: tuple[Callable[[FastAPI], AbstractAsyncContextManager[None]], ...] = (
    lifespan,
    uploads.lifespan,
    tidying.lifespan,
)
