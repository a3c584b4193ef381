"""The analytic estimate: tangents of the back's outline, turned into rotations of pelvis, T12 and C7.

The outline's slope in a window says how the skin is inclined there. Skin is not bone: over the sacrum and the
seat it turns less than the pelvis. So each rotation is a fixed linear combination of the tangents, the gains
measured once on rendered people with known angles (``tools/calibrate.py``; errors in ``docs/accuracy.md``).
"""

from __future__ import annotations

import numpy as np

from hiphinge.model import AngleTrack, Array
from hiphinge.signal import smooth
from hiphinge.spine.calibration import Calibration
from hiphinge.spine.estimator import SpineAngles, SpineInput

__all__ = ["TangentEstimator", "compute_features", "compute_tangents_deg", "fill_hidden", "hidden_share"]

#: Centres of the tangent windows on the hip-shoulder axis (0 = hip, 1 = shoulder).
WINDOWS: Array = np.array([-0.20, -0.08, 0.04, 0.16, 0.28, 0.40, 0.52, 0.64, 0.76, 0.90, 1.04])
#: Half-width of each window.
HALF_WINDOW = 0.09
#: The low back: where the outline must be seen for pelvis and lumbar spine to be told apart.
LOW_BACK = (-0.10, 0.65)
#: With more than this share of the low back's outline hidden, nothing is told.
MAX_HIDDEN_SHARE = 0.60


def fill_hidden(dorsal_ratio: Array, hidden: np.ndarray) -> Array:
    """Bridge hidden stations of each frame linearly from the seen ones beside them.

    Returns
    -------
    Array
        ``(n, stations)``; rows with fewer than 12 seen stations are NaN throughout. The bridge is for the tangents
        only; how much was bridged widens the interval.
    """
    bridged = np.where(hidden, np.nan, dorsal_ratio)
    station = np.arange(dorsal_ratio.shape[1])
    for row in range(len(bridged)):
        seen = np.isfinite(bridged[row])
        if seen.all():
            continue
        if seen.sum() < 12:
            bridged[row] = np.nan
        else:
            bridged[row] = np.interp(station, station[seen], bridged[row, seen])
    return bridged


def hidden_share(spine_input: SpineInput) -> Array:
    """``(n,)`` share of the low back's outline that is hidden or unseen, 0..1."""
    profile = spine_input.profile
    low_back = (profile.station_ratio >= LOW_BACK[0]) & (profile.station_ratio <= LOW_BACK[1])
    lost = profile.hidden | ~np.isfinite(profile.dorsal_ratio)
    share: Array = lost[:, low_back].mean(axis=1)
    return share


def compute_tangents_deg(dorsal_ratio: Array, station_ratio: Array) -> Array:
    """Slope of the outline against the hip-shoulder axis in each window.

    Returns
    -------
    Array
        ``(n, len(WINDOWS))`` degrees; positive where the outline moves backward on the way up; NaN where a station
        of the window is unseen.
    """
    columns = []
    for centre in WINDOWS:
        inside = np.abs(station_ratio - centre) <= HALF_WINDOW + 1e-9
        t = station_ratio[inside] - station_ratio[inside].mean()
        columns.append(dorsal_ratio[:, inside] @ (t / (t @ t)))
    tangents: Array = np.degrees(np.arctan(np.stack(columns, axis=1)))
    return tangents


def compute_features(spine_input: SpineInput) -> Array:
    """Tangents and the angles of thigh and neck against the trunk, ``(n, n_features)`` degrees, NaN unseen."""
    profile, segments = spine_input.profile, spine_input.segments
    outline = fill_hidden(profile.dorsal_ratio, profile.hidden)
    outline = smooth(outline, time_s=segments.time_s)
    tangents = compute_tangents_deg(outline, profile.station_ratio)
    thigh = segments.thigh_lean_deg - segments.trunk_lean_deg
    return np.column_stack([tangents, thigh, segments.trunk_lean_deg])


class TangentEstimator:
    """Pelvis, lumbar and thoracic rotation from tangents (see the module's text).

    Parameters
    ----------
    calibration
        Gains and interval widths.
    """

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration

    @property
    def name(self) -> str:
        """Name and version of the calibration."""
        return self._calibration.name

    def estimate(self, spine_input: SpineInput) -> SpineAngles:
        """Estimate the three angles; see ``SpineEstimator``."""
        calibration = self._calibration
        kind = spine_input.standing.reference.angles
        features = compute_features(spine_input)
        if kind == "still":
            rows = spine_input.standing.rows & np.isfinite(features).all(axis=1)
            if rows.any():
                features = np.column_stack([features - np.median(features[rows], axis=0), features])
            else:
                kind = "none"
        model = calibration.models[kind]
        turned = features @ model.weights + model.offset
        share = hidden_share(spine_input)
        turned[share > MAX_HIDDEN_SHARE] = np.nan
        yaw = spine_input.yaw_deg[np.isfinite(spine_input.yaw_deg)]
        yaw_deg = float(np.median(yaw)) if yaw.size else float("nan")
        extra = calibration.hidden_gain_deg * np.nan_to_num(share)

        def track(name: str, values: Array) -> AngleTrack:
            half = calibration.half_width(name, reference=kind, yaw_deg=yaw_deg) + extra
            return AngleTrack(values, values - half, values + half)

        return SpineAngles(
            pelvis_tilt=track("pelvis_tilt", turned[:, 0]),
            lumbar_flexion=track("lumbar_flexion", turned[:, 1] - turned[:, 0]),
            thoracic_flexion=track("thoracic_flexion", turned[:, 2] - turned[:, 1]),
        )
