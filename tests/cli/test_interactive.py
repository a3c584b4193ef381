"""A person at a terminal: what is not given is asked, and what was confirmed stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from hiphinge.cli import ask, feel, log, start
from hiphinge.program import load_program
from hiphinge.program.history import ClipSeen, FeelLog, Intake, RedFlagAnswers, SessionOpened, SetDone, Ticks
from tests.cli.people import Gym

Type = Callable[[str], None]
ENTER, SPACE, DOWN, CTRL_C = "\r", " ", "\x1b[B", "\x03"
N_FLAGS = len(load_program().red_flags)
ALL_NO = f"n{ENTER}" * N_FLAGS
FEEL = ("--effort", "hamstrings", "--pain", "0", "--no-numbness")


@pytest.fixture
def gym(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gym:
    monkeypatch.chdir(tmp_path)
    return Gym(tmp_path)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Type]:
    """Types keys; from now on somebody is there to be asked."""
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):

        def send(text: str) -> None:
            for module in (ask, feel, log, start):
                monkeypatch.setattr(module, "is_interactive", lambda: True)
            pipe.send_text(text)

        yield send


def test_a_first_start_asks_pain_red_flags_and_how_it_began(gym: Gym, keys: Type) -> None:
    gym.ok("person", "add", "Ana")
    keys(f"3{ENTER}{ALL_NO}{SPACE}{DOWN}{SPACE}{ENTER}since May{ENTER}{ENTER}")
    out = gym.ok("session", "start", "Ana")
    assert "Film the toe touch" in out
    opened, flags, intake = gym.events()
    assert isinstance(opened, SessionOpened)
    assert (opened.resting_pain, opened.new_symptoms) == (3, None)
    assert isinstance(flags, RedFlagAnswers)
    assert list(flags.answers.values()) == [False] * N_FLAGS
    assert isinstance(intake, Intake)
    assert (intake.pain, intake.places, intake.since, intake.goal) == (3, ("low_back", "buttock"), "since May", "")


def test_without_pain_nobody_is_asked_where_or_since_when(gym: Gym, keys: Type) -> None:
    gym.ok("person", "add", "Ana")
    keys(f"0{ENTER}{ALL_NO}lift my son{ENTER}")
    gym.ok("session", "start", "Ana")
    intake = gym.events()[-1]
    assert isinstance(intake, Intake)
    assert (intake.pain, intake.places, intake.goal) == (0, (), "lift my son")


def test_an_emergency_ends_the_questions_at_once(gym: Gym, keys: Type) -> None:
    gym.ok("person", "add", "Ana")
    keys(f"0{ENTER}n{ENTER}y{ENTER}")
    out = gym.stopped("session", "start", "Ana")
    assert "The session is closed." in out
    flags = gym.events()[1]
    assert isinstance(flags, RedFlagAnswers)
    assert dict(flags.answers) == {"saddle_numbness": False, "bladder": True}
    assert "Set up" not in out
    assert "emergency" in out.lower()


def test_questions_that_were_broken_off_go_on_where_they_were(gym: Gym, keys: Type) -> None:
    gym.ok("person", "add", "Ana")
    keys(f"0{ENTER}n{ENTER}{CTRL_C}")
    assert "What was entered before is kept." in gym.refused(130, "session", "start", "Ana")
    flags = gym.events()[-1]
    assert isinstance(flags, RedFlagAnswers)
    assert flags.answers == {"saddle_numbness": False}
    assert "hiphinge session start Ana" in gym.ok("next", "Ana")
    keys(f"n{ENTER}" * (N_FLAGS - 1) + CTRL_C)
    gym.refused(130, "session", "start", "Ana")
    assert [type(event) for event in gym.events()] == [SessionOpened, RedFlagAnswers, RedFlagAnswers]
    keys(ENTER)
    gym.ok("session", "start", "Ana")
    assert isinstance(gym.events()[-1], Intake)


def test_a_yes_before_ctrl_c_is_kept_and_stops(gym: Gym, keys: Type) -> None:
    gym.ok("person", "add", "Ana")
    emergencies = sum(flag.urgency == "emergency" for flag in load_program().red_flags)
    keys(f"0{ENTER}" + f"n{ENTER}" * emergencies + f"n{ENTER}y{ENTER}{CTRL_C}")
    gym.refused(130, "session", "start", "Ana")
    answers = [event.answers for event in gym.events() if isinstance(event, RedFlagAnswers)]
    assert sum(answer is True for one in answers for answer in one.values()) == 1
    gym.sleep(24)
    gym.stopped("session", "start", "Ana", "--pain", "0", "--no-new-symptoms", "--no-red-flags")


def test_a_symptom_in_the_middle_of_a_session_is_asked_about(gym: Gym, keys: Type) -> None:
    gym.begin()
    keys(f"n{ENTER}y{ENTER}")
    assert "The session is closed." in gym.stopped("session", "symptom", "Ana")


def test_a_screen_asks_pain_where_and_numbness_and_so_does_leaving_it_out(gym: Gym, keys: Type) -> None:
    gym.ok("person", "add", "Ana")
    gym.ok("session", "start", "Ana", "--pain", "0", "--no-red-flags")
    keys(f"1{ENTER}{SPACE}{ENTER}n{ENTER}")
    gym.ok("session", "log", "Ana", gym.clip("touch-2"))
    feel_log, clip = gym.events()[-2:]
    assert isinstance(feel_log, FeelLog)
    assert isinstance(clip, ClipSeen)
    assert (clip.pain, feel_log.pain_places, feel_log.new_numbness) == (1, ("low_back",), False)
    keys(f"{ENTER}n{ENTER}")
    gym.ok("session", "log", "Ana", "--leave-out")
    clip = gym.events()[-1]
    assert isinstance(clip, ClipSeen)
    assert (clip.outcome, clip.pain) == ("left_out", None)


def test_logging_asks_for_touch_effort_pain_and_ticks(gym: Gym, keys: Type) -> None:
    gym.begin()
    film = gym.clip("good-5")
    keys(
        f"y{ENTER}{SPACE}{DOWN}{SPACE}{ENTER}2{ENTER}{DOWN}{DOWN}{SPACE}{ENTER}{DOWN}{DOWN}{SPACE}{ENTER}n{ENTER}y{ENTER}n{ENTER}"
    )
    gym.ok("session", "log", "Ana", film)
    done, feel, ticks = gym.events()[-3:]
    assert isinstance(done, SetDone)
    assert [rep.grade for rep in done.reps] == ["pass"] * 5
    assert isinstance(feel, FeelLog)
    assert (feel.effort, feel.pain, feel.pain_places) == (("hamstrings", "buttocks"), 2, ("leg_above_knee",))
    assert (feel.leg, feel.new_numbness) == ("back", False)
    assert isinstance(ticks, Ticks)
    assert ticks.ticks == {"wall_touched": True, "hands_steady": True, "feet_active": False}


def test_ctrl_c_after_the_clip_keeps_the_set_and_the_feel_can_follow(gym: Gym, keys: Type) -> None:
    gym.begin()
    film = gym.clip("good-5")
    keys(f"y{ENTER}{CTRL_C}")
    gym.refused(130, "session", "log", "Ana", film)
    assert isinstance(gym.events()[-1], SetDone)
    assert "say where you felt the effort" in gym.ok("next", "Ana")
    keys(f"{SPACE}{ENTER}0{ENTER}n{ENTER}")
    gym.ok("session", "log", "Ana")
    assert isinstance(gym.events()[-1], FeelLog)


def test_the_morning_may_be_skipped(gym: Gym, keys: Type) -> None:
    gym.begin()
    gym.ok("session", "log", "Ana", gym.clip("good-5"), "--touched", *FEEL)
    gym.ok("session", "finish", "Ana")
    gym.sleep(24)
    keys(f"{ENTER}1{ENTER}n{ENTER}")
    gym.ok("session", "start", "Ana")
    opened = gym.events()[-1]
    assert isinstance(opened, SessionOpened)
    assert (opened.resting_pain, opened.new_symptoms) == (1, False)


def test_erasing_wants_the_name_typed(gym: Gym, keys: Type) -> None:
    gym.ok("person", "add", "Ana")
    keys(f"Anna{ENTER}")
    assert "Nothing was erased." in gym.refused(2, "person", "erase", "Ana")
    keys(f"Ana{ENTER}")
    assert "Ana is erased." in gym.ok("person", "erase", "Ana")


def test_an_override_a_score_and_a_note_are_asked_for(gym: Gym, keys: Type) -> None:
    gym.begin()
    keys(f"Dr Lee{ENTER}seen today{ENTER}{DOWN}{DOWN}{ENTER}")
    assert "the free hinge" in gym.ok("override", "Ana")
    keys(f"{DOWN}6.5{ENTER}".replace(DOWN, f"{DOWN}{ENTER}"))
    assert "6.5, first score" in gym.ok("outcome", "Ana")
    keys(f"Ana{ENTER}")
    assert "The note is kept." in gym.ok("note", "Ana", "felt good")
