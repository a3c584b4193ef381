"""The range meter: how deep, and how the back is, several times a second."""

from __future__ import annotations

from math import isfinite

from hiphinge.live.plan import SetPlan
from hiphinge.live.prompts import Message
from hiphinge.live.watch import BackWatch
from hiphinge.model import Array
from hiphinge.spine.network import OUTPUTS

__all__ = ["Meter"]

#: At most so many a second.
_RATE_HZ = 15.0
#: The meter is full at 1; a little more is shown.
_FULLEST = 1.25
#: Share of the newest place of the hip in what is shown.
_NEWEST = 0.5
_LEAN, _LUMBAR = OUTPUTS.index("trunk_lean"), OUTPUTS.index("lumbar_flexion")


class Meter:
    """Turns what was read of each frame into ``meter`` messages.

    Parameters
    ----------
    plan
        The movement that a full meter stands for, and the rule about the back.
    baseline_deg
        The signal when standing.
    hip_x_px, foot_px
        Where the hip stood and how long the foot is; NaN where there was no stand.
    """

    def __init__(self, plan: SetPlan, *, baseline_deg: float, hip_x_px: float, foot_px: float) -> None:
        self._baseline_deg = baseline_deg
        self._span_deg = max(plan.aim_deg() - baseline_deg, 1.0)
        self._hip_x_px, self._foot_px = hip_x_px, foot_px
        self._back = BackWatch(plan.criteria())
        self._hip_back = float("nan")
        self._latest_s = float("-inf")

    def add(self, seq: int, time_s: float, value: Array, half: Array, signal_deg: float, hip_x_px: float) -> Message:
        """Take in a frame; an empty message where the next one comes too soon. ``reps`` is left to the caller."""
        lumbar, wide = float(value[_LUMBAR]), float(half[_LUMBAR])
        back = self._back.add(lumbar, wide)
        shift = (self._hip_x_px - hip_x_px) / self._foot_px
        self._hip_back = shift if not isfinite(self._hip_back) else self._hip_back + _NEWEST * (shift - self._hip_back)
        if time_s - self._latest_s < 1.0 / _RATE_HZ - 1e-6:
            return {}
        self._latest_s = time_s
        depth = (signal_deg - self._baseline_deg) / self._span_deg
        lean = float(value[_LEAN]) if isfinite(value[_LEAN]) else signal_deg
        return {
            "type": "meter",
            "seq": seq,
            "t_s": round(time_s, 3),
            "depth": round(min(max(depth, 0.0), _FULLEST), 3) if isfinite(depth) else None,
            "lean_deg": round(lean, 1) if isfinite(lean) else None,
            "lumbar": _interval(lumbar, wide),
            "back": back,
            "hip_back": round(self._hip_back, 2) if isfinite(self._hip_back) else None,
        }


def _interval(value: float, half: float) -> dict[str, float] | None:
    if not (isfinite(value) and isfinite(half)):
        return None
    return {"value": round(value, 1), "lo": round(value - half, 1), "hi": round(value + half, 1)}
