"""The analytic estimate: rotations of pelvis, T12 and C7 as linear readings of the back's outline.

The outline's slope over the sacrum says how the skin there is inclined, its slope over the ribs how the thorax is;
but skin is not bone, and cloth is not skin. So instead of two bare tangents each rotation is one fixed linear
combination of the whole outline and of the leans of trunk, thigh, shank and neck (a slope is such a combination
too). Where a plate or a bar hides shank or head, a second combination without them is used, with its own, wider
interval. The coefficients were measured once on rendered people with known angles (``tools/calibrate.py``); errors,
and those of two bare tangents, are in ``docs/validation.md``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import AngleTrack, Array, ProfileTrack
from hiphinge.signal import smooth
from hiphinge.spine.calibration import Calibration
from hiphinge.spine.estimator import SpineAngles, SpineInput

__all__ = [
    "HIDDEN",
    "N_HIDEABLE",
    "OutlineEstimator",
    "compute_features",
    "compute_tangent_deg",
    "fill_hidden",
    "hidden_share",
    "refer",
]

#: Every so many-th station of the profile is read; the outline is smooth between them.
STATION_STEP = 2
#: The low back: where the outline must be seen for pelvis and lumbar spine to be told apart.
LOW_BACK = (-0.10, 0.65)
#: With more than this share of the low back's outline hidden, nothing is told.
MAX_HIDDEN_SHARE = 0.60
#: The last features may be hidden (shank behind a plate, head behind a bar); readings without them end on ``HIDDEN``.
N_HIDEABLE = 3
HIDDEN = "_hidden"
#: A frame with fewer seen stations than this has no outline to read (12 of the back's 61).
MIN_SEEN_SHARE = 12 / 61


def fill_hidden(
    outline_ratio: NDArray[np.floating], hidden: NDArray[np.bool_], *, min_seen_share: float = MIN_SEEN_SHARE
) -> Array:
    """Bridge hidden stations of each frame linearly from the seen ones beside them.

    Returns
    -------
    Array
        ``(n, stations)``; rows of which less than ``min_seen_share`` is seen are NaN throughout. The bridge is for
        reading only: the drawing leaves it out, and how much was bridged widens the interval.
    """
    bridged = np.where(hidden, np.nan, outline_ratio).astype(np.float64)
    station = np.arange(bridged.shape[1])
    seen = np.isfinite(bridged)
    for row in np.flatnonzero(~seen.all(axis=1)):
        if seen[row].mean() < min_seen_share:
            bridged[row] = np.nan
        else:
            bridged[row] = np.interp(station, station[seen[row]], bridged[row, seen[row]])
    return bridged


def hidden_share(profile: ProfileTrack) -> Array:
    """``(n,)`` share of the low back's outline that is hidden or unseen, 0..1."""
    low_back = (profile.station_ratio >= LOW_BACK[0]) & (profile.station_ratio <= LOW_BACK[1])
    lost = profile.hidden | ~np.isfinite(profile.dorsal_ratio)
    share: Array = lost[:, low_back].mean(axis=1)
    return share


def compute_tangent_deg(
    dorsal_ratio: Array, station_ratio: Array, *, centre_ratio: float, half_window_ratio: float = 0.09
) -> Array:
    """Slope of the outline against the hip-shoulder axis around one station.

    Returns
    -------
    Array
        ``(n,)`` degrees; positive where the outline moves backward on the way up; NaN where a station of the window
        is unseen.

    Notes
    -----
    The plain posterior tangent. It is the baseline that ``hiphinge validate`` compares the linear reading with.
    """
    inside = np.abs(station_ratio - centre_ratio) <= half_window_ratio + 1e-9
    t = station_ratio[inside] - station_ratio[inside].mean()
    slope: Array = np.degrees(np.arctan(dorsal_ratio[:, inside] @ (t / (t @ t))))
    return slope


def compute_features(spine_input: SpineInput) -> Array:
    """Collect what the linear reading sees of each frame.

    Returns
    -------
    Array
        ``(n, n_features)``: the outline in % of trunk length at every ``STATION_STEP``-th station, the leans of
        trunk and thigh in degrees, the thigh's length in % of the trunk's, and last (``N_HIDEABLE``) the leans of
        shank and neck and the neck's length; NaN where unseen.
    """
    profile, s = spine_input.profile, spine_input.segments
    outline = fill_hidden(profile.dorsal_ratio, profile.hidden)[:, ::STATION_STEP]
    outline = smooth(outline, time_s=s.time_s)
    thigh = np.hypot(*(s.hip - s.knee).T) / s.trunk_px
    neck = np.hypot(*(s.shoulder - s.ear).T) / s.trunk_px
    seen = [100 * outline, s.trunk_lean_deg, s.thigh_lean_deg, 100 * thigh]
    return np.column_stack([*seen, s.shank_lean_deg, s.neck_lean_deg, 100 * neck])


def refer(features: Array, rows: NDArray[np.bool_]) -> Array | None:
    """Put the change from the still stand beside each feature, ``(n, 2 n_features)``; None without such rows."""
    rows = rows & np.isfinite(features).all(axis=1)
    if not rows.any():
        return None
    return np.column_stack([features - np.median(features[rows], axis=0), features])


class OutlineEstimator:
    """Pelvis, lumbar and thoracic rotation as linear readings of the outline (see the module's text).

    Parameters
    ----------
    calibration
        Coefficients and interval widths.
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
        whole = compute_features(spine_input)
        parts = {"": whole, HIDDEN: whole[:, :-N_HIDEABLE]}
        if kind == "still":
            referred = {name: refer(part, spine_input.standing.rows) for name, part in parts.items()}
            kept = {name: part for name, part in referred.items() if part is not None}
            kind, parts = ("still", kept) if kept else ("none", parts)
        readings = {name: calibration.models[kind + name].read(part) for name, part in parts.items()}
        unread = np.full((len(whole), 3), np.nan)
        readings = {name: readings.get(name, unread) for name in ("", HIDDEN)}
        hidden = ~np.isfinite(readings[""][:, 0])
        turned = np.where(hidden[:, None], readings[HIDDEN], readings[""])
        share = hidden_share(spine_input.profile)
        turned[share > MAX_HIDDEN_SHARE] = np.nan
        yaw = spine_input.yaw_deg[np.isfinite(spine_input.yaw_deg)]
        yaw_deg = float(np.median(yaw)) if yaw.size else float("nan")
        extra = calibration.hidden_gain_deg * np.nan_to_num(share)

        def track(name: str, values: Array) -> AngleTrack:
            full, part = (calibration.half_width(name, reference=kind + end, yaw_deg=yaw_deg) for end in ("", HIDDEN))
            half = np.where(hidden, part, full) + extra
            return AngleTrack(values, values - half, values + half)

        return SpineAngles(
            pelvis_tilt=track("pelvis_tilt", turned[:, 0]),
            lumbar_flexion=track("lumbar_flexion", turned[:, 1] - turned[:, 0]),
            thoracic_flexion=track("thoracic_flexion", turned[:, 2] - turned[:, 1]),
        )
