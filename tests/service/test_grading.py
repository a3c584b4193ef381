"""From an assessment to graded reps and middle measures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from hiphinge.model import Assessment, Finding, Grade, QualityCheck
from hiphinge.program import Drill, load_program
from hiphinge.program.decision import Decision
from hiphinge.program.history import RepResult, SetDone
from hiphinge.service.grading import grade_reps, middle_measures, needs_contact, say_headline, thing_to_try
from hiphinge.verdict.headlines import WALL_UNTOLD
from tests.clip.clips import assess_clip, golden_assessment
from tests.synthetic import PERFECT, film, script

PROGRAM = load_program()
FREE, WALL, GOAT = (PROGRAM.drill(name) for name in ("free_hinge", "wall_hinge", "goat_bag"))


def grades(assessment: Assessment, drill: Drill = FREE, **options: Any) -> list[str]:
    return [rep.grade for rep in grade_reps(assessment, drill, **options)]


def regraded(assessment: Assessment, rule: str, grade: Grade, *, rep: int | None = None) -> Assessment:
    findings = tuple(
        replace(f, grade=grade, cue="Cue.") if f.rule == rule and rep in (None, f.rep) else f
        for f in assessment.findings
    )
    return replace(assessment, findings=findings)


@pytest.fixture(scope="module")
def hinge() -> Assessment:
    return golden_assessment("hinge")


@pytest.fixture(scope="module")
def wall() -> Assessment:
    """Three good reps assessed as a wall hinge, without a wall known."""
    return assess_clip(film(script(PERFECT, n_reps=3, rate_hz=15.0)), drill="wall")


def test_good_reps_pass_with_their_lumbar_angle_and_its_interval(hinge: Assessment) -> None:
    reps = grade_reps(hinge, FREE)
    assert [rep.number for rep in reps] == [1, 2, 3]
    assert [rep.grade for rep in reps] == ["pass"] * 3
    for rep in reps:
        assert rep.missed_rules == ()
        assert rep.lumbar_deg is not None
        assert rep.lumbar_lo_deg is not None
        assert rep.lumbar_hi_deg is not None
        assert rep.lumbar_lo_deg < rep.lumbar_deg < rep.lumbar_hi_deg


def test_a_rounded_back_misses_rule_4_and_only_that() -> None:
    reps = grade_reps(golden_assessment("spine"), FREE)
    assert [(rep.grade, rep.missed_rules) for rep in reps] == [("miss", ("4",))] * 2
    assert reps[0].cue == "Make your back a long table top; stop where it starts to curl."
    assert reps[0].lumbar_deg == pytest.approx(40.0, abs=0.5)


def test_a_squat_misses_and_the_first_rule_by_precedence_speaks() -> None:
    rep = grade_reps(golden_assessment("squat"), FREE)[0]
    assert rep.grade == "miss"
    assert rep.missed_rules[0] == "2"
    assert set(rep.missed_rules) == {"2", "7", "7b", "8", "9"}
    assert rep.cue == "Slide back along a shelf; don't sit down on a chair."


@pytest.mark.parametrize("rule", ["4", "1"])
def test_a_rule_that_decides_and_is_untold_makes_only_its_rep_untellable(hinge: Assessment, rule: str) -> None:
    assert grades(regraded(hinge, rule, "cannot_tell", rep=2)) == ["pass", "cannot_tell", "pass"]


def test_back_not_down_is_answered_by_either_of_its_two_rules(hinge: Assessment) -> None:
    without = regraded(hinge, "2", "cannot_tell", rep=2)
    assert grades(without) == ["pass"] * 3
    neither = grade_reps(regraded(without, "9", "cannot_tell", rep=2), FREE)
    assert [(rep.grade, rep.untold_rules) for rep in neither] == [("pass", ()), ("cannot_tell", ("2",)), ("pass", ())]


@pytest.mark.parametrize(
    ("share", "lumbar", "grade", "missed"),
    [(60.0, 30.0, "pass", ()), (59.0, 30.0, "cannot_tell", ()), (49.0, 26.0, "miss", ("4",)),
     (49.0, 24.0, "cannot_tell", ()), (None, 30.0, "cannot_tell", ())],
)  # fmt: skip
def test_a_back_between_pass_and_miss_is_settled_by_what_did_the_bending(
    hinge: Assessment, share: float | None, lumbar: float, grade: str, missed: tuple[str, ...]
) -> None:
    values = {"hip_share": share, "lumbar_flexion": lumbar}
    measures = tuple(replace(m, value=values[m.name]) if m.name in values else m for m in hinge.measures)
    rep = grade_reps(replace(regraded(hinge, "4", "caution"), measures=measures), FREE)[0]
    assert (rep.grade, rep.missed_rules) == (grade, missed)
    assert rep.untold_rules == (("4",) if grade == "cannot_tell" else ())


@pytest.mark.parametrize("rule", ["10", "10p", "6", "7", "8", "1b", "3", "4d", "9"])
def test_feet_knees_and_chin_that_are_not_seen_leave_a_rep_as_it_is(hinge: Assessment, rule: str) -> None:
    assert grades(regraded(hinge, rule, "cannot_tell")) == ["pass"] * 3


@pytest.mark.parametrize("rule", ["10", "6", "3", "4d"])
def test_any_judged_rule_that_is_not_met_is_a_miss_even_where_the_back_is_untold(hinge: Assessment, rule: str) -> None:
    untold = regraded(hinge, "4", "cannot_tell")
    reps = grade_reps(regraded(untold, rule, "fail", rep=1), FREE)
    assert [rep.grade for rep in reps] == ["miss", "cannot_tell", "cannot_tell"]
    assert reps[0].missed_rules == (rule,)
    assert reps[0].cue == "Cue."


def test_a_caution_passes_and_gives_its_cue(hinge: Assessment) -> None:
    rep = grade_reps(regraded(hinge, "4", "caution"), FREE)[0]
    assert (rep.grade, rep.cue) == ("pass", "Cue.")


@pytest.mark.parametrize("rule", ["4b", "4c", "2b", "14"])
def test_rules_that_only_explain_never_gate(hinge: Assessment, rule: str) -> None:
    assert grades(regraded(hinge, rule, "fail")) == ["pass"] * 3


def test_a_view_that_tells_nothing_tells_nothing_of_any_rep(hinge: Assessment) -> None:
    check = QualityCheck("side_view", "side-on view", 62.0, "°", "≤ 15°", "≤ 25°", "cannot_tell", ("all",), "Turn.")
    reps = grade_reps(replace(regraded(hinge, "4", "fail"), quality=(check,)), FREE)
    assert [(rep.grade, rep.missed_rules) for rep in reps] == [("cannot_tell", ())] * 3


def test_a_rep_without_any_finding_cannot_be_told(hinge: Assessment) -> None:
    assert grades(replace(hinge, findings=())) == ["cannot_tell"] * 3


@pytest.mark.parametrize(
    ("touched", "expected", "missed"),
    [(True, "pass", ()), (False, "miss", ("11",)), (None, "cannot_tell", ())],
)
def test_where_no_wall_is_known_the_person_says_whether_the_seat_touched(
    wall: Assessment, touched: bool | None, expected: str, missed: tuple[str, ...]
) -> None:
    reps = grade_reps(without_contact(wall), WALL, touched=touched)
    assert [(rep.grade, rep.missed_rules) for rep in reps] == [(expected, missed)] * 3
    assert reps[0].cue == ("Shuffle a little closer." if touched is False else "")


def test_the_camera_wins_over_the_person_where_it_saw_the_wall(wall: Assessment) -> None:
    seen = with_contact(wall, "pass")
    assert grades(seen, WALL, touched=False) == ["pass"] * 3
    missed = grade_reps(with_contact(wall, "fail"), WALL, touched=True)
    assert [(rep.grade, rep.missed_rules) for rep in missed] == [("miss", ("11",))] * 3


def test_a_small_range_at_the_wall_needs_no_touch(wall: Assessment) -> None:
    assert needs_contact(WALL, "")
    assert needs_contact(WALL, "half")
    assert not needs_contact(WALL, "small_range")
    assert not needs_contact(FREE, "wall")
    assert grades(with_contact(wall, "fail"), WALL, variant="small_range", touched=False) == ["pass"] * 3


def test_load_that_is_not_in_place_is_a_miss_and_hands_unseen_are_not(hinge: Assessment) -> None:
    goat = golden_assessment("goat_bag")
    assert grades(goat, GOAT) == ["pass"] * 3
    assert grades(regraded(goat, "13", "cannot_tell"), GOAT) == ["pass"] * 3
    assert grades(regraded(goat, "13", "fail"), GOAT) == ["miss"] * 3


def test_middle_measures_are_one_reps_own_value_and_interval(hinge: Assessment) -> None:
    measures = middle_measures(hinge)
    told = sorted((m.value, m.lo, m.hi) for m in hinge.measures if m.name == "hip_back" and m.value is not None)
    assert measures["hip_back"] == told[1]
    assert measures["hip_back"][0] == pytest.approx(0.81, abs=0.02)
    assert "lumbar_of_own_maximum" not in measures  # not told: there is no rounding to compare with


def test_middle_measures_of_the_last_reps_only(hinge: Assessment) -> None:
    changed = tuple(
        replace(m, value=40.0, lo=35.0, hi=45.0) if (m.name, m.rep) == ("lumbar_flexion", 3) else m
        for m in hinge.measures
    )
    bent = replace(hinge, measures=changed)
    assert middle_measures(bent)["lumbar_flexion"][0] < 5
    assert middle_measures(bent, back_reps=1)["lumbar_flexion"] == (40.0, 35.0, 45.0)
    assert middle_measures(bent, back_reps=99) == middle_measures(bent)


def without_contact(assessment: Assessment) -> Assessment:
    return replace(assessment, findings=tuple(f for f in assessment.findings if f.rule != "11"))


def with_contact(assessment: Assessment, grade: Grade) -> Assessment:
    bare = without_contact(assessment)
    contact = tuple(
        Finding("11", "seat at the wall", rep.number, "wall_gap", grade, 0.1, 0.05, 0.15, "FL", "", 0.12, "", "", "")
        for rep in bare.reps
    )
    return replace(bare, findings=bare.findings + contact)


NARROWER = (
    "If you do it again: exactly side-on, in clothes that show your back, and standing still for two seconds before "
    "the first bend."
)


@pytest.mark.parametrize(
    ("drill", "cue", "action", "said"),
    [
        (
            "toe_touch",
            "",
            "ask",
            f"Stand with your back to a wall, heels one of your shoe-lengths from it. {WALL.cues[0]}",
        ),
        ("toe_touch", "Film closer.", "ask", "Film closer."),
        ("toe_touch", "", "stop_see", ""),
        ("hinge", "", "do", ""),
    ],
)
def test_one_thing_to_try_and_what_narrows_the_estimate_after_a_bend_that_was_not_told(
    hinge: Assessment, drill: Any, cue: str, action: Any, said: str
) -> None:
    seen = replace(hinge, drill=drill, verdict=replace(hinge.verdict, cue=cue))
    decision = Decision(action=action, step="screen", drill=None, variant="", reason="", evidence=())
    assert thing_to_try(seen, PROGRAM, decision) == said
    untold = replace(seen, verdict=replace(seen.verdict, outcome="cannot_tell"))
    narrower = "" if action == "stop_see" else NARROWER
    assert thing_to_try(untold, PROGRAM, decision) == (cue or narrower)


def test_after_a_clip_that_was_not_told_only_what_helps_to_tell_is_to_be_tried(hinge: Assessment) -> None:
    decision = Decision(action="do", step="wall", drill="wall_hinge", variant="", reason="", evidence=())
    reps = (RepResult(number=1, grade="miss", cue="Chin tucked."),)
    verdict = replace(hinge.verdict, cue="Slide back.", cue_rule="2")
    assert thing_to_try(replace(hinge, verdict=verdict), PROGRAM, decision) == "Slide back."
    assert thing_to_try(replace(hinge, verdict=verdict), PROGRAM, decision, reps) == "Chin tucked."
    untold = replace(verdict, outcome="cannot_tell")
    assert thing_to_try(replace(hinge, verdict=untold), PROGRAM, decision, reps) == NARROWER
    dark = QualityCheck("light", "light", 0.1, "", "", "", "cannot_tell", ("lumbar_flexion",), "More light.")
    seen = replace(hinge, verdict=untold, quality=(*hinge.quality, dark))
    assert thing_to_try(seen, PROGRAM, decision, reps) == "More light."


@pytest.mark.parametrize(
    ("touched", "said"), [(True, "you felt your seat touch"), (False, "did not reach the wall"), (None, WALL_UNTOLD)]
)
def test_the_headline_says_what_the_person_felt_of_a_wall_that_was_not_seen(
    wall: Assessment, touched: bool | None, said: str
) -> None:
    seen = without_contact(replace(wall, verdict=replace(wall.verdict, outcome="mixed", headline=WALL_UNTOLD)))
    reps = grade_reps(seen, WALL, touched=touched)
    done = SetDone(key="a", at=datetime(2026, 3, 2, tzinfo=UTC), session="s", drill=WALL.id, reps=reps)
    assert said in say_headline(seen, WALL, done)
    assert say_headline(seen, WALL, replace(done, variant="small_range")) == WALL_UNTOLD
    other = replace(seen, verdict=replace(seen.verdict, headline="A hinge."))
    assert say_headline(other, WALL, done) == "A hinge."
