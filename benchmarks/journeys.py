"""The journeys of the product, walked in a browser and timed: seconds, of which filmed, taps and typed letters.

    python -m benchmarks.journeys

Chromium with a film of a rendered person for a camera plays the first two minutes at home (from the first page to the
result), the set alone without hands (from the one tap to its end), and the ten-minute appointment in a clinic (usual
bend, a minute of coaching, coached bend, page for the file), each live. Pages are walked as fast as a machine presses;
a person also reads. *Filmed* is the time before the camera: stand and bends take as long as they take. *Machine* is all
the rest: pages, loading the model, and the result.
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
        print(f"{'journey':<34}{'seconds':>9}{'filmed':>8}{'machine':>9}{'taps':>6}{'typed':>7}  result")
        with run_app(Path(folder) / "home") as home, open_chromium(playwright, film) as browser:
            with walk(browser, home.url) as walker:
                report(walker, "first two minutes at home", lambda: first_minutes(walker).headline)
                report(walker, "filming alone, one more set", lambda: one_more(walker))
            with walk(browser, home.url, viewport={"width": 1280, "height": 900}) as walker:
                report(walker, "ten minutes in a clinic", lambda: ten_minutes(walker))


def one_more(walker: Walker) -> str:
    """From the one tap, hands free, to the result."""
    walker.tap("Another set", role="button")
    return follow_set(walker, pain="1").headline


def report(walker: Walker, name: str, go: Any) -> None:
    """Walk one journey and print what it took."""
    begun, taps, typed, filmed_s = time.monotonic(), walker.taps, walker.typed, walker.filmed_s
    told: str = go()
    walker.expect(*CHATTER)
    took_s = time.monotonic() - begun
    before_s = walker.filmed_s - filmed_s
    counts = f"{walker.taps - taps:>6}{walker.typed - typed:>7}"
    print(f"{name:<34}{took_s:>9.0f}{before_s:>8.0f}{took_s - before_s:>9.0f}{counts}  {told}", flush=True)


if __name__ == "__main__":
    main()
