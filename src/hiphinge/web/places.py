"""Places for what is under way: so many at once of one session or person, and so many of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from hiphinge.web.errors import TooMany

__all__ = ["Places"]


class Places:
    """Counts what is under way, for one event loop.

    Parameters
    ----------
    most_each, most
        Of one, and of all of them.
    wait_s
        When to try again, seconds.
    """

    def __init__(self, most_each: int, most: int, *, wait_s: float) -> None:
        self._most_each, self._most, self._wait_s = most_each, most, wait_s
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def taking(self, whose: str) -> Iterator[None]:
        """Hold a place.

        Raises
        ------
        TooMany
            As many as can be are under way.
        """
        if self._under_way[whose] >= self._most_each or self._under_way.total() >= self._most:
            raise TooMany(self._wait_s)
        self._under_way[whose] += 1
        try:
            yield
        finally:
            self._under_way[whose] -= 1
            if not self._under_way[whose]:
                del self._under_way[whose]
