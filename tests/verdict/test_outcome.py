"""Outcomes, cues, praise and what is not told: the clinical fixtures and more."""

from dataclasses import replace

import pytest

from hiphinge.model import Finding, Measure, QualityCheck, Rep
from hiphinge.verdict import criteria_for, decide_verdict
from hiphinge.verdict.classify import MIN_CERTAINTY, RepView, outcome_of_rep, spread_interval
from hiphinge.verdict.headlines import HEADLINES, PRAISE, SHORT
from tests.synthetic import PERFECT, ROUNDED, SQUAT, SQUATTY, STANDING, STIFF, solve
from tests.verdict.judging import judged

REP = Rep(1, 0, 10, 20, 0.0, 1.0, 2.0, True, True, 60.0)


def finding(rule, grade, *, rep=1, drill="hinge", reason=""):
    spec = criteria_for(drill).rule(rule)
    return Finding(
        rule, spec.label, rep, spec.measure, grade, 1.0, 0.9, 1.1, "", "", spec.tolerance, spec.source, spec.cue, reason
    )


class TestClinicalFixtures:
    """The stick figures at the end of section 6 of the clinical rule set."""

    def test_perfect_hinge_passes_everything(self):
        j = judged(PERFECT, with_masks=True)
        grades = {rule: grade for rule, grade in j.grades().items() if rule in j.criteria.judged}
        assert set(grades.values()) == {"pass"}
        assert j.verdict.outcome == "hinge"
        assert j.verdict.praise == PRAISE["hinge"]
        assert (j.verdict.cue, j.verdict.cue_rule) == ("", "")
        assert j.verdict.headline == HEADLINES["hinge"]

    def test_rounded_passes_travel_and_fails_the_back(self):
        j = judged(ROUNDED)
        grades = j.grades()
        assert (grades["1"], grades["2"], grades["4"], grades["4c"]) == ("pass", "pass", "fail", "fail")
        assert j.verdict.outcome == "spine"
        assert j.verdict.cue_rule == "4"
        assert j.verdict.cue == "Make your back a long table top; stop where it starts to curl."
        assert j.verdict.praise == ""

    def test_squat(self):
        j = judged(SQUAT)
        grades = j.grades()
        assert (grades["1"], grades["2"], grades["8"], grades["9"]) == ("pass", "fail", "fail", "fail")
        assert j.verdict.outcome == "squat"
        assert j.verdict.cue_rule == "2"

    def test_squatty_hinge(self):
        grades = judged(SQUATTY).grades()
        assert (grades["2"], grades["9"]) == ("caution", "caution")
        assert judged(SQUATTY).verdict.outcome != "squat"

    def test_stiff_knee_bow(self):
        j = judged(STIFF)
        grades = j.grades()
        # Rule 7 has no line of failing under straight knees in the table of rules: below pass is caution.
        assert (grades["7"], grades["8"]) == ("caution", "pass")
        assert j.value("shank_lean") == pytest.approx(-11, abs=0.5)
        assert j.verdict.cue_rule == "7"
        assert j.verdict.outcome == "hinge"


@pytest.mark.parametrize(
    ("posture", "outcome"),
    [
        (solve(knee=20, lean=60, lumbar=15), "hinge"),
        (solve(knee=20, lean=75, lumbar=25), "hinge"),
        (solve(knee=10, lean=60, lumbar=28), "mixed"),  # a share of 55 to 60 %
        (solve(knee=5, lean=50, lumbar=30), "spine"),  # a share under 50 % with more than 25 degrees
        (solve(knee=5, lean=85, lumbar=45), "spine"),  # rule 4 fails, whatever the share
        (solve(knee=90, lean=50), "squat"),
    ],
)
def test_outcome_of_a_hinge_drill(posture, outcome):
    assert judged(posture, half_deg=1.0).verdict.outcome == outcome


def test_an_outcome_is_told_where_it_is_twice_as_likely_as_the_rest():
    posture = solve(knee=20, lean=60, lumbar=26)  # a hinge up to 28 degrees, the back from 35 on
    assert judged(posture, half_deg=2.0).verdict.outcome == "hinge"
    assert judged(posture, half_deg=14.0).verdict.outcome == "mixed"
    assert judged(posture, half_deg=40.0).verdict.outcome == "cannot_tell"
    # The rule itself asks for more: its whole interval.
    assert judged(posture, half_deg=14.0).grades()["4"] == "cannot_tell"


def told(name, value, half, *, rep=1, unit="°"):
    return Measure(name, "", rep, value, value - half, value + half, unit, "good", "")


def rep_view(lumbar, pelvis, *, half=2.0, knee=20.0, travel=True, **grades):
    measures = [told("lumbar_flexion", lumbar, half), told("pelvis_tilt", pelvis, half)]
    if travel:
        measures.append(told("hip_back", 0.7, 0.1, unit="FL"))
        grades = {"r1": "pass"} | grades
    if knee is not None:
        measures.append(told("knee_flexion", knee, 6.0))
    found = [finding(rule.lstrip("r"), grade) for rule, grade in grades.items()]
    return RepView(1, measures, found)


@pytest.mark.parametrize(
    ("view", "outcome"),
    [
        (rep_view(10, 50), "hinge"),
        (rep_view(10, 50, travel=False), "cannot_tell"),  # whether the hips went back was not seen
        (rep_view(50, 80, travel=False), "spine"),
        (rep_view(10, 50, r2="fail"), "mixed"),
        (rep_view(28, 38), "mixed"),
        (rep_view(30, 20), "spine"),
        (rep_view(50, 80), "spine"),
        (rep_view(20, 15), "mixed"),  # the share of an ordinary bend, but little of it
        (rep_view(-5, 5), "cannot_tell"),  # the trunk does not turn
        (rep_view(31, 39, half=30), "cannot_tell"),
        (rep_view(10, 50, knee=None), "cannot_tell"),  # it might have been a squat
        (rep_view(50, 80, knee=None), "cannot_tell"),
    ],
)
def test_classification_of_one_rep(view, outcome):
    assert outcome_of_rep(view, criteria_for("hinge")) == outcome


@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        ((), "cannot_tell"),
        ((told("knee_flexion", 20.0, 6.0),), "hinge"),
        ((told("knee_flexion", 53.0, 6.0),), "hinge"),
        ((told("knee_flexion", 55.0, 6.0),), "cannot_tell"),  # may be over 60 degrees
        ((told("knee_flexion", 55.0, 6.0), told("drop_per_back", 0.2, 0.1, unit="")), "hinge"),
        ((told("drop_per_back", 0.2, 0.1, unit=""),), "hinge"),
        ((told("knee_flexion", 20.0, 6.0), told("drop_per_back", 0.2, 0.1, unit="")), "hinge"),
    ],
)
def test_a_hinge_needs_knee_or_drop_to_rule_a_squat_out(known, outcome):
    base = rep_view(10, 50, knee=None)
    assert (
        outcome_of_rep(RepView(1, [*base._measures.values(), *known], [finding("1", "pass")]), criteria_for("hinge"))
        == outcome
    )


@pytest.mark.parametrize(("ratio", "outcome"), [(1.1, "squat"), (1.6, "cannot_tell")])
def test_a_squat_without_a_place_to_count_from_is_told_by_hip_and_knee(ratio, outcome):
    base = rep_view(10, 50, knee=80.0)
    view = RepView(1, [*base._measures.values(), told("hip_per_knee", ratio, 0.2, unit="")], [])
    assert outcome_of_rep(view, criteria_for("hinge")) == outcome


#: In a bend of 80 degrees lumbar flexion is a hinge up to 32 (a share of 60 %) and spine over 35 (rule 4).
@pytest.mark.parametrize(
    ("lumbar", "half", "outcome"),
    [
        (25, 2, "hinge"),
        (25, 20, "hinge"),  # up to 32: 72 % of the interval
        (29, 20, "mixed"),  # hinge 60 %, mixed 9 %: together two thirds
        (33.5, 1, "mixed"),  # mixed alone
        (35, 3, "mixed"),  # spine 50 %, mixed 45 %
        (36, 8, "mixed"),  # spine 58 %, mixed 22 %
        (41, 8, "spine"),  # 89 %
        (36, 40, "cannot_tell"),  # hinge 43 %, spine 52 %, mixed too little to stand between
    ],
)
def test_the_whole_interval_is_classified(lumbar, half, outcome):
    assert outcome_of_rep(rep_view(lumbar, 80 - lumbar, half=half), criteria_for("hinge")) == outcome


def test_certainty_is_two_thirds_of_the_interval():
    # 32 degrees are the last hinge here; two thirds of a normal distribution lie under its mean + 0.43 deviations.
    assert pytest.approx(2 / 3) == MIN_CERTAINTY
    edge = 0.4307 * 10.0 / 1.645
    for shift, outcome in ((-0.4, "hinge"), (0.4, "mixed")):
        view = rep_view(32 - edge + shift, 48 + edge - shift, half=10.0)
        assert outcome_of_rep(view, criteria_for("hinge")) == outcome


def test_travel_that_is_not_met_is_no_hinge():
    short = [Measure("hip_back", "", 1, 0.2, 0.15, 0.25, "FL", "good", "")]
    view = rep_view(10, 50, r1="fail")
    full = RepView(1, [*view._measures.values(), *short], [finding("1", "fail")])
    assert outcome_of_rep(full, criteria_for("hinge")) == "mixed"


def test_spread_interval_is_normal_on_either_side():
    values = spread_interval(10.0, 4.0, 20.0)
    assert values[len(values) // 2] == pytest.approx(10.0)
    assert sum(4.0 <= v <= 20.0 for v in values) / len(values) == pytest.approx(0.90, abs=0.02)
    assert list(values) == sorted(values)
    assert spread_interval(3.0, 3.0, 3.0) == pytest.approx((3.0,) * len(values))


def test_a_wide_interval_on_a_clear_case_still_tells():
    assert judged(PERFECT, half_deg=10.0).verdict.outcome == "hinge"


def test_no_bend():
    small = solve(knee=3, lean=12)
    j = judged(small)
    assert j.reps == ()
    assert j.verdict.outcome == "no_bend"
    assert j.verdict.reasons == ("No forward bend of 20° or more was seen.",)
    assert j.verdict.cue == j.verdict.praise == ""


@pytest.mark.parametrize(("lumbar", "outcome"), [(12, "hips_first"), (33, "typical"), (50, "back_first")])
def test_toe_touch(lumbar, outcome):
    j = judged(solve(knee=5, lean=70, lumbar=lumbar), drill="toe_touch", arms="hanging", half_deg=2.0)
    assert j.verdict.outcome == outcome
    assert j.verdict.headline == HEADLINES[outcome]


def test_toe_touch_looks_at_the_first_60_degrees():
    # The lumbar spine comes late: hips first, though at the bottom the back has done its half.
    deep = solve(knee=5, lean=105, lumbar=62)
    j = judged(deep, drill="toe_touch", arms="hanging", lumbar_power=3.5, half_deg=2.0)
    assert j.value("hip_share") < 65
    assert j.verdict.outcome == "hips_first"


def test_toe_touch_with_a_wide_interval_cannot_tell():
    j = judged(solve(knee=5, lean=60, lumbar=30), drill="toe_touch", half_deg=14.0)
    assert j.verdict.outcome == "cannot_tell"
    assert j.verdict.reasons[0] == (
        "It may be that the hips went first, or that hips and back moved together, or that the back went first: of the "
        "first 60° of the bend the hips did 37 to 77 %; under 45 % the back goes first, from 65 % on the hips do. The "
        "estimate is too wide to say which; that is no fault of your bend."
    )


def test_a_hinge_with_a_wide_interval_names_the_answers_that_are_left():
    j = judged(solve(knee=12, lean=80, lumbar=36), half_deg=40.0)
    assert j.verdict.outcome == "cannot_tell"
    assert j.verdict.reasons[0].startswith(
        "It may be that the hips did most of the bending, or that the back did much of it: the lower back bent by "
        "−4 to 76°"
    )


def test_reach_never_fails_anyone():
    j = judged(solve(knee=5, lean=40, lumbar=15), drill="toe_touch", arms="hanging")
    assert {grade for rule, grade in j.grades().items() if rule in j.criteria.judged} == {"pass"}
    assert j.verdict.cue == ""


def tilt(pelvis, lumbar):
    return replace(STANDING, pelvis=pelvis, lumbar=lumbar)


@pytest.mark.parametrize(("back_deg", "outcome"), [(-14, "pelvis_tilts"), (-11, "pelvis_tilts"), (-7, "cannot_tell")])
def test_pelvic_tilt(back_deg, outcome):
    j = judged(tilt(back_deg, -back_deg), drill="pelvic_tilt", half_deg=2.0)
    assert len(j.reps) == 2
    assert j.verdict.outcome == outcome


def tilt_view(*, trunk=(0.0, 1.5), thigh=(0.0, 4.0), lumbar=(14.0, 3.0)):
    pairs = (("trunk_change", trunk), ("thigh_change", thigh), ("ribs_pelvis_range", lumbar))
    return [told(name, *pair) for name, pair in pairs if pair is not None]


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pelvis_tilts"),
        ({"trunk": (11.0, 1.5)}, "pelvis_tilts"),  # past the line, but not with its whole interval
        ({"trunk": (12.0, 1.5)}, "cannot_tell"),
        ({"trunk": (-12.0, 1.5)}, "cannot_tell"),
        ({"thigh": (13.0, 4.0)}, "pelvis_tilts"),
        ({"thigh": (-15.0, 4.0)}, "cannot_tell"),
        ({"thigh": None}, "pelvis_tilts"),  # thighs that were not seen say nothing
        ({"lumbar": (1.0, 2.0)}, "no_tilt"),
        ({"lumbar": (1.0, 2.0), "trunk": (30.0, 1.5)}, "cannot_tell"),
    ],
)
def test_a_pelvic_tilt_with_trunk_or_thighs_along_is_none(changed, outcome):
    verdict = decide_verdict((REP,), tilt_view(**changed), [], (), criteria_for("pelvic_tilt"))
    assert verdict.outcome == outcome
    assert ("not a pelvic tilt" in verdict.reasons[0]) == (outcome == "cannot_tell")


def test_a_bow_with_a_tucked_pelvis_is_no_pelvic_tilt_and_says_why():
    bow = replace(STANDING, pelvis=-14, lumbar=74)
    j = judged(bow, drill="pelvic_tilt", half_deg=2.0)
    assert bow.lean - STANDING.lean > 25
    assert j.verdict.outcome == "cannot_tell"
    assert "the trunk moved by" in j.verdict.reasons[0]
    assert "a bend, not a pelvic tilt" in j.verdict.reasons[0]
    sit = replace(STANDING, pelvis=-14, lumbar=14, thigh=STANDING.thigh - 30, shank=STANDING.shank + 15)
    sitting = judged(sit, drill="pelvic_tilt", half_deg=2.0)
    assert sitting.verdict.outcome == "cannot_tell"
    assert "the thighs moved by" in sitting.verdict.reasons[0]


def test_no_pelvic_tilt():
    j = judged(tilt(-0.5, 0.5), drill="pelvic_tilt", half_deg=2.0)
    assert j.verdict.outcome == "cannot_tell"  # a tilt may be smaller than what is read as one
    assert j.verdict.reasons == ("No tilt was read that is larger than the interval.",)


def test_a_tie_is_mixed_and_with_cannot_tell_it_is_that():
    assert judged((PERFECT, ROUNDED), half_deg=1.0).verdict.outcome == "mixed"
    assert judged((PERFECT, PERFECT, ROUNDED), half_deg=1.0).verdict.outcome == "hinge"


def test_reasons_give_every_rep_with_its_interval():
    reasons = judged((PERFECT, ROUNDED), half_deg=2.0).verdict.reasons
    assert len(reasons) == 2
    assert reasons[0].startswith("Rep 1: the hips did most of the bending")
    assert "lumbar flexion 40° (38 to 42)" in reasons[1]


def test_words_exist_for_every_outcome():
    assert set(HEADLINES) == set(SHORT)
    assert set(PRAISE) <= set(HEADLINES)
    for words in (*HEADLINES.values(), *PRAISE.values(), *SHORT.values()):
        for never in ("wrong", "damage", "unstable", "prevents injury", "cures"):
            assert never not in words.lower()


def verdict_of(findings, *, drill="hinge", reps=(REP,), quality=()):
    usual = (
        ("lumbar_flexion", 10.0, 2.0), ("pelvis_tilt", 50.0, 2.0), ("knee_flexion", 20.0, 6.0), ("hip_back", 0.5, 0.1),
    )  # fmt: skip
    measures = [told(name, value, half, rep=r.number) for r in reps for name, value, half in usual]
    return decide_verdict(reps, measures, findings, quality, criteria_for(drill))


class TestCue:
    PRECEDENCE = ("4", "4d", "2", "9", "1", "1b", "3", "7", "8", "6", "10")

    @pytest.mark.parametrize("k", range(len(PRECEDENCE) - 1))
    def test_the_highest_rule_that_is_not_met_speaks(self, k):
        higher, lower = self.PRECEDENCE[k], self.PRECEDENCE[k + 1]
        verdict = verdict_of([finding(lower, "fail"), finding(higher, "fail")])
        assert verdict.cue_rule == higher
        assert verdict.cue == criteria_for("hinge").rule(higher).cue
        assert verdict.praise == ""

    def test_load_comes_after_up_and_down_and_before_travel(self):
        for rules, speaks in ((("2", "13"), "2"), (("13", "1"), "13")):
            found = [finding(rule, "fail", drill="goat_bag") for rule in rules]
            assert verdict_of(found, drill="goat_bag").cue_rule == speaks

    def test_a_rule_not_met_speaks_before_a_caution_of_a_higher_one(self):
        assert verdict_of([finding("4", "caution"), finding("7", "fail")]).cue_rule == "7"

    def test_a_caution_speaks_when_nothing_fails(self):
        assert verdict_of([finding("7", "caution"), finding("6", "caution")]).cue_rule == "7"

    def test_a_single_slip_in_many_reps_gives_no_cue(self):
        reps = tuple(replace(REP, number=k) for k in range(1, 6))
        found = [finding("4", "fail" if k == 1 else "pass", rep=k) for k in range(1, 6)]
        found += [finding("1", "pass", rep=k) for k in range(1, 6)]
        verdict = verdict_of(found, reps=reps)
        assert verdict.cue_rule == ""
        assert verdict.praise

    def test_half_of_the_reps_is_enough(self):
        reps = tuple(replace(REP, number=k) for k in range(1, 5))
        found = [finding("4", "fail" if k <= 2 else "pass", rep=k) for k in range(1, 5)]
        assert verdict_of(found, reps=reps).cue_rule == "4"

    def test_explaining_and_reported_rules_never_speak(self):
        assert verdict_of([finding("4c", "fail"), finding("2b", "fail")]).cue_rule == ""
        assert verdict_of([finding("4", "reported", drill="toe_touch")], drill="toe_touch").cue_rule == ""

    def test_precedence_of_the_same_step_is_one_cue(self):
        assert verdict_of([finding("7", "fail"), finding("7b", "fail")]).cue_rule in ("7", "7b")


CHECK = QualityCheck(
    "side_on", "turned out of the side view", 65.0, "°", "≤ 20°", "≤ 40°", "cannot_tell", ("all",), "Turn side-on."
)


class TestNotTold:
    def test_a_view_that_blocks_everything_gives_no_verdict_but_its_advice(self):
        verdict = verdict_of([finding("4", "fail")], quality=(CHECK,))
        assert (verdict.outcome, verdict.cue_rule, verdict.cue) == ("cannot_tell", "0", "Turn side-on.")
        assert verdict.reasons == ("turned out of the side view: 65°. Turn side-on.",)
        assert verdict.not_told[0] == "turned out of the side view: Turn side-on."
        assert verdict.praise == ""

    def test_a_blocked_view_without_reps_is_not_no_bend(self):
        assert verdict_of([], reps=(), quality=(CHECK,)).outcome == "cannot_tell"

    def test_what_was_not_seen_says_so(self):
        unseen = replace(CHECK, value=None)
        assert verdict_of([], quality=(unseen,)).reasons[0].startswith("turned out of the side view: not seen.")

    def test_a_check_of_one_measure_does_not_block_the_rest(self):
        verdict = verdict_of([finding("1", "pass")], quality=(replace(CHECK, affects=("hip_back",)),))
        assert verdict.outcome != "cannot_tell"
        assert verdict.not_told == ("turned out of the side view: Turn side-on.",)

    def test_a_check_of_something_else_is_no_reason_for_not_telling(self):
        other = replace(CHECK, label="reps seen", affects=("hip_back",))
        verdict = decide_verdict((REP,), [], [], (other,), criteria_for("hinge"))
        assert verdict.outcome == "cannot_tell"
        assert not any(reason.startswith("reps seen") for reason in verdict.reasons)

    def test_rules_that_cannot_be_told_are_listed_once_with_their_reps(self):
        reps = (REP, replace(REP, number=2))
        found = [finding("4", "cannot_tell", rep=k, reason="The back is hidden.") for k in (1, 2)]
        assert verdict_of(found, reps=reps).not_told == ("back flat (rep 1, 2): The back is hidden.",)

    def test_reps_with_other_reasons_keep_their_own(self):
        reps = (REP, replace(REP, number=2))
        found = [finding("4", "cannot_tell", rep=k, reason=f"Reason {k}.") for k in (1, 2)]
        told = verdict_of(found, reps=reps).not_told
        assert told == ("back flat (rep 1): Reason 1.", "back flat (rep 2): Reason 2.")

    def test_a_rep_without_hip_and_back_cannot_be_told(self):
        verdict = decide_verdict((REP,), [], [], (replace(CHECK, affects=("lumbar_flexion",)),), criteria_for("hinge"))
        assert verdict.outcome == "cannot_tell"
        assert verdict.cue == "Turn side-on."
        assert verdict.reasons[0] == "turned out of the side view: 65°. Turn side-on."
        assert "lumbar flexion not told" in verdict.reasons[1]

    def test_an_open_answer_gets_the_advice_of_what_widens_it(self):
        weak = replace(
            CHECK, name="still_stand", grade="usable", affects=("lumbar_flexion",), advice="Stand still first."
        )
        other = replace(weak, name="cuts", affects=("lean_spread",), advice="Film in one go.")
        j = judged(solve(knee=12, lean=80, lumbar=36), half_deg=40.0)
        verdict = decide_verdict(j.reps, j.measures, j.findings, (other, weak), j.criteria)
        assert (verdict.outcome, verdict.cue, verdict.cue_rule) == ("cannot_tell", "Stand still first.", "0")

    def test_figures_of_the_view_are_whole_degrees_and_percents(self):
        for value, unit, shown in (
            (80.27, "°", "80°"),
            (17.6, " % of the picture's height", "18 %"),
            (3.5, " /s", "3.5 /s"),
        ):
            check = replace(CHECK, value=value, unit=unit)
            assert f": {shown}" in verdict_of([], quality=(check,)).reasons[0]
