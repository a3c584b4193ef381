"""The wall behind the person: heel and seat against it, by the script's own geometry."""

from dataclasses import replace

import numpy as np
import pytest

from hiphinge.verdict import RepContext, criteria_for, judge
from hiphinge.verdict.headlines import HEADLINES, SHORT_OF_WALL
from hiphinge.verdict.wall import (
    EDGE_HALF_RATIO,
    FOOT_HALF_SHARE,
    HEEL_BEFORE_RATIO,
    NO_WALL,
    compute_gap,
    compute_heel_to_wall,
)
from tests.synthetic import RATIOS, ROUNDED, SEAT_FL, SQUAT, STANDING, analyse_clip, film, script, solve
from tests.verdict.judging import judged, wall_behind

HINGE = solve(knee=20, lean=55, lumbar=6)
#: Without a hip travel of 0.6 foot lengths: rule 1 does not help out.
SHALLOW = solve(knee=15, lean=30, lumbar=3)


def wall(posture, gap, **more):
    return judged(posture, drill="wall", with_masks=True, wall_gap=gap, **more)


@pytest.mark.parametrize(
    ("gap", "grade"), [(0.0, "pass"), (0.10, "pass"), (0.15, "caution"), (0.18, "cannot_tell"), (0.45, "fail")]
)
def test_the_gap_is_measured_and_judged(gap, grade):
    j = wall(HINGE, gap)
    told = j.measure("wall_gap")
    assert told.value == pytest.approx(gap, abs=0.03)
    assert told.lo < told.value < told.hi
    assert told.hi - told.value >= EDGE_HALF_RATIO
    assert j.grades()["11"] == grade
    assert j.finding("11").limits == "pass ≤ 0.12 FL, not met > 0.24 FL"


def test_a_gap_further_off_is_less_sure_since_the_foot_is_the_unit():
    near, far = wall(HINGE, 0.0).measure("wall_gap"), wall(HINGE, 1.0).measure("wall_gap")
    assert far.hi - far.lo > near.hi - near.lo
    assert (far.hi - far.lo) / 2 == pytest.approx(np.hypot(EDGE_HALF_RATIO, FOOT_HALF_SHARE * far.value))


def test_the_grades_follow_the_lines_of_the_rule_set():
    near = wall(HINGE, 0.0).measure("wall_gap")
    criteria = criteria_for("wall")
    for value, half, grade in (
        (0.12, 0.1, "pass"),
        (0.13, 0.1, "caution"),
        (0.13, 0.15, "cannot_tell"),
        (0.35, 0.1, "fail"),
    ):
        found = judge([replace(near, value=value, lo=value - half, hi=value + half)], criteria)
        assert found[0].grade == grade


def test_a_touch_counts_after_a_rep_that_fell_short():
    near = wall(HINGE, 0.0).measure("wall_gap")
    short = replace(near, value=0.4, lo=0.3, hi=0.5)
    touch = replace(near, rep=2, value=0.05, lo=-0.03, hi=0.13)
    assert [f.grade for f in judge([short, touch], criteria_for("wall"))] == ["fail", "pass"]


def test_the_touch_has_a_time_on_the_way_down():
    j = wall(HINGE, 0.0)
    touch = j.measure("wall_touch_time")
    rep = j.reps[0]
    assert rep.start_s < touch.value <= rep.bottom_s
    assert touch.hi - touch.value == pytest.approx(RATIOS.time_s)
    missed = wall(HINGE, 0.45).measure("wall_touch_time")
    assert missed.value is None
    assert "does not come within 0.12" in missed.reason


def test_the_heel_stands_where_the_script_puts_it():
    clip = film(script(HINGE, n_reps=1, rate_hz=15.0))
    a = analyse_clip(clip)
    for feet in (0.5, 1.0):
        heel_px = clip.view.origin_px[0] + clip.view.px_per_m * clip.figure.heel[0, 0]
        context = RepContext(
            a.motion, a.segments, a.standing, clip.pose, clip.profile, RATIOS, None, None, "wall",
            wall_px=heel_px - feet * clip.foot_px,
        )  # fmt: skip
        value, lo, hi = compute_heel_to_wall(context)
        # The script's heel point is the heel itself; the pose model's lies before it, and that is taken off.
        assert value == pytest.approx(feet - HEEL_BEFORE_RATIO, abs=0.02)
        assert lo < value < hi
        standing = np.nanmedian(compute_gap(context)[a.standing.rows])
        hip_px = clip.view.origin_px[0] + clip.view.px_per_m * clip.figure.hip[0, 0]
        assert standing == pytest.approx((hip_px - context.wall_px) / clip.foot_px - SEAT_FL, abs=0.04)


def test_the_heel_is_a_measure_of_the_set():
    told = wall(HINGE, 0.0).measure("heel_to_wall", rep=None)
    # Seat 0.45 foot lengths behind the hip joint, which travels back by about 0.75 (the model's wall ladder).
    assert 0.6 < told.value < 1.0
    assert told.lo < told.value < told.hi
    assert told.unit == "FL"
    assert any("from the wall, whose place was given" in line for line in wall(HINGE, 0.0).verdict.reasons)
    assert not any("whose place was given" in line for line in wall(HINGE, None).verdict.reasons)


def test_without_a_wall_the_touch_cannot_be_told_and_says_what_to_do():
    j = wall(HINGE, None)
    finding = j.finding("11")
    assert (finding.grade, finding.reason) == ("cannot_tell", NO_WALL)
    assert "--wall" in NO_WALL
    assert "tick" in NO_WALL
    assert any("seat at the wall" in line and "--wall" in line for line in j.verdict.not_told)
    assert j.verdict.outcome == "hinge"  # back and not down has to do


def test_other_drills_have_no_wall():
    names = {m.name for m in judged(HINGE).measures}
    assert not names & {"wall_gap", "wall_touch_time", "heel_to_wall"}
    assert "11" not in {spec.rule for spec in criteria_for("hinge").rules}


@pytest.mark.parametrize(
    ("gap", "words"),
    [(-0.6, "further back"), (-2.5, "does not lie behind the heels")],
)
def test_a_place_that_cannot_be_is_refused_with_the_reason(gap, words):
    j = wall(HINGE, gap)
    assert j.measure("wall_gap").value is None
    assert words in j.measure("wall_gap").reason
    assert j.grades()["11"] == "cannot_tell"


def test_a_seat_that_stands_at_the_wall_already_says_nothing():
    clip = film(script(HINGE, n_reps=1, rate_hz=15.0))
    standing = film(script(STANDING, n_reps=1, rate_hz=15.0))
    travel = (wall_behind(standing, 0.0) - wall_behind(clip, 0.0)) / clip.foot_px
    j = wall(HINGE, -travel + 0.05)
    assert j.measure("wall_gap").value is None
    assert "at the wall already" in j.measure("wall_gap").reason


class TestOutcome:
    def test_a_touch_makes_a_shallow_bend_a_hinge(self):
        assert wall(SHALLOW, 0.0).verdict.outcome == "hinge"

    def test_a_shallow_bend_short_of_the_wall_is_none_and_gets_the_walls_cue(self):
        verdict = wall(SHALLOW, 0.5).verdict
        assert verdict.outcome == "mixed"
        assert verdict.headline == SHORT_OF_WALL
        assert (verdict.cue_rule, verdict.cue) == ("11", "Shuffle a little closer.")
        assert any("seat to wall 0." in line for line in verdict.reasons)

    def test_hips_far_back_are_a_hinge_though_the_wall_was_too_far(self):
        verdict = wall(HINGE, 0.6).verdict
        assert verdict.outcome == "hinge"
        assert verdict.cue_rule == "11"

    def test_the_back_speaks_before_the_wall(self):
        verdict = wall(ROUNDED, 0.6).verdict
        assert (verdict.outcome, verdict.cue_rule) == ("spine", "4")
        assert verdict.headline == HEADLINES["spine"]

    def test_a_touch_does_not_make_rounding_a_hinge(self):
        j = wall(ROUNDED, 0.0)
        assert j.grades()["11"] == "pass"
        assert j.verdict.outcome == "spine"

    def test_down_speaks_before_the_wall(self):
        verdict = wall(SQUAT, 0.6).verdict
        assert (verdict.outcome, verdict.cue_rule) == ("squat", "2")
