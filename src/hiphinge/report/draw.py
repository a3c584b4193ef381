"""Small drawing tools on RGB arrays: antialiased lines with a dark edge, text, cards that let the picture through.

All coordinates are continuous pixels (the centre of the first is (0.5, 0.5)).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array
from hiphinge.report.palette import INK, SHADOW, Colour

__all__ = [
    "Bytes",
    "Card",
    "draw_dot",
    "draw_line",
    "draw_text",
    "finite_runs",
    "measure_text",
    "smooth_run",
    "wrap_text",
]

Bytes = NDArray[np.uint8]
#: OpenCV's lines take fixed-point coordinates: this many binary digits behind the point.
_SHIFT = 4
_ONE = 1 << _SHIFT
REGULAR, BOLD = 400, 600


@lru_cache(maxsize=1)
def _face() -> Any:
    # Built into OpenCV 5: no font of the system is needed.
    return cv2.FontFace("sans")


def measure_text(text: str, size_px: float, *, bold: bool = False) -> int:
    """Return the width of one line of text, pixels."""
    weight = BOLD if bold else REGULAR
    box = cv2.getTextSize((0, 0), text, (0, 0), _face(), round(size_px), weight)
    return int(box[2])


def draw_text(
    rgb: Bytes,
    text: str,
    place: tuple[float, float],
    size_px: float,
    *,
    colour: Colour = INK,
    bold: bool = False,
    align: str = "left",
) -> None:
    """Write one line; ``place`` is the start of its baseline, or its end with ``align="right"``."""
    x, y = place
    if align != "left":
        width = measure_text(text, size_px, bold=bold)
        x -= width if align == "right" else width / 2
    weight = BOLD if bold else REGULAR
    cv2.putText(rgb, text, (round(x), round(y)), colour, _face(), round(size_px), weight)


def wrap_text(text: str, size_px: float, width_px: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than ``width_px``, where its words allow."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure_text(longer, size_px, bold=bold) <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def draw_line(rgb: Bytes, points: Array, colour: Colour, width_px: float, *, edge: bool = True) -> None:
    """Draw ``(n, 2)`` points as a line; it is broken where points are NaN. ``edge`` adds a dark rim."""
    runs = [_fixed(points[start:end]) for start, end in finite_runs(points)]
    if not runs:
        return
    thick = max(2, round(width_px))
    if edge:
        rim = thick + max(2, round(0.45 * width_px))
        cv2.polylines(rgb, runs, False, SHADOW, rim, cv2.LINE_AA, _SHIFT)
    cv2.polylines(rgb, runs, False, colour, thick, cv2.LINE_AA, _SHIFT)


def draw_dot(rgb: Bytes, point: Array, colour: Colour, radius_px: float) -> None:
    """Draw a dot with a dark rim; nothing where the point is NaN."""
    if not np.isfinite(point).all():
        return
    x, y = _fixed(point[None])[0, 0].tolist()
    cv2.circle(rgb, (x, y), round((radius_px + 1.2) * _ONE), SHADOW, -1, cv2.LINE_AA, _SHIFT)
    cv2.circle(rgb, (x, y), round(radius_px * _ONE), colour, -1, cv2.LINE_AA, _SHIFT)


def finite_runs(points: Array) -> list[tuple[int, int]]:
    """Return the half-open stretches of at least two finite points."""
    good = np.concatenate([[False], np.isfinite(points).all(axis=1), [False]])
    edges = np.flatnonzero(np.diff(good.astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 2]


def smooth_run(points: Array) -> Array:
    """Return points averaged over five neighbours inside each finite stretch; ends and gaps stay."""
    out = points.copy()
    for start, end in finite_runs(points):
        run = points[start:end]
        padded = np.concatenate([run[:1], run[:1], run, run[-1:], run[-1:]])
        weights = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0
        inner = sum(weight * padded[i : i + len(run)] for i, weight in enumerate(weights))
        out[start + 1 : end - 1] = np.asarray(inner)[1:-1]
    return out


def _fixed(points: Array) -> NDArray[np.int32]:
    """Return OpenCV's fixed-point, integer-centre coordinates, far-off points brought near enough."""
    near = np.clip(points - 0.5, -30_000, 30_000)
    return np.asarray(np.round(near * _ONE), dtype=np.int32).reshape(-1, 1, 2)


class Card:
    """A dark rounded card whose fixed content is drawn once and laid over each picture.

    Parameters
    ----------
    left_px, top_px, width_px, height_px
        Where it lies.
    colour, opacity
        Its ground; the picture shows through by ``1 - opacity``.
    radius_px
        Of its corners.
    """

    def __init__(
        self,
        left_px: int,
        top_px: int,
        width_px: int,
        height_px: int,
        *,
        colour: Colour,
        opacity: float,
        radius_px: int,
    ) -> None:
        self.left_px, self.top_px, self.width_px, self.height_px = left_px, top_px, width_px, height_px
        mask = np.zeros((height_px, width_px), dtype=np.uint8)
        r = max(0, min(radius_px, width_px // 2, height_px // 2))
        cv2.rectangle(mask, (r, 0), (width_px - 1 - r, height_px - 1), 255, -1)
        cv2.rectangle(mask, (0, r), (width_px - 1, height_px - 1 - r), 255, -1)
        for x in (r, width_px - 1 - r):
            for y in (r, height_px - 1 - r):
                cv2.circle(mask, (x, y), r, 255, -1, cv2.LINE_AA)
        cover = np.repeat((mask.astype(np.float64) * opacity)[..., None], 3, axis=2)
        self._through = np.round(255.0 - cover).astype(np.uint8)
        self._ground = np.round(cover / 255.0 * np.array(colour)).astype(np.uint8)

    def lay(self, rgb: Bytes) -> None:
        """Lay the card over a picture, in place."""
        rows = slice(self.top_px, self.top_px + self.height_px)
        part = rgb[rows, self.left_px : self.left_px + self.width_px]
        height, width = part.shape[:2]
        shown = cv2.multiply(part, self._through[:height, :width], scale=1.0 / 255.0)
        cv2.add(shown, self._ground[:height, :width], dst=shown)
        part[:] = shown
