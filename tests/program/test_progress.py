"""Progress: trends, the ladder with its dates, sessions a week."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hiphinge.program.history import (
    ClipSeen,
    Event,
    History,
    Intake,
    OutcomeScore,
    Override,
    RedFlagAnswers,
    SessionOpened,
    SetDone,
    Ticks,
)
from hiphinge.program.progress import summarise_progress
from hiphinge.verdict.headlines import NOTICE
from tests.program.sample_log import BEGAN, PROGRAM, measures, reps, sample_events, sample_history

PROGRESS = summarise_progress(sample_history(), PROGRAM, person="Anna")
TRENDS = {(one.group, one.name): one for one in PROGRESS.trends}


def test_the_numbers_of_the_sample() -> None:
    lumbar = TRENDS["Hinge drills", "lumbar_flexion"]
    assert [one.value for one in lumbar.points] == [35, 25, 21, 17, 15, 13]
    assert (lumbar.baseline, lumbar.latest, lumbar.mdc, lumbar.verdict) == (35, 13, 10.0, "better")
    assert lumbar.another_drill
    share = TRENDS["Hinge drills", "hip_share"]
    assert (share.baseline, share.latest, share.verdict) == (50, 74, "better")
    assert share.mdc == pytest.approx(9 * 2**0.5)
    back = TRENDS["Hinge drills", "hip_back"]
    assert (back.by, back.verdict) == (0.0, "no_clear_change")


def test_scores_follow_their_own_least_changes() -> None:
    found = {
        name: (one.baseline, one.latest, one.verdict) for (group, name), one in TRENDS.items() if group == "Scores"
    }
    assert found == {
        "resting_pain": (3, 0, "better"),
        "worst_pain": (4, 0, "better"),
        "nprs": (6, 3, "better"),
        "psfs": (4.3, 6.7, "better"),
        "rmdq": (11, 7, "no_clear_change"),  # 36 %, but 4 points
        "ftf_cm": (18, 15, "no_clear_change"),
    }
    assert "not yet checked" in TRENDS["Scores", "psfs"].mdc_source


def test_the_usual_bend_is_kept_apart_from_the_drills() -> None:
    usual = TRENDS["Usual bend", "lumbar_flexion"]
    assert (usual.verdict, usual.latest) == ("first", 38)
    assert TRENDS["Usual bend", "reach"].unit == "FL"


def test_the_deadlift_is_a_group_of_its_own_and_comes_first_when_it_is_the_latest() -> None:
    at = BEGAN + timedelta(days=20)
    lift = SetDone(
        key="lift", at=at, session="s7", drill="deadlift_block", reps=reps(15), measures=measures(15, 66)
    )  # fmt: skip
    trends = summarise_progress(History((*sample_events(), lift), at), PROGRAM).trends
    assert (trends[0].group, trends[0].verdict) == ("Deadlift", "first")
    assert trends[-1].group == "Hinge drills"


def test_the_ladder_has_its_dates() -> None:
    rungs = {one.step: one for one in PROGRESS.rungs}
    day = {step: (one.passed - BEGAN).days if one.passed else None for step, one in rungs.items()}
    assert [one.state for one in PROGRESS.rungs] == ["done"] + ["passed"] * 3 + ["present"] + ["ahead"] * 2
    assert (day["screen"], day["wall"], day["free"], day["front_load"]) == (0, 3, 10, 15)
    assert rungs["second_load"].reached == rungs["front_load"].passed
    assert (rungs["deadlift_block"].reached, rungs["deadlift_block"].passed) == (None, None)
    assert [one.sessions for one in PROGRESS.rungs] == [1, 2, 2, 2, 0, 0, 0]  # the coached hinge is none of free's
    assert PROGRESS.step == "Load on the upper back or pull-through"
    assert PROGRESS.decision.action == "choose"
    assert PROGRESS.drill == "Load on the upper back or pull-through"


def open_day(*more: Event, pain: int = 0) -> tuple[Event, ...]:
    flags = RedFlagAnswers(key="flags", at=BEGAN, answers={flag.id: False for flag in PROGRAM.red_flags})
    return (flags, Intake(key="intake", at=BEGAN, pain=pain), *more)


def test_only_a_gate_passes_a_step() -> None:
    placed = Override(key="o", at=BEGAN, clinician="Dr Bo", reason="lifts already", step="deadlift_block")
    found = summarise_progress(History(open_day(placed), BEGAN), PROGRAM)
    assert [one.state for one in found.rungs] == ["placed"] * 5 + ["present", "ahead"]
    assert {(one.by, one.placed, one.passed) for one in found.rungs[:5]} == {("Dr Bo", BEGAN, None)}
    back = Override(key="p", at=BEGAN, clinician="Dr Bo", reason="too soon", step="wall")
    found = summarise_progress(History(open_day(placed, back), BEGAN), PROGRAM)
    assert [one.state for one in found.rungs] == ["placed", "present"] + ["ahead"] * 5


def test_a_screen_that_was_left_out_is_done_and_not_passed() -> None:
    opened = SessionOpened(key="s", at=BEGAN, session="s", resting_pain=0, new_symptoms=False)
    screens = [one.id for one in PROGRAM.drills if one.kind == "screen"]
    clips = [ClipSeen(key=name, at=BEGAN, session="s", drill=name, outcome="left_out") for name in screens]
    found = summarise_progress(History(open_day(opened, *clips), BEGAN), PROGRAM)
    assert [one.state for one in found.rungs[:2]] == ["done", "present"]
    assert found.in_session


@pytest.mark.parametrize(("last", "verdict"), [(2, "no_clear_change"), (1, "better"), (5, "other_way")])
def test_the_verdict_of_a_pain_is_that_of_its_band(last, verdict) -> None:
    at = BEGAN + timedelta(days=3)
    sessions = [
        one
        for name, day, pain in (("a", BEGAN, 3), ("b", at, last))
        for one in (
            SessionOpened(key=name, at=day, session=name, resting_pain=pain, new_symptoms=False),
            SetDone(key=f"{name}-set", at=day, session=name, drill="wall_hinge", reps=reps(12)),
        )
    ]
    (found,) = summarise_progress(History(tuple(sessions), at), PROGRAM).trends
    assert (found.name, found.band, found.verdict) == ("resting_pain", (1.5, 4.5), verdict)
    # What the chart shades is what is called no clear change: a point on its edge would be neither.
    low, high = found.band
    assert (low <= last <= high) == (verdict == "no_clear_change")


def test_what_the_person_said_is_shown() -> None:
    told = Intake(
        key="i", at=BEGAN, pain=3, places=("low_back", "buttock"), since="two weeks", goal="Carry my son (me@home.org)"
    )
    ticks = Ticks(key="t", at=BEGAN, session="s", drill="wall_hinge", ticks={"wall_touched": True, "old_tick": False})
    found = summarise_progress(History((told, ticks), BEGAN), PROGRAM)
    assert found.about == ("Goal: Carry my son ((e-mail address left out)). Pain: low back, buttock; since: two weeks.")
    assert found.ticks == ("Wall hinge, ticked: My seat touched the wall. Not ticked: old tick.",)
    later = Intake(key="j", at=BEGAN, pain=1)  # leaves the rest as it was told
    assert summarise_progress(History((told, later), BEGAN), PROGRAM).about == found.about
    assert summarise_progress(History((later,), BEGAN), PROGRAM).about == ""


def test_the_first_look_is_explained_until_the_first_load() -> None:
    events = sample_events()
    until = next(k for k, one in enumerate(events) if isinstance(one, SetDone) and one.drill == "goat_bag")
    before = summarise_progress(History(events[:until], events[until].at), PROGRAM)
    assert any("your back bent first" in line for line in before.screen)
    assert "clears nobody" in before.screen[-1]
    assert PROGRESS.screen == ()


def test_sessions_a_week_are_counted_up_to_now() -> None:
    assert [(one.monday, one.sessions) for one in PROGRESS.weeks] == [
        (date(2026, 11, 2), 3),
        (date(2026, 11, 9), 1),
        (date(2026, 11, 16), 2),
        (date(2026, 11, 23), 0),
    ]
    assert PROGRESS.per_week == (2, 3)
    assert (PROGRESS.sessions, PROGRESS.first) == (6, BEGAN)


def test_only_the_last_twelve_weeks_are_shown() -> None:
    later = summarise_progress(History(sample_events(), BEGAN + timedelta(weeks=30)), PROGRAM)
    assert len(later.weeks) == 12
    assert sum(week.sessions for week in later.weeks) == 0


def test_the_points_are_those_of_the_last_session_with_work() -> None:
    assert PROGRESS.points_at == BEGAN + timedelta(days=19)
    assert [one.answer for one in PROGRESS.points] == ["yes"] * 4
    assert PROGRESS.notice == NOTICE


def test_an_empty_log_has_a_first_step_and_nothing_else() -> None:
    empty = summarise_progress(History((), BEGAN), PROGRAM)
    assert (empty.trends, empty.points, empty.weeks, empty.sessions, empty.first) == ((), (), (), 0, None)
    assert empty.decision.action == "ask"
    assert empty.rungs[0].state == "present"


def test_a_score_entered_once_is_a_first_measure() -> None:
    one = OutcomeScore(key="n", at=BEGAN, measure="nprs", value=5)
    (found,) = summarise_progress(History((one,), BEGAN), PROGRAM).trends
    assert (found.name, found.verdict) == ("nprs", "first")
