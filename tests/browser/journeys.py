"""Journeys that people take, step by step; a test and a benchmark walk them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.browser.walking import Walker

__all__ = ["Told", "coach_live", "first_minutes", "follow_set", "ten_minutes"]

#: A slow machine takes its time; a person would not wait so long.
PATIENCE_MS = 150_000


@dataclass(frozen=True, slots=True)
class Told:
    """What a set came to: its headline, and the one thing to try (or what to keep)."""

    headline: str
    advice: str


def coach_live(walker: Walker, *, pain: str = "") -> Told:
    """One set before the camera, from the one tap to the result."""
    walker.taps += 1
    walker.page.locator("[data-action=start]:enabled").click()
    return follow_set(walker, pain=pain)


def follow_set(walker: Walker, *, pain: str = "") -> Told:
    """A set that has begun: hands off until it is over by itself, then what is asked, and the result."""
    page = walker.page
    over = page.locator("[data-part=asking]:visible, [data-part=summary]:visible")
    _until_over(walker, over)
    if page.locator("[data-part=asking]").is_visible():
        if pain:
            walker.taps += 1
            page.locator(f"[data-ask-pain] input[value='{pain}']").check()
        walker.tap("Show the result", role="button")
    page.locator("[data-part=summary]:visible").wait_for(timeout=PATIENCE_MS)
    page.locator("[data-result]").filter(has_text=".").wait_for()
    return Told(page.locator("[data-result]").inner_text(), page.locator("[data-result-cue]").inner_text())


def _until_over(walker: Walker, over: object) -> None:
    """Wait for the end of the set; a device that is slow goes on all the same."""
    page = walker.page
    live = page.locator("[data-part=live]:visible")
    looked = time.monotonic()
    for _ in range(PATIENCE_MS // 200):
        before, looked = looked, time.monotonic()
        if live.count():
            walker.filmed_s += looked - before
        slow = page.locator("[data-action=anyway]")
        if slow.is_visible():
            walker.taps += 1
            slow.click()
        if over.count():  # type: ignore[attr-defined]
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"the set did not end: {page.locator('#coach').inner_text()[:300]}")


def first_minutes(walker: Walker) -> Told:
    """Home, nobody known yet: one button, one toe-touch, one result."""
    walker.open("/")
    walker.tap("Start the camera", role="button", leads="/coach")
    return coach_live(walker, pain="1")


def ten_minutes(walker: Walker) -> str:
    """A clinic's appointment, all of it live; returns the sentence on the page for the file."""
    page = walker.page
    walker.open("/desk/visit")
    walker.check("Pain at rest, now", "3")
    walker.taps += 1
    page.get_by_label("I have asked all of them").check()
    walker.tap("Begin", role="button", leads="/desk/visit/")
    for link in ("With this camera, live", "A minute of live coaching", "With this camera, live"):
        walker.tap(link, role="link", leads="/coach")
        coach_live(walker, pain="2")
        walker.tap("Back to the appointment", role="link", leads="/desk/visit/")
    walker.tap("The page for the file", role="link", leads="/page")
    return str(page.locator(".big, h2").filter(visible=True).first.inner_text())
