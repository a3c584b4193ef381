"""Clips through ``hiphinge.assess``, as a user calls it: what it said of each, kept on disk, beside the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hiphinge.api import assess
from hiphinge.clip.options import ModelName
from hiphinge.errors import ConfigError, UsageError
from hiphinge.model import ANGLES, AngleTrack, Array, Assessment, PoseTrack, ProfileTrack
from hiphinge.sagittal import compute_segments, compute_yaw_deg, find_standing
from hiphinge.spine import LiveSpine, SpineInput
from hiphinge.spine.network import OUTPUTS
from hiphinge.validation.store import ANALYSIS, fingerprint, read_arrays, read_json, write_arrays
from hiphinge.video import open_video

__all__ = [
    "AS_FILMED",
    "LIVE_ANGLES",
    "QUARTERS",
    "REP_MEASURES",
    "Film",
    "FilmKind",
    "film_files",
    "read_live",
    "stand_of",
    "take_frames",
    "watch_folder",
]

#: Shares of the way down, as measures are called.
QUARTERS = tuple(f"hip_share_q{k}" for k in (1, 2, 3, 4))
#: What is kept of every rep.
REP_MEASURES = ("trunk_lean", "pelvis_tilt", "hip_flexion", "lumbar_flexion", "thoracic_flexion", "knee_flexion",
                "shank_lean", "hip_share", *QUARTERS)  # fmt: skip
Track = TypeVar("Track", PoseTrack, ProfileTrack)
#: What the causal form tells.
LIVE_ANGLES = tuple(angle for angle in ANGLES if angle in OUTPUTS)
#: x264's quality of clips that are made again with fewer or smaller pictures.
REMADE_CRF = 21


@dataclass(frozen=True, slots=True)
class FilmKind:
    """How a clip is shown: ``every`` n-th picture, made ``scale`` times as large."""

    name: str
    every: int = 1
    scale: float = 1.0


#: The clip as it lies on disk.
AS_FILMED = FilmKind("as filmed")


@dataclass(frozen=True, slots=True)
class Film:
    """One clip: its truth and what hiphinge said.

    ``rows`` ``(n,)`` are the truth's rows that the pictures belong to; ``angles`` name → track over them; ``live`` the
    same as the causal form of the spine model reads them, fed frame by frame (names of ``LIVE_ANGLES``); ``rep_s``
    ``(reps, 3)`` start, bottom, end in seconds; ``measures`` ``(reps, len(REP_MEASURES), 3)`` value, lo, hi, NaN where
    not told; ``reference`` and ``outcome`` as in an ``Assessment``.
    """

    truth: Mapping[str, Any]
    rows: NDArray[np.int64]
    time_s: Array
    angles: Mapping[str, AngleTrack]
    live: Mapping[str, AngleTrack]
    rep_s: Array
    measures: Array
    reference: str
    outcome: str

    @property
    def person(self) -> str:
        """Whose clip it is."""
        return str(self.truth["person"]["person"])

    def measure(self, rep: int, name: str) -> Array:
        """Value, lo, hi of a measure of the rep in place ``rep``."""
        found: Array = self.measures[rep, REP_MEASURES.index(name)]
        return found

    def matching_rep(self, start_s: float, end_s: float) -> int | None:
        """Place of the rep whose bottom lies in a stretch of time; None where none was found."""
        inside = np.flatnonzero((self.rep_s[:, 1] >= start_s) & (self.rep_s[:, 1] <= end_s))
        return int(inside[0]) if inside.size else None


def film_files(folder: Path) -> list[Path]:
    """Truth files of a folder of clips, in order of their names."""
    return sorted(folder.glob("*.json"))


def watch_folder(
    folder: Path,
    *,
    kept: Path,
    kind: FilmKind = AS_FILMED,
    model: ModelName = "full",
    limit: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Film]:
    """Assess every clip of a folder; what the same code said before is taken from ``kept``.

    Raises
    ------
    ConfigError
        A truth file cannot be read, or is no truth of a clip.
    """
    place = kept / f"clips-{kind.name.replace(' ', '-')}-{model}-{fingerprint(ANALYSIS)}"
    for file in film_files(folder)[:limit]:
        truth = read_json(file)
        if not isinstance(truth, dict) or not {"file", "person", "reps", "time_s", "angles"} <= set(truth):
            raise ConfigError(
                f"{str(file)!r} is no truth of a clip.",
                expected="an object with file, person, reps, time_s and angles",
                next_step="Give a folder that hiphinge rendered, or remove that file.",
            )
        path = place / f"{file.stem}.npz"
        held = read_arrays(path, _NAMES)
        if held is None:
            place.mkdir(parents=True, exist_ok=True)
            held = _said(_assess(folder / truth["file"], truth, kind, model))
            write_arrays(path, held)
            if progress is not None:
                progress(f"{file.stem} {kind.name}")
        yield _film(truth, held, kind)


def _assess(path: Path, truth: Mapping[str, Any], kind: FilmKind, model: ModelName) -> Assessment:
    if kind == AS_FILMED:
        return assess(path, model=model)
    with TemporaryDirectory() as folder:
        again = Path(folder) / path.name
        _make_again(path, again, kind, rate_hz=(len(truth["time_s"]) - 1) / truth["time_s"][-1])
        return assess(again, model=model)


def _make_again(path: Path, into: Path, kind: FilmKind, *, rate_hz: float) -> None:
    """Encode a clip once more with fewer or smaller pictures."""
    import cv2

    from hiphinge.synth.clips import write_clip

    def pictures() -> Iterator[NDArray[np.uint8]]:
        with open_video(path) as reader:
            for frame in reader.frames():
                if frame.index % kind.every == 0:
                    rgb = frame.picture.rgb()
                    # x264 wants even sides.
                    width, height = (2 * round(side * kind.scale / 2) for side in (rgb.shape[1], rgb.shape[0]))
                    yield np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)

    write_clip(into, pictures(), rate_hz=round(rate_hz / kind.every), crf=REMADE_CRF)


_NAMES = ("frame_index", "time_s", "angles", "live", "rep_s", "measures", "reference", "outcome")


def _said(result: Assessment) -> dict[str, NDArray[Any]]:
    """What is kept of an assessment, as arrays."""
    evidence = result.evidence
    assert evidence is not None
    tracks = [evidence.motion.angle(angle) for angle in ANGLES]
    told = {(m.rep, m.name): (m.value, m.lo, m.hi) for m in result.measures if m.rep is not None}
    blank = (None, None, None)
    measures = [[told.get((rep.number, name), blank) for name in REP_MEASURES] for rep in result.reps]
    return {
        "frame_index": evidence.pose.frame_index,
        "time_s": evidence.pose.time_s,
        "angles": np.array([(t.value_deg, t.lo_deg, t.hi_deg) for t in tracks]),
        "live": read_live(result),
        "rep_s": np.array([(rep.start_s, rep.bottom_s, rep.end_s) for rep in result.reps]).reshape(-1, 3),
        "measures": np.array(measures, dtype=float).reshape(len(result.reps), len(REP_MEASURES), 3),
        "reference": np.array(result.reference.angles),
        "outcome": np.array(result.verdict.outcome),
    }


def read_live(result: Assessment) -> Array:
    """Feed the poses and outlines of a clip to the causal form one by one, ``(len(LIVE_ANGLES), 3, n)``.

    Frames before the end of the stand are read without it. Which stretch is the stand, who is followed and which way
    they face are what the whole clip said.
    """
    evidence = result.evidence
    assert evidence is not None
    pose, profile = evidence.pose, evidence.profile
    live, stand = LiveSpine(), stand_of(result)
    read = []
    for k in range(pose.n_frames):
        if stand is not None and pose.time_s[k] > stand.segments.time_s[-1]:
            live.count_from(stand)
            stand = None
        read.append(live.read(take_frames(pose, slice(k, k + 1)), take_frames(profile, slice(k, k + 1))))
    tracks = [[getattr(angles, name) for angles in read] for name in LIVE_ANGLES]
    told = [[(t.value_deg[0], t.lo_deg[0], t.hi_deg[0]) for t in row] for row in tracks]
    return np.array(told, dtype=float).reshape(len(LIVE_ANGLES), -1, 3).transpose(0, 2, 1)


def stand_of(result: Assessment) -> SpineInput | None:
    """The frames of the still stand that the assessment found, as the causal form is given them; None without one."""
    evidence, reference = result.evidence, result.reference
    assert evidence is not None
    if reference.angles != "still" or reference.start_s is None or reference.end_s is None:
        return None
    times = evidence.pose.time_s
    rows = slice(*np.searchsorted(times, [reference.start_s, np.nextafter(reference.end_s, np.inf)]))
    pose = take_frames(evidence.pose, rows)
    segments = compute_segments(pose)
    try:
        standing = find_standing(segments, still_s=(reference.start_s, reference.end_s))
    except UsageError:  # by itself the stretch is too short, or the person too little seen, to be a stand
        return None
    return SpineInput(take_frames(evidence.profile, rows), segments, standing, compute_yaw_deg(pose))


def take_frames(track: Track, rows: slice | NDArray[np.int64]) -> Track:
    """Cut some frames out of a track of poses or outlines."""
    n = len(track.time_s if isinstance(track, PoseTrack) else track.dorsal_ratio)
    held = {f.name: getattr(track, f.name) for f in fields(track) if f.name != "station_ratio"}
    cut: dict[str, Any] = {k: v[rows] for k, v in held.items() if isinstance(v, np.ndarray) and len(v) == n}
    return replace(track, **cut)


def _film(truth: Mapping[str, Any], held: Mapping[str, Any], kind: FilmKind) -> Film:
    rows = np.minimum(held["frame_index"] * kind.every, len(truth["time_s"]) - 1)
    angles = {angle: AngleTrack(*held["angles"][k]) for k, angle in enumerate(ANGLES)}
    live = {angle: AngleTrack(*held["live"][k]) for k, angle in enumerate(LIVE_ANGLES)}
    return Film(
        truth, rows, np.array(truth["time_s"], dtype=float)[rows], angles, live, held["rep_s"], held["measures"],
        str(held["reference"]), str(held["outcome"]),
    )  # fmt: skip
