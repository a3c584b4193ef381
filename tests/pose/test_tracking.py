"""The tracker with a scripted detector and model: which region each frame gets, and what counts as lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import pytest

from hiphinge.model import Frame, Mask, Picture, PoseFrame
from hiphinge.pose.detector import Detection
from hiphinge.pose.landmarks import LandmarkRequest, Landmarks
from hiphinge.pose.region import Region, region_from_points
from hiphinge.pose.tracking import Subject, is_sound, track_subject

NOBODY = Subject((), ())


@dataclass(frozen=True)
class Scene:
    """Stands in for a picture: where people are, as hip centres; the model finds one within its region."""

    people: tuple[tuple[float, float], ...]
    size_px: float = 400.0
    width_px: int = 1000
    height_px: int = 1000


def landmarks_at(x: float, y: float, region: Region, *, size_px: float = 400.0) -> Landmarks:
    points = np.tile([x, y], (33, 1)) + np.linspace(-50, 50, 33)[:, None]
    return Landmarks(
        keypoints_px=points,
        visibility=np.ones(33),
        world_m=np.zeros((33, 3)),
        presence=0.95,
        mask=Mask(np.full((256, 256), 50, dtype=np.uint8), region.sampling()),
        region=region,
        next_region=region_from_points(np.array([x, y]), np.array([x, y - size_px / 2.5])),
    )


@dataclass
class FakeRequest:
    """Finds the person nearest to the region's centre, if within half its side."""

    log: list[tuple[str, int]]
    name: str
    running: Landmarks | None = None
    regions: list[Region] = field(default_factory=list)

    def start(self, picture: Picture, region: Region, *, mirrored: bool) -> None:
        assert self.running is None, "a request was started twice"
        scene = cast(Scene, picture)
        self.regions.append(region)
        near = [one for one in scene.people if region.distance_px(Region(*one, 1.0, 0.0)) < 0.5 * region.size_px]
        x, y = near[0] if near else (region.x_px, region.y_px)
        found = landmarks_at(x, y, region, size_px=scene.size_px)
        self.running = found if near else replace(found, presence=0.2)

    def finish(self) -> Landmarks:
        assert self.running is not None
        found, self.running = self.running, None
        return found

    def run(self, picture: Picture, region: Region, *, mirrored: bool) -> Landmarks:
        self.start(picture, region, mirrored=mirrored)
        return self.finish()


@dataclass
class Run:
    poses: list[PoseFrame]
    detections: int
    requests: list[FakeRequest]

    @property
    def x_px(self) -> list[float]:
        return [float(pose.keypoints_px[:, 0].mean()) for pose in self.poses]


def follow(scenes: Sequence[Scene], subject: Subject = NOBODY, *, step_s: float = 1 / 30) -> Run:
    frames = [Frame(number, number * step_s, cast(Picture, scene)) for number, scene in enumerate(scenes)]
    requests = [FakeRequest([], name) for name in ("even", "odd", "check")]
    looked: list[int] = []

    def detect(picture: Picture) -> list[Detection]:
        looked.append(1)
        scene = cast(Scene, picture)
        return [
            Detection(0.9, np.zeros(4), np.array([[x, y], [x, y - scene.size_px / 2.5], [x, y], [x, y]]))
            for x, y in scene.people
        ]

    poses = track_subject(
        iter(frames),
        subject,
        detect=cast(Callable[[Picture], Sequence[Detection]], detect),
        requests=cast(list[LandmarkRequest], requests),
        mirrored=False,
    )
    return Run(list(poses), len(looked), requests)


def here(x: float, y: float = 500.0) -> Scene:
    return Scene(((x, y),))


EMPTY = Scene(())


def test_person_is_detected_once_and_then_followed() -> None:
    run = follow([here(400 + 5 * number) for number in range(20)])
    assert run.x_px == pytest.approx([400 + 5 * number for number in range(20)])
    assert run.detections == 1


def test_region_comes_from_two_frames_before() -> None:
    run = follow([here(400 + 10 * number) for number in range(12)])
    assert [region.x_px for region in run.requests[0].regions[1:]] == pytest.approx([400, 420, 440, 460, 480])


def test_region_comes_from_the_frame_before_at_low_rate() -> None:
    run = follow([here(400 + 10 * number) for number in range(8)], step_s=0.1)
    assert [region.x_px for region in run.requests[0].regions[1:]] == pytest.approx([410, 430, 450])


@pytest.mark.parametrize("n_frames", [0, 1, 2, 3])
def test_short_clips_give_every_frame(n_frames: int) -> None:
    run = follow([here(500)] * n_frames)
    assert [pose.index for pose in run.poses] == list(range(n_frames))
    assert np.isfinite(run.x_px).all()


def test_lost_frames_are_nan_and_never_the_last_value() -> None:
    run = follow([here(500)] * 5 + [EMPTY] * 4 + [here(500)] * 5)
    assert np.isnan(run.x_px).tolist() == [False] * 5 + [True] * 4 + [False] * 5
    assert all(pose.mask is None and pose.visibility.max() == 0.0 for pose in run.poses[5:9])


def test_person_who_comes_back_elsewhere_is_taken_after_a_second() -> None:
    run = follow([here(200)] * 5 + [EMPTY] * 5 + [here(800)] * 60)
    seen = np.isfinite(run.x_px)
    first = int(np.flatnonzero(seen[10:])[0]) + 10
    # Last seen in frame 4; one second is 30 frames.
    assert first == 35
    assert run.x_px[-1] == pytest.approx(800)


def test_someone_else_nearby_is_not_taken_for_the_person() -> None:
    both = Scene(((200.0, 500.0), (700.0, 500.0)))
    other = Scene(((700.0, 500.0),))
    subject = Subject(((0.0, Region(200, 500, 400, 0)),), (Region(700, 500, 400, 0),))
    run = follow([both] * 5 + [other] * 60 + [both] * 5, subject)
    assert run.x_px[:5] == pytest.approx([200] * 5)
    assert np.isnan(run.x_px[5:65]).all()
    assert run.x_px[65:] == pytest.approx([200] * 5)


def test_survey_decides_between_two_people() -> None:
    both = Scene(((700.0, 500.0), (200.0, 500.0)))
    subject = Subject(((0.0, Region(210, 500, 400, 0)),), (Region(700, 500, 400, 0),))
    assert follow([both] * 4, subject).x_px == pytest.approx([200] * 4)


def test_without_survey_the_largest_is_followed() -> None:
    subject = Subject((), ())
    assert follow([here(300)] * 3, subject).x_px == pytest.approx([300] * 3)


def test_stopping_early_lands_what_is_in_flight() -> None:
    request = [FakeRequest([], name) for name in ("even", "odd", "check")]
    poses = track_subject(
        iter([Frame(number, number / 30, cast(Picture, here(500))) for number in range(10)]),
        NOBODY,
        detect=lambda picture: [
            Detection(0.9, np.zeros(4), np.array([[500.0, 500], [500, 340], [500, 500], [500, 500]]))
        ],
        requests=cast(list[LandmarkRequest], request),
        mirrored=False,
    )
    next(poses)
    poses.close()  # type: ignore[attr-defined]
    assert [one.running for one in request] == [None, None, None]


REGION = Region(500, 500, 400, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"presence": 0.49},
        {"presence": float("nan")},
        {"keypoints_px": np.full((33, 2), np.nan)},
        {"keypoints_px": np.full((33, 2), 900.0)},
        {"next_region": Region(500, 500, 100, 0)},
        {"next_region": Region(500, 500, 1200, 0)},
        {"mask": Mask(np.zeros((256, 256), dtype=np.uint8), REGION.sampling())},
    ],
    ids=["absent", "no presence", "nan", "off the region", "collapsed", "blown up", "empty mask"],
)
def test_is_sound_refuses(change: dict[str, object]) -> None:
    found = landmarks_at(500, 500, REGION)
    assert is_sound(found)
    assert not is_sound(replace(found, **change))  # type: ignore[arg-type]
