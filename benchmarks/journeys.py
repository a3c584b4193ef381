"""The journeys of the product, walked in a browser and timed: seconds, taps and typed letters.

    python -m benchmarks.journeys

Chromium with a film of a rendered person for a camera plays the first two minutes at home (from the first page to the
result), the set alone without hands (from the one tap to its end), and the ten-minute appointment in a clinic (usual
bend, a minute of coaching, coached bend, page for the file), each live. Pages are walked as fast as a machine presses;
a person also reads, and the film's stand and bends take as long as they take.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from tests.browser.camera import write_camera_film
from tests.browser.conftest import open_chromium
from tests.browser.journeys import first_minutes, follow_set, ten_minutes
from tests.browser.running import run_app
from tests.browser.walking import Walker, walk

CLIP = Path(__file__).resolve().parents[1] / "src" / "hiphinge" / "data" / "demo.mp4"
#: What the browser's own model writes to the console.
CHATTER = ("XNNPACK", "gl_context", "inference_feedback", "landmark_projection")


def main() -> None:
    """Walk and print."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        film = write_camera_film(CLIP, Path(folder) / "camera.y4m")
        print(f"{'journey':<34}{'seconds':>9}{'taps':>6}{'typed':>7}  result")
        with run_app(Path(folder) / "home") as home, open_chromium(playwright, film) as browser:
            with walk(browser, home.url) as walker:
                told = report(walker, "first two minutes at home", lambda: first_minutes(walker).headline)
                assert told
                walker.tap("Another set", role="button")
                report(walker, "filming alone, one more set", lambda: follow_set(walker, pain="1").headline)
            with walk(browser, home.url, viewport={"width": 1280, "height": 900}) as walker:
                report(walker, "ten minutes in a clinic", lambda: ten_minutes(walker))


def report(walker: Walker, name: str, go: Any) -> str:
    """Walk one journey and print what it took."""
    begun, taps, typed = time.monotonic(), walker.taps, walker.typed
    told: str = go()
    walker.expect(*CHATTER)
    took_s = time.monotonic() - begun
    print(f"{name:<34}{took_s:>9.0f}{walker.taps - taps:>6}{walker.typed - typed:>7}  {told}", flush=True)
    return told


if __name__ == "__main__":
    main()
