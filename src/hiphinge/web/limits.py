"""How often somebody may ask, and how often somebody may guess a password."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Buckets", "Throttle"]

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


class Throttle:
    """Slows guessing down: after some failures each further try has to wait, twice as long every time.

    Parameters
    ----------
    free
        Failures without a wait.
    longest_s
        The longest wait, and how long failures are remembered after the last one.
    clock
        Seconds that only go forward.
    """

    def __init__(self, *, free: int = 5, longest_s: float = 900.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._free, self._longest_s, self._clock = free, longest_s, clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Return how long to wait before the next try, 0 for none."""
        with self._lock:
            number, last = self._failures.get(key, (0, 0.0))
            if number < self._free:
                return 0.0
            wait = min(2.0 ** (number - self._free + 1), self._longest_s)
            return max(0.0, last + wait - self._clock())

    def failed(self, key: str) -> None:
        """Count a failure."""
        with self._lock:
            number, last = self._failures.pop(key, (0, 0.0))
            now = self._clock()
            if now - last > self._longest_s:
                number = 0
            self._failures[key] = (number + 1, now)
            while len(self._failures) > _REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures.pop(key, None)

    def forgiven(self, key: str) -> None:
        """Take one failure back, and no more: who may get in cannot wipe out what others failed at."""
        with self._lock:
            number, last = self._failures.get(key, (0, 0.0))
            if number > 0:
                self._failures[key] = (number - 1, last)
