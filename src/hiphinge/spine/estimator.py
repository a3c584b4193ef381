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
    """Joint angles with 90 % intervals, change from standing (trunk lean: from vertical); NaN where not told.

    Hip and knee flexion and trunk lean are None where an estimator leaves them to the pose model's bare points.
    """

    pelvis_tilt: AngleTrack
    lumbar_flexion: AngleTrack
    thoracic_flexion: AngleTrack
    hip_flexion: AngleTrack | None = None
    knee_flexion: AngleTrack | None = None
    trunk_lean: AngleTrack | None = None


class SpineEstimator(Protocol):
    """Tells hips and lumbar spine apart.

    An estimator must answer without a still stand (``standing.reference.angles == "none"``), with intervals that are
    wider on the whole, must give NaN rather than a guess where the outline is not seen, and must be a pure function of
    its input.
    """

    @property
    def name(self) -> str:
        """Name and version, stored with every result."""

    def estimate(self, spine_input: SpineInput) -> SpineAngles:
        """Estimate the angles over a clip."""
