"""Frozen data that the stages hand to each other. Units stand in the names.

Frames of reference
-------------------
*Canonical image*: pixels of the upright (display-oriented) picture, x to the right, y down, continuous
coordinates (the centre of the first pixel is (0.5, 0.5)), **mirrored where needed so that the person faces
right**: ``x_canonical = width_px - x_image`` for a person who faces left. Everything between the pose model and
the drawing is canonical, so a mirrored video gives the same numbers.

*Sagittal plane*: +x anterior, +y up, angles in degrees, flexion and forward lean positive.

Regions of frames are half-open, ``[start, end)``. NaN (``null`` in JSON) means "not seen"; nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ANGLES",
    "AngleTrack",
    "Assessment",
    "CameraTrack",
    "Evidence",
    "Facing",
    "Finding",
    "Frame",
    "Grade",
    "Mask",
    "Measure",
    "Motion",
    "Outcome",
    "PersonCandidate",
    "Picture",
    "PoseFrame",
    "PoseTrack",
    "ProfileTrack",
    "Provenance",
    "QualityCheck",
    "Reference",
    "Rep",
    "Verdict",
    "VideoInfo",
    "ViewGrade",
    "Wall",
]

Array = NDArray[np.float64]
Facing = Literal["left", "right"]
#: How a rule was met by one rep. ``reported``: measured, but not judged in this drill.
Grade = Literal["pass", "caution", "fail", "cannot_tell", "reported"]
#: How well the view supports one measure.
ViewGrade = Literal["good", "usable", "cannot_tell"]
Outcome = Literal[
    "hinge",
    "spine",
    "mixed",
    "squat",
    "no_bend",
    "cannot_tell",
    "hips_first",
    "typical",
    "back_first",
    "pelvis_tilts",
    "no_tilt",
    "reference_taken",
]


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What is known of the file before any picture is judged. Sizes are display-oriented (after rotation)."""

    name: str
    width_px: int
    height_px: int
    duration_s: float | None
    rate_hz: float | None
    codec: str
    rotation_deg: int
    is_photograph: bool
    sha256: str


class Picture(Protocol):
    """One upright picture that can be cut and turned without first becoming RGB as a whole."""

    @property
    def width_px(self) -> int:
        """Width after rotation, pixels."""

    @property
    def height_px(self) -> int:
        """Height after rotation, pixels."""

    def warp(self, crop_to_image: Array, *, size_px: int) -> NDArray[np.uint8]:
        """Cut a ``(size_px, size_px, 3)`` RGB crop, bilinear, black outside the picture.

        ``crop_to_image`` is ``(2, 3)``, continuous crop pixels to continuous (unmirrored) image pixels.
        """

    def rgb(self) -> NDArray[np.uint8]:
        """Return the whole picture, ``(height_px, width_px, 3)`` RGB."""

    def luma(self) -> NDArray[np.uint8]:
        """Return the brightness plane, ``(height_px, width_px)``; a view where possible."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture.

    ``index`` counts from 0 over the whole file; ``time_s`` is the stream's own time, counted from the first picture.
    """

    index: int
    time_s: float
    picture: Picture


@dataclass(frozen=True, slots=True)
class Mask:
    """A person mask in crop coordinates.

    Parameters
    ----------
    values
        ``(height, width)`` uint8, 255 = certainly the person; 256 x 256 from our own model.
    crop_to_image
        ``(2, 3)`` affine from continuous crop pixels to continuous canonical image pixels.
    """

    values: NDArray[np.uint8]
    crop_to_image: Array


@dataclass(frozen=True, slots=True)
class PoseFrame:
    """The pose in one frame, canonical image coordinates.

    BlazePose's 33 points, left and right as seen *after* mirroring: the person faces right, so ``right_*`` is always
    the side nearer to the camera.

    ``keypoints_px`` is ``(33, 2)``, NaN where no person was found; ``visibility`` ``(33,)`` in 0..1; ``world_m``
    ``(33, 3)`` metres from the hip centre (x right, y down, z away from the camera), ``presence`` 0..1.
    """

    index: int
    time_s: float
    keypoints_px: Array
    visibility: Array
    world_m: Array
    presence: float
    mask: Mask | None


@dataclass(frozen=True, slots=True)
class PoseTrack:
    """The pose over a clip: ``PoseFrame`` stacked, without masks (they are read once and dropped)."""

    time_s: Array
    frame_index: NDArray[np.int64]
    keypoints_px: Array
    visibility: Array
    world_m: Array
    presence: Array
    mirrored: bool
    width_px: int
    height_px: int

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.time_s.shape[0])

    @property
    def seen(self) -> NDArray[np.bool_]:
        """``(n_frames,)`` true where a person was found."""
        return np.asarray(np.isfinite(self.keypoints_px[:, 0, 0]))


@dataclass(frozen=True, slots=True)
class ProfileTrack:
    """The back outline over a clip: distances from the hip-shoulder axis to the dorsal mask edge.

    Parameters
    ----------
    station_ratio
        ``(n_stations,)`` where the rays leave the axis; 0 = hip centre, 1 = shoulder centre.
    dorsal_ratio
        ``(n_frames, n_stations)`` distance to the dorsal edge ÷ trunk length, positive to the back; NaN unseen.
    hidden
        ``(n_frames, n_stations)`` true where an arm (or the mask's border) hides the edge.
    ventral_ratio
        ``(n_frames, 31)`` distance to the belly's edge ÷ trunk length, at every second station; NaN unseen.
    thigh_back_ratio, thigh_front_ratio
        ``(n_frames, 13)`` distance from the knee-hip line to the thigh's edges ÷ trunk length; NaN unseen.
    seat_px
        ``(n_frames, 2)`` rearmost point of the mask between upper thigh and waist, canonical image; NaN unseen.
    edge_softness_px
        ``(n_frames,)`` width of the mask's dorsal edge, image pixels.
    body_height_px, body_top_px, body_bottom_px
        ``(n_frames,)`` extent of the mask in the image; NaN unseen.
    clipped
        ``(n_frames,)`` length of the mask along the picture's border ÷ body height.
    """

    station_ratio: Array
    dorsal_ratio: Array
    hidden: NDArray[np.bool_]
    ventral_ratio: NDArray[np.float32]
    thigh_back_ratio: NDArray[np.float32]
    thigh_front_ratio: NDArray[np.float32]
    seat_px: Array
    edge_softness_px: Array
    body_height_px: Array
    body_top_px: Array
    body_bottom_px: Array
    clipped: Array


@dataclass(frozen=True, slots=True)
class CameraTrack:
    """What the camera did, measured on small grey pictures while decoding.

    ``cut`` ``(n_frames,)`` true on the first frame after a cut; ``shift_ratio`` ``(n_frames, 2)`` background shift
    against the first frame of its shot ÷ picture height, NaN where it cannot be read; ``luma`` ``(n_frames,)`` mean
    brightness 0..1; ``sharpness`` ``(n_frames,)`` variance of the Laplacian over the person ÷ variance of the
    brightness there; ``still_picture`` ``(n_frames,)`` true where the picture repeats the one before.
    """

    cut: NDArray[np.bool_]
    shift_ratio: Array
    luma: Array
    sharpness: Array
    still_picture: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PersonCandidate:
    """One of the people the detector saw: number from the left (0 first), box centre and height ÷ picture."""

    number: int
    center_ratio: tuple[float, float]
    height_ratio: float
    presence_ratio: float
    motion_ratio: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """What "zero" is.

    ``still``: the person's own still stand; ``none``: the mean standing curve of the
    calibration people, with a wider interval. ``upright``: no still stand, but upright moments from which
    positions (not angles) are counted. Times are None where there is none. ``foot_length_px`` is heel to toe of the
    shoe, the unit FL: in an ``Assessment`` with the calibrated gain over the pose model's points, before it without.
    """

    angles: Literal["still", "none"]
    positions: Literal["still", "upright", "none"]
    start_s: float | None
    end_s: float | None
    foot_length_px: float | None
    trunk_length_px: float | None


@dataclass(frozen=True, slots=True)
class Wall:
    """The wall behind the person, as somebody gave it.

    ``place_ratio`` is the x of its surface, where it meets the floor level with the heel nearer to the camera, ÷ the
    width of the upright, unmirrored picture.
    """

    place_ratio: float


@dataclass(frozen=True, slots=True)
class AngleTrack:
    """One angle over a clip with its 90 % interval; all ``(n_frames,)``, degrees, NaN where not told."""

    value_deg: Array
    lo_deg: Array
    hi_deg: Array


#: The angles of a ``Motion``, in the order of the columns of ``frames.csv``.
ANGLES = (
    "trunk_lean",
    "pelvis_tilt",
    "hip_flexion",
    "lumbar_flexion",
    "thoracic_flexion",
    "knee_flexion",
    "shank_lean",
    "neck",
)


@dataclass(frozen=True, slots=True)
class Motion:
    """The sagittal motion of one person. Definitions and signs: ``docs/conventions.md``.

    ``hip_back_ratio`` and ``hip_drop_ratio`` are displacements of the hip centre from the standing position,
    backward and downward positive, ÷ foot length; ``seat_back_ratio`` the same for the seat's edge.
    """

    time_s: Array
    trunk_lean: AngleTrack
    pelvis_tilt: AngleTrack
    hip_flexion: AngleTrack
    lumbar_flexion: AngleTrack
    thoracic_flexion: AngleTrack
    knee_flexion: AngleTrack
    shank_lean: AngleTrack
    neck: AngleTrack
    hip_back_ratio: Array
    hip_drop_ratio: Array
    seat_back_ratio: Array
    yaw_deg: Array

    def angle(self, name: str) -> AngleTrack:
        """Return the angle called ``name`` (one of ``ANGLES``)."""
        track: AngleTrack = getattr(self, name)
        return track


@dataclass(frozen=True, slots=True)
class Rep:
    """One bend.

    Rows of the track, half-open: descent ``[start_frame, bottom_frame)``, ascent
    ``[bottom_frame, end_frame)``. A clip that begins or ends bent has a rep without descent or ascent.
    """

    number: int
    start_frame: int
    bottom_frame: int
    end_frame: int
    start_s: float
    bottom_s: float
    end_s: float
    has_descent: bool
    has_ascent: bool
    depth_deg: float


@dataclass(frozen=True, slots=True)
class QualityCheck:
    """One check of the view: what was measured, against what, and what it touches.

    ``affects`` names the measures (``Measure.name``) or ``"all"``; ``advice`` says what to change.
    """

    name: str
    label: str
    value: float | None
    unit: str
    good: str
    usable: str
    grade: ViewGrade
    affects: tuple[str, ...]
    advice: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One number with its 90 % interval. ``rep`` is None for a measure of the whole set.

    ``view`` is how well the view supports it; ``reason`` says why when ``value`` is None.
    """

    name: str
    label: str
    rep: int | None
    value: float | None
    lo: float | None
    hi: float | None
    unit: str
    view: ViewGrade
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule applied to one measure."""

    rule: str
    label: str
    rep: int | None
    measure: str
    grade: Grade
    value: float | None
    lo: float | None
    hi: float | None
    unit: str
    limits: str
    tolerance: float
    source: str
    cue: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer.

    ``cue`` is the one thing to try next ("" when there is praise), ``reasons`` say why, line by line;
    ``not_told`` lists what could not be told and what would help.
    """

    outcome: Outcome
    headline: str
    cue: str
    cue_rule: str
    praise: str
    reasons: tuple[str, ...]
    not_told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the numbers come from."""

    hiphinge_version: str
    model: str
    model_sha256: Mapping[str, str]
    precision: str
    engine: str
    calibration: str
    created_utc: str
    options: Mapping[str, str | float | bool | None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The arrays behind an assessment: not part of its JSON, but of ``frames.csv`` and the drawings."""

    pose: PoseTrack
    profile: ProfileTrack
    motion: Motion
    camera: CameraTrack


@dataclass(frozen=True, slots=True)
class Assessment:
    """What one video says about one person's bend. Written as ``assessment.json``."""

    schema_version: str
    video: VideoInfo
    drill: str
    facing: Facing | None
    facing_confidence: float | None
    people: tuple[PersonCandidate, ...]
    reference: Reference
    verdict: Verdict
    reps: tuple[Rep, ...]
    measures: tuple[Measure, ...]
    findings: tuple[Finding, ...]
    quality: tuple[QualityCheck, ...]
    answered_ratio: float | None
    n_frames: int
    duration_s: float
    criteria: Mapping[str, float | str]
    provenance: Provenance
    notice: str
    wall: Wall | None = None
    evidence: Evidence | None = field(default=None, repr=False, compare=False)
