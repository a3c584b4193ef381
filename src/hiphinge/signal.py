"""Filters and differences on unevenly spaced samples with gaps. Gaps stay gaps: nothing is filled in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array

__all__ = ["despike", "find_peaks", "find_runs", "median_step_s", "nan_median_near", "smooth", "wrap_deg"]

#: Standard deviation of the smoothing kernel; passes movement up to about 3.7 Hz (-3 dB), far above a slow bend.
SMOOTHING_S = 0.05


def find_peaks(values: Array, *, min_height: float, min_prominence: float) -> NDArray[np.intp]:
    """Find the samples that stand above both sides.

    Parameters
    ----------
    values
        ``(n,)``, without NaN.
    min_height
        Lowest value of a peak.
    min_prominence
        How far one has to go down from a peak, at least, before a higher one is reached on either side.

    Returns
    -------
    NDArray
        Their places, in order; of a flat top the middle one. The first and the last sample are none.

    Notes
    -----
    What ``scipy.signal.find_peaks`` finds by height and prominence (a test compares them), without the 0.4 s that it
    takes to import.
    """
    if values.size < 3:
        return np.zeros(0, dtype=np.intp)
    starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    ends = np.concatenate((starts[1:], [values.size])) - 1
    level = values[starts]
    tops = 1 + np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] > level[2:]))
    peaks = (starts[tops] + ends[tops]) // 2
    kept = [peak for peak in peaks[values[peaks] >= min_height].tolist() if _prominence(values, peak) >= min_prominence]
    return np.array(kept, dtype=np.intp)


def _prominence(values: Array, peak: int) -> float:
    """Return the height of a peak above the higher of the lowest samples on its way to a higher one, on each side."""
    higher = np.flatnonzero(values > values[peak])
    at = int(np.searchsorted(higher, peak))
    first = int(higher[at - 1]) + 1 if at > 0 else 0
    last = int(higher[at]) if at < higher.size else values.size
    return float(values[peak] - max(values[first : peak + 1].min(), values[peak:last].min()))


def median_step_s(time_s: Array) -> float:
    """Return the usual time from one sample to the next; NaN for fewer than two samples."""
    return float(np.median(np.diff(time_s))) if time_s.shape[0] > 1 else float("nan")


def smooth(values: Array, *, time_s: Array, sigma_s: float = SMOOTHING_S) -> Array:
    """Smooth along the first axis with a Gaussian in *time*, zero-phase, over the samples that were seen.

    Parameters
    ----------
    values
        ``(n,)`` or ``(n, k)``; NaN = unseen.
    time_s
        ``(n,)`` seconds, increasing; need not be evenly spaced.
    sigma_s
        Standard deviation of the kernel in seconds.

    Returns
    -------
    Array
        Same shape. NaN exactly where ``values`` is NaN: a gap neither grows nor shrinks.

    Notes
    -----
    Differs from a Butterworth filter in that it needs no constant frame rate and no gap filling.
    """
    n = values.shape[0]
    step_s = median_step_s(time_s)
    if n < 3 or not np.isfinite(step_s) or step_s <= 0:
        return values.copy()
    reach = min(n - 1, max(1, int(np.ceil(3 * sigma_s / step_s))))
    columns = values.reshape(n, -1)
    seen = np.isfinite(columns)
    known = np.where(seen, columns, 0.0)
    total = known.copy()
    weight = seen.astype(float)
    for lag in range(1, reach + 1):
        kernel = np.exp(-0.5 * ((time_s[lag:] - time_s[:-lag]) / sigma_s) ** 2)[:, None]
        total[lag:] += kernel * known[:-lag]
        weight[lag:] += kernel * seen[:-lag]
        total[:-lag] += kernel * known[lag:]
        weight[:-lag] += kernel * seen[lag:]
    result = np.where(seen, total / np.where(weight > 0, weight, 1.0), np.nan)
    return result.reshape(values.shape)


def despike(values: Array, *, limit: float) -> Array:
    """Replace single-sample jumps by NaN.

    A sample is a spike when it lies more than ``limit`` from the median of itself and its four neighbours.
    Works along the first axis of ``(n,)``; a column at a time for ``(n, k)`` (all columns of a spike go), and for
    ``(n, points, k)`` each point by itself.
    """
    n = values.shape[0]
    if n < 5:
        return values.copy()
    columns = values.reshape(n, -1)
    points = values.shape[1] if values.ndim == 3 else 1
    padded = np.pad(columns, ((2, 2), (0, 0)), mode="edge")
    stack = np.stack([padded[k : k + n] for k in range(5)])
    unseen = ~np.isfinite(stack)
    median = np.where(unseen.all(axis=0), np.nan, _nan_median(stack))
    spike = (np.abs(columns - median) > limit).reshape(n, points, -1).any(axis=2)
    result = columns.reshape(n, points, -1).copy()
    result[spike] = np.nan
    return result.reshape(values.shape)


def _nan_median(stack: Array) -> Array:
    """Median over axis 0 ignoring NaN, without numpy's warning for empty slices."""
    ordered = np.sort(stack, axis=0)  # NaN sort to the end
    count = np.isfinite(ordered).sum(axis=0)
    low = np.maximum((count - 1) // 2, 0)
    high = np.maximum(count // 2, 0)
    high = np.minimum(high, np.maximum(count - 1, 0))
    pick_low = np.take_along_axis(ordered, low[None], axis=0)[0]
    pick_high = np.take_along_axis(ordered, high[None], axis=0)[0]
    middle: Array = (pick_low + pick_high) / 2
    return middle


def nan_median_near(values: Array, *, row: int, reach: int = 3) -> float:
    """Median of the seen values within ``reach`` rows of ``row``; NaN when none was seen."""
    window = values[max(0, row - reach) : row + reach + 1]
    window = window[np.isfinite(window)]
    return float(np.median(window)) if window.size else float("nan")


def find_runs(flag: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the half-open ``(start, end)`` runs in which ``flag`` is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flag.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def wrap_deg(angle_deg: Array) -> Array:
    """Bring angles into (-180, 180]."""
    wrapped: Array = -((-angle_deg + 180.0) % 360.0 - 180.0)
    return wrapped
