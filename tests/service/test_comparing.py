"""Two clips side by side: what differs, what does not clearly, and what makes them hard to compare."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hiphinge.service.comparing import compare_clips
from tests.clip.clips import golden_assessment

AT = (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=7))


def row(comparison, name):
    return next(one for one in comparison.rows if one.name == name)


def test_a_hinge_after_a_rounded_bend() -> None:
    found = compare_clips(golden_assessment("spine"), golden_assessment("hinge"), at=AT)
    lumbar = row(found, "lumbar_flexion")
    assert (lumbar.verdict, lumbar.words, lumbar.band) == ("better", "better", "10°")
    assert lumbar.change.startswith("−")
    assert row(found, "hip_share").verdict == "better"
    assert "(" in lumbar.before


def test_the_same_clip_twice_is_no_clear_change() -> None:
    found = compare_clips(golden_assessment("hinge"), golden_assessment("hinge"), at=AT)
    assert {one.verdict for one in found.rows} == {"no_clear_change"}
    assert found.cautions == ()


def test_what_one_clip_does_not_tell_is_said() -> None:
    hinge = golden_assessment("hinge")
    blind = replace(hinge, measures=tuple(one for one in hinge.measures if one.name != "lumbar_flexion"))
    lumbar = row(compare_clips(hinge, blind, at=AT), "lumbar_flexion")
    assert (lumbar.after, lumbar.verdict, lumbar.change) == ("not told", "untold", "")


def test_another_drill_another_depth_and_another_zero_are_told() -> None:
    hinge, touch = golden_assessment("hinge"), golden_assessment("toe_touch")
    found = " ".join(compare_clips(touch, hinge, at=AT).cautions)
    assert "different drills" in found
    assert "The first bend went" in found
    other = replace(hinge, reference=replace(hinge.reference, angles="none"))
    assert "zeros differ" in " ".join(compare_clips(hinge, other, at=AT).cautions)
