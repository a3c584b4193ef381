"""Sending a film from a real browser: cut off, reloaded, gone on with, looked at, and the result by itself."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.running import run_server
from tests.web.patients import House, make_film, open_house

PIECE = 4 << 20


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as found:
        found.begin()
        found.skip_screens()
        yield found


@pytest.fixture
def url(house: House) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with run_server(house.app, free):
            yield f"http://127.0.0.1:{port}"


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("dialog", lambda dialog: dialog.accept())
    page.troubles = []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    yield page
    assert page.troubles == []
    context.close()


def large_film(path: Path) -> Path:
    """A film of three pieces: a tiny one, and room at its end."""
    room = 2 * PIECE + 1000
    path.write_bytes(make_film(1) + struct.pack(">I4s", room, b"free") + bytes(room - 8))
    return path


def test_a_film_cut_off_and_reloaded_goes_on_where_it_stopped_and_leads_to_its_result(
    house: House, url: str, page: Any, tmp_path: Path, axe: Callable[[Any], Any]
) -> None:
    film = large_film(tmp_path / "set.mp4")
    offsets: list[int] = []

    def cut_off(route: Any) -> None:
        if route.request.method == "PATCH":
            offsets.append(int(route.request.headers["upload-offset"]))
            if offsets[-1] > 0:
                route.abort()
                return
        route.continue_()

    page.goto(f"{url}{house.base}/upload")
    assert axe(page) == []
    page.route("**/uploads/*", cut_off)
    page.set_input_files("#f-film", film)
    page.locator("[data-send-say]", has_text="The connection is away").wait_for()
    page.unroute("**/uploads/*")
    page.reload()
    page.get_by_text("was not sent to its end").wait_for()

    seen: list[int] = []
    page.on("request", lambda one: seen.append(int(one.headers["upload-offset"])) if one.method == "PATCH" else None)
    page.set_input_files("#f-film", film)
    page.locator("[data-send-say]", has_text="All of it has arrived").wait_for()
    assert seen == [PIECE, 2 * PIECE]

    page.get_by_role("button", name="Have it looked at").click()
    page.get_by_text("Please say whether your seat touched the wall").wait_for()
    page.locator("#f-touched").get_by_label("Yes").check()
    page.locator("#f-effort").get_by_label("buttocks").check()
    assert page.locator('[data-bodymap="effort"] .region.is-on').count() == 1
    page.locator("#f-pain").get_by_label("0", exact=True).check()
    page.locator("#f-numbness").get_by_label("No").check()
    page.get_by_role("button", name="Have it looked at").click()
    page.wait_for_url("**/clips/*")
    assert "hips did most" in page.locator("h1").inner_text()
    assert axe(page) == []
    assert list(house.store.upload_folder().glob("*.part")) == []


def test_what_is_no_film_is_told_on_the_page_and_another_can_be_chosen(
    house: House, url: str, page: Any, tmp_path: Path
) -> None:
    words = tmp_path / "film.mp4"
    words.write_text("only words\n" * 100, encoding="utf-8")
    page.goto(f"{url}{house.base}/upload")
    page.set_input_files("#f-film", words)
    page.locator("#f-touched").get_by_label("No").check()
    page.get_by_role("button", name="Have it looked at").click()
    page.get_by_text("holds text").wait_for()
    assert house.store.uploads(house.person.id) == ()
    good = tmp_path / "good.mp4"
    good.write_bytes(make_film(2))
    page.set_input_files("#f-film", good)
    page.get_by_role("button", name="Have it looked at").click()
    page.wait_for_url("**/clips/*")
    page.get_by_role("link", name="Tell how it felt").click()
    page.get_by_role("heading", name="How did it feel?").wait_for()


def test_charts_are_drawn_and_follow_the_dark(house: House, url: str, page: Any, axe: Callable[[Any], Any]) -> None:
    for number in range(2):
        if number:
            house.post("begin", resting_pain="1", new_symptoms="no")
        house.send(drill="wall_hinge", touched="yes", effort="buttocks", pain="0", numbness="no")
        house.work()
        house.post("finish")
        house.sleep(30)
    page.goto(f"{url}{house.base}/history")
    charts = page.locator("[data-chart]").count()
    assert charts > 3
    assert page.locator("[data-chart] canvas").count() == charts
    page.locator("[data-theme-button]").click()
    assert page.locator("[data-chart] canvas").count() == charts
    assert axe(page) == []
