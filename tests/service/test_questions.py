"""What a person still has to answer, read from the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hiphinge.program import load_program
from hiphinge.program.history import (
    ClipSeen,
    Event,
    FeelLog,
    History,
    Intake,
    NextMorning,
    Override,
    RedFlagAnswers,
    SessionClosed,
    SessionOpened,
    SetDone,
    Ticks,
    Withdrawn,
)
from hiphinge.program.next_step import next_step
from hiphinge.service.questions import find_belonging, find_questions, live_events, open_session, reference_clip

PROGRAM = load_program()
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALL_NO = {flag.id: False for flag in PROGRAM.red_flags}


class Book:
    """Writes events a minute apart."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.now = START

    def add(self, kind: type[Event], **fields: Any) -> Book:
        self.now += timedelta(minutes=1)
        self.events.append(kind(key=f"e{len(self.events)}", at=self.now, **fields))
        return self

    def open(self, name: str = "s1", *, pain: int = 0, new: bool | None = None) -> Book:
        return self.add(SessionOpened, session=name, resting_pain=pain, new_symptoms=new)

    def flags(self, **answers: bool | None) -> Book:
        return self.add(RedFlagAnswers, answers=ALL_NO | answers)

    def work(self, name: str = "s1") -> Book:
        return self.add(SetDone, session=name, drill="wall_hinge")

    def close(self, name: str = "s1") -> Book:
        return self.add(SessionClosed, session=name)

    def wait(self, hours: float) -> Book:
        self.now += timedelta(hours=hours)
        return self

    @property
    def history(self) -> History:
        return History(tuple(self.events), self.now)


def open_flags(book: Book) -> list[str]:
    return [flag.id for flag in find_questions(book.history, PROGRAM).red_flags]


def test_a_new_person_has_everything_to_answer() -> None:
    found = find_questions(Book().history, PROGRAM)
    assert found.red_flags == PROGRAM.red_flags
    assert (found.intake, found.morning, found.first) == (True, None, True)


def test_answered_questions_are_not_asked_again() -> None:
    book = Book().open().flags().add(Intake, pain=0)
    found = find_questions(book.history, PROGRAM)
    assert (found.red_flags, found.intake, found.first) == ((), False, False)


def test_an_unanswered_flag_stays_open_and_a_yes_is_an_answer() -> None:
    book = Book().open().flags(bladder=None, cancer=True)
    assert open_flags(book) == ["bladder"]
    book.add(RedFlagAnswers, answers={"bladder": False})
    assert open_flags(book) == []


CASES = {
    "new": Book().open().flags(),
    "calm": Book().open().flags().close().open("s2", new=False),
    "worse": Book().open().flags().close().open("s2", new=True),
    "worse, answered": Book().open().flags().close().open("s2", new=True).flags(),
    "unsaid": Book().open().flags().close().open("s2"),
    "unsaid, fresh": Book().open().flags().close().flags().open("s2"),
    "cleared": Book().open().flags(cancer=True).close().add(
        Override, clinician="Dr Lee", reason="seen", step=None, clears_stop=True
    ),
    "some": Book().open().flags(bladder=None),
    "nobody": Book().open(),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_flags_are_open_exactly_where_the_decision_asks_for_them(case: str) -> None:
    book = CASES[case]
    decision = next_step(book.history, PROGRAM)
    waits = any(line.rule == "Safety questions" and line.holds is None for line in decision.evidence)
    assert bool(open_flags(book)) == waits


def test_the_morning_is_asked_once_a_night_lies_between() -> None:
    book = Book().open().flags().work().close()
    assert find_questions(book.history, PROGRAM).morning is None
    assert find_questions(book.wait(5).history, PROGRAM).morning is None  # the same day
    assert find_questions(book.wait(19).history, PROGRAM).morning == "s1"
    book.add(NextMorning, session="s1", pain=1)
    assert find_questions(book.history, PROGRAM).morning is None


def test_a_session_without_work_has_no_morning_after() -> None:
    assert find_questions(Book().open().flags().close().wait(24).history, PROGRAM).morning is None


def test_the_open_session_is_the_one_not_closed() -> None:
    book = Book().open().close().open("s2")
    found = open_session(book.history)
    assert found is not None
    assert found.session == "s2"
    assert open_session(book.close("s2").history) is None


def test_withdrawn_entries_are_as_if_never_entered() -> None:
    book = Book().open().flags().work()
    book.add(Withdrawn, entry="e2", reason="slip")
    assert [event.key for event in live_events(book.history)] == ["e0", "e1"]
    book.add(Withdrawn, entry="e1", reason="slip")
    assert open_flags(book) == list(ALL_NO)


def test_the_reference_is_the_latest_rounding_that_counts() -> None:
    book = Book().open().flags()
    assert reference_clip(book.history, PROGRAM) == ""
    for number in ("a1", "a2"):
        book.add(ClipSeen, session="s1", drill="rounding", outcome="reference", assessment=number)
    book.add(ClipSeen, session="s1", drill="toe_touch", outcome="typical", assessment="a3")
    book.add(ClipSeen, session="s1", drill="rounding", outcome="left_out")
    assert reference_clip(book.history, PROGRAM) == "a2"
    book.add(Withdrawn, entry="e3", reason="slip")
    assert reference_clip(book.history, PROGRAM) == "a1"


def test_a_set_goes_with_how_it_felt_and_its_ticks() -> None:
    book = Book().open().flags()
    for _ in range(2):
        book.work().add(FeelLog, session="s1", drill="wall_hinge", effort=("neck",), pain=0)
        book.add(Ticks, session="s1", drill="wall_hinge", ticks={})
    events = tuple(book.events)
    for index in (2, 3, 4):
        assert [event.key for event in find_belonging(events, index)] == ["e2", "e3", "e4"]
    assert [event.key for event in find_belonging(events, 7)] == ["e5", "e6", "e7"]
    assert find_belonging(events, 1) == (events[1],)


def test_feel_of_another_drill_stands_by_itself() -> None:
    book = Book().open().work().add(FeelLog, session="s1", drill="free_hinge", effort=("neck",), pain=0)
    assert [event.key for event in find_belonging(tuple(book.events), 2)] == ["e2"]
    assert [event.key for event in find_belonging(tuple(book.events), 1)] == ["e1"]
