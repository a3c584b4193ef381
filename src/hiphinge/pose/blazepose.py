"""BlazePose on OpenVINO: the estimator that the product uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.model import Array, Facing, Frame, PersonCandidate, Picture, PoseFrame
from hiphinge.pose.base import EstimatorInfo, Survey
from hiphinge.pose.detector import Detection, Detector
from hiphinge.pose.following import Follower
from hiphinge.pose.landmarks import LandmarkRequest, Landmarks
from hiphinge.pose.people import Person, choose_person, describe_people, find_people
from hiphinge.pose.region import Region
from hiphinge.pose.runtime import PRECISION, compile_detector, compile_landmarks, engine_name, load_openvino
from hiphinge.pose.store import LandmarkModel, find_model, locked_sha256
from hiphinge.pose.tracking import MIN_PRESENCE, Subject, is_sound, pose_from_landmarks, track_subject
from hiphinge.timing import Stage

__all__ = ["BlazePose", "flip_region"]

#: Where nobody is seen, the detector is asked again with this lower score; the landmark model has the last
#: word.
_FAINT_SCORE = 0.3
_HIPS = [23, 24]
_MARGIN = 1.25


class BlazePose:
    """Find and follow one person with BlazePose's detector and one of its landmark models.

    Parameters
    ----------
    model
        ``lite``, ``full`` or ``heavy``.
    threads
        Processor threads for inference; the numbers do not depend on it. With 1 it runs in the caller's thread.
    folder
        Where the model files lie; None takes those of the installation.

    Raises
    ------
    UsageError
        There is no such model.
    ModelError
        A model file is missing or altered, or the engine does not load.

    Notes
    -----
    Points keep BlazePose's own meaning *in the picture the model sees*. A person who faces left is mirrored
    before the model sees it, so the model always sees someone who faces right, and its ``right_*`` points are
    the side nearer to the camera whichever side of the body that is.
    """

    def __init__(self, model: LandmarkModel = "full", *, threads: int = 2, folder: Path | None = None) -> None:
        self._model = model
        self._threads = max(1, threads)
        self._paths = {name: find_model(name, folder=folder) for name in (model, "detector")}

    @property
    def info(self) -> EstimatorInfo:
        """What to store with the result."""
        sha256 = {path.name: locked_sha256()[path.name] for path in self._paths.values()}
        return EstimatorInfo(f"blazepose_{self._model}", sha256, PRECISION, engine_name())

    @property
    def _compiled(self) -> tuple[Any, Any]:
        """Detector and landmark model, loaded at first use."""
        return _compile_models(self._paths["detector"], self._paths[self._model], self._threads)

    def survey(self, frames: Sequence[Frame], *, person: int | None = None) -> Survey:
        """Look at a few pictures and choose the person to follow.

        Parameters
        ----------
        frames
            Pictures spread over the clip, in order; a single one for a photograph.
        person
            Number of the person to follow, counted from the left, from 0; None chooses.

        Raises
        ------
        UsageError
            There is no person of that number.
        """
        if not frames:
            return Survey((), (), ())
        requests = [self._new_request(), self._new_request()]
        people = self._find_people(frames, requests[0])
        size = {"width_px": frames[0].picture.width_px, "height_px": frames[0].picture.height_px}
        if not people and person is None:
            return Survey((), (), ())
        chosen = choose_person(people, n_pictures=len(frames), person=person, **size)
        candidates = describe_people(people, n_pictures=len(frames), chosen=chosen, **size)
        plain, mirrored = _look_both_ways(frames, people[chosen], requests)
        return Survey(candidates, tuple(plain), tuple(mirrored))

    def track(self, frames: Iterable[Frame], survey: Survey, *, facing: Facing) -> Iterator[PoseFrame]:
        """Follow the surveyed person; one ``PoseFrame`` per frame, in order, NaN where it is not seen.

        Without anyone in ``survey`` the largest person is followed.
        """
        mirrored = facing == "left"
        detector = Detector(self._compiled[0])

        def detect(picture: Picture) -> tuple[Detection, ...]:
            return detector.detect(picture, mirrored=mirrored)

        stream = iter(frames)
        first = next(stream, None)
        if first is None:
            return
        subject = _subject_of(survey, first.picture, mirrored=mirrored)
        requests = [self._new_request() for _ in range(3)]
        yield from track_subject(
            _chain(first, stream),
            subject,
            detect=detect,
            requests=requests,
            mirrored=mirrored,
            step_s=survey.step_s,
        )

    def follow(self) -> Follower:
        """Return what follows the largest person through pictures that come one by one."""
        return Follower(Detector(self._compiled[0]), self._new_request())

    def look_once(self, picture: Picture) -> Landmarks | None:
        """Return the surest person in one picture, without refining the region; None where nobody is.

        That is what MediaPipe does with single pictures; ``survey`` and ``track`` look closer.
        """
        for found in Detector(self._compiled[0]).detect(picture)[:1]:
            landmarks = self._new_request().run(picture, found.region, mirrored=False)
            return landmarks if landmarks.presence >= MIN_PRESENCE else None
        return None

    def _new_request(self) -> LandmarkRequest:
        return LandmarkRequest(self._compiled[1], beside=self._threads > 1)

    def _find_people(self, frames: Sequence[Frame], check: LandmarkRequest) -> list[Person]:
        """Return those whom the landmark model confirms, sorted from the left."""
        detector = Detector(self._compiled[0])
        for score in (0.5, _FAINT_SCORE):
            found = [detector.detect(frame.picture, min_score=score) for frame in frames]
            people = [one for one in find_people(found) if _is_confirmed(one, frames, check)]
            if people:
                return sorted(people, key=lambda one: float(one.center_px[0]))
        return []


@lru_cache(maxsize=2)
def _compile_models(detector: Path, landmarks: Path, threads: int) -> tuple[Any, Any]:
    """Compile both models side by side; kept for the next video, for it takes as long as 40 frames."""
    with Stage("import of the engine"):
        load_openvino()
    with Stage("loading of the models"), ThreadPoolExecutor(max_workers=1) as pool:
        other = pool.submit(compile_detector, detector, threads=threads)
        model = compile_landmarks(landmarks, streams=min(2, threads), threads=threads)
        return other.result(), model


def _is_confirmed(person: Person, frames: Sequence[Frame], check: LandmarkRequest) -> bool:
    """Tell whether the landmark model too sees a person, in the picture where the detector is surest.

    The models are not mirror-symmetric, so a hard picture may be read in one orientation only.
    """
    number = max(person.seen, key=lambda place: person.seen[place].score)
    picture, region = frames[number].picture, person.seen[number].region
    if is_sound(check.run(picture, region, mirrored=False)):
        return True
    return is_sound(check.run(picture, flip_region(region, picture.width_px), mirrored=True))


def _look_both_ways(
    frames: Sequence[Frame], person: Person, requests: Sequence[LandmarkRequest]
) -> tuple[list[PoseFrame], list[PoseFrame]]:
    """Run the landmark model on the person as it is and mirrored, both at once."""
    poses: tuple[list[PoseFrame], list[PoseFrame]] = ([], [])
    for number in sorted(person.seen):
        frame, region = frames[number], person.seen[number].region
        regions = (region, flip_region(region, frame.picture.width_px))
        # A photograph has no second frame whose landmarks would place the region better.
        for _ in range(2 if len(frames) == 1 else 1):
            for request, where, mirrored in zip(requests, regions, (False, True), strict=True):
                request.start(frame.picture, where, mirrored=mirrored)
            looks: list[Landmarks] = [request.finish() for request in requests]
            regions = (looks[0].next_region, looks[1].next_region)
        if all(is_sound(found) for found in looks):
            for found, into in zip(looks, poses, strict=True):
                into.append(pose_from_landmarks(frame, found))
    return poses


def flip_region(region: Region, width_px: int) -> Region:
    """Return the same region in the mirrored picture."""
    return Region(width_px - region.x_px, region.y_px, region.size_px, -region.rotation_rad)


def _subject_of(survey: Survey, picture: Picture, *, mirrored: bool) -> Subject:
    regions = {one.number: _region_of_candidate(one, picture, mirrored=mirrored) for one in survey.people}
    chosen = next((regions[one.number] for one in survey.people if one.chosen), None)
    seen = []
    for pose in survey.mirrored if mirrored else survey.plain:
        x_px, y_px = pose.keypoints_px[_HIPS].mean(axis=0)
        size_px = chosen.size_px if chosen is not None else _reach_px(pose.keypoints_px)
        seen.append((pose.time_s, Region(float(x_px), float(y_px), size_px, 0.0)))
    return Subject(tuple(seen), tuple(regions[one.number] for one in survey.people if not one.chosen))


def _region_of_candidate(person: PersonCandidate, picture: Picture, *, mirrored: bool) -> Region:
    x_px = person.center_ratio[0] * picture.width_px
    return Region(
        picture.width_px - x_px if mirrored else x_px,
        person.center_ratio[1] * picture.height_px,
        person.height_ratio * picture.height_px * _MARGIN,
        0.0,
    )


def _reach_px(keypoints_px: Array) -> float:
    """Return the side of the square around the hips that holds all points, with its margin."""
    hips = keypoints_px[_HIPS].mean(axis=0)
    return 2 * _MARGIN * float(np.max(np.linalg.norm(keypoints_px - hips, axis=1)))


def _chain(first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from rest
