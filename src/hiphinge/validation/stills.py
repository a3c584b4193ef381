"""Stills read with and without the person's still stand, and by the baselines, as readings beside the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hiphinge.model import ANGLES, Array, Motion
from hiphinge.signal import wrap_deg
from hiphinge.spine import (
    NetworkEstimator,
    OutlineEstimator,
    SpineEstimator,
    compute_motion,
    is_back_seen,
    load_calibration,
    model_version,
)
from hiphinge.spine.outline import compute_tangent_deg, fill_hidden, hidden_share
from hiphinge.validation.agreement import Readings, join_readings
from hiphinge.validation.bands import columns_of
from hiphinge.validation.observe import Observed

__all__ = [
    "BASELINES",
    "MIN_LEAN_DEG",
    "References",
    "StillReadings",
    "estimator_version",
    "read_motion",
    "read_stills",
]

#: Only pictures with the trunk leaning more than this count.
MIN_LEAN_DEG = 20.0
#: Where two bare tangents are read, on the hip-shoulder axis: sacrum and T12, those that follow the truth best.
SACRUM, T12 = 0.04, 0.52
#: What is compared: what other tools do, and simpler ways to read the outline; and the angle that each stands for.
BASELINES: Mapping[str, str] = {
    "shoulder–hip–knee angle": "hip_flexion",
    "two tangents, hip": "hip_flexion",
    "two tangents, lumbar": "lumbar_flexion",
    "one linear reading of the back, hip": "hip_flexion",
    "one linear reading of the back, lumbar": "lumbar_flexion",
}
#: Angles that count from the vertical, all others from the person's stand.
FROM_VERTICAL = ("trunk_lean", "shank_lean")
#: Reference → angle → readings.
References = dict[str, dict[str, Readings]]


@dataclass(frozen=True, slots=True)
class StillReadings:
    """Readings of every angle by reference (``still``, ``none``), and of the baselines."""

    by_reference: References
    baselines: dict[str, Readings]


def read_motion(one: Observed, *, still: bool, estimator: SpineEstimator | None = None) -> Motion:
    """Read all pictures of a person as ``hiphinge.assess`` reads a clip: a stand that hides the back gives no zero.

    Parameters
    ----------
    one
        What was seen.
    still
        Whether the person's still stands may serve as zero.
    estimator
        Tells hips and lumbar spine apart; None takes the shipped one.
    """
    calibration = load_calibration()
    given = one.spine_input(still=still)
    if given.standing.reference.angles == "still" and not is_back_seen(given):
        reference = replace(given.standing.reference, angles="none")
        given = replace(given, standing=replace(given.standing, reference=reference))
    return compute_motion(given, estimator=estimator or NetworkEstimator(), calibration=calibration)


def read_stills(
    people: Iterable[Observed], *, baselines: bool = True, estimator: SpineEstimator | None = None
) -> StillReadings:
    """Read every bent picture of every person.

    Parameters
    ----------
    people
        What was seen.
    baselines
        Whether to read the baselines too.
    estimator
        See ``read_motion``.
    """
    parts: dict[str, dict[str, list[Readings]]] = {kind: {a: [] for a in ANGLES} for kind in ("still", "none")}
    others: dict[str, list[Readings]] = {name: [] for name in BASELINES}
    for one in people:
        rows = np.array([r["kind"] == "bent" and r["trunk_lean"] > MIN_LEAN_DEG for r in one.truth])
        share = hidden_share(one.profile)
        known = zip(one.truth, rows, share, strict=True)
        truth = [row | {"hidden_share": float(part)} for row, use, part in known if use]
        if not truth:
            continue
        columns = columns_of(truth)
        for kind, angles in parts.items():
            motion = read_motion(one, still=kind == "still", estimator=estimator)
            for angle in ANGLES:
                track = motion.angle(angle)
                read = (track.value_deg[rows], track.lo_deg[rows], track.hi_deg[rows])
                true = _true_deg(one, angle, still=kind == "still")[rows]
                angles[angle].append(_readings(one.person, true, read, columns))
        if baselines:
            blank = np.full(len(truth), np.nan)
            for name, values in _read_baselines(one).items():
                read = (values[rows], blank, blank)
                true = _true_deg(one, BASELINES[name], still=True)[rows]
                others[name].append(_readings(one.person, true, read, columns))
    joined = {kind: {a: join_readings(found) for a, found in angles.items()} for kind, angles in parts.items()}
    return StillReadings(joined, {name: join_readings(found) for name, found in others.items() if found})


def _true_deg(one: Observed, angle: str, *, still: bool) -> Array:
    """Truth of every picture; what counts from the person's stand counts from the stands that were pictured.

    Nobody stands twice alike: the sway of the pictured stands is no error of the reading that takes them for zero.
    """
    true = np.array([float(row[angle]) for row in one.truth])
    rows = np.array([row["kind"] == "still" for row in one.truth])
    if still and rows.any() and angle not in FROM_VERTICAL:
        true -= np.median(true[rows])
    return true


def _readings(person: str, true: Array, read: tuple[Array, Array, Array], columns: dict[str, Any]) -> Readings:
    """Put values beside the truth, errors taken the short way round the circle."""
    value, lo, hi = read
    error = np.asarray(wrap_deg(value - true))
    return Readings(
        np.full(len(true), person),
        true,
        true + error,
        true + error + (lo - value),
        true + error + (hi - value),
        columns,
    )


def _read_baselines(one: Observed) -> dict[str, Array]:
    """Read the trunk as one stick, by two bare tangents, and linearly; change from the person's stand."""
    s = one.segments
    standing = one.standing(still=True)
    outline = fill_hidden(one.profile.dorsal_ratio, one.profile.hidden)
    station = one.profile.station_ratio
    pelvis = s.trunk_lean_deg - compute_tangent_deg(outline, station, centre_ratio=SACRUM)
    thorax = s.trunk_lean_deg - compute_tangent_deg(outline, station, centre_ratio=T12)

    def change(values: Array) -> Array:
        still = values[standing.rows]
        still = still[np.isfinite(still)]
        changed: Array = values - (np.median(still) if still.size else np.nan)
        return changed

    linear = OutlineEstimator(load_calibration()).estimate(one.spine_input(still=True))
    return {
        "shoulder–hip–knee angle": change(s.trunk_lean_deg - s.thigh_lean_deg),
        "two tangents, hip": change(pelvis) - change(s.thigh_lean_deg),
        "two tangents, lumbar": change(thorax) - change(pelvis),
        "one linear reading of the back, hip": linear.pelvis_tilt.value_deg - change(s.thigh_lean_deg),
        "one linear reading of the back, lumbar": linear.lumbar_flexion.value_deg,
    }


def estimator_version() -> str:
    """Names and checksums of the spine model and of the widths that the product ships, as stored with every result."""
    return f"{model_version()}; {load_calibration().version}"
