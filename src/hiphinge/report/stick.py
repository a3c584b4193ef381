"""A picture of a bend without a face: standing and the bottom of one rep, as a stick figure with the back's curve."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from hiphinge.report.replay import replay_document
from hiphinge.report.words import interval_text

if TYPE_CHECKING:
    from hiphinge.model import Assessment, Rep

__all__ = ["describe_stick", "draw_stick"]

_WIDTH, _HEIGHT, _GAP, _FOOT, _KEY = 220, 260, 24, 26, 30
#: One colour means one thing wherever a figure or a curve is drawn: blue the hips, orange the lower back.
_HIP, _LUMBAR, _TRUNK = "var(--hip, #0072b2)", "var(--lumbar, #d55e00)", "var(--trunk, #6b6b6b)"
_BONES = (("ankle", "knee"), ("knee", "hip"), ("heel", "toe"), ("ankle", "heel"))
_Point = Sequence[float]


def draw_stick(found: Assessment, *, name: str = "stick") -> str:
    """Draw a clip as two stick figures with a title and a description; ``""`` where too little was seen.

    The rep is the middle one by its depth. The back is drawn as it was seen, its lumbar part apart; a legend in the
    picture says which is which. ``name`` makes the ids unique in a page.
    """
    if found.evidence is None or not found.reps:
        return ""
    document = replay_document(found)
    rep = _middle_rep(found)
    rows: list[int] = document["rows"]
    places = [_nearest(rows, _standing_row(found, rep)), _nearest(rows, rep.bottom_frame)]
    scale = _fit(document, places)
    if scale is None:
        return ""
    parts = []
    for number, (place, caption) in enumerate(zip(places, ("standing", f"bottom of rep {rep.number}"), strict=True)):
        left = number * (_WIDTH + _GAP)
        parts.append(f'<g transform="translate({left} 0)">{_figure(document, place, scale)}</g>')
        parts.append(_text(left + _WIDTH / 2, _HEIGHT + 18, caption))
    parts.append(_key(_HEIGHT + _FOOT + _KEY / 2))
    wide, high = 2 * _WIDTH + _GAP, _HEIGHT + _FOOT + _KEY
    title, said = "The bend as it was seen, without a picture of the person", escape(describe_stick(found))
    return (
        f'<svg class="stick" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" font-size="15" font-family="inherit">'
        f'<title id="{name}-title">{title}</title><desc id="{name}-desc">{said}</desc>{"".join(parts)}</svg>'
    )


def describe_stick(found: Assessment) -> str:
    """Say in words what the drawing shows; ``""`` where there is nothing to draw."""
    return _describe(found, _middle_rep(found)) if found.reps else ""


def _middle_rep(found: Assessment) -> Rep:
    return sorted(found.reps, key=lambda one: one.depth_deg)[len(found.reps) // 2]


def _standing_row(found: Assessment, rep: Rep) -> int:
    """Return a row of the still stand; without one, where the rep begins."""
    reference, evidence = found.reference, found.evidence
    if evidence is None or reference.start_s is None or reference.end_s is None:
        return rep.start_frame
    middle_s = (reference.start_s + reference.end_s) / 2
    return min(range(evidence.pose.n_frames), key=lambda row: abs(float(evidence.pose.time_s[row]) - middle_s))


def _nearest(rows: Sequence[int], row: int) -> int:
    return min(range(len(rows)), key=lambda place: abs(rows[place] - row))


def _points(document: dict[str, Any], place: int) -> list[_Point]:
    found = [values[place] for values in document["joints"].values() if values[place] is not None]
    back = document["back"][place] or []
    return [*found, *(one for one in back if one is not None)]


def _fit(document: dict[str, Any], places: Sequence[int]) -> tuple[float, list[_Point]] | None:
    """Return one scale for both figures, and where each one's middle of the feet stands; None where one is not seen."""
    groups = [_points(document, place) for place in places]
    feet = [document["joints"]["ankle"][place] for place in places]
    if any(len(one) < 4 for one in groups) or any(one is None for one in feet):
        return None
    reach = max(max(abs(one[0] - foot[0]) for one in group) for group, foot in zip(groups, feet, strict=True))
    tall = max(max(foot[1] - one[1] for one in group) for group, foot in zip(groups, feet, strict=True))
    return min((_WIDTH / 2 - 12) / max(reach, 1.0), (_HEIGHT - 40) / max(tall, 1.0)), feet


def _figure(document: dict[str, Any], place: int, fit: tuple[float, list[_Point]]) -> str:
    scale, _feet = fit
    foot = document["joints"]["ankle"][place]

    def at(point: _Point) -> str:
        return f"{_WIDTH / 2 + (point[0] - foot[0]) * scale:.1f},{_HEIGHT - 18 + (point[1] - foot[1]) * scale:.1f}"

    joints = {name: values[place] for name, values in document["joints"].items()}
    parts = [f'<path d="M8 {_HEIGHT - 6}H{_WIDTH - 8}" stroke="var(--grid, #d9dcdf)" stroke-width="2"/>']
    for first, last in _BONES:
        if joints.get(first) is not None and joints.get(last) is not None:
            parts.append(_line([joints[first], joints[last]], at, _TRUNK, 5))
    if joints.get("hip") is not None and joints.get("shoulder") is not None:
        parts.append(_line([joints["hip"], joints["shoulder"]], at, "var(--grid, #d9dcdf)", 5))
    if joints.get("ear") is not None:
        x, y = at(joints["ear"]).split(",")
        parts.append(f'<circle cx="{x}" cy="{y}" r="11" fill="none" stroke="{_TRUNK}" stroke-width="4"/>')
    back = document["back"][place]
    start, end = document["lumbar"]
    if back:
        parts.append(_line([one for one in back if one is not None], at, _TRUNK, 5))
        parts.append(_line([one for one in back[start:end] if one is not None], at, _LUMBAR, 9))
    for name in ("hip", "shoulder", "knee"):
        if joints.get(name) is not None:
            x, y = at(joints[name]).split(",")
            parts.append(_dot(x, y, is_hip=name == "hip"))
    return "".join(parts)


def _dot(x: object, y: object, *, is_hip: bool) -> str:
    """Draw a joint; the hip is larger and filled, so that it is not told by its colour alone."""
    radius, fill = (8, _HIP) if is_hip else (5, "var(--paper, #fff)")
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="var(--ink, #1b1b1b)" stroke-width="2"/>'


def _key(y: float) -> str:
    """Draw the legend: what is the lower back, the hip, and the rest."""
    parts = []
    for x, wide, colour, text in (
        (20, 9, _LUMBAR, "lower back"),
        (158, 0, "", "hip"),
        (252, 5, _TRUNK, "upper back and leg"),
    ):
        mark = _dot(x + 14, y, is_hip=True) if not wide else _line([(x, y), (x + 28, y)], _plain, colour, wide)
        parts.append(
            f'{mark}<text x="{x + (36 if wide else 30)}" y="{y + 5:g}" fill="var(--ink, #1b1b1b)">{text}</text>'
        )
    return "".join(parts)


def _plain(point: _Point) -> str:
    return f"{point[0]:g},{point[1]:g}"


def _line(points: Sequence[_Point], at: Any, colour: str, width: float) -> str:
    if len(points) < 2:
        return ""
    said = " ".join(at(one) for one in points)
    return (
        f'<polyline points="{said}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="var(--ink, #1b1b1b)">{escape(text)}</text>'


def _describe(found: Assessment, rep: Rep) -> str:
    """Say what the picture shows, in numbers with their intervals."""
    said = []
    for names, word in ((("hip_flexion", "hip_flexion_deg"), "hips"), (("lumbar_flexion",), "lower back")):
        one = next((m for m in found.measures if m.name in names and m.rep == rep.number and m.value is not None), None)
        if one is not None:
            said.append(f"{word} bend {interval_text(one.value, one.lo, one.hi, one.unit)}")
    return f"Side view, standing and at the bottom of rep {rep.number}. {', '.join(said).capitalize()}."
