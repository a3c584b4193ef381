"""A film from the device to the report: chosen, sent in pieces, looked at, told live, read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.running import Running
from tests.browser.walking import Walker, walk

pytestmark = pytest.mark.browser

DATA = Path(__file__).parents[1] / "data"
FILM = DATA / "rounded_left.mp4"


def begin(walker: Walker) -> None:
    """From the first page to the one where a film is chosen: no account, no form."""
    walker.open("/")
    walker.tap("Use a film instead", leads="/upload")


def answer(walker: Walker, *, pain: str = "0") -> None:
    walker.check("How much did it hurt while you bent?", pain)
    walker.check("Any new numbness or weakness?", "No")


def test_a_film_is_sent_looked_at_and_told(chromium: Any, server: Running) -> None:
    with walk(chromium, server.url) as ana:
        streams: list[str] = []
        ana.page.on("request", lambda one: streams.extend([one.resource_type] * ("/events" in one.url)))
        begin(ana)
        ana.choose_film(FILM)
        ana.see("All of it has arrived")
        answer(ana)
        ana.tap("Have it looked at", leads="/jobs/")
        ana.page.wait_for_url("**/clips/**", timeout=60_000)
        assert streams == ["eventsource"]
        assert ana.heading() == "Toe-touch: the back went first."
        ana.see("One thing to try")
        assert ana.page.locator("figure.chart svg").count() >= 2
        ana.see(r"\d+° \(\d+ to \d+\)")
        assert not list(server.store.upload_folder().iterdir())
        ana.tap("The whole report")
        ana.see("Research and education software")
        ana.see("lumbar flexion")


def test_what_is_still_open_is_asked_beside_the_film(chromium: Any, server: Running) -> None:
    with walk(chromium, server.url) as ana:
        begin(ana)
        ana.tap("Have it looked at")
        assert "/upload" in ana.path
        ana.choose_film(FILM)
        ana.see("All of it has arrived")
        ana.tap("Have it looked at")
        ana.see("Something is still open")
        assert ana.page.evaluate("document.activeElement.name") == "pain"
        assert ana.page.locator("fieldset .error").all_inner_texts() == [
            "Please pick a number from 0 to 10.", "Please answer yes or no.",
        ]  # fmt: skip
        ana.expect("422")
        answer(ana)
        ana.tap("Have it looked at", leads="/jobs/")
        ana.tap("Take the film back", leads="/today")
        ana.see("taken back and deleted")


def test_in_an_appointment_the_film_stays_chosen_until_every_question_is_answered(
    chromium: Any, server: Running
) -> None:
    with walk(chromium, server.url, viewport={"width": 768, "height": 1024}) as clinician:
        clinician.open("/desk/visit")
        clinician.check("Pain at rest, now", "3")
        clinician.page.get_by_label("I have asked all of them").check()
        clinician.tap("Begin", role="button", leads="/desk/visit/")
        clinician.page.get_by_text("Send a film instead").click()
        clinician.choose_film(FILM)
        clinician.see("All of it has arrived")
        clinician.check("How much did it hurt while bending?", "2")
        clinician.check("Any new numbness or weakness?", "No")
        clinician.tap("Have it looked at")
        clinician.see("Something is still open")
        (said,) = clinician.page.locator("fieldset .error").all_inner_texts()
        assert "mark where it hurt" in said
        clinician.expect("422")
        assert clinician.page.evaluate("document.querySelector('#f-film').files.length") == 1
        clinician.check("Where did it hurt?", "low back")
        clinician.tap("Have it looked at")
        clinician.see("A minute of live coaching", timeout_s=90)
        assert clinician.path.startswith("/desk/visit/")


def test_a_connection_that_comes_back_goes_on_by_itself(chromium: Any, server: Running) -> None:
    with walk(chromium, server.url) as ana:
        begin(ana)
        ana.page.context.set_offline(True)
        ana.choose_film(FILM)
        ana.see("The connection is away")
        ana.page.context.set_offline(False)
        ana.see("All of it has arrived")
        ana.expect("ERR_INTERNET_DISCONNECTED")


def test_an_empty_file_is_told_as_one(chromium: Any, server: Running, tmp_path: Path) -> None:
    film = tmp_path / "empty.mp4"
    film.touch()
    with walk(chromium, server.url) as ana:
        begin(ana)
        ana.choose_film(film)
        ana.see("This file is empty")
        ana.choose_film(FILM)
        ana.see("All of it has arrived")


def test_a_film_without_anybody_in_it_is_told_with_the_reason(chromium: Any, server: Running, tmp_path: Path) -> None:
    from tests.web.patients import make_film

    film = tmp_path / "garden.mp4"
    film.write_bytes(make_film(3, seconds=1.0))
    with walk(chromium, server.url) as ana:
        begin(ana)
        ana.choose_film(film)
        answer(ana)
        ana.tap("Have it looked at", leads="/jobs/")
        ana.page.wait_for_url("**/clips/**", timeout=60_000)
        assert ana.heading() == "This clip does not let us tell."
        untold = ana.page.get_by_role("region", name="What could not be told").get_by_role("listitem").all_inner_texts()
        (line,) = untold
        assert "No person was found for long enough: film one person, head to feet" in line
