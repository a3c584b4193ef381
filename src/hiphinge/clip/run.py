"""One video in, one assessment and its folder out."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hiphinge.clip.analyse import ClipTracks, analyse, find_own_maximum, flatten_options
from hiphinge.clip.options import DRILLS, FACINGS, MODELS, AssessOptions, Progress, ProgressCallback
from hiphinge.clip.parts import track_video
from hiphinge.clip.settings import load_criteria, place_wall
from hiphinge.clip.threads import library_threads_held_back
from hiphinge.errors import UsageError
from hiphinge.model import Assessment, Evidence, Frame, Provenance
from hiphinge.report import check_folder, read_assessment
from hiphinge.timing import Stage
from hiphinge.video import VideoReader, open_video

if TYPE_CHECKING:
    from hiphinge.pose.base import PoseEstimator
    from hiphinge.report.overlay import OverlayPainter

__all__ = ["Tracker", "assess_video", "check_options", "read_own_maximum"]

#: Key frames in the report: the stand and the bottom of at most so many reps.
MAX_BOTTOM_PICTURES = 3
JPEG_QUALITY = 85


class Tracker(Protocol):
    """Sees one clip: ``clip.parts.track_video``, or something that saw it elsewhere."""

    def __call__(
        self,
        reader: VideoReader,
        estimator: PoseEstimator,
        options: AssessOptions,
        *,
        progress: ProgressCallback | None = None,
    ) -> ClipTracks:
        """Return what was seen of the clip."""


def assess_video(
    path: str | Path,
    options: AssessOptions,
    *,
    name: str | None = None,
    progress: ProgressCallback | None = None,
    estimator: PoseEstimator | None = None,
    on_tracks: Callable[[ClipTracks], None] | None = None,
    track: Tracker | None = None,
    threads: int = 2,
) -> Assessment:
    """Assess one video and, when ``options.out`` is given, write its folder.

    Parameters
    ----------
    path
        Video or photograph.
    options
        See ``AssessOptions``.
    name
        Name of the result folder; None takes the file's stem.
    progress
        Called now and then with how far it is.
    estimator
        Source of poses; None takes BlazePose with ``options.model``.
    on_tracks
        Is handed what was seen, before it is judged: to keep it (``clip.recording``).
    track
        Sees the clip; None takes ``clip.parts.track_video``.
    threads
        Processor threads that it may use; with 1 nothing runs beside the caller's thread, but for the encoder of an
        overlay. The numbers do not depend on it.

    Returns
    -------
    Assessment
        With its ``evidence``. ``cannot_tell`` is a result, not an error.

    Raises
    ------
    HiphingeError
        One of its kinds, each with what was seen, what was expected and what to do next.
    """
    check_options(options)
    path = Path(path)
    name = name or path.stem
    if options.out is not None:
        check_folder(Path(options.out), name)
    criteria = load_criteria(options.drill, options.criteria)
    own = None if options.reference is None else read_own_maximum(options.reference)
    with library_threads_held_back(), open_video(path, threads=threads) as reader:
        place_wall(options.wall, reader.info)  # before the work: a place outside the picture is told at once
        source = estimator or _make_estimator(options, threads)
        tracks = (track or track_video)(reader, source, options, progress=progress)
        if on_tracks is not None:
            on_tracks(tracks)
        info = source.info
        provenance = Provenance(
            hiphinge_version="",
            model=info.model,
            model_sha256=dict(info.sha256),
            precision=info.precision,
            engine=info.engine,
            calibration="",
            created_utc=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            options=flatten_options(options),
        )
        with Stage("analysis"):
            assessment = analyse(tracks, options, criteria=criteria, provenance=provenance, own_maximum_deg=own)
        if options.out is not None:
            _write(assessment, reader, path, options, name=name, progress=progress)
    return assessment


def _make_estimator(options: AssessOptions, threads: int) -> PoseEstimator:
    from hiphinge.pose.blazepose import BlazePose

    return BlazePose(options.model, threads=threads)


def check_options(options: AssessOptions) -> None:
    """Refuse values that no video could fit.

    Raises
    ------
    UsageError
        An unknown word, a time before the start, an empty part or stand, a shoe or a person that cannot be.
    """
    for label, word, known in (
        ("drill", options.drill, DRILLS),
        ("facing", options.facing, FACINGS),
        ("model", options.model, MODELS),
    ):
        if word not in known:
            raise UsageError(f"There is no {label} called {word!r}.", expected=", ".join(known))
    for label, value in (("--from", options.from_s), ("--to", options.to_s)):
        if value is not None and not (np.isfinite(value) and value >= 0):
            raise UsageError(f"{label} is {value:g}.", expected="seconds from the start of the video, 0 or more.")
    if options.from_s is not None and options.to_s is not None and options.from_s >= options.to_s:
        raise UsageError(
            f"--from {options.from_s:g} is not before --to {options.to_s:g}.",
            expected="a part of the video that ends after it starts.",
        )
    if options.still_s is not None and not options.still_s[0] < options.still_s[1]:
        raise UsageError(
            f"The still stand from {options.still_s[0]:g} s to {options.still_s[1]:g} s is empty.",
            expected="its start and its end in seconds, for example --still 0 2.",
        )
    if options.foot_length_cm is not None and not 15 <= options.foot_length_cm <= 45:
        raise UsageError(f"The shoe's length is {options.foot_length_cm:g} cm.", expected="15 to 45 cm, heel to toe.")
    if options.person is not None and options.person < 0:
        raise UsageError(f"--person is {options.person}.", expected="0 for the leftmost person, 1 for the next, ...")


def read_own_maximum(reference: str) -> tuple[float, float, float]:
    """Read the person's own lumbar flexion (value, lo, hi) from the ``assessment.json`` of deliberate rounding.

    Raises
    ------
    UsageError
        It tells none.
    """
    found = find_own_maximum(read_assessment(Path(reference)).measures)
    if found is None:
        raise UsageError(
            f"{reference} tells no lumbar flexion.",
            expected="the assessment.json of a clip in which the back rounds as far as is comfortable",
            next_step="Film that clip side-on, assess it, and give its assessment.json.",
        )
    return found


def _write(
    assessment: Assessment,
    reader: VideoReader,
    source: Path,
    options: AssessOptions,
    *,
    name: str,
    progress: ProgressCallback | None,
) -> None:
    from hiphinge.report.folder import write_folder
    from hiphinge.report.overlay import OverlayPainter, write_overlay

    evidence = assessment.evidence
    if evidence is None or options.out is None:
        return
    painter = OverlayPainter(assessment)
    wanted = _key_rows(assessment)
    pictures: dict[str, bytes] = {}
    draw = options.video and not assessment.video.is_photograph and evidence.pose.n_frames > 1

    def overlay(path: Path) -> None:
        frames = _count(reader.frames(options.from_s, options.to_s), evidence, progress)
        write_overlay(assessment, frames, path)

    with Stage("key pictures"):
        pictures.update(_take_pictures(reader, evidence, painter, wanted))
    with Stage("tables and report"):
        write_folder(
            assessment,
            source=source,
            out=Path(options.out),
            name=name,
            pictures=pictures,
            overlay=overlay if draw else None,
        )


def _key_rows(assessment: Assessment) -> dict[str, int]:
    """Rows of the standing picture and of the bottom of the first reps; where nothing bends, one seen frame."""
    evidence, reference = assessment.evidence, assessment.reference
    if evidence is None or evidence.pose.n_frames == 0:
        return {}
    rows: dict[str, int] = {}
    times = evidence.pose.time_s
    if reference.start_s is not None and reference.end_s is not None:
        rows["standing"] = int(np.argmin(np.abs(times - (reference.start_s + reference.end_s) / 2)))
    for rep in assessment.reps[:MAX_BOTTOM_PICTURES]:
        rows[f"bottom_rep_{rep.number}"] = rep.bottom_frame
    if not rows:
        seen = np.flatnonzero(evidence.pose.seen)
        rows["view"] = int(seen[len(seen) // 2]) if seen.size else evidence.pose.n_frames // 2
    return rows


def _take_pictures(
    reader: VideoReader, evidence: Evidence, painter: OverlayPainter, wanted: dict[str, int]
) -> dict[str, bytes]:
    """Decode what leads to the key frames, and paint and keep only those."""
    import cv2

    if not wanted:
        return {}
    keys: dict[int, list[str]] = {}
    for key, row in wanted.items():
        keys.setdefault(int(evidence.pose.frame_index[row]), []).append(key)
    times = evidence.pose.time_s[list(wanted.values())]
    pictures = {}
    for frame in reader.pick(times.tolist()):
        for key in keys.get(frame.index, ()):
            rgb = painter.paint(frame.picture.rgb(), wanted[key])
            ok, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            if ok:
                pictures[key] = data.tobytes()
    return pictures


def _count(frames: Iterable[Frame], evidence: Evidence, progress: ProgressCallback | None) -> Iterator[Frame]:
    start, last, total = time.monotonic(), 0.0, evidence.pose.n_frames
    for done, frame in enumerate(frames, 1):
        yield frame
        now = time.monotonic() - start
        if progress is not None and now - last > 0.1:
            last = now
            progress(Progress("draw", done, total, now))
