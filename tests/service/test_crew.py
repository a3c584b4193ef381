"""Several runners side by side: one that breaks is told of at once, and the others take nothing more."""

from __future__ import annotations

import logging
import threading

import pytest

from hiphinge.service.crew import Crew


class Runner:
    """Stands for a ``JobRunner``: breaks, or works until it is asked to end."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.asked = error, threading.Event()

    def run(self) -> int:
        if self.error is not None:
            raise self.error
        assert self.asked.wait(30.0), "nobody asked it to end"
        return 1

    def ask_to_end(self) -> None:
        self.asked.set()


def test_one_that_breaks_ends_the_others_and_is_raised(monkeypatch, caplog):
    monkeypatch.setattr("hiphinge.service.crew.JobRunner", Runner)
    broken, well = Runner(RuntimeError("what a patient is called")), Runner()
    with caplog.at_level(logging.ERROR), pytest.raises(RuntimeError):
        Crew([broken, well]).run()  # type: ignore[list-item]
    assert well.asked.is_set()
    assert "ended by an error that was not foreseen: RuntimeError" in caplog.text
    assert "patient" not in caplog.text


def test_all_that_were_taken_are_counted(monkeypatch):
    monkeypatch.setattr("hiphinge.service.crew.JobRunner", Runner)
    runners = [Runner(), Runner()]
    crew = Crew(runners)  # type: ignore[arg-type]
    crew.ask_to_end()
    assert crew.run() == 2
