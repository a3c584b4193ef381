"""The causal form of the spine model: every frame is read when it comes, from itself and the frames before it.

Live and offline share outline, features and networks. What differs: a frame is smoothed over those before it (half of
the same Gaussian, which calms less and lags by 0.03 s at 30 frames a second, at most 0.04 s); a jump is told by the
frames before it; the yaw is the median so far. Intervals are those measured on stills; the validation says how often
they hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import numpy as np

from hiphinge.model import Array, PoseTrack, ProfileTrack
from hiphinge.sagittal import SPIKE_RATIO, compute_yaw_deg, find_joints, join_segments
from hiphinge.signal import SMOOTHING_S
from hiphinge.spine.estimator import SpineAngles, SpineInput
from hiphinge.spine.features import YAW_COLUMN, assemble_features, bridge_outlines, extract_features, reference_row
from hiphinge.spine.network import SpineModel, load_network, read_angles
from hiphinge.spine.outline import hidden_share

__all__ = ["LiveSpine"]

#: A joint is checked for a jump against so many of its latest places, itself among them.
SPIKE_FRAMES = 5
#: After a pause as long as this nothing before it counts for a jump.
PAUSE_S = 0.5
#: The yaw is the median over the latest seconds.
YAW_S = 10.0


class _Trail:
    """The latest samples of one set of numbers, and their mean under the past half of the smoothing kernel."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, Array]] = deque()

    def smooth(self, values: Array, time_s: float) -> Array:
        """Add a sample ``(k,)`` and return it smoothed; NaN exactly where it is NaN."""
        self._kept.append((time_s, values))
        while self._kept[0][0] < time_s - 3 * SMOOTHING_S:
            self._kept.popleft()
        if len(self._kept) == 1:
            return values
        samples = np.stack([sample for _, sample in self._kept])
        age_s = time_s - np.array([at for at, _ in self._kept])
        seen = np.isfinite(samples)
        weight = np.exp(-0.5 * (age_s / SMOOTHING_S) ** 2)[:, None] * seen
        total = weight.sum(axis=0)
        calm = (weight * np.where(seen, samples, 0.0)).sum(axis=0) / np.where(total > 0, total, 1.0)
        return np.where(seen[-1], calm, np.nan)


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
        self._time_s = -np.inf
        self._joints, self._outlines = _Trail(), _Trail()
        self._latest: deque[Array] = deque(maxlen=SPIKE_FRAMES)
        self._yaw_deg: deque[tuple[float, float]] = deque()

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
        time_s = float(pose.time_s[0])
        if not time_s > self._time_s:
            raise ValueError(f"The frame at {time_s:g} s is not later than the one before, at {self._time_s:g} s.")
        joints = self._calm_joints(find_joints(pose), time_s)
        self._time_s = time_s
        segments = join_segments(pose.time_s, joints, feet=(joints["heel"] + joints["toe"]) / 2)
        outlines = bridge_outlines(profile)
        calm = self._outlines.smooth(np.concatenate([one[0] for one in outlines]), time_s)
        parts = np.split(calm[None], np.cumsum([one.shape[1] for one in outlines])[:-1], axis=1)
        yaw_deg = self._track_yaw(pose, time_s)
        unit_px = segments.trunk_px if self._unit_px is None else np.array([self._unit_px])
        features = assemble_features(parts, profile, segments, unit_px=unit_px, yaw_deg=yaw_deg)
        reference = self._reference
        if reference is not None:
            reference = reference.copy()
            reference[YAW_COLUMN] = yaw_deg
        return read_angles(self._model, features, reference, hidden_share(profile), yaw_deg=yaw_deg)

    def _calm_joints(self, joints: Mapping[str, Array], time_s: float) -> dict[str, Array]:
        """Drop joints that jumped, and smooth the others over the frames before."""
        if time_s - self._time_s > PAUSE_S:
            self._latest.clear()
        self._latest.append(np.concatenate(list(joints.values())))
        places = np.stack(self._latest)
        names = list(joints)
        trunk = places[:, names.index("shoulder")] - places[:, names.index("hip")]
        limit = SPIKE_RATIO * float(np.median(np.hypot(*trunk.T)))
        calm = self._joints.smooth(_drop_jumps(places, limit).ravel(), time_s)
        return {name: calm[None, 2 * k : 2 * k + 2] for k, name in enumerate(names)}

    def _track_yaw(self, pose: PoseTrack, time_s: float) -> float:
        yaw_deg = float(compute_yaw_deg(pose)[0])
        if np.isfinite(yaw_deg):
            self._yaw_deg.append((time_s, yaw_deg))
        while self._yaw_deg and self._yaw_deg[0][0] < time_s - YAW_S:
            self._yaw_deg.popleft()
        return float(np.median([yaw for _, yaw in self._yaw_deg])) if self._yaw_deg else float("nan")


def _drop_jumps(places: Array, limit: float) -> Array:
    """Return the last places ``(joints, 2)`` of ``(frames, joints, 2)``; NaN where one jumped.

    A jump lies further than ``limit`` both from the median over the frames and from where the two places before point
    to, so that a fast bend at a low frame rate is none. A joint that was not seen in all of ``SPIKE_FRAMES`` is
    believed.
    """
    last: Array = places[-1].copy()
    if len(places) == SPIKE_FRAMES and np.isfinite(limit):
        middle = np.sort(places, axis=0)[SPIKE_FRAMES // 2]
        expected = 2 * places[-2] - places[-3]
        far = (np.abs(last - middle) > limit).any(axis=1) & (np.abs(last - expected) > limit).any(axis=1)
        last[far & np.isfinite(places).all(axis=(0, 2))] = np.nan
    return last
