"""What every measure is called, and its unit."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["MEASURE_LABELS", "as_shown"]

#: Name -> (label, unit).
MEASURE_LABELS: Mapping[str, tuple[str, str]] = {
    "trunk_lean": ("trunk lean at the bottom", "°"),
    "hip_flexion": ("hip flexion at the bottom", "°"),
    "lumbar_flexion": ("lumbar flexion at the bottom", "°"),
    "pelvis_tilt": ("pelvis tilt at the bottom", "°"),
    "thoracic_flexion": ("thoracic flexion at the bottom", "°"),
    "hip_share": ("hip share of the bend", "%"),
    "lumbar_share": ("lumbar share of the bend", "%"),
    "hip_share_60": ("hip share over the first 60° of lean", "%"),
    "hip_share_q1": ("hip share, first quarter", "%"),
    "hip_share_q2": ("hip share, second quarter", "%"),
    "hip_share_q3": ("hip share, third quarter", "%"),
    "hip_share_q4": ("hip share, last quarter", "%"),
    "lumbar_of_own_maximum": ("lumbar flexion, share of own maximum", "%"),
    "over_arch": ("lumbar extension beyond standing", "°"),
    "ribs_pelvis_range": ("ribs-to-pelvis range over the rep", "°"),
    "hip_back": ("hip travel back", "FL"),
    "seat_back": ("seat past the doorway", "FL"),
    "drop_per_back": ("drop ÷ back", ""),
    "stoop_squat_index": ("stoop-squat index", ""),
    "neck_extension": ("looking up (neck extension)", "°"),
    "knee_flexion": ("knee flexion at the bottom", "°"),
    "knee_change": ("knee change on the way down", "°"),
    "shank_lean": ("shin lean at the bottom", "°"),
    "hip_per_knee": ("hip flexion ÷ knee flexion", ""),
    "foot_slide": ("foot slide", "FL"),
    "foot_pitch": ("foot pitch change", "°"),
    "load_offset": ("hands from where the load belongs", "trunk"),
    "reach": ("fingertips above the floor", "FL"),
    "reach_cm": ("fingertips above the floor, estimated from the shoe's length", "cm"),
    "wall_gap": ("seat to wall, the least at the bottom", "FL"),
    "wall_touch_time": ("seat at the wall from", "s"),
    "thigh_change": ("thigh lean, largest change", "°"),
    "trunk_change": ("trunk lean, largest change", "°"),
    "hip_shift": ("hip centre, largest shift", "FL"),
    "descent_time": ("time down, 12 to 95 % of the depth", "s"),
    "ascent_time": ("time up, 95 to 12 % of the depth", "s"),
    "heel_to_wall": ("heel to wall in the still stand", "FL"),
    "lean_spread": ("spread of the bottom lean over the set", "°"),
}

#: Parts of a whole. A share of one's own maximum is none: more than all of it may be bent.
_PARTS = frozenset(name for name, (_, unit) in MEASURE_LABELS.items() if unit == "%") - {"lumbar_of_own_maximum"}


def as_shown(name: str, *values: float) -> tuple[float, ...]:
    """Return values of a measure as they are shown: a share of the bend, in percent, between none and all of it.

    What is stored keeps an estimate that lies past an end.

    Examples
    --------
    >>> as_shown("hip_share", 102.0, 80.0, 125.0), as_shown("lumbar_of_own_maximum", 120.0)
    ((100.0, 80.0, 100.0), (120.0,))
    """
    return tuple(min(max(one, 0.0), 100.0) for one in values) if name in _PARTS else values
