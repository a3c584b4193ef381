"""Decoded fixture clips sent frame by frame, as a browser would: the coach tells what the clip tells."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.clip.recording import pack_tracks, reassess, unpack_tracks
from hiphinge.live import Coach
from tests.e2e.conftest import Assess
from tests.live.rows import play, rows_of, with_lead
from tests.live.sets import kinds, phases, plan

#: What is told live and what the whole clip tells of a rep differ by no more than this, at its bottom.
LUMBAR_BOUND_DEG, LEAN_BOUND_DEG = 2.0, 2.0
#: Seconds of standing before the clip: to look, and to ask which way the person faces.
LEAD_S = 2.5


@pytest.mark.parametrize(
    ("name", "rule"), [("rounded_left", "4"), ("squat", "2"), ("leave_return", None), ("wall_touch", None)]
)
def test_the_coach_counts_and_measures_what_the_clip_shows(assess: Assess, name: str, rule: str | None) -> None:
    clip = assess(f"{name}.mp4")
    evidence = clip.evidence
    assert evidence is not None
    coach = Coach(plan(target_reps=9))
    said = play(coach, with_lead(rows_of(evidence.pose, evidence.profile, evidence.camera), LEAD_S), chunk=1)
    said += coach.command("stop")
    assert coach.mirror == (clip.facing == "left")
    assert len(coach.results) == len(clip.reps)
    told = {m.rep: m.value for m in clip.measures if m.name == "lumbar_flexion"}
    for one in coach.results:
        assert one.lumbar_deg == pytest.approx(told[one.number], abs=LUMBAR_BOUND_DEG)
    leans = [one["depth_deg"] for one in kinds(said, "rep")]
    assert leans == pytest.approx([rep.depth_deg for rep in clip.reps], abs=LEAN_BOUND_DEG)
    cues = [one["rule"] for one in kinds(said, "cue")]
    assert (cues[:1] == [rule]) if rule else not any(one.missed_rules for one in coach.results)
    if name == "leave_return":
        assert phases(said).count("view") == 2

    again = reassess(unpack_tracks(pack_tracks(coach.tracks())), coach.options())
    assert again.verdict.outcome == clip.verdict.outcome
    assert len(again.reps) == len(clip.reps)
    assert again.facing == clip.facing
    offline = [m.value for m in again.measures if m.name == "lumbar_flexion"]
    assert np.abs(np.array(offline) - list(told.values())).max() < 1.5
