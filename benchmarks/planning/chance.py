"""Random numbers that are the same on every machine: one stream, and our own transformations of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chance"]

#: Uniform numbers are drawn in blocks: one call of numpy for many of them.
_BLOCK = 8192


class Chance:
    """A stream of random numbers.

    Only uniform numbers come from numpy; what is made of them is written here, so that a new numpy changes no table.

    Parameters
    ----------
    seed
        The same seed is the same stream.
    """

    def __init__(self, seed: int) -> None:
        self._source = np.random.Generator(np.random.PCG64(seed))
        self._block: list[float] = []

    def uniform(self) -> float:
        """Return a number from 0 up to, not with, 1."""
        if not self._block:
            self._block = self._source.random(_BLOCK).tolist()
        return self._block.pop()

    def exponential(self, mean: float) -> float:
        """Return a memoryless time; never, where the mean is infinite."""
        return math.inf if math.isinf(mean) else -mean * math.log1p(-self.uniform())

    def pick(self, values: Sequence[float]) -> float:
        """Return one of the values, each as likely as the others."""
        return values[int(self.uniform() * len(values))]

    def log_normal(self, median: float, spread: float) -> float:
        """Return a positive value; a sixth lie above ``median`` times ``spread``, a sixth below median ÷ spread."""
        radius = math.sqrt(-2 * math.log1p(-self.uniform()))
        return median * math.exp(math.log(spread) * radius * math.cos(2 * math.pi * self.uniform()))

    def phases(self, count: int) -> NDArray[np.float64]:
        """Return so many uniform numbers at once."""
        return self._source.random(count)
