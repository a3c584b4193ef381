"""Tidying while the server runs: guests, videos and ways in that are past their time do not wait for a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from hiphinge.errors import HiphingeError
from hiphinge.web.context import Context

__all__ = ["EVERY_S", "lifespan", "tidy_for_ever"]

#: A guest's day is over within this time.
EVERY_S = 3600.0
_log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Tidy the store now and then, as long as the app runs."""
    task = asyncio.create_task(tidy_for_ever(app.state.hiphinge, every_s=EVERY_S))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def tidy_for_ever(context: Context, *, every_s: float) -> None:
    """Tidy the store every so many seconds; opening it has done so already."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await asyncio.to_thread(context.store.tidy)
        except HiphingeError as error:
            # A database that does not answer now is asked again the next time.
            _log.warning("The store could not be tidied: %s", error.what)
