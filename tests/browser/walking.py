"""Somebody who walks through the app in a browser: taps, typed letters and time are counted, troubles are kept."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

__all__ = ["PASSWORD", "Walker", "walk"]

#: Of every account of the tests.
PASSWORD = "seven quiet herons"

_WIDTH, _HEIGHT = 390, 844


@dataclass(slots=True)
class Walker:
    """A person at a page.

    ``troubles``: what no page may do, as text; ``taps`` and ``typed`` as a person makes them; ``filmed_s``: how long
    they stood before the camera.
    """

    page: Any
    base: str
    troubles: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    taps: int = 0
    typed: int = 0
    filmed_s: float = 0.0
    began: float = field(default_factory=time.monotonic)

    @property
    def path(self) -> str:
        """Where the person is, without the server's address."""
        found = urlsplit(str(self.page.url))
        return found.path + (f"?{found.query}" if found.query else "")

    @property
    def person(self) -> str:
        """Whose page it is, by the address."""
        found = re.search(r"/p/([^/?]+)", self.page.url)
        assert found, self.page.url
        return found[1]

    def open(self, path: str) -> None:
        """Type or follow an address from outside."""
        self.page.goto(path if "://" in path else self.base + path)

    def tap(self, name: str, *, role: str = "", exact: bool = False, leads: str = "") -> None:
        """Press a button or a link by the name that is read out; ``leads`` is a pattern of the address after it."""
        page = self.page
        self.taps += 1
        if role:
            found = page.get_by_role(role, name=name, exact=exact)
        else:
            found = page.get_by_role("button", name=name, exact=exact).or_(
                page.get_by_role("link", name=name, exact=exact)
            )
        found.filter(visible=True).first.click()
        if leads:
            page.wait_for_url(re.compile(leads))

    def check(self, group: str, answer: str) -> None:
        """Answer one question by its words."""
        self.taps += 1
        self.page.get_by_role("group", name=group).get_by_label(answer, exact=True).check()

    def write(self, label: str, text: str) -> None:
        """Type into a field."""
        self.taps += 1
        self.typed += len(text)
        self.page.get_by_label(label, exact=True).fill(text)

    def choose_film(self, film: Any, label: str = "Choose a film") -> None:
        """Choose a file from the device."""
        self.taps += 2
        self.page.get_by_label(label).set_input_files(film)

    def see(self, text: str, *, timeout_s: float = 30) -> None:
        """Wait until a text can be seen."""
        self.page.get_by_text(re.compile(text)).filter(visible=True).first.wait_for(timeout=1000 * timeout_s)

    def heading(self) -> str:
        """Return the page's first heading."""
        return str(self.page.locator("h1:visible").first.inner_text())

    def expect(self, *troubles: str) -> None:
        """Forget troubles that a test brought about, by a part of each text."""
        self.troubles = [one for one in self.troubles if not any(part in one for part in troubles)]


@contextmanager
def walk(browser: Any, base: str, **more: Any) -> Iterator[Walker]:
    """Open a page, a phone's where nothing else is said; anything amiss on any page fails the test at the end."""
    given = {"viewport": {"width": _WIDTH, "height": _HEIGHT}, "permissions": ["camera"], **more}
    context = browser.new_context(**given)
    page = context.new_page()
    page.set_default_timeout(30_000)
    walker = Walker(page, base)
    watch(page, walker)
    try:
        yield walker
    finally:
        context.close()
    assert walker.troubles == []


def watch(page: Any, walker: Walker) -> None:
    """Keep errors of the page and of its scripts, refused content, and requests to anywhere else."""
    tell = walker.troubles.append
    page.on("pageerror", lambda error: tell(f"script: {error}"))
    page.on("console", lambda told: told.type in ("error", "warning") and tell(f"console: {told.text}"))
    page.on("response", lambda answer: answer.status >= 500 and tell(f"{answer.status}: {answer.url}"))

    def look(request: Any) -> None:
        if not request.url.startswith((walker.base, "data:", "blob:")):
            tell(f"elsewhere: {request.url}")

    page.on("request", look)
