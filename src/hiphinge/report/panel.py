"""The card with the numbers: four angles with a bar each, phase and rep; and the banner with the cue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import AngleTrack
from hiphinge.report.draw import Bytes, Card, draw_text, measure_text, wrap_text
from hiphinge.report.layout import Layout
from hiphinge.report.palette import HIP, INK, PANEL, SOFT, TRACK, TRUNK, Colour

__all__ = ["Banner", "Panel", "Reading"]

#: Shown on every picture.
NOTICE = "estimate from video, with 90 % interval"
CANNOT_TELL = "cannot tell"
#: A longer cue is written smaller.
MAX_CUE_LINES = 2


@dataclass(frozen=True, slots=True)
class _Row:
    """One angle of the panel: its name, the ends of its bar (degrees) and its colour (None: by flexion)."""

    angle: str
    label: str
    lo_deg: float
    hi_deg: float
    colour: Colour | None


#: From the top. Every bar spans what the drills ask for, so that bars of one person compare over clips.
ROWS = (
    _Row("trunk_lean", "Trunk lean", 0.0, 120.0, TRUNK),
    _Row("hip_flexion", "Hip flexion", 0.0, 120.0, HIP),
    _Row("lumbar_flexion", "Lumbar flexion", -30.0, 70.0, None),
    _Row("knee_flexion", "Knee flexion", 0.0, 120.0, TRUNK),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the panel shows on one picture; without a ``row`` nothing is told."""

    header: str
    tracks: dict[str, AngleTrack]
    row: int | None
    lumbar_colour: Colour


class Panel:
    """The card with the numbers, set up once for one size of picture."""

    def __init__(self, layout: Layout, limits_deg: tuple[float, float]) -> None:
        self._layout = layout
        self._limits_deg = limits_deg
        # A strip lies on nothing, so nothing shows through.
        solid = layout.strip_px > 0
        self._card = Card(
            *layout.card,
            colour=PANEL,
            opacity=1.0 if solid else 0.82,
            radius_px=0 if solid else round(14 * layout.unit),
        )

    def draw(self, rgb: Bytes, reading: Reading) -> None:
        """Draw the panel, in place."""
        self._card.lay(rgb)
        unit = self._layout.unit
        draw_text(rgb, reading.header, self._layout.header, 24 * unit, bold=True)
        for row, cell in zip(ROWS, self._layout.cells, strict=True):
            self._draw_row(rgb, row, reading, cell)
        draw_text(rgb, NOTICE, self._layout.notice, 15 * unit, colour=SOFT)

    def _draw_row(self, rgb: Bytes, row: _Row, reading: Reading, cell: tuple[float, float, float]) -> None:
        unit, (left, top, right) = self._layout.unit, cell
        value, lo, hi = _read(reading, row.angle)
        told = np.isfinite(value)
        base = top + 26 * unit
        draw_text(rgb, row.label, (left, base), 20 * unit, colour=INK if told else SOFT)
        bar = (left, top + 35 * unit, right, top + 45 * unit)
        _rectangle(rgb, bar, TRACK)
        if not told:
            draw_text(rgb, f"–  {CANNOT_TELL}", (right, base), 20 * unit, colour=SOFT, align="right")
            return
        spread = f"±{round((hi - lo) / 2)}" if np.isfinite(hi - lo) else ""
        draw_text(rgb, spread, (right, base), 17 * unit, colour=SOFT, align="right")
        number = f"{round(value)}°".replace("-", "−")
        number_right = right - (44 * unit if spread else 0)
        draw_text(rgb, number, (number_right, base), 27 * unit, bold=True, align="right")
        self._draw_bar(rgb, row, (value, lo, hi), bar, row.colour or reading.lumbar_colour)

    def _draw_bar(
        self,
        rgb: Bytes,
        row: _Row,
        numbers: tuple[float, float, float],
        bar: tuple[float, float, float, float],
        colour: Colour,
    ) -> None:
        unit = self._layout.unit
        left, top, right, bottom = bar

        def x(angle_deg: float) -> float:
            share = (angle_deg - row.lo_deg) / (row.hi_deg - row.lo_deg)
            return left + min(max(share, 0.0), 1.0) * (right - left)

        value, lo, hi = numbers
        zero = x(0.0)
        dim: Colour = (colour[0] // 2 + 20, colour[1] // 2 + 20, colour[2] // 2 + 20)
        _rectangle(rgb, (min(zero, x(value)), top, max(zero, x(value)), bottom), dim)
        if np.isfinite(lo) and np.isfinite(hi):
            _rectangle(rgb, (x(lo), top, max(x(hi), x(lo) + 2), bottom), colour)
        tick = 1.8 * unit
        _rectangle(rgb, (x(value) - tick, top - 3 * unit, x(value) + tick, bottom + 3 * unit), INK)
        if row.colour is None:
            for limit in self._limits_deg:
                mark = x(limit)
                _rectangle(rgb, (mark - 0.7 * unit, top, mark + 0.7 * unit, bottom), INK)


def _read(reading: Reading, angle: str) -> tuple[float, float, float]:
    if reading.row is None:
        return float("nan"), float("nan"), float("nan")
    track = reading.tracks[angle]
    parts = (track.value_deg, track.lo_deg, track.hi_deg)
    value, lo, hi = (float(part[reading.row]) for part in parts)
    return value, lo, hi


def _rectangle(rgb: Bytes, box: tuple[float, float, float, float], colour: Colour) -> None:
    left, top, right, bottom = (round(side) for side in box)
    if right > left:
        rgb[max(0, top) : max(bottom, top + 1), max(0, left) : right] = colour


class Banner:
    """The cue, in one or two lines, set up once."""

    def __init__(self, text: str, layout: Layout) -> None:
        unit, (left, top, width, height) = layout.unit, layout.cue
        pad = 16 * unit
        size = 28.0 * unit
        lines = wrap_text(text, size, width - 2 * pad, bold=True)
        if len(lines) > MAX_CUE_LINES:
            size *= 0.8
            lines = wrap_text(text, size, width - 2 * pad, bold=True)
        self._lines, self._size_px, self._step_px = lines, size, 1.3 * size
        used = self._step_px * len(lines) + 0.8 * pad
        # Over the picture it keeps to the edge; in a strip it stands in the middle of its room.
        over = layout.strip_px == 0
        below = height - used if over and top > pad else 0.0
        top += below if over else max(0.0, (height - used) / 2 - 0.2 * pad)
        self._middle_px = left + width / 2
        self._first_base_px = top + 0.4 * pad + 0.98 * size
        box = max(measure_text(line, size, bold=True) for line in lines) + 2 * pad
        self._card = (
            Card(
                max(0, round(self._middle_px - box / 2)),
                max(0, round(top)),
                round(box),
                round(used),
                colour=PANEL,
                opacity=0.86,
                radius_px=round(14 * unit),
            )
            if over
            else None
        )

    def draw(self, rgb: Bytes) -> None:
        """Draw the banner, in place."""
        if self._card is not None:
            self._card.lay(rgb)
        for number, line in enumerate(self._lines):
            place = (self._middle_px, self._first_base_px + number * self._step_px)
            draw_text(rgb, line, place, self._size_px, bold=True, align="centre")
