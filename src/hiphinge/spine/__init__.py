"""Hips and lumbar spine told apart, with intervals. ``profile`` reads the outline; ``estimator`` is the seam."""

from hiphinge.spine.calibration import Calibration, RatioWidths, load_calibration
from hiphinge.spine.estimator import SpineAngles, SpineEstimator, SpineInput
from hiphinge.spine.features import is_back_seen
from hiphinge.spine.live import LiveSpine, read_together
from hiphinge.spine.motion import compute_motion
from hiphinge.spine.network import NetworkEstimator, model_version
from hiphinge.spine.outline import OutlineEstimator
from hiphinge.spine.profile import ProfileBuilder, back_curve_px, compute_profile, compute_profiles

__all__ = [
    "Calibration",
    "LiveSpine",
    "NetworkEstimator",
    "OutlineEstimator",
    "ProfileBuilder",
    "RatioWidths",
    "SpineAngles",
    "SpineEstimator",
    "SpineInput",
    "back_curve_px",
    "compute_motion",
    "compute_profile",
    "compute_profiles",
    "is_back_seen",
    "load_calibration",
    "model_version",
    "read_together",
]
