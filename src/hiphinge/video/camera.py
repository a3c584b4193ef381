"""What the camera did: cuts, shifts, repeats, light and sharpness, read from small grey pictures."""

from __future__ import annotations

from collections import deque
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array, CameraTrack, Frame, Picture
from hiphinge.video.picture import YuvPicture

__all__ = ["CameraWatch"]

Bytes = NDArray[np.uint8]
#: ``(left, top, right, bottom)`` ÷ picture width and height, unmirrored image.
Box = tuple[float, float, float, float]

#: Longer side of the grey pictures in which movement is read, pixels.
THUMB_WIDTH_PX = 160
#: Pixels averaged into one of theirs, along each side.
PIXELS_PER_THUMB = 2
#: A cut: this much of a picture's pattern is new (1 - correlation) ...
CUT_CHANGE = 0.35
#: ... and this many times as much as usual in the second before.
CUT_TIMES_USUAL = 6.0
USUAL_FRAMES = 30
#: Pictures with less contrast than this (standard deviation, of 255) count as plain: title cards, a
#: covered lens.
PLAIN_LEVELS = 3.0
#: Two plain pictures are the same unless their brightness differs by this, of 255.
PLAIN_STEP_LEVELS = 12.0
#: A picture repeats the one before when it differs by less than this, of 255, on average ...
REPEAT_MEAN_LEVELS = 0.12
#: ... and nowhere by more than this.
REPEAT_MAX_LEVELS = 20
#: Points of the background that are followed, and the fewest that carry an answer.
N_POINTS = 32
MIN_POINTS = 6
#: Followed points that disagree by more than this (median absolute deviation, thumbnail pixels) tell nothing.
MAX_SPREAD_PX = 0.75
#: Points this far inside the picture are followed; the person's box is widened by ``BOX_MARGIN``.
BOX_MARGIN = 0.06
#: Sharpness is read on every n-th picture, on at most this many pixels a side.
SHARPNESS_EVERY = 5
SHARPNESS_SIDE_PX = 512

_FLOW: dict[str, Any] = {
    "winSize": (9, 9),
    "maxLevel": 1,
    "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 12, 0.02),
    "minEigThreshold": 1e-3,
}


class CameraWatch:
    """Watches the camera while the pictures go by.

    Call ``update`` once per frame, in order, then ``finish``.

    Notes
    -----
    ``sharpness`` is read on every fifth frame with a box and NaN in between: nothing is carried forward.
    ``shift_ratio`` follows points outside the person's box from the first picture of the shot and is NaN
    where fewer than six of them are left or where they disagree. A zoom shifts no median and is not seen.
    ``luma`` is 0 at video black and 1 at video white for decoded video.
    """

    def __init__(self) -> None:
        self._cut: list[bool] = []
        self._shift: list[tuple[float, float]] = []
        self._luma: list[float] = []
        self._sharpness: list[float] = []
        self._still: list[bool] = []
        self._thumb: Bytes | None = None
        self._grid: Bytes | None = None
        self._changes: deque[float] = deque(maxlen=USUAL_FRAMES)
        self._anchor: Bytes | None = None
        self._anchor_points: NDArray[np.float32] = np.empty((0, 1, 2), np.float32)
        self._anchor_shift = np.zeros(2)
        self._last_shift = np.zeros(2)

    def update(self, frame: Frame, person_box_ratio: Box | None = None) -> None:
        """Take in one frame; the person's box is no background, and is where sharpness is read."""
        picture = frame.picture
        thumb, grid = _thumbnail(picture)
        cut, still = self._compare(thumb, grid)
        if cut or self._anchor is None:
            self._set_anchor(thumb, person_box_ratio, np.zeros(2))
            shift = np.zeros(2)
        elif still and self._shift and np.isfinite(self._shift[-1][0]):
            shift = self._last_shift
        else:
            shift = self._follow(thumb, person_box_ratio)
        height = thumb.shape[0]
        self._cut.append(cut)
        self._still.append(still)
        self._shift.append((float(shift[0]) / height, float(shift[1]) / height))
        self._luma.append(_brightness(thumb, picture))
        read = person_box_ratio is not None and len(self._luma) % SHARPNESS_EVERY == 1
        self._sharpness.append(_sharpness(picture, person_box_ratio) if read and person_box_ratio else np.nan)
        self._thumb, self._grid = thumb, grid

    def last(self) -> tuple[bool, tuple[float, float], float, float]:
        """Return cut, shift, brightness and sharpness of the frame that was taken in last."""
        return self._cut[-1], self._shift[-1], self._luma[-1], self._sharpness[-1]

    def finish(self) -> CameraTrack:
        """Return the track of all frames so far."""
        return CameraTrack(
            cut=np.array(self._cut, dtype=bool),
            shift_ratio=np.array(self._shift, dtype=np.float64).reshape(-1, 2),
            luma=np.array(self._luma, dtype=np.float64),
            sharpness=np.array(self._sharpness, dtype=np.float64),
            still_picture=np.array(self._still, dtype=bool),
        )

    def _compare(self, thumb: Bytes, grid: Bytes) -> tuple[bool, bool]:
        """Return whether this picture begins a new shot, and whether it repeats the one before."""
        if self._thumb is None or self._grid is None or self._thumb.shape != thumb.shape:
            return False, False
        apart = cv2.absdiff(grid, self._grid)
        still = bool(cv2.mean(apart)[0] < REPEAT_MEAN_LEVELS and int(apart.max()) <= REPEAT_MAX_LEVELS)
        if still:
            return False, True
        change = _change(thumb, self._thumb)
        usual = float(_median(np.array(self._changes))) if self._changes else 0.0
        cut = change > max(CUT_CHANGE, CUT_TIMES_USUAL * usual)
        if cut:
            # A quick pan also brings a new pattern in every place; the old one is still there, moved.
            step, change = _moved(thumb, self._thumb)
            cut = change > CUT_CHANGE
            self._last_shift = self._last_shift + step
        if cut:
            self._changes.clear()
        else:
            self._changes.append(change)
        return cut, False

    def _set_anchor(self, thumb: Bytes, box: Box | None, shift: Array) -> None:
        mask = np.full(thumb.shape, 255, dtype=np.uint8)
        if box is not None:
            left, top, right, bottom = _box_px(box, thumb.shape, BOX_MARGIN)
            mask[top:bottom, left:right] = 0
        points = cv2.goodFeaturesToTrack(thumb, N_POINTS, 0.02, 4, mask=mask, blockSize=3)
        self._anchor = thumb
        self._anchor_points = np.empty((0, 1, 2), np.float32) if points is None else points
        self._anchor_shift = shift
        self._last_shift = shift

    def _follow(self, thumb: Bytes, box: Box | None) -> Array:
        """Return the background's shift since the shot began, thumbnail pixels; NaN if it cannot be read."""
        before = self._anchor_points
        if len(before) < MIN_POINTS:
            return np.full(2, np.nan)
        guess = before + (self._last_shift - self._anchor_shift).astype(np.float32)
        assert self._anchor is not None
        after, found, _ = cv2.calcOpticalFlowPyrLK(
            self._anchor, thumb, before, guess.copy(), flags=cv2.OPTFLOW_USE_INITIAL_FLOW, **_FLOW
        )
        kept = found.ravel().astype(bool) & _outside(after[:, 0], box, thumb.shape)
        if kept.sum() < MIN_POINTS:
            self._set_anchor(thumb, box, self._last_shift)
            return np.full(2, np.nan)
        steps = (after - before)[kept, 0].astype(np.float64)
        step = _median(steps)
        if _median(np.abs(steps - step)).max() > MAX_SPREAD_PX:
            return np.full(2, np.nan)
        self._last_shift = self._anchor_shift + step
        if kept.sum() < len(before) // 3:
            self._set_anchor(thumb, box, self._last_shift)
        return np.asarray(self._last_shift)


def _median(values: Array) -> Array:
    """Return the median along the first axis, as ``np.median``, whose checks take five times as long as its work."""
    ordered = np.sort(values, axis=0)
    return np.asarray((ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2)


def _thumbnail(picture: Picture) -> tuple[Bytes, Bytes]:
    """Return an averaged, upright grey picture of about 160 px and an unaveraged one as stored."""
    planar = isinstance(picture, YuvPicture)
    luma = picture.planes[0] if planar else picture.luma()  # type: ignore[attr-defined]
    # A few pixels of each block stand for all of it: reading every pixel of 4K would cost more than it tells.
    step = max(1, round(max(luma.shape) / (THUMB_WIDTH_PX * PIXELS_PER_THUMB)))
    grid = np.ascontiguousarray(luma[::step, ::step])
    # Whole blocks only: OpenCV averages those many times faster than broken ones.
    height, width = (side // PIXELS_PER_THUMB for side in grid.shape)
    whole = grid[: height * PIXELS_PER_THUMB, : width * PIXELS_PER_THUMB]
    thumb = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    if planar:
        thumb = picture.orientation.apply(thumb)  # type: ignore[attr-defined]
    return np.ascontiguousarray(thumb), grid


def _change(thumb: Bytes, before: Bytes) -> float:
    """Return 1 - correlation of two pictures; plain pictures are compared by their brightness."""
    (mean, spread), (mean_before, spread_before) = (_moments(one) for one in (thumb, before))
    if spread < PLAIN_LEVELS or spread_before < PLAIN_LEVELS:
        both_plain = spread < PLAIN_LEVELS and spread_before < PLAIN_LEVELS
        return float(not both_plain or abs(mean - mean_before) > PLAIN_STEP_LEVELS)
    product = cv2.mean(cv2.multiply(thumb, before, dtype=cv2.CV_32F))[0]
    return 1.0 - (product - mean * mean_before) / (spread * spread_before)


def _moved(thumb: Bytes, before: Bytes) -> tuple[Array, float]:
    """Return by how much the picture moved, thumbnail pixels, and what is new in it all the same."""
    window = cv2.createHanningWindow((thumb.shape[1], thumb.shape[0]), cv2.CV_32F)
    step, _ = cv2.phaseCorrelate(before.astype(np.float32), thumb.astype(np.float32), window)
    dx, dy = (round(part) for part in step)
    height, width = thumb.shape
    if abs(dx) > width // 2 or abs(dy) > height // 2:
        return np.zeros(2), 1.0
    now = thumb[max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)]
    then = before[max(0, -dy) : height + min(0, -dy), max(0, -dx) : width + min(0, -dx)]
    return np.array(step), _change(np.ascontiguousarray(now), np.ascontiguousarray(then))


def _moments(thumb: Bytes) -> tuple[float, float]:
    mean, spread = cv2.meanStdDev(thumb)
    return float(mean[0, 0]), float(spread[0, 0])


def _brightness(thumb: Bytes, picture: Picture) -> float:
    mean = cv2.mean(thumb)[0]
    if isinstance(picture, YuvPicture) and not picture.full_range:
        mean = (mean - 16.0) * 255.0 / 219.0
    return float(min(max(mean / 255.0, 0.0), 1.0))


def _box_px(box: Box, shape: tuple[int, ...], margin: float = 0.0) -> tuple[int, int, int, int]:
    height, width = shape[:2]
    left, top, right, bottom = box
    return (
        max(0, int((left - margin) * width)),
        max(0, int((top - margin) * height)),
        max(0, min(width, int(np.ceil((right + margin) * width)))),
        max(0, min(height, int(np.ceil((bottom + margin) * height)))),
    )


def _outside(points: NDArray[np.float32], box: Box | None, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    height, width = shape[:2]
    x, y = points[:, 0], points[:, 1]
    inside_picture = (x >= 1) & (y >= 1) & (x < width - 1) & (y < height - 1)
    if box is None:
        return np.asarray(inside_picture)
    left, top, right, bottom = _box_px(box, shape, BOX_MARGIN / 2)
    return np.asarray(inside_picture & ~((x >= left) & (x < right) & (y >= top) & (y < bottom)))


def _sharpness(picture: Picture, box: Box) -> float:
    """Return the variance of the Laplacian ÷ the variance of the brightness in the middle of the box."""
    luma = picture.luma()
    left, top, right, bottom = _box_px(box, luma.shape)
    middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
    half = SHARPNESS_SIDE_PX // 2
    crop = luma[
        max(top, middle_y - half) : min(bottom, middle_y + half),
        max(left, middle_x - half) : min(right, middle_x + half),
    ]
    if min(crop.shape) < 8:
        return float("nan")
    crop = np.ascontiguousarray(crop)
    _, spread = cv2.meanStdDev(crop)
    if spread[0, 0] < PLAIN_LEVELS:
        return float("nan")
    _, edges = cv2.meanStdDev(cv2.Laplacian(crop, cv2.CV_16S))
    return float((edges[0, 0] / spread[0, 0]) ** 2)
