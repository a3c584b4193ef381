"""Accessible SVG charts: each has a title and a description in words, and needs no script.

Colours come from CSS variables with a fixed fall-back, so a chart follows the page into dark mode and still
works alone. Lines differ by dash as well as by colour. A gap in the data is a gap in the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import AngleTrack, Array, Assessment, Measure, Motion, Rep
from hiphinge.report.words import interval_text, value_text

__all__ = ["Share", "draw_angle_curves", "draw_hip_path", "draw_hip_share", "quarter_shares"]

#: Most points that one line of a chart has; longer clips are averaged in bins.
MAX_POINTS = 480
#: Hip share of an ordinary bend (34° lumbar at 60° of lean, from Esola 1996), for comparison.
ORDINARY_HIP_SHARE_RATIO = 0.53
#: Size of every chart in its own units; a chart shrinks with the page.
_WIDTH, _HEIGHT = 420, 310
_FONT_PX = 15


@dataclass(frozen=True, slots=True)
class _Line:
    """How one angle is drawn."""

    name: str
    label: str
    colour: str
    dash: str


_LINES = (
    _Line("hip_flexion", "hip flexion", "var(--hip, #0072b2)", ""),
    _Line("lumbar_flexion", "lumbar flexion", "var(--lumbar, #d55e00)", "7 3"),
    _Line("trunk_lean", "trunk lean", "var(--trunk, #6b6b6b)", "2 3"),
)


@dataclass(frozen=True, slots=True)
class _Scale:
    """A linear map from data to chart units."""

    start: float
    end: float
    first_px: float
    last_px: float

    def __call__(self, value: float) -> float:
        """Return the chart unit of a value."""
        span = (self.end - self.start) or 1.0
        return self.first_px + (value - self.start) / span * (self.last_px - self.first_px)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the whole as ratio, with its 90 % interval where there is one; either end may lie past 0 or 1."""

    value: float
    lo: float | None = None
    hi: float | None = None


def draw_angle_curves(motion: Motion, reps: Sequence[Rep]) -> str:
    """Draw hip flexion, lumbar flexion and trunk lean over time with their 90 % bands; reps are shaded.

    Returns "" where none of the three was seen.
    """
    tracks = [(line, motion.angle(line.name)) for line in _LINES]
    ends = [np.concatenate([track.lo_deg, track.hi_deg, track.value_deg]) for _, track in tracks]
    values = np.concatenate(ends)
    values = values[np.isfinite(values)]
    if not values.size:
        return ""
    low, high = min(0.0, float(values.min())), max(30.0, float(values.max()))
    first_s, last_s = float(motion.time_s[0]), float(motion.time_s[-1])
    x = _Scale(first_s, last_s, 46, _WIDTH - 12)
    y = _Scale(low, high, _HEIGHT - 66, 30)
    parts = [_rep_shades(reps, x, y), _grid(_ticks(low, high, 5), y, "°"), _time_axis(first_s, last_s, x)]
    parts += [_band(motion.time_s, track, line, x, y) for line, track in tracks]
    parts += [_polyline(motion.time_s, track.value_deg, line, x, y) for line, track in tracks]
    parts.append(_legend())
    return _svg("angles", "Angles over time", _describe_angles(tracks, reps), parts)


def quarter_shares(assessment: Assessment) -> tuple[Share | None, ...]:
    """Return the hip share in each quarter of the descent, as ratio with its interval; None where not told.

    Of the rep in the middle, the higher one of two, so that value and interval belong together. Read from the measures
    ``hip_share_q1`` to ``hip_share_q4``; empty where the assessment has none of them.
    """
    shares: list[Share | None] = []
    for quarter in range(1, 5):
        found = [m for m in assessment.measures if m.name == f"hip_share_q{quarter}" and m.rep is not None]
        told = sorted((m for m in found if m.value is not None), key=lambda m: m.value or 0.0)
        shares.append(_share(told[len(told) // 2]) if told else None)
    return () if all(share is None for share in shares) else tuple(shares)


def _share(measure: Measure) -> Share:
    whole = 100.0 if measure.unit == "%" else 1.0
    value, lo, hi = (None if one is None else one / whole for one in (measure.value, measure.lo, measure.hi))
    assert value is not None
    return Share(value, lo, hi)


def draw_hip_share(shares: Sequence[Share | None]) -> str:
    """Draw the hip share by quarter of the descent as stacked bars, each with its interval; "" without shares."""
    if not any(share is not None for share in shares):
        return ""
    names = ("first quarter", "second quarter", "third quarter", "last quarter")
    parts, words = [_key((("hips", "var(--hip, #0072b2)"), ("lower back", "url(#hatch)")), y=22)], []
    for row, (name, share) in enumerate(zip(names, shares, strict=False)):
        top = 44 + row * 56
        parts.append(_text(10, top + 14, name, "start"))
        parts.append(_share_bar(share, top + 20))
        words.append(f"{name}: " + ("not told" if share is None else _share_words(share)))
    mark = 10 + ORDINARY_HIP_SHARE_RATIO * (_WIDTH - 20)
    parts.append(_dashed(f"M{mark:.1f} 40V{44 + 4 * 56}"))
    parts.append(_text(mark, 44 + 4 * 56 + 18, f"ordinary bend {100 * ORDINARY_HIP_SHARE_RATIO:.0f} %", "middle"))
    words.append(f"an ordinary bend is about {100 * ORDINARY_HIP_SHARE_RATIO:.0f} % hips")
    return _svg("share", "Hip share by quarter of the way down", "; ".join(words) + ".", parts, height=300)


def draw_hip_path(motion: Motion, reps: Sequence[Rep]) -> str:
    """Draw the path of the hip centre, back to the left and down, to equal scales, with the doorway line.

    Returns "" where positions could not be told.
    """
    back, drop = motion.hip_back_ratio, motion.hip_drop_ratio
    seen = np.isfinite(back) & np.isfinite(drop)
    if not seen.any():
        return ""
    reach = max(1.0, float(back[seen].max()) + 0.1)
    fall = max(0.5, float(drop[seen].max()) + 0.1)
    unit_px = min((_WIDTH - 90) / (reach + 0.3), (_HEIGHT - 86) / (fall + 0.1))
    zero_x, zero_y = _WIDTH - 36 - 0.3 * unit_px, 36 + 0.1 * unit_px
    x = _Scale(0.0, 1.0, zero_x, zero_x - unit_px)
    y = _Scale(0.0, 1.0, zero_y, zero_y + unit_px)
    bottom_px = y(fall)
    parts = [_path_grid(reach, fall, x, y)]
    parts.append(_dashed(f"M{zero_x:.1f} 30V{bottom_px:.1f}"))
    parts.append(_text(zero_x, 20, "doorway line", "middle"))
    line = _Line("hip_path", "hip centre", "var(--hip, #0072b2)", "")
    rows = _rep_rows(reps, len(back))
    for row in rows:
        parts.append(_trace(back[row], drop[row], line, x, y))
    parts += [_bottom_dot(rep, motion, x, y) for rep in reps]
    parts.append(_text(_WIDTH / 2, bottom_px + 40, "backward (across) and downward, foot lengths", "middle"))
    return _svg("path", "Path of the hips", _describe_path(motion, reps), parts, height=bottom_px + 52)


def _svg(name: str, title: str, desc: str, parts: Sequence[str], height: float = _HEIGHT) -> str:
    """Return a whole chart: an image with a title and a description for those who cannot see it."""
    hatch = (
        '<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="7" height="7" fill="var(--lumbar, #d55e00)"/>'
        '<path d="M0 0V7" stroke="var(--paper, #fff)" stroke-width="2" stroke-opacity=".45"/>'
        "</pattern></defs>"
        if name == "share"
        else ""
    )
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" '
        f'role="img" aria-labelledby="{name}-title {name}-desc" font-size="{_FONT_PX}" font-family="inherit">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(desc)}</desc>'
        f"{hatch}{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str, colour: str = "var(--ink, #1b1b1b)") -> str:
    """Return a line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _rule(d: str, *, faint: bool = True) -> str:
    """Return an axis or grid line."""
    colour = "var(--grid, #d9dcdf)" if faint else "var(--ink, #1b1b1b)"
    return f'<path d="{d}" stroke="{colour}" stroke-width="1" fill="none"/>'


def _dashed(d: str) -> str:
    """Return a line to compare with: the doorway, an ordinary bend."""
    return f'<path d="{d}" stroke="var(--ink, #1b1b1b)" stroke-width="2" stroke-dasharray="6 4" fill="none"/>'


def _ticks(low: float, high: float, about: int) -> list[float]:
    """Return round numbers between two ends."""
    raw = (high - low) / max(about, 1)
    power = 10.0 ** np.floor(np.log10(raw)) if raw > 0 else 1.0
    step = next(step for step in (1 * power, 2 * power, 5 * power, 10 * power) if step >= raw * 0.999)
    return [float(value) for value in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step]


def _grid(ticks: Sequence[float], y: _Scale, unit: str) -> str:
    """Return horizontal lines with their numbers."""
    lines = [_rule(f"M46 {y(tick):.1f}H{_WIDTH - 12}", faint=tick != 0) for tick in ticks]
    texts = [_text(40, y(tick) + 5, f"{tick + 0.0:g}{unit}".replace("-", "−"), "end") for tick in ticks]
    return "".join(lines + texts)


def _time_axis(first_s: float, last_s: float, x: _Scale) -> str:
    """Return the numbers of the time axis."""
    ticks = _ticks(first_s, last_s, 5) if last_s > first_s else [first_s]
    return "".join(_text(x(tick), _HEIGHT - 44, f"{tick:g} s", "middle") for tick in ticks)


def _legend() -> str:
    """Return the key of the angle curves, under the axis."""
    parts, left = [], 8.0
    for line in _LINES:
        parts.append(
            f'<path d="M{left:.1f} {_HEIGHT - 15}h24" stroke="{line.colour}" stroke-width="3" '
            f'stroke-dasharray="{line.dash}" fill="none"/>'
        )
        parts.append(_text(left + 30, _HEIGHT - 10, line.label, "start"))
        left += 42 + 7.6 * len(line.label)
    return "".join(parts)


def _key(entries: Sequence[tuple[str, str]], *, y: float) -> str:
    """Return coloured squares with their names, in one row."""
    parts, left = [], 10.0
    for label, fill in entries:
        parts.append(f'<rect x="{left}" y="{y - 12}" width="16" height="14" fill="{fill}"/>')
        parts.append(_text(left + 22, y, label, "start"))
        left += 50 + 8.2 * len(label)
    return "".join(parts)


def _rep_shades(reps: Sequence[Rep], x: _Scale, y: _Scale) -> str:
    """Return a soft box with its number behind each rep, and a line at its bottom."""
    parts = []
    for rep in reps:
        left, right = x(rep.start_s), x(rep.end_s)
        parts.append(
            f'<rect x="{left:.1f}" y="{y.last_px:.1f}" width="{max(right - left, 1):.1f}" '
            f'height="{y.first_px - y.last_px:.1f}" fill="var(--shade, #eef1f3)"/>'
        )
        parts.append(_rule(f"M{x(rep.bottom_s):.1f} {y.last_px:.1f}V{y.first_px:.1f}"))
        if len(reps) <= 12:
            parts.append(_text((left + right) / 2, y.last_px - 8, f"rep {rep.number}", "middle"))
    return "".join(parts)


def _runs(seen: NDArray[np.bool_]) -> list[slice]:
    """Return the stretches without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(np.int8)))
    return [slice(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _thin(*columns: Array) -> tuple[Array, ...]:
    """Average long columns in bins, so that a chart of an hour stays small; a bin with a gap stays a gap."""
    n_rows = len(columns[0])
    if n_rows <= MAX_POINTS:
        return columns
    starts = np.linspace(0, n_rows, MAX_POINTS, endpoint=False).astype(int)
    counts = np.diff(np.append(starts, n_rows))
    return tuple(np.add.reduceat(column, starts) / counts for column in columns)


def _points(x_values: Array, y_values: Array, x: _Scale, y: _Scale) -> str:
    """Return ``x,y`` pairs in chart units."""
    return " ".join(f"{x(float(a)):.1f},{y(float(b)):.1f}" for a, b in zip(x_values, y_values, strict=True))


def _trace(x_values: Array, y_values: Array, line: _Line, x: _Scale, y: _Scale) -> str:
    """Return a line that is broken where either column is not told."""
    across, up = _thin(np.asarray(x_values, dtype=np.float64), np.asarray(y_values, dtype=np.float64))
    runs = _runs(np.isfinite(across) & np.isfinite(up))
    return "".join(
        f'<polyline points="{_points(across[run], up[run], x, y)}" fill="none" stroke="{line.colour}" '
        f'stroke-width="2.5" stroke-dasharray="{line.dash}" stroke-linejoin="round" stroke-linecap="round"/>'
        for run in runs
    )


def _polyline(time_s: Array, value_deg: Array, line: _Line, x: _Scale, y: _Scale) -> str:
    """Return one angle's curve."""
    return _trace(time_s, value_deg, line, x, y)


def _band(time_s: Array, track: AngleTrack, line: _Line, x: _Scale, y: _Scale) -> str:
    """Return the 90 % band of one angle, broken where it is not told."""
    times, low, high = _thin(time_s, track.lo_deg, track.hi_deg)
    parts = []
    for run in _runs(np.isfinite(low) & np.isfinite(high)):
        there = _points(times[run], high[run], x, y)
        back = _points(times[run][::-1], low[run][::-1], x, y)
        parts.append(f'<polygon points="{there} {back}" fill="{line.colour}" fill-opacity=".15"/>')
    return "".join(parts)


def _share_bar(share: Share | None, top: float) -> str:
    """Return one stacked bar: hips from the left, lower back to the right, the interval over it, and it in words."""
    full = _WIDTH - 20.0
    if share is None:
        box = f'<rect x="10" y="{top}" width="{full}" height="24" fill="var(--shade, #eef1f3)"/>'
        return box + _text(_WIDTH / 2, top + 17, "cannot tell", "middle")
    split = _within(share.value) * full
    parts = [
        f'<rect x="10" y="{top}" width="{split:.1f}" height="24" fill="var(--hip, #0072b2)"/>',
        f'<rect x="{10 + split:.1f}" y="{top}" width="{full - split:.1f}" height="24" fill="url(#hatch)"/>',
        _text(_WIDTH - 10, top - 6, _share_words(share), "end"),
    ]
    if share.lo is not None and share.hi is not None:
        lo, hi, middle = 10 + _within(share.lo) * full, 10 + _within(share.hi) * full, top + 12
        ends = f"M{lo:.1f} {middle - 7}v14M{lo:.1f} {middle}H{hi:.1f}M{hi:.1f} {middle - 7}v14"
        for colour, px in (("var(--paper, #fff)", 5), ("var(--ink, #1b1b1b)", 2)):
            parts.append(f'<path d="{ends}" stroke="{colour}" stroke-width="{px}" fill="none"/>')
    return "".join(parts)


def _within(share: float) -> float:
    """Return a share as it is shown: of a whole, so from none to all of it."""
    return min(max(share, 0.0), 1.0)


def _share_words(share: Share) -> str:
    """Say a share with its interval; one past an end says in words what it means: one of the two went back."""
    if share.value > 1.0:
        text = "hips all of it"
    elif share.value < 0.0:
        text = "lower back all of it"
    else:
        text = f"hips {value_text(100 * share.value, '%')}"
    if share.lo is None or share.hi is None:
        return text
    if share.lo > 1.0:
        return f"{text}, the back straightened"
    if share.hi < 0.0:
        return f"{text}, the pelvis tilted back"
    ends = [value_text(100 * _within(one), "%") for one in (share.lo, share.hi)]
    if 0.0 <= share.value <= 1.0:
        return f"{text} ({ends[0].removesuffix(' %')} to {ends[1].removesuffix(' %')})"
    return f"{text} (hips {ends[0].removesuffix(' %')} to {ends[1]})"


def _rep_rows(reps: Sequence[Rep], n_rows: int) -> list[slice]:
    """Return the rows of each rep; all rows where there is none."""
    return [slice(rep.start_frame, rep.end_frame) for rep in reps] or [slice(0, n_rows)]


def _bottom_dot(rep: Rep, motion: Motion, x: _Scale, y: _Scale) -> str:
    """Return a dot where the hips were at the bottom of a rep."""
    row = min(rep.bottom_frame, len(motion.time_s) - 1)
    back, drop = float(motion.hip_back_ratio[row]), float(motion.hip_drop_ratio[row])
    if not (np.isfinite(back) and np.isfinite(drop)):
        return ""
    return (
        f'<circle cx="{x(back):.1f}" cy="{y(drop):.1f}" r="6" fill="var(--paper, #fff)" '
        f'stroke="var(--hip, #0072b2)" stroke-width="2.5"/>'
    )


def _path_grid(reach: float, fall: float, x: _Scale, y: _Scale) -> str:
    """Return the grid of the hip path with its numbers."""
    right, left, low = x(-0.3), x(reach), y(fall)
    parts = []
    for tick in _ticks(0.0, reach, 4):
        parts.append(_rule(f"M{x(tick):.1f} 30V{low:.1f}"))
        parts.append(_text(x(tick), low + 18, f"{tick:g}", "middle"))
    for tick in _ticks(0.0, fall, 3):
        parts.append(_rule(f"M{left:.1f} {y(tick):.1f}H{right:.1f}"))
        parts.append(_text(left - 6, y(tick) + 5, f"{tick:g}", "end"))
    return "".join(parts)


def _describe_angles(tracks: Sequence[tuple[_Line, AngleTrack]], reps: Sequence[Rep]) -> str:
    """Say in words what the curves show."""
    words = [f"{len(reps)} rep{'' if len(reps) == 1 else 's'} shaded."]
    for line, track in tracks:
        seen = np.isfinite(track.value_deg)
        if not seen.any():
            words.append(f"{line.label} was not seen.")
            continue
        peak = int(np.nanargmax(track.value_deg))
        words.append(
            f"{line.label} reaches "
            f"{interval_text(track.value_deg[peak], track.lo_deg[peak], track.hi_deg[peak], '°')}, "
            f"seen in {100 * seen.mean():.0f} % of the pictures."
        )
    return " ".join(words)


def _describe_path(motion: Motion, reps: Sequence[Rep]) -> str:
    """Say in words how far the hips went back and down at each bottom."""
    words = []
    for rep in reps:
        row = min(rep.bottom_frame, len(motion.time_s) - 1)
        back, drop = float(motion.hip_back_ratio[row]), float(motion.hip_drop_ratio[row])
        if np.isfinite(back) and np.isfinite(drop):
            words.append(f"Rep {rep.number}: {back:.2f} foot lengths back, {drop:.2f} down at the bottom.")
    return " ".join(words) or "Path of the hip centre, counted from the standing position."
