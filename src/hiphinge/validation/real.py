"""Hand-labelled real clips: whether rounded and flat backs are told apart, and which views are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from hiphinge import __version__
from hiphinge.clip.options import MODELS, ModelName
from hiphinge.errors import InputError, UsageError
from hiphinge.model import Array, Assessment
from hiphinge.validation.real_manifest import LabelledClip, find_pairs, parse_pair, read_manifest
from hiphinge.validation.real_report import to_json, to_markdown, to_text
from hiphinge.validation.real_result import ClipReading, GateGroup, PairReading, RealReport
from hiphinge.validation.separation import Separation, separate

__all__ = [
    "Assess",
    "ClipProgress",
    "LabelledClip",
    "RealReport",
    "find_deepest",
    "parse_pair",
    "read_clip",
    "read_manifest",
    "to_json",
    "to_markdown",
    "to_text",
    "validate_clips",
]

#: Assesses one file.
Assess = Callable[[Path], Assessment]
#: Called before each clip with how many are done, how many there are, and the clip's name.
ClipProgress = Callable[[int, int, str], None]

#: The part of a clip that speaks for it: the third of its told frames in which the trunk leans most.
DEEPEST = 3
#: From this trunk lean on somebody is bent; a standing back has little to tell apart.
BENT_LEAN_DEG = 20.0


def validate_clips(
    manifest: str | Path | Sequence[LabelledClip],
    *,
    model: str = "full",
    pairs: Iterable[tuple[str, str]] = (),
    progress: ClipProgress | None = None,
    assess: Assess | None = None,
) -> RealReport:
    """Assess every clip of a manifest and compare with its labels.

    Parameters
    ----------
    manifest
        The manifest's path, or what ``read_manifest`` gave.
    model
        BlazePose landmark model: lite, full, heavy.
    pairs
        Clips of the same person, (rounded, flat), besides those that the manifest's ``person`` and ``pair`` tell.
    progress
        Called before each clip.
    assess
        Assesses one file; None takes ``hiphinge.assess`` with ``model`` and its defaults.

    Returns
    -------
    RealReport
        A clip that cannot be read is in it as ``unreadable``; the others go on.

    Raises
    ------
    HiphingeError
        The manifest, a pair or the model cannot be used.
    """
    clips = read_manifest(manifest) if isinstance(manifest, str | Path) else tuple(manifest)
    named = find_pairs(clips, pairs)
    if model not in MODELS:
        raise UsageError(f"There is no model called {model!r}.", expected=", ".join(MODELS))
    look = assess or _make_assess(cast(ModelName, model))
    readings, estimators = [], set()
    for done, clip in enumerate(clips):
        if progress is not None:
            progress(done, len(clips), clip.file)
        try:
            assessment = look(clip.path)
        except InputError as error:
            readings.append(ClipReading(clip, "unreadable", reasons=(error.what,)))
        else:
            estimators.add(assessment.provenance.calibration)
            readings.append(read_clip(clip, assessment))
    return RealReport(
        hiphinge_version=__version__,
        model=model,
        estimator=", ".join(sorted(estimators)),
        clips=tuple(readings),
        separations=_separate_all(readings),
        pairs=tuple(_compare(pair, readings) for pair in named),
        gate=_count_refusals(readings),
    )


def _make_assess(model: ModelName) -> Assess:
    from hiphinge.api import assess
    from hiphinge.pose.blazepose import BlazePose

    # Loaded once: loading takes longer than a photograph.
    return partial(assess, model=model, video=False, estimator=BlazePose(model))


def read_clip(clip: LabelledClip, assessment: Assessment) -> ClipReading:
    """Take from an assessment what is compared with the label.

    Parameters
    ----------
    clip
        The clip and its label.
    assessment
        With its ``evidence``; angles count wherever they were told, also where the outcome is *cannot tell*.

    Returns
    -------
    ClipReading
        Angles are medians over the third of the told frames with most trunk lean; NaN where none was told.
    """
    refusing = [check for check in assessment.quality if check.grade == "cannot_tell"]
    reading = ClipReading(
        clip=clip,
        outcome=assessment.verdict.outcome,
        reasons=assessment.verdict.reasons if assessment.verdict.outcome == "cannot_tell" else (),
        blocked_by=tuple(check.name for check in refusing if "all" in check.affects),
        doubted=tuple(check.name for check in refusing if "all" not in check.affects),
        facing=assessment.facing,
        reference=assessment.reference.angles,
        n_reps=len(assessment.reps),
    )
    evidence = assessment.evidence
    if evidence is None:
        return reading
    motion = evidence.motion
    lumbar, lean = motion.lumbar_flexion, motion.trunk_lean.value_deg
    rows = find_deepest(lean, told=np.isfinite(lumbar.value_deg))
    yaw = np.abs(motion.yaw_deg[np.isfinite(motion.yaw_deg)])
    return replace(
        reading,
        n_seen=int(evidence.pose.seen.sum()),
        n_told=int((np.isfinite(lumbar.value_deg) & np.isfinite(lean)).sum()),
        lumbar_deg=_median(lumbar.value_deg[rows]),
        lumbar_lo_deg=_median(lumbar.lo_deg[rows]),
        lumbar_hi_deg=_median(lumbar.hi_deg[rows]),
        hip_deg=_median(motion.hip_flexion.value_deg[rows]),
        lean_deg=_median(lean[rows]),
        yaw_deg=_median(yaw),
    )


def find_deepest(lean_deg: Array, *, told: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Rows of the third of the told frames in which the trunk leans most, at least one; none where none is told."""
    rows = np.flatnonzero(told & np.isfinite(lean_deg))
    order = np.argsort(-lean_deg[rows], kind="stable")
    return rows[order[: -(-rows.size // DEEPEST)]]


def _median(values: Array) -> float:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if values.size else float("nan")


def _separate_all(readings: Iterable[ClipReading]) -> tuple[Separation, ...]:
    labelled = [one for one in readings if one.is_read and one.clip.label != "unclear"]
    sets: tuple[tuple[str, Callable[[ClipReading], bool]], ...] = (
        ("all clips", lambda one: True),
        ("deadlifts", lambda one: one.clip.is_deadlift),
        ("side views", lambda one: one.clip.is_side),
        ("side views, deadlifts", lambda one: one.clip.is_side and one.clip.is_deadlift),
        (f"side views, trunk leans {BENT_LEAN_DEG:.0f}° or more", _is_bent_side_view),
        ("clips that got an answer", lambda one: not one.is_refused),
    )
    found = []
    for name, belongs in sets:
        chosen = [one for one in labelled if belongs(one)]
        found.append(
            separate(
                name,
                np.array([one.lumbar_deg for one in chosen]),
                np.array([one.clip.label == "round" for one in chosen], dtype=bool),
                [one.clip.person for one in chosen],
            )
        )
    return tuple(found)


def _is_bent_side_view(reading: ClipReading) -> bool:
    return reading.clip.is_side and reading.lean_deg >= BENT_LEAN_DEG


def _compare(pair: tuple[str, str], readings: Iterable[ClipReading]) -> PairReading:
    by_file = {one.clip.file: one for one in readings}
    rounded, flat = (by_file[file].lumbar_deg for file in pair)
    in_order = bool(rounded > flat) if np.isfinite(rounded - flat) else None
    return PairReading(*pair, rounded, flat, in_order)


def _count_refusals(readings: Iterable[ClipReading]) -> tuple[GateGroup, ...]:
    readings = tuple(readings)
    kinds: tuple[tuple[str, Callable[[LabelledClip], bool]], ...] = (
        ("side view, labelled flat or round", lambda clip: clip.is_side and clip.label != "unclear"),
        ("front view", lambda clip: "front" in clip.view),
        ("oblique view", lambda clip: "oblique" in clip.view),
        ("body cut off or hidden", lambda clip: clip.body_visible not in ("", "full")),
        ("labelled unclear", lambda clip: clip.label == "unclear"),
    )
    groups = []
    for name, belongs in kinds:
        own = [one for one in readings if belongs(one.clip)]
        answered = tuple(f"{one.clip.file}: {one.outcome}" for one in own if not one.is_refused)
        blocked = sum(bool(one.blocked_by) for one in own)
        groups.append(GateGroup(name, len(own), len(own) - len(answered), blocked, answered))
    return tuple(groups)
