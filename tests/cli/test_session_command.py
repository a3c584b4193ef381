"""``hiphinge session``: start, log, finish, the morning after, taking a slip back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hiphinge.errors import VideoUnreadable
from hiphinge.program.history import (
    ClipSeen,
    FeelLog,
    Intake,
    NextMorning,
    RedFlagAnswers,
    SessionClosed,
    SessionOpened,
    SetDone,
    Ticks,
    Withdrawn,
)
from hiphinge.service.opening import open_desk
from tests.cli.people import Gym

FEEL = ("--effort", "hamstrings,buttocks", "--pain", "0", "--no-numbness")


@pytest.fixture
def gym(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gym:
    monkeypatch.chdir(tmp_path)
    return Gym(tmp_path)


@pytest.fixture
def started(gym: Gym) -> Gym:
    """Ana, at the wall hinge, in an open session."""
    gym.begin()
    return gym


def kinds(gym: Gym) -> list[str]:
    return [type(event).__name__ for event in gym.events()]


def test_a_whole_first_session_following_only_what_the_program_says(gym: Gym) -> None:
    out = gym.ok("person", "add", "Ana")
    assert "Next: hiphinge session start Ana" in out
    out = gym.ok(
        "session", "start", "Ana", "--pain", "2", "--no-red-flags", "--where", "low_back", "--since", "May",
        "--goal", "garden",
    )  # fmt: skip
    assert "Next: Film the toe touch, side-on; leave it out if it hurts." in out
    assert "To go on: hiphinge session log Ana CLIP  (Toe touch)" in out
    assert "If it hurts: hiphinge session log Ana --leave-out" in out
    out = gym.ok("session", "log", "Ana", gym.clip("touch-2"), "--pain", "2", "--where", "low_back", "--no-numbness")
    assert "touch-2.mp4: Toe touch" in out
    assert "film the pelvic tilt" in out.lower()
    out = gym.ok("session", "log", "Ana", "--leave-out")
    assert "the wall hinge" in out  # rounding is left out too where bending may hurt
    assert "is no screen" in gym.refused(2, "session", "log", "Ana", "--leave-out")
    for number in (1, 2):
        out = gym.ok("session", "log", "Ana", gym.clip(f"good-5-{number}"), "--touched", *FEEL)
        assert "5 reps: 5 met the drill's own rules." in out
    assert "the free hinge" in out
    out = gym.ok("session", "finish", "Ana", "--out", "pages")
    assert "1. Bend at the hips: ✓ yes" in out
    assert "Tomorrow morning: hiphinge session morning Ana" in out
    page = Path("pages/ana-2026-03-02-summary.html").read_text(encoding="utf-8")
    assert "Bend at the hips" in page
    assert "not for diagnosis" in page
    assert Path("pages/ana-2026-03-02-summary.pdf").read_bytes().startswith(b"%PDF")
    assert kinds(gym) == [
        "SessionOpened", "RedFlagAnswers", "Intake", "FeelLog", "ClipSeen", "ClipSeen",
        "SetDone", "FeelLog", "Ticks", "SetDone", "FeelLog", "Ticks", "SessionClosed",
    ]  # fmt: skip


def test_what_was_answered_is_what_is_kept(started: Gym) -> None:
    started.ok(
        "session", "log", "Ana", started.clip("good-5"), "--touched", "--effort", "buttocks", "--effort", "hamstrings",
        "--pain", "3", "--where", "leg_above_knee", "--leg", "back", "--no-numbness", "--tick", "feet_active=no",
        "--back-reps", "3",
    )  # fmt: skip
    done, feel, ticks = started.events()[-3:]
    assert isinstance(done, SetDone)
    assert (done.drill, done.variant, done.back_reps, done.load_kg) == ("wall_hinge", "", 3, None)
    assert [rep.grade for rep in done.reps] == ["pass"] * 5
    assert done.measures["lumbar_flexion"][0] == pytest.approx(0, abs=1)
    assert isinstance(feel, FeelLog)
    assert (feel.effort, feel.pain, feel.pain_places) == (("hamstrings", "buttocks"), 3, ("leg_above_knee",))
    assert (feel.leg, feel.new_numbness) == ("back", False)
    assert isinstance(ticks, Ticks)
    assert (ticks.ticks, ticks.by) == ({"feet_active": False, "wall_touched": True}, "person")


def test_a_seat_that_did_not_touch_is_a_miss_with_its_own_cue(started: Gym) -> None:
    out = started.ok("session", "log", "Ana", started.clip("good-3"), "--not-touched", *FEEL)
    assert "3 reps: 3 did not yet." in out
    assert "Not yet: seat at the wall (reps 1, 2, 3)." in out
    assert "Try: Shuffle a little closer." in out
    assert "0.75 of a shoe-length" in out


def test_a_rounded_set_says_which_rule_and_the_cue(started: Gym) -> None:
    out = started.ok("session", "log", "Ana", started.clip("round-3"), "--touched", *FEEL)
    assert "3 reps: 3 did not yet." in out
    assert "Not yet: back flat (reps 1, 2, 3)." in out
    assert "Try: Make your back a long table top" in out


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ((), "--touched or --not-touched"),
        (("--touched",), "--effort"),
        (("--touched", "--effort", "hamstrings"), "--pain"),
        (("--touched", "--effort", "hamstrings", "--pain", "2"), "--where"),
        (("--touched", "--effort", "hamstrings", "--pain", "2", "--where", "buttock"), "--leg"),
        (("--touched", "--effort", "hamstrings", "--pain", "2", "--where", "buttock", "--leg", "same"), "--numbness"),
        (("--touched", "--effort", "hamstrings", "--pain", "0"), "--numbness"),
    ],
)
def test_a_script_hears_of_a_missing_answer_before_the_clip_is_read(
    started: Gym, missing: tuple[str, ...], words: str
) -> None:
    before = started.events()
    message = started.refused(2, "session", "log", "Ana", started.clip("good-5"), *missing)
    assert "This was not answered" in message
    assert words in message
    assert started.calls == []
    assert started.events() == before


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--effort", "calves", "--pain", "0"), "--effort is 'calves'"),
        (("--effort", "nothing,neck", "--pain", "0"), "--effort is nothing, neck"),
        (("--effort", "neck", "--pain", "11"), "--pain is 11"),
        (("--effort", "neck", "--pain", "1", "--where", "toe"), "--where is 'toe'"),
        (("--effort", "neck", "--pain", "1", "--where", "knee", "--leg", "up"), "--leg is 'up'"),
        ((*FEEL, "--tick", "smile=yes"), "--tick is 'smile=yes'"),
        ((*FEEL, "--variant", "upside_down"), "Wall hinge has no variant 'upside_down'"),
        ((*FEEL, "--drill", "squat"), "There is no drill 'squat'"),
        ((*FEEL, "--before", "--after"), "--before and --after are both given"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_before_the_clip_is_read(
    started: Gym, given: tuple[str, ...], words: str
) -> None:
    assert words in started.refused(2, "session", "log", "Ana", started.clip("good-5"), "--touched", *given)
    assert started.calls == []


def test_a_clip_that_cannot_be_read_stores_nothing(started: Gym) -> None:
    started.errors["good-5.mp4"] = VideoUnreadable("good-5.mp4 holds no pictures.", next_step="Film it again.")
    before = started.events()
    message = started.refused(5, "session", "log", "Ana", started.clip("good-5"), "--touched", *FEEL)
    assert "holds no pictures" in message
    assert started.events() == before


def test_ctrl_c_while_a_clip_is_read_keeps_what_was_entered_before(started: Gym) -> None:
    started.errors["good-5.mp4"] = KeyboardInterrupt()
    before = started.events()
    message = started.refused(130, "session", "log", "Ana", started.clip("good-5"), "--touched", *FEEL)
    assert message.strip() == "Stopped. What was entered before is kept."
    assert started.events() == before


def test_the_same_film_twice_is_refused_and_can_be_logged_again_once_taken_back(started: Gym) -> None:
    film = started.clip("good-5")
    started.ok("session", "log", "Ana", film, "--touched", *FEEL)
    message = started.refused(14, "session", "log", "Ana", film, "--touched", *FEEL)
    assert "good-5.mp4 was already logged for Ana, on 2 March 2026" in message
    assert len(started.calls) == 1
    before = started.events()
    message = started.refused(2, "session", "undo", "Ana")
    assert "--reason" in message
    assert started.events() == before
    undone = started.run("session", "undo", "Ana", "--reason", "another drill")
    assert "counts no longer" in undone.stdout
    assert [line.split(",")[0] for line in undone.stderr.splitlines()] == [
        "To be taken back: set: wall hinge",
        "To be taken back: how it felt: wall hinge",
        "To be taken back: what only you can tell: wall hinge",
    ]
    assert sum(isinstance(event, Withdrawn) for event in started.events()) == 3
    started.ok("session", "log", "Ana", film, "--touched", *FEEL)
    assert len(started.calls) == 2


def test_another_persons_film_is_refused(started: Gym) -> None:
    film = started.clip("good-5")
    started.ok("session", "log", "Ana", film, "--touched", *FEEL)
    started.begin("Bo")
    before = started.events("Bo")
    message = started.refused(14, "session", "log", "Bo", film, "--touched", *FEEL)
    assert "another person" in message
    assert started.events("Bo") == before


def test_feel_and_ticks_go_in_without_a_clip(started: Gym) -> None:
    started.ok("session", "log", "Ana", "--drill", "wall_hinge", *FEEL)
    started.ok("session", "log", "Ana", "--drill", "wall_hinge", "--tick", "hands_steady", "--by-clinician")
    feel, ticks = started.events()[-2:]
    assert isinstance(feel, FeelLog)
    assert isinstance(ticks, Ticks)
    assert (ticks.ticks, ticks.by) == ({"hands_steady": True}, "clinician")
    assert "--effort" in started.refused(2, "session", "log", "Ana", "--drill", "wall_hinge")


def test_before_and_after_stand_side_by_side_with_the_pain_of_each(started: Gym) -> None:
    told = ("--where", "low_back", "--no-numbness")
    out = started.ok("session", "log", "Ana", started.clip("touch-2"), "--before", "--pain", "4", *told)
    assert "Toe touch, the usual bend" in out
    out = started.ok(
        "session",
        "log",
        "Ana",
        started.clip("good-2"),
        "--after",
        "--pain",
        "1",
        "--where",
        "low_back",
        "--no-numbness",
    )
    assert "Free hinge, the coached hinge" in out
    usual, coached = (event for event in started.events() if isinstance(event, ClipSeen) and event.label)
    assert isinstance(usual, ClipSeen)
    assert isinstance(coached, ClipSeen)
    assert (usual.drill, usual.label, usual.pain) == ("toe_touch", "usual", 4)
    assert (coached.drill, coached.label, coached.pain) == ("free_hinge", "coached", 1)
    out = started.ok("session", "finish", "Ana")
    assert "Before and after:" in out
    assert "In the coached hinge the lower back bent 40° less" in out
    assert "Pain 4 of 10 in the usual bend, 1 of 10 in the coached hinge" in out


def test_the_rounding_becomes_the_reference_of_later_clips(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    gym.ok("session", "start", "Ana", "--pain", "0", "--no-red-flags")
    gym.ok("session", "log", "Ana", gym.clip("round-2"), "--drill", "rounding", "--pain", "0", "--no-numbness")
    assert gym.references == []
    gym.ok("session", "log", "Ana", gym.clip("good-2"), "--drill", "free_hinge", *FEEL)
    assert json.loads(gym.references[0])["video"]["name"] == "round-2.mp4"


def test_an_assessment_made_before_is_logged_without_assessing_again(started: Gym) -> None:
    from hiphinge.clip.options import AssessOptions
    from hiphinge.report import write_assessment

    write_assessment(started(Path(started.clip("good-5")), AssessOptions(drill="wall")), "assessment.json")
    started.calls.clear()
    started.ok("session", "log", "Ana", "assessment.json", "--touched", *FEEL)
    assert started.calls == []
    message = started.refused(14, "session", "log", "Ana", "assessment.json", "--touched", *FEEL)
    assert "already logged" in message
    message = started.refused(2, "session", "log", "Ana", "assessment.json", "--drill", "free_hinge", *FEEL)
    assert "assessed as 'wall'" in message


def test_a_load_is_kept_and_a_variant_that_is_due_is_taken(started: Gym) -> None:
    started.ok("session", "log", "Ana", started.clip("good-3-a"), "--not-touched", *FEEL)
    started.ok("session", "log", "Ana", started.clip("good-5-b"), "--touched", *FEEL)
    done = [event for event in started.events() if isinstance(event, SetDone)]
    assert [one.variant for one in done] == ["", "three_quarters"]
    started.ok("session", "log", "Ana", started.clip("good-5-c"), "--touched", "--variant", "none", *FEEL)
    started.ok("session", "log", "Ana", started.clip("good-5-d"), "--drill", "goat_bag", "--load-kg", "12.5", *FEEL)
    done = [event for event in started.events() if isinstance(event, SetDone)]
    assert (done[2].variant, done[3].variant, done[3].load_kg) == ("", "", 12.5)


def test_keep_clip_keeps_the_film_else_only_its_numbers_are_kept(started: Gym) -> None:
    started.ok("session", "log", "Ana", started.clip("good-5-a"), "--touched", *FEEL)
    started.ok("session", "log", "Ana", started.clip("good-5-b"), "--touched", "--keep-clip", *FEEL)
    with open_desk(started.store) as desk:
        clips = desk.store.clips(desk.find("Ana").id)
        assert [(one.name, one.kept) for one in clips] == [("good-5-a.mp4", False), ("good-5-b.mp4", True)]


def test_a_yes_to_an_emergency_stops_at_once_and_no_session_is_begun(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    answers = [
        part for flag in gym_flags() for part in ("--red-flag", f"{flag}={'yes' if flag == 'bladder' else 'no'}")
    ]
    out = gym.stopped("session", "start", "Ana", "--pain", "0", *answers)
    assert "emergency" in out.lower()
    assert "No session was begun" in out
    assert kinds(gym) == ["RedFlagAnswers"]
    assert "set up" not in out.lower()
    gym.sleep(48)
    gym.stopped("session", "start", "Ana", "--pain", "0", "--no-new-symptoms", "--no-red-flags")
    assert kinds(gym) == ["RedFlagAnswers"]
    gym.ok("override", "Ana", "--clinician", "Dr Lee", "--reason", "seen", "--clears-stop")
    out = gym.ok("session", "start", "Ana", "--pain", "0", "--no-new-symptoms", "--no-red-flags")
    assert "Film the toe touch" in out


def test_a_yes_alone_is_kept_before_the_first_start(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    assert "emergency" in gym.stopped("session", "start", "Ana", "--red-flag", "bladder=yes")
    (flags,) = gym.events()
    assert isinstance(flags, RedFlagAnswers)
    assert flags.answers == {"bladder": True}


def test_a_yes_is_kept_where_no_question_is_due(started: Gym) -> None:
    started.ok("session", "finish", "Ana")
    started.sleep(30)
    given = ("--pain", "0", "--no-new-symptoms", "--red-flag", "bladder=yes")
    assert "emergency" in started.stopped("session", "start", "Ana", *given)
    assert kinds(started)[-2:] == ["SessionClosed", "RedFlagAnswers"]
    assert json.loads(started.stopped("next", "Ana", "--json"))["action"] == "stop_now"


@pytest.mark.parametrize("command", ["start", "symptom"])
def test_a_yes_in_an_open_session_is_kept_and_closes_it(started: Gym, command: str) -> None:
    started.ok("session", "log", "Ana", started.clip("good-5"), "--touched", *FEEL)
    out = started.stopped("session", command, "Ana", "--red-flag", "cancer=yes")
    assert "The session is closed. A page about it: hiphinge session summary Ana" in out
    assert "see a clinician" in out
    assert kinds(started)[-2:] == ["RedFlagAnswers", "SessionClosed"]
    started.ok("session", "summary", "Ana", "--out", "pages")
    assert len(list(Path("pages").iterdir())) == 2


def test_a_symptom_without_an_answer_is_asked_for(started: Gym) -> None:
    assert "--red-flag saddle_numbness" in started.refused(2, "session", "symptom", "Ana")
    before = started.events()
    started.ok("session", "symptom", "Ana", "--no-red-flags")
    assert len(started.events()) == len(before) + 1


def test_a_start_that_was_broken_off_takes_the_new_pain(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    with open_desk(gym.store, clock=gym.clock) as desk:
        desk.start(desk.find("Ana"), resting_pain=0)
    out = gym.ok("session", "start", "Ana", "--pain", "8", "--no-red-flags", "--where", "low_back")
    assert "answered anew" in out
    assert "8 of 10" in out
    assert kinds(gym) == ["SessionOpened", "Withdrawn", "SessionOpened", "RedFlagAnswers", "Intake"]
    _, _, opened, _, intake = gym.events()
    assert isinstance(opened, SessionOpened)
    assert isinstance(intake, Intake)
    assert (opened.resting_pain, intake.pain) == (8, 8)


def test_a_script_that_goes_on_with_the_same_pain_opens_no_second_session(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    with open_desk(gym.store, clock=gym.clock) as desk:
        desk.start(desk.find("Ana"), resting_pain=3)
    assert "--where" in gym.refused(2, "session", "start", "Ana", "--no-red-flags")
    gym.ok("session", "start", "Ana", "--pain", "3", "--no-red-flags", "--where", "low_back")
    assert kinds(gym) == ["SessionOpened", "RedFlagAnswers", "Intake"]


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("--pain", "0"), "--numbness"),
        (("--pain", "2"), "--where"),
        (("--pain", "2", "--where", "leg_below_knee"), "--leg"),
    ],
)
def test_a_screen_asks_where_it_hurt_the_leg_and_numbness(gym: Gym, missing: tuple[str, ...], words: str) -> None:
    gym.ok("person", "add", "Ana")
    gym.ok("session", "start", "Ana", "--pain", "0", "--no-red-flags")
    assert words in gym.refused(2, "session", "log", "Ana", gym.clip("touch-2"), *missing)
    assert gym.calls == []


def test_leg_pain_that_goes_further_in_a_screen_stops(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    gym.ok("session", "start", "Ana", "--pain", "0", "--no-red-flags")
    where = ("--pain", "1", "--where", "leg_below_knee", "--leg", "further", "--no-numbness")
    assert "see a clinician" in gym.stopped("session", "log", "Ana", gym.clip("touch-2"), *where)
    feel, clip = gym.events()[-2:]
    assert isinstance(feel, FeelLog)
    assert isinstance(clip, ClipSeen)
    assert (feel.drill, feel.pain, feel.pain_places, feel.leg) == ("toe_touch", None, ("leg_below_knee",), "further")
    assert (clip.pain, feel.new_numbness, clip.at == feel.at) == (1, False, True)
    gym.ok("session", "undo", "Ana", "--reason", "slip")
    assert kinds(gym)[-2:] == ["Withdrawn", "Withdrawn"]


def test_numbness_stops_and_says_what_would_be_an_emergency(started: Gym) -> None:
    given = ("--effort", "hamstrings", "--pain", "0", "--numbness", "--touched")
    out = started.stopped("session", "log", "Ana", started.clip("good-5"), *given)
    assert "Numb between the legs, new bladder or bowel trouble, or both legs: get emergency help now." in out
    message = started.refused(14, "session", "log", "Ana", started.clip("good-4"), "--touched", *FEEL)
    assert "hiphinge override Ana --clears-stop" in message


def test_a_screen_that_is_left_out_keeps_what_was_told(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    gym.ok("session", "start", "Ana", "--pain", "0", "--no-red-flags")
    assert "see a clinician" in gym.stopped("session", "log", "Ana", "--leave-out", "--numbness")
    feel, clip = gym.events()[-2:]
    assert isinstance(feel, FeelLog)
    assert isinstance(clip, ClipSeen)
    assert (feel.new_numbness, clip.outcome) == (True, "left_out")


def test_knee_pain_in_a_screen_is_not_the_backs(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    gym.ok("session", "start", "Ana", "--pain", "0", "--no-red-flags")
    out = gym.ok("session", "log", "Ana", gym.clip("touch-2"), "--pain", "3", "--where", "knee", "--no-numbness")
    assert "film the pelvic tilt" in out.lower()
    feel, clip = gym.events()[-2:]
    assert isinstance(feel, FeelLog)
    assert isinstance(clip, ClipSeen)
    assert (feel.pain, clip.pain) == (3, None)


def test_a_session_that_was_left_open_can_only_be_finished(started: Gym) -> None:
    started.ok("session", "log", "Ana", started.clip("good-5"), "--touched", *FEEL)
    started.sleep(11.9)
    started.ok("session", "log", "Ana", started.clip("good-4"), "--touched", *FEEL)
    started.sleep(12.1)
    for words in (
        ("log", "Ana", started.clip("good-3"), "--touched", *FEEL), ("log", "Ana", "--leave-out"),
        ("log", "Ana", "--drill", "wall_hinge", *FEEL),
    ):  # fmt: skip
        message = started.refused(14, "session", *words)
        assert "left open for more than 12 hours" in message
        assert "hiphinge session finish Ana, then hiphinge session start Ana" in message
    assert "To go on: hiphinge session finish Ana" in started.ok("next", "Ana")
    started.ok("session", "finish", "Ana")
    started.ok("session", "start", "Ana", "--pain", "0", "--no-new-symptoms")


@pytest.mark.parametrize("given", [("--minutes", "99999"), ("--minutes", "0"), ("--space", "nan"), ("--space", "1e9")])
def test_minutes_and_metres_nobody_has_are_refused(gym: Gym, given: tuple[str, str]) -> None:
    gym.ok("person", "add", "Ana")
    assert "Expected: " in gym.refused(2, "session", "start", "Ana", "--pain", "0", "--no-red-flags", *given)
    assert gym.events() == ()
    gym.refused(2, "next", "Ana", *given)


def test_a_drill_that_is_not_due_is_kept_and_counts_nothing_yet(started: Gym) -> None:
    out = started.ok("session", "log", "Ana", started.clip("good-5"), "--drill", "free_hinge", *FEEL)
    assert "Kept, but it counts nothing yet: the wall hinge is due." in out
    assert "Kept, but" not in started.ok("session", "log", "Ana", started.clip("good-4"), "--touched", *FEEL)


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (("--drill", "toe_touch", "--pain", "0", "--no-numbness", "--touched"), "--touched"),
        (("--drill", "toe_touch", "--pain", "0", "--no-numbness", "--effort", "neck"), "--effort"),
        (("--drill", "toe_touch", "--pain", "0", "--no-numbness", "--load-kg", "4"), "--load-kg"),
        (("--drill", "free_hinge", *FEEL, "--touched"), "--touched"),
        (("--drill", "free_hinge", *FEEL, "--load-kg", "4"), "--load-kg"),
        (("--leave-out",), "--leave-out"),
    ],
)
def test_an_option_that_does_not_belong_is_refused(started: Gym, given: tuple[str, ...], option: str) -> None:
    assert option in started.refused(2, "session", "log", "Ana", started.clip("good-5"), *given)
    assert started.calls == []


def test_before_and_left_out_contradict_each_other(started: Gym) -> None:
    assert "contradict" in started.refused(2, "session", "log", "Ana", "--before", "--leave-out")


def test_the_screens_are_put_side_by_side_after_the_last_one(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    gym.ok("session", "start", "Ana", "--pain", "0", "--no-red-flags")
    clip = ("--pain", "0", "--no-numbness")
    out = gym.ok("session", "log", "Ana", gym.clip("touch-2"), *clip)
    assert "To read with your clinician" not in out
    for drill in ("pelvic_tilt", "rounding"):
        out = gym.ok("session", "log", "Ana", "--leave-out", "--drill", drill)
    assert "To read with your clinician:\n  In the toe touch hips and back bent together." in out
    assert "clears nobody" in gym.ok("next", "Ana")
    gym.ok("override", "Ana", "--clinician", "Dr Lee", "--reason", "seen", "--step", "free")
    assert "clears nobody" not in gym.ok("next", "Ana")


def test_the_morning_is_not_answered_before_it_is_there(started: Gym) -> None:
    started.ok("session", "log", "Ana", started.clip("good-5"), "--touched", *FEEL)
    started.ok("session", "finish", "Ana")
    before = started.events()
    message = started.refused(14, "session", "morning", "Ana", "--pain", "0")
    assert "too soon" in message
    assert "an answer from 2 March 2026, 22:0" in message
    assert started.events() == before


def gym_flags() -> list[str]:
    from hiphinge.program import load_program

    return [flag.id for flag in load_program().red_flags]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), "--pain"),
        (("--pain", "0"), "--red-flag saddle_numbness=yes"),
        (("--pain", "0", "--red-flag", "saddle_numbness=no"), "--red-flag bladder=yes"),
        (("--pain", "3", "--no-red-flags"), "--where"),
        (("--pain", "12", "--no-red-flags"), "--pain is 12"),
        (("--pain", "0", "--red-flag", "nose=no"), "--red-flag is 'nose=no'"),
        (("--pain", "0", "--red-flag", "bladder=maybe"), "--red-flag is 'bladder=maybe'"),
        (("--pain", "0", "--no-red-flags", "--red-flag", "bladder=yes"), "contradict each other"),
    ],
)
def test_a_start_that_lacks_an_answer_stores_nothing(gym: Gym, given: tuple[str, ...], words: str) -> None:
    gym.ok("person", "add", "Ana")
    assert words in gym.refused(2, "session", "start", "Ana", *given)
    assert gym.events() == ()


def test_something_new_asks_the_red_flags_again(started: Gym) -> None:
    started.ok("session", "finish", "Ana")
    started.sleep(30)
    message = started.refused(2, "session", "start", "Ana", "--pain", "0")
    assert "--new-symptoms or --no-new-symptoms" in message
    message = started.refused(2, "session", "start", "Ana", "--pain", "0", "--new-symptoms")
    assert "--red-flag saddle_numbness" in message
    started.ok("session", "start", "Ana", "--pain", "0", "--new-symptoms", "--no-red-flags")
    assert sum(isinstance(event, RedFlagAnswers) for event in started.events()) == 2
    assert sum(isinstance(event, Intake) for event in started.events()) == 1


def test_a_second_session_at_once_is_refused_with_what_to_do(started: Gym) -> None:
    message = started.refused(14, "session", "start", "Ana", "--pain", "0", "--no-new-symptoms")
    assert "A session of Ana is open since 2 March" in message
    assert "hiphinge session finish Ana" in message


def test_without_a_session_nothing_is_logged(gym: Gym) -> None:
    gym.ok("person", "add", "Ana Maria")
    for words in (("log", "Ana Maria", gym.clip("good-5")), ("finish", "Ana Maria")):
        message = gym.refused(14, "session", *words)
        assert "No session of Ana Maria is open." in message
        assert "hiphinge session start 'Ana Maria'" in message
    assert "no finished session" in gym.refused(14, "session", "morning", "Ana Maria", "--pain", "0")
    assert "no entry to take back" in gym.refused(14, "session", "undo", "Ana Maria", "--reason", "slip")


def test_the_morning_after_is_asked_at_the_next_start(started: Gym) -> None:
    started.ok("session", "log", "Ana", started.clip("good-5"), "--touched", *FEEL)
    started.ok("session", "finish", "Ana")
    started.sleep(24)
    assert "hiphinge session morning Ana" in started.ok("next", "Ana")
    started.ok("session", "start", "Ana", "--pain", "0", "--no-new-symptoms", "--morning-pain", "1")
    opened, morning = (e for e in started.events() if isinstance(e, SessionOpened)), None
    first = next(opened)
    morning = next(e for e in started.events() if isinstance(e, NextMorning))
    assert (morning.session, morning.pain) == (first.session, 1)


def test_the_morning_may_be_answered_by_itself(started: Gym) -> None:
    started.ok("session", "log", "Ana", started.clip("good-5"), "--touched", *FEEL)
    started.ok("session", "finish", "Ana")
    started.sleep(24)
    assert "Next session: do the wall hinge" in started.ok("session", "morning", "Ana", "--pain", "0")
    assert "--pain is 12" in started.refused(2, "session", "morning", "Ana", "--pain", "12")
    assert isinstance(started.events()[-1], NextMorning)


def test_a_second_summary_on_one_day_has_a_name_of_its_own(started: Gym) -> None:
    started.ok("session", "finish", "Ana", "--out", "pages")
    started.ok("session", "start", "Ana", "--pain", "0", "--no-new-symptoms")
    started.ok("session", "finish", "Ana", "--out", "pages")
    names = sorted(path.name for path in Path("pages").iterdir())
    assert names == [f"ana-2026-03-02-summary{end}" for end in ("-2.html", "-2.pdf", ".html", ".pdf")]


def test_a_folder_that_cannot_be_made_leaves_the_session_finished_and_the_page_can_follow(started: Gym) -> None:
    started.ok("session", "log", "Ana", started.clip("good-5"), "--touched", *FEEL)
    Path("pages").write_text("in the way", encoding="utf-8")
    message = started.refused(7, "session", "finish", "Ana", "--out", "pages")
    closed = started.events()[-1]
    assert isinstance(closed, SessionClosed)
    assert f"hiphinge session summary Ana --session {closed.session} --out DIR" in message
    started.sleep(24)
    started.ok("session", "morning", "Ana", "--pain", "0")
    for name, which in (("a", ("--session", closed.session)), ("b", ("--session", "1")), ("c", ())):
        started.ok("session", "summary", "Ana", *which, "--out", name)
        assert Path(name, "ana-2026-03-02-summary.pdf").read_bytes().startswith(b"%PDF")
    assert "no session '2'" in started.refused(14, "session", "summary", "Ana", "--session", "2")


@pytest.mark.parametrize("command", ["start", "log", "finish", "summary", "symptom", "morning", "undo"])
def test_help_ends_with_an_example(gym: Gym, command: str) -> None:
    out = gym.ok("session", command, "--help")
    assert [line for line in out.splitlines() if line.strip()][-1].strip().startswith("Example: hiphinge session")
