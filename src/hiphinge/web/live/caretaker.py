"""Looks after what nobody looks at: silent connections, sets that were left, ended sets that memory still holds."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hiphinge.errors import HiphingeError

if TYPE_CHECKING:
    from hiphinge.web.live.hub import LiveHub
    from hiphinge.web.live.seat import Seat

__all__ = ["Caretaker"]

_log = logging.getLogger(__name__)
#: How often silence and left sets are looked for, seconds.
_LOOK_S = 5.0
#: Ended sets stay in memory for so long, so that a reconnecting screen gets its summary at once.
_KEEP_ENDED_S = 60.0
#: A set that cannot be ended is tried so often.
_MOST_TRIES = 3


class Caretaker:
    """Goes through the sets of a hub every few seconds.

    Parameters
    ----------
    hub
        Whose sets they are.
    find_left
        Finds the sets in the store that nobody has touched for long and that no hub holds.
    """

    def __init__(self, hub: LiveHub, find_left: Callable[[], Awaitable[tuple[str, ...]]]) -> None:
        self._hub, self._find_left = hub, find_left
        self._tried: Counter[str] = Counter()

    async def run(self) -> None:
        """Look again and again; what was left before this server started comes first."""
        await self._end_left()
        while True:
            await asyncio.sleep(_LOOK_S)
            await self.look()

    async def look(self) -> None:
        """End silent connections, and sets that nobody has been connected to for long."""
        hub = self._hub
        now = hub.now()
        for seat in list(hub.seats.values()):
            if seat.line is not None:
                if now - seat.line.heard_at > hub.limits.silent_s:
                    seat.line.close(4002, "silent for too long")
            elif seat.phase == "ended" and now - seat.left_at > _KEEP_ENDED_S:
                hub.seats.pop(seat.live, None)
            elif seat.phase == "open" and now - seat.left_at > hub.limits.gone_s and not await self._is_elsewhere(seat):
                await self._end_quietly(seat.live)
            if seat.phase == "ending" and not hub.is_ending(seat.live):
                await self._end_quietly(seat.live)
        await self._end_left()

    async def _is_elsewhere(self, seat: Seat) -> bool:
        """Whether another server went on with a set; one that cannot be asked is not ended now."""
        try:
            return await self._hub.let_go_if_moved(seat)
        except HiphingeError:
            return True

    async def _end_left(self) -> None:
        """End sets that were left, those from before this server started too."""
        try:
            left = await self._find_left()
        except HiphingeError as error:
            _log.warning("live: sets that were left could not be looked for: %s", type(error).__name__)
            return
        for live in left:
            await self._end_quietly(live)

    async def _end_quietly(self, live: str) -> None:
        """End a set; what cannot be ended is tried a few times and then left to who looks for it."""
        if self._tried[live] >= _MOST_TRIES:
            return
        try:
            await self._hub.end(live)
        except Exception as error:
            self._tried[live] += 1
            _log.warning("live: a set that was left could not be finished: %s", type(error).__name__)
        else:
            self._tried.pop(live, None)
