"""Stance width from a photograph of the front (rule 12): ankle ÷ shoulder spacing. Pure; advice, never a gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array
from hiphinge.sagittal.points import ANKLES, HIPS, KNEES, MIN_VISIBILITY, SHOULDERS, Points, middle

__all__ = ["BAND", "WIDER_BAND", "StancePlace", "StanceWidth", "measure_stance"]

StancePlace = Literal["narrow", "shoulder_width", "wide", "very_wide", "cannot_tell"]
#: Rule 12: under the shoulders; and the wider stance that makes the hinge easier for some (from the article, DESIGN).
BAND, WIDER_BAND = (0.9, 1.3), (1.3, 1.6)
#: How far past a line the value must lie to leave the band.
TOLERANCE = 0.1
#: True ratio ÷ that of the pose model's points, and 90 % half-widths of what is left: a share of the ratio and a part
#: that does not grow with it. Rendered people, ``tools/measure_stance.py``.
GAIN, HALF_SHARE, HALF_RATIO = 0.967, 0.105, 0.03
#: Further than this from facing the camera, or from showing the back, feet before each other look apart, degrees.
MAX_TURN_DEG = 35.0
#: Somebody who stands upright, in the picture: trunk ÷ leg, thigh ÷ leg, and trunk and leg ÷ shoulder spacing at
#: least. A bend shortens the trunk, a squat the legs, a crouch both. All of 50 rendered people lie inside.
TRUNK_RATIO, THIGH_RATIO, MIN_LENGTH_RATIO = (0.47, 0.95), (0.42, 0.62), 3.0
MIN_HEIGHT_PX = 140.0

_CUES: dict[StancePlace, str] = {
    "narrow": "Feet a little further apart: under your shoulders.",
    "shoulder_width": "",
    "wide": "Wider than the shoulders: fine where the hips pinch, else bring the feet under your shoulders.",
    "very_wide": "Feet a little closer together: under your shoulders, or a little wider if the hips pinch.",
    "cannot_tell": "",
}


@dataclass(frozen=True, slots=True)
class StanceWidth:
    """How far apart the feet stand.

    ``value`` with its 90 % interval ``lo`` to ``hi`` is ankle spacing ÷ shoulder spacing, None where it is not told;
    ``reason`` then says why and what to change. ``place`` names the band, ``cue`` what to try ("" where nothing).
    """

    value: float | None
    lo: float | None
    hi: float | None
    place: StancePlace
    cue: str
    reason: str


def measure_stance(keypoints_px: Array, visibility: Array, world_m: Array) -> StanceWidth:
    """Measure the stance width from poses of one person who faces the camera, or shows the back.

    Parameters
    ----------
    keypoints_px
        ``(n, 33, 2)`` pixels of one or more pictures; NaN where nobody was found.
    visibility
        ``(n, 33)`` 0 to 1.
    world_m
        ``(n, 33, 3)`` metres, x right, z away from the camera.

    Returns
    -------
    StanceWidth
        From the median over the pictures; ``cannot_tell`` where ankles or shoulders are hidden, the person is turned,
        bent or too small.
    """
    seen = np.isfinite(keypoints_px[:, 0, 0])
    if not seen.any():
        return _untold("Nobody was found: take the photo from the front, head to feet, in good light.")
    upright = seen & _is_upright(keypoints_px)
    rows = upright if upright.any() else seen
    reason = _refuse(keypoints_px[rows], visibility[rows], world_m[rows])
    if reason:
        return _untold(reason)
    if not upright.any():
        return _untold("You seem to bend or squat: stand upright, as before the first rep.")
    points = keypoints_px[rows]
    value = GAIN * float(np.median(_apart(points, ANKLES) / _apart(points, SHOULDERS)))
    half = float(np.hypot(HALF_SHARE * value, HALF_RATIO))
    place = _place(value)
    return StanceWidth(value, value - half, value + half, place, _CUES[place], "")


def _untold(reason: str) -> StanceWidth:
    return StanceWidth(None, None, None, "cannot_tell", "", reason)


def _apart(points: Array, pair: Points) -> Array:
    """Distance of a left and a right point, ``(n,)``."""
    gap: Array = np.hypot(*(points[:, pair[0]] - points[:, pair[1]]).T)
    return gap


def _refuse(points: Array, shown: Array, world: Array) -> str:
    """Say why the pictures do not tell the stance; "" where they do."""
    turn = _turn_deg(world)
    if turn > MAX_TURN_DEG:
        return f"You are turned by about {turn:.0f}°: face the camera squarely, or turn your back to it."
    if float(np.median(shown[:, [*SHOULDERS, *ANKLES]].min(axis=1))) < MIN_VISIBILITY:
        return "Shoulders and both ankles must be seen: step back, and move aside what stands before the feet."
    trunk = np.hypot(*(middle(points, SHOULDERS) - middle(points, HIPS)).T)
    leg = np.hypot(*(middle(points, HIPS) - middle(points, ANKLES)).T)
    if float(np.median(trunk + leg)) / 0.77 < MIN_HEIGHT_PX:
        return "You are too small in the picture: come closer, head to feet."
    return ""


def _is_upright(points: Array) -> NDArray[np.bool_]:
    """``(n,)`` true where the person stands upright, as far as the front shows it; false where nobody is seen."""
    trunk = np.hypot(*(middle(points, SHOULDERS) - middle(points, HIPS)).T)
    thigh = np.hypot(*(middle(points, HIPS) - middle(points, KNEES)).T)
    leg = np.hypot(*(middle(points, HIPS) - middle(points, ANKLES)).T)
    with np.errstate(invalid="ignore"):
        upright: NDArray[np.bool_] = trunk + leg >= MIN_LENGTH_RATIO * _apart(points, SHOULDERS)
        for share, (low, high) in ((trunk, TRUNK_RATIO), (thigh, THIGH_RATIO)):
            upright &= (share >= low * leg) & (share <= high * leg)
    return upright


def _turn_deg(world: Array) -> float:
    """How far the person is turned out of the front (or back) view, 0 to 90 degrees, from shoulders and hips."""
    across = [np.abs(world[:, a, 0] - world[:, b, 0]) for a, b in (SHOULDERS, HIPS)]
    away = [world[:, a, 2] - world[:, b, 2] for a, b in (SHOULDERS, HIPS)]
    return float(np.degrees(np.arctan2(np.abs(np.median(away)), np.median(across))))


def _place(value: float) -> StancePlace:
    """Name the band, with the tolerance on the outer lines so that the edge of a good stance is not called narrow."""
    if value < BAND[0] - TOLERANCE:
        return "narrow"
    if value <= BAND[1] + TOLERANCE / 2:
        return "shoulder_width"
    return "wide" if value <= WIDER_BAND[1] + TOLERANCE else "very_wide"
