"""What a clinician saw better than the camera: joints put elsewhere, the wall put elsewhere. Pure.

A joint that was put elsewhere in one frame moves the frames beside it too, less and less, to nothing ``TAPER_S`` away:
what was misread in one frame was mostly misread in its neighbours. The outline of the back is what the camera saw of
the body's edge; it stays where it was in the picture, and is told anew from the corrected line of hip and shoulder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.clip.analyse import ClipTracks
from hiphinge.errors import UsageError
from hiphinge.model import Array, PoseTrack, ProfileTrack
from hiphinge.sagittal.points import HIPS, JOINTS, KNEES, SHOULDERS, middle
from hiphinge.spine.profile import THIGH_STATIONS

__all__ = [
    "MOST_CORRECTIONS", "TAPER_S", "Corrections", "JointPlace", "correct_tracks", "corrections_document",
    "read_corrections",
]  # fmt: skip

#: How far from the corrected frame its neighbours still move, seconds.
TAPER_S = 0.25
#: More than these are no correction any more, but another clip.
MOST_CORRECTIONS = 500
#: A joint may lie a little outside the picture.
_MARGIN = 0.25
#: A station further than this from every outline point that was seen stays unseen, in steps between two stations.
_REACH_STEPS = 1.5
#: Joints that the outline is told from.
_AXIS = ("hip", "shoulder", "knee")


@dataclass(frozen=True, slots=True)
class JointPlace:
    """A joint's place in one frame: ``row`` of the track, canonical pixels of the nearer point."""

    row: int
    joint: str
    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True)
class Corrections:
    """All that was corrected in one clip, counted from what the camera saw.

    ``wall_ratio`` is the wall's place as in ``Wall``; None: as it was given with the film.
    """

    joints: tuple[JointPlace, ...] = ()
    wall_ratio: float | None = None

    def __bool__(self) -> bool:
        """Whether anything was corrected."""
        return bool(self.joints) or self.wall_ratio is not None


def correct_tracks(tracks: ClipTracks, corrections: Corrections) -> ClipTracks:
    """Return the tracks with joints put where they were seen.

    Parameters
    ----------
    tracks
        What the camera saw; not changed.
    corrections
        ``wall_ratio`` is none of the tracks: give it to ``AssessOptions.wall``.

    Raises
    ------
    UsageError
        A frame or a joint that does not exist, a place outside the picture, or nobody seen in the frame.

    Notes
    -----
    A pair of points moves together: in a side view it is one joint, and the farther point is a guess. At a corrected
    frame the nearer point lies exactly at its new place, and the farther one moves as much. Between two
    corrections of the same joint less than ``TAPER_S`` apart the displacement goes straight from one to the other. The
    last one of several for the same joint and frame counts. A joint that was put by hand counts as seen.
    """
    places = _last_places(corrections.joints)
    for place in places:
        _check(place, tracks.pose)
    if not places:
        return tracks
    pose = tracks.pose
    keypoints, visibility = pose.keypoints_px.copy(), pose.visibility.copy()
    for joint in dict.fromkeys(place.joint for place in places):
        far, near = JOINTS[joint]
        mine = sorted((one for one in places if one.joint == joint), key=lambda one: one.row)
        shift, weight = _displace(mine, pose, near)
        for point in (far, near):
            keypoints[:, point] += shift
        visibility[:, near] = np.maximum(visibility[:, near], weight)
    moved = replace(pose, keypoints_px=keypoints, visibility=visibility)
    rows = _changed_rows(pose, moved)
    return replace(tracks, pose=moved, profile=_refer_outline(tracks.profile, pose, moved, rows))


def corrections_document(corrections: Corrections) -> dict[str, Any]:
    """Return corrections as plain lists, numbers and texts, for JSON."""
    return {
        "joints": [
            {"row": one.row, "joint": one.joint, "x_px": one.x_px, "y_px": one.y_px} for one in corrections.joints
        ],
        "wall_ratio": corrections.wall_ratio,
    }


def read_corrections(document: Mapping[str, Any]) -> Corrections:
    """Read what ``corrections_document`` wrote.

    Raises
    ------
    UsageError
        It is something else.
    """
    try:
        joints = tuple(
            JointPlace(int(one["row"]), str(one["joint"]), float(one["x_px"]), float(one["y_px"]))
            for one in document.get("joints", ())
        )
        wall = document.get("wall_ratio")
        found = Corrections(joints, None if wall is None else float(wall))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"These are no corrections that can be read ({type(error).__name__}: {error}).",
            expected="joints, each with row, joint, x_px and y_px, and wall_ratio",
        ) from None
    if len(found.joints) > MOST_CORRECTIONS:
        raise UsageError(f"There are {len(found.joints)} corrections.", expected=f"at most {MOST_CORRECTIONS}")
    if found.wall_ratio is not None and not 0 <= found.wall_ratio <= 1:
        raise UsageError(f"The wall is at {found.wall_ratio:g} of the picture's width.", expected="0 to 1")
    return found


def _last_places(joints: Sequence[JointPlace]) -> tuple[JointPlace, ...]:
    return tuple({(one.row, one.joint): one for one in joints}.values())


def _check(place: JointPlace, pose: PoseTrack) -> None:
    if place.joint not in JOINTS:
        raise UsageError(f"There is no joint {place.joint!r}.", expected=", ".join(JOINTS))
    if not 0 <= place.row < pose.n_frames:
        raise UsageError(f"There is no frame {place.row}.", expected=f"0 to {pose.n_frames - 1}")
    across, down = place.x_px / pose.width_px, place.y_px / pose.height_px
    if not (-_MARGIN <= across <= 1 + _MARGIN and -_MARGIN <= down <= 1 + _MARGIN):
        raise UsageError(
            f"The {place.joint} would lie outside the picture ({place.x_px:g}, {place.y_px:g}).",
            expected=f"a place within {pose.width_px} x {pose.height_px} pixels",
        )
    if not pose.seen[place.row]:
        raise UsageError(
            f"Nobody was seen in frame {place.row}, so there is no {place.joint} to correct.",
            expected="a frame in which the person was found",
            next_step="Correct a frame before or after it.",
        )


def _displace(places: Sequence[JointPlace], pose: PoseTrack, near: int) -> tuple[Array, Array]:
    """Return how far one joint moves in every frame, ``(n, 2)`` pixels, and how much it was put by hand, ``(n,)``."""
    times = [float(pose.time_s[one.row]) for one in places]
    shift, weight = np.zeros((pose.n_frames, 2)), np.zeros(pose.n_frames)
    for number, place in enumerate(places):
        before = times[number] - times[number - 1] if number else TAPER_S
        after = times[number + 1] - times[number] if number + 1 < len(times) else TAPER_S
        part = _taper(pose.time_s - times[number], min(before, TAPER_S), min(after, TAPER_S))
        by = np.array([place.x_px, place.y_px]) - pose.keypoints_px[place.row, near]
        shift += part[:, None] * by
        weight = np.maximum(weight, part)
    return shift, weight


def _taper(from_s: Array, before_s: float, after_s: float) -> Array:
    """Return 1 at the corrected frame, and linearly less to 0 on either side."""
    width = np.where(from_s < 0, before_s, after_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(width > 0, 1.0 - np.abs(from_s) / width, 0.0)
    part = np.where(from_s == 0, 1.0, part)
    kept: Array = np.maximum(part, 0.0)
    return kept


def _changed_rows(before: PoseTrack, after: PoseTrack) -> NDArray[np.intp]:
    """Return the rows in which a joint moved that the outline is told from."""
    points = [point for joint in _AXIS for point in JOINTS[joint]]
    moved = (before.keypoints_px[:, points] != after.keypoints_px[:, points]) & before.seen[:, None, None]
    return np.flatnonzero(moved.any(axis=(1, 2)))


def _refer_outline(profile: ProfileTrack, before: PoseTrack, after: PoseTrack, rows: NDArray[np.intp]) -> ProfileTrack:
    """Tell the outline of the changed rows from the corrected lines; its place in the picture stays."""
    if not rows.size:
        return profile
    dorsal, hidden = profile.dorsal_ratio.copy(), profile.hidden.copy()
    ventral = profile.ventral_ratio.copy()
    thighs = {name: getattr(profile, name).copy() for name in ("thigh_back_ratio", "thigh_front_ratio")}
    old, new = _Lines(before), _Lines(after)
    back, belly = profile.station_ratio, profile.station_ratio[::2]
    for row in rows.tolist():
        points = old.trunk(row, back, dorsal[row], side=1)
        dorsal[row], nearest = _tell(points, *new.trunk_frame(row), back, side=1)
        hidden[row] = np.where(nearest >= 0, hidden[row][nearest], False) & np.isfinite(dorsal[row])
        points = old.trunk(row, belly, ventral[row], side=-1)
        ventral[row] = _tell(points, *new.trunk_frame(row), belly, side=-1)[0]
        for name, side in (("thigh_back_ratio", 1), ("thigh_front_ratio", -1)):
            points = old.thigh(row, thighs[name][row], side=side)
            thighs[name][row] = _tell(points, *new.thigh_frame(row), THIGH_STATIONS, side=side)[0]
    return replace(profile, dorsal_ratio=dorsal, hidden=hidden, ventral_ratio=ventral, **thighs)


class _Lines:
    """The lines that an outline is told from, in every frame: hip to shoulder, and knee to hip."""

    def __init__(self, pose: PoseTrack) -> None:
        self._hip, self._shoulder = middle(pose.keypoints_px, HIPS), middle(pose.keypoints_px, SHOULDERS)
        self._knee = middle(pose.keypoints_px, KNEES)

    def trunk_frame(self, row: int) -> tuple[Array, Array, float]:
        """Return origin, axis and the unit of distances."""
        axis = self._shoulder[row] - self._hip[row]
        return self._hip[row], axis, float(np.hypot(*axis))

    def thigh_frame(self, row: int) -> tuple[Array, Array, float]:
        """Return origin, axis and the unit of distances: the trunk's length here too."""
        return self._knee[row], self._hip[row] - self._knee[row], self.trunk_frame(row)[2]

    def trunk(self, row: int, stations: Array, ratio: NDArray[np.floating], *, side: int) -> Array:
        """Return outline points beside the trunk, picture pixels."""
        return _place(*self.trunk_frame(row), stations, ratio, side=side)

    def thigh(self, row: int, ratio: NDArray[np.floating], *, side: int) -> Array:
        """Return outline points beside the thigh, picture pixels."""
        return _place(*self.thigh_frame(row), THIGH_STATIONS, ratio, side=side)


def _normal(axis: Array) -> Array:
    normal: Array = np.array([axis[1], -axis[0]]) / max(float(np.hypot(*axis)), 1e-9)
    return normal


def _place(
    origin: Array, axis: Array, unit_px: float, stations: Array, ratio: NDArray[np.floating], *, side: int
) -> Array:
    points: Array = origin + stations[:, None] * axis + side * unit_px * ratio[:, None] * _normal(axis)
    return points


def _tell(
    points: Array, origin: Array, axis: Array, unit_px: float, stations: Array, *, side: int
) -> tuple[Array, NDArray[np.intp]]:
    """Tell outline points from another line: distances at its stations, and the nearest point of each (-1: none).

    NaN where no point that was seen lies near a station.
    """
    seen = np.flatnonzero(np.isfinite(points).all(axis=1))
    told, nearest = np.full(stations.shape, np.nan), np.full(stations.shape, -1, dtype=np.intp)
    length = float(axis @ axis)
    if seen.size < 2 or not np.isfinite(length) or length <= 0:
        return told, nearest
    along = (points[seen] - origin) @ axis / length
    away = side * ((points[seen] - origin) @ _normal(axis)) / unit_px
    order = np.argsort(along)
    along, away, seen = along[order], away[order], seen[order]
    distance = np.abs(stations[:, None] - along[None, :])
    closest = distance.argmin(axis=1)
    near = distance[np.arange(len(stations)), closest] <= _REACH_STEPS * float(stations[1] - stations[0])
    told[near] = np.interp(stations[near], along, away)
    nearest[near] = seen[closest[near]]
    return told, nearest
