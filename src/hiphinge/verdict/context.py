"""What the measures of a clip are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from hiphinge.model import Motion, PoseTrack, ProfileTrack
from hiphinge.sagittal import Segments, Standing
from hiphinge.spine import RatioWidths

__all__ = ["RepContext"]


@dataclass(frozen=True, slots=True)
class RepContext:
    """All that the measures of a clip are computed from.

    ``foot_length_gain`` is the calibration's: hip travel already has it, other lengths get it here. ``wall_px`` is the
    canonical x of the wall behind the person; where it is None, ``wall_reason`` may say why. ``foot_length_cm`` is the
    shoe's.
    """

    motion: Motion
    segments: Segments
    standing: Standing
    pose: PoseTrack
    profile: ProfileTrack
    widths: RatioWidths
    load: str | None
    own_maximum_deg: tuple[float, float, float] | None
    drill: str = "hinge"
    foot_length_gain: float = 1.0
    wall_px: float | None = None
    wall_reason: str = ""
    foot_length_cm: float | None = None

    @property
    def foot_px(self) -> float:
        """Length of the foot in pixels, as hip travel counts it; NaN without a place to count from."""
        return (self.standing.reference.foot_length_px or nan) * self.foot_length_gain
