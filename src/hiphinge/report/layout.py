"""Where the numbers go on a picture: a card in a corner that hides nobody, or a strip below the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import Array

__all__ = ["Layout", "choose_layout"]

#: Sizes in layout units.
HEADER, ROW, FOOTER, PAD, MARGIN = 46.0, 58.0, 26.0, 16.0, 14.0
CARD_WIDTH = 348.0
CUE_HEIGHT = 96.0
#: Narrowest cell of a strip with four columns.
MIN_CELL = 270.0
N_CELLS = 4
#: Share of the body's points that a card may hide before the numbers move below the picture.
MAX_HIDDEN = 0.02


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in pixels of the finished picture.

    Parameters
    ----------
    unit
        Pixels a layout unit.
    strip_px
        Rows added below the picture; 0 for a card in a corner.
    card
        Left, top, width, height of the ground under the numbers.
    cells
        Left, top and right of each angle's cell.
    cue
        Left, top, width, height of the room for the cue.
    """

    unit: float
    strip_px: int
    card: tuple[int, int, int, int]
    cells: tuple[tuple[float, float, float], ...]
    cue: tuple[float, float, float, float]

    @property
    def header(self) -> tuple[float, float]:
        """Start of the header's baseline."""
        return self.card[0] + PAD * self.unit, self.card[1] + 33 * self.unit

    @property
    def notice(self) -> tuple[float, float]:
        """Start of the notice's baseline."""
        top = max(top for _, top, _ in self.cells)
        return self.card[0] + PAD * self.unit, top + (ROW + 15) * self.unit


def choose_layout(width_px: int, height_px: int, points_px: Array) -> Layout:
    """Return the layout that hides least of the person.

    Parameters
    ----------
    width_px, height_px
        Size of the picture.
    points_px
        ``(n, 2)`` places where the person's body was over the clip, picture pixels; NaN is left out.
    """
    unit = _unit(width_px, height_px)
    width, height = round(CARD_WIDTH * unit), round((HEADER + N_CELLS * ROW + FOOTER) * unit)
    margin = round(MARGIN * unit)
    right, bottom = width_px - width - margin, height_px - height - margin
    corners = [(margin, margin), (right, margin), (margin, bottom), (right, bottom)]
    points = points_px[np.isfinite(points_px).all(axis=1)]

    def hidden(corner: tuple[int, int]) -> float:
        # Points are joints, bodies are wider: some room around the card counts as well.
        low, high = np.array(corner) - 2 * margin, np.array(corner) + (width, height) + 2 * margin
        inside = np.all((points >= low) & (points <= high), axis=1)
        return round(float(inside.mean()), 3) if len(points) else 0.0

    left, top = min(corners, key=hidden)
    if hidden((left, top)) > MAX_HIDDEN or min(left, top) < 0:
        return _strip(width_px, height_px, unit)
    return _card(width_px, height_px, unit, (left, top, width, height))


def _unit(width_px: int, height_px: int) -> float:
    """One layout unit in pixels: 1 at 1280 × 720, larger where a picture is narrow."""
    return max(min(width_px / 1280.0, height_px / 720.0), min(width_px / 640.0, height_px / 860.0), 0.3)


def _card(width_px: int, height_px: int, unit: float, card: tuple[int, int, int, int]) -> Layout:
    left, top, width, _ = card
    pad = PAD * unit
    cells = tuple((left + pad, top + (HEADER + ROW * number) * unit, left + width - pad) for number in range(N_CELLS))
    room = min(0.94 * width_px, 920 * unit)
    # A card in a lower corner leaves the upper edge free, and the other way round.
    at_top = top > height_px / 2
    cue_top = MARGIN * unit if at_top else height_px - (CUE_HEIGHT + MARGIN) * unit
    return Layout(unit, 0, card, cells, ((width_px - room) / 2, cue_top, room, CUE_HEIGHT * unit))


def _strip(width_px: int, height_px: int, unit: float) -> Layout:
    columns = N_CELLS if width_px / unit >= N_CELLS * MIN_CELL else 2
    rows = N_CELLS // columns
    pad = PAD * unit
    cell = (width_px - (columns + 1) * pad) / columns
    cells = tuple(
        (
            pad + (number % columns) * (cell + pad),
            height_px + (HEADER + ROW * (number // columns)) * unit,
            pad + (number % columns) * (cell + pad) + cell,
        )
        for number in range(N_CELLS)
    )
    below = HEADER + rows * ROW + FOOTER
    strip = 2 * round((below + CUE_HEIGHT) * unit / 2)
    cue = (0.02 * width_px, height_px + below * unit, 0.96 * width_px, CUE_HEIGHT * unit)
    return Layout(unit, strip, (0, height_px, width_px, strip), cells, cue)
