from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.model import Measure
from hiphinge.verdict import criteria_for, judge
from hiphinge.verdict.criteria import Limits
from hiphinge.verdict.judge import grade_value

MAX = Limits(pass_hi=20, fail_hi=35)
MIN = Limits(pass_lo=0.60, fail_lo=0.35)
BOTH = Limits(pass_lo=-12, pass_hi=8, fail_hi=15)


@pytest.mark.parametrize(
    ("value", "half", "limits", "grade"),
    [
        (10, 3, MAX, "pass"),
        (20, 3, MAX, "pass"),  # on the line
        (22, 3, MAX, "caution"),
        (34, 3, MAX, "caution"),  # reaches over the line of failing, but the whole interval is not past it
        (37, 3, MAX, "caution"),
        (39, 3, MAX, "fail"),
        (18, 4, MAX, "pass"),  # reaches into caution: the value decides
        (28, 9, MAX, "cannot_tell"),  # 19 to 37: from pass to fail
        (10, 30, MAX, "cannot_tell"),
        (0.70, 0.05, MIN, "pass"),
        (0.50, 0.05, MIN, "caution"),
        (0.30, 0.04, MIN, "fail"),
        (0.34, 0.04, MIN, "caution"),
        (0.50, 0.20, MIN, "cannot_tell"),
        (-11, 2, BOTH, "pass"),
        (-16, 2, BOTH, "caution"),
        (10, 1, BOTH, "caution"),
        (20, 2, BOTH, "fail"),
        (-40, 2, BOTH, "caution"),  # no line of failing on this side
    ],
)
def test_grade_of_a_value_with_its_interval(value, half, limits, grade):
    assert grade_value(value, value - half, value + half, limits) == grade


@pytest.mark.parametrize(
    ("value", "before", "grade"),
    [
        (23, None, "caution"),
        (23, "pass", "pass"),  # 3 past the line, less than the tolerance of 5
        (26, "pass", "caution"),
        (17, "caution", "caution"),
        (14, "caution", "pass"),
        (17, "fail", "caution"),
        (17, None, "pass"),
        (17, "cannot_tell", "pass"),
        (40, "pass", "fail"),  # failing needs no more than the interval past the line
    ],
)
def test_hysteresis_keeps_the_grade_of_the_rep_before(value, before, grade):
    assert grade_value(value, value - 2, value + 2, MAX, tolerance=5.0, before=before) == grade


@settings(deadline=None, max_examples=200)
@given(
    value=st.floats(-100, 100), lower=st.floats(0, 40), upper=st.floats(0, 40),
    pass_hi=st.floats(-50, 50), gap=st.floats(0, 30), tolerance=st.floats(0, 10),
    before=st.sampled_from([None, "pass", "caution", "fail"]),
)  # fmt: skip
def test_a_rule_never_fails_or_passes_against_its_interval(value, lower, upper, pass_hi, gap, tolerance, before):
    limits = Limits(pass_hi=pass_hi, fail_hi=pass_hi + gap)
    lo, hi = value - lower, value + upper
    grade = grade_value(value, lo, hi, limits, tolerance=tolerance, before=before)
    assert (grade == "fail") == (lo > limits.fail_hi)
    if grade == "pass":
        assert value <= pass_hi + tolerance
    if lo <= pass_hi and hi > limits.fail_hi:
        assert grade == "cannot_tell"


@settings(deadline=None, max_examples=100)
@given(value=st.floats(-50, 50), half=st.floats(0, 20), flip=st.sampled_from([None, "pass", "caution"]))
def test_grading_is_the_same_upside_down(value, half, flip):
    up = grade_value(value, value - half, value + half, Limits(pass_hi=10, fail_hi=20), tolerance=3, before=flip)
    down = grade_value(-value, -value - half, -value + half, Limits(pass_lo=-10, fail_lo=-20), tolerance=3, before=flip)
    assert up == down


def measure(name, value, *, rep=1, half=1.0, reason=""):
    if value is None:
        return Measure(name, name, rep, None, None, None, "°", "cannot_tell", reason)
    return Measure(name, name, rep, value, value - half, value + half, "°", "good", "")


def test_judge_applies_each_rule_of_the_drill_once_per_rep():
    findings = judge([measure("lumbar_flexion", 10), measure("lumbar_flexion", 50, rep=2)], criteria_for("hinge"))
    assert [(f.rule, f.rep, f.grade) for f in findings] == [("4", 1, "pass"), ("4", 2, "fail")]
    failed = findings[1]
    assert failed.cue.startswith("Make your back a long table top")
    assert failed.limits == "pass ≤ 20°, not met > 35°"
    assert (failed.value, failed.lo, failed.hi, failed.tolerance) == (50, 49, 51, 5)
    assert failed.source
    assert findings[0].cue == ""


def test_judge_carries_hysteresis_from_rep_to_rep_past_a_rep_that_was_not_told():
    values = [measure("lumbar_flexion", v, rep=k) for k, v in enumerate((18, None, 23, 27, 17), 1)]
    grades = [f.grade for f in judge(values, criteria_for("hinge"))]
    assert grades == ["pass", "cannot_tell", "pass", "caution", "caution"]


def test_judge_says_why_it_cannot_tell():
    unseen = judge([measure("lumbar_flexion", None, reason="The back is hidden.")], criteria_for("hinge"))[0]
    assert (unseen.grade, unseen.reason) == ("cannot_tell", "The back is hidden.")
    spanning = judge([measure("lumbar_flexion", 25, half=12)], criteria_for("hinge"))[0]
    assert spanning.grade == "cannot_tell"
    assert "interval" in spanning.reason


def test_a_rule_that_the_drill_only_reports_is_not_judged_and_gives_no_cue():
    finding = judge([measure("lumbar_flexion", 50)], criteria_for("toe_touch"))[0]
    assert (finding.grade, finding.cue) == ("reported", "")


def test_explaining_rules_are_graded_but_give_no_cue():
    finding = judge([measure("lumbar_share", 60)], criteria_for("hinge"))[0]
    assert (finding.rule, finding.grade, finding.cue) == ("4c", "fail", "")


def test_a_measure_of_the_set_is_judged_without_a_rep():
    finding = judge([measure("lean_spread", 9, rep=None)], criteria_for("hinge"))[0]
    assert (finding.rule, finding.rep) == ("14r", None)


@pytest.mark.parametrize(
    ("limits", "unit", "words"),
    [
        (Limits(pass_lo=50, pass_hi=80, fail_lo=40), "°", "pass 50 to 80°, not met < 40°"),
        (Limits(pass_lo=0.6, fail_lo=0.35), "FL", "pass ≥ 0.6 FL, not met < 0.35 FL"),
        (Limits(pass_hi=40), "%", "pass ≤ 40%"),
        (Limits(), "°", ""),
        (Limits(fail_lo=-inf, fail_hi=1), "", "not met > 1"),
    ],
)
def test_limits_in_words(limits, unit, words):
    assert limits.describe(unit) == words


def test_what_explains_a_hinge_is_shown_and_not_judged_where_no_hinge_is_asked_for():
    for drill in ("toe_touch", "rounding"):
        finding = judge([measure("lumbar_share", 60)], criteria_for(drill))
        assert {one.grade for one in finding if one.rule == "4c"} <= {"reported"}
    (share,) = (one for one in judge([measure("lumbar_share", 60)], criteria_for("toe_touch")) if one.rule == "4c")
    assert share.grade == "reported"
