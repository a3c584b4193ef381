"""Following one person: the region of a frame comes from the landmarks two frames earlier.

That lag allows two inferences in flight at once, which is what fills two cores. At low picture rates, where a
person moves far within two frames, the lag is one. Which results a frame may use depends on frame numbers
only, never on what happens to be ready, so a run repeats bit by bit, whatever the number of threads.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from hiphinge.model import Frame, Picture, PoseFrame
from hiphinge.pose.detector import Detection
from hiphinge.pose.landmarks import N_KEYPOINTS, LandmarkRequest, Landmarks
from hiphinge.pose.region import Region

__all__ = ["MIN_PRESENCE", "N_PEEKED", "Subject", "empty_pose", "is_sound", "pose_from_landmarks", "track_subject"]

#: Below this the model does not see a person (MediaPipe's threshold).
MIN_PRESENCE = 0.5
#: Pictures further apart than this are followed with a lag of one; 20 a second, however they are rounded, are not.
_SLOW_PICTURES_S = 0.05 + 1e-6
#: The usual time between pictures is read off so many.
N_PEEKED = 6
#: After so long out of sight a person may come back anywhere.
_FORGET_S = 1.0
#: Smallest share of the crop that the person's mask fills.
_MIN_MASK_RATIO = 0.005
#: A detection that fits another surveyed person this well is that person.
_SOMEONE_ELSE = 0.4
#: Detections tried in one picture before it counts as empty.
_N_CHECKED = 2


@dataclass(frozen=True, slots=True)
class Subject:
    """What the survey knows of the person to follow, canonical.

    ``seen`` are (time_s, region) where it was found, ``others`` the regions of people who are not the
    subject. Empty ``seen``: take the largest person.
    """

    seen: tuple[tuple[float, Region], ...]
    others: tuple[Region, ...]

    def expected(self, time_s: float) -> Region | None:
        """Return where the person was in the surveyed picture nearest in time."""
        if not self.seen:
            return None
        return min(self.seen, key=lambda one: abs(one[0] - time_s))[1]


def empty_pose(frame: Frame, presence: float = 0.0) -> PoseFrame:
    """Return the pose of a frame in which the person is not seen: NaN, never a last value."""
    nothing = np.full((N_KEYPOINTS, 2), np.nan)
    return PoseFrame(
        frame.index,
        frame.time_s,
        nothing,
        np.zeros(N_KEYPOINTS),
        np.full((N_KEYPOINTS, 3), np.nan),
        presence,
        None,
    )


def pose_from_landmarks(frame: Frame, found: Landmarks) -> PoseFrame:
    """Return the pose of a frame in which the person was found."""
    return PoseFrame(
        frame.index,
        frame.time_s,
        found.keypoints_px,
        found.visibility,
        found.world_m,
        found.presence,
        found.mask,
    )


def is_sound(found: Landmarks) -> bool:
    """Tell whether landmarks are a person in the region, not a drift off it or a collapse."""
    if not found.presence >= MIN_PRESENCE or not np.all(np.isfinite(found.keypoints_px)):
        return False
    region, following = found.region, found.next_region
    trunk = found.keypoints_px[[11, 12, 23, 24]].mean(axis=0)
    off_center = math.hypot(trunk[0] - region.x_px, trunk[1] - region.y_px)
    if off_center > 0.6 * region.size_px or not 0.4 < following.size_px / region.size_px < 2.5:
        return False
    return float(cv2.mean(found.mask.values)[0]) >= 255 * _MIN_MASK_RATIO


class _Flight:
    """One frame whose inference may still be running."""

    __slots__ = ("_found", "_request", "frame")

    def __init__(self, frame: Frame, request: LandmarkRequest | None) -> None:
        self.frame = frame
        self._request = request
        self._found: Landmarks | None = None

    def land(self) -> Landmarks | None:
        """Wait for the result; None where nothing was looked for."""
        if self._request is not None:
            self._found = self._request.finish()
            self._request = None
        return self._found

    def pose(self) -> PoseFrame:
        found = self.land()
        if found is None:
            return empty_pose(self.frame)
        if not is_sound(found):
            return empty_pose(self.frame, min(found.presence, 1.0))
        return pose_from_landmarks(self.frame, found)


Detect = Callable[[Picture], Sequence[Detection]]


def track_subject(
    frames: Iterable[Frame],
    subject: Subject,
    *,
    detect: Detect,
    requests: Sequence[LandmarkRequest],
    mirrored: bool,
    step_s: float | None = None,
) -> Iterator[PoseFrame]:
    """Yield one pose per frame, in order.

    Parameters
    ----------
    frames
        Pictures in order; only as many are held as there are inferences in flight.
    subject
        Whom to follow.
    detect
        Finds people in a whole picture, canonical.
    requests
        Three landmark requests: two for the frames in flight, one for checking a detection.
    mirrored
        Whether canonical x runs against the picture's.
    step_s
        Usual time between pictures; None reads it off the first ones.
    """
    stream = iter(frames)
    first = list(itertools.islice(stream, N_PEEKED))
    if step_s is None and len(first) > 1:
        step_s = float(np.median(np.diff([frame.time_s for frame in first])))
    lag = 1 if step_s is not None and step_s > _SLOW_PICTURES_S else 2
    search = _Search(subject, detect, requests[2], mirrored)
    flights: deque[_Flight] = deque()
    try:
        for number, frame in enumerate(itertools.chain(first, stream)):
            region = search.find_region(flights, frame)
            landed = flights.popleft() if len(flights) == lag else None
            request = None
            if region is not None:
                request = requests[number % 2]
                request.start(frame.picture, region, mirrored=mirrored)
            flights.append(_Flight(frame, request))
            # Handed over only now, so that two inferences run while the caller works on it.
            if landed is not None:
                yield landed.pose()
        while flights:
            yield flights.popleft().pose()
    finally:
        for flight in flights:
            flight.land()


class _Search:
    """Decides where to look in each frame, and looks for the person anew when it was lost."""

    def __init__(self, subject: Subject, detect: Detect, check: LandmarkRequest, mirrored: bool) -> None:
        self._subject = subject
        self._detect = detect
        self._check = check
        self._mirrored = mirrored
        self._last: tuple[float, Region] | None = None

    def find_region(self, flights: Iterable[_Flight], frame: Frame) -> Region | None:
        """Return where to look: after the oldest sound result in flight, else after a detection."""
        for flight in flights:
            found = flight.land()
            if found is not None and is_sound(found):
                self._last = (flight.frame.time_s, found.next_region)
                return found.next_region
        for region in self._candidates(frame):
            found = self._check.run(frame.picture, region, mirrored=self._mirrored)
            if is_sound(found):
                return found.next_region
        return None

    def _candidates(self, frame: Frame) -> list[Region]:
        """Return the detections that can be the person, the likeliest first."""
        regions = [found.region for found in self._detect(frame.picture)]
        expected = self._subject.expected(frame.time_s)
        near = [expected] if expected is not None else []
        recent = self._last is not None and frame.time_s - self._last[0] <= _FORGET_S
        if self._last is not None and recent:
            near = [self._last[1], *near]
            regions = [one for one in regions if any(_is_near(one, known) for known in near)]
        regions = [one for one in regions if not self._is_someone_else(one, near)]
        if not near:
            return sorted(regions, key=lambda one: -one.size_px)[:_N_CHECKED]
        return sorted(regions, key=lambda one: min(one.mismatch(known) for known in near))[:_N_CHECKED]

    def _is_someone_else(self, region: Region, near: Sequence[Region]) -> bool:
        others = [region.mismatch(other) for other in self._subject.others]
        if not others or not near:
            return False
        return min(others) < _SOMEONE_ELSE and min(others) < min(region.mismatch(known) for known in near)


def _is_near(region: Region, known: Region) -> bool:
    return 0.5 < region.size_px / known.size_px < 2.0 and region.distance_px(known) < 0.5 * known.size_px
