"""An ideal rep of each drill passes its drill (clinical rule set, section 5.5), and its own faults do not."""

from dataclasses import replace

import pytest

from hiphinge.clip.analyse import find_own_maximum
from hiphinge.verdict import decide_verdict
from hiphinge.verdict.headlines import HEADLINES, PRAISE
from tests.synthetic import ROUNDED, STANDING, solve
from tests.verdict.judging import judged

#: Drill -> (posture by the balance model, where the hands are).
IDEAL = {
    "wall": (solve(knee=20, lean=55, lumbar=6), "crossed"),
    "hinge": (solve(knee=20, lean=60, lumbar=8), "crossed"),
    "goat_bag": (solve(knee=30, lean=60, lumbar=8), "hug"),
    "upper_back": (solve(knee=20, lean=55, lumbar=8), "upper_back"),
    "pull_through": (solve(knee=20, lean=65, lumbar=8), "behind_knees"),
    "deadlift": (solve(knee=39, lean=60, lumbar=12), "mid_foot"),
}
#: A pull from the floor: a bar of half of the body's mass at 22.5 cm, the other end of the deadlift's range.
FLOOR = (solve(knee=69, lean=70, lumbar=12, load=0.5), "mid_foot")


@pytest.mark.parametrize("drill", IDEAL)
def test_an_ideal_rep_passes_its_drill(drill):
    posture, arms = IDEAL[drill]
    j = judged(posture, drill=drill, arms=arms, with_masks=True, half_deg=3.0)
    for rep in (1, 2):
        assert {r: g for r, g in j.grades(rep).items() if r in j.criteria.judged and g != "pass"} == {}
    assert j.verdict.outcome == "hinge"
    assert j.verdict.praise
    assert j.verdict.cue == ""


def test_a_deadlift_from_the_floor_passes():
    posture, arms = FLOOR
    j = judged(posture, drill="deadlift", arms=arms, with_masks=True)
    assert {r: g for r, g in j.grades().items() if r in j.criteria.judged and g != "pass"} == {}
    assert j.verdict.outcome == "hinge"


def test_an_ideal_toe_touch_and_pelvic_tilt_pass():
    touch = judged(solve(knee=8, lean=95, lumbar=30, thoracic=15), drill="toe_touch", arms="hanging", half_deg=2.0)
    assert {g for r, g in touch.grades().items() if r in touch.criteria.judged} == {"pass"}
    assert touch.verdict.outcome == "hips_first"
    tilt = judged(replace(STANDING, pelvis=-14, lumbar=14), drill="pelvic_tilt", half_deg=2.0)
    assert {g for r, g in tilt.grades().items() if r in tilt.criteria.judged} == {"pass"}
    assert tilt.verdict.outcome == "pelvis_tilts"


@pytest.mark.parametrize("drill", IDEAL)
def test_a_rounded_back_fails_every_hinge_drill(drill):
    j = judged(ROUNDED, drill=drill, arms=IDEAL[drill][1])
    assert j.grades()["4"] == "fail"
    assert j.verdict.outcome == "spine"
    assert j.verdict.cue_rule == "4"


@pytest.mark.parametrize("drill", ["toe_touch", "pelvic_tilt", "rounding"])
def test_a_screen_does_not_judge_the_back(drill):
    posture = ROUNDED if drill != "pelvic_tilt" else replace(STANDING, pelvis=-40, lumbar=40)
    j = judged(posture, drill=drill)
    assert j.grades()["4"] == "reported"
    assert j.finding("4").value == pytest.approx(40, abs=1)


def test_the_wall_hinge_does_not_judge_lean_or_travel():
    shallow = solve(knee=15, lean=35)
    assert judged(shallow, drill="wall").grades()["3"] == "reported"
    assert judged(shallow, drill="wall").verdict.outcome == "hinge"
    assert judged(shallow, drill="hinge").grades()["3"] == "fail"


def test_hands_out_of_place_get_the_drills_own_cue():
    posture, _ = IDEAL["goat_bag"]
    j = judged(posture, drill="goat_bag", arms="hanging")
    assert j.grades()["13"] == "fail"
    assert j.verdict.cue == "Hug the bell into the top of your belly."
    upper = judged(IDEAL["upper_back"][0], drill="upper_back", arms="hanging")
    assert upper.verdict.cue == "Hold the load on the upper back, below the neck."


def test_arms_crossed_do_not_pass_a_drill_with_the_load_on_the_upper_back():
    j = judged(IDEAL["upper_back"][0], drill="upper_back", arms="crossed")
    assert j.grades()["13"] == "caution"
    assert j.verdict.cue_rule == "13"
    assert j.verdict.praise == ""


def test_a_squat_in_a_deadlift_is_a_squat():
    assert judged(solve(knee=110, lean=40), drill="deadlift", arms="mid_foot").verdict.outcome == "squat"


class TestRounding:
    """Comfortable rounding on purpose: a reference is taken, nothing about the back is judged."""

    def test_the_reference_is_taken_whatever_leads(self):
        j = judged(ROUNDED, drill="rounding", half_deg=3.0)
        assert j.verdict.outcome == "reference_taken"
        assert j.verdict.headline == HEADLINES["reference_taken"]
        assert j.verdict.praise == PRAISE["reference_taken"]
        assert (j.verdict.cue, j.verdict.cue_rule) == ("", "")
        assert all("taken as the reference" in line for line in j.verdict.reasons)
        assert {r: g for r, g in j.grades().items() if r in j.criteria.judged} == {"10": "pass", "10p": "pass"}

    def test_it_is_the_scale_of_later_bends(self):
        found = find_own_maximum(judged(ROUNDED, drill="rounding", half_deg=3.0).measures)
        later = judged(solve(knee=15, lean=60, lumbar=20), own_maximum_deg=found)
        assert later.value("lumbar_of_own_maximum") == pytest.approx(50, abs=2)

    def test_one_rep_that_rounds_is_enough(self):
        j = judged((solve(knee=10, lean=40, lumbar=2), ROUNDED), drill="rounding", half_deg=3.0)
        assert j.verdict.outcome == "reference_taken"
        assert "too little" in j.verdict.reasons[0]
        assert "taken as the reference" in j.verdict.reasons[1]

    def test_a_back_that_hardly_rounds_is_no_reference(self):
        j = judged(solve(knee=10, lean=50, lumbar=8), drill="rounding", half_deg=3.0)
        assert j.verdict.outcome == "cannot_tell"
        assert j.verdict.cue.startswith("Round a little further, but only as far as it is comfortable")
        assert j.verdict.praise == ""
        assert "too little" in j.verdict.reasons[0]

    def test_an_angle_that_is_too_wide_is_no_reference(self):
        assert judged(ROUNDED, drill="rounding", half_deg=35.0).verdict.outcome == "cannot_tell"

    def test_feet_that_moved_are_said(self):
        j = judged(ROUNDED, drill="rounding")
        moved = [replace(f, grade="fail", cue="Press.") if f.rule == "10" else f for f in j.findings]
        verdict = decide_verdict(j.reps, j.measures, moved, (), j.criteria)
        assert (verdict.outcome, verdict.cue_rule, verdict.cue) == ("reference_taken", "10", "Press.")

    def test_standing_is_no_bend(self):
        assert judged(STANDING, drill="rounding").verdict.outcome == "no_bend"
