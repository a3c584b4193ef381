"""A live set for real: our own clips before the camera, the pose model in the browser, the engine on the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hiphinge.store import Person
from tests.browser.conftest import Launch
from tests.browser.running import Running
from tests.web.live.people import begin_session

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
CLEAN = ROOT / "src/hiphinge/data/demo.mp4"
ROUNDED = ROOT / "tests/data/rounded_left.mp4"
#: Far more than is needed on a quiet machine.
_PATIENCE_MS = 150_000


@dataclass
class Line:
    """Stands between page and server: hears both, and can be cut."""

    page: Any
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    away: bool = False
    connections: int = 0
    _ends: Any = None

    def __post_init__(self) -> None:
        self.page.route_web_socket("**/ws/live/*", self._connect)

    def _connect(self, near: Any) -> None:
        if self.away:
            near.close(code=1013, reason="away")
            return
        self.connections += 1
        far = near.connect_to_server()
        near.on_message(lambda data: self._send(far, data))
        far.on_message(lambda data: self._hear(near, data))
        self._ends = near, far

    def _send(self, far: Any, data: str | bytes) -> None:
        self.sent.append(data[:4].decode() if isinstance(data, bytes) else json.loads(data)["type"])
        far.send(data)

    def _hear(self, near: Any, data: str | bytes) -> None:
        self.heard.append(json.loads(data))
        near.send(data)

    def cut(self) -> None:
        """Lose the connection until ``away`` is False again."""
        self.away = True
        near, far = self._ends
        far.close(code=1001, reason="cut")
        near.close(code=1012, reason="cut")

    def said(self, kind: str) -> list[Mapping[str, Any]]:
        return [one for one in self.heard if one["type"] == kind]

    def wait(self, come: Callable[[], bool], what: str) -> None:
        """Let the page run until something has come about."""
        for _ in range(_PATIENCE_MS // 100):
            if come():
                return
            slow = self.page.locator("[data-action=anyway]")
            if slow.is_visible():
                slow.click()
            self.page.evaluate("() => new Promise((done) => setTimeout(done, 100))")
        told = [
            (one["type"], one.get("phase"), one.get("show"))
            for one in self.heard
            if one["type"] not in ("meter", "ack", "pong")
        ]
        pytest.fail(f"{what} did not come about: {told[-12:]}")


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody before a camera, with the coach's page open."""

    page: Any
    line: Line
    person: Person
    origins: set[str]

    def finish(self) -> Mapping[str, Any]:
        """End the set and return its summary, as it is shown."""
        self.page.click("[data-action=stop]")
        self.line.wait(lambda: bool(self.line.said("summary")), "the summary")
        self.page.locator("[data-result]").filter(has_text=".").wait_for()
        return self.line.said("summary")[0]


@contextmanager
def patient(launch: Launch, film: Path, server: Running) -> Iterator[Patient]:
    person = begin_session(server.store)
    with launch(film) as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(60_000)
        troubles: list[str] = []
        origins: set[str] = set()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: origins.add("/".join(request.url.split("/")[:3])))
        line = Line(page)
        page.goto(f"{server.url}/p/{person.id}/coach?drill=free_hinge")
        page.click("[data-action=start]")
        yield Patient(page, line, person, origins)
        assert troubles == []


def grades(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    return [one["grade"] for one in messages]


def test_a_clean_hinge_is_counted_and_praised_without_a_cue(
    launch: Launch, fake_camera: Callable[[Path], Path], server: Running
) -> None:
    with patient(launch, fake_camera(CLEAN), server) as ana:
        line = ana.line
        line.wait(lambda: len(line.said("rep")) >= 3, "the third rep")
        assert ana.page.locator("[data-count]").inner_text() == "3"
        assert grades(line.said("rep")) == ["pass"] * 3
        assert line.said("praise")
        assert not line.said("cue")
        assert ana.page.evaluate("Object.keys(localStorage).some((key) => key.endsWith('.free_hinge'))")
        summary = ana.finish()
        assert (summary["outcome"], grades(summary["reps"]), summary["cue"]) == ("hinge", ["pass"] * 3, "")
        assert ana.page.locator("[data-share]").is_visible()
        # Numbers went out, and nothing else, and to nobody else.
        assert set(line.sent) <= {"HHL1", "command", "ping"}
        assert len(ana.origins - {"blob:", "data:"}) == 1
    assert [one.state for one in server.store.lives(ana.person.id)] == ["finished"]


def test_a_rounded_back_gets_its_cue_though_the_connection_was_lost(
    launch: Launch, fake_camera: Callable[[Path], Path], server: Running
) -> None:
    with patient(launch, fake_camera(ROUNDED), server) as ana:
        line = ana.line
        line.wait(lambda: any(one["phase"] == "moving" for one in line.said("phase")), "the first bend")
        line.cut()
        ana.page.locator("[data-link]").filter(has_text="nothing is lost").wait_for()
        ana.page.evaluate("() => new Promise((done) => setTimeout(done, 2500))")  # the person goes on bending
        line.away = False
        line.wait(lambda: line.connections == 2, "the reconnect")
        line.wait(lambda: len(line.said("rep")) >= 2, "the second rep")
        assert "miss" in grades(line.said("rep"))
        assert "4" in [one["rule"] for one in line.said("cue")]
        summary = ana.finish()
        assert summary["outcome"] == "spine"
        assert len(summary["reps"]) == 2
        assert summary["cue"]
