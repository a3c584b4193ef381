"""Agreement between what was read and the truth, with intervals that draw people and not pictures.

Definitions are those of the package ``poseaudit`` 0.7.2, and a test compares with it. With ``e = read - truth``: bias
is the mean of ``e``; the limits of agreement are bias ± 1.96 SD with the variances between and within people added
(Bland and Altman 2007); ICC(A,1) is McGraw and Wong's for one reading and absolute agreement; ``p95`` is the 95th
percentile of ``|e|``. A cluster bootstrap draws whole people with replacement: everything but the percentile follows
from sums per person, so a thousand draws are one matrix product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array

__all__ = ["DRAWS", "LARGE_DEG", "Figures", "Readings", "compute_figures", "join_readings"]

#: Draws of the bootstrap.
DRAWS = 1000
#: An error beyond this counts as large, degrees.
LARGE_DEG = 10.0
#: Standard normal quantile of the limits of agreement.
_Z95 = 1.959963984540054
#: Most numbers that one block of the percentile's bootstrap holds.
_BLOCK = 4_000_000

#: Name of a figure → number, ``[low, high]``, or None where it cannot be told.
Figures = dict[str, "float | int | list[float] | None"]


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read beside what is true, one entry per picture (or rep).

    Parameters
    ----------
    person
        ``(n,)`` whose picture it is.
    truth
        ``(n,)`` degrees (or another unit, the same throughout).
    value, lo, hi
        ``(n,)`` what was read, with the ends of its 90 % interval; NaN where not told.
    columns
        Name → ``(n,)`` what is known of each picture, to tell bands apart.
    """

    person: NDArray[np.str_]
    truth: Array
    value: Array
    lo: Array
    hi: Array
    columns: Mapping[str, NDArray[Any]]

    def keep(self, rows: NDArray[np.bool_]) -> Readings:
        """Return the readings where ``rows`` is true."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Readings(self.person[rows], self.truth[rows], self.value[rows], self.lo[rows], self.hi[rows], columns)


def join_readings(parts: list[Readings]) -> Readings:
    """Put readings one behind the other; they must share their columns."""
    if not parts:
        empty = np.zeros(0)
        return Readings(np.zeros(0, dtype=np.str_), empty, empty, empty, empty, {})
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
    return Readings(
        np.concatenate([part.person for part in parts]),
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.lo for part in parts]),
        np.concatenate([part.hi for part in parts]),
        columns,
    )


def compute_figures(readings: Readings, *, draws: int = DRAWS, seed: int = 0) -> Figures:
    """Compute every figure of agreement with its 95 % interval.

    Parameters
    ----------
    readings
        One entry per picture.
    draws
        Draws of the bootstrap over people; 0 leaves the intervals out.
    seed
        Seeds the draws.

    Returns
    -------
    dict
        ``n``, ``people``, ``told_pct``, ``cannot_tell_pct``, ``bias``, ``loa_low``, ``loa_high``, ``mae``, ``rmse``,
        ``p95``, ``icc``, ``large_pct``, ``coverage_pct``, ``half_width``, and ``<name>_interval`` beside most. What
        cannot be told (nothing read, one person) is None.
    """
    names, inverse = np.unique(readings.person, return_inverse=True)
    found: Figures = {"n": len(readings.truth), "people": len(names)}
    if not len(names):
        return found
    sums = _sum_by_person(readings, inverse, len(names))
    found |= {name: _rounded(value) for name, value in _from_sums(sums.sum(axis=0), len(names)).items()}
    error = np.abs(readings.value - readings.truth)
    told = np.isfinite(error)
    found["p95"] = _rounded(np.percentile(error[told], 95)) if told.any() else None
    if draws and len(names) > 1 and told.any():
        drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
        drawn_figures = _from_sums(drawn @ sums, len(names))
        drawn_figures["p95"] = _draw_p95(error[told], inverse[told], drawn)
        del drawn_figures["cannot_tell_pct"]  # that of ``told_pct``, from the other side
        found |= {f"{name}_interval": _interval(values) for name, values in drawn_figures.items()}
    return found


#: Columns of the sums per person.
_N, _TOLD, _E, _ABS, _EE, _T, _P, _TT, _PP, _TP, _LARGE, _JUDGED, _INSIDE, _HALF, _BETWEEN, _SQUARE = range(16)


def _sum_by_person(readings: Readings, inverse: NDArray[np.intp], n_people: int) -> Array:
    """Return ``(people, 16)`` sums from which every figure but the percentile follows."""
    told = np.isfinite(readings.value)
    # Measured from one middle, so that squares of large angles do not eat the digits.
    middle = float(readings.truth.mean())
    t = np.where(told, readings.truth - middle, 0.0)
    p = np.where(told, readings.value - middle, 0.0)
    e = p - t
    judged = told & np.isfinite(readings.lo) & np.isfinite(readings.hi)
    inside = judged & (readings.truth >= readings.lo) & (readings.truth <= readings.hi)
    half = np.where(judged, (readings.hi - readings.lo) / 2, 0.0)
    seen: list[NDArray[Any]] = [np.ones(len(t)), told, e, np.abs(e), e * e, t, p, t * t, p * p, t * p]
    parts = [*seen, np.abs(e) > LARGE_DEG, judged, inside, half]
    sums = np.stack([np.bincount(inverse, weights=part, minlength=n_people) for part in parts], axis=1)
    count = sums[:, _TOLD]
    between = np.divide(sums[:, _E] ** 2, count, out=np.zeros(n_people), where=count > 0)
    stacked: Array = np.column_stack([sums, between, count**2])
    return stacked


def _from_sums(sums: Array, n_groups: int) -> dict[str, Array]:
    """Turn sums, ``(..., 16)``, into figures, ``(...)``; NaN where there is nothing to divide by."""
    told, judged = sums[..., _TOLD], sums[..., _JUDGED]
    with np.errstate(invalid="ignore", divide="ignore"):
        bias = sums[..., _E] / told
        half = _Z95 * np.sqrt(_variance(sums, n_groups))
        return {
            "told_pct": 100 * told / sums[..., _N],
            "cannot_tell_pct": 100 - 100 * told / sums[..., _N],
            "bias": bias,
            "loa_low": bias - half,
            "loa_high": bias + half,
            "mae": sums[..., _ABS] / told,
            "rmse": np.sqrt(sums[..., _EE] / told),
            "icc": _icc_a1(sums),
            "large_pct": 100 * sums[..., _LARGE] / told,
            "coverage_pct": 100 * sums[..., _INSIDE] / judged,
            "half_width": sums[..., _HALF] / judged,
        }


def _variance(sums: Array, n_groups: int) -> Array:
    """Variance between people plus variance within them; the plain one where each has one reading."""
    n, total, squares = sums[..., _TOLD], sums[..., _E], sums[..., _EE]
    between, square = sums[..., _BETWEEN], sums[..., _SQUARE]
    plain = (squares - total**2 / n) / (n - 1)
    ms_between = (between - total**2 / n) / (n_groups - 1)
    ms_within = (squares - between) / (n - n_groups)
    divisor = (n * n - square) / ((n_groups - 1) * n)
    both = np.maximum(0.0, (ms_between - ms_within) / divisor) + ms_within
    repeated: Array = np.where((n > n_groups) & (n_groups > 1), both, plain)
    return repeated


def _icc_a1(sums: Array) -> Array:
    """ICC(A,1) of two raters, truth and reading."""
    n, t, p = sums[..., _TOLD], sums[..., _T], sums[..., _P]
    tt, pp, tp = sums[..., _TT], sums[..., _PP], sums[..., _TP]
    grand = (t + p) / (2 * n)
    rows = 2 * ((tt + 2 * tp + pp) / 4 - n * grand**2)
    columns = n * ((t / n - grand) ** 2 + (p / n - grand) ** 2)
    rest = np.maximum(0.0, tt + pp - 2 * n * grand**2 - rows - columns)
    ms_r, ms_c, ms_e = rows / (n - 1), columns, rest / (n - 1)
    icc: Array = (ms_r - ms_e) / (ms_r + ms_e + 2 * (ms_c - ms_e) / n)
    return icc


def _draw_p95(error: Array, inverse: NDArray[np.intp], drawn: NDArray[np.int64]) -> Array:
    """95th percentile of each draw, ``(draws,)``: that of the sample in which a person counts as often as drawn."""
    order = np.argsort(error)
    sorted_error, who = error[order], inverse[order]
    block = max(1, _BLOCK // len(error))
    found = [_percentile(sorted_error, drawn[k : k + block, who], 0.95) for k in range(0, len(drawn), block)]
    return np.concatenate(found)


def _percentile(sorted_values: Array, times: NDArray[np.int64], share: float) -> Array:
    """Percentile (linear) of sorted values that count ``times`` times, ``(draws, n)``."""
    upto = np.cumsum(times, axis=1)
    n = upto[:, -1]
    place = share * np.maximum(n - 1, 0)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, n - 1)
    last = len(sorted_values) - 1
    at_low = sorted_values[np.minimum((upto <= low[:, None]).sum(axis=1), last)]
    at_high = sorted_values[np.minimum((upto <= high[:, None]).sum(axis=1), last)]
    return np.where(n > 0, at_low + (place - low) * (at_high - at_low), np.nan)


def _rounded(value: float | Array) -> float | None:
    number = float(value)
    return round(number, 3) if np.isfinite(number) else None


def _interval(values: Array) -> list[float] | None:
    """Percentile interval, 95 %, of the draws in which there was anything to count."""
    seen = values[np.isfinite(values)]
    if seen.size < 2:
        return None
    low, high = np.percentile(seen, (2.5, 97.5))
    return [round(float(low), 3), round(float(high), 3)]
