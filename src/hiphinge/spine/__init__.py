"""Hips and lumbar spine told apart, with intervals. ``profile`` reads the outline; ``estimator`` is the seam."""

from hiphinge.spine.calibration import Calibration, RatioWidths, load_calibration
from hiphinge.spine.estimator import SpineAngles, SpineEstimator, SpineInput
from hiphinge.spine.motion import compute_motion
from hiphinge.spine.profile import ProfileBuilder, back_curve_px, compute_profile
from hiphinge.spine.outline import OutlineEstimator

__all__ = [
    "Calibration",
    "ProfileBuilder",
    "RatioWidths",
    "SpineAngles",
    "SpineEstimator",
    "SpineInput",
    "OutlineEstimator",
    "back_curve_px",
    "compute_motion",
    "compute_profile",
    "load_calibration",
]
