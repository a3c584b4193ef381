"""The numbers with which a clip is drawn again."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from hiphinge.model import ANGLES
from hiphinge.report.replay import REPLAY_ANGLES, replay_document
from hiphinge.sagittal.points import JOINTS
from tests.clip.clips import assess_clip, golden_assessment, tracks_of
from tests.synthetic import PERFECT, film, script


def test_it_is_plain_json_with_a_row_for_every_frame() -> None:
    assessment = golden_assessment("hinge")
    document = replay_document(assessment)
    json.dumps(document, allow_nan=False)
    n = assessment.n_frames
    assert len(document["time_s"]) == len(document["back"]) == len(document["joints"]["hip"]) == n
    assert set(document["joints"]) == set(JOINTS)
    assert [rep["number"] for rep in document["reps"]] == [rep.number for rep in assessment.reps]
    rep = document["reps"][0]
    lumbar = next(one for one in rep["measures"] if one["name"] == "lumbar_flexion")
    assert lumbar["lo"] <= lumbar["value"] <= lumbar["hi"]
    assert lumbar["text"].endswith(")")
    assert all(one["grade"] != "reported" for one in rep["findings"])
    # The browser rounds them once more, as the table's are rounded: only once in all.
    assert document["angles"]["hip_flexion"]["lo"] == pytest.approx(
        np.round(assessment.evidence.motion.hip_flexion.lo_deg, 3).tolist()
    )


def test_places_are_those_of_the_picture_as_it_was_filmed() -> None:
    clip = film(script(PERFECT, n_reps=1, rate_hz=10.0))
    tracks = tracks_of(clip)
    turned = replace(tracks, pose=replace(tracks.pose, mirrored=True))
    plain, mirrored = (replay_document(assess_clip(clip, tracks=one)) for one in (tracks, turned))
    width = plain["width_px"]
    for here, there in zip(plain["joints"]["hip"], mirrored["joints"]["hip"], strict=True):
        assert there[0] == pytest.approx(width - here[0], abs=0.11)
        assert there[1] == here[1]
    assert mirrored["door_x"] == pytest.approx(width - plain["door_x"], abs=0.11)


def test_what_is_not_seen_is_none_and_a_long_clip_is_thinned() -> None:
    tracks = tracks_of(film(script(PERFECT, n_reps=2, rate_hz=10.0)))
    keypoints = tracks.pose.keypoints_px.copy()
    keypoints[3] = np.nan
    assessment = assess_clip(
        film(script(PERFECT, n_reps=2, rate_hz=10.0)),
        tracks=replace(tracks, pose=replace(tracks.pose, keypoints_px=keypoints)),
    )
    document = replay_document(assessment)
    assert document["joints"]["knee"][3] is None
    assert document["back"][3] is None
    assert document["angles"]["hip_flexion"]["value"][3] is None
    thinned = replay_document(assessment, most_frames=20)
    assert len(thinned["rows"]) == len(thinned["time_s"]) <= 20
    assert set(np.diff(thinned["rows"]).tolist()) == {thinned["rows"][1]}
    assert set(REPLAY_ANGLES) == set(ANGLES)


def test_without_evidence_there_is_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="no evidence"):
        replay_document(replace(golden_assessment("hinge"), evidence=None))
