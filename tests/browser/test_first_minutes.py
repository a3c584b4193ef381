"""The first two minutes at home: no account, no question first, one toe-touch, one result, hands free from one tap."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.browser.conftest import Launch
from tests.browser.journeys import first_minutes
from tests.browser.running import Running
from tests.browser.walking import walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLIP = Path(__file__).parents[2] / "src" / "hiphinge" / "data" / "demo.mp4"
#: A voice of this device, and what it was given to say.
VOICE = """
window.spoken = [];
const voice = { name: "test", lang: "en-GB", localService: true, default: true };
Object.defineProperty(window, "SpeechSynthesisUtterance", { value: class { constructor(text) { this.text = text; } } });
Object.defineProperty(window, "speechSynthesis", { value: Object.assign(new EventTarget(), {
  speaking: false, pending: false, getVoices: () => [voice], cancel() {}, pause() {}, resume() {},
  speak(one) { window.spoken.push(one.text); setTimeout(() => one.onend?.({}), 10); },
}) });
"""


def test_one_tap_one_toe_touch_one_result(
    launch: Launch, server: Running, fake_camera: Callable[[Path], Path], axe: Callable[..., Sequence[str]]
) -> None:
    with launch(fake_camera(CLIP)) as browser, walk(browser, server.url) as walker:
        walker.page.add_init_script(VOICE)
        told = first_minutes(walker)
        walker.expect("XNNPACK", "gl_context", "inference_feedback", "landmark_projection")
        assert told.headline == "Toe-touch: the hips went first."
        assert told.advice, "one thing to try"
        assert (walker.taps, walker.typed) == (4, 0)
        spoken = json.loads(walker.page.evaluate("JSON.stringify(window.spoken)"))
        said = " ".join(spoken)
        assert said.index("face") < said.index("Stand tall") < said.index("egin")
        assert walker.page.locator("[data-share-canvas]").is_visible(), "a picture without a face"
        assert axe(walker.page) == []
        (guest,) = server.store.people(guests=True)
        assert guest.guest
        walker.tap("Keep it under a name", leads="/keep")
        walker.write("Name or nickname", "Ana")
        walker.tap("Keep", role="button", leads="/today")
        assert [one.name for one in server.store.people()] == ["Ana"]
