"""A finished rep judged from what was read while it was done: the same measures, rules and grades as afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.errors import UsageError
from hiphinge.live.film import Film
from hiphinge.live.plan import SetPlan
from hiphinge.live.wire import rows_to_tracks
from hiphinge.model import Finding, Measure, QualityCheck, Rep
from hiphinge.program.grading import grade_rep
from hiphinge.program.history import RepResult
from hiphinge.sagittal import FacingDecision, Segments, Standing, compute_segments, compute_yaw_deg, find_standing
from hiphinge.sagittal.quality import ViewInput, check_view, has_camera_moved, is_camera_still
from hiphinge.spine import SpineAngles, SpineInput, compute_motion, load_calibration
from hiphinge.verdict import FETCHED_LOADS, RepContext, compute_measures, find_low_hands, judge

__all__ = ["JudgedRep", "RepJudge", "take_segments"]

#: Frames before and after a rep that its smoothing may look at.
_MARGIN_FRAMES = 12
_MOVED = "The camera moved, so the place given for the wall holds for no more than a moment: let it stand."


@dataclass(frozen=True, slots=True)
class JudgedRep:
    """One rep: where it lies in the film, its grade, and all that was measured and found."""

    rep: Rep
    result: RepResult
    measures: Mapping[str, Measure]
    findings: tuple[Finding, ...]
    quality: tuple[QualityCheck, ...]


@dataclass(frozen=True, slots=True)
class _AsRead:
    """What the causal form read, as a ``SpineEstimator``."""

    angles: SpineAngles
    name: str = "live"

    def estimate(self, spine_input: SpineInput) -> SpineAngles:
        """Return what was read when each frame came."""
        return self.angles


class RepJudge:
    """Judges the reps of a set, one after the other.

    Parameters
    ----------
    plan
        Drill, variant, the person's own scale.
    """

    def __init__(self, plan: SetPlan) -> None:
        self._plan = plan
        #: As it was settled.
        self.facing = FacingDecision(None, 0.0)
        self._criteria = plan.criteria()
        self._calibration = load_calibration()
        self._measures: list[Measure] = []
        self.judged: list[JudgedRep] = []

    def judge(self, film: Film, rep: Rep, *, stand: slice | None, wall_px: float | None) -> JudgedRep | None:
        """Judge a rep; None where it only picks the load up or puts it down.

        Parameters
        ----------
        film
            All frames.
        rep
            Rows count over the film; it gets the next number.
        stand
            Frames of the still stand that angles count from; None without one.
        wall_px
            Canonical x of the wall, None where none was given.
        """
        rows = np.arange(max(0, rep.start_frame - _MARGIN_FRAMES), min(film.n, rep.end_frame + _MARGIN_FRAMES))
        before = np.arange(0) if stand is None else np.arange(stand.start, min(stand.stop, rows[0]))
        moved = replace(
            rep,
            number=len(self.judged) + 1,
            start_frame=rep.start_frame - int(rows[0]) + len(before),
            bottom_frame=rep.bottom_frame - int(rows[0]) + len(before),
            end_frame=rep.end_frame - int(rows[0]) + len(before),
        )
        context, quality = self._prepare(film, before, rows, wall_px)
        if self._criteria.load in FETCHED_LOADS and find_low_hands(
            context.pose, context.segments, row=moved.bottom_frame
        ):
            return None
        found = [one for one in compute_measures([moved], context, quality=quality) if one.rep is not None]
        self._measures += found
        # All reps so far: a grade other than that of the rep before needs the value past the line by the tolerance.
        findings = tuple(one for one in judge(self._measures, self._criteria) if one.rep == moved.number)
        judged = JudgedRep(
            replace(rep, number=moved.number),
            self._grade(moved.number, findings, found, quality),
            {one.name: one for one in found},
            findings,
            quality,
        )
        self.judged.append(judged)
        return judged

    def _prepare(
        self, film: Film, before: NDArray[np.intp], rows: NDArray[np.intp], wall_px: float | None
    ) -> tuple[RepContext, tuple[QualityCheck, ...]]:
        """Put stand and rep one after the other, as a clip of their own."""
        both = np.concatenate([before, rows])
        pose, profile, camera = rows_to_tracks(film.rows[both])
        segments = compute_segments(pose, camera_still=is_camera_still(camera))
        standing = _stand_of(segments, len(before))
        angles = film.angles(both)
        motion = compute_motion(
            SpineInput(profile, segments, standing, compute_yaw_deg(pose)),
            estimator=_AsRead(angles),
            calibration=self._calibration,
        )
        reason = _MOVED if wall_px is not None and has_camera_moved(camera) else ""
        context = RepContext(
            motion, segments, standing, pose, profile, self._calibration.ratios, self._criteria.load,
            self._plan.own_maximum_deg, drill=self._criteria.drill,
            foot_length_gain=self._calibration.foot_length_gain, wall_px=None if reason else wall_px,
            wall_reason=reason, foot_length_cm=self._plan.foot_length_cm,
        )  # fmt: skip
        return context, self._check_view(film, rows, take_segments(segments, len(before)), standing)

    def _check_view(
        self, film: Film, rows: NDArray[np.intp], segments: Segments, standing: Standing
    ) -> tuple[QualityCheck, ...]:
        """Check the view of the rep alone: between the stand and it lies what nobody judges."""
        pose, profile, camera = rows_to_tracks(film.rows[rows])
        with np.errstate(invalid="ignore"):
            bent = segments.trunk_lean_deg > self._criteria.no_bend_lean_max_deg
        return check_view(
            ViewInput(
                pose, profile, segments, standing, camera, compute_yaw_deg(pose),
                bent if bent.any() else np.isfinite(segments.trunk_lean_deg), self.facing, (),
                n_reps=len(self.judged) + 1, is_photograph=False,
            )
        )  # fmt: skip

    def _grade(
        self, number: int, findings: Sequence[Finding], measures: Sequence[Measure], quality: Sequence[QualityCheck]
    ) -> RepResult:
        blocked = next((one for one in quality if one.grade == "cannot_tell" and "all" in one.affects), None)
        if blocked is not None:
            return RepResult(number=number, grade="cannot_tell", untold_rules=("all",), cue=blocked.advice)
        return grade_rep(number, findings, measures, self._plan.drill, variant=self._plan.variant)


def _stand_of(segments: Segments, n_stand: int) -> Standing:
    """Positions and angles count from the first frames; without a stand only positions, from upright moments."""
    if n_stand:
        times = segments.time_s
        try:
            return find_standing(segments, still_s=(float(times[0]), float(times[n_stand - 1])))
        except UsageError:
            pass
    standing = find_standing(segments)
    return replace(standing, reference=replace(standing.reference, angles="none"))


def take_segments(segments: Segments, start: int) -> Segments:
    """Leave out the first frames."""
    held: dict[str, Any] = {field.name: getattr(segments, field.name)[start:] for field in fields(Segments)}
    return Segments(**held)
