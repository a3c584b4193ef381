"""Pictures that can be cut, turned and read without first becoming RGB as a whole.

All coordinates are continuous: the centre of the first pixel is (0.5, 0.5). OpenCV counts from pixel
centres, so every affine is shifted by half a pixel on its way into ``cv2.warpAffine``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from hiphinge.model import Array
from hiphinge.video.colour import ColorSpace, Planes, frame_to_rgb, planes_to_frame, shrink_plane

__all__ = ["UPRIGHT", "Orientation", "RgbPicture", "YuvPicture"]

Bytes = NDArray[np.uint8]

#: Weights of red and blue in the brightness (ITU-R BT.601, BT.709, BT.2020).
_LUMA_WEIGHTS: dict[str, tuple[float, float]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}
_WARP = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a stored picture becomes upright: mirrored left to right first, then turned clockwise.

    Parameters
    ----------
    quarter_turns
        Clockwise quarter turns, 0 to 3.
    mirrored
        Whether left and right are exchanged before turning.
    """

    quarter_turns: int = 0
    mirrored: bool = False

    @classmethod
    def from_display_matrix(cls, values: bytes) -> Orientation:
        """Read the nine 32-bit numbers that a container stores; angles are rounded to quarter turns."""
        matrix = np.frombuffer(values, dtype=np.int32, count=9).astype(np.float64)
        linear = np.array([[matrix[0], matrix[3]], [matrix[1], matrix[4]]])
        mirrored = bool(np.linalg.det(linear) < 0)
        if mirrored:
            linear = linear @ np.diag([-1.0, 1.0])
        return cls(round(float(np.degrees(np.arctan2(linear[1, 0], linear[0, 0]))) / 90.0) % 4, mirrored)

    @property
    def is_upright(self) -> bool:
        """Whether nothing has to be done."""
        return self.quarter_turns == 0 and not self.mirrored

    def size_px(self, stored_width_px: int, stored_height_px: int) -> tuple[int, int]:
        """Return the upright width and height, pixels."""
        if self.quarter_turns % 2:
            return stored_height_px, stored_width_px
        return stored_width_px, stored_height_px

    def apply(self, plane: Bytes) -> Bytes:
        """Return an upright view of ``(height, width, ...)``; nothing is copied."""
        return np.rot90(plane[:, ::-1] if self.mirrored else plane, -self.quarter_turns)

    def upright_to_stored(self, stored_width_px: int, stored_height_px: int) -> Array:
        """Return the ``(3, 3)`` affine from continuous upright pixels to continuous stored pixels."""
        width, height = float(stored_width_px), float(stored_height_px)
        to_upright = np.eye(3)
        if self.mirrored:
            to_upright = np.array([[-1.0, 0.0, width], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        for _ in range(self.quarter_turns):
            # One clockwise turn sends (x, y) to (height - y, x).
            to_upright = np.array([[0.0, -1.0, height], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]) @ to_upright
            width, height = height, width
        return np.asarray(np.linalg.inv(to_upright), dtype=np.float64)


#: Nothing to turn.
UPRIGHT = Orientation()


def _shifted(affine: Array) -> Array:
    """Return ``(2, 3)`` in OpenCV's convention (integers are pixel centres) of a continuous affine."""
    out = np.array(affine[:2], dtype=np.float64)
    out[:, 2] += out[:, 0] * 0.5 + out[:, 1] * 0.5 - 0.5
    return out


def _compose(upright_to_stored: Array, crop_to_image: Array) -> Array:
    """Return ``(2, 3)``: first ``crop_to_image``, then ``upright_to_stored``."""
    crop = np.vstack([np.asarray(crop_to_image, dtype=np.float64), [0.0, 0.0, 1.0]])
    return np.asarray((upright_to_stored @ crop)[:2], dtype=np.float64)


class RgbPicture:
    """A picture that is RGB already.

    Parameters
    ----------
    array
        ``(height, width, 3)`` uint8 as stored.
    orientation
        What makes it upright.
    """

    __slots__ = ("_array", "_orientation")

    def __init__(self, array: Bytes, orientation: Orientation = UPRIGHT) -> None:
        self._array = array
        self._orientation = orientation

    @property
    def width_px(self) -> int:
        """Upright width, pixels."""
        return self._orientation.size_px(self._array.shape[1], self._array.shape[0])[0]

    @property
    def height_px(self) -> int:
        """Upright height, pixels."""
        return self._orientation.size_px(self._array.shape[1], self._array.shape[0])[1]

    def warp(self, crop_to_image: Array, *, size_px: int) -> Bytes:
        """Cut a ``(size_px, size_px, 3)`` RGB crop, bilinear, black outside the picture."""
        stored = self._orientation.upright_to_stored(self._array.shape[1], self._array.shape[0])
        affine = _shifted(_compose(stored, crop_to_image))
        crop = cv2.warpAffine(self._array, affine, (size_px, size_px), flags=_WARP)
        return np.asarray(crop, dtype=np.uint8)

    def rgb(self) -> Bytes:
        """Return ``(height_px, width_px, 3)`` RGB; contiguous, a fresh array only where it must be turned."""
        return np.ascontiguousarray(self._orientation.apply(self._array))

    def luma(self) -> Bytes:
        """Return ``(height_px, width_px)`` brightness, 0..255."""
        return self._orientation.apply(cv2.cvtColor(self._array, cv2.COLOR_RGB2GRAY))


class YuvPicture:
    """A decoded picture kept as its brightness plane and its two half-size colour planes.

    Parameters
    ----------
    planes
        Y ``(height, width)``, U and V ``(ceil(height / 2), ceil(width / 2))``, uint8, as stored.
    colorspace
        Which weights turn the planes into RGB.
    full_range
        Whether Y runs over 0..255 (else 16..235).
    orientation
        What makes the picture upright.
    owner
        The decoder's frame whose memory the planes show; None where they are arrays of their own.
    """

    __slots__ = ("_owner", "colorspace", "full_range", "orientation", "planes")

    def __init__(
        self,
        planes: Planes,
        *,
        colorspace: ColorSpace = "bt601",
        full_range: bool = False,
        orientation: Orientation = UPRIGHT,
        owner: VideoFrame | None = None,
    ) -> None:
        self.planes = planes
        self.colorspace = colorspace
        self.full_range = full_range
        self.orientation = orientation
        self._owner = owner

    @property
    def width_px(self) -> int:
        """Upright width, pixels."""
        return self.orientation.size_px(self.planes[0].shape[1], self.planes[0].shape[0])[0]

    @property
    def height_px(self) -> int:
        """Upright height, pixels."""
        return self.orientation.size_px(self.planes[0].shape[1], self.planes[0].shape[0])[1]

    def warp(self, crop_to_image: Array, *, size_px: int) -> Bytes:
        """Cut a ``(size_px, size_px, 3)`` RGB crop, bilinear, black outside the picture.

        Each plane is cut by itself and only the crop becomes RGB: no full picture is ever converted.
        """
        luma, *chroma = self.planes
        stored = self.orientation.upright_to_stored(luma.shape[1], luma.shape[0])
        affine = _compose(stored, crop_to_image)
        black = 0 if self.full_range else 16
        parts = [_cut_plane(luma, _shifted(affine), size_px, black)]
        half = _shifted(affine * 0.5)
        parts += [_cut_plane(plane, half, size_px, 128) for plane in chroma]
        return self._to_rgb(parts)

    def rgb(self) -> Bytes:
        """Return the whole picture, ``(height_px, width_px, 3)`` RGB, contiguous, free to be drawn on."""
        frame = self._owner if self._owner is not None else planes_to_frame(self.planes)
        return self._upright_rgb(frame)

    def resized_rgb(self, width_px: int, height_px: int) -> Bytes:
        """Return the picture scaled down to an upright size, as ``rgb`` does.

        Scaling the planes before the colours are converted is what keeps this cheap.
        """
        if (width_px, height_px) == (self.width_px, self.height_px):
            return self.rgb()
        width, height = self.orientation.size_px(width_px, height_px)
        half = ((width + 1) // 2, (height + 1) // 2)
        luma, blue, red = self.planes
        scaled = shrink_plane(luma, (width, height)), shrink_plane(blue, half), shrink_plane(red, half)
        return self._upright_rgb(planes_to_frame(scaled))

    def luma(self) -> Bytes:
        """Return the brightness plane ``(height_px, width_px)``, a view; 16..235 unless ``full_range``."""
        return self.orientation.apply(self.planes[0])

    def _upright_rgb(self, frame: VideoFrame) -> Bytes:
        rgb = frame_to_rgb(frame, self.colorspace, full_range=self.full_range)
        return np.ascontiguousarray(self.orientation.apply(rgb))

    def _to_rgb(self, parts: list[Bytes]) -> Bytes:
        matrix = _YUV_TO_RGB[self.colorspace, self.full_range]
        return np.asarray(cv2.transform(cv2.merge(parts), matrix), dtype=np.uint8)


def _cut_plane(plane: Bytes, affine: Array, size_px: int, border: int) -> Bytes:
    """Cut a ``(size_px, size_px)`` crop out of a plane along an affine in OpenCV's convention.

    What the crop needs is copied first: a decoder's plane lies in slow memory, where reading rows one after another
    takes a third less than the jumps of the warp. The result is the same, bit by bit.
    """
    last = size_px - 1
    spans = affine[:, :2] * last
    low = affine[:, 2] + np.minimum(spans, 0.0).sum(axis=1)
    high = affine[:, 2] + np.maximum(spans, 0.0).sum(axis=1)
    # One pixel more on each side is what bilinear reading reaches.
    left, top = (max(0, math.floor(side) - 1) for side in low)
    right, bottom = (min(size, math.ceil(side) + 2) for side, size in zip(high, plane.shape[::-1], strict=True))
    if left < right and top < bottom:
        plane = np.ascontiguousarray(plane[top:bottom, left:right])
        affine = affine.copy()
        affine[:, 2] -= (left, top)
    cut = cv2.warpAffine(plane, affine, (size_px, size_px), flags=_WARP, borderValue=border)
    return np.asarray(cut, dtype=np.uint8)


def _yuv_to_rgb(weights: tuple[float, float], full_range: bool) -> NDArray[np.float32]:
    """Return the ``(3, 4)`` matrix from (Y, U, V, 1) to (R, G, B)."""
    red, blue = weights
    green = 1.0 - red - blue
    luma, chroma, black = (1.0, 1.0, 0.0) if full_range else (255.0 / 219.0, 255.0 / 224.0, 16.0)
    to_red, to_blue = 2.0 * (1.0 - red) * chroma, 2.0 * (1.0 - blue) * chroma
    matrix = np.array(
        [
            [luma, 0.0, to_red, 0.0],
            [luma, -to_blue * blue / green, -to_red * red / green, 0.0],
            [luma, to_blue, 0.0, 0.0],
        ]
    )
    matrix[:, 3] = -matrix[:, :3] @ np.array([black, 128.0, 128.0])
    return matrix.astype(np.float32)


_YUV_TO_RGB = {
    (name, full): _yuv_to_rgb(weights, full) for name, weights in _LUMA_WEIGHTS.items() for full in (False, True)
}
