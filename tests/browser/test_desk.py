"""The desk in Chromium: scrub one, the other follows; drag a joint, try it, keep it; two clips at one moment."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hiphinge.program.history import Corrected
from hiphinge.store import Person
from tests.browser.running import Running
from tests.service.clinic import Clinic, Clock

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: The film itself shows somebody else: what is looked at here is that it goes with the curves.
FILM = Path(__file__).parents[1] / "data" / "toe_touch.mp4"


@pytest.fixture
def clinic_of(server: Running) -> Clinic:
    """A clinic on the running app's store, two hours ago."""
    return Clinic(server.store, Clock(datetime.now(UTC) - timedelta(hours=2)))


@pytest.fixture
def ana(clinic_of: Clinic) -> Person:
    return clinic_of.screened("Ana")


@pytest.fixture
def page(chromium: Any, server: Running) -> Any:
    """A page that fails the test where a script does, or where anything outside this server is asked for."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000}, base_url=server.url)
    found = context.new_page()
    troubles: list[str] = []
    found.on("pageerror", lambda error: troubles.append(str(error)))
    found.on("console", lambda message: troubles.append(message.text) if is_trouble(message) else None)
    found.on("request", lambda asked: troubles.append(asked.url) if not is_ours(asked.url, server.url) else None)
    yield found
    context.close()
    assert troubles == []


def is_trouble(message: Any) -> bool:
    """Whether a message of the console is one; that a form was refused is none."""
    return message.type == "error" and "status of 422" not in message.text


def is_ours(url: str, base: str) -> bool:
    return url.startswith((base, "blob:", "data:"))


def open_clip(page: Any, person: Person, clip: str) -> None:
    page.goto(f"/desk/p/{person.id}/clips/{clip}")
    page.wait_for_selector(".replay[data-ready]")


def time_of(page: Any) -> float:
    return float(re.sub(r"[^\d.]", "", page.locator("[data-time]").first.text_content()))


def place_of(page: Any, joint: str) -> tuple[float, float]:
    """Where a joint's handle is on the picture, whatever was scrolled."""
    found = page.evaluate(
        "name => { const one = document.querySelector(`.handle[data-name=${name}]`).style;"
        " return [parseFloat(one.left), parseFloat(one.top)]; }",
        joint,
    )
    return float(found[0]), float(found[1])


def cursor_x(page: Any) -> float:
    return float(page.evaluate("parseFloat(document.querySelector('.replay__cursor').style.left)"))


def test_slider_curve_film_and_numbers_are_at_one_moment(
    page: Any, clinic_of: Clinic, ana: Person, tmp_path: Path, axe: Callable[..., Sequence[str]]
) -> None:
    film = shutil.copy(FILM, tmp_path / "film.mp4")
    clip = clinic_of.film(ana, "wall_hinge", "good", touched=True, n_reps=2, kept=Path(film))
    open_clip(page, ana, clip)
    slider = page.locator("[data-slider]")
    assert "Rep 1, bottom" in page.locator("[data-phase]").inner_text()
    bottom, x = time_of(page), cursor_x(page)
    assert "13° (4 to 22)" in page.locator("[data-now]").inner_text()
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    assert time_of(page) == pytest.approx(bottom - 0.5, abs=0.02)
    assert cursor_x(page) < x
    assert "s, Rep 1" in slider.get_attribute("aria-valuetext")
    over = page.locator(".u-over").bounding_box()
    page.mouse.click(over["x"] + 2, over["y"] + 40)
    assert time_of(page) < 0.3
    assert page.locator("[data-phase]").inner_text() == "standing"
    assert page.evaluate("document.querySelector('[data-video]').currentTime") == pytest.approx(time_of(page), abs=0.05)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_selector("[data-phase]:has-text('going down')")
    page.get_by_role("button", name="Pause", exact=True).click()
    assert page.evaluate("document.querySelector('[data-video]').playbackRate") == 0.5
    page.get_by_role("button", name="Rep 2", exact=True).click()
    assert "Rep 2, bottom" in page.locator("[data-phase]").inner_text()
    assert axe(page) == []


def test_a_joint_is_dragged_tried_and_kept_and_keys_do_the_same(
    page: Any, server: Running, clinic_of: Clinic, ana: Person, axe: Callable[..., Sequence[str]]
) -> None:
    clip = clinic_of.film(ana, "wall_hinge", "good", touched=True, n_reps=2)
    open_clip(page, ana, clip)
    page.get_by_role("button", name="Correct", exact=True).click()
    for _ in range(3):
        page.locator('[data-step="-1"]').click()
    knee = page.locator('.handle[data-name="Knee"]')
    knee.scroll_into_view_if_needed()
    before, box = place_of(page, "Knee"), knee.bounding_box()
    page.mouse.move(box["x"] + 22, box["y"] + 22)
    page.mouse.down()
    page.mouse.move(box["x"] + 52, box["y"] + 22, steps=4)
    page.mouse.up()
    moved = place_of(page, "Knee")
    assert moved == pytest.approx((before[0] + 30, before[1]), abs=2)
    assert "Knee at" in page.locator("[data-list]").inner_text()
    knee.focus()
    page.keyboard.press("Shift+ArrowRight")
    assert place_of(page, "Knee")[0] > moved[0]
    for _ in range(6):
        page.locator('[data-step="1"]').click()
        page.get_by_role("button", name="Same shift in this frame").click()
    page.get_by_role("button", name="Show what changes").click()
    page.wait_for_selector("[data-result] table")
    assert "knee flexion at the bottom" in page.locator("[data-result]").inner_text()
    assert axe(page) == []
    assert server.store.revisions(clip) == ()
    page.fill("#why", "the knee is nearer")
    page.fill("#by", "Dr Lee")
    page.get_by_role("button", name="Save the correction").click()
    page.wait_for_selector("#revisions")
    event = clinic_of.desk.history(ana).events[-1]
    assert isinstance(event, Corrected)
    assert (event.by, event.reason) == ("Dr Lee", "the knee is nearer")
    assert len(server.store.revisions(clip)[0].what["corrections"]["joints"]) == 7


def test_going_back_to_what_is_kept_moves_everything_back(page: Any, clinic_of: Clinic, ana: Person) -> None:
    clip = clinic_of.film(ana, "wall_hinge", "good", touched=True, n_reps=2, mirrored=True)
    open_clip(page, ana, clip)
    page.get_by_role("button", name="Correct", exact=True).click()
    before = place_of(page, "Hip")
    page.locator('.handle[data-name="Hip"]').focus()
    page.keyboard.press("Shift+ArrowUp")
    assert place_of(page, "Hip")[1] < before[1]
    page.get_by_role("button", name="Place the wall").click()
    assert "Wall" in page.locator("[data-list]").inner_text()
    page.get_by_role("button", name="Back to what is kept").click()
    assert place_of(page, "Hip") == before
    assert "Nothing is corrected" in page.locator("[data-list]").inner_text()


def test_two_clips_stand_at_the_bottom_of_their_reps_together(
    page: Any, clinic_of: Clinic, ana: Person, axe: Callable[..., Sequence[str]]
) -> None:
    first = clinic_of.film(ana, "wall_hinge", "round", touched=True, n_reps=2)
    second = clinic_of.film(ana, "wall_hinge", "good", touched=True, n_reps=3)
    page.goto(f"/desk/compare?a={first}&b={second}")
    page.wait_for_selector("#compare[data-ready]")
    phases = page.locator("[data-phase]")
    assert [one.inner_text() for one in phases.all()] == ["Rep 1, bottom"] * 2
    page.locator("[data-rep='1']").select_option("2")
    assert [one.inner_text() for one in phases.all()] == ["Rep 1, bottom", "Rep 3, bottom"]
    page.locator("[data-slider]").focus()
    for _ in range(15):
        page.keyboard.press("ArrowLeft")
    assert [one.inner_text() for one in phases.all()] == ["Rep 1, going down", "Rep 3, going down"]
    assert page.locator("[data-time]").inner_text() == "−0.50 s"
    assert axe(page) == []


def test_a_wrong_line_of_the_program_is_gone_to(page: Any) -> None:
    page.goto("/desk/program")
    text = page.locator("#f-toml").input_value()
    page.fill("#f-toml", text.replace('kind = "unloaded"', 'kind = "heavy"', 1))
    page.get_by_role("button", name="Check, and show what changes").click()
    page.get_by_role("link", name=re.compile("Go to line")).click()
    chosen = (
        "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
    )
    assert page.evaluate(chosen) == 'kind = "heavy"'


def test_an_appointment_from_the_safety_questions_to_the_page_and_erased(
    page: Any, server: Running, axe: Callable[..., Sequence[str]]
) -> None:
    page.goto("/desk")
    page.get_by_role("link", name="Ten-minute appointment").first.click()
    page.get_by_label("Nickname").fill("Kim")
    page.locator("input[name='resting_pain'][value='2']").check(force=True)
    page.get_by_label("I have asked all of them").check()
    page.get_by_role("button", name="Begin").click()
    for film, pain in ((FILM, "3"), (FILM.with_name("wall_touch.mp4"), "1")):
        page.locator("summary", has_text="Send a film instead").click()
        page.locator("#f-film").set_input_files(film)
        page.wait_for_selector("text=All of it has arrived")
        page.locator(f"input[name='pain'][value='{pain}']").check(force=True)
        page.get_by_role("checkbox", name="low back", exact=True).check()
        page.locator("input[name='numbness'][value='no']").check()
        page.get_by_role("button", name="Have it looked at").click()
        page.wait_for_selector(
            "text=A minute of live coaching" if film == FILM else "text=The page for the file", timeout=120_000
        )
        assert axe(page) == []
    page.get_by_role("link", name="The page for the file").click()
    words = page.locator("main").inner_text()
    assert "Kim" in words
    assert "3 of 10" in words
    assert "1 of 10" in words
    assert "Until next time" in words
    assert page.locator("svg.stick").count() == 2
    assert axe(page) == []
    pdf = page.request.get(page.get_by_role("link", name="As PDF").get_attribute("href"))
    assert pdf.body().startswith(b"%PDF")
    page.get_by_role("button", name="Erase now").click()
    assert "Erased." in page.locator("main").inner_text()
    assert server.store.people(guests=True) == ()
