"""The first two minutes at home: no account, no question first, one toe-touch, one result, hands free from one tap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Launch
from tests.browser.journeys import first_minutes
from tests.browser.running import Running
from tests.browser.walking import Walker, walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Bends whose reading is clear; the rendered toe-touch alone leaves open whether hips or back went first.
CLIP = Path(__file__).parents[2] / "src" / "hiphinge" / "data" / "demo.mp4"
#: A voice of this device and what it was given to say; and on which of the coach's screens something was touched.
LISTEN = """
window.spoken = [];
window.touched = [];
const voice = { name: "test", lang: "en-GB", localService: true, default: true };
Object.defineProperty(window, "SpeechSynthesisUtterance", { value: class { constructor(text) { this.text = text; } } });
Object.defineProperty(window, "speechSynthesis", { value: Object.assign(new EventTarget(), {
  speaking: false, pending: false, getVoices: () => [voice], cancel() {}, pause() {}, resume() {},
  speak(one) { window.spoken.push(one.text); setTimeout(() => one.onend?.({}), 10); },
}) });
for (const kind of ["pointerdown", "keydown"]) {
  addEventListener(kind, () => window.touched.push(document.getElementById("coach")?.dataset.screen), true);
}
"""
#: What somebody who stands three metres away has to be told, in this order.
PHASES = (
    "side-on", "I can see you head to feet.", "which way you face", "Stand tall", "1", "Begin", "One.", "That is three",
    "Toe-touch: the hips went first.",
)  # fmt: skip


@pytest.fixture
def ana(launch: Launch, server: Running, fake_camera: Callable[[Path], Path]) -> Any:
    """Somebody at home, for the first time, before a camera."""
    with launch(fake_camera(CLIP)) as browser, walk(browser, server.url) as walker:
        walker.page.add_init_script(LISTEN)
        yield walker


def follow(spoken: Sequence[str], phases: Sequence[str]) -> list[str]:
    """Those of the phases that were said, each after the one before it."""
    told, at = [], 0
    text = "\n".join(spoken)
    for phase in phases:
        found = text.find(phase, at)
        if found >= 0:
            told.append(phase)
            at = found + len(phase)
    return told


def test_one_tap_one_toe_touch_one_result(ana: Walker, server: Running, axe: Callable[..., Sequence[str]]) -> None:
    told = first_minutes(ana)
    page = ana.page
    ana.expect("XNNPACK", "gl_context", "inference_feedback", "landmark_projection")
    assert told.headline == "Toe-touch: the hips went first."
    assert told.advice, "one thing to try"
    assert ana.typed == 0
    # A machine that is busy is told so once, before the set.
    assert [one for one in page.evaluate("touched") if one != "slow"] == ["setup", "asking", "asking"]
    spoken = page.evaluate("spoken")
    assert follow(spoken, PHASES) == list(PHASES), spoken
    counted = [int(one) for one in spoken if one.isdigit()]
    assert counted == sorted(counted, reverse=True)
    assert page.locator("[data-share-canvas]").is_visible(), "a picture without a face"
    assert axe(page) == []
    (guest,) = server.store.people(guests=True)
    assert guest.guest
    ana.tap("Keep it under a name", leads="/keep")
    ana.write("Name or nickname", "Ana")
    ana.tap("Keep", role="button", leads="/today")
    assert [one.name for one in server.store.people()] == ["Ana"]
