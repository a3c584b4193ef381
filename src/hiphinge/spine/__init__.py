"""Hips and lumbar spine told apart, with intervals. ``profile`` reads the outline; ``estimator`` is the seam."""

from hiphinge.spine.calibration import Calibration, RatioWidths, load_calibration
from hiphinge.spine.estimator import SpineAngles, SpineEstimator, SpineInput
from hiphinge.spine.motion import compute_motion
from hiphinge.spine.outline import OutlineEstimator, is_outline_seen
from hiphinge.spine.profile import ProfileBuilder, back_curve_px, compute_profile

__all__ = [
    "Calibration",
    "OutlineEstimator",
    "ProfileBuilder",
    "RatioWidths",
    "SpineAngles",
    "SpineEstimator",
    "SpineInput",
    "back_curve_px",
    "compute_motion",
    "compute_profile",
    "is_outline_seen",
    "load_calibration",
]
