"""A kept assessment together with what was seen in its film: the curves that its numbers were read from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hiphinge.clip.options import DRILLS, AssessOptions
from hiphinge.errors import HiphingeError

if TYPE_CHECKING:
    from hiphinge.model import Assessment
    from hiphinge.store import AssessmentRecord, Store

__all__ = ["open_assessment", "with_evidence"]


def open_assessment(record: AssessmentRecord) -> Assessment:
    """Return a kept assessment as it was made; its ``evidence`` is None."""
    from hiphinge.report.document import parse_assessment

    return parse_assessment(record.document, name="The assessment")


def with_evidence(store: Store, record: AssessmentRecord) -> Assessment:
    """Return a kept assessment with its evidence, told anew from what was seen, and corrected as the assessment is.

    Without, where what was seen was not kept.

    Every number, finding and word stays what it was when the assessment was made.
    """
    from hiphinge.clip.corrections import correct_tracks
    from hiphinge.clip.recording import TRACKS_NAME, reassess, unpack_tracks
    from hiphinge.service.corrections import kept_corrections

    assessment = open_assessment(record)
    path = store.files_of(record.id).get(TRACKS_NAME)
    if path is None or assessment.drill not in DRILLS:
        return assessment
    try:
        tracks = unpack_tracks(path.read_bytes())
        tracks = correct_tracks(tracks, kept_corrections(store, record.id, record.revision))
        made = reassess(tracks, _options(assessment))
    except (HiphingeError, OSError):
        # Another computer has the file, or a later hiphinge wrote it: the page does without curves.
        return assessment
    return replace(assessment, evidence=made.evidence)


def _options(assessment: Assessment) -> AssessOptions:
    """Return the options that the curves depend on, as they were given."""
    return AssessOptions(
        drill=assessment.drill,  # type: ignore[arg-type]
        still_s=_read_still(assessment.provenance.options.get("still_s")),
        wall=None if assessment.wall is None else assessment.wall.place_ratio,
    )


def _read_still(text: object) -> tuple[float, float] | None:
    """Return the still stand that was named, such as ``1 to 3``; None where one was found."""
    first, _to, last = text.partition(" to ") if isinstance(text, str) else ("", "", "")
    try:
        return float(first), float(last)
    except ValueError:
        return None
