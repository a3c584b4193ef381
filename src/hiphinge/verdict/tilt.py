"""What must stay still in a pelvic tilt: thighs, trunk and hip centre (clinical rule set, section 5.5)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hiphinge.model import Array, Motion, Rep
from hiphinge.sagittal import Segments
from hiphinge.signal import nan_median_near
from hiphinge.spine import RatioWidths

__all__ = ["compute_stillness"]

Interval = tuple[float, float, float]


def compute_stillness(
    rep: Rep, motion: Motion, segments: Segments, *, widths: RatioWidths, positions: str
) -> Mapping[str, Interval]:
    """Compute how far thighs, trunk and hip centre leave the place where they were as the tilt began.

    Returns
    -------
    Mapping
        ``thigh_change`` and ``trunk_change`` (degrees, forward positive) and ``hip_shift`` (foot lengths, in any
        direction), each as value, lo, hi at the moment of the rep where it is largest; NaN where not seen.

    Notes
    -----
    Thigh and trunk are compared with themselves within one rep, so their intervals are those of changes: of the
    knee's, which the thigh's error is part of, and of the lean's from rep to rep.
    """
    shift = np.hypot(_departure(motion.hip_back_ratio, rep), _departure(motion.hip_drop_ratio, rep))
    far = float(np.nanmax(shift)) if np.isfinite(shift).any() else float("nan")
    half = widths.travel_ratio(positions)
    return {
        "thigh_change": _largest(_departure(segments.thigh_lean_deg, rep), widths.knee_change_deg),
        "trunk_change": _largest(_departure(motion.trunk_lean.value_deg, rep), widths.lean_repeat_deg),
        "hip_shift": (far, float(np.maximum(0.0, far - half)), far + half),
    }


def _departure(values: Array, rep: Rep) -> Array:
    """Change since the rep began, over its rows."""
    change: Array = values[rep.start_frame : rep.end_frame] - nan_median_near(values, row=rep.start_frame)
    return change


def _largest(change: Array, half: float) -> Interval:
    """Value of the largest change either way (median of its neighbours, so that one frame does not decide)."""
    if not np.isfinite(change).any():
        return (float("nan"),) * 3
    value = nan_median_near(change, row=int(np.nanargmax(np.abs(change))))
    return (value, value - half, value + half)
