"""The measures of each rep: one number with its interval, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isfinite, nan

import numpy as np

from hiphinge.model import AngleTrack, Measure, QualityCheck, Rep, ViewGrade
from hiphinge.reps import find_deep_part
from hiphinge.signal import nan_median_near
from hiphinge.verdict.context import RepContext
from hiphinge.verdict.labels import MEASURE_LABELS
from hiphinge.verdict.load import compute_load_offset, compute_reach
from hiphinge.verdict.tilt import compute_stillness
from hiphinge.verdict.wall import compute_contact, compute_heel_to_wall

__all__ = ["MIN_REFERENCE_DEG", "compute_measures", "compute_share", "view_of"]

#: The toe-touch screen looks at the first part of the bend: what leads, not how far it goes (clinical rule set).
FIRST_LEAN_DEG = 60.0
#: A thorax that turns less than this in all, or in one quarter, has no quarters to tell.
MIN_QUARTERED_DEG, MIN_QUARTER_DEG = 20.0, 4.0

#: A rounding whose interval does not reach beyond this is no scale for later bends.
MIN_REFERENCE_DEG = 10.0
MAX_SHARE_SPAN = 100.0  #: a share whose interval spans more than this, in %, is not told
#: Measures that need the same to be seen as another one.
_SEEN_LIKE = {"wall_gap": "seat_back", "wall_touch_time": "seat_back", "heel_to_wall": "seat_back", "reach_cm": "reach"}
_NO_DESCENT = "The way down was not filmed."
_UNSEEN = "It was not seen well enough, or its interval is too wide to say anything."
_NO_STAND = "Nobody stands upright in this clip, so there is no place to count from."


@dataclass(frozen=True, slots=True)
class _Value:
    value: float
    lo: float
    hi: float
    reason: str = ""


def _untold(reason: str) -> _Value:
    return _Value(nan, nan, nan, reason)


def compute_measures(
    reps: Iterable[Rep], context: RepContext, *, quality: Iterable[QualityCheck]
) -> tuple[Measure, ...]:
    """Compute every measure of every rep, then those of the set.

    Parameters
    ----------
    reps
        The bends.
    context
        Tracks, reference and calibrated widths.
    quality
        The view checks; a measure that a check grades ``cannot_tell`` has no value but that check's advice.

    Returns
    -------
    tuple of Measure
        By rep, in the order of ``MEASURE_LABELS``; measures of the set have ``rep`` None.
    """
    checks = tuple(quality)
    measures: list[Measure] = []
    leans: list[float] = []
    for rep in reps:
        for name, found in _measure_rep(rep, context).items():
            measures.append(_finish(name, rep.number, found, checks))
        leans.append(nan_median_near(context.motion.trunk_lean.value_deg, row=rep.bottom_frame))
    if len(leans) >= 2:
        spread = float(np.std(leans, ddof=1))
        half = context.widths.lean_repeat_deg
        found = _Value(spread, max(0.0, spread - half), spread + half)
    else:
        found = _untold("Fewer than two reps.")
    if _has_wall(context):
        measures.append(_finish("heel_to_wall", None, _told(compute_heel_to_wall(context)), checks))
    measures.append(_finish("lean_spread", None, found, checks))
    return tuple(measures)


def _has_wall(context: RepContext) -> bool:
    """Tell whether a wall belongs to the clip: given or found, or missing where the drill has one."""
    return context.wall_px is not None or context.drill == "wall"


def _told(found: tuple[float, float, float] | str) -> _Value:
    return _untold(found) if isinstance(found, str) else _Value(*found)


def view_of(name: str, checks: Iterable[QualityCheck]) -> tuple[ViewGrade, str]:
    """Return the worst grade any check gives to a measure, with that check's advice."""
    order = {"good": 0, "usable": 1, "cannot_tell": 2}
    worst: tuple[ViewGrade, str] = ("good", "")
    for check in checks:
        touches = "all" in check.affects or _SEEN_LIKE.get(name, name) in check.affects
        if touches and order[check.grade] > order[worst[0]]:
            worst = (check.grade, check.advice)
    return worst


def _finish(name: str, rep: int | None, found: _Value, checks: tuple[QualityCheck, ...]) -> Measure:
    label, unit = MEASURE_LABELS[name]
    grade, advice = view_of(name, checks)
    blank = Measure(name, label, rep, None, None, None, unit, grade, advice)
    if grade == "cannot_tell":
        return blank
    if not isfinite(found.value):
        return replace(blank, view="cannot_tell", reason=found.reason or _UNSEEN)
    return replace(blank, value=found.value, lo=found.lo, hi=found.hi, reason="")


def _measure_rep(rep: Rep, context: RepContext) -> dict[str, _Value]:
    values: dict[str, _Value] = {}
    for part in (_angles, _shares, _travel, _legs, _hands, _tempo):
        values.update(part(rep, context))
    if context.drill == "pelvic_tilt":
        still = compute_stillness(
            rep, context.motion, context.segments, widths=context.widths, positions=context.standing.reference.positions
        )
        values.update({name: _Value(*found) for name, found in still.items()})
    if _has_wall(context):
        values.update({name: _told(found) for name, found in compute_contact(rep, context).items()})
    return {name: values[name] for name in MEASURE_LABELS if name in values}


def _at_bottom(track: AngleTrack, rep: Rep) -> _Value:
    value, lo, hi = (nan_median_near(a, row=rep.bottom_frame) for a in (track.value_deg, track.lo_deg, track.hi_deg))
    return _Value(value, lo, hi)


def _mirror(found: _Value) -> _Value:
    return _Value(-found.value, -found.hi, -found.lo, found.reason)


def _angles(rep: Rep, context: RepContext) -> dict[str, _Value]:
    motion = context.motion
    lumbar = motion.lumbar_flexion
    rows = slice(rep.start_frame, rep.end_frame)
    values = {
        name: _at_bottom(motion.angle(name), rep)
        for name in ("trunk_lean", "hip_flexion", "lumbar_flexion", "pelvis_tilt", "thoracic_flexion")
    }
    values["neck_extension"] = _mirror(_at_bottom(motion.neck, rep))
    path = lumbar.value_deg[rows]
    if np.isfinite(path).any():
        row = rep.start_frame + int(np.nanargmin(path))
        near = replace(rep, bottom_frame=row)
        values["over_arch"] = _mirror(_at_bottom(lumbar, near))
        spread = float(np.nanmax(path) - np.nanmin(path))
        half = context.widths.lumbar_range_deg
        values["ribs_pelvis_range"] = _Value(spread, max(0.0, spread - half), spread + half)
    else:
        values["over_arch"] = values["ribs_pelvis_range"] = _untold("")
    values["lumbar_of_own_maximum"] = _of_own_maximum(values["lumbar_flexion"], context)
    return values


def _of_own_maximum(lumbar: _Value, context: RepContext) -> _Value:
    own = context.own_maximum_deg
    if own is None:
        return _untold("No clip of the person's comfortable deliberate rounding was given (--reference).")
    value, lo, hi = own
    if lo <= MIN_REFERENCE_DEG:
        return _untold("In the reference clip the back hardly rounds, so it gives no maximum.")
    return _Value(
        100 * lumbar.value / value, 100 * min(lumbar.lo / hi, lumbar.lo / lo), 100 * max(lumbar.hi / lo, lumbar.hi / hi)
    )


def compute_share(pelvis_deg: float, lumbar: _Value | tuple[float, float, float], *, least_deg: float = 10.0) -> _Value:
    """Hip share in %, with the interval that the lumbar interval gives; untold for turns under ``least_deg``.

    Pelvis tilt and lumbar flexion add up to the thorax's rotation, which is seen far better than how it divides.
    """
    value, lo, hi = (lumbar.value, lumbar.lo, lumbar.hi) if isinstance(lumbar, _Value) else lumbar
    total = pelvis_deg + value
    if not isfinite(total):
        return _untold("Pelvis tilt or lumbar flexion is not told, so there is no share to speak of.")
    if total < least_deg:
        return _untold("The trunk hardly turns, so there is no share to speak of.")
    if 100 * (hi - lo) / total > MAX_SHARE_SPAN:
        return _untold("The interval is too wide for a share to say anything.")
    return _Value(100 * pelvis_deg / total, 100 * (total - hi) / total, 100 * (total - lo) / total)


def _shares(rep: Rep, context: RepContext) -> dict[str, _Value]:
    pelvis = _at_bottom(context.motion.pelvis_tilt, rep)
    lumbar = _at_bottom(context.motion.lumbar_flexion, rep)
    share = compute_share(pelvis.value, lumbar)
    values = {
        "hip_share": share,
        "lumbar_share": _Value(100 - share.value, 100 - share.hi, 100 - share.lo, share.reason),
    }
    values["hip_share_60"] = _share_60(rep, context)
    values.update(_quarters(rep, context))
    return values


def _share_60(rep: Rep, context: RepContext) -> _Value:
    """Hip share where the descent passes 60 degrees of lean, or at the bottom of a smaller bend."""
    if not rep.has_descent:
        return _untold(_NO_DESCENT)
    lean = context.motion.trunk_lean.value_deg[rep.start_frame : rep.bottom_frame + 1]
    with np.errstate(invalid="ignore"):
        past = np.flatnonzero(lean >= FIRST_LEAN_DEG)
    row = rep.start_frame + int(past[0]) if past.size else rep.bottom_frame
    there = replace(rep, bottom_frame=row)
    return compute_share(
        _at_bottom(context.motion.pelvis_tilt, there).value, _at_bottom(context.motion.lumbar_flexion, there)
    )


def _quarters(rep: Rep, context: RepContext) -> dict[str, _Value]:
    """Hip share of each quarter of the descent, quarters of the thorax's whole rotation."""
    names = [f"hip_share_q{k}" for k in (1, 2, 3, 4)]
    if not rep.has_descent:
        return {name: _untold(_NO_DESCENT) for name in names}
    rows = slice(rep.start_frame, rep.bottom_frame + 1)
    pelvis = context.motion.pelvis_tilt.value_deg[rows]
    lumbar = context.motion.lumbar_flexion.value_deg[rows]
    seen = np.isfinite(pelvis) & np.isfinite(lumbar)
    if seen.sum() < 5:
        return {name: _untold("Too few frames of the way down were seen.") for name in names}
    pelvis, lumbar = pelvis[seen], lumbar[seen]
    turned = np.maximum.accumulate(pelvis + lumbar)
    levels = np.linspace(turned[0], turned[-1], 5)
    if turned[-1] - turned[0] < MIN_QUARTERED_DEG:
        return {name: _untold("The bend is too small to divide in quarters.") for name in names}
    marks = np.clip(np.searchsorted(turned, levels), 0, len(turned) - 1)
    marks[0] = 0
    half = context.widths.lumbar_quarter_deg
    values = {}
    for name, a, b in zip(names, marks[:-1], marks[1:], strict=True):
        step = float(lumbar[b] - lumbar[a])
        values[name] = compute_share(
            float(pelvis[b] - pelvis[a]), (step, step - half, step + half), least_deg=MIN_QUARTER_DEG
        )
        if isfinite(values[name].value):
            value, lo, hi = (min(150.0, max(-50.0, v)) for v in (values[name].value, values[name].lo, values[name].hi))
            values[name] = _Value(value, lo, hi)
    return values


def _travel(rep: Rep, context: RepContext) -> dict[str, _Value]:
    motion, standing = context.motion, context.standing
    names = ("hip_back", "seat_back", "drop_per_back", "stoop_squat_index")
    if standing.reference.positions == "none":
        return {name: _untold(_NO_STAND) for name in names}
    half = context.widths.travel_ratio(standing.reference.positions)
    back, drop, seat = (
        nan_median_near(a, row=rep.bottom_frame)
        for a in (motion.hip_back_ratio, motion.hip_drop_ratio, motion.seat_back_ratio)
    )
    values = {
        "hip_back": _Value(back, back - half, back + half),
        "seat_back": _Value(seat, seat - half, seat + half),
    }
    wide = half * context.widths.drop_gain
    values["drop_per_back"] = _quotient(
        _Value(drop, drop - wide, drop + wide), _Value(back, back - half, back + half), least=0.2
    )
    values["stoop_squat_index"] = _stoop_squat(rep, context, drop, wide)
    return values


def _quotient(top: _Value, below: _Value, *, least: float) -> _Value:
    """``top ÷ below`` with the range that both intervals give; ``below`` counts as ``least`` at least."""
    ends = [t / max(b, least) for t in (top.lo, top.hi) for b in (below.lo, below.hi)]
    return _Value(top.value / max(below.value, least), min(ends), max(ends))


def _stoop_squat(rep: Rep, context: RepContext, drop: float, half: float) -> _Value:
    """100 x (1 - hip drop ÷ shoulder drop): our reconstruction of the published index."""
    shoulder = nan_median_near((context.segments.shoulder - context.segments.feet)[:, 1], row=rep.bottom_frame)
    fall = (shoulder - float(context.standing.shoulder_from_feet_px[1])) / context.foot_px
    if not isfinite(fall) or fall < 0.3:
        return _untold("The shoulders hardly come down.")

    def index(hip_drop: float) -> float:
        return 100 * (1 - hip_drop / fall)

    return _Value(index(drop), index(drop + half), index(drop - half))


def _legs(rep: Rep, context: RepContext) -> dict[str, _Value]:
    motion = context.motion
    knee = _at_bottom(motion.knee_flexion, rep)
    hip = _at_bottom(motion.hip_flexion, rep)
    values = {"knee_flexion": knee, "shank_lean": _at_bottom(motion.shank_lean, rep)}
    values["hip_per_knee"] = _quotient(hip, knee, least=10.0)
    if rep.has_descent:
        third = rep.start_frame + (rep.bottom_frame - rep.start_frame) // 3
        change = knee.value - nan_median_near(motion.knee_flexion.value_deg, row=third)
        half = context.widths.knee_change_deg
        values["knee_change"] = _Value(change, change - half, change + half)
    else:
        values["knee_change"] = _untold(_NO_DESCENT)
    values.update(_feet(rep, context))
    return values


def _feet(rep: Rep, context: RepContext) -> dict[str, _Value]:
    foot = context.foot_px
    rows = slice(rep.start_frame, rep.end_frame)
    heel, toe = context.segments.heel[rows], context.segments.toe[rows]
    if not isfinite(foot) or not np.isfinite(heel).any():
        why = _untold("The feet were not seen well enough." if isfinite(foot) else _NO_STAND)
        return {"foot_slide": why, "foot_pitch": why}
    slide = 0.0
    for point in (heel, toe):
        seen = point[np.isfinite(point[:, 0]), 0]
        slide = max(slide, float(np.percentile(seen, 95) - np.percentile(seen, 5)) / foot if seen.size else 0.0)
    w = context.widths
    half, half_pitch = w.foot_slide_ratio, w.foot_pitch_deg
    along = toe - heel
    pitch = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    seen_pitch = pitch[np.isfinite(pitch)]
    change = float(np.percentile(seen_pitch, 95) - np.percentile(seen_pitch, 5)) if seen_pitch.size else nan
    return {
        # Wandering points only add to what is read: the truth lies at or below it.
        "foot_slide": _Value(max(0.0, slide - w.foot_slide_usual_ratio), max(0.0, slide - half), slide),
        "foot_pitch": _Value(max(0.0, change - w.foot_pitch_usual_deg), max(0.0, change - half_pitch), change),
    }


def _hands(rep: Rep, context: RepContext) -> dict[str, _Value]:
    values: dict[str, _Value] = {}
    half = context.widths.hand_ratio
    if context.load is not None:
        offset = compute_load_offset(context.load, context.pose, context.segments, row=rep.bottom_frame)
        values["load_offset"] = (
            _Value(offset, max(0.0, offset - half), offset + half)
            if isfinite(offset)
            else _untold("The hands were not seen well enough.")
        )
    reach = compute_reach(context.pose, context.segments, row=rep.bottom_frame) / context.foot_px
    values["reach"] = (
        _Value(reach, reach - 0.15, reach + 0.15) if isfinite(reach) else _untold("The fingertips were not seen.")
    )
    cm = context.foot_length_cm
    if cm is not None:
        told = values["reach"]
        values["reach_cm"] = _Value(cm * told.value, cm * told.lo, cm * told.hi, told.reason)
    return values


def _tempo(rep: Rep, context: RepContext) -> dict[str, _Value]:
    half = context.widths.time_s
    motion = context.motion
    depth = -motion.pelvis_tilt.value_deg if context.drill == "pelvic_tilt" else motion.trunk_lean.value_deg
    first, last = find_deep_part(depth, time_s=motion.time_s, rep=rep)
    down, up = float(motion.time_s[first]) - rep.start_s, rep.end_s - float(motion.time_s[last])
    told = [_Value(t, max(0.0, t - half), t + half) for t in (down, up)]
    return {
        "descent_time": told[0] if rep.has_descent else _untold(_NO_DESCENT),
        "ascent_time": told[1] if rep.has_ascent else _untold("The way up was not filmed."),
    }
