"""What clips say of frames, of each rep's bottom, of its peak, of when the back starts to give, of hip shares.

Every definition is applied in the same way to the truth and to what was read.

*Bottom*: what the product tells of a rep, beside the truth where the trunk truly leans most. *Peak*: the largest lumbar
flexion between the rep's true start and end. *Onset*: over the true way down, the last time before its peak at which
lumbar flexion, counted from the start of the way down, rises through a level of a tenth of its peak, at least
``ONSET_FLOOR_DEG``; told as % of the way down's time, and only where the peak reaches ``ONSET_PEAK_DEG``. *Hip share of
a quarter*: pelvis ÷ (pelvis + lumbar) while the thorax turns through that quarter of its turn on the way down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import ANGLES, AngleTrack, Array
from hiphinge.validation.agreement import Readings, join_readings
from hiphinge.validation.bands import columns_of
from hiphinge.validation.films import LIVE_ANGLES, QUARTERS, Film
from hiphinge.validation.stills import MIN_LEAN_DEG

__all__ = [
    "BOTTOM_ANGLES",
    "ONSET_FLOOR_DEG",
    "ONSET_PEAK_DEG",
    "ClipReadings",
    "find_onset_pct",
    "find_shares",
    "read_films",
]

#: Angles that a result tells of each rep's bottom.
BOTTOM_ANGLES = ("trunk_lean", "pelvis_tilt", "hip_flexion", "lumbar_flexion", "thoracic_flexion", "knee_flexion",
                 "shank_lean")  # fmt: skip
#: Least level, over the start of the way down, at which the back counts as giving.
ONSET_FLOOR_DEG = 4.0
ONSET_SHARE = 0.10
#: A way down whose lumbar flexion stays under this has no onset.
ONSET_PEAK_DEG = 10.0
#: A quarter in which the thorax turns less has no share, as in the product.
MIN_QUARTER_DEG, MIN_TURN_DEG = 4.0, 20.0
_SHARE_LIMITS = (-50.0, 150.0)


@dataclass(frozen=True, slots=True)
class ClipReadings:
    """Readings of clips: angles frame by frame, at bottoms, lumbar peaks, onsets, shares of quarters; counts.

    ``live`` are the frames as the causal form reads them.
    """

    frames: dict[str, Readings]
    live: dict[str, Readings]
    bottoms: dict[str, Readings]
    peaks: Readings
    onset: Readings
    quarters: dict[str, Readings]
    n_clips: int
    n_reps: int
    n_found: int
    n_extra: int
    n_own_reference: int


def read_films(films: Iterable[Film]) -> ClipReadings:
    """Read every clip; reps that truly lean less than ``MIN_LEAN_DEG`` do not count."""
    films = list(films)
    frames: dict[str, list[Readings]] = {angle: [] for angle in ANGLES}
    live: dict[str, list[Readings]] = {angle: [] for angle in LIVE_ANGLES}
    bottoms: dict[str, list[Readings]] = {angle: [] for angle in BOTTOM_ANGLES}
    quarters: dict[str, list[Readings]] = {name: [] for name in QUARTERS}
    peaks, onsets = [], []
    n_reps = n_found = n_all = 0
    for film in films:
        for angle, readings in _read_frames(film, film.angles).items():
            frames[angle].append(readings)
        for angle, readings in _read_frames(film, film.live).items():
            live[angle].append(readings)
        n_all += len(film.rep_s)
        for rep in _bent_reps(film):
            n_reps += 1
            place = film.matching_rep(rep["start_s"], rep["end_s"])
            n_found += place is not None
            for angle, readings in _read_bottom(film, rep, place).items():
                bottoms[angle].append(readings)
            for name, readings in _read_quarters(film, rep, place).items():
                quarters[name].append(readings)
            peaks.append(_read_peak(film, rep))
            onsets.append(_read_onset(film, rep))
    return ClipReadings(
        {angle: join_readings(parts) for angle, parts in frames.items()},
        {angle: join_readings(parts) for angle, parts in live.items()},
        {angle: join_readings(parts) for angle, parts in bottoms.items()},
        join_readings(peaks),
        join_readings([one for one in onsets if one is not None]),
        {name: join_readings(parts) for name, parts in quarters.items()},
        len(films), n_reps, n_found, n_all - n_found, sum(film.reference == "still" for film in films),
    )  # fmt: skip


def _truth(film: Film, angle: str) -> Array:
    return np.array(film.truth["angles"][angle], dtype=float)


def _describe(film: Film, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Columns of some of a clip's true rows."""
    fixed = {**film.truth["person"], **film.truth.get("camera", {}), **film.truth.get("scene", {})}
    lean, lumbar = _truth(film, "trunk_lean"), _truth(film, "lumbar_flexion")
    phase = film.truth.get("phase") or [""] * len(lean)
    return columns_of([fixed | {"phase": phase[k], "trunk_lean": lean[k], "lumbar_flexion": lumbar[k]} for k in rows])


def _read_frames(film: Film, tracks: Mapping[str, AngleTrack]) -> dict[str, Readings]:
    use = _truth(film, "trunk_lean")[film.rows] > MIN_LEAN_DEG
    rows = film.rows[use]
    columns = _describe(film, rows)
    person = np.full(len(rows), film.person)
    found = {}
    for angle, track in tracks.items():
        found[angle] = Readings(
            person, _truth(film, angle)[rows], track.value_deg[use], track.lo_deg[use], track.hi_deg[use], columns
        )
    return found


def _bent_reps(film: Film) -> list[Mapping[str, float]]:
    """The true reps that lean enough."""
    time_s, lean = np.array(film.truth["time_s"]), _truth(film, "trunk_lean")
    reps: Sequence[Mapping[str, float]] = film.truth["reps"]
    inside = [(time_s >= rep["start_s"]) & (time_s <= rep["end_s"]) for rep in reps]
    return [r for r, rows in zip(reps, inside, strict=True) if rows.any() and lean[rows].max() > MIN_LEAN_DEG]


def _single(film: Film, row: int, truth: float, read: Sequence[float] | Array) -> Readings:
    value, lo, hi = (np.array([float(number)]) for number in read)
    columns = _describe(film, np.array([row]))
    return Readings(np.array([film.person]), np.array([truth]), value, lo, hi, columns)


def _true_bottom(film: Film, rep: Mapping[str, float]) -> int:
    """Row of the truth at which the trunk leans most."""
    time_s, lean = np.array(film.truth["time_s"]), _truth(film, "trunk_lean")
    inside = (time_s >= rep["start_s"]) & (time_s <= rep["end_s"])
    return int(np.argmax(np.where(inside, lean, -np.inf)))


def _read_bottom(film: Film, rep: Mapping[str, float], place: int | None) -> dict[str, Readings]:
    row = _true_bottom(film, rep)
    blank = np.full(3, np.nan)
    return {
        angle: _single(
            film, row, float(_truth(film, angle)[row]), blank if place is None else film.measure(place, angle)
        )
        for angle in BOTTOM_ANGLES
    }


def _read_peak(film: Film, rep: Mapping[str, float]) -> Readings:
    time_s, truth = np.array(film.truth["time_s"]), _truth(film, "lumbar_flexion")
    inside = (time_s >= rep["start_s"]) & (time_s <= rep["end_s"])
    row = int(np.argmax(np.where(inside, truth, -np.inf)))
    track = film.angles["lumbar_flexion"]
    seen = (film.time_s >= rep["start_s"]) & (film.time_s <= rep["end_s"]) & np.isfinite(track.value_deg)
    read = np.full(3, np.nan)
    if seen.any():
        at = int(np.argmax(np.where(seen, np.nan_to_num(track.value_deg), -np.inf)))
        read = np.array([track.value_deg[at], track.lo_deg[at], track.hi_deg[at]])
    return _single(film, row, float(truth[row]), read)


def find_onset_pct(lumbar_deg: Array, time_s: Array, *, start_s: float, bottom_s: float) -> float:
    """When, in % of the way down, the back starts to give; NaN where it hardly does, or is not seen.

    Parameters
    ----------
    lumbar_deg, time_s
        ``(n,)`` lumbar flexion over the clip, degrees, and its time; NaN unseen.
    start_s, bottom_s
        The way down.

    Notes
    -----
    See the module's text for the definition. Between two frames the level is met on the straight line.
    """
    rows = (time_s >= start_s) & (time_s <= bottom_s) & np.isfinite(lumbar_deg)
    if rows.sum() < 5:
        return float("nan")
    lumbar, time = lumbar_deg[rows] - lumbar_deg[rows][0], time_s[rows]
    peak = int(np.argmax(lumbar))
    if lumbar[peak] < ONSET_PEAK_DEG:
        return float("nan")
    level = max(ONSET_FLOOR_DEG, ONSET_SHARE * float(lumbar[peak]))
    below = int(np.flatnonzero(lumbar[: peak + 1] < level)[-1])
    part = (level - lumbar[below]) / (lumbar[below + 1] - lumbar[below])
    onset_s = time[below] + part * (time[below + 1] - time[below])
    return float(100 * (onset_s - start_s) / (bottom_s - start_s))


def _read_onset(film: Film, rep: Mapping[str, float]) -> Readings | None:
    """Onset in truth and as read, % of the way down; None where the back truly hardly gives."""
    way_down = {"start_s": rep["start_s"], "bottom_s": rep["bottom_s"]}
    truth = find_onset_pct(_truth(film, "lumbar_flexion"), np.array(film.truth["time_s"]), **way_down)
    if not np.isfinite(truth):
        return None
    read = find_onset_pct(film.angles["lumbar_flexion"].value_deg, film.time_s, **way_down)
    return _single(film, _true_bottom(film, rep), truth, (read, np.nan, np.nan))


def find_shares(pelvis_deg: Array, lumbar_deg: Array) -> Array:
    """Hip share of each quarter of the thorax's turn on the way down, ``(4,)`` %, NaN where it hardly turns."""
    turned = np.maximum.accumulate(pelvis_deg + lumbar_deg)
    shares = np.full(4, np.nan)
    if turned[-1] - turned[0] < MIN_TURN_DEG:
        return shares
    marks = np.clip(np.searchsorted(turned, np.linspace(turned[0], turned[-1], 5)), 0, len(turned) - 1)
    marks[0] = 0
    pelvis, lumbar = np.diff(pelvis_deg[marks]), np.diff(lumbar_deg[marks])
    enough = pelvis + lumbar >= MIN_QUARTER_DEG
    shares[enough] = np.clip(100 * pelvis[enough] / (pelvis + lumbar)[enough], *_SHARE_LIMITS)
    return shares


def _read_quarters(film: Film, rep: Mapping[str, float], place: int | None) -> dict[str, Readings]:
    """Hip share of each quarter in truth and as told, in percentage points."""
    time_s, bottom = np.array(film.truth["time_s"]), _true_bottom(film, rep)
    rows = np.flatnonzero((time_s >= rep["start_s"]) & (np.arange(len(time_s)) <= bottom))
    shares = find_shares(_truth(film, "pelvis_tilt")[rows], _truth(film, "lumbar_flexion")[rows])
    blank = np.full(3, np.nan)
    return {
        name: _single(film, bottom, float(share), blank if place is None else film.measure(place, name))
        for name, share in zip(QUARTERS, shares, strict=True)
        if np.isfinite(share)
    }
