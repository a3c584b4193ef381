"""The trend of one measure as an accessible SVG: a point for each session, its interval, and the band of error."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import tzinfo
from html import escape
from itertools import accumulate
from math import ceil, floor, log10

from hiphinge.program.review import clip_share
from hiphinge.program.trend import SCORES, Point, Trend
from hiphinge.report.program.words import date_text, point_text, told_text

__all__ = ["describe_trend", "draw_trend", "for_print"]

_WIDTH, _HEIGHT, _FONT_PX, _PRINT_PX = 420, 200, 15, 20
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 16, 14, 30
#: Above this many sessions dots and intervals would hide one another: the line alone is drawn, thinned.
_MAX_DOTS, _MAX_POINTS = 40, 240
_INK, _GRID = "var(--ink, #1b1b1b)", "var(--grid, #d9dcdf)"
_LINE, _BAND, _PAPER = "var(--hip, #0072b2)", "var(--band, #e3e8ec)", "var(--paper, #ffffff)"
#: Scores are shown on their whole scale.
_SCALES = {"of 10": [0.0, 5.0, 10.0], "of 24": [0.0, 6.0, 12.0, 18.0, 24.0]}
_Scale = Callable[[float], float]


def draw_trend(trend: Trend, number: int, zone: tzinfo | None) -> str:
    """Draw one trend; ``number`` makes its ids unique in a page. "" without points.

    Parameters
    ----------
    trend
        With its points, oldest first.
    number
        Any number that no other chart of the page has.
    zone
        Of the dates; None: that of this computer.
    """
    if not trend.points:
        return ""
    points = [_shown(one, trend.unit) for one in _thin(trend.points)]
    ticks = _SCALES.get(trend.unit) or _ticks(*_range(trend))
    y = _scale(ticks[0], ticks[-1], _HEIGHT - _BOTTOM, _TOP)
    places = _places(points)
    parts = [_band(trend, y)]
    parts += [_grid_line(tick, y, trend.unit) for tick in ticks]
    if trend.baseline is not None and len(points) > 1:
        parts.append(_path(f"M{_LEFT} {y(trend.baseline):.1f}H{_WIDTH - _RIGHT}", _INK, 1.2, "5 4"))
    line = " ".join(f"{x:.1f},{y(one.value):.1f}" for x, one in zip(places, points, strict=True))
    parts.append(f'<polyline points="{line}" fill="none" stroke="{_LINE}" stroke-width="2.2"/>')
    if len(points) <= _MAX_DOTS:
        parts += [_dot(x, one, y, last=one is points[-1]) for x, one in zip(places, points, strict=True)]
    parts.append(_dates(points, places, zone))
    title, desc = escape(trend.label), escape(describe_trend(trend, zone))
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="t{number}-title t{number}-desc" font-size="{_FONT_PX}" font-family="inherit">'
        f'<title id="t{number}-title">{title}</title><desc id="t{number}-desc">{desc}</desc>{"".join(parts)}</svg>'
    )


def describe_trend(trend: Trend, zone: tzinfo | None) -> str:
    """Say in words what the chart shows."""
    if not trend.points:
        return f"{trend.label}: nothing measured."
    first, last = trend.points[0], trend.points[-1]
    text = f"{trend.label}: {told_text(first, trend.unit)} on {date_text(first.at, zone)}"
    if len(trend.points) == 1:
        return f"{text}, the first measure."
    text += f", {told_text(last, trend.unit)} on {date_text(last.at, zone)}, {len(trend.points)} sessions"
    within = "below" if trend.group == SCORES else "within"
    band = f"; changes {within} {point_text(trend.mdc, trend.unit)} are not clear" if trend.mdc is not None else ""
    return f"{text}: {trend.words}{band}."


def for_print(svg: str, font: str) -> str:
    """Return a chart whose colours and font need no page around it, its words larger for a narrow column."""
    plain = re.sub(r"var\(--[\w-]+, (#[0-9a-f]{3,6})\)", r"\1", svg)
    return plain.replace(
        f'font-size="{_FONT_PX}" font-family="inherit"', f'font-size="{_PRINT_PX}" font-family="{font}"'
    )


def _shown(one: Point, unit: str) -> Point:
    """Return a point as it is drawn: a share and its interval between 0 and 100 %."""
    if one.lo is None or one.hi is None:
        return one
    return replace(one, value=clip_share(one.value, unit), lo=clip_share(one.lo, unit), hi=clip_share(one.hi, unit))


def _range(trend: Trend) -> tuple[float, float]:
    points = [_shown(one, trend.unit) for one in trend.points]
    values = [one.value for one in points]
    values += [end for one in points for end in (one.lo, one.hi) if end is not None]
    if trend.band and len(trend.points) > 1:
        values += trend.band
    return min(values), max(values)


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers that take both ends in."""
    raw = (high - low) / 3 or max(abs(high), 1.0) / 3
    power = 10.0 ** floor(log10(raw))
    step = next(k * power for k in (1, 2, 2.5, 5, 10) if k * power >= raw * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [k * step for k in range(first, max(last, first + 1) + 1)]


def _scale(start: float, end: float, first_px: float, last_px: float) -> _Scale:
    span = (end - start) or 1.0
    return lambda value: first_px + (value - start) / span * (last_px - first_px)


def _places(points: Sequence[Point]) -> list[float]:
    """Return where points stand across: by time, which never runs backwards even where a clock did."""
    times = list(accumulate((one.at.timestamp() for one in points), max))
    left, right = _LEFT + 14, _WIDTH - _RIGHT - 14
    if times[-1] <= times[0]:
        return [left + (right - left) * (k + 1) / (len(times) + 1) for k in range(len(times))]
    scale = _scale(times[0], times[-1], left, right)
    return [scale(time) for time in times]


def _thin(points: Sequence[Point]) -> list[Point]:
    """Return at most a few hundred points, first and last among them."""
    if len(points) <= _MAX_POINTS:
        return list(points)
    step = (len(points) - 1) / (_MAX_POINTS - 1)
    return [points[round(k * step)] for k in range(_MAX_POINTS)]


def _path(d: str, colour: str, width: float, dash: str = "") -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{d}" stroke="{colour}" stroke-width="{width:g}"{dashes} fill="none"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}">{escape(text)}</text>'


def _band(trend: Trend, y: _Scale) -> str:
    if trend.band is None or len(trend.points) < 2:
        return ""
    low, high = y(trend.band[0]), y(trend.band[1])
    top, bottom = max(_TOP, min(low, high)), min(_HEIGHT - _BOTTOM, max(low, high))
    wide = _WIDTH - _RIGHT - _LEFT
    return f'<rect x="{_LEFT}" y="{top:.1f}" width="{wide}" height="{bottom - top:.1f}" fill="{_BAND}"/>'


def _grid_line(tick: float, y: _Scale, unit: str) -> str:
    label = f"{tick:.10g}{'°' if unit == '°' else ''}".replace("-", "−")
    return _path(f"M{_LEFT} {y(tick):.1f}H{_WIDTH - _RIGHT}", _GRID, 1) + _text(_LEFT - 6, y(tick) + 5, label, "end")


def _dot(x: float, one: Point, y: _Scale, *, last: bool) -> str:
    whisker = ""
    if one.lo is not None and one.hi is not None:
        whisker = _path(f"M{x:.1f} {y(one.lo):.1f}V{y(one.hi):.1f}", _LINE, 1.4)
    fill, radius = (_LINE, 6) if last else (_PAPER, 4.5)
    circle = f'<circle cx="{x:.1f}" cy="{y(one.value):.1f}" r="{radius:g}" fill="{fill}" stroke="{_LINE}" '
    return f'{whisker}{circle}stroke-width="2.2"/>'


def _dates(points: Sequence[Point], places: Sequence[float], zone: tzinfo | None) -> str:
    bottom = _HEIGHT - 8
    if len(points) == 1:
        return _text(places[0], bottom, date_text(points[0].at, zone, short=True), "middle")
    first, last = (date_text(one.at, zone, short=True) for one in (points[0], points[-1]))
    if first == last:
        return _text((places[0] + places[-1]) / 2, bottom, first, "middle")
    return _text(places[0] - 10, bottom, first, "start") + _text(places[-1] + 10, bottom, last, "end")
