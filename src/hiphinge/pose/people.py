"""Who is in the picture, and who of them is the subject.

The subject is the one who is large, near the middle, there most of the time, and changes posture. A skeleton
hanging on a stand is there all the time but keeps its posture; people walking past move but do not bend, and
stay only for a while.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge.errors import UsageError
from hiphinge.model import Array, PersonCandidate
from hiphinge.pose.detector import Detection
from hiphinge.pose.region import Region

__all__ = ["Person", "choose_person", "describe_people", "find_people"]

#: Two detections in one picture whose hips, shoulders and reach all lie closer than this share of their size are
#: one body seen twice. Someone standing behind has hips close by, but not all three.
_SAME_BODY_RATIO = 0.1
#: How badly a detection may fit a person's last region between two surveyed pictures.
_MAX_MISMATCH = 1.0
#: Postural movement from which on a person counts as fully moving.
_MOVING_RATIO = 0.05
_MARGIN = 1.25


@dataclass(slots=True)
class Person:
    """One person over the surveyed pictures: number of the picture → detection."""

    seen: dict[int, Detection] = field(default_factory=dict)

    @property
    def last(self) -> Region:
        """The region in the latest picture."""
        return self.seen[max(self.seen)].region

    @property
    def size_px(self) -> float:
        """Median side of the region."""
        return float(np.median([found.region.size_px for found in self.seen.values()]))

    @property
    def center_px(self) -> Array:
        """Median hip centre, ``(2,)``."""
        return np.asarray(np.median([found.points_px[0] for found in self.seen.values()], axis=0))

    @property
    def motion_ratio(self) -> float:
        """How much hips → head and hips → shoulders vary, ÷ body size: bending, not walking."""
        arrows = np.array([found.points_px[1:3] - found.points_px[0] for found in self.seen.values()])
        spread = np.sqrt(np.mean(np.sum((arrows - arrows.mean(axis=0)) ** 2, axis=2)))
        return float(spread / (self.size_px / _MARGIN))


def find_people(detections: Sequence[Sequence[Detection]]) -> list[Person]:
    """Join the detections of the surveyed pictures, in order, to people."""
    people: list[Person] = []
    for number, found in enumerate(detections):
        left = _without_doubles(found)
        fits = [
            (detection.region.mismatch(person.last), place, other)
            for place, detection in enumerate(left)
            for other, person in enumerate(people)
        ]
        taken: dict[int, int] = {}
        for mismatch, place, other in sorted(fits):
            if mismatch < _MAX_MISMATCH and place not in taken and other not in taken.values():
                taken[place] = other
        for place, detection in enumerate(left):
            if place not in taken:
                people.append(Person())
            people[taken.get(place, -1)].seen[number] = detection
    return _join_over_cuts(people)


def _without_doubles(found: Sequence[Detection]) -> list[Detection]:
    kept: list[Detection] = []
    for detection in found:
        if not any(_is_same_body(detection, one) for one in kept):
            kept.append(detection)
    return kept


def _is_same_body(one: Detection, other: Detection) -> bool:
    apart_px = np.linalg.norm(one.points_px[:3] - other.points_px[:3], axis=1)
    return bool(apart_px.max() < _SAME_BODY_RATIO * other.region.size_px)


def _join_over_cuts(people: list[Person]) -> list[Person]:
    """Take people of one size who are never seen together for one person: the camera cut or moved."""
    joined: list[Person] = []
    for person in sorted(people, key=lambda one: -len(one.seen)):
        for other in joined:
            if not person.seen.keys() & other.seen.keys() and 0.67 < person.size_px / other.size_px < 1.5:
                other.seen |= person.seen
                break
        else:
            joined.append(person)
    return joined


def choose_person(
    people: Sequence[Person], *, n_pictures: int, width_px: int, height_px: int, person: int | None
) -> int:
    """Return the place of the subject in ``people`` (which is sorted from the left, and not empty).

    Raises
    ------
    UsageError
        ``person`` is not one of those seen.
    """
    if person is not None:
        if not 0 <= person < len(people):
            seen = describe_people(people, n_pictures=n_pictures, width_px=width_px, height_px=height_px, chosen=-1)
            places = ", ".join(f"{one.number} at {one.center_ratio[0]:.0%} of the width" for one in seen)
            raise UsageError(
                f"There is no person {person} in this video.",
                expected=f"one of the people seen, counted from the left: {places}" if places else "nobody was seen",
                next_step="choose one of these with --person, or leave it out",
            )
        return person
    largest = max(one.size_px for one in people)
    scores = []
    for one in people:
        off_center = min(1.0, abs(one.center_px[0] / width_px - 0.5) / 0.5)
        persistent = len(one.seen) / n_pictures
        moving = 0.3 + 0.7 * min(1.0, one.motion_ratio / _MOVING_RATIO)
        scores.append(one.size_px / largest * (1 - 0.5 * off_center) * math.sqrt(persistent) * moving)
    return int(np.argmax(scores))


def describe_people(
    people: Sequence[Person], *, n_pictures: int, width_px: int, height_px: int, chosen: int
) -> tuple[PersonCandidate, ...]:
    """Describe the people, who are sorted from the left."""
    return tuple(
        PersonCandidate(
            number=number,
            center_ratio=(float(one.center_px[0]) / width_px, float(one.center_px[1]) / height_px),
            height_ratio=one.size_px / _MARGIN / height_px,
            presence_ratio=len(one.seen) / n_pictures,
            motion_ratio=one.motion_ratio,
            chosen=number == chosen,
        )
        for number, one in enumerate(people)
    )
