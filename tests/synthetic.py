"""A sagittal stick figure with a scripted back: every measure can be asserted against the script.

The figure stands on planted feet and is built upward in the definitions of ``docs/conventions.md``: ankle to knee
(shank lean), knee to hip centre (thigh lean), pelvis, lumbar spine, thoracic spine, neck. Lengths and masses are
Winter's; ``solve`` leans the shanks until the centre of mass lies over the middle of the foot, so that the figure
is the balance model which the clinical rule set's geometry was computed with.

Everything is deterministic, in metres and degrees, x forward, y up, and only ``film`` turns it into pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hiphinge.model import (
    AngleTrack,
    CameraTrack,
    Evidence,
    Mask,
    Motion,
    PersonCandidate,
    PoseFrame,
    PoseTrack,
    ProfileTrack,
    Provenance,
    VideoInfo,
)
from hiphinge.sagittal import FacingDecision, Segments, Standing, compute_segments, compute_yaw_deg, find_standing
from hiphinge.sagittal.kinematics import YAW_GAIN, YAW_OFFSET_DEG
from hiphinge.spine import (
    Calibration,
    ProfileBuilder,
    RatioWidths,
    SpineAngles,
    SpineInput,
    compute_motion,
    compute_profile,
)
from hiphinge.spine.calibration import LinearModel
from hiphinge.spine.outline import HIDDEN, N_HIDEABLE, STATION_STEP
from hiphinge.spine.profile import STATIONS

Array = NDArray[np.float64]

# Winter's segment lengths ÷ stature and masses ÷ body mass; ankle and mid-foot as parts of the foot's length.
FOOT, ANKLE_HEIGHT, SHANK, THIGH, TRUNK, NECK = 0.152, 0.039, 0.246, 0.245, 0.288, 0.075
ANKLE_AT, MID_FOOT = 0.33, 0.50
MASS = {"foot": 0.029, "shank": 0.093, "thigh": 0.200, "hat": 0.678}
COM = {"shank": 0.567, "thigh": 0.567, "hat": 0.626}
#: Parts of the trunk's length: pelvis up to the sacrum, lumbar spine, thoracic spine.
PELVIS_PART, LUMBAR_PART = 0.22, 0.36
LINKS = 12
#: Neck lean against the trunk in standing, and the trunk's own half thickness ÷ trunk length.
NECK_STANDING_DEG = 12.0
HALF_DEPTH = 0.20
#: How far the seat's surface stands behind the hip joint, foot lengths.
SEAT_FL = 0.45
HALF_WIDTH_M = 0.15


@dataclass(frozen=True)
class Posture:
    """Joint angles of one instant: leans from vertical; pelvis, lumbar, thoracic, neck as change from standing."""

    shank: float
    thigh: float
    pelvis: float
    lumbar: float = 0.0
    thoracic: float = 0.0
    neck: float = 0.0

    @property
    def knee(self) -> float:
        return self.shank - self.thigh

    @property
    def lean(self) -> float:
        return float(lean_of(self.pelvis, self.lumbar, self.thoracic)) + STANDING_LEAN

    @property
    def hip(self) -> float:
        """Hip flexion, change from standing."""
        return self.pelvis - (self.thigh - STANDING_LEAN)

    @property
    def hip_share(self) -> float:
        return 100.0 * self.pelvis / (self.pelvis + self.lumbar)

    def hip_xy(self) -> Array:
        """Hip centre from the ankle, statures."""
        return SHANK * along(self.shank) + THIGH * along(self.thigh)


def along(lean_deg: float | Array) -> Array:
    """Unit vector of a lean, ``(..., 2)``."""
    angle = np.radians(lean_deg)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1)


def spine_chain(pelvis: Any, lumbar: Any, thoracic: Any) -> Array:
    """Points of the trunk's middle line from the hip centre to C7, ``(n, LINKS + 1, 2)``, trunk lengths."""
    pelvis, lumbar, thoracic = (np.atleast_1d(np.asarray(a, dtype=float)) for a in (pelvis, lumbar, thoracic))
    centre = (np.arange(LINKS) + 0.5) / LINKS
    in_lumbar = np.clip((centre - PELVIS_PART) / LUMBAR_PART, 0, 1)
    in_thoracic = np.clip((centre - PELVIS_PART - LUMBAR_PART) / (1 - PELVIS_PART - LUMBAR_PART), 0, 1)
    angle = pelvis[:, None] + lumbar[:, None] * in_lumbar + thoracic[:, None] * in_thoracic
    steps = along(angle) / LINKS
    return np.concatenate([np.zeros((len(pelvis), 1, 2)), np.cumsum(steps, axis=1)], axis=1)


def lean_of(pelvis: Any, lumbar: Any, thoracic: Any) -> Any:
    """Hip-to-shoulder lean that the script's angles give (without the standing lean)."""
    end = spine_chain(pelvis, lumbar, thoracic)[:, -1]
    lean = np.degrees(np.arctan2(end[:, 0], end[:, 1]))
    return float(lean[0]) if np.ndim(pelvis) == 0 else lean


def centre_of_mass_x(shank: float, thigh: float, pelvis: float, lumbar: float, thoracic: float) -> float:
    """Forward position of the centre of mass from the ankle, statures."""
    knee = SHANK * along(shank)
    hip = knee + THIGH * along(thigh)
    chord = TRUNK * spine_chain(pelvis, lumbar, thoracic)[0, -1]
    foot = (MID_FOOT - ANKLE_AT) * FOOT
    x = MASS["foot"] * foot + MASS["shank"] * COM["shank"] * knee[0]
    x += MASS["thigh"] * (knee[0] + COM["thigh"] * (hip - knee)[0])
    return float(x + MASS["hat"] * (hip[0] + COM["hat"] * chord[0]))


def _bisect(error: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if error(middle) < 0 else (low, middle)
    return (low + high) / 2


_TARGET = (MID_FOOT - ANKLE_AT) * FOOT
#: A straight body leans forward by this much to be in balance; trunk and thigh leans of the stand.
STANDING_LEAN = _bisect(lambda a: centre_of_mass_x(a, a, a, 0, 0) - _TARGET, -5.0, 10.0)
STANDING = Posture(STANDING_LEAN, STANDING_LEAN, 0.0)


def solve(
    *, knee: float, lean: float, lumbar: float = 0.0, thoracic: float = 0.0, neck: float = 0.0, load: float = 0.0
) -> Posture:
    """Posture in balance with the given knee angle, trunk lean and lumbar flexion.

    ``load`` hangs from the shoulders and is given in body masses.
    """
    pelvis = lean - STANDING_LEAN - float(lean_of(0.0, lumbar, thoracic))

    def error(shank: float) -> float:
        thigh = shank - knee
        body = centre_of_mass_x(shank, thigh, pelvis + STANDING_LEAN, lumbar, thoracic)
        shoulder = SHANK * along(shank)[0] + THIGH * along(thigh)[0]
        shoulder += TRUNK * spine_chain(pelvis + STANDING_LEAN, lumbar, thoracic)[0, -1, 0]
        return float((body + load * shoulder) / (1 + load) - _TARGET)

    shank = _bisect(error, -40.0, 60.0)
    return Posture(shank, shank - knee, pelvis, lumbar, thoracic, neck)


@dataclass(frozen=True)
class Script:
    """Angles over time, each ``(n,)``; ``depth`` is 0 standing to 1 at the bottom."""

    time_s: Array
    depth: Array
    shank: Array
    thigh: Array
    pelvis: Array
    lumbar: Array
    thoracic: Array
    neck: Array

    @property
    def lean(self) -> Array:
        return np.asarray(lean_of(self.pelvis + STANDING_LEAN, self.lumbar, self.thoracic))

    @property
    def knee(self) -> Array:
        return self.shank - self.thigh

    @property
    def hip(self) -> Array:
        return self.pelvis - (self.thigh - STANDING_LEAN)

    def hip_xy(self) -> Array:
        """Hip centre from the ankle, foot lengths, ``(n, 2)``."""
        return (SHANK * along(self.shank) + THIGH * along(self.thigh)) / FOOT


def make_depth(
    time_s: Array, *, still_s: float, down_s: float, hold_s: float, up_s: float, between_s: float, n_reps: int
) -> Array:
    """Smooth bends one after another after a still stand."""
    depth = np.zeros_like(time_s)
    start = still_s
    for _ in range(n_reps):
        bottom, leave = start + down_s, start + down_s + hold_s
        depth += np.where(
            (time_s >= start) & (time_s < bottom), 0.5 - 0.5 * np.cos(np.pi * (time_s - start) / down_s), 0.0
        )
        depth += ((time_s >= bottom) & (time_s < leave)).astype(float)
        end = leave + up_s
        depth += np.where((time_s >= leave) & (time_s < end), 0.5 + 0.5 * np.cos(np.pi * (time_s - leave) / up_s), 0.0)
        start = end + between_s
    return depth


def script(
    bottom: Posture | list[Posture],
    *,
    n_reps: int = 3,
    rate_hz: float = 30.0,
    still_s: float = 2.5,
    down_s: float = 2.4,
    hold_s: float = 0.6,
    up_s: float = 2.0,
    between_s: float = 0.6,
    lumbar_power: float = 1.0,
    time_s: Array | None = None,
    depth: Array | None = None,
) -> Script:
    """Script of a clip: a still stand, then ``n_reps`` bends to ``bottom`` (a list: one bottom for each rep).

    ``lumbar_power`` over 1 lets the lumbar spine come late in the descent, under 1 early.
    """
    bottoms = bottom if isinstance(bottom, list) else [bottom] * n_reps
    n_reps = len(bottoms)
    one_s = down_s + hold_s + up_s + between_s
    if time_s is None:
        time_s = np.arange(0.0, still_s + n_reps * one_s + 0.5, 1.0 / rate_hz)
    if depth is None:
        depth = make_depth(
            time_s,
            still_s=still_s, down_s=down_s, hold_s=hold_s, up_s=up_s, between_s=between_s, n_reps=n_reps,
        )  # fmt: skip
    which = np.clip(((time_s - still_s) // one_s).astype(int), 0, max(n_reps - 1, 0))
    columns = {}
    for name in ("shank", "thigh", "pelvis", "lumbar", "thoracic", "neck"):
        rest = getattr(STANDING, name)
        ends = np.array([getattr(b, name) for b in bottoms])[which] if bottoms else np.full(time_s.shape, rest)
        part = depth**lumbar_power if name == "lumbar" else depth
        columns[name] = rest + (ends - rest) * part
    return Script(time_s=time_s, depth=depth, **columns)


@dataclass(frozen=True)
class Figure:
    """Points of the figure in metres from the ankle's ground point, each ``(n, 2)``; ``back`` ``(n, LINKS + 1, 2)``."""

    heel: Array
    toe: Array
    ankle: Array
    knee: Array
    hip: Array
    spine: Array
    ear: Array
    nose: Array
    elbow: Array
    wrist: Array
    hand: Array

    @property
    def shoulder(self) -> Array:
        return self.spine[:, -1]


#: Where the wrists are, by name: from ``_place_wrist``.
ARMS = ("hanging", "hug", "upper_back", "behind_knees", "mid_foot", "on_back", "crossed", "floor")


def build(script: Script, *, stature_m: float = 1.75, arms: str | NDArray[np.str_] = "hanging") -> Figure:
    """Forward kinematics from the planted feet."""
    n = len(script.time_s)
    foot = FOOT * stature_m
    ones = np.ones(n)
    heel = np.stack([-ANKLE_AT * foot * ones, 0.01 * ones], axis=1)
    toe = np.stack([(1 - ANKLE_AT) * foot * ones, 0.01 * ones], axis=1)
    ankle = np.stack([0 * ones, ANKLE_HEIGHT * stature_m * ones], axis=1)
    knee = ankle + SHANK * stature_m * along(script.shank)
    hip = knee + THIGH * stature_m * along(script.thigh)
    trunk = TRUNK * stature_m
    spine = hip[:, None] + trunk * spine_chain(script.pelvis + STANDING_LEAN, script.lumbar, script.thoracic)
    lean = script.lean
    neck = lean + NECK_STANDING_DEG + script.neck
    ear = spine[:, -1] + NECK * stature_m * along(neck)
    nose = ear + 0.055 * stature_m * along(neck + 80.0)
    places = np.broadcast_to(np.asarray(arms), (n,))
    wrist = np.stack(
        [
            _place_wrist(str(places[k]), hip[k], spine[k, -1], knee[k], (heel[k] + toe[k]) / 2, stature_m)
            for k in range(n)
        ]
    )
    elbow = (spine[:, -1] + wrist) / 2 + np.where((places == "hug")[:, None], [0.03, -0.03], 0.0)
    down = wrist - elbow
    hand = wrist + 0.35 * down
    return Figure(heel, toe, ankle, knee, hip, spine, ear, nose, elbow, wrist, hand)


def _place_wrist(place: str, hip: Array, shoulder: Array, knee: Array, mid_foot: Array, stature_m: float) -> Array:
    trunk = shoulder - hip
    length = float(np.hypot(*trunk))
    u = trunk / length
    back = np.array([-u[1], u[0]])
    reach = 0.33 * stature_m
    spots = {
        "hanging": shoulder + np.array([0.02, -reach]),
        "hug": hip + 0.65 * trunk - 0.18 * length * back,
        "upper_back": hip + 1.0 * trunk + 0.12 * length * back,
        "behind_knees": np.array([knee[0] - 0.08, knee[1] + 0.05]),
        "mid_foot": np.array([mid_foot[0], max(knee[1] - 0.15, 0.25)]),
        "on_back": hip + 0.30 * trunk + HALF_DEPTH * length * back,
        "crossed": hip + 0.80 * trunk - 0.15 * length * back,
        "floor": np.array([mid_foot[0], 0.12]),
    }
    return np.asarray(spots[place], dtype=float)


@dataclass(frozen=True)
class View:
    """Where the camera is and what it spoils."""

    width_px: int = 900
    height_px: int = 800
    px_per_m: float = 380.0
    origin_px: tuple[float, float] = (380.0, 740.0)
    yaw_deg: float = 0.0
    noise_px: float = 0.0
    crop_scale: float = 1.25
    crop_turn_deg: float = 0.0
    drift_px_s: tuple[float, float] = (0.0, 0.0)
    seed: int = 1


def _to_px(points_m: Array, view: View, time_s: Array) -> Array:
    """Sagittal metres ``(n, ..., 2)`` to canonical pixels."""
    x = view.origin_px[0] + view.px_per_m * np.cos(np.radians(view.yaw_deg)) * points_m[..., 0]
    y = view.origin_px[1] - view.px_per_m * points_m[..., 1]
    shape = (-1,) + (1,) * (points_m.ndim - 2)
    x = x + view.drift_px_s[0] * time_s.reshape(shape)
    y = y + view.drift_px_s[1] * time_s.reshape(shape)
    return np.stack([x, y], axis=-1)


_SAME = {
    "ear": (7, 8), "shoulder": (11, 12), "elbow": (13, 14), "wrist": (15, 16), "hip": (23, 24), "knee": (25, 26),
    "ankle": (27, 28), "heel": (29, 30), "toe": (31, 32),
}  # fmt: skip
_HANDS = (17, 18, 19, 20, 21, 22)
_FACE = (0, 1, 2, 3, 4, 5, 6, 9, 10)
_WIDE = {"shoulder": HALF_WIDTH_M, "hip": 0.09, "knee": 0.09, "ankle": 0.09, "heel": 0.09, "toe": 0.10}


def keypoints_of(figure: Figure, view: View, time_s: Array) -> tuple[Array, Array]:
    """BlazePose's 33 points in canonical pixels, and in metres from the hip centre."""
    n = len(time_s)
    flat = np.zeros((n, 33, 2))
    side = np.zeros(33)
    for name, (left, right) in _SAME.items():
        flat[:, left] = flat[:, right] = getattr(figure, name)
        side[left], side[right] = _WIDE.get(name, 0.08), -_WIDE.get(name, 0.08)
    for k in _HANDS:
        flat[:, k] = figure.hand
    for k in _FACE:
        flat[:, k] = figure.nose
    yaw = np.radians(view.yaw_deg)
    # The pose model reads a turn in its own way, which compute_yaw_deg undoes.
    read = np.radians((view.yaw_deg - YAW_OFFSET_DEG) / YAW_GAIN)
    pixels = _to_px(flat, view, time_s)
    pixels[..., 0] += view.px_per_m * np.sin(yaw) * side
    centred = flat - figure.hip[:, None]
    world = np.stack(
        [
            np.cos(read) * centred[..., 0] + np.sin(read) * side,
            -centred[..., 1],
            -np.sin(read) * centred[..., 0] + np.cos(read) * side,
        ],
        axis=-1,
    )
    if view.noise_px:
        pixels = pixels + np.random.default_rng(view.seed).normal(0, view.noise_px, pixels.shape)
    return pixels, world


def body_polygons(figure: Figure, row: int, *, with_arms: bool = True) -> list[Array]:
    """Filled parts of the silhouette in metres: trunk, seat, legs, feet, head, arms."""
    f = figure
    spine = f.spine[row]
    trunk = float(np.hypot(*np.diff(spine, axis=0).T).sum())
    direction = np.gradient(spine, axis=0)
    direction /= np.hypot(*direction.T)[:, None]
    back = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
    half = HALF_DEPTH * trunk
    outline = np.concatenate([spine + half * back, (spine - half * back)[::-1]])
    foot = float(np.hypot(*(f.toe[row] - f.heel[row])))
    parts = [
        outline,
        _disc(f.hip[row], SEAT_FL * foot),
        _disc(spine[-1], half),
        _disc(f.ear[row], 0.36 * foot),
        _limb(f.hip[row], f.knee[row], 0.075, 0.055),
        _limb(f.knee[row], f.ankle[row], 0.055, 0.04),
        _limb(f.heel[row] + [0, 0.03], f.toe[row] + [0, 0.02], 0.04, 0.03),
        _limb(spine[-1], f.ear[row], 0.06, 0.06),
    ]
    if with_arms:
        parts += [
            _limb(spine[-1], f.elbow[row], 0.045, 0.04),
            _limb(f.elbow[row], f.wrist[row], 0.04, 0.03),
            _limb(f.wrist[row], f.hand[row], 0.03, 0.03),
        ]
    return parts


def _disc(centre: Array, radius: float) -> Array:
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return centre + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _limb(a: Array, b: Array, start: float, end: float) -> Array:
    """Convex hull of two discs."""
    points = np.concatenate([_disc(a, start), _disc(b, end)]).astype(np.float32)
    hull: Array = cv2.convexHull(points).reshape(-1, 2).astype(float)
    return hull


def crop_of(keypoints_px: Array, view: View) -> Array:
    """Square crop around the body, ``(2, 3)`` crop to image, turned and scaled as the view says."""
    low, high = keypoints_px.min(axis=0), keypoints_px.max(axis=0)
    size = float((high - low).max()) * view.crop_scale + 60.0
    turn = np.radians(view.crop_turn_deg)
    scale = size / 256.0
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = (low + high) / 2
    return np.column_stack([matrix, centre - matrix @ np.array([128.0, 128.0])])


def draw_mask(
    polygons_px: list[Array],
    crop_to_image: Array,
    *,
    width_px: int,
    height_px: int,
    mask_px: tuple[int, int] = (256, 256),
) -> Mask:
    """Fill polygons in crop coordinates, smoothed over about a pixel; nothing lies outside the picture.

    ``mask_px`` is the mask's width and height.
    """
    fine = 4
    inverse = np.linalg.inv(crop_to_image[:, :2])
    width, height = mask_px
    canvas = np.zeros((height * fine, width * fine), dtype=np.uint8)

    def to_canvas(points: Array) -> NDArray[np.int32]:
        crop = (points - crop_to_image[:, 2]) @ inverse.T * fine - 0.5
        return np.asarray(np.round(crop * 256), dtype=np.int32)

    for polygon in polygons_px:
        cv2.fillPoly(canvas, [to_canvas(polygon)], 255, shift=8)
    outline = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    corners = outline @ crop_to_image[:, :2].T + crop_to_image[:, 2]
    if (corners < 0).any() or (corners > [width_px, height_px]).any():
        picture = np.zeros_like(canvas)
        border = np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]], dtype=float)
        cv2.fillPoly(picture, [to_canvas(border)], 255, shift=8)
        canvas = np.minimum(canvas, picture)
    small = cv2.resize(canvas, mask_px, interpolation=cv2.INTER_AREA)
    return Mask(np.asarray(small, dtype=np.uint8), crop_to_image)


@dataclass(frozen=True)
class Clip:
    """A filmed script."""

    script: Script
    figure: Figure
    view: View
    pose: PoseTrack
    profile: ProfileTrack
    masks: tuple[Mask, ...] = field(default=(), repr=False)

    @property
    def foot_px(self) -> float:
        return float(np.hypot(*(self.figure.toe[0] - self.figure.heel[0]))) * self.view.px_per_m


def film(
    script: Script,
    *,
    view: View | None = None,
    stature_m: float = 1.75,
    arms: str | NDArray[np.str_] = "crossed",
    unseen: NDArray[np.bool_] | None = None,
    keep_masks: bool = False,
    with_masks: bool = True,
) -> Clip:
    """Turn a script into the tracks that pose and profile would give."""
    view = view or View()
    figure = build(script, stature_m=stature_m, arms=arms)
    keypoints, world = keypoints_of(figure, view, script.time_s)
    visibility = np.where(np.arange(33) % 2 == 0, 0.97, 0.6) * np.ones((len(keypoints), 1))
    presence = np.ones(len(keypoints))
    if unseen is not None:
        keypoints[unseen], world[unseen], visibility[unseen], presence[unseen] = np.nan, np.nan, 0.0, 0.0
    builder, masks = ProfileBuilder(), []
    for row in range(len(keypoints)):
        mask = None
        if with_masks and np.isfinite(keypoints[row, 0, 0]):
            t = script.time_s[row : row + 1]
            polygons = [_to_px(p[None], view, t)[0] for p in body_polygons(figure, row)]
            mask = draw_mask(polygons, crop_of(keypoints[row], view), width_px=view.width_px, height_px=view.height_px)
            if keep_masks:
                masks.append(mask)
        builder.add(compute_profile(keypoints[row], mask, width_px=view.width_px, height_px=view.height_px))
    pose = PoseTrack(
        time_s=script.time_s,
        frame_index=np.arange(len(keypoints), dtype=np.int64),
        keypoints_px=keypoints,
        visibility=visibility,
        world_m=world,
        presence=presence,
        mirrored=False,
        width_px=view.width_px,
        height_px=view.height_px,
    )
    return Clip(script, figure, view, pose, builder.finish(), tuple(masks))


def pose_frames(clip: Clip) -> tuple[PoseFrame, ...]:
    """The track as single poses, without masks."""
    p = clip.pose
    return tuple(
        PoseFrame(
            int(p.frame_index[k]), float(p.time_s[k]), p.keypoints_px[k], p.visibility[k], p.world_m[k],
            float(p.presence[k]), None,
        )
        for k in range(p.n_frames)
    )  # fmt: skip


RATIOS = RatioWidths(
    travel={"still": 0.06, "upright": 0.09, "none": 0.2},
    lumbar_range_deg=5.0,
    lumbar_quarter_deg=4.0,
    knee_change_deg=4.0,
    lean_repeat_deg=1.0,
    foot_slide_ratio=0.04,
    foot_pitch_deg=6.0,
    hand_ratio=0.05,
    time_s=0.15,
)


#: The outline's readings and those of leans and lengths; how much wider the test calibration is without the last.
N_OUTLINE = len(STATIONS[::STATION_STEP])
N_FEATURES = N_OUTLINE + 3 + N_HIDEABLE
HIDDEN_GAIN = 1.25


def make_calibration(half_deg: float = 4.0, *, none_deg: float = 8.0) -> Calibration:
    """A calibration for tests: known widths, wider without a stand and where points are hidden, simple readings."""
    names = (
        "trunk_lean", "pelvis_tilt", "hip_flexion", "lumbar_flexion", "thoracic_flexion", "knee_flexion",
        "shank_lean", "neck",
    )  # fmt: skip
    halves = {
        "still": half_deg,
        "none": none_deg,
        "still_hidden": HIDDEN_GAIN * half_deg,
        "none_hidden": HIDDEN_GAIN * none_deg,
    }
    widths = {kind: dict.fromkeys(names, (half, 1.5 * half)) for kind, half in halves.items()}
    models = {}
    for end, n_features in (("", N_FEATURES), (HIDDEN, N_FEATURES - N_HIDEABLE)):
        # After the outline comes the trunk's lean: all three turn with it, lumbar flexion stays 0.
        single = np.zeros((n_features, 3))
        single[N_OUTLINE] = 1.0
        models["none" + end] = LinearModel(single, np.zeros(3))
        models["still" + end] = LinearModel(np.concatenate([single, np.zeros_like(single)]), np.zeros(3))
    return Calibration(
        name="for tests",
        sha256="0" * 64,
        models=models,
        standing_deg={"thigh_lean": STANDING_LEAN, "knee": 0.0, "neck": NECK_STANDING_DEG},
        foot_length_gain=1.0,
        bias_deg={"still": {}, "none": {}},
        yaw_bands_deg=(20.0, 40.0),
        half_width_deg=widths,
        hidden_gain_deg=10.0,
        ratios=RATIOS,
    )


@dataclass(frozen=True)
class ScriptedSpine:
    """A ``SpineEstimator`` that returns the script's truth, with an interval of known width."""

    script: Script
    half_deg: float = 4.0
    name: str = "the script"

    def estimate(self, spine_input: SpineInput) -> SpineAngles:
        lost = ~np.isfinite(spine_input.segments.trunk_lean_deg)

        def track(values: Array) -> AngleTrack:
            told = np.where(lost, np.nan, values)
            return AngleTrack(told, told - self.half_deg, told + self.half_deg)

        s = self.script
        return SpineAngles(track(s.pelvis), track(s.lumbar), track(s.thoracic))


@dataclass(frozen=True)
class Analysed:
    """A clip after the real kinematics, with the script for a spine."""

    clip: Clip
    segments: Segments
    standing: Standing
    spine_input: SpineInput
    motion: Motion
    camera: CameraTrack

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.clip.pose, self.clip.profile, self.motion, self.camera)


def analyse_clip(
    clip: Clip, *, half_deg: float = 4.0, still_s: tuple[float, float] | None = None, camera_still: bool = True
) -> Analysed:
    """Run segments, standing and motion."""
    segments = compute_segments(clip.pose, camera_still=camera_still)
    standing = find_standing(segments, still_s=still_s)
    spine_input = SpineInput(clip.profile, segments, standing, compute_yaw_deg(clip.pose))
    motion = compute_motion(
        spine_input, estimator=ScriptedSpine(clip.script, half_deg), calibration=make_calibration(half_deg)
    )
    return Analysed(clip, segments, standing, spine_input, motion, still_camera(clip.pose.n_frames))


def still_camera(n_frames: int) -> CameraTrack:
    """A camera that does nothing."""
    return CameraTrack(
        cut=np.zeros(n_frames, dtype=bool),
        shift_ratio=np.zeros((n_frames, 2)),
        luma=np.full(n_frames, 0.5),
        sharpness=np.full(n_frames, 0.3),
        still_picture=np.zeros(n_frames, dtype=bool),
    )


def video_info(clip: Clip, **changes: Any) -> VideoInfo:
    """What a reader would say of the clip."""
    times = clip.pose.time_s
    info = VideoInfo(
        name="script.mp4",
        width_px=clip.view.width_px,
        height_px=clip.view.height_px,
        duration_s=float(times[-1]) if len(times) else 0.0,
        rate_hz=30.0,
        codec="script",
        rotation_deg=0,
        is_photograph=False,
        sha256="0" * 64,
    )
    return replace(info, **changes)


FACING_RIGHT = FacingDecision("right", 0.95)
ONE_PERSON = (PersonCandidate(0, (0.5, 0.5), 0.8, 1.0, 0.5, True),)
PROVENANCE = Provenance(
    hiphinge_version="0",
    model="script",
    model_sha256={},
    precision="f64",
    engine="script",
    calibration="",
    created_utc="2026-01-01T00:00:00Z",
    options={},
)

#: The clinical fixtures (clinical rule set, end of section 6), by name.
PERFECT = solve(knee=20, lean=60)
ROUNDED = solve(knee=0, lean=60, lumbar=40)
SQUAT = solve(knee=110, lean=45)
SQUATTY = solve(knee=45, lean=45)
STIFF = solve(knee=0, lean=60)
