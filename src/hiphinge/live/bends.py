"""Bends as they happen: when one begins, when the person comes up from it, and when it is over.

The same numbers as in ``hiphinge.reps``: a bend reaches the least depth; a pause at the bottom or on the way is no
end of it; coming up by half of its depth is. Where exactly it begins and ends is then read by ``find_reps`` itself, in
the frames since the bend before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from hiphinge.model import Array, Rep
from hiphinge.reps import EDGE_RATIO, RETURN_RATIO, find_reps

__all__ = ["BendWatch", "find_finished"]

#: A bend is over once the person has come no further up for so long, or so long after half of the way up ...
_REST_S, _PATIENCE_S = 0.3, 2.0
#: ... or goes down again by this much.
_AGAIN_DEG = 4.0
#: Coming up by less than this is standing.
_STEP_DEG = 1.0
#: What happened before a bend by more than this does not belong to it.
_REACH_S = 12.0


class BendWatch:
    """Follows one signal, degrees over the baseline.

    Parameters
    ----------
    min_depth_deg
        Least depth of a bend.
    """

    def __init__(self, min_depth_deg: float) -> None:
        self._least = min_depth_deg
        self.state: Literal["up", "bent", "rising"] = "up"
        self._peak = self._low = 0.0
        self._risen_s = 0.0
        #: When the bend reached the least depth, and when the person had come up furthest from it.
        self.entered_s = self.low_s = 0.0

    def add(self, depth_deg: float, time_s: float) -> bool:
        """Take in a frame; true where a bend is over with it. An unseen one (NaN) changes nothing."""
        if depth_deg != depth_deg:
            return False
        if self.state == "rising" and self._is_over(depth_deg, time_s):
            self.state = "up"
            return True
        if self.state == "up" and depth_deg >= self._least:
            self.state, self._peak, self.entered_s = "bent", depth_deg, time_s
        elif self.state == "bent":
            self._peak = max(self._peak, depth_deg)
            if depth_deg <= (1.0 - RETURN_RATIO) * self._peak:
                self.state, self._low, self.low_s, self._risen_s = "rising", depth_deg, time_s, time_s
        return False

    def forget(self) -> None:
        """Drop the bend that is going on: the person was not seen to end it."""
        self.state = "up"

    def _is_over(self, depth_deg: float, time_s: float) -> bool:
        if depth_deg < self._low - _STEP_DEG:
            self._low, self.low_s = depth_deg, time_s
        if depth_deg > self._low + max(_AGAIN_DEG, EDGE_RATIO * self._peak):
            return True
        upright = depth_deg <= EDGE_RATIO * self._peak
        return (upright and time_s - self.low_s >= _REST_S) or time_s - self._risen_s >= _PATIENCE_S


def find_finished(
    signal_deg: Array, *, time_s: Array, since: int, entered_s: float, baseline_deg: float, min_depth_deg: float
) -> tuple[Rep, ...]:
    """Read the bends that ended in the frames since ``since``.

    Parameters
    ----------
    signal_deg, time_s
        ``(n,)`` everything so far.
    since
        First frame after the bend before.
    entered_s
        When the bend reached the least depth: what was deep before it is the tail of another.
    baseline_deg, min_depth_deg
        As for ``find_reps``.

    Returns
    -------
    tuple of Rep
        Rows count over the whole signal.
    """
    start = max(since, int(np.searchsorted(time_s, entered_s - _REACH_S)))
    found = find_reps(signal_deg[start:], time_s=time_s[start:], baseline_deg=baseline_deg, min_depth_deg=min_depth_deg)
    return tuple(
        replace(
            rep,
            start_frame=rep.start_frame + start,
            bottom_frame=rep.bottom_frame + start,
            end_frame=rep.end_frame + start,
        )
        for rep in found
        if rep.bottom_s >= entered_s - 0.2
    )
