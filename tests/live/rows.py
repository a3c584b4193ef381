"""Live frames made from the tracks of a clip, as the browser would send them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hiphinge.live import Coach
from hiphinge.live.wire import FLAG_MIRRORED, FLAG_SEEN, FRAME, Rows
from hiphinge.model import CameraTrack, PoseTrack, ProfileTrack
from tests.synthetic import Clip, still_camera

#: Left and right points of the pose model that change places in a mirrored picture.
_PAIRS = [(1, 4), (2, 5), (3, 6), (7, 8), (9, 10), *((k, k + 1) for k in range(11, 33, 2))]
_SWAPPED = np.arange(33)
for _a, _b in _PAIRS:
    _SWAPPED[_a], _SWAPPED[_b] = _b, _a


def rows_of(pose: PoseTrack, profile: ProfileTrack, camera: CameraTrack | None = None) -> Rows:
    """Frames in the orientation of the track: mirrored where the track is."""
    n = pose.n_frames
    camera = camera or still_camera(n)
    rows = np.zeros(n, dtype=FRAME)
    rows["time_s"] = pose.time_s
    rows["flags"] = np.where(pose.seen, FLAG_SEEN, 0) | (FLAG_MIRRORED if pose.mirrored else 0)
    rows["width_px"], rows["height_px"] = pose.width_px, pose.height_px
    rows["luma"], rows["sharpness"] = camera.luma, camera.sharpness
    rows["shift_x"], rows["shift_y"] = camera.shift_ratio.T
    rows["keypoints"], rows["visibility"] = pose.keypoints_px, pose.visibility
    rows["world"], rows["presence"] = pose.world_m, pose.presence
    rows["dorsal"], rows["hidden"], rows["ventral"] = profile.dorsal_ratio, profile.hidden, profile.ventral_ratio
    rows["thigh_back"], rows["thigh_front"] = profile.thigh_back_ratio, profile.thigh_front_ratio
    rows["seat"], rows["edge_softness_px"] = profile.seat_px, profile.edge_softness_px
    rows["body_top_px"], rows["body_bottom_px"] = profile.body_top_px, profile.body_bottom_px
    rows["clipped"] = profile.clipped
    return rows


def rows_of_clip(clip: Clip) -> Rows:
    """Frames of a scripted clip."""
    return rows_of(clip.pose, clip.profile)


def flipped(rows: Rows) -> Rows:
    """What the same camera sends when the picture is mirrored the other way.

    Points change sides; the outline, which a model that sees the person from the wrong side still reads, is left out.
    """
    other = rows.copy()
    other["flags"] ^= FLAG_MIRRORED
    other["keypoints"] = rows["keypoints"][:, _SWAPPED]
    other["keypoints"][..., 0] = rows["width_px"][:, None] - other["keypoints"][..., 0]
    other["visibility"] = rows["visibility"][:, _SWAPPED]
    other["world"] = rows["world"][:, _SWAPPED]
    other["world"][..., 0] *= -1
    for name in ("dorsal", "ventral", "thigh_back", "thigh_front", "seat"):
        other[name] = np.nan
    return other


def cut_clip(clip: Clip, rows: slice) -> Clip:
    """Some frames of a scripted clip, as pose and profile only."""
    from hiphinge.validation.films import take_frames

    return replace(clip, pose=take_frames(clip.pose, rows), profile=take_frames(clip.profile, rows))


def with_lead(rows: Rows, seconds: float, *, still: int = 8) -> Rows:
    """Put a time before it in which the person stands: the first frames again and again."""
    step = float(np.median(np.diff(rows["time_s"])))
    n = int(np.ceil(seconds / step))
    lead = rows[np.arange(n) % still].copy()
    lead["time_s"] = np.arange(n) * step
    late = rows.copy()
    late["time_s"] += n * step - late["time_s"][0]
    return np.concatenate([lead, late])


def play(coach: Coach, rows: Rows, *, chunk: int = 4) -> list[dict[str, Any]]:
    """Send frames as a browser does, some at a time, mirrored as the coach wishes.

    Returns what was said, with the number of the first frame that was sent with it.
    """
    other = flipped(rows)
    said = []
    for k in range(0, len(rows), chunk):
        canonical = bool(rows["flags"][0] & FLAG_MIRRORED) == coach.mirror
        said += [{**m, "at": k} for m in coach.step((rows if canonical else other)[k : k + chunk])]
    return said
