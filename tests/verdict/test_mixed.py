"""What a mixed answer rests on: "shared" only where the back did its part; every other case is called what it is."""

import pytest

from hiphinge.model import Finding, Measure, QualityCheck, Rep
from hiphinge.report.words import OUTCOME_WORDS, badge_text
from hiphinge.verdict import criteria_for, decide_verdict
from hiphinge.verdict.classify import RepView, outcome_of_rep
from hiphinge.verdict.headlines import (
    BACK_OPEN,
    BACK_UNTOLD,
    HEADLINES,
    LED_BUT_DOWN,
    LED_OR_SHARED,
    MIXED_BADGES,
    REPS_DIFFER,
    SHARED_SMALL,
    SHORT_OF_BACK,
    SHORT_OF_WALL,
    WALL_UNTOLD,
)
from hiphinge.verdict.mixed import head_of_mixed, words_of_mixed
from tests.synthetic import PERFECT, ROUNDED
from tests.verdict.judging import judged


def rep(lumbar, pelvis, *, half=2.0, back=0.7, drill="hinge", number=1, **grades):
    told = {"lumbar_flexion": (lumbar, half), "pelvis_tilt": (pelvis, half), "knee_flexion": (20.0, 6.0)}
    if back is not None:
        told["hip_back"] = (back, 0.05)
    measures = [Measure(name, "", number, v, v - h, v + h, "°", "good", "") for name, (v, h) in told.items()]
    found = []
    for rule, grade in grades.items():
        spec = criteria_for(drill).rule(rule.lstrip("r"))
        found.append(
            Finding(spec.rule, "", number, spec.measure, grade, None, None, None, "", "", 0.0, "", spec.cue, "")
        )
    return RepView(number, measures, found)


def head_of(*reps, drill="hinge"):
    criteria = criteria_for(drill)
    outcomes = [outcome_of_rep(one, criteria) for one in reps]
    assert "mixed" in outcomes
    return head_of_mixed(reps, outcomes, criteria)


@pytest.mark.parametrize(
    ("one", "headline", "badge"),
    [
        (rep(8, 60, r1="fail", r4="pass"), SHORT_OF_BACK, "The hips led"),
        (rep(8, 60, r1="cannot_tell", r4="pass"), BACK_UNTOLD, "The hips led"),
        (rep(8, 60, r1="pass", r2="fail", r4="pass"), LED_BUT_DOWN, "The hips led"),
        (rep(8, 60, r1="fail", r2="fail", r4="pass"), LED_BUT_DOWN, "The hips led"),
        (rep(30, 36, r1="pass", r4="caution"), HEADLINES["mixed"], OUTCOME_WORDS["mixed"]),
        (rep(18, 15, r1="pass", r4="pass"), SHARED_SMALL, "A small, shared bend"),
        (rep(18, 15, r1="pass", r4="cannot_tell"), HEADLINES["mixed"], OUTCOME_WORDS["mixed"]),
        (rep(29, 51, half=20, r1="pass"), LED_OR_SHARED, "Hips led or shared"),
        (rep(36, 44, half=8, r1="pass"), BACK_OPEN, "The back did its part"),
    ],
)
def test_each_kind_of_mixed_has_its_own_words(one, headline, badge):
    assert head_of(one) == headline
    assert badge_text("mixed", headline) == badge


def test_at_the_wall_the_wall_is_named():
    assert head_of(rep(8, 60, back=0.2, drill="wall", r11="fail", r2="caution"), drill="wall") == SHORT_OF_WALL
    assert head_of(rep(8, 60, drill="wall", r11="cannot_tell", r2="caution"), drill="wall") == WALL_UNTOLD


def test_a_flat_back_is_never_said_to_have_shared():
    """Rule 4 passes and the hips did most: whatever else was not met, the back is not spoken of."""
    for grades in ({"r1": "fail"}, {"r1": "caution"}, {"r1": "pass", "r2": "fail"}, {"r1": "cannot_tell"}):
        one = rep(8, 60, r4="pass", **grades)
        assert outcome_of_rep(one, criteria_for("hinge")) == "mixed"
        assert "shared" not in head_of(one)
        assert "shared" not in words_of_mixed(one, criteria_for("hinge"))


def test_one_rep_that_is_no_mixed_one_does_not_change_what_the_others_were():
    short = [rep(8, 60, number=k, r1="fail") for k in (1, 2)]
    assert head_of(*short, rep(8, 60, number=3, r1="pass")) == SHORT_OF_BACK
    assert head_of(*short, rep(45, 30, number=3, r1="pass")) == SHORT_OF_BACK


def test_reps_of_different_kinds():
    led, down = rep(8, 60, r1="fail"), rep(8, 60, number=2, r1="pass", r2="fail")
    shared, small = rep(30, 36, r1="pass", r4="caution"), rep(18, 15, number=2, r1="pass", r4="pass")
    assert head_of(led, down) == LED_BUT_DOWN
    assert head_of(shared, small) == HEADLINES["mixed"]
    assert head_of(shared, down) == REPS_DIFFER
    assert head_of(led, rep(8, 60, number=2, r1="pass")) == REPS_DIFFER  # one rep of two is a hinge


def test_a_tie_is_said_as_one():
    verdict = judged((PERFECT, ROUNDED), half_deg=1.0).verdict
    assert (verdict.outcome, verdict.headline) == ("mixed", REPS_DIFFER)
    assert badge_text(verdict.outcome, verdict.headline) == "The reps differ"


def test_badges_are_of_headlines_that_exist_and_never_blame():
    for headline, badge in MIXED_BADGES.items():
        assert badge_text("mixed", headline) == badge
        assert badge_text("hinge", headline) == OUTCOME_WORDS["hinge"]
        for never in ("wrong", "bad", "damage", "fault"):
            assert never not in f"{headline} {badge}".lower()


class TestCannotTell:
    """Why it cannot be told, and what would help; never how somebody moved."""

    REP = Rep(1, 0, 10, 20, 0.0, 1.0, 2.0, True, True, 60.0)

    def verdict(self, missing, *, told=(), reason="The film is too dark.", findings=()):
        known = {"lumbar_flexion": (8.0, 2.0), "pelvis_tilt": (60.0, 2.0), "knee_flexion": (20.0, 6.0), **dict(told)}
        known.pop(missing, None)
        measures = [Measure(name, "", 1, v, v - h, v + h, "°", "good", "") for name, (v, h) in known.items()]
        measures.append(Measure(missing, "", 1, None, None, None, "°", "cannot_tell", reason))
        return decide_verdict((self.REP,), measures, findings, (), criteria_for("hinge"))

    @pytest.mark.parametrize(
        ("missing", "says"),
        [
            ("lumbar_flexion", "How far the lower back bent was not told: The film is too dark."),
            ("pelvis_tilt", "How far the pelvis tilted was not told: The film is too dark."),
            ("hip_back", "How far back the hips went was not told: The film is too dark."),
        ],
    )
    def test_what_was_not_told_is_named_with_its_reason(self, missing, says):
        verdict = self.verdict(missing)
        assert verdict.outcome == "cannot_tell"
        assert verdict.reasons[0] == says

    def test_a_squat_that_cannot_be_ruled_out(self):
        verdict = self.verdict("drop_per_back", told=(("knee_flexion", (58.0, 6.0)),))
        assert verdict.outcome == "cannot_tell"
        assert verdict.reasons[0] == "Whether it was a squat was not told: The film is too dark."

    def test_no_cue_on_moving_is_given(self):
        spec = criteria_for("hinge").rule("7")
        knees = Finding("7", "", 1, spec.measure, "fail", 60.0, 55.0, 65.0, "°", "", 6.0, "", spec.cue, "")
        verdict = self.verdict("lumbar_flexion", findings=(knees,))
        assert (verdict.outcome, verdict.cue, verdict.cue_rule, verdict.praise) == ("cannot_tell", "", "", "")

    @pytest.mark.parametrize(
        ("lumbar", "pelvis", "outcome", "cue"),
        [
            (8.0, 60.0, "cannot_tell", "Film the whole bend: stand, go down, come up, stand."),
            (50.0, 60.0, "spine", criteria_for("hinge").rule("4").cue),  # the rest can only add to it
        ],
    )
    def test_of_a_bend_that_is_cut_off_only_the_least_is_told(self, lumbar, pelvis, outcome, cue):
        known = {"lumbar_flexion": lumbar, "pelvis_tilt": pelvis, "knee_flexion": 20.0, "hip_back": 0.1}
        measures = [Measure(name, "", 1, v, v - 2, v + 2, "°", "good", "") for name, v in known.items()]
        spec = criteria_for("hinge").rule("1")
        short = Finding("1", "", 1, spec.measure, "fail", 0.1, 0.0, 0.2, "FL", "", 0.0, "", spec.cue, "")
        verdict = decide_verdict((self.REP,), measures, (short,), (), criteria_for("hinge"), cut_off=(1,))
        assert (verdict.outcome, verdict.cue) == (outcome, cue)
        said = "The bend at 1.0 s is cut off before its bottom, or begins after it"
        if outcome == "cannot_tell":
            assert verdict.reasons[0] == f"{said}."
        else:
            assert verdict.reasons[-1] == f"{said}; it may have gone further."

    def test_the_advice_is_about_what_is_missing(self):
        leg = QualityCheck("leg_visible", "leg", 50.0, " %", "", "", "usable", ("knee_flexion",), "Move the plate.")
        stand = QualityCheck("still_stand", "stand", 0.0, " s", "", "", "usable", ("lumbar_flexion",), "Stand first.")
        lumbar = Measure("lumbar_flexion", "", 1, None, None, None, "°", "cannot_tell", "Too wide.")
        pelvis = Measure("pelvis_tilt", "", 1, 60.0, 58.0, 62.0, "°", "good", "")
        verdict = decide_verdict((self.REP,), (lumbar, pelvis), (), (leg, stand), criteria_for("hinge"))
        assert verdict.cue == "Stand first."

    def test_a_back_that_surely_rounds_in_a_cut_bend_counts_beside_a_whole_one(self):
        """The last rep of a set, rounded and cut off: no praise, and the back is spoken of."""
        reps = (self.REP, Rep(2, 20, 30, 31, 3.0, 4.0, 4.0, True, False, 50.0))
        known = {1: (8.0, 60.0), 2: (56.0, 30.0)}
        measures = [
            Measure(name, "", number, v, v - 3, v + 3, "°", "good", "")
            for number, (lumbar, pelvis) in known.items()
            for name, v in (
                ("lumbar_flexion", lumbar),
                ("pelvis_tilt", pelvis),
                ("knee_flexion", 20.0),
                ("hip_back", 0.7),
            )
        ]
        spec = criteria_for("hinge").rule("1")
        met = Finding("1", "", 1, spec.measure, "pass", 0.7, 0.65, 0.75, "FL", "", 0.0, "", spec.cue, "")
        back = criteria_for("hinge").rule("4")
        rounds = Finding("4", "", 2, back.measure, "fail", 56.0, 53.0, 59.0, "°", "", 5.0, "", back.cue, "")
        short = Finding("1", "", 2, spec.measure, "fail", 0.1, 0.0, 0.2, "FL", "", 0.0, "", spec.cue, "")
        verdict = decide_verdict(reps, measures, (met, rounds, short), (), criteria_for("hinge"), cut_off=(2,))
        assert (verdict.outcome, verdict.headline) == ("mixed", REPS_DIFFER)
        assert (verdict.praise, verdict.cue_rule) == ("", "4")
        flat = [m for m in measures if (m.name, m.rep) != ("lumbar_flexion", 2)]
        flat.append(Measure("lumbar_flexion", "", 2, 8.0, 5.0, 11.0, "°", "good", ""))
        verdict = decide_verdict(reps, flat, (met,), (), criteria_for("hinge"), cut_off=(2,))
        assert (verdict.outcome, verdict.praise != "") == ("hinge", True)
        assert any("it does not count" in line for line in verdict.reasons)

    def test_half_a_bend_with_an_early_back_is_no_rounded_bend(self):
        known = {"lumbar_flexion": 30.0, "pelvis_tilt": 22.0, "knee_flexion": 20.0, "hip_back": 0.3}
        measures = [Measure(name, "", 1, v, v - 1, v + 1, "°", "good", "") for name, v in known.items()]
        for cut_off, outcome in (((1,), "cannot_tell"), ((), "spine")):
            verdict = decide_verdict((self.REP,), measures, (), (), criteria_for("hinge"), cut_off=cut_off)
            assert verdict.outcome == outcome


def test_where_the_hips_did_most_the_back_is_not_said_to_have_done_its_part():
    assert "hips did most" in head_of(rep(35, 95, half=6, r1="fail"))


def test_reps_that_are_untold_do_not_differ():
    led = [rep(8, 60, number=k, r1="fail") for k in (1, 2)]
    told = ["mixed", "mixed", "cannot_tell", "hinge"]
    reps = [*led, rep(8, 60, number=3), rep(8, 60, number=4, r1="pass")]
    assert head_of_mixed(reps, told, criteria_for("hinge")) == SHORT_OF_BACK
