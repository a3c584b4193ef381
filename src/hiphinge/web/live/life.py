"""What of live coaching lives as long as the app does: the hub, and the thread that reads pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from hiphinge.errors import StoreError
from hiphinge.service.live import LiveService
from hiphinge.web.context import Context
from hiphinge.web.errors import NotAllowed
from hiphinge.web.live.hub import LiveHub
from hiphinge.web.live.limits import LiveLimits
from hiphinge.web.live.pictures import Follows, PicturePool, PictureReader
from hiphinge.web.translate import _

__all__ = ["LiveParts", "lifespan", "parts_of"]

#: Under this name the app's context keeps them; a test may put limits of its own under the second.
_PARTS, LIMITS = "live", "live.limits"
#: What is done by the hub itself is written down under this name.
_WHO = "live coach"


@dataclass(slots=True)
class LiveParts:
    """The hub and the pool of pictures of one app."""

    hub: LiveHub
    pictures: PicturePool
    pictures_allowed: bool

    def picture_reader(self) -> PictureReader:
        """Return a reader of pictures for one connection.

        Raises
        ------
        NotAllowed
            The owner of this server did not allow that pictures are sent to it.
        """
        if not self.pictures_allowed:
            raise NotAllowed(
                _("This server does not look at pictures: they stay on your device."),
                next_step=_("Film a clip and send it, or use a newer phone or a laptop."),
            )
        return self.pictures.reader()


def parts_of(context: Context) -> LiveParts:
    """Return what the app has for live coaching.

    Raises
    ------
    StoreError
        The app is not running yet, or no more.
    """
    found: LiveParts | None = context.extras.get(_PARTS)
    if found is None:
        raise StoreError("Live coaching is not running.", next_step="Try again in a moment.")
    return found


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Let the hub run as long as the app does."""
    context: Context = app.state.hiphinge
    limits: LiveLimits | None = context.extras.get(LIMITS)

    def service() -> LiveService:
        return LiveService(context.desk(_WHO), clock=context.clock)

    hub = LiveHub(service, limits=limits)
    pictures = PicturePool(_follow)
    await hub.start()
    context.extras[_PARTS] = LiveParts(hub, pictures, context.settings.live_frames)
    try:
        yield
    finally:
        del context.extras[_PARTS]
        pictures.stop()
        await hub.stop()


def _follow() -> Follows:
    """Load the smallest model when the first picture comes."""
    from hiphinge.pose.blazepose import BlazePose

    return BlazePose("lite", threads=1).follow()
