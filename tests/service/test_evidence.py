"""A kept assessment with its curves, told anew from what was kept of its film."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hiphinge.clip.recording import TRACKS_NAME, pack_tracks
from hiphinge.report.document import document_bytes
from hiphinge.report.page import render_page
from hiphinge.report.stick import draw_stick
from hiphinge.service.evidence import open_assessment, with_evidence
from hiphinge.store import Store, open_store
from tests.clip.clips import assess_clip, tracks_of
from tests.synthetic import PERFECT, film, script

SHA = hashlib.sha256(b"film").hexdigest()


@pytest.fixture
def store(tmp_path: Path):
    with open_store(tmp_path / "store.sqlite3") as found:
        yield found


def keep(store: Store, files: dict[str, bytes]) -> str:
    made = assess_clip(film(script(PERFECT, n_reps=3, rate_hz=10.0)), still_s=(0.0, 1.0))
    options = {**made.provenance.options, "still_s": "0 to 1"}
    made = replace(made, provenance=replace(made.provenance, options=options))
    person = store.add_person("Ana")
    return store.add_assessment(person.id, document_bytes(made), sha256=SHA, files=files)


def test_curves_come_back_and_every_number_stays(store) -> None:
    clip = film(script(PERFECT, n_reps=3, rate_hz=10.0))
    number = keep(store, {TRACKS_NAME: pack_tracks(tracks_of(clip))})
    record = store.assessment(number)
    found = with_evidence(store, record)
    assert replace(found, evidence=None) == open_assessment(record)
    assert found.evidence is not None
    flexion = found.evidence.motion.angle("hip_flexion").value_deg
    assert np.nanmax(flexion) > 40
    drawn = draw_stick(found)
    assert "<title" in drawn
    assert "bottom of rep" in drawn
    assert "hips bend" in drawn.lower()
    for one in (">lower back<", ">hip<", ">upper back and leg<"):
        assert one in drawn
    # What is orange in the picture is so in the legend and in the curves: the lower back, and nothing else.
    assert drawn.count("var(--lumbar") == 3


@pytest.mark.parametrize("files", [{}, {TRACKS_NAME: b"no recording"}])
def test_without_a_readable_recording_the_numbers_are_shown_alone(store, files) -> None:
    record = store.assessment(keep(store, files))
    found = with_evidence(store, record)
    assert found.evidence is None
    assert draw_stick(found) == ""
    page = render_page(found, None)
    assert "No picture of the person is kept with this report" in page
    assert "No key frame could be drawn" not in page
