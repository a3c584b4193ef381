"""Which way the person faces, asked in both orientations before anything is measured."""

from __future__ import annotations

import numpy as np

from hiphinge.live.glance import Glance
from hiphinge.live.wire import Rows, rows_to_tracks, stack_rows
from hiphinge.model import PoseFrame
from hiphinge.sagittal import FacingDecision, decide_facing

__all__ = ["FacingFinder"]

#: Pictures of each orientation, and the least time between two of them.
PICTURES, _APART_S = 6, 0.06
#: A browser that does not turn the picture round within this is asked again.
_ASK_AGAIN_S = 2.0


class FacingFinder:
    """Collects pictures as they are, then mirrored, and decides as for a clip."""

    def __init__(self) -> None:
        self._plain: list[Rows] = []
        self._mirrored: list[Rows] = []
        self._latest_s = self._asked_s = -np.inf
        #: What the browser is to send now.
        self.wants_mirror = False

    def add(self, row: Rows, glance: Glance) -> FacingDecision | None:
        """Take in a frame ``(1,)``; the decision once there are enough of both kinds."""
        own = self._mirrored if self.wants_mirror else self._plain
        if glance.mirrored != self.wants_mirror or not glance.seen or glance.time_s - self._latest_s < _APART_S:
            return None
        self._latest_s = glance.time_s
        own.append(row.copy())
        if len(own) < PICTURES:
            return None
        if not self.wants_mirror:
            self.wants_mirror = True
            return None
        return decide_facing(_poses(self._plain), _poses(self._mirrored))

    def asks_again(self, time_s: float) -> bool:
        """Say whether the browser should be told once more what to send; at most every other second."""
        if time_s - max(self._asked_s, self._latest_s) < _ASK_AGAIN_S:
            return False
        self._asked_s = time_s
        return True


def _poses(rows: list[Rows]) -> list[PoseFrame]:
    pose, _, _ = rows_to_tracks(stack_rows(rows))
    return [
        PoseFrame(k, float(pose.time_s[k]), pose.keypoints_px[k], pose.visibility[k], pose.world_m[k],
                  float(pose.presence[k]), None)
        for k in range(pose.n_frames)
    ]  # fmt: skip
