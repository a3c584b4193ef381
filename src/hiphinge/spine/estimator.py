"""The seam: what an estimator of hips and lumbar spine is given, and what it must return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hiphinge.model import AngleTrack, Array, ProfileTrack
from hiphinge.sagittal import Segments, Standing

__all__ = ["SpineAngles", "SpineEstimator", "SpineInput"]


@dataclass(frozen=True, slots=True)
class SpineInput:
    """One person's clip: back outline, segment leans, standing reference, yaw (``(n,)`` degrees, NaN unseen)."""

    profile: ProfileTrack
    segments: Segments
    standing: Standing
    yaw_deg: Array


@dataclass(frozen=True, slots=True)
class SpineAngles:
    """Pelvis tilt, lumbar and thoracic flexion with 90 % intervals, change from standing; NaN where not told."""

    pelvis_tilt: AngleTrack
    lumbar_flexion: AngleTrack
    thoracic_flexion: AngleTrack


class SpineEstimator(Protocol):
    """Tells pelvis, lumbar and thoracic rotation apart.

    An estimator must answer without a still stand (``standing.reference.angles == "none"``) with a wider interval,
    must give NaN rather than a guess where the outline is not seen, and must be a pure function of its input.
    """

    @property
    def name(self) -> str:
        """Name and version, stored with every result."""

    def estimate(self, spine_input: SpineInput) -> SpineAngles:
        """Estimate the three angles over a clip."""
