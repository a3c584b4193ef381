"""How well one number tells two groups apart: the area under the ROC curve and an interval that holds for few clips.

The interval is Newcombe's score interval (Statistics in Medicine 25, 2006, 559-573, method 5): the areas whose own
standard error, after Hanley and McNeil with both groups' sizes averaged, reaches the one seen. DeLong's standard error
and the bootstrap are both zero where two small groups do not overlap, and would call an area of 1 from five clips
certain. Where clips share a person, they are not independent; the interval is then widened to hold the bootstrap
interval over persons as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array

__all__ = ["Separation", "bootstrap_auc", "compute_auc", "compute_auc_interval", "separate"]

LEVEL = 0.95
N_DRAWS = 2000
SCORE = "score interval (Newcombe 2006, method 5)"
SCORE_AND_PERSONS = f"{SCORE}, widened to the bootstrap over persons"


@dataclass(frozen=True, slots=True)
class Separation:
    """One area under the curve: the chance that a rounded clip reads higher than a flat one.

    ``auc``, ``lo`` and ``hi`` (95 %) are NaN where a group is empty, and so are the
    numbers in degrees: both medians, and ``gap_deg``, the lowest rounded clip minus the highest flat one, which still
    tells two models apart where both reach an area of 1.
    """

    name: str
    n_round: int
    n_flat: int
    auc: float
    lo: float
    hi: float
    round_median_deg: float
    flat_median_deg: float
    gap_deg: float
    method: str


def compute_auc(high: Sequence[float] | Array, low: Sequence[float] | Array) -> float:
    """Share of pairs in which ``high`` exceeds ``low``, ties half (Mann-Whitney U ÷ pairs); NaN where one is empty."""
    a, b = np.asarray(high, dtype=float), np.asarray(low, dtype=float)
    if not a.size or not b.size:
        return float("nan")
    return float(np.mean((a[:, None] > b) + 0.5 * (a[:, None] == b)))


def compute_auc_interval(auc: float, n_high: int, n_low: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Return the score interval of an area from groups of two sizes.

    Returns
    -------
    tuple of float
        Lower and upper end, 0..1; NaN where the area is.
    """
    if not np.isfinite(auc):
        return (float("nan"), float("nan"))
    z = NormalDist().inv_cdf((1 + level) / 2)
    mean_size = (n_high + n_low) / 2

    def is_inside(true: float) -> bool:
        shape = 2 * mean_size - 1 - 3 * (mean_size - 1) / ((2 - true) * (1 + true))
        variance = true * (1 - true) * shape / (n_high * n_low)
        return bool((auc - true) ** 2 <= z * z * variance)

    def end(outside: float) -> float:
        inside = auc
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if is_inside(middle) else (inside, middle)
        return inside

    return (end(0.0), end(1.0))


def bootstrap_auc(
    values: Array, is_round: NDArray[np.bool_], clusters: Sequence[str], *, level: float = LEVEL, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the area over draws of whole clusters (persons) with replacement.

    Returns
    -------
    tuple of float
        Lower and upper end; NaN where a group is empty. Draws that miss one of the groups are left out.
    """
    if is_round.all() or not is_round.any():
        return (float("nan"), float("nan"))
    names = sorted(set(clusters))
    members = [np.flatnonzero([one == name for one in clusters]) for name in names]
    rng = np.random.default_rng(seed)
    areas = []
    for _ in range(N_DRAWS):
        rows = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        areas.append(compute_auc(values[rows][is_round[rows]], values[rows][~is_round[rows]]))
    lo, hi = np.nanquantile(areas, [(1 - level) / 2, (1 + level) / 2])
    return (float(lo), float(hi))


def separate(name: str, values: Array, is_round: NDArray[np.bool_], persons: Sequence[str]) -> Separation:
    """Compute the area, its interval and both medians of one set of clips.

    Parameters
    ----------
    name
        What the set is called.
    values
        ``(n,)`` the number that tells, degrees, finite.
    is_round
        ``(n,)`` true for the clips labelled rounded, false for the flat ones.
    persons
        Who is seen in each; "" is somebody seen once.
    """
    high, low = values[is_round], values[~is_round]
    auc = compute_auc(high, low)
    lo, hi = compute_auc_interval(auc, high.size, low.size)
    # Somebody without a name is a cluster of one; no name starts with a null byte.
    clusters = [person or f"\0{k}" for k, person in enumerate(persons)]
    method = SCORE
    if len(set(clusters)) < len(clusters):
        drawn = bootstrap_auc(values, is_round, clusters)
        lo, hi = float(np.fmin(lo, drawn[0])), float(np.fmax(hi, drawn[1]))
        method = SCORE_AND_PERSONS
    gap = float(high.min() - low.max()) if high.size and low.size else float("nan")
    return Separation(name, high.size, low.size, auc, lo, hi, _median(high), _median(low), gap, method)


def _median(values: Array) -> float:
    return float(np.median(values)) if values.size else float("nan")
