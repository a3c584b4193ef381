"""The dorsal profile: how far the back stands off the line from hip to shoulder, and belly and thigh off theirs.

Specification (the same is to be computed elsewhere, e.g. in a browser):

1. ``H`` = mean of the two hip points, ``S`` = mean of the two shoulder points, canonical image. ``L = |S - H|``,
   ``u = (S - H) / L``, dorsal normal ``n = (u_y, -u_x)`` (image y points down; the person faces +x).
2. From each station ``H + t L u``, ``t`` in ``STATIONS``, a ray runs along ``n``; the mask is read bilinearly in
   crop coordinates at ``d L`` for ``d`` in ``DEPTHS`` and is "inside" at 0.5 or more.
3. The edge is the first place at or beyond the axis where inside turns to outside (interpolated); where the axis
   point itself is outside, the ray first looks for the body within ``SEARCH_RATIO``. No such place: NaN.
4. The belly is read the same way along ``-n`` from ``VENTRAL_STATIONS``. So is the thigh, on both sides of the line
   from knee ``K`` (mean of both) to ``H``, from ``K + t |H - K| v`` with ``t`` in ``THIGH_STATIONS`` and
   ``v = (H - K) / |H - K|``; depths stay in units of ``L``.
5. A station of the back is *hidden* where the edge lies within ``ARM_RADIUS_RATIO`` of a forearm or hand, or on the
   border of the crop or the picture.

The mask may have any size: a model's square crop, or a whole picture. ``crop_to_image`` says where it lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array, Mask, PoseTrack, ProfileTrack

__all__ = [
    "DEPTHS",
    "STATIONS",
    "THIGH_STATIONS",
    "VENTRAL_STATIONS",
    "ProfileBuilder",
    "ProfileRow",
    "back_curve_px",
    "compute_profile",
]

#: Where the rays leave the hip-shoulder axis; 0 = hip centre, 1 = shoulder centre.
STATIONS: Array = np.linspace(-0.35, 1.15, 61)
#: Where the belly is read on the same axis.
VENTRAL_STATIONS: Array = STATIONS[::2]
#: Where the thigh is read on the line from knee (0) to hip (1).
THIGH_STATIONS: Array = np.linspace(0.0, 1.2, 13)
#: How far along each ray the mask is read, in trunk lengths.
DEPTHS: Array = np.linspace(0.0, 0.80, 65)
#: How far from the axis a ray may look for the body when it starts outside it.
SEARCH_RATIO = 0.30
#: An edge nearer than this to a forearm, in trunk lengths, may be the arm's and not the back's.
ARM_RADIUS_RATIO = 0.10
#: The same for a hand.
HAND_RADIUS_RATIO = 0.14
#: How far below and above the hip centre the seat's rearmost edge is sought, in trunk lengths.
SEAT_BELOW_RATIO, SEAT_ABOVE_RATIO = 0.20, 0.25
_N_SIDES = len(VENTRAL_STATIONS) + 2 * len(THIGH_STATIONS)
#: Frames that a ``ProfileBuilder`` makes room for at a time.
BLOCK_ROWS = 1024

_SHOULDERS, _HIPS, _KNEES = (11, 12), (23, 24), (25, 26)
_FOREARMS = ((13, 15), (14, 16))
_HANDS = ((15, 19), (16, 20))


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """The outline in one frame; see ``ProfileTrack``."""

    dorsal_ratio: Array
    hidden: NDArray[np.bool_]
    ventral_ratio: Array
    thigh_back_ratio: Array
    thigh_front_ratio: Array
    seat_px: tuple[float, float]
    edge_softness_px: float
    body_top_px: float
    body_bottom_px: float
    clipped: float


_UNSEEN = ProfileRow(
    np.full(STATIONS.shape, np.nan),
    np.zeros(STATIONS.shape, dtype=bool),
    np.full(VENTRAL_STATIONS.shape, np.nan),
    np.full(THIGH_STATIONS.shape, np.nan),
    np.full(THIGH_STATIONS.shape, np.nan),
    (float("nan"), float("nan")),
    float("nan"),
    float("nan"),
    float("nan"),
    float("nan"),
)


def compute_profile(keypoints_px: Array, mask: Mask | None, *, width_px: int, height_px: int) -> ProfileRow:
    """Read the outline of one frame.

    Parameters
    ----------
    keypoints_px
        ``(33, 2)`` canonical image pixels; NaN where no person was found.
    mask
        The person mask of the same frame; None gives an unseen row.
    width_px, height_px
        Size of the picture, to know where its border is.

    Returns
    -------
    ProfileRow
        NaN wherever the outline could not be read.
    """
    hip = keypoints_px[list(_HIPS)].mean(axis=0)
    shoulder = keypoints_px[list(_SHOULDERS)].mean(axis=0)
    trunk = shoulder - hip
    length = float(np.hypot(*trunk))
    if mask is None or not np.isfinite(length) or length < 8.0:
        return _UNSEEN
    rays = _Rays()
    back = rays.add(hip, trunk, STATIONS, side=1)
    rays.add(hip, trunk, VENTRAL_STATIONS, side=-1)
    knee = keypoints_px[list(_KNEES)].mean(axis=0)
    rays.add(knee, hip - knee, THIGH_STATIONS, side=1)
    rays.add(knee, hip - knee, THIGH_STATIONS, side=-1)
    # The seat is sought straight backwards, whatever the trunk's lean.
    lowest = hip + np.array([0.0, SEAT_BELOW_RATIO * length])
    upwards = np.array([0.0, -(SEAT_BELOW_RATIO + SEAT_ABOVE_RATIO) * length])
    seat_starts = rays.add(lowest, upwards, np.linspace(0, 1, 10), side=1)
    values, crop_points = _read_rays(mask, *rays.stacked(), length)
    edge, slope = _find_edges(values)
    k = len(STATIONS)
    ends = np.cumsum([k, len(VENTRAL_STATIONS), len(THIGH_STATIONS), len(THIGH_STATIONS)])
    dorsal, ventral, thigh_back, thigh_front, seat = np.split(edge, ends)
    points = back + dorsal[:, None] * length * np.array([trunk[1], -trunk[0]]) / length
    hidden = _near_arms(points, keypoints_px, length) | _on_border(points, width_px, height_px)
    hidden |= _on_mask_border(mask, crop_points[:k], dorsal)
    extent = _extent(mask, width_px, height_px)
    return ProfileRow(
        dorsal_ratio=dorsal,
        hidden=hidden & np.isfinite(dorsal),
        ventral_ratio=ventral,
        thigh_back_ratio=thigh_back,
        thigh_front_ratio=thigh_front,
        seat_px=_seat(seat_starts, seat, length),
        edge_softness_px=_softness(slope[:k], length),
        body_top_px=extent[0],
        body_bottom_px=extent[1],
        clipped=extent[2],
    )


class _Rays:
    """Rays that leave an axis at right angles, collected so that the mask is read once."""

    def __init__(self) -> None:
        self._starts: list[Array] = []
        self._directions: list[Array] = []

    def add(self, origin: Array, axis: Array, stations: Array, *, side: int) -> Array:
        """Add rays at ``origin + t axis``, to the back (1) or the front (-1); returns where they start."""
        starts = origin + stations[:, None] * axis
        unit = axis / max(float(np.hypot(*axis)), 1e-9)
        self._starts.append(starts)
        self._directions.append(np.broadcast_to(side * np.array([unit[1], -unit[0]]), starts.shape))
        return starts

    def stacked(self) -> tuple[Array, Array]:
        """Return all starts and directions, ``(n, 2)`` each."""
        return np.concatenate(self._starts), np.concatenate(self._directions)


def _read_rays(mask: Mask, origins: Array, directions: Array, length: float) -> tuple[Array, Array]:
    """Read the mask, 0..1, along every ray; also return the sampled crop points ``(rays, depths, 2)``."""
    matrix = mask.crop_to_image[:, :2]
    inverse = np.linalg.inv(matrix)
    first = (origins - mask.crop_to_image[:, 2]) @ inverse.T
    step = (directions * length) @ inverse.T
    crop = first[:, None, :] + DEPTHS[None, :, None] * step[:, None, :]
    return _bilinear(mask.values, crop), crop


def _bilinear(values: NDArray[np.uint8], points: Array) -> Array:
    """Read a picture at continuous points (first pixel centre = 0.5), 0 outside; returns 0..1."""
    height, width = values.shape
    x = points[..., 0] - 0.5
    y = points[..., 1] - 0.5
    outside = (x < -0.5) | (y < -0.5) | (x > width - 0.5) | (y > height - 0.5)
    x = np.clip(x, 0, width - 1.001)
    y = np.clip(y, 0, height - 1.001)
    x0 = x.astype(np.intp)
    y0 = y.astype(np.intp)
    fx = x - x0
    fy = y - y0
    flat = values.ravel()
    base = y0 * width + x0
    top = flat[base] * (1 - fx) + flat[base + 1] * fx
    bottom = flat[base + width] * (1 - fx) + flat[base + width + 1] * fx
    read: Array = (top * (1 - fy) + bottom * fy) / 255.0
    read[outside] = 0.0
    return read


def _find_edges(values: Array) -> tuple[Array, Array]:
    """Find the first inside-to-outside crossing of each ray, in trunk lengths, and the drop of the mask there."""
    inside = values >= 0.5
    search = int(np.searchsorted(DEPTHS, SEARCH_RATIO, side="right"))
    first_inside = np.argmax(inside[:, :search], axis=1)
    found = inside[np.arange(len(values)), first_inside]
    column = np.arange(values.shape[1])
    leaving = ~inside & (column[None, :] > first_inside[:, None])
    exit_at = np.argmax(leaving, axis=1)
    ok = found & leaving.any(axis=1)
    rows = np.arange(len(values))
    before = np.maximum(exit_at - 1, 0)
    high, low = values[rows, before], values[rows, exit_at]
    drop = np.where(ok, high - low, np.nan)
    part = (high - 0.5) / np.where(high - low > 0, high - low, 1.0)
    edge = DEPTHS[before] + part * (DEPTHS[1] - DEPTHS[0])
    return np.where(ok, edge, np.nan), drop


def _near_arms(points: Array, keypoints_px: Array, length: float) -> NDArray[np.bool_]:
    """Mark the points that lie close to a forearm or a hand."""
    near = np.zeros(len(points), dtype=bool)
    for pairs, radius in ((_FOREARMS, ARM_RADIUS_RATIO), (_HANDS, HAND_RADIUS_RATIO)):
        for a, b in pairs:
            near |= _distance_to_segment(points, keypoints_px[a], keypoints_px[b]) < radius * length
    return near


def _distance_to_segment(points: Array, a: Array, b: Array) -> Array:
    """Distance of each point to the segment from ``a`` to ``b``, same units."""
    along = b - a
    squared = float(along @ along)
    t = np.clip(((points - a) @ along) / squared, 0.0, 1.0) if squared > 0 else np.zeros(len(points))
    distance: Array = np.hypot(*(points - a - t[:, None] * along).T)
    return distance


def _on_border(points: Array, width_px: int, height_px: int) -> NDArray[np.bool_]:
    """Mark edges that coincide with the border of the picture: the body may go on beyond it."""
    margin = 2.0
    border = (points[:, 0] < margin) | (points[:, 1] < margin)
    border |= (points[:, 0] > width_px - margin) | (points[:, 1] > height_px - margin)
    return np.asarray(border)


def _on_mask_border(mask: Mask, crop_rays: Array, edge: Array) -> NDArray[np.bool_]:
    """Mark edges that coincide with the border of the mask, for the same reason."""
    margin = 1.5
    height, width = mask.values.shape
    part = np.clip(np.nan_to_num(edge) / (DEPTHS[1] - DEPTHS[0]), 0, len(DEPTHS) - 1).astype(int)
    crop = crop_rays[np.arange(len(crop_rays)), part]
    return np.asarray((crop < margin).any(axis=1) | (crop > (width - margin, height - margin)).any(axis=1))


def _seat(starts: Array, edge: Array, length: float) -> tuple[float, float]:
    """Pick the rearmost edge at hip height; NaN when no ray found one."""
    if not np.isfinite(edge).any():
        return (float("nan"), float("nan"))
    best = int(np.nanargmax(edge))
    return (float(starts[best, 0] - edge[best] * length), float(starts[best, 1]))


def _softness(drop: Array, length: float) -> float:
    """Width over which the mask falls from 1 to 0 at the back, image pixels."""
    seen = drop[np.isfinite(drop) & (drop > 0)]
    return float((DEPTHS[1] - DEPTHS[0]) * length / np.median(seen)) if seen.size else float("nan")


def _extent(mask: Mask, width_px: int, height_px: int) -> tuple[float, float, float]:
    """Top and bottom of the body in the picture, and how much of it lies on the picture's border ÷ its height."""
    stride = 4
    rows, columns = np.nonzero(mask.values[2::stride, 2::stride] > 127)
    if rows.size < 8:
        return (float("nan"), float("nan"), float("nan"))
    crop = np.stack([columns, rows], axis=1) * stride + 2.5
    image = crop @ mask.crop_to_image[:, :2].T + mask.crop_to_image[:, 2]
    spacing = stride * float(np.sqrt(abs(np.linalg.det(mask.crop_to_image[:, :2]))))
    top, bottom = float(image[:, 1].min()), float(image[:, 1].max())
    on_border = (image[:, 0] < spacing) | (image[:, 1] < spacing)
    on_border |= (image[:, 0] > width_px - spacing) | (image[:, 1] > height_px - spacing)
    height = max(bottom - top, spacing)
    return (top, bottom, float(on_border.sum() * spacing / height))


class ProfileBuilder:
    """Collect the rows of a clip, one ``add`` a frame, into a ``ProfileTrack``; kept in blocks, not as objects."""

    def __init__(self) -> None:
        self._outlines: list[Array] = []
        self._hidden: list[NDArray[np.bool_]] = []
        self._sides: list[NDArray[np.float32]] = []
        self._numbers: list[Array] = []
        self._n = 0

    def add(self, row: ProfileRow) -> None:
        """Append the outline of the next frame."""
        place = self._n % BLOCK_ROWS
        if place == 0:
            self._outlines.append(np.empty((BLOCK_ROWS, len(STATIONS))))
            self._hidden.append(np.empty((BLOCK_ROWS, len(STATIONS)), dtype=bool))
            self._sides.append(np.empty((BLOCK_ROWS, _N_SIDES), dtype=np.float32))
            self._numbers.append(np.empty((BLOCK_ROWS, 6)))
        self._outlines[-1][place] = row.dorsal_ratio
        self._hidden[-1][place] = row.hidden
        self._sides[-1][place] = np.concatenate([row.ventral_ratio, row.thigh_back_ratio, row.thigh_front_ratio])
        numbers = (*row.seat_px, row.edge_softness_px, row.body_top_px, row.body_bottom_px)
        self._numbers[-1][place] = (*numbers, row.clipped)
        self._n += 1

    def finish(self) -> ProfileTrack:
        """Stack the rows; an empty clip gives arrays of length 0."""
        n, stations = self._n, len(STATIONS)
        outlines = np.concatenate([*self._outlines, np.empty((0, stations))])[:n]
        hidden = np.concatenate([*self._hidden, np.empty((0, stations), dtype=bool)])[:n]
        sides = np.concatenate([*self._sides, np.empty((0, _N_SIDES), dtype=np.float32)])[:n]
        ventral, thigh_back, thigh_front = np.split(
            sides, (len(VENTRAL_STATIONS), len(VENTRAL_STATIONS) + len(THIGH_STATIONS)), axis=1
        )
        numbers = np.concatenate([*self._numbers, np.empty((0, 6))])[:n].T
        seat_x, seat_y, softness, top, bottom, clipped = numbers
        return ProfileTrack(
            station_ratio=STATIONS,
            dorsal_ratio=outlines,
            hidden=hidden,
            ventral_ratio=ventral,
            thigh_back_ratio=thigh_back,
            thigh_front_ratio=thigh_front,
            seat_px=np.column_stack([seat_x, seat_y]),
            edge_softness_px=softness,
            body_height_px=bottom - top,
            body_top_px=top,
            body_bottom_px=bottom,
            clipped=clipped,
        )


def back_curve_px(pose: PoseTrack, profile: ProfileTrack, row: int) -> Array:
    """Return the back outline of one frame, ``(n_stations, 2)`` canonical image pixels, NaN where hidden."""
    keypoints = pose.keypoints_px[row]
    hip = keypoints[list(_HIPS)].mean(axis=0)
    trunk = keypoints[list(_SHOULDERS)].mean(axis=0) - hip
    n = np.array([trunk[1], -trunk[0]])
    points: Array = hip + profile.station_ratio[:, None] * trunk + profile.dorsal_ratio[row][:, None] * n
    points[profile.hidden[row]] = np.nan
    return points
