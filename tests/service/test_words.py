"""Words of questions and entries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hiphinge.program import load_program
from hiphinge.program.history import (
    EFFORT_PLACES,
    PAIN_PLACES,
    ClipSeen,
    Event,
    FeelLog,
    Intake,
    NextMorning,
    OutcomeScore,
    Override,
    RedFlagAnswers,
    SessionClosed,
    SessionOpened,
    SetDone,
    Ticks,
    Withdrawn,
)
from hiphinge.service.commandline import command_line, day_text
from hiphinge.service.words import EFFORT_WORDS, PAIN_WORDS, name_entry, set_up_lines

AT: dict[str, Any] = {"key": "k", "at": datetime(2026, 3, 2, 12, 0, tzinfo=UTC)}
IN: dict[str, Any] = {**AT, "session": "s", "drill": "goat_bag"}


def test_every_place_has_words_of_its_own() -> None:
    assert tuple(EFFORT_WORDS) == EFFORT_PLACES
    assert tuple(PAIN_WORDS) == PAIN_PLACES
    for words in (EFFORT_WORDS, PAIN_WORDS):
        assert len(set(words.values())) == len(words)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (SetDone(**IN), "set: goat-bag hinge"),
        (FeelLog(**IN, effort=None, pain=None), "how it felt: goat-bag hinge"),
        (ClipSeen(**IN, outcome="hinge"), "clip: goat-bag hinge"),
        (Ticks(**IN, ticks={}), "what only you can tell: goat-bag hinge"),
        (Override(**AT, clinician="Dr Lee", reason="seen", step=None), "decision of Dr Lee"),
        (OutcomeScore(**AT, measure="nprs", value=3.5), "score: nprs 3.5"),
        (RedFlagAnswers(**AT, answers={}), "answers to the safety questions"),
        (Intake(**AT, pain=0), "pain now, and how it began"),
        (SessionOpened(**AT, session="s", resting_pain=0), "start of a session"),
        (SessionClosed(**AT, session="s"), "end of a session"),
        (NextMorning(**AT, session="s", pain=0), "the morning after"),
        (Withdrawn(**AT, entry="k", reason="slip"), "entry"),
    ],
)
def test_every_entry_is_named_in_words(event: Event, words: str) -> None:
    assert name_entry(event, load_program()) == words


def test_commands_can_be_copied_into_a_shell() -> None:
    assert command_line("next", "Ana") == "hiphinge next Ana"
    assert command_line("next", "O'Hara Ann") == "hiphinge next 'O'\"'\"'Hara Ann'"
    assert command_line("next", "$(rm x)") == "hiphinge next '$(rm x)'"


def test_days_are_said_without_leading_noughts() -> None:
    local = datetime(2026, 3, 2, 9, 5).astimezone()
    assert day_text(local) == "2 March 2026"
    assert day_text(local, clock=True) == "2 March 2026, 09:05"


def test_a_form_that_sets_the_distance_says_it_in_place_of_the_drill() -> None:
    wall = load_program().drill("wall_hinge")
    half = next(one for one in wall.variants if one.id == "half")
    lines = set_up_lines(wall, half)
    assert "heels half a shoe-length from the wall, and stand still" in lines[0]
    assert lines[1:] == wall.setup[1:]
    wider = next(one for one in wall.variants if one.id == "wider")
    assert set_up_lines(wall, wider) == set_up_lines(wall, None) == wall.setup
