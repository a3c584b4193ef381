"""Questions at the keyboard, and their answers as options."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from hiphinge.cli import ask
from hiphinge.errors import UsageError

PLACES = {"hamstrings": "back of the thighs", "buttocks": "buttocks", "nothing": "nothing much"}


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[PipeInput]:
    """A person at a terminal: what is sent is what they type."""
    monkeypatch.setattr(ask, "is_interactive", lambda: True)
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        yield keys


def test_a_number_is_typed(keyboard: PipeInput) -> None:
    keyboard.send_text("3\r")
    assert ask.ask_number("Pain?", None, option="--pain") == 3


def test_a_number_that_does_not_fit_is_asked_for_again(keyboard: PipeInput) -> None:
    keyboard.send_text("11\r\x7f\x7f4\r")  # 11, Enter, two backspaces, 4
    assert ask.ask_number("Pain?", None, option="--pain") == 4


def test_a_comma_is_a_decimal_point(keyboard: PipeInput) -> None:
    keyboard.send_text("7,5\r")
    assert ask.ask_number_or_none("Weight?", None, option="--load-kg", high=300, whole=False) == 7.5


def test_a_number_may_be_left_out_where_that_is_said(keyboard: PipeInput) -> None:
    keyboard.send_text("\r")
    assert ask.ask_number_or_none("Morning?", None, option="--morning-pain") is None


@pytest.mark.parametrize(
    ("typed", "answer"), [("y\r", True), ("No\r", False), ("\r\rn\r", False), ("maybe\r\x15yes\r", True)]
)
def test_yes_and_no_are_typed_and_enter_alone_is_no_answer(keyboard: PipeInput, typed: str, answer: bool) -> None:
    keyboard.send_text(typed)
    assert ask.ask_yes_no("Is one foot newly weak?", None, option="--red-flag") is answer


def test_places_are_marked_with_the_space_bar_and_none_is_refused(keyboard: PipeInput) -> None:
    keyboard.send_text("\r \x1b[B \r")  # Enter alone; mark the first; down; mark the second
    assert ask.ask_many("Where?", None, option="--effort", choices=PLACES) == ("hamstrings", "buttocks")


def test_a_choice_is_made_with_the_arrows(keyboard: PipeInput) -> None:
    keyboard.send_text("\x1b[B\r")
    assert ask.ask_choice("Which?", None, option="--drill", choices=PLACES) == "buttocks"


def test_a_text_that_is_needed_is_asked_for_again(keyboard: PipeInput) -> None:
    keyboard.send_text("  \r\x15Ana\r")
    assert ask.ask_text("Who?", None, option="--author") == "Ana"


def test_ctrl_c_leaves_as_an_interrupt(keyboard: PipeInput) -> None:
    keyboard.send_text("\x03")
    with pytest.raises(KeyboardInterrupt):
        ask.ask_yes_no("Is one foot newly weak?", None, option="--red-flag")


@pytest.mark.parametrize(
    "question",
    [
        lambda: ask.ask_number("Pain?", None, option="--it"),
        lambda: ask.ask_yes_no("New?", None, option="--it"),
        lambda: ask.ask_many("Where?", None, option="--it", choices=PLACES),
        lambda: ask.ask_choice("Which?", None, option="--it", choices=PLACES),
        lambda: ask.ask_text("Who?", None, option="--it"),
    ],
)
def test_a_script_hears_which_option_it_left_out(question: Callable[[], object]) -> None:
    with pytest.raises(UsageError, match="This was not answered") as caught:
        question()
    assert "--it" in caught.value.expected
    assert caught.value.next_step == "Add --it."


def test_a_script_may_leave_out_what_need_not_be_answered() -> None:
    assert ask.ask_number_or_none("Morning?", None, option="--it") is None
    assert ask.ask_text("Goal?", None, option="--it", needed=False) == ""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (lambda: ask.ask_number("Pain?", 11, option="--it"), "a whole number from 0 to 10"),
        (lambda: ask.ask_number("Pain?", 2.5, option="--it"), "a whole number from 0 to 10"),
        (lambda: ask.ask_number("Pain?", float("nan"), option="--it"), "a whole number from 0 to 10"),
        (lambda: ask.ask_number_or_none("kg?", -1, option="--it", high=300, whole=False), "a number from 0 to 300"),
        (lambda: ask.ask_many("Where?", ["knees"], option="--it", choices=PLACES), "hamstrings or buttocks or nothing"),
        (lambda: ask.ask_many("Where?", [""], option="--it", choices=PLACES), "hamstrings or buttocks or nothing"),
        (lambda: ask.ask_choice("Which?", "x", option="--it", choices=PLACES), "hamstrings or buttocks or nothing"),
        (lambda: ask.ask_text("Who?", "  ", option="--it"), "a text"),
    ],
)
def test_a_given_answer_that_does_not_fit_says_what_does(question: Callable[[], object], expected: str) -> None:
    with pytest.raises(UsageError, match="--it is") as caught:
        question()
    assert caught.value.expected == expected


def test_given_answers_are_taken_in_the_order_of_the_choices() -> None:
    assert ask.ask_many("", ["buttocks, hamstrings", "buttocks"], option="--it", choices=PLACES) == (
        "hamstrings",
        "buttocks",
    )
    assert ask.ask_number("", 0, option="--it") == 0
    assert ask.ask_yes_no("", False, option="--it") is False
    assert ask.ask_text("", " Ana ", option="--it") == "Ana"
