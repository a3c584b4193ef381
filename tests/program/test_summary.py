"""The summary of a session: four points, each with its evidence; before and after; one next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hiphinge.errors import UsageError
from hiphinge.program.decision import Decision
from hiphinge.program.history import (
    ClipSeen,
    Event,
    FeelLog,
    History,
    Intake,
    Override,
    RedFlagAnswers,
    SessionClosed,
    SessionOpened,
    SetDone,
    Ticks,
    Withdrawn,
)
from hiphinge.program.summary import Remark, SessionSummary, summarise_session
from hiphinge.program.words import mask_addresses
from hiphinge.verdict.headlines import NOTICE
from tests.program.sample_log import BEGAN, CUE, PROGRAM, measures, reps, sample_history

NEXT = Decision("do", "free", "free_hinge", "wider", "Do the free hinge with your feet wider.", ())


def review(*events: Event, session: str = "s") -> SessionSummary:
    return summarise_session(History(events, BEGAN), session, PROGRAM, NEXT)


def done(drill: str = "free_hinge", *, session: str = "s", key: str = "set", lumbar: float = 12, share: float = 70,
         **more) -> SetDone:  # fmt: skip
    given = {"reps": reps(lumbar), "measures": measures(lumbar, share), **more}
    return SetDone(key=key, at=BEGAN, session=session, drill=drill, **given)


def felt(*places: str, pain: int | None = 0, drill: str = "free_hinge", **more) -> FeelLog:
    return FeelLog(key="feel", at=BEGAN, session="s", drill=drill, effort=places, pain=pain, **more)


def answers(summary: SessionSummary) -> list[str]:
    return [point.answer for point in summary.points]


def test_the_last_session_of_the_sample() -> None:
    summary = summarise_session(sample_history(), "s6", PROGRAM, NEXT, person="Anna")
    assert answers(summary) == ["yes", "yes", "yes", "yes"]
    hips, back, loads, where = (point.evidence for point in summary.points)
    assert hips == "16 of 16 reps. Hip share 74 % (65 to 83)."
    assert back == "14 of 16 reps. Lumbar flexion 12° (6 to 18)."
    assert loads == "Goat-bag hinge: each step before was practised first."
    assert where == "Felt in: hamstrings, buttocks. No back pain."
    assert [(one.passed, one.judged, one.reps, one.load_kg, one.felt) for one in summary.work] == [
        (7, 8, 8, 8.0, "hamstrings"),
        (7, 8, 8, 8.0, "hamstrings, buttocks"),
    ]
    assert (summary.resting_pain, summary.worst_pain, summary.morning_pain) == (0, 0, 0)
    assert (summary.cue, summary.drill, summary.step) == (CUE, "Free hinge: feet wider", "Free hinge")
    assert summary.decision is NEXT
    assert summary.notice == NOTICE
    assert summary.began == BEGAN + timedelta(days=19)


def test_before_and_after_of_one_visit_are_told_apart() -> None:
    summary = summarise_session(sample_history(), "s1", PROGRAM, NEXT)
    assert answers(summary) == ["not_yet", "not_yet", "yes", "not_yet"]
    both = summary.before_after
    assert both is not None
    assert (both.usual.lumbar.value, both.coached.lumbar.value) == (38, 14)
    assert (both.usual.hip_share.value, both.coached.hip_share.value) == (45, 72)
    assert (both.usual.pain, both.coached.pain) == (4, 2)
    assert (
        both.words[0]
        == "In the coached hinge the lower back bent 24° less (16 to 32): 14° (8 to 20) after 38° (32 to 44)."
    )
    assert both.words[1] == "The hips did a larger share: 72 % (63 to 81) after 45 % (36 to 54)."
    assert "it eased" in both.words[2]
    assert "not why it hurts" in both.words[2]


@pytest.mark.parametrize("outcome", ["squat", "cannot_tell", "spine", "no_bend"])
def test_nothing_eased_by_a_hinge_that_was_none(outcome) -> None:
    usual = ClipSeen(key="u", at=BEGAN, session="s", drill="toe_touch", outcome="typical", label="usual", pain=6)
    coached = replace(usual, key="c", drill="free_hinge", outcome=outcome, label="coached", pain=2)
    found = review(usual, coached).before_after
    assert found is not None
    assert "eased" not in found.words[-1]
    assert "says nothing about hinging" in found.words[-1]
    found = review(usual, replace(coached, outcome="hinge")).before_after
    assert found is not None
    assert "it eased" in found.words[-1]


def test_one_point_less_is_no_clear_change_whatever_its_share() -> None:
    usual = ClipSeen(key="u", at=BEGAN, session="s", drill="toe_touch", outcome="typical", label="usual", pain=3)
    coached = replace(usual, key="c", drill="free_hinge", outcome="hinge", label="coached", pain=2)
    found = review(usual, coached).before_after
    assert found is not None
    assert found.words[-1].endswith("in the coached hinge: no clear change (33 % less, below 2 points).")


@pytest.mark.parametrize(
    ("usual", "coached", "words"),
    [
        ((30, 3), (24, 3), ["a difference under 10° is not clear", "no clear change"]),
        ((30, 2), (45, 5), ["15° more", "hurt more"]),
        ((30, 0), (10, 0), ["20° less", "No pain in either bend."]),
        ((45.6, 3), (10.4, 2), ["36° less (", "no clear change"]),
        ((30, None), (10, 1), ["20° less", "Pain was not asked for both bends."]),
    ],
)
def test_what_the_two_bends_do_not_show_is_said(usual, coached, words) -> None:
    clips = [
        ClipSeen(
            key=label, at=BEGAN, session="s", drill="free_hinge", outcome="mixed", label=label, pain=pain,
            measures=measures(lumbar, 60),
        )
        for label, (lumbar, pain) in (("usual", usual), ("coached", coached))
    ]  # fmt: skip
    found = review(*clips).before_after
    assert found is not None
    assert found.words[1] == "Hip share: no clear difference, since the two intervals overlap."
    told = (found.words[0], found.words[2])
    assert [part in line for part, line in zip(words, told, strict=True)] == [True, True]
    assert review(clips[0]).before_after is None
    leans = [
        replace(one, measures={**one.measures, "trunk_lean": (v, v - 5, v + 5)})
        for one, v in zip(clips, (95, 60), strict=True)
    ]
    found = review(*leans).before_after
    assert found is not None
    assert ("The usual bend went 35° deeper" in found.words[0]) is ("not clear" not in found.words[0])
    blind = [replace(one, measures={}) for one in clips]
    found = review(*blind).before_after
    assert found is not None
    assert found.words[0] == "The lower back could not be told in both bends."


def test_a_session_of_screens_is_not_judged_for_the_back() -> None:
    touch = ClipSeen(
        key="t", at=BEGAN, session="s", drill="toe_touch", outcome="back_first", measures=measures(40, 42)
    )  # fmt: skip
    summary = review(touch)
    assert answers(summary) == ["not_yet", "cannot_tell", "not_yet", "cannot_tell"]
    assert summary.points[0].evidence == "Toe touch: back first. Hip share 42 % (33 to 51)."
    assert summary.points[1].evidence == (
        "No hinge set yet; a usual bend is not judged. Lumbar flexion in it 40° (34 to 46)."
    )
    assert answers(review(replace(touch, outcome="hips_first")))[0] == "yes"
    assert answers(review(replace(touch, outcome="cannot_tell")))[0] == "cannot_tell"
    mixed = replace(touch, drill="free_hinge", outcome="mixed", label="coached")
    assert answers(review(mixed))[0] == "not_yet"
    assert answers(review(replace(mixed, measures=measures(10, 85))))[0] == "cannot_tell"


def test_reps_that_cannot_be_told_are_not_judged() -> None:
    blind = tuple(replace(rep, grade="cannot_tell", lumbar_deg=None) for rep in reps(12))
    summary = review(done(reps=blind, measures={}))
    assert answers(summary)[:2] == ["cannot_tell", "cannot_tell"]
    assert summary.points[0].evidence == "No rep could be told."
    two = (*blind[:6], *reps(12)[6:])
    summary = review(done(reps=two, measures={}))
    assert summary.points[0].evidence == "Only 2 of 8 reps could be told."
    assert answers(summary)[0] == "cannot_tell"
    assert (summary.work[0].passed, summary.work[0].judged, summary.work[0].reps) == (2, 2, 8)


def test_four_of_five_reps_are_a_yes_and_fewer_are_not() -> None:
    assert answers(review(done(reps=reps(12)[:5])))[1] == "yes"
    assert answers(review(done(reps=reps(12, miss=(0,))[:5])))[1] == "yes"
    assert answers(review(done(reps=reps(12, miss=(0, 1))[:5])))[1] == "not_yet"
    squat = done(reps=reps(12, miss=(0, 1), rules=("2",))[:5])
    assert answers(review(squat))[:2] == ["not_yet", "yes"]


def test_only_the_reps_with_a_free_back_are_judged_for_it() -> None:
    hidden = done(reps=reps(12, miss=(0, 1, 2, 3)), back_reps=3)
    assert review(hidden).points[1].evidence.startswith("3 of 3 told, 8 filmed.")
    assert answers(review(hidden))[1] == "yes"


def test_a_rep_missed_for_another_reason_tells_of_the_back_only_where_it_was_seen() -> None:
    knees = reps(12, miss=(0, 1, 2, 3), rules=("7",))
    assert review(done(reps=knees)).points[1].evidence.startswith("8 of 8 reps.")
    blind = tuple(replace(rep, lumbar_lo_deg=None) if rep.grade == "miss" else rep for rep in knees)
    assert review(done(reps=blind)).points[1].evidence.startswith("4 of 4 told, 8 filmed.")
    wide = tuple(replace(rep, lumbar_hi_deg=36) if rep.grade == "miss" else rep for rep in knees)  # spans 20 and 35
    assert review(done(reps=wide)).points[1].evidence.startswith("4 of 4 told, 8 filmed.")


def test_a_rep_that_rounds_tells_of_the_hips_only_where_they_were_measured() -> None:
    rounded = reps(40, miss=(0, 1, 2, 3))
    assert review(done(reps=rounded)).points[0].evidence.startswith("8 of 8 reps.")
    assert review(done(reps=rounded, measures={})).points[0].evidence.startswith("4 of 4 told, 8 filmed.")


@pytest.mark.parametrize(("share", "answer"), [(61, "yes"), (55, "cannot_tell"), (50, "not_yet")])
def test_the_hips_must_have_done_most_of_it(share, answer) -> None:
    assert answers(review(done(share=share)))[0] == answer


def test_a_load_before_its_steps_is_not_in_order() -> None:
    summary = review(done("goat_bag"))
    assert answers(summary)[2] == "not_yet"
    assert summary.points[2].evidence == "Goat-bag hinge came before wall hinge."
    earlier = (done("wall_hinge", session="a", key="w"), done("free_hinge", session="b", key="f"))
    assert answers(review(*earlier, done("goat_bag")))[2] == "yes"
    placed = Override(key="o", at=BEGAN, clinician="Dr Bo", reason="knows it", step="front_load")
    summary = review(placed, done("goat_bag"))
    assert answers(summary)[2] == "yes"
    assert summary.points[2].evidence == "Goat-bag hinge. Placed there by Dr Bo."
    assert review(done("wall_hinge")).points[2].evidence.startswith("No load yet, as it should be")


@pytest.mark.parametrize(
    ("feel", "answer", "words"),
    [
        (felt("hamstrings"), "yes", "Felt in: hamstrings. No back pain."),
        (felt("hamstrings", pain=1), "yes", "Felt in: hamstrings. Back pain 1 of 10 at most."),
        (felt("hamstrings", pain=2), "not_yet", "Stopped for pain 2 of 10. Felt in: hamstrings."),  # none at rest
        (felt("hamstrings", pain=3), "not_yet", "Back pain 3 of 10"),
        (felt("hamstrings", pain=4, pain_places=("knee",)), "yes", "No back pain."),
        (felt("hamstrings", pain=6, pain_places=("knee",)), "not_yet", "Stopped for pain 6 of 10 (knee)."),
        (felt("hamstrings", new_numbness=True), "not_yet", "Stopped: new numbness or weakness. Felt in: hamstrings."),
        (felt("hamstrings", leg="further"), "not_yet", "Stopped: leg pain went further down the leg."),
        (felt("hamstrings", leg="back", new_numbness=False), "yes", "Felt in: hamstrings. No back pain."),
        (felt("hamstrings", pain=6, pain_places=("knee", "leg_below_knee")), "not_yet", "Back pain 6"),
        (felt("low_back", "hamstrings"), "not_yet", "Felt in: low back, hamstrings."),
        (felt("nothing"), "not_yet", "Nothing much was felt. No back pain."),
        (felt("thighs_front"), "not_yet", "front of the thighs"),
        (felt("buttocks", pain=None), "cannot_tell", "Pain was not asked each time."),
    ],
)
def test_where_it_was_felt(feel, answer, words) -> None:
    summary = review(done(), feel)
    assert summary.points[3].answer == answer
    assert words in summary.points[3].evidence


def test_where_it_was_felt_is_not_guessed() -> None:
    assert review(done()).points[3].evidence == "Where it was felt was not asked. Pain was not asked each time."
    unasked = FeelLog(key="x", at=BEGAN, session="s", drill="free_hinge", effort=None, pain=1)
    assert answers(review(done(), unasked))[3] == "cannot_tell"


def test_the_pain_of_every_clip_counts() -> None:
    opened = SessionOpened(key="o", at=BEGAN, session="s", resting_pain=1)
    clip = ClipSeen(key="c", at=BEGAN, session="s", drill="toe_touch", outcome="typical", pain=2)
    point = review(opened, clip, done(), felt("hamstrings")).points[3]
    assert (point.answer, point.evidence) == ("yes", "Felt in: hamstrings. Back pain 2 of 10 at most.")
    point = review(opened, replace(clip, pain=3), done(), felt("hamstrings")).points[3]
    assert point.answer == "not_yet"
    assert "Stopped for pain 3 of 10" in point.evidence
    knee = felt(drill="toe_touch", pain=3, pain_places=("knee",))  # the clip's own answer names the place
    point = review(opened, replace(clip, pain=3), replace(knee, key="k"), done(), felt("hamstrings")).points[3]
    assert (point.answer, point.evidence) == ("yes", "Felt in: hamstrings. No back pain.")
    point = review(opened, replace(clip, pain=None), done(), felt("hamstrings")).points[3]
    assert "No back pain" not in point.evidence


def test_a_red_flag_in_the_session_stands_in_the_fourth_point() -> None:
    opened = SessionOpened(key="o", at=BEGAN, session="s", resting_pain=0)
    flag = RedFlagAnswers(key="r", at=BEGAN, answers={"bladder": True})
    closed = SessionClosed(key="x", at=BEGAN, session="s")
    point = review(opened, done(), felt("hamstrings"), flag, closed).points[3]
    assert point.answer == "not_yet"
    assert point.evidence.startswith("A safety question was answered with yes.")
    after = review(opened, done(), felt("hamstrings"), closed, flag).points[3]
    assert after.answer == "yes"


def test_a_share_is_shown_between_0_and_100() -> None:
    assert "Hip share 98 % (89 to 100)." in review(done(share=98)).points[0].evidence


def test_a_gate_of_its_own_sets_the_share_of_reps() -> None:
    free = PROGRAM.drill("free_hinge")
    assert free.gate is not None
    strict = replace(free, gate=replace(free.gate, passed=free.gate.reps))
    program = replace(PROGRAM, drills=tuple(strict if one is free else one for one in PROGRAM.drills))
    events = (done(reps=reps(12, miss=(0,))[:5]),)
    assert answers(review(*events))[1] == "yes"
    assert answers(summarise_session(History(events, BEGAN), "s", program, NEXT))[1] == "not_yet"


def test_the_screens_are_explained_where_they_were_filmed() -> None:
    first = summarise_session(sample_history(), "s1", PROGRAM, NEXT)
    assert any("your back bent first" in line for line in first.screen)
    assert summarise_session(sample_history(), "s2", PROGRAM, NEXT).screen == ()
    assert first.closed
    assert not review(SessionOpened(key="o", at=BEGAN, session="s", resting_pain=0)).closed


def test_what_was_said_and_ticked_is_kept() -> None:
    told = Intake(key="i", at=BEGAN, pain=2, places=("hip",), since="May", goal="Garden!")
    ticks = Ticks(key="t", at=BEGAN, session="s", drill="free_hinge", ticks={"hands_steady": True}, by="clinician")
    summary = review(told, done(), ticks)
    assert summary.about == "Goal: Garden! Pain: hip or groin; since: May."
    assert summary.ticks == ("Free hinge, ticked by the clinician: My two hands kept their distance.",)
    assert review(done()).about == ""


def test_a_remark_never_shows_an_address() -> None:
    found = Remark(BEGAN, "dr.lee+x@clinic.example.org", "Mail <ana_b@mail.example> or call; 3x8 @8.5kg, 2 @ rest.")
    assert found.author == "(e-mail address left out)"
    assert found.text == "Mail <(e-mail address left out)> or call; 3x8 @8.5kg, 2 @ rest."


@pytest.mark.parametrize("text", ["me@x.org", "a.b%c@sub.x-y.co", "ana@klinik", "jürgen@bücher.de", "x@xn--p1ai.ru"])
def test_every_kind_of_address_is_masked(text) -> None:
    assert mask_addresses(f"({text}),") == "((e-mail address left out)),"
    assert "@" not in mask_addresses(f"{'a' * 200}{text} {text}")


def test_a_long_text_without_an_address_stays_as_it_is() -> None:
    text = "a" * 20_000 + "@" * 2000
    assert mask_addresses(text) == text


def test_a_withdrawn_entry_counts_as_never_entered() -> None:
    events = (
        done("goat_bag"),
        done("wall_hinge", key="other"),
        Withdrawn(key="w", at=BEGAN, entry="set", reason="slip"),
    )
    assert [one.drill for one in review(*events).work] == ["Wall hinge"]
    assert answers(review(*events))[2] == "yes"


def test_an_empty_session_has_four_open_points() -> None:
    summary = review(SessionOpened(key="o", at=BEGAN, session="s", resting_pain=None))
    assert answers(summary) == ["cannot_tell", "cannot_tell", "not_yet", "cannot_tell"]
    assert (summary.work, summary.before_after, summary.worst_pain, summary.cue) == ((), None, None, "")


def test_a_session_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="no session 'x'") as caught:
        summarise_session(sample_history(), "x", PROGRAM, NEXT)
    assert "s4, s5, s6" in caught.value.expected


def test_a_drill_that_the_program_has_no_more_keeps_its_name_in_words() -> None:
    assert review(done("old_drill", variant="very_wide")).work[0].drill == "Old drill"


def test_a_screen_that_was_left_out_leaves_no_open_question_about_pain() -> None:
    left = ClipSeen(key="tilt", at=BEGAN, session="s", drill="pelvic_tilt", outcome="left_out")
    unsaid = replace(felt(drill="pelvic_tilt", pain=None), key="tilt-feel", effort=None)
    summary = review(left, unsaid, done(), felt("hamstrings", pain=0))
    assert (summary.points[3].answer, summary.points[3].evidence) == ("yes", "Felt in: hamstrings. No back pain.")


def test_pain_told_with_a_clip_is_asked_though_its_place_is_kept_beside_it() -> None:
    clip = ClipSeen(key="clip", at=BEGAN, session="s", drill="toe_touch", outcome="typical", pain=3)
    place = replace(felt(drill="toe_touch", pain=None), key="place", effort=None, pain_places=("low_back",))
    evidence = review(place, clip).points[3].evidence
    assert evidence.startswith("Stopped for pain 3 of 10")
    assert "No set yet: a first look does not ask where it is felt." in evidence
    assert "not asked" not in evidence


def test_nothing_much_is_fine_only_where_the_gate_asks_for_no_place() -> None:
    wall = review(done("wall_hinge"), felt("nothing", drill="wall_hinge")).points[3].evidence
    assert wall == "Nothing much was felt. No back pain. At this step that is fine."
    assert "fine" not in review(done(), felt("nothing")).points[3].evidence
