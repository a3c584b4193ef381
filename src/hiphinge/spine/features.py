"""What the spine model sees of each frame: outline of back, belly and thigh, leans, lengths, view.

The same numbers, in the same order, whatever the picture's size, the person's facing and the camera: lengths are in
% of trunk length (places in % of the standing trunk where there is a still stand), angles in degrees from the
picture's vertical. NaN marks what is hidden; the model was trained with parts hidden.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array, ProfileTrack
from hiphinge.sagittal import Segments
from hiphinge.signal import smooth
from hiphinge.spine.estimator import SpineInput
from hiphinge.spine.outline import fill_hidden
from hiphinge.spine.profile import STATIONS

__all__ = [
    "GROUPS",
    "N_FEATURES",
    "YAW_COLUMN",
    "assemble_features",
    "bridge_outlines",
    "compute_view_yaw_deg",
    "extract_features",
    "is_back_seen",
    "join_reference",
    "reference_row",
]

#: Parts of the feature vector that can be hidden, name → length, in order. ``hidden`` is always there.
GROUPS: dict[str, int] = {
    "back": 31,
    "hidden": 31,
    "belly": 16,
    "thigh": 26,
    "trunk": 4,
    "shank": 2,
    "neck": 2,
    "slope": 30,
    "place": 10,
    "view": 2,
}
N_FEATURES = sum(GROUPS.values())
#: Column of the yaw. It is one number for a whole clip, so that its change from the stand is always 0.
YAW_COLUMN = N_FEATURES - GROUPS["view"]

#: Where the slope of the back is read: along the skin from the foot of the ray at the hip centre, in trunk lengths.
SKIN_STATIONS: Array = np.linspace(-0.30, 1.15, GROUPS["slope"])
#: A row of an outline with a smaller share of seen stations than this is not bridged.
MIN_SEEN_SHARE = 0.2


def compute_view_yaw_deg(spine_input: SpineInput) -> float:
    """Yaw of the clip, the median over its frames, degrees; NaN where it was never read."""
    yaw = spine_input.yaw_deg[np.isfinite(spine_input.yaw_deg)]
    return float(np.median(yaw)) if yaw.size else float("nan")


def is_back_seen(spine_input: SpineInput) -> bool:
    """Tell whether the still stand shows the back in any frame, so that angles can count from it."""
    profile, s = spine_input.profile, spine_input.segments
    seen = (~profile.hidden & np.isfinite(profile.dorsal_ratio)).mean(axis=1) >= MIN_SEEN_SHARE
    seen &= np.isfinite(s.trunk_lean_deg) & np.isfinite(s.thigh_lean_deg)
    return bool((spine_input.standing.rows & seen).any())


def extract_features(spine_input: SpineInput) -> Array:
    """Collect the features of every frame.

    Parameters
    ----------
    spine_input
        One person's clip.

    Returns
    -------
    Array
        ``(n, N_FEATURES)``; NaN where a part is hidden or unseen (``hidden`` is never NaN).
    """
    outlines = [smooth(one, time_s=spine_input.segments.time_s) for one in bridge_outlines(spine_input.profile)]
    return assemble_features(
        outlines,
        spine_input.profile,
        spine_input.segments,
        unit_px=_unit_px(spine_input),
        yaw_deg=compute_view_yaw_deg(spine_input),
    )


def bridge_outlines(profile: ProfileTrack) -> list[Array]:
    """Outlines of back, belly, thigh behind and thigh in front, ``(n, stations)`` ÷ trunk length, hidden parts bridged.

    NaN rows where too little of an outline is seen. Not smoothed yet.
    """
    sides = (profile.ventral_ratio, profile.thigh_back_ratio, profile.thigh_front_ratio)
    belly_ratio, *thigh_ratios = (
        fill_hidden(side, np.zeros_like(side, dtype=bool), min_seen_share=MIN_SEEN_SHARE) for side in sides
    )
    back_ratio = fill_hidden(profile.dorsal_ratio, _is_lost(profile), min_seen_share=MIN_SEEN_SHARE)
    return [back_ratio[:, ::2], belly_ratio[:, ::2], *thigh_ratios]


def _is_lost(profile: ProfileTrack) -> NDArray[np.bool_]:
    return profile.hidden | ~np.isfinite(profile.dorsal_ratio)


def assemble_features(
    outlines: Sequence[Array], profile: ProfileTrack, segments: Segments, *, unit_px: Array, yaw_deg: float | Array
) -> Array:
    """Put the features together from smoothed outlines (of ``bridge_outlines``) and segments.

    Parameters
    ----------
    outlines
        Of back, belly, thigh behind and in front.
    profile
        What was hidden, how soft the edge is, where the seat lies.
    segments
        Joints and leans.
    unit_px
        ``(n,)`` length that positions are measured in: the trunk in the still stand, else of each frame.
    yaw_deg
        The clip's yaw, or ``(n,)`` one for each frame.

    Returns
    -------
    Array
        ``(n, N_FEATURES)``, see ``extract_features``.
    """
    s = segments
    back, belly, thigh_back, thigh_front = (100 * one for one in outlines)
    lengths = {
        "thigh": np.hypot(*(s.hip - s.knee).T),
        "shank": np.hypot(*(s.knee - s.ankle).T),
        "neck": np.hypot(*(s.shoulder - s.ear).T),
    }
    percent = {name: 100 * length / s.trunk_px for name, length in lengths.items()}
    softness = 100 * profile.edge_softness_px / s.trunk_px
    yaw = np.full(len(s.time_s), yaw_deg, dtype=np.float64)
    slope = _skin_slope_deg(back / 100, s.trunk_px / unit_px, s.trunk_lean_deg)
    columns = [
        back,
        _is_lost(profile)[:, ::2].astype(np.float64),
        belly,
        thigh_back,
        thigh_front,
        s.trunk_lean_deg,
        s.thigh_lean_deg,
        s.trunk_lean_deg - s.thigh_lean_deg,
        percent["thigh"],
        s.shank_lean_deg,
        percent["shank"],
        s.neck_lean_deg - s.trunk_lean_deg,
        percent["neck"],
        slope,
        _places(s, profile.seat_px, unit_px),
        yaw,
        softness,
    ]
    return np.column_stack(columns)


def _unit_px(spine_input: SpineInput) -> Array:
    """Length that positions are measured in, ``(n,)``: the trunk in the person's still stand, else in each frame.

    The standing trunk does not shorten when the back rounds, nor when the hip centre is seen too high.
    """
    trunk_px, standing = spine_input.segments.trunk_px, spine_input.standing
    rows = standing.rows & np.isfinite(trunk_px)
    if standing.reference.angles == "still" and rows.any():
        return np.full(len(trunk_px), float(np.median(trunk_px[rows])))
    return trunk_px


def _places(s: Segments, seat_px: Array, unit_px: Array) -> Array:
    """Hip, shoulder, knee, ear and seat from the ankle, ``(n, 10)`` % of the unit: forward and down positive."""
    points = (s.hip, s.shoulder, s.knee, s.ear, seat_px)
    return np.column_stack([100 * (point - s.ankle) / unit_px[:, None] for point in points])


def _skin_slope_deg(back_ratio: Array, scale: Array, trunk_lean_deg: Array) -> Array:
    """Lean of the skin of the back at ``SKIN_STATIONS``, ``(n, 30)`` degrees from vertical; NaN rows where unseen.

    The change of this from standing is how far the skin of one place has turned: with the pelvis over the sacrum, with
    the ribs over the thorax.
    """
    station = STATIONS[::2]
    slope = np.full((len(back_ratio), len(SKIN_STATIONS)), np.nan)
    padded = np.pad(back_ratio, ((0, 0), (1, 1)), mode="edge")
    even = 0.25 * padded[:, :-2] + 0.5 * padded[:, 1:-1] + 0.25 * padded[:, 2:]
    along, out = np.diff(station), np.diff(even, axis=1)
    lean = trunk_lean_deg[:, None] - np.degrees(np.arctan2(out, along))
    travelled = np.cumsum(np.hypot(along, out) * scale[:, None], axis=1)
    travelled = np.pad(travelled, ((0, 0), (1, 0)))
    middle = 0.5 * (travelled[:, 1:] + travelled[:, :-1])
    for row in np.flatnonzero(np.isfinite(lean).all(axis=1) & np.isfinite(scale)):
        start = np.interp(0.0, station, travelled[row])
        slope[row] = np.interp(SKIN_STATIONS, middle[row] - start, lean[row], left=np.nan, right=np.nan)
    return slope


def reference_row(features: Array, rows: NDArray[np.bool_]) -> Array | None:
    """Median features of the still stand, ``(N_FEATURES,)``; None where the back was not seen in it."""
    back = features[rows & np.isfinite(features[:, : GROUPS["back"]]).all(axis=1)]
    if not len(back):
        return None
    some = np.isfinite(back).any(axis=0)
    middle = np.full(back.shape[1], np.nan)
    middle[some] = np.nanmedian(back[:, some], axis=0)
    return middle


def join_reference(features: Array, reference: Array | None) -> Array:
    """Put the change from the still stand before the features, ``(n, 2 N_FEATURES)``; as they are without one."""
    if reference is None:
        return features
    return np.column_stack([features - reference, features])
