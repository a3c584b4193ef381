"""Correcting what the camera saw in a logged clip: look at it again, try a correction, keep it, undo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hiphinge.clip.corrections import Corrections, correct_tracks, corrections_document, read_corrections
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import InputNotFound, RecordConflict, UsageError
from hiphinge.program.clock import find_withdrawn
from hiphinge.program.corrected import find_corrections
from hiphinge.program.history import ClipSeen, Corrected, Event, History, RepResult, SetDone
from hiphinge.report.words import named_text
from hiphinge.service.grading import felt_touch, grade_reps, middle_measures
from hiphinge.service.questions import reference_clip

if TYPE_CHECKING:
    from hiphinge.clip.analyse import ClipTracks
    from hiphinge.model import Assessment
    from hiphinge.program.decision import Decision
    from hiphinge.service.desk import Desk
    from hiphinge.store import Person, Store

__all__ = [
    "Difference", "Preview", "SeenClip", "find_clip", "has_recording", "judge_clip",
    "kept_corrections", "load_tracks", "mirror_corrections", "preview_correction", "read_document", "save_correction",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeenClip:
    """A clip of a person's log as it stands now.

    ``entry`` is as it was entered (None: no entry that counts names the clip), ``corrections`` are those in force, kept
    as ``revision`` of the assessment (0: as the camera saw it). ``files`` are names of what is kept beside it.
    """

    assessment: str
    person: str
    entry: SetDone | ClipSeen | None
    corrections: Corrections
    revision: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure before and after a correction, in words; ``changed``: the texts differ."""

    label: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether it reads differently."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Preview:
    """What a correction would change: the clip judged again, a set's reps, the measures, and what comes next."""

    assessment: Assessment
    reps_before: tuple[RepResult, ...]
    reps_after: tuple[RepResult, ...]
    outcome_before: str
    outcome_after: str
    headline_before: str
    headline_after: str
    differences: tuple[Difference, ...]
    next_before: Decision
    next_after: Decision


def find_clip(desk: Desk, person: Person, assessment: str) -> SeenClip:
    """Return a clip of a person's log.

    Raises
    ------
    InputNotFound
        The person has no such clip.
    """
    from hiphinge.errors import StoreError

    try:
        record = desk.store.assessment(assessment, revision=0)
    except StoreError:
        raise _no_clip() from None
    if record.person != person.id:
        raise _no_clip()
    events = desk.history(person).events
    gone = find_withdrawn(events)
    entry = next((one for one in events if _names(one, assessment) and one.key not in gone), None)
    corrected = find_corrections(events, gone).get(entry.key) if entry is not None else None
    revision = corrected.revision if corrected is not None else 0
    corrections = kept_corrections(desk.store, assessment, revision)
    found = entry if isinstance(entry, SetDone | ClipSeen) else None
    return SeenClip(assessment, person.id, found, corrections, revision, tuple(desk.store.files_of(assessment)))


def kept_corrections(store: Store, assessment: str, revision: int) -> Corrections:
    """Return what was corrected in a revision of an assessment; nothing in the first (0)."""
    if not revision:
        return Corrections()
    what = next(one.what for one in store.revisions(assessment) if one.number == revision)
    return read_corrections(what.get("corrections", {}))


def _no_clip() -> InputNotFound:
    return InputNotFound("There is no such clip.", next_step="Go back to the person's page, and choose one there.")


def _names(event: Event, assessment: str) -> bool:
    return isinstance(event, SetDone | ClipSeen) and event.assessment == assessment


def has_recording(clip: SeenClip) -> bool:
    """Whether the numbers that were seen are kept, so that the clip can be drawn and judged again."""
    from hiphinge.clip.recording import TRACKS_NAME

    return TRACKS_NAME in clip.files


def read_document(desk: Desk, clip: SeenClip, *, revision: int | None = None) -> Assessment:
    """Return the assessment as it was kept: in force (None), or of a revision; without its evidence."""
    from hiphinge.report.document import parse_assessment

    wanted = clip.revision if revision is None else revision
    record = desk.store.assessment(clip.assessment, revision=wanted)
    return parse_assessment(record.document, name=f"assessment {clip.assessment}")


def load_tracks(desk: Desk, clip: SeenClip) -> ClipTracks:
    """Return the numbers that were seen in a clip, as the camera saw them.

    Raises
    ------
    UsageError
        They were not kept.
    """
    from hiphinge.clip.recording import TRACKS_NAME, unpack_tracks

    if not has_recording(clip):
        raise UsageError(
            "The numbers that were seen in this clip were not kept, so it can be neither drawn nor corrected.",
            expected="a clip that was logged since recordings are kept",
            next_step="Film the drill again.",
        )
    return unpack_tracks(desk.store.files_of(clip.assessment)[TRACKS_NAME].read_bytes())


def mirror_corrections(tracks: ClipTracks, corrections: Corrections) -> Corrections:
    """Turn places of the picture as it was filmed into canonical ones, and back: the same step both ways.

    The wall's place is one of the picture in both.
    """
    if not tracks.pose.mirrored:
        return corrections
    width = tracks.pose.width_px
    return replace(corrections, joints=tuple(replace(one, x_px=width - one.x_px) for one in corrections.joints))


def judge_clip(desk: Desk, person: Person, clip: SeenClip, corrections: Corrections | None = None) -> Assessment:
    """Judge a clip again from the numbers that were seen, by the rules and limits that it was judged by.

    Parameters
    ----------
    desk, person, clip
        Whose, and which.
    corrections
        None: those in force.

    Returns
    -------
    Assessment
        With its evidence, to be drawn.

    Raises
    ------
    UsageError
        The numbers were not kept, or a correction does not fit.
    """
    from hiphinge.clip.recording import reassess

    given = clip.corrections if corrections is None else corrections
    first = read_document(desk, clip, revision=0)
    return reassess(
        correct_tracks(load_tracks(desk, clip), given),
        _options_of(first, given),
        limits={name: float(value) for name, value in first.criteria.items() if name != "drill"},
        provenance=replace(first.provenance, created_utc=desk.history(person).now.isoformat(timespec="seconds")),
        own_maximum_deg=_own_maximum(desk, person, clip),
    )


def preview_correction(desk: Desk, person: Person, clip: SeenClip, corrections: Corrections) -> Preview:
    """Say what a correction would change, without keeping it.

    Raises
    ------
    RecordConflict
        No entry of the log stands for the clip.
    UsageError
        As ``judge_clip``.
    """
    from hiphinge.program.next_step import next_step

    entry = _need_entry(clip)
    before = judge_clip(desk, person, clip)
    after = judge_clip(desk, person, clip, corrections)
    history = desk.history(person)
    event = _event(desk, clip, entry, after, corrections, by="-", reason="-", at=history.now)
    tried = History((*history.events, event), history.now)
    return Preview(
        assessment=after,
        reps_before=_grade(desk, clip, entry, before) if isinstance(entry, SetDone) else (),
        reps_after=event.reps,
        outcome_before=before.verdict.outcome,
        outcome_after=event.outcome,
        headline_before=before.verdict.headline,
        headline_after=after.verdict.headline,
        differences=_compare(before, after),
        next_before=next_step(history, desk.program),
        next_after=next_step(tried, desk.program),
    )


def save_correction(
    desk: Desk, person: Person, clip: SeenClip, corrections: Corrections, *, by: str, reason: str
) -> Decision:
    """Keep a correction: a revision of the assessment, and an entry of the log that gates count from now on.

    No corrections at all: the clip is read as the camera saw it again. What was there before stays in the record.

    Parameters
    ----------
    desk, person, clip
        Whose, and which; ``clip`` as it was looked at.
    corrections
        All of them, not only the new ones.
    by, reason
        Who corrects, and why.

    Raises
    ------
    RecordConflict
        No entry of the log stands for the clip, or it was corrected by somebody else meanwhile.
    UsageError
        Nothing was changed, no reason was given, or as ``judge_clip``.
    """
    from hiphinge.report.document import document_bytes

    entry = _need_entry(clip)
    if not reason.strip():
        raise UsageError("It is not said why the clip is corrected.", expected="a reason in a few words")
    if corrections == clip.corrections:
        raise UsageError(
            "Nothing was corrected.", expected="a joint or the wall at another place", next_step="Move one first."
        )
    newest = desk.store.assessment(clip.assessment).revision
    if find_clip(desk, person, clip.assessment).revision != clip.revision:
        raise RecordConflict(
            "Somebody else corrected this clip meanwhile.",
            expected="the clip as it stands now",
            next_step="Load the page again, and look at what was changed.",
        )
    if corrections:
        after = judge_clip(desk, person, clip, corrections)
        document = document_bytes(after)
    else:
        after = read_document(desk, clip, revision=0)
        document = desk.store.assessment(clip.assessment, revision=0).document
    reason, now = reason.strip(), desk.history(person).now
    what = {"corrections": corrections_document(corrections), "by": by, "reason": reason}
    event = _event(desk, clip, entry, after, corrections, by=by, reason=reason, at=now)

    def numbered(number: int) -> Corrected:
        return replace(event, key=f"corrected-{clip.assessment}-{number}", revision=number)

    number = desk.store.add_revision(clip.assessment, document, what, after=newest, entry=numbered)
    return desk.record(person, numbered(number))  # the log has it; what is decided on it is kept now


def _need_entry(clip: SeenClip) -> SetDone | ClipSeen:
    if clip.entry is None:
        raise RecordConflict(
            "No entry of the log stands for this clip, so correcting it would change nothing.",
            expected="a clip that was logged and not taken back",
        )
    return clip.entry


def _event(
    desk: Desk, clip: SeenClip, entry: SetDone | ClipSeen, after: Assessment, corrections: Corrections, *, by: str,
    reason: str, at: datetime,
) -> Corrected:  # fmt: skip
    """Return the entry that says how the clip is read from now on, without a number; undone, as it was entered."""
    given: Mapping[str, Any] = {"outcome": entry.outcome, "measures": entry.measures}
    if corrections:
        back = entry.back_reps if isinstance(entry, SetDone) else None
        given = {"outcome": after.verdict.outcome, "measures": middle_measures(after, back_reps=back)}
    reps: tuple[RepResult, ...] = ()
    if isinstance(entry, SetDone):
        reps = _grade(desk, clip, entry, after) if corrections else entry.reps
    return Corrected(
        key=f"corrected-{clip.assessment}", at=at, entry=entry.key, by=by, reason=reason, reps=reps, revision=0,
        **given,
    )  # fmt: skip


def _grade(desk: Desk, clip: SeenClip, entry: SetDone, seen: Assessment) -> tuple[RepResult, ...]:
    """Grade the reps as they were graded when the clip was logged; what only the person could tell stays as told."""
    touched = felt_touch(entry.reps, read_document(desk, clip, revision=0))
    return grade_reps(seen, desk.drill(entry.drill), variant=entry.variant, touched=touched)


def _options_of(first: Assessment, corrections: Corrections) -> AssessOptions:
    """Return the options that say something about a recording, as the clip was assessed with them."""
    given = first.provenance.options
    still = given.get("still_s")
    wall = corrections.wall_ratio if corrections.wall_ratio is not None else given.get("wall")
    foot = given.get("foot_length_cm")
    start, _, end = str(still).partition(" to ") if still else ("", "", "")
    return AssessOptions(
        drill=first.drill,  # type: ignore[arg-type]
        still_s=(float(start), float(end)) if still else None,
        wall=None if wall is None else float(wall),
        foot_length_cm=None if foot is None else float(foot),
    )


def _own_maximum(desk: Desk, person: Person, clip: SeenClip) -> tuple[float, float, float] | None:
    """Return the person's own comfortable rounding as it was known when the clip was logged."""
    from hiphinge.clip.analyse import find_own_maximum
    from hiphinge.report.document import parse_assessment

    history = desk.history(person)
    before = _before(history.events, clip)
    number = reference_clip(History(before, history.now), desk.program)
    if not number:
        return None
    record = desk.store.assessment(number)
    return find_own_maximum(parse_assessment(record.document, name=f"assessment {number}").measures)


def _before(events: Sequence[Event], clip: SeenClip) -> tuple[Event, ...]:
    """Return what was entered before a clip; all of it where no entry names the clip."""
    place = next((k for k, one in enumerate(events) if _names(one, clip.assessment)), len(events))
    return tuple(events[:place])


def _compare(before: Assessment, after: Assessment) -> tuple[Difference, ...]:
    """Put the middle rep's measures side by side, in the order of the assessment."""
    labels = {one.name: (one.label, one.unit) for one in (*before.measures, *after.measures)}
    old, new = middle_measures(before), middle_measures(after)
    return tuple(
        Difference(label, *(named_text(name, side[name], unit) if name in side else "not told" for side in (old, new)))
        for name, (label, unit) in labels.items()
        if name in old or name in new
    )
