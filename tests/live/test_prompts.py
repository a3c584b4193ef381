"""One cue at a time, praise otherwise; words grow fewer; enough is enough."""

from dataclasses import replace

import pytest

from hiphinge.live.judging import JudgedRep
from hiphinge.live.prompts import Prompter
from hiphinge.model import Finding, QualityCheck, Rep
from hiphinge.program.history import RepResult
from hiphinge.verdict import criteria_for
from tests.live.sets import plan

CRITERIA = criteria_for("hinge")


def finding(rule, grade, value, rep=1):
    spec = CRITERIA.rule(rule)
    return Finding(
        rule, spec.label, rep, spec.measure, grade, value, value - 3, value + 3, "°", "", spec.tolerance, "",
        spec.cue if grade in ("caution", "fail") else "", "",
    )  # fmt: skip


def judged(number, grade, *findings, lumbar=12.0, untold=(), quality=()):
    missed = tuple(f.rule for f in findings if f.grade == "fail")
    cue = next((f.cue for f in findings if f.cue), "")
    result = RepResult(
        number=number, grade=grade, missed_rules=missed, untold_rules=untold, cue=cue, lumbar_deg=lumbar,
        lumbar_lo_deg=None if lumbar is None else lumbar - 8, lumbar_hi_deg=None if lumbar is None else lumbar + 8,
    )  # fmt: skip
    rep = Rep(number, 0, 5, 10, 0.0, 1.0, 2.0, True, True, 60.0)
    return JudgedRep(rep, result, {}, tuple(replace(f, rep=number) for f in findings), quality)


def good(number, **more):
    return judged(number, "pass", **more)


def bad(number, value=45.0, rule="4", **more):
    return judged(number, "miss", finding(rule, "fail", value), **more)


def close(number, value=24.0, rule="4"):
    return judged(number, "pass", finding(rule, "caution", value))


def run(prompter, *reps, every_s=6.0):
    return [prompter.after(one, every_s * (k + 1)) for k, one in enumerate(reps)]


def extra(prompt):
    """What comes beside the rep's own message."""
    return [one for one in prompt.messages if one["type"] != "rep"]


class TestCues:
    def test_the_rule_that_comes_first_speaks_alone(self):
        both = judged(1, "miss", finding("4", "fail", 45.0), finding("2", "fail", 0.9))
        (prompt,) = run(Prompter(plan()), both)
        assert [one["rule"] for one in extra(prompt)] == ["4"]

    def test_the_same_words_are_not_said_again_to_somebody_who_got_better(self):
        first, second = run(Prompter(plan()), close(1, 30.0), close(2, 24.0))
        assert extra(first)[0]["say"] == f"One. {CRITERIA.rule('4').cue}"
        assert extra(second)[0]["say"] == "Two. Better. Again like that."
        assert CRITERIA.rule("4").cue in extra(second)[0]["show"]

    def test_a_cue_heard_before_is_short(self):
        (prompt,) = run(Prompter(plan(cues_seen=("4",))), close(1))
        assert extra(prompt)[0]["say"] == "One. Long back."
        assert extra(prompt)[0]["show"] == CRITERIA.rule("4").cue

    def test_a_rule_that_is_met_after_its_cue_is_told_so(self):
        _, second = run(Prompter(plan()), bad(1), good(2))
        assert extra(second)[0] == {"type": "praise", "say": "Two. That is it.", "show": "That is it: back flat."}

    def test_there_is_silence_between_two_things_that_are_said(self):
        _, second = run(Prompter(plan()), close(1, 24.0), close(2, 24.0), every_s=2.0)
        assert extra(second)[0]["say"] == ""
        assert extra(second)[0]["show"]
        assert second.messages[0]["say"] == "Two."

    def test_the_rep_is_counted_in_the_same_breath(self):
        (prompt,) = run(Prompter(plan()), good(1))
        assert [one["say"] for one in prompt.messages] == ["", "One. Good."]


class TestFading:
    @pytest.mark.parametrize(("sets_done", "level"), [(0, 0), (2, 0), (3, 1), (11, 1), (12, 2)])
    def test_words_grow_fewer_with_practice(self, sets_done, level):
        assert plan(sets_done=sets_done).words_level == level
        assert plan(sets_done=sets_done, level=2).words_level == 2

    def test_later_only_what_stands_out_is_told(self):
        prompts = run(Prompter(plan(level=1)), close(1), good(2), good(3), bad(4))
        assert [[one["type"] for one in extra(p)] for p in prompts] == [[], [], ["praise"], ["cue"]]
        assert prompts[0].messages[0]["say"] == "One."

    def test_at_last_reps_are_only_counted(self):
        prompts = run(Prompter(plan(level=2)), close(1), good(2), bad(3), good(4))
        assert [extra(p) for p in prompts] == [[]] * 4


class TestUntold:
    HIDDEN = (QualityCheck("back_visible", "", 80.0, "%", "", "", "cannot_tell", (), ""),)

    def test_a_hidden_back_is_said_once_in_a_while(self):
        reps = [judged(k, "cannot_tell", lumbar=None, untold=("4",), quality=self.HIDDEN) for k in (1, 2, 3, 4)]
        said = [extra(p)[0]["say"] for p in run(Prompter(plan()), *reps)]
        assert said[0] == "One. I could not see your back there. Arms off it, please."
        assert said[1:3] == ["", ""]
        assert said[3]

    def test_hands_that_belong_on_the_back_are_not_sent_away(self):
        taught = plan(target_reps=5, back_reps=3)
        prompts = run(
            Prompter(taught), *(judged(k, "cannot_tell", untold=("4",), quality=self.HIDDEN) for k in (1, 2, 3))
        )
        assert [len(extra(p)) for p in prompts] == [0, 0, 1]

    def test_an_interval_that_leaves_both_open_is_no_fault(self):
        rep = judged(1, "cannot_tell", replace(finding("1", "cannot_tell", 0.5), cue=""), untold=("1",))
        (prompt,) = run(Prompter(plan()), rep)
        assert extra(prompt)[0]["show"] == "Hips travel back: too close to call. The same again."
        assert extra(prompt)[0]["say"] == ""

    def test_a_view_that_allows_nothing_says_what_to_change(self):
        rep = judged(1, "cannot_tell", untold=("all",))
        rep = replace(rep, result=replace(rep.result, cue="Turn fully side-on."))
        (prompt,) = run(Prompter(plan()), rep)
        assert "Turn fully side-on." in extra(prompt)[0]["say"]


class TestEnough:
    def test_two_missed_in_a_row_pause_and_two_more_end(self):
        prompts = run(Prompter(plan()), bad(1), bad(2), bad(3), bad(4))
        assert [p.then for p in prompts] == ["", "pause", "", "missed"]
        assert CRITERIA.rule("4").cue in prompts[1].words.say
        assert "or try the easier form: " in prompts[1].words.show

    def test_a_good_one_between_starts_the_count_anew(self):
        assert [p.then for p in run(Prompter(plan()), bad(1), good(2), bad(3), good(4))] == [""] * 4

    def test_one_that_could_not_be_told_does_not(self):
        prompts = run(Prompter(plan()), bad(1), judged(2, "cannot_tell", untold=("4",)), bad(3))
        assert prompts[2].then == "pause"

    def test_an_easier_form_that_was_tried_is_not_offered_again(self):
        drill = plan().drill
        tried = tuple(one.id for one in drill.variants)
        prompts = run(Prompter(plan(tried=tried)), bad(1), bad(2), bad(3), bad(4))
        assert "easier" not in prompts[1].words.show
        assert prompts[1].words.show.endswith("Begin again when you like.")
        assert "Next set" not in prompts[3].words.show

    def test_a_back_that_bends_more_and_more_ends_the_set_kindly(self):
        lumbar = (10.0, 11.0, 9.0, 15.0, 20.0, 22.0, 24.0)
        prompts = run(Prompter(plan()), *(good(k + 1, lumbar=v) for k, v in enumerate(lumbar)))
        assert [p.then for p in prompts] == [*[""] * 6, "tired"][: len(prompts)] or prompts[5].then == ""
        assert prompts[6].then == "tired"
        assert "tiring" in prompts[6].words.show

    def test_a_steady_back_goes_on(self):
        prompts = run(Prompter(plan()), *(good(k + 1, lumbar=12.0 + k % 3) for k in range(12)))
        assert {p.then for p in prompts} == {""}
