"""Take the pictures of the web app for ``docs/web.md``: people measured from rendered clips, pages in Chromium.

    python tools/make_web_pictures.py            the pictures of the docs
    python tools/make_web_pictures.py --out DIR  every page at 360, 768 and 1920 pixels, light and dark, to look at

Needs the requirements of the tests, and Chromium. Nobody in them is real; their numbers are what hiphinge reads.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from tests.browser.camera import write_camera_film  # noqa: E402
from tests.browser.conftest import open_chromium  # noqa: E402
from tests.browser.people import fill_clinic, log_clip, run_past  # noqa: E402
from tests.browser.running import run_app  # noqa: E402

DOCS = ROOT / "docs" / "web"
CLIP = ROOT / "src" / "hiphinge" / "data" / "demo.mp4"
PHONE, DESK = {"width": 390, "height": 780}, {"width": 1280, "height": 860}
WIDTHS = (360, 768, 1920)
#: A live set on a slow machine takes its time.
PATIENCE_S = 120


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="folder for every page at every width")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = Path(folder)
        if given.out is None:
            take_live(playwright, place)
        take_pages(playwright, place, given.out)


def take_live(playwright: Any, place: Path) -> None:
    """The first two minutes, live: a picture in the middle of a bend, and the result."""
    film = write_camera_film(CLIP, place / "camera.y4m")
    with run_app(place / "home") as running, open_chromium(playwright, film) as browser:
        page = browser.new_context(viewport=PHONE, device_scale_factor=2).new_page()
        page.goto(running.url + "/start")
        page.get_by_role("button", name="Start the camera").click()
        page.locator("[data-action=start]").click()
        # The policy of the pages lets no script be made from a string, so that it is asked from outside.
        deep = "Number(document.querySelector('[data-meter]')?.getAttribute('aria-valuenow')) > 80"
        until = time.monotonic() + PATIENCE_S
        while not page.evaluate(deep) and time.monotonic() < until:
            page.wait_for_timeout(50)
        keep(page, "live")
        page.locator("[data-part=asking]:visible").wait_for(timeout=1000 * PATIENCE_S)
        page.get_by_label("2", exact=True).check()
        page.get_by_role("button", name="Show the result").click()
        page.locator("[data-part=summary]:visible").wait_for(timeout=1000 * PATIENCE_S)
        page.wait_for_timeout(500)
        keep(page, "result")


def take_pages(playwright: Any, place: Path, out: Path | None) -> None:
    """Pages of a patient and of the desk, with weeks of sessions in them."""
    with run_past(place / "clinic", weeks=3) as (running, clinic), open_chromium(playwright) as browser:
        people = fill_clinic(clinic, rendered=True)
        ana = people["ana"]
        guest = clinic.begin("Guest", pain=4)
        for label, drill, film, pain in (("usual", "toe_touch", "rounded", 4), ("coached", "free_hinge", "demo", 2)):
            log_clip(clinic, guest, drill, clip_of(film), label=label, pain=pain)
        clinic.clock.caught_up = True
        log = [one for one in clinic.desk.history(ana).events if getattr(one, "assessment", "")]
        patient, desk = f"/p/{ana.id}", f"/desk/p/{ana.id}"
        pages: Mapping[str, tuple[str, dict[str, int]]] = {
            "today": (f"{patient}/today", PHONE),
            "feel": (f"{patient}/feel", PHONE),
            "roster": ("/desk", DESK),
            "clip": (f"{desk}/clips/{log[-1].assessment}", DESK),  # type: ignore[attr-defined]
            "visit": (f"/desk/visit/{guest.id}/page", DESK),
        }
        more = {"history": f"{patient}/history", "notes": f"{patient}/notes", "data": f"{patient}/data",
                "coach": f"{patient}/coach", "upload": f"{patient}/upload", "person": desk, "program": "/desk/program",
                "start": "/start", "decide": f"{desk}/decide", "home": "/"}  # fmt: skip
        if out is not None:
            look_at_all(browser, running.url, {name: path for name, (path, _) in pages.items()} | more, out)
            return
        for name, (path, size) in pages.items():
            page = browser.new_context(viewport=size, device_scale_factor=2 if size is PHONE else 1).new_page()
            page.goto(running.url + path)
            if page.locator(".replay").count():
                page.wait_for_selector(".replay[data-ready]")
            page.wait_for_timeout(500)
            keep(page, name)


def clip_of(name: str) -> Path:
    """Return one of our rendered clips."""
    return CLIP if name == "demo" else ROOT / "tests" / "data" / "rounded_left.mp4"


def look_at_all(browser: Any, url: str, paths: Mapping[str, str], out: Path) -> None:
    """Take every page whole, at every width, light and dark."""
    out.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
            for name, path in paths.items():
                page.goto(url + path)
                if page.locator(".replay").count():
                    page.wait_for_selector(".replay[data-ready]")
                page.wait_for_timeout(400)
                page.screenshot(path=out / f"{name}-{width}-{scheme}.png", full_page=True)


def keep(page: Any, name: str) -> None:
    """Write what is on the screen as a picture of the docs."""
    DOCS.mkdir(exist_ok=True)
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    _ok, packed = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 70])
    (DOCS / f"{name}.webp").write_bytes(packed.tobytes())
    print(f"{name}.webp: {len(packed) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
