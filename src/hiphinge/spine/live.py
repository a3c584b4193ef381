"""The causal form of the spine model: every frame is read when it comes, from itself and the frames before it.

Live and offline share outline, features and networks. What differs: a frame is smoothed over those before it (half of
the same Gaussian, which calms less and lags by 0.03 s at 30 frames a second, at most 0.04 s); a jump is told by the
frames before it; the yaw is the median so far. Intervals are those measured on stills; trunk lean, which turns fastest,
is given as much more as its smoothing moved it. The validation says how often they hold.

Several people are read together at the cost of a few: what is done in Python is done once for all. The networks read
row by row, so that a frame is read the same to the last bit whoever is read with it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Array, PoseTrack, ProfileTrack
from hiphinge.sagittal import SPIKE_RATIO, compute_lean_deg, compute_yaw_deg, find_joints, join_segments
from hiphinge.signal import SMOOTHING_S
from hiphinge.spine.estimator import SpineAngles, SpineInput
from hiphinge.spine.features import YAW_COLUMN, assemble_features, bridge_outlines, extract_features, reference_row
from hiphinge.spine.network import OUTPUTS, SpineModel, load_network, tell_angles, wrap_angles
from hiphinge.spine.outline import hidden_share

__all__ = ["LiveSpine", "read_together"]

#: A joint is checked for a jump against so many of its latest places, itself among them.
SPIKE_FRAMES = 5
#: After a pause as long as this nothing before it counts for a jump.
PAUSE_S = 0.5
#: The yaw is the median over the latest seconds.
YAW_S = 10.0
#: How far back the smoothing reaches.
REACH_S = 3 * SMOOTHING_S
#: Joints in the order of ``find_joints``: their columns are the first of a sample, outlines follow.
_HIP, _SHOULDER = 0, 1
_LEAN = OUTPUTS.index("trunk_lean")


class _Yaw:
    """The median of what was read in the latest seconds."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, float]] = deque()
        self._ordered: list[float] = []

    def add(self, yaw_deg: float, time_s: float) -> float:
        """Take in the yaw of a frame (NaN: not read) and return the median; NaN where nothing was read."""
        if yaw_deg == yaw_deg:
            self._kept.append((time_s, yaw_deg))
            insort(self._ordered, yaw_deg)
        while self._kept and self._kept[0][0] < time_s - YAW_S:
            del self._ordered[bisect_left(self._ordered, self._kept.popleft()[1])]
        n = len(self._ordered)
        return (self._ordered[(n - 1) // 2] + self._ordered[n // 2]) / 2 if n else float("nan")


@dataclass(frozen=True, slots=True)
class _Past:
    """What is kept of the latest frames, oldest first: times, joints as seen ``(n, 7, 2)``, samples to be smoothed.

    ``run`` counts the frames since the last pause.
    """

    time_s: Array
    places: Array
    samples: Array
    run: int


class LiveSpine:
    """Reads one frame at a time.

    Parameters
    ----------
    model
        Both networks; None takes the shipped ones.

    Notes
    -----
    Until ``count_from`` is called angles count from the mean stand, with wider intervals. Another person, view or
    picture size needs a new ``LiveSpine``.
    """

    def __init__(self, model: SpineModel | None = None) -> None:
        self._model = model or load_network()
        self._reference: Array | None = None
        self._unit_px: float | None = None
        self._past: _Past | None = None
        self._yaw = _Yaw()

    def count_from(self, stand: SpineInput) -> bool:
        """Count angles from the person's still stand from now on.

        Parameters
        ----------
        stand
            The frames of the stand, and no later ones, with ``standing.reference.angles == "still"``.

        Returns
        -------
        bool
            False, and nothing changes, where there is no stand or it hides the back.
        """
        if stand.standing.reference.angles != "still":
            return False
        reference = reference_row(extract_features(stand), stand.standing.rows)
        trunk_px = stand.segments.trunk_px[stand.standing.rows]
        if reference is None or not np.isfinite(trunk_px).any():
            return False
        self._reference, self._unit_px = reference, float(np.nanmedian(trunk_px))
        return True

    def read(self, pose: PoseTrack, profile: ProfileTrack) -> SpineAngles:
        """Read the next frame.

        Parameters
        ----------
        pose, profile
            Tracks of one frame each; times must grow.

        Returns
        -------
        SpineAngles
            Tracks of one frame, NaN where not told.

        Raises
        ------
        ValueError
            More than one frame, or one that is not later than the one before.
        """
        if pose.n_frames != 1:
            raise ValueError(f"{pose.n_frames} frames were given; frames are read one at a time.")
        return read_together([self], pose, profile)


def read_together(readers: Sequence[LiveSpine], pose: PoseTrack, profile: ProfileTrack) -> SpineAngles:
    """Read the next frames of several people at once.

    Parameters
    ----------
    readers
        Whose frame each row is; one may have several rows, in order of time. All of one model.
    pose, profile
        One row for each of ``readers``; pictures may differ in size and orientation.

    Returns
    -------
    SpineAngles
        One row for each, as ``LiveSpine.read`` would give it, to the last bit.

    Raises
    ------
    ValueError
        The numbers of rows differ, or a frame is not later than the one before of the same reader. Nothing was read.
    """
    if not len(readers) == pose.n_frames == len(profile.dorsal_ratio):
        raise ValueError(f"{len(readers)} readers for {pose.n_frames} poses and {len(profile.dorsal_ratio)} outlines.")
    if not readers:
        return wrap_angles(*np.empty((2, 0, len(OUTPUTS))))
    rows = _rows_of(readers, pose.time_s)
    raw = find_joints(pose)
    outlines = bridge_outlines(profile)
    calm, unsmoothed = _calm(rows, pose.time_s, np.stack(list(raw.values()), axis=1), np.concatenate(outlines, axis=1))
    joints = {name: calm[:, 2 * k : 2 * k + 2] for k, name in enumerate(raw)}
    edges = np.cumsum([2 * len(raw), *(one.shape[1] for one in outlines)])[:-1]
    segments = join_segments(pose.time_s, joints, feet=(joints["heel"] + joints["toe"]) / 2)
    each = zip(readers, compute_yaw_deg(pose).tolist(), pose.time_s.tolist(), strict=True)
    yaw_deg = np.array([reader._yaw.add(yaw, at) for reader, yaw, at in each])
    units = np.array([np.nan if reader._unit_px is None else reader._unit_px for reader in readers])
    features = assemble_features(
        np.split(calm, edges, axis=1)[1:],
        profile,
        segments,
        unit_px=np.where(np.isnan(units), segments.trunk_px, units),
        yaw_deg=yaw_deg,
    )
    value, half = _read_networks(readers, features, hidden_share(profile), yaw_deg)
    lag_deg = np.abs(compute_lean_deg(unsmoothed[:, _HIP], unsmoothed[:, _SHOULDER]) - segments.trunk_lean_deg)
    half[:, _LEAN] += np.nan_to_num(lag_deg)
    return wrap_angles(value, half)


def _rows_of(readers: Sequence[LiveSpine], time_s: Array) -> list[tuple[LiveSpine, list[int]]]:
    """Return each reader with its rows; refuse frames that are not in order of time."""
    rows: dict[int, tuple[LiveSpine, list[int]]] = {}
    for row, reader in enumerate(readers):
        rows.setdefault(id(reader), (reader, []))[1].append(row)
    for reader, own in rows.values():
        before = -np.inf if reader._past is None else float(reader._past.time_s[-1])
        for row in own:
            if not time_s[row] > before:
                raise ValueError(f"The frame at {time_s[row]:g} s is not later than the one before, at {before:g} s.")
            before = float(time_s[row])
    return list(rows.values())


@dataclass(frozen=True, slots=True)
class _Pool:
    """What is kept of every reader, each followed by its new frames.

    ``order`` are the new frames as they stand in the pool, ``here`` where; ``first`` is the pool's first row of the
    same reader, ``run`` the number of frames since its last pause.
    """

    time_s: Array
    places: Array
    samples: Array
    order: NDArray[np.intp]
    here: NDArray[np.intp]
    first: NDArray[np.intp]
    run: NDArray[np.intp]


def _calm(
    rows: Sequence[tuple[LiveSpine, list[int]]], time_s: Array, places: Array, outlines: Array
) -> tuple[Array, Array]:
    """Drop joints that jumped, smooth joints and outlines over the frames before, and keep what the next ones need.

    Returns
    -------
    tuple
        Smoothed joints and outlines, ``(n, 14 + stations)``, and the joints without those that jumped ``(n, 7, 2)``.
    """
    pool = _fill_pool(rows, time_s, places, n_samples=2 * places.shape[1] + outlines.shape[1])
    kept = _drop_jumps(pool)
    pool.samples[pool.here] = np.concatenate([kept.reshape(len(kept), -1), outlines[pool.order]], axis=1)
    smooth = _smooth(pool)
    end = 0
    for reader, own in rows:
        start, end = int(pool.first[end]), end + len(own)
        reader._past = _keep_latest(pool, start, int(pool.here[end - 1]) + 1, int(pool.run[end - 1]))
    back = np.argsort(pool.order)
    return smooth[back], kept[back]


def _fill_pool(rows: Sequence[tuple[LiveSpine, list[int]]], time_s: Array, places: Array, *, n_samples: int) -> _Pool:
    times, spots, samples = [], [], []
    here: list[int] = []
    first: list[int] = []
    run: list[int] = []
    end = 0
    for reader, own in rows:
        begin, before, since = end, -np.inf, 0
        past = reader._past
        if past is not None:
            times.append(past.time_s)
            spots.append(past.places)
            samples.append(past.samples)
            end, before, since = end + len(past.time_s), float(past.time_s[-1]), past.run
        for row in own:
            since = 1 if time_s[row] - before > PAUSE_S else since + 1
            before = float(time_s[row])
            run.append(since)
        times.append(time_s[own])
        spots.append(places[own])
        samples.append(np.empty((len(own), n_samples)))
        here.extend(range(end, end + len(own)))
        first.extend([begin] * len(own))
        end += len(own)
    return _Pool(
        np.concatenate(times),
        np.concatenate(spots),
        np.concatenate(samples),
        np.array([row for _, own in rows for row in own], dtype=np.intp),
        np.array(here, dtype=np.intp),
        np.array(first, dtype=np.intp),
        np.array(run, dtype=np.intp),
    )


def _keep_latest(pool: _Pool, start: int, end: int, run: int) -> _Past:
    """Keep what the smoothing and the check for jumps reach back to."""
    oldest = start + int(np.searchsorted(pool.time_s[start:end], pool.time_s[end - 1] - REACH_S))
    keep = slice(max(start, min(oldest, end - SPIKE_FRAMES + 1)), end)
    return _Past(pool.time_s[keep].copy(), pool.places[keep].copy(), pool.samples[keep].copy(), run)


def _drop_jumps(pool: _Pool) -> Array:
    """Return the joints of the new frames, ``(n, joints, 2)``; NaN where one jumped.

    A jump lies further than ``SPIKE_RATIO`` of the trunk both from the median over the latest frames and from where the
    two places before point to, so that a fast bend at a low frame rate is none. A joint that was not seen in all of
    ``SPIKE_FRAMES``, or soon after a pause, is believed.
    """
    kept = pool.places[pool.here]
    full = np.flatnonzero(pool.run >= SPIKE_FRAMES)
    if not full.size:
        return kept
    window = pool.places[pool.here[full, None] + np.arange(1 - SPIKE_FRAMES, 1)]
    trunk = window[:, :, _SHOULDER] - window[:, :, _HIP]
    limit = SPIKE_RATIO * np.median(np.hypot(trunk[..., 0], trunk[..., 1]), axis=1)[:, None]
    last = window[:, -1]
    middle = np.sort(window, axis=1)[:, SPIKE_FRAMES // 2]
    expected = 2 * window[:, -2] - window[:, -3]
    far = (np.abs(last - middle) > limit[..., None]).any(axis=2)
    far &= (np.abs(last - expected) > limit[..., None]).any(axis=2)
    far &= np.isfinite(window).all(axis=(1, 3))
    kept[full] = np.where(far[..., None], np.nan, last)
    return kept


def _smooth(pool: _Pool) -> Array:
    """Mean of the new samples under the past half of the smoothing kernel; NaN exactly where the newest is NaN."""
    here, now = pool.here, pool.time_s[pool.here]
    total, weight = (np.zeros((len(here), pool.samples.shape[1])) for _ in range(2))
    for lag in range(int((here - pool.first).max()), -1, -1):
        row = np.maximum(here - lag, pool.first)
        inside = (here - lag >= pool.first) & (pool.time_s[row] >= now - REACH_S)
        if not inside.any():
            continue
        kernel = np.exp(-0.5 * ((now - pool.time_s[row]) / SMOOTHING_S) ** 2) * inside
        sample = pool.samples[row]
        seen = np.isfinite(sample)
        total += kernel[:, None] * np.where(seen, sample, 0.0)
        weight += kernel[:, None] * seen
    calm = total / np.where(weight > 0, weight, 1.0)
    return np.where(np.isfinite(pool.samples[here]), calm, np.nan)


def _read_networks(readers: Sequence[LiveSpine], features: Array, hidden: Array, yaw_deg: Array) -> tuple[Array, Array]:
    """Read features with the network for each reader's reference, ``(n, len(OUTPUTS))`` values and half-widths."""
    model = readers[0]._model
    value, half = np.empty((2, len(readers), len(OUTPUTS)))
    still = np.array([reader._reference is not None for reader in readers])
    for network, rows in ((model.none, np.flatnonzero(~still)), (model.still, np.flatnonzero(still))):
        if not rows.size:
            continue
        reference = None
        if network is model.still:
            reference = np.stack([reader._reference for reader in readers if reader._reference is not None])
            reference[:, YAW_COLUMN] = yaw_deg[rows]  # one number for a clip: its change from the stand is always 0
        reading = network.read(features[rows], reference, each_alone=True)
        value[rows], half[rows] = tell_angles(
            network, reading, features[rows], reference, hidden[rows], yaw_deg=yaw_deg[rows]
        )
    return value, half
