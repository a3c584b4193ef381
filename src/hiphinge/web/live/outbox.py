"""What waits to be sent to one live set's screen: everything in order, but only the newest meter."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from hiphinge.web.live.limits import LiveLimits

__all__ = ["Outbox"]

Message = Mapping[str, Any]
#: Only the newest of these says anything.
_NEWEST = ("meter", "ack", "pong")
#: Said late, these would confuse.
_PASSING = ("cue", "praise")


class Outbox:
    """Messages of one live set, kept while nobody is connected.

    Parameters
    ----------
    limits
        How many may wait, and how many meters a second go out.
    clock
        Seconds that only grow.
    """

    def __init__(self, limits: LiveLimits, clock: Callable[[], float]) -> None:
        self._limits, self._clock = limits, clock
        self._waiting: deque[tuple[float, Message]] = deque()
        self._newest: dict[str, Message] = {}
        self._meter_at = -1e9
        self._something = asyncio.Event()
        self.overflow = False

    def put(self, message: Message) -> None:
        """Add a message; a meter (an acknowledgement) takes the place of the one that still waits."""
        kind = message["type"]
        if kind in _NEWEST:
            self._newest[kind] = message
            if kind == "meter" and not self._is_meter_due():
                return
        else:
            if len(self._waiting) >= self._limits.waiting_messages:
                self.overflow = True
                self._waiting.popleft()
            self._waiting.append((self._clock(), message))
        self._something.set()

    async def take(self) -> list[str]:
        """Wait until there is something to send, and return it, oldest first, as JSON."""
        await self._something.wait()
        self._something.clear()
        now = self._clock()
        found = []
        while self._waiting:
            at, message = self._waiting.popleft()
            if message["type"] not in _PASSING or now - at <= self._limits.stale_cue_s:
                found.append(message)
        for kind in _NEWEST:
            if kind == "meter" and not self._is_meter_due():
                continue
            one = self._newest.pop(kind, None)
            if one is not None:
                self._meter_at = now if kind == "meter" else self._meter_at
                found.append(one)
        return [msgspec.json.encode(message).decode() for message in found]

    def put_back(self, texts: Sequence[str]) -> None:
        """Take back what could not be sent; what says nothing later is dropped."""
        now = self._clock()
        for text in reversed(texts):
            message = msgspec.json.decode(text)
            if message["type"] not in _NEWEST:
                self._waiting.appendleft((now, message))
                self._something.set()

    def forget_passing(self) -> None:
        """Drop what says nothing to a screen that has just connected: meters, acknowledgements."""
        self._newest.clear()
        self.overflow = False

    def _is_meter_due(self) -> bool:
        return self._clock() - self._meter_at >= 1.0 / self._limits.meter_hz
