"""How often somebody may ask. Guesses at passwords are counted in the store, see ``hiphinge.store.guesses``."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Buckets"]

#: So many visitors are remembered; who was quiet longest is forgotten first.
_REMEMBERED = 20_000


class Buckets:
    """Token buckets, one for each key: a bucket that is full lets so many through at once, then it refills evenly."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, *, per_minute: float, burst: float) -> float:
        """Take one from a bucket; return 0 where there was one, else for how many seconds to wait."""
        with self._lock:
            now = self._clock()
            level, at = self._levels.pop(key, (burst, now))
            level = min(burst, level + (now - at) * per_minute / 60)
            short = level < 1
            self._levels[key] = (level if short else level - 1, now)
            while len(self._levels) > _REMEMBERED:
                self._levels.popitem(last=False)
            return (1 - level) * 60 / per_minute if short else 0.0
