"""A clinic behind the web app, for the tests of the desk: its people, a browser, and short ways through the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from hiphinge.store import Person
from tests.service.clinic import Clinic
from tests.web.clients import Browser, home_browser

__all__ = ["DeskWorld", "opened_world", "text_of"]


def text_of(page: str) -> str:
    """Return the words of a page, without its tags."""
    body = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@dataclass
class DeskWorld:
    """A clinic and the owner's browser on it."""

    clinic: Clinic
    browser: Browser

    def words(self, path: str, status: int = 200) -> str:
        """Return the words of a page."""
        answer = self.browser.get(path)
        assert answer.status_code == status, answer.text
        return text_of(answer.text)

    def post(self, path: str, **fields: object) -> str:
        """Send a form that leads on, and return where to."""
        answer = self.browser.post(path, data=fields)
        assert answer.status_code == 303, text_of(answer.text)
        return str(answer.headers["location"])

    def refused(self, path: str, **fields: object) -> str:
        """Send a form that is shown again, and return its words."""
        answer = self.browser.post(path, data=fields)
        assert answer.status_code == 422, answer.status_code
        return text_of(answer.text)

    def weeks(self, name: str = "Ana") -> Person:
        """Somebody with three sessions: rounded, then good."""
        clinic = self.clinic
        person = clinic.screened(name)
        for _ in range(2):
            clinic.film(person, "wall_hinge", "good", touched=True, n_reps=5)
        clinic.desk.finish(person)
        for pose in ("round", "good"):
            clinic.later(hours=20)
            clinic.desk.answer_morning(person, 1)
            clinic.later(hours=10)
            clinic.desk.start(person, resting_pain=1, new_symptoms=False)
            clinic.film(person, "free_hinge", pose, n_reps=4)
            clinic.desk.finish(person)
        return person


@contextmanager
def opened_world(folder: Path) -> Iterator[DeskWorld]:
    """Open a clinic in an empty folder, and a browser at home on it."""
    with Clinic.opened(folder) as clinic:
        browser = home_browser(clinic.store, clock=clinic.clock)
        yield DeskWorld(clinic, browser)
