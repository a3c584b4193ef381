"""The frames of a set that count, with what was read of each, in arrays that grow."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.clip.analyse import ClipTracks
from hiphinge.live.wire import FRAME, Rows, rows_to_tracks
from hiphinge.model import Array, VideoInfo
from hiphinge.sagittal import FacingDecision
from hiphinge.spine import SpineAngles
from hiphinge.spine.network import OUTPUTS, wrap_angles

__all__ = ["Film", "make_tracks"]

_FIRST_ROOM = 512


class Film:
    """Frames of one size and orientation, in order of time.

    ``value`` and ``half`` ``(n, len(OUTPUTS))`` are the angles as they were read when each frame came, with the
    half-widths of their intervals; ``signal`` ``(n,)`` is what bends are found in.
    """

    def __init__(self) -> None:
        self.n = 0
        #: Reps that were judged in it.
        self.n_reps = 0
        self._rows: Rows = np.empty(_FIRST_ROOM, dtype=FRAME)
        # By themselves: a search through times that lie apart would go through all frames of a long set.
        self._time_s: Array = np.empty(_FIRST_ROOM)
        self._value: Array = np.empty((_FIRST_ROOM, len(OUTPUTS)))
        self._half: Array = np.empty((_FIRST_ROOM, len(OUTPUTS)))
        self._signal: Array = np.empty(_FIRST_ROOM)

    def add(self, row: np.void, value: Array, half: Array) -> None:
        """Append a frame; its signal is NaN until it is set."""
        if self.n == len(self._rows):
            for name in ("_rows", "_time_s", "_value", "_half", "_signal"):
                setattr(self, name, _with_room(getattr(self, name)))
        self._time_s[self.n] = row["time_s"]
        self._rows[self.n], self._value[self.n], self._half[self.n] = row, value, half
        self._signal[self.n] = np.nan
        self.n += 1

    @property
    def rows(self) -> Rows:
        """``(n,)`` the frames."""
        return self._rows[: self.n]

    @property
    def time_s(self) -> Array:
        """``(n,)`` their times."""
        return self._time_s[: self.n]

    @property
    def signal(self) -> Array:
        """``(n,)`` the signal; can be written to."""
        return self._signal[: self.n]

    @property
    def value(self) -> Array:
        """``(n, len(OUTPUTS))`` angles."""
        return self._value[: self.n]

    def replace_angles(self, rows: slice, value: Array, half: Array) -> None:
        """Put better readings in place of those that were made when the frames came."""
        self._value[rows], self._half[rows] = value, half

    def angles(self, rows: NDArray[np.intp]) -> SpineAngles:
        """Readings of some frames."""
        return wrap_angles(self._value[rows], self._half[rows])

    def from_time(self, time_s: float) -> int:
        """First frame at or after a time."""
        return int(np.searchsorted(self.time_s, time_s))


def _with_room(held: NDArray[Any]) -> NDArray[Any]:
    """Twice the room; memory that nothing was written to yet is not taken, and frames are copied by their bytes."""
    wide = np.empty((2 * len(held), *held.shape[1:]), dtype=held.dtype)
    wide.view(np.uint8).reshape(-1)[: held.nbytes] = held.view(np.uint8).reshape(-1)
    return wide


def make_tracks(rows: Rows, facing: FacingDecision) -> ClipTracks:
    """Turn frames of one size and orientation into what a clip of them would be; times count from the first."""
    rows = rows.copy()
    if len(rows):
        rows["time_s"] -= rows["time_s"][0]
    pose, profile, camera = rows_to_tracks(rows)
    span_s = float(rows["time_s"][-1]) if len(rows) else 0.0
    info = VideoInfo(
        name="live",
        width_px=pose.width_px,
        height_px=pose.height_px,
        duration_s=span_s,
        rate_hz=(len(rows) - 1) / span_s if span_s > 0 else None,
        codec="live",
        rotation_deg=0,
        is_photograph=False,
        sha256=hashlib.sha256(rows.tobytes()).hexdigest(),
    )
    return ClipTracks(info, pose, profile, camera, facing, ())
