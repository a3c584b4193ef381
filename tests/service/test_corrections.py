"""Correcting a logged clip: tried, kept, counted, undone; what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hiphinge.clip.corrections import Corrections, JointPlace
from hiphinge.errors import InputNotFound, RecordConflict, UsageError
from hiphinge.program.history import Corrected, SetDone
from hiphinge.sagittal.points import JOINTS
from hiphinge.service.corrections import (
    SeenClip,
    find_clip,
    has_recording,
    judge_clip,
    load_tracks,
    mirror_corrections,
    preview_correction,
    read_document,
    save_correction,
)
from hiphinge.service.evidence import with_evidence
from hiphinge.service.questions import live_events
from hiphinge.store import Person
from tests.service.clinic import Clinic


@pytest.fixture
def clinic(tmp_path) -> Iterator[Clinic]:
    with Clinic.opened(tmp_path) as found:
        yield found


@pytest.fixture
def ana(clinic: Clinic) -> Person:
    return clinic.screened("Ana")


def seen(clinic: Clinic, person: Person, pose: str = "good") -> SeenClip:
    return find_clip(clinic.desk, person, clinic.film(person, "wall_hinge", pose, touched=True))


def bent_knee(clinic: Clinic, clip: SeenClip, by: float = 60.0) -> Corrections:
    """Put the knee far forward around the bottom of every rep: what is told there is a median over seven frames."""
    tracks = load_tracks(clinic.desk, clip)
    rows = [
        row + k for row in (rep.bottom_frame for rep in read_document(clinic.desk, clip).reps) for k in range(-3, 4)
    ]
    near = JOINTS["knee"][1]
    points = tracks.pose.keypoints_px[:, near]
    return Corrections(
        tuple(JointPlace(row, "knee", float(points[row, 0] + by), float(points[row, 1])) for row in rows)
    )


def as_read(clinic: Clinic, person: Person) -> SetDone:
    return next(one for one in live_events(clinic.desk.history(person)) if isinstance(one, SetDone))


def test_a_clip_is_judged_again_as_it_was_judged(clinic: Clinic, ana: Person) -> None:
    clip = seen(clinic, ana)
    assert has_recording(clip)
    again, before = judge_clip(clinic.desk, ana, clip), read_document(clinic.desk, clip)
    assert again.evidence is not None
    assert (again.measures, again.findings, again.verdict) == (before.measures, before.findings, before.verdict)
    assert again.video == before.video


def test_trying_a_correction_keeps_nothing(clinic: Clinic, ana: Person) -> None:
    clip = seen(clinic, ana)
    events = clinic.desk.history(ana).events
    found = preview_correction(clinic.desk, ana, clip, bent_knee(clinic, clip))
    assert any(one.changed and "knee" in one.label for one in found.differences)
    assert [rep.grade for rep in found.reps_after] != [rep.grade for rep in found.reps_before]
    assert clinic.desk.history(ana).events == events
    assert clinic.store.revisions(clip.assessment) == ()


def test_a_kept_correction_is_a_revision_and_an_entry_that_counts(clinic: Clinic, ana: Person) -> None:
    clip = seen(clinic, ana)
    clinic.desk.finish(ana)
    before, corrections = as_read(clinic, ana), bent_knee(clinic, clip)
    save_correction(clinic.desk, ana, clip, corrections, by="Dr Lee", reason=" the knee was seen in front ")
    event = clinic.desk.history(ana).events[-1]
    assert isinstance(event, Corrected)
    assert (event.by, event.reason, event.revision) == ("Dr Lee", "the knee was seen in front", 1)
    after = as_read(clinic, ana)
    assert after.reps == event.reps != before.reps
    assert after.measures != before.measures
    now = find_clip(clinic.desk, ana, clip.assessment)
    assert (now.corrections, now.revision) == (corrections, 1)
    assert now.entry == before
    assert read_document(clinic.desk, now).measures == judge_clip(clinic.desk, ana, now).measures
    kept = clinic.store.revisions(clip.assessment)[0]
    assert kept.what["by"] == "Dr Lee"
    assert clinic.store.assessment(clip.assessment, revision=0).document != (
        clinic.store.assessment(clip.assessment).document
    )


def test_the_curves_of_a_corrected_clip_are_the_corrected_ones(clinic: Clinic, ana: Person) -> None:
    clip = seen(clinic, ana)
    corrections = bent_knee(clinic, clip)
    save_correction(clinic.desk, ana, clip, corrections, by="Dr Lee", reason="seen")
    drawn = with_evidence(clinic.store, clinic.store.assessment(clip.assessment))
    judged = judge_clip(clinic.desk, ana, clip, corrections)
    assert drawn.evidence is not None
    assert judged.evidence is not None
    assert (
        drawn.evidence.motion.knee_flexion.value_deg.tolist() == judged.evidence.motion.knee_flexion.value_deg.tolist()
    )


def test_undoing_is_a_further_correction_that_reads_as_it_was(clinic: Clinic, ana: Person) -> None:
    clip = seen(clinic, ana)
    before = as_read(clinic, ana)
    save_correction(clinic.desk, ana, clip, bent_knee(clinic, clip), by="Dr Lee", reason="seen")
    now = find_clip(clinic.desk, ana, clip.assessment)
    save_correction(clinic.desk, ana, now, Corrections(), by="Dr Lee", reason="I was mistaken")
    assert as_read(clinic, ana) == before
    last = find_clip(clinic.desk, ana, clip.assessment)
    assert (last.corrections, last.revision) == (Corrections(), 2)
    assert read_document(clinic.desk, last) == read_document(clinic.desk, last, revision=0)
    assert [one.number for one in clinic.store.revisions(clip.assessment)] == [1, 2]


def test_the_wall_can_be_placed(clinic: Clinic, ana: Person) -> None:
    clip = seen(clinic, ana)
    tracks = load_tracks(clinic.desk, clip)
    seat = float(tracks.profile.seat_px[:, 0].min()) / tracks.pose.width_px
    found = preview_correction(clinic.desk, ana, clip, Corrections(wall_ratio=seat))
    assert any(one.changed and "wall" in one.label for one in found.differences)
    assert found.assessment.wall is not None
    assert found.assessment.wall.place_ratio == seat


def test_what_the_person_said_of_the_wall_stays_as_told(clinic: Clinic, ana: Person) -> None:
    clip = find_clip(clinic.desk, ana, clinic.film(ana, "wall_hinge", "good", touched=False))
    found = preview_correction(clinic.desk, ana, clip, bent_knee(clinic, clip, 1.0))
    assert all("11" in rep.missed_rules for rep in found.reps_after)
    untold = find_clip(clinic.desk, ana, clinic.film(ana, "wall_hinge", "good", touched=None))
    found = preview_correction(clinic.desk, ana, untold, bent_knee(clinic, untold, 1.0))
    assert all("11" in rep.untold_rules for rep in found.reps_after)


def test_a_screen_is_corrected_too(clinic: Clinic, ana: Person) -> None:
    clip = find_clip(clinic.desk, ana, next(iter(clinic.store.assessments(ana.id))).id)
    found = preview_correction(clinic.desk, ana, clip, bent_knee(clinic, clip, 30.0))
    assert found.outcome_before
    save_correction(clinic.desk, ana, clip, bent_knee(clinic, clip, 30.0), by="Dr Lee", reason="seen")
    event = clinic.desk.history(ana).events[-1]
    assert isinstance(event, Corrected)
    assert event.reps == ()


def test_places_turn_with_a_mirrored_picture_and_back(clinic: Clinic, ana: Person) -> None:
    clip = find_clip(clinic.desk, ana, clinic.film(ana, "wall_hinge", "good", touched=True, mirrored=True))
    tracks = load_tracks(clinic.desk, clip)
    given = Corrections((JointPlace(3, "hip", 10.0, 20.0),), 0.3)
    turned = mirror_corrections(tracks, given)
    assert turned.joints[0].x_px == tracks.pose.width_px - 10.0
    assert turned.wall_ratio == 0.3
    assert mirror_corrections(tracks, turned) == given
    plain = seen(clinic, ana)
    assert mirror_corrections(load_tracks(clinic.desk, plain), given) == given


def test_what_cannot_be_corrected_is_refused(clinic: Clinic, ana: Person) -> None:
    clip = seen(clinic, ana)
    corrections = bent_knee(clinic, clip)
    with pytest.raises(UsageError, match="not said why"):
        save_correction(clinic.desk, ana, clip, corrections, by="Dr Lee", reason="  ")
    with pytest.raises(UsageError, match="Nothing was corrected"):
        save_correction(clinic.desk, ana, clip, Corrections(), by="Dr Lee", reason="seen")
    save_correction(clinic.desk, ana, clip, corrections, by="Dr Lee", reason="seen")
    with pytest.raises(RecordConflict, match="Somebody else corrected"):
        save_correction(clinic.desk, ana, clip, Corrections(wall_ratio=0.5), by="Dr Wu", reason="seen")
    bob = clinic.screened("Bob")
    with pytest.raises(InputNotFound):
        find_clip(clinic.desk, bob, clip.assessment)
    with pytest.raises(InputNotFound):
        find_clip(clinic.desk, ana, "nothing")


def test_a_clip_without_recording_or_entry_can_be_looked_at_only(clinic: Clinic, ana: Person) -> None:
    old = find_clip(clinic.desk, ana, clinic.film(ana, "wall_hinge", "good", touched=True, recorded=False))
    assert not has_recording(old)
    assert read_document(clinic.desk, old).reps
    with pytest.raises(UsageError, match="not kept"):
        judge_clip(clinic.desk, ana, old)
    clip = seen(clinic, ana)
    assert clip.entry is not None
    clinic.desk.withdraw(ana, "another film", clip.entry.key)
    gone = find_clip(clinic.desk, ana, clip.assessment)
    assert gone.entry is None
    with pytest.raises(RecordConflict, match="No entry"):
        preview_correction(clinic.desk, ana, gone, Corrections(wall_ratio=0.5))
    assert replace(gone, entry=clip.entry).revision == 0
