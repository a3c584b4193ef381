"""Following one person through pictures that come one by one: no look ahead, and no survey before."""

from __future__ import annotations

from hiphinge.model import Frame, PoseFrame
from hiphinge.pose.detector import Detector
from hiphinge.pose.landmarks import LandmarkRequest, Landmarks
from hiphinge.pose.region import Region
from hiphinge.pose.tracking import empty_pose, is_sound, pose_from_landmarks

__all__ = ["Follower"]

#: Detections tried in one picture before it counts as empty.
_N_CHECKED = 2


class Follower:
    """Follows the largest person; made by ``BlazePose.follow``.

    The region of a picture comes from the landmarks of the one before; where the person was lost, the detector is
    asked. One at a time: it waits for each inference.
    """

    def __init__(self, detector: Detector, request: LandmarkRequest) -> None:
        self._detector, self._request = detector, request
        self._region: Region | None = None
        self._width_px = 0

    def read(self, frame: Frame) -> PoseFrame:
        """Return the pose in the next picture, which is canonical already; NaN where nobody is seen."""
        picture = frame.picture
        if picture.width_px != self._width_px:
            self._region, self._width_px = None, picture.width_px
        found = self._look(frame, self._region) if self._region is not None else None
        found = found or self._search(frame)
        self._region = found.next_region if found is not None else None
        return pose_from_landmarks(frame, found) if found is not None else empty_pose(frame)

    def turn(self) -> None:
        """Expect the next picture mirrored against the ones before."""
        where = self._region
        if where is not None:
            self._region = Region(self._width_px - where.x_px, where.y_px, where.size_px, -where.rotation_rad)

    def _search(self, frame: Frame) -> Landmarks | None:
        regions = sorted((one.region for one in self._detector.detect(frame.picture)), key=lambda one: -one.size_px)
        for region in regions[:_N_CHECKED]:
            first = self._look(frame, region)
            if first is not None:
                # The detector's region is rough: the landmarks are read again where they say that the person is.
                return self._look(frame, first.next_region) or first
        return None

    def _look(self, frame: Frame, region: Region) -> Landmarks | None:
        found = self._request.run(frame.picture, region, mirrored=False)
        return found if is_sound(found) else None
