"""The web app as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from hiphinge.service.clips import Runner
from hiphinge.service.desk import utc_now
from hiphinge.web.context import Context
from hiphinge.web.errors import add_error_handlers
from hiphinge.web.network import allowed_hosts
from hiphinge.web.routes import LIFESPANS, ROUTERS
from hiphinge.web.security import Guard
from hiphinge.web.settings import Settings

if TYPE_CHECKING:
    from hiphinge.store import Store

__all__ = ["create_app"]

#: FastAPI can hand requests, bodies and tracebacks to whatever collects telemetry in the process or is named in the
#: environment: what is asked here is about somebody's health, so nothing is handed on.
_SILENT: Final[TelemetryConfig] = {
    "tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False,
}  # fmt: skip


def create_app(
    settings: Settings,
    *,
    store: Store | None = None,
    clock: Callable[[], datetime] = utc_now,
    runner: Runner | None = None,
    addresses: tuple[str, ...] = (),
    phone_url: str = "",
) -> FastAPI:
    """Return the web app.

    Parameters
    ----------
    settings
        See ``hiphinge.web.settings``.
    store
        An open store, which stays open; None opens the one of the settings when the app starts, and closes it at the
        end.
    clock
        Tells the time, aware.
    runner
        Assesses uploaded videos; None takes ``hiphinge.clip.run.assess_video``.
    addresses
        This computer's in its network, where others may ask for it by them.
    phone_url
        Where phones in the same network reach it, ``""`` where they do not.
    """
    from hiphinge import __version__

    context = Context(
        settings=settings,
        hosts=allowed_hosts(settings, addresses=addresses),
        clock=clock,
        runner=runner,
        opened=store,
        phone_url=phone_url,
    )
    app = FastAPI(
        title="hiphinge",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        telemetry=_SILENT,
    )
    app.state.hiphinge = context
    for router in ROUTERS:
        app.include_router(router)
    add_error_handlers(app)
    app.add_middleware(Guard, context=context)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the store where the app was not given one, and let what the parts of the app started run until the end."""
    context: Context = app.state.hiphinge
    async with AsyncExitStack() as stack:
        if context.opened is None:
            from hiphinge.store import open_store

            context.opened = stack.enter_context(open_store(context.settings.store or None, clock=context.clock))
            stack.callback(setattr, context, "opened", None)
        for part in LIFESPANS:
            await stack.enter_async_context(part(app))
        yield
