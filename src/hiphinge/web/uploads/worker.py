"""At home, films are looked at by the server itself, in a thread of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from hiphinge.service.jobs import JobRunner

if TYPE_CHECKING:
    from fastapi import FastAPI

    from hiphinge.web.context import Context

__all__ = ["lifespan"]

#: How long the end of the server waits for the film at hand; another takes it up otherwise.
_WAIT_S = 5.0


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Look at films while the app runs, at home and where the settings do not say otherwise."""
    context: Context = app.state.hiphinge
    if not (context.settings.home and context.settings.worker):
        yield
        return
    runner = JobRunner(context.store, context.desk)
    runner.start()
    try:
        yield
    finally:
        await run_in_threadpool(partial(runner.stop, wait_s=_WAIT_S))
