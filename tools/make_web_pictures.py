"""Take pictures of the web app: people measured from rendered clips, pages in Chromium.

    python tools/make_web_pictures.py --docs       the pictures of ``docs/web.md``
    python tools/make_web_pictures.py --out DIR    every page at 360, 768 and 1920 pixels, light and dark, to look at

Needs the requirements of the tests, and Chromium. Nobody in them is real; their numbers are what hiphinge reads.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import av  # noqa: E402
import cv2  # noqa: E402
import numpy as np  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from tests.browser.camera import write_camera_film  # noqa: E402
from tests.browser.conftest import open_chromium  # noqa: E402
from tests.browser.people import HINGE, ROUND, fill_clinic, log_clip, run_past  # noqa: E402
from tests.browser.running import run_app  # noqa: E402

from hiphinge.service.visits import begin_visit  # noqa: E402

DOCS = ROOT / "docs" / "web"
MOST_BYTES = 60_000
PHONE, DESK = 390, 1280
WIDTHS = (360, 768, 1920)
SCHEMES = ("light", "dark")
#: How much is drawn per pixel of the page, on pictures of a phone: sharp, and small enough.
PHONE_SCALE = 1.5
#: A live set on a slow machine takes its time.
PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of the docs: which page, how wide and how much of it; ``top`` is where it begins."""

    path: str
    width_px: int
    height_px: int
    top: str = "body"


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", action="store_true", help="write the pictures of docs/web.md")
    parser.add_argument("--out", type=Path, help="folder for every page at every width")
    given = parser.parse_args()
    if not given.docs and given.out is None:
        parser.error("say --docs, --out DIR or both")
    if given.out is not None:
        given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = Path(folder)
        camera = write_camera_film(HINGE, place / "camera.y4m")
        if given.docs:
            live_docs(playwright, place, camera)
        if given.out is not None:
            live_sizes(playwright, place, camera, given.out)
        take_pages(playwright, place, docs=given.docs, out=given.out)


@contextmanager
def live_set(playwright: Any, place: Path, camera: Path, **context: Any) -> Iterator[Any]:
    """The first two minutes of a new household, until the set has begun."""
    with run_app(place) as running, open_chromium(playwright, camera) as browser:
        page = browser.new_context(**context).new_page()
        page.goto(running.url + "/start")
        page.get_by_role("button", name="Start the camera").click()
        page.locator("[data-action=start]:enabled").click()
        yield page


def deep_in(number: int) -> str:
    """Return what asks a page whether the bend after so many reps is deep."""
    return (
        "Number(document.querySelector('[data-meter]')?.getAttribute('aria-valuenow')) > 80"
        f" && Number(document.querySelector('[data-count]')?.textContent) == {number}"
    )


def wait_for_bend(page: Any, number: int) -> None:
    """Wait until the bend after so many reps is deep."""
    until = time.monotonic() + PATIENCE_S
    # The policy of the pages lets no script be made from a string, so that it is asked from outside.
    while not page.evaluate(deep_in(number)):
        if time.monotonic() > until:
            raise SystemExit(f"bend {number + 1} was not seen: {page.locator('main').inner_text()[:300]}")
        page.wait_for_timeout(50)


def wait_for_result(page: Any) -> None:
    """Answer what is asked after a set, and wait for what it came to."""
    page.locator("[data-part=asking]:visible").wait_for(timeout=1000 * PATIENCE_S)
    page.get_by_label("2", exact=True).check()
    page.get_by_role("button", name="Show the result").click()
    page.locator("[data-part=summary]:visible").wait_for(timeout=1000 * PATIENCE_S)
    page.locator("[data-share-canvas]:visible").wait_for(timeout=1000 * PATIENCE_S)
    page.wait_for_timeout(500)


def live_docs(playwright: Any, place: Path, camera: Path) -> None:
    """A picture in the middle of the second bend, and the result."""
    view = {"viewport": {"width": PHONE, "height": 780}, "device_scale_factor": PHONE_SCALE}
    with live_set(playwright, place / "home", camera, **view) as page:
        for bend in (1, 2):
            wait_for_bend(page, bend)
            picture = page.screenshot()
            page.wait_for_timeout(400)
            # The meter comes after the picture: whoever is still deep now was so in it.
            if page.evaluate(deep_in(bend)):
                break
        write_webp("live", picture)
        wait_for_result(page)
        write_webp("result", part_of(page, Shot("", PHONE, 1300)))


def live_sizes(playwright: Any, place: Path, camera: Path, out: Path) -> None:
    """Each bend of a set at another width, then its result at each."""
    with live_set(playwright, place / "sizes", camera, viewport={"width": WIDTHS[0], "height": 740}) as page:
        for number, width in enumerate(WIDTHS):
            page.set_viewport_size({"width": width, "height": 740 if width < 700 else 1000})
            wait_for_bend(page, number)
            page.screenshot(path=out / f"live-{width}.png")
        wait_for_result(page)
        at_every_size(page, lambda name: page.screenshot(path=out / f"result-{name}.png", full_page=True))


def at_every_size(page: Any, take: Callable[[str], object]) -> None:
    """Take a picture at each width, light and dark."""
    for width in WIDTHS:
        for scheme in SCHEMES:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(400)
            take(f"{width}-{scheme}")


def take_pages(playwright: Any, place: Path, *, docs: bool, out: Path | None) -> None:
    """Pages of a patient and of the desk, with weeks of sessions in them."""
    good = play_twice(HINGE, place / "six-bends.mp4")
    with run_past(place / "clinic", weeks=3) as (running, clinic), open_chromium(playwright) as browser:
        ana = fill_clinic(clinic, clips={"good": good, "round": ROUND})["ana"]
        clinic.clock.caught_up = True
        guest = begin_visit(clinic.desk, "", pain=4)
        for label, drill, film, pain in (("usual", "toe_touch", ROUND, 4), ("coached", "free_hinge", good, 2)):
            log_clip(clinic, guest, drill, film, label=label, pain=pain)
        log = [one for one in clinic.desk.history(ana).events if getattr(one, "assessment", "")]
        patient, desk = f"/p/{ana.id}", f"/desk/p/{ana.id}"
        shots: Mapping[str, Shot] = {
            "today": Shot(f"{patient}/today", PHONE, 1300),
            "feel": Shot(f"{patient}/feel", PHONE, 1300),
            "roster": Shot("/desk", DESK, 900),
            "clip": Shot(f"{desk}/clips/{log[-1].assessment}", DESK, 1000, ".crumbs"),  # type: ignore[attr-defined]
            "visit": Shot(f"/desk/visit/{guest.id}/page", DESK, 1200, ".visit__steps"),
        }
        if docs:
            for name, shot in shots.items():
                scale = PHONE_SCALE if shot.width_px == PHONE else 1
                page = browser.new_context(
                    viewport={"width": shot.width_px, "height": 900}, device_scale_factor=scale
                ).new_page()
                visit(page, running.url + shot.path)
                write_webp(name, part_of(page, shot))
        if out is not None:
            more = {"history": f"{patient}/history", "notes": f"{patient}/notes", "data": f"{patient}/data",
                    "coach": f"{patient}/coach", "upload": f"{patient}/upload", "person": desk, "home": "/",
                    "program": "/desk/program", "start": "/start", "decide": f"{desk}/decide",
                    "appointment": "/desk/visit"}  # fmt: skip
            page = browser.new_context().new_page()
            for name, path in ({name: shot.path for name, shot in shots.items()} | more).items():
                visit(page, running.url + path)
                at_every_size(
                    page, lambda size, name=name: page.screenshot(path=out / f"{name}-{size}.png", full_page=True)
                )


def visit(page: Any, address: str) -> None:
    """Open a page and wait until it stands."""
    page.goto(address)
    if page.locator(".replay").count():
        page.wait_for_selector(".replay[data-ready]")
    for answer in ("hamstrings", "buttocks"):
        box = page.locator(f"input[name=effort][value={answer}]")
        if box.count():
            box.check()
    page.wait_for_timeout(500)


def play_twice(clip: Path, target: Path) -> Path:
    """Write a clip twice into one film, unchanged: a step is passed with five reps and more."""
    with av.open(str(target), "w") as sink:
        out, shift = None, 0
        for _ in range(2):
            with av.open(str(clip)) as source:
                stream = source.streams.video[0]
                out = out or sink.add_stream_from_template(stream)
                end = 0
                for packet in source.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        continue
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, out
                    sink.mux(packet)
                shift += end
    return target


def part_of(page: Any, shot: Shot) -> bytes:
    """Return the part of the whole page that a picture shows."""
    box = page.locator(shot.top).first.bounding_box()
    top = max(0, round(box["y"]) - (0 if shot.top == "body" else 24))
    area = {"x": 0, "y": top, "width": shot.width_px, "height": shot.height_px}
    return bytes(page.screenshot(full_page=True, clip=area))


def write_webp(name: str, png: bytes) -> None:
    """Write a picture of the docs, as good as its size allows."""
    DOCS.mkdir(exist_ok=True)
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    for quality in range(80, 20, -5):
        _ok, packed = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality])
        if len(packed) <= MOST_BYTES:
            break
    (DOCS / f"{name}.webp").write_bytes(packed.tobytes())
    print(f"{name}.webp: {len(packed) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
