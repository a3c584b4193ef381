"""Without a mouse: the patient's main path with Tab, Space, arrows and Enter, and the focus is always to be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from hiphinge.store import Person
from tests.browser.running import Running
from tests.browser.scripted import Script
from tests.browser.walking import Walker, walk
from tests.web.live.people import begin_session

pytestmark = pytest.mark.browser

#: What is amiss with how the focus shows, "" where nothing is: an outline, within the window, and nothing over it. A
#: choice shows it on the label around it.
_SHOWN = """(() => {
  const here = document.activeElement;
  if (here === document.body || here.tabIndex < 0) return "";
  const box = here.matches("input[type=radio], input[type=checkbox]") ? here.closest("label") ?? here : here;
  const outlined = [here, box].some((one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && style.opacity !== "0";
  });
  const place = box.getBoundingClientRect();
  const [x, y] = [place.x + Math.min(place.width, innerWidth) / 2, place.y + Math.min(place.height, innerHeight) / 2];
  const top = document.elementFromPoint(x, y);
  const free = top !== null && (box.contains(top) || top.contains(box));
  return outlined && free ? "" : `${outlined ? "covered or outside" : "no outline"}: ${box.outerHTML.slice(0, 120)}`;
})()"""
_NAME = """(() => {
  const here = document.activeElement;
  return (here.labels?.[0] ?? here).textContent.trim() || here.getAttribute("aria-label") || "";
})()"""


class Hands:
    """Keys, and nothing else."""

    def __init__(self, walker: Walker) -> None:
        self.page = walker.page
        self.unseen: list[str] = []

    def press(self, key: str) -> None:
        """Press a key, and see where the focus is then."""
        self.page.keyboard.press(key)
        if trouble := self.page.evaluate(_SHOWN):
            self.unseen.append(trouble)

    def reach(self, name: str, key: str = "Tab", *, most: int = 60) -> None:
        """Go on with one key until something of this name has the focus."""
        passed = []
        for _ in range(most):
            self.press(key)
            passed.append(self.page.evaluate(_NAME))
            if re.search(name, passed[-1]):
                return
        pytest.fail(f"{name} is not reached: {passed}")

    def follow(self, name: str, leads: str) -> None:
        """Reach a link or button, and press it."""
        self.reach(name)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(re.compile(leads))


@pytest.fixture
def person(server: Running) -> Person:
    return begin_session(server.store)


@pytest.fixture
def walker(chromium: Any, server: Running) -> Iterator[Walker]:
    with walk(chromium, server.url, reduced_motion="reduce") as found:
        yield found


def test_from_today_to_a_set_that_runs(walker: Walker, person: Person) -> None:
    script = Script(walker.page)
    walker.open(f"/p/{person.id}/today")
    hands = Hands(walker)
    hands.reach("^Skip to the content$")
    hands.press("Enter")
    hands.follow("^Coach me live$", "/coach")
    walker.page.locator("[data-action=start]:enabled").wait_for()
    hands.reach("^Tone")
    hands.press("Space")
    assert not walker.page.is_checked("[data-tone]")
    hands.reach("^Start$")
    walker.page.keyboard.press("Enter")
    walker.page.wait_for_selector("[data-part=live]:not([hidden])")
    script.stand()
    hands.reach("^Finish$")
    walker.page.keyboard.press("Enter")
    walker.page.wait_for_selector("[data-part=asking]:not([hidden])")
    hands.reach("^0$")
    hands.press("ArrowRight")
    hands.press("ArrowRight")
    walker.page.keyboard.press("Enter")
    walker.page.wait_for_selector("[data-part=waiting]:not([hidden])")
    assert script.commands[-1]["value"] == {"pain": 2}
    assert hands.unseen == []


def test_how_it_felt(walker: Walker, person: Person) -> None:
    walker.open(f"/p/{person.id}/feel?drill=free_hinge")
    hands = Hands(walker)
    hands.reach("buttocks")
    hands.press("Space")
    hands.reach("^0$")
    for _ in range(3):
        hands.press("ArrowRight")
    hands.reach("low back")
    hands.press("Space")
    hands.reach("^Yes$")
    hands.press("ArrowRight")
    hands.reach("^Keep it$")
    walker.page.keyboard.press("Enter")
    walker.see("It is kept")
    assert hands.unseen == []
