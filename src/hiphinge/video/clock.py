"""Times of pictures from the stream's own stamps, with what had to be put right counted."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["StreamClock"]

#: A stamp that jumps back by more than this starts a new count (joined recordings); less is a stray picture.
RESTART_S = 1.0


class StreamClock:
    """Turns stamps into seconds since the first picture, strictly increasing.

    Parameters
    ----------
    first_pts
        Stamp of the file's first picture, None where it has none.
    time_base
        Seconds per unit of the stamps.
    step_s
        Usual step between pictures, for pictures without a stamp and after a restart of the stamps.

    Notes
    -----
    A picture that repeats the time before is left out (``n_repeated``). A picture without a stamp gets the
    time before plus the usual step (``n_guessed``). Where the stamps start again, the count goes on
    (``n_restarts``).
    """

    def __init__(self, first_pts: int | None, time_base: Fraction, step_s: float) -> None:
        self._origin_s = float((first_pts or 0) * time_base)
        self._time_base = time_base
        self._step_s = step_s
        self._last_s: float | None = None
        self.n_repeated = 0
        self.n_guessed = 0
        self.n_restarts = 0

    def tell(self, pts: int | None) -> float | None:
        """Return the time of the next picture, seconds, or None if it has to be left out."""
        last_s = self._last_s
        if pts is None:
            self.n_guessed += 1
            time_s = 0.0 if last_s is None else last_s + self._step_s
        else:
            time_s = float(pts * self._time_base) - self._origin_s
            if last_s is not None and time_s < last_s - RESTART_S:
                self.n_restarts += 1
                self._origin_s -= last_s + self._step_s - time_s
                time_s = last_s + self._step_s
            elif last_s is not None and time_s <= last_s:
                self.n_repeated += 1
                return None
        self._last_s = time_s
        return time_s
