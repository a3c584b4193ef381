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

from collections.abc import Iterator, Sequence
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
    "compute_profiles",
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
#: A trunk shorter than this is nobody's.
MIN_TRUNK_PX = 8.0
_N_SIDES = len(VENTRAL_STATIONS) + 2 * len(THIGH_STATIONS)
#: Frames that a ``ProfileBuilder`` makes room for at a time.
BLOCK_ROWS = 1024

_SHOULDERS, _HIPS, _KNEES = [11, 12], [23, 24], [25, 26]
#: Forearms, then hands: where they begin, where they end, and how near to them an edge may be theirs.
_ARM_FROM, _ARM_TO = np.array([13, 14, 15, 16]), np.array([15, 16, 19, 20])
_ARM_REACH: Array = np.array([ARM_RADIUS_RATIO, ARM_RADIUS_RATIO, HAND_RADIUS_RATIO, HAND_RADIUS_RATIO])
#: Rays of the seat.
_SEAT_STATIONS: Array = np.linspace(0, 1, 10)
#: All rays in order: back, belly, thigh behind, thigh in front, seat; with their axis (0 trunk, 1 thigh, 2 seat), side
#: (1 to the back) and place.
_FANS = (
    (STATIONS, 0, 1),
    (VENTRAL_STATIONS, 0, -1),
    (THIGH_STATIONS, 1, 1),
    (THIGH_STATIONS, 1, -1),
    (_SEAT_STATIONS, 2, 1),
)
_STATION_OF_RAY: Array = np.concatenate([stations for stations, _, _ in _FANS])
_AXIS_OF_RAY = np.concatenate([np.full(len(stations), axis) for stations, axis, _ in _FANS])
_SIDE_OF_RAY: Array = np.concatenate([np.full(len(stations), float(side)) for stations, _, side in _FANS])
_SPLITS = np.cumsum([len(stations) for stations, _, _ in _FANS[:-1]])
#: Depths within which a ray may look for the body, and those that are read for every ray.
_N_SEARCH = int(np.searchsorted(DEPTHS, SEARCH_RATIO, side="right"))
_N_NEAR = 30


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
    return compute_profiles(keypoints_px[None], [mask], width_px=width_px, height_px=height_px)[0]


def compute_profiles(
    keypoints_px: Array, masks: Sequence[Mask | None], *, width_px: int, height_px: int
) -> list[ProfileRow]:
    """Read the outlines of some frames at once: a few together cost less than one by one, and come out the same.

    Parameters
    ----------
    keypoints_px
        ``(n, 33, 2)``, as ``compute_profile``.
    masks
        One a frame.
    width_px, height_px
        Size of the pictures.
    """
    rows = [_UNSEEN] * len(masks)
    trunk = keypoints_px[:, _SHOULDERS].mean(axis=1) - keypoints_px[:, _HIPS].mean(axis=1)
    length = np.hypot(trunk[:, 0], trunk[:, 1])
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, mask in enumerate(masks):
        if mask is not None and length[row] >= MIN_TRUNK_PX:  # false for NaN
            groups.setdefault(mask.values.shape, []).append(row)
    for group in groups.values():
        seen = [mask for row in group if (mask := masks[row]) is not None]
        for row, found in zip(group, _read_outlines(keypoints_px[group], seen, width_px, height_px), strict=True):
            rows[row] = found
    return rows


def _read_outlines(keypoints: Array, masks: list[Mask], width_px: int, height_px: int) -> Iterator[ProfileRow]:
    """Yield the outlines of frames in which the person is seen, their masks of one size."""
    hip, knee = keypoints[:, _HIPS].mean(axis=1), keypoints[:, _KNEES].mean(axis=1)
    trunk = keypoints[:, _SHOULDERS].mean(axis=1) - hip
    length = np.hypot(trunk[:, 0], trunk[:, 1])
    # The seat is sought straight backwards, whatever the trunk's lean.
    down = np.stack([np.zeros_like(length), length], axis=1)
    upwards = -(SEAT_BELOW_RATIO + SEAT_ABOVE_RATIO) * down
    starts, directions = _lay_rays(
        np.stack([hip, knee, hip + SEAT_BELOW_RATIO * down], axis=1), np.stack([trunk, hip - knee, upwards], axis=1)
    )
    rays = _Rays.through(masks, starts, directions * length[:, None, None])
    edge, drop = (found.reshape(len(masks), -1) for found in _find_edges(rays))
    dorsal, ventral, thigh_back, thigh_front, seat = np.split(edge, _SPLITS, axis=1)
    k = len(STATIONS)
    normal = np.stack([trunk[:, 1], -trunk[:, 0]], axis=1) / length[:, None]
    points = starts[:, :k] + (dorsal * length[:, None])[:, :, None] * normal[:, None, :]
    hidden = _near_arms(points, keypoints, length) | _on_border(points, width_px, height_px)
    hidden |= _on_mask_border(rays, dorsal)
    hidden &= np.isfinite(dorsal)
    for row, mask in enumerate(masks):
        extent = _extent(mask, width_px, height_px)
        yield ProfileRow(
            dorsal_ratio=dorsal[row],
            hidden=hidden[row],
            ventral_ratio=ventral[row],
            thigh_back_ratio=thigh_back[row],
            thigh_front_ratio=thigh_front[row],
            seat_px=_seat(starts[row, _SPLITS[-1] :], seat[row], float(length[row])),
            edge_softness_px=_softness(drop[row, :k], float(length[row])),
            body_top_px=extent[0],
            body_bottom_px=extent[1],
            clipped=extent[2],
        )


def _lay_rays(origins: Array, axes: Array) -> tuple[Array, Array]:
    """Return where rays start and their unit directions, ``(n, rays, 2)``, from trunk, thigh and seat ``(n, 3, 2)``."""
    starts = origins[:, _AXIS_OF_RAY] + _STATION_OF_RAY[:, None] * axes[:, _AXIS_OF_RAY]
    units = axes / np.maximum(np.hypot(axes[..., 0], axes[..., 1]), 1e-9)[..., None]
    normals = np.stack([units[..., 1], -units[..., 0]], axis=-1)
    return starts, _SIDE_OF_RAY[:, None] * normals[:, _AXIS_OF_RAY]


@dataclass(frozen=True, slots=True)
class _Rays:
    """Rays in their masks' own pixels: where they start, and what one trunk length along them is, ``(rays, 2)`` each.

    ``masks`` ``(n, height, width)``; ``frame`` ``(rays,)`` says which of them each ray reads.
    """

    masks: NDArray[np.uint8]
    frame: NDArray[np.intp]
    first: Array
    step: Array

    @classmethod
    def through(cls, masks: Sequence[Mask], starts: Array, steps: Array) -> _Rays:
        """Take rays of the pictures, ``(n, rays, 2)``, into their masks' crops."""
        affine = np.stack([mask.crop_to_image for mask in masks])
        inverse = np.linalg.inv(affine[:, :, :2]).swapaxes(1, 2)
        first = (starts - affine[:, None, :, 2]) @ inverse
        values = np.stack([mask.values for mask in masks]) if len(masks) > 1 else masks[0].values[None]
        frame = np.repeat(np.arange(len(masks)), starts.shape[1])
        return cls(values, frame, first.reshape(-1, 2), (steps @ inverse).reshape(-1, 2))

    def read(self, rows: slice | NDArray[np.intp], depths: slice) -> Array:
        """Read the masks, 0..1, ``(rays, depths)``; 0 outside of them."""
        first, step, at = self.first[rows], self.step[rows], DEPTHS[depths]
        x = first[:, :1] + at * step[:, :1]
        y = first[:, 1:] + at * step[:, 1:]
        return _bilinear(self.masks, self.frame[rows, None], x, y)


def _bilinear(values: NDArray[np.uint8], frame: NDArray[np.intp], x: Array, y: Array) -> Array:
    """Read pictures at continuous points (first pixel centre = 0.5), 0 outside; returns 0..1. Uses up ``x, y``."""
    height, width = values.shape[1:]
    x -= 0.5
    y -= 0.5
    outside = (x < -0.5) | (y < -0.5) | (x > width - 0.5) | (y > height - 0.5)
    np.clip(x, 0, width - 1.001, out=x)
    np.clip(y, 0, height - 1.001, out=y)
    base = y.astype(np.intp)
    y -= base
    base *= width
    column = x.astype(np.intp)
    x -= column
    base += column
    base += frame * (height * width)
    flat = values.ravel()
    rest = 1 - x
    top = flat.take(base) * rest
    base += 1
    top += flat.take(base) * x
    base += width - 1
    bottom = flat.take(base) * rest
    base += 1
    bottom += flat.take(base) * x
    top *= 1 - y
    bottom *= y
    top += bottom
    top /= 255.0
    top[outside] = 0.0
    return top


def _find_edges(rays: _Rays) -> tuple[Array, Array]:
    """Find the first inside-to-outside crossing of each ray, in trunk lengths, and the drop of the mask there.

    Most rays leave the body early, so the mask is read near the axis first, and further out only for the others.
    """
    values = rays.read(slice(None), slice(0, _N_NEAR))
    first_inside = np.argmax(values[:, :_N_SEARCH] >= 0.5, axis=1)
    every = np.arange(len(values))
    found = values[every, first_inside] >= 0.5
    high, low, exit_at = _find_exits(values, first_inside)
    going_on = np.flatnonzero(found & (exit_at < 0))
    if going_on.size:
        # One column is read again, so that a crossing between the two parts is seen.
        far = rays.read(going_on, slice(_N_NEAR - 1, None))
        inside = np.zeros(going_on.size, dtype=np.intp)
        high[going_on], low[going_on], at = _find_exits(far, inside)
        exit_at[going_on] = np.where(at < 0, -1, at + _N_NEAR - 1)
    ok = found & (exit_at >= 0)
    drop = np.where(ok, high - low, np.nan)
    part = (high - 0.5) / np.where(high - low > 0, high - low, 1.0)
    edge = DEPTHS[np.maximum(exit_at - 1, 0)] + part * (DEPTHS[1] - DEPTHS[0])
    return np.where(ok, edge, np.nan), drop


def _find_exits(values: Array, first_inside: NDArray[np.intp]) -> tuple[Array, Array, NDArray[np.intp]]:
    """Return the values before and behind each ray's first crossing after ``first_inside``, and its column or -1."""
    rows = np.arange(len(values))
    leaving = (values < 0.5) & (np.arange(values.shape[1]) > first_inside[:, None])
    at = np.argmax(leaving, axis=1)
    exit_at = np.where(leaving[rows, at], at, -1)
    return values[rows, np.maximum(at - 1, 0)], values[rows, at], exit_at


def _near_arms(points: Array, keypoints_px: Array, length: Array) -> NDArray[np.bool_]:
    """Mark the points, ``(n, stations, 2)``, that lie close to a forearm or a hand."""
    distance = _distance_to_segments(points, keypoints_px[:, _ARM_FROM], keypoints_px[:, _ARM_TO])
    near = distance < (_ARM_REACH * length[:, None])[:, :, None]
    return np.asarray(near.any(axis=1), dtype=np.bool_)


def _distance_to_segments(points: Array, a: Array, b: Array) -> Array:
    """Distance of points ``(n, k, 2)`` to segments from ``a`` to ``b`` ``(n, m, 2)``, ``(n, m, k)``, same units."""
    along = b - a
    squared = (along**2).sum(axis=-1)
    x, y = along[..., :1], along[..., 1:]
    dx, dy = points[:, None, :, 0] - a[..., :1], points[:, None, :, 1] - a[..., 1:]
    t = (dx * x + dy * y) / np.where(squared > 0, squared, 1.0)[..., None]
    np.clip(t, 0.0, 1.0, out=t)
    distance: Array = np.hypot(dx - t * x, dy - t * y)
    return distance


def _on_border(points: Array, width_px: int, height_px: int) -> NDArray[np.bool_]:
    """Mark edges that coincide with the border of the picture: the body may go on beyond it."""
    margin = 2.0
    border = (points[..., 0] < margin) | (points[..., 1] < margin)
    border |= (points[..., 0] > width_px - margin) | (points[..., 1] > height_px - margin)
    return np.asarray(border)


def _on_mask_border(rays: _Rays, edge: Array) -> NDArray[np.bool_]:
    """Mark edges, ``(n, stations)``, that coincide with the border of the mask, for the same reason."""
    margin = 1.5
    n, k = edge.shape
    height, width = rays.masks.shape[1:]
    part = np.clip(np.nan_to_num(edge) / (DEPTHS[1] - DEPTHS[0]), 0, len(DEPTHS) - 1).astype(int)
    first, step = (one.reshape(n, -1, 2)[:, :k] for one in (rays.first, rays.step))
    crop = first + DEPTHS[part][..., None] * step
    return np.asarray((crop < margin).any(axis=-1) | (crop > (width - margin, height - margin)).any(axis=-1))


def _seat(starts: Array, edge: Array, length: float) -> tuple[float, float]:
    """Pick the rearmost edge at hip height; NaN when no ray found one."""
    reach = np.where(np.isfinite(edge), edge, -np.inf)
    best = int(reach.argmax())
    if reach[best] == -np.inf:
        return (float("nan"), float("nan"))
    return (float(starts[best, 0] - edge[best] * length), float(starts[best, 1]))


def _softness(drop: Array, length: float) -> float:
    """Width over which the mask falls from 1 to 0 at the back, image pixels: by the median of the drops."""
    seen = np.sort(drop[drop > 0])  # NaN is not
    if not seen.size:
        return float("nan")
    middle = (seen[(seen.size - 1) // 2] + seen[seen.size // 2]) / 2
    return float((DEPTHS[1] - DEPTHS[0]) * length / middle)


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
    hip = keypoints[_HIPS].mean(axis=0)
    trunk = keypoints[_SHOULDERS].mean(axis=0) - hip
    n = np.array([trunk[1], -trunk[0]])
    points: Array = hip + profile.station_ratio[:, None] * trunk + profile.dorsal_ratio[row][:, None] * n
    points[profile.hidden[row]] = np.nan
    return points
