"""A clinic from its first link to a note that is answered: administrator, clinician, patient, each in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hiphinge.service.jobs import JobRunner
from hiphinge.web.context import Context
from hiphinge.web.serving import invite_first
from tests.browser.running import Running
from tests.browser.walking import PASSWORD, Walker, walk

pytestmark = pytest.mark.browser

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def worker(clinic: Running) -> Iterator[None]:
    """A worker of the clinic, as ``hiphinge worker`` runs one."""
    context: Context = clinic.app.state.hiphinge
    runner = JobRunner(clinic.store, context.desk)
    runner.start()
    yield
    runner.stop(wait_s=30)


def make_account(walker: Walker, link: str, login: str) -> None:
    walker.open(link)
    walker.write("Sign-in name", login)
    walker.write("Password", PASSWORD)
    walker.write("The password again", PASSWORD)
    walker.tap("Make my account", role="button")


def take_link(walker: Walker) -> str:
    """Read the link that is shown once."""
    walker.tap("Make a link", role="button")
    walker.see("It works once")
    assert walker.page.locator(".qr svg").is_visible()
    return str(walker.page.get_by_label("Link", exact=True).input_value())


def invite_clinician(walker: Walker, clinic: Running) -> str:
    """The administrator's part."""
    first = invite_first(clinic.store, clinic.url)
    assert first is not None
    make_account(walker, first, "head of the house")
    assert walker.path == "/desk"
    walker.see("Nobody is here yet")
    walker.tap("Invitations", role="link", leads="/desk/invitations")
    colleague = walker.page.get_by_role("region", name="For a colleague")
    colleague.get_by_label("Name").fill("Kim Novak, PT")
    colleague.get_by_role("button", name="Make a link").click()
    return str(walker.page.get_by_label("Link", exact=True).input_value())


def invite_patient(walker: Walker, link: str) -> str:
    """The clinician's part: an account, a person, a link for them."""
    make_account(walker, link, "kim@clinic.example")
    walker.tap("Add a person", role="link")
    walker.write("Name or nickname", "Ana")
    walker.tap("Add", role="button", exact=True, leads="/desk/p/")
    walker.tap("Invite", role="link", exact=True, leads="/desk/invitations")
    return take_link(walker)


def answer_first(walker: Walker) -> None:
    """The patient's first questions: pain, red flags, how it began."""
    walker.tap("Start a session", leads="/begin")
    walker.check("How much does it hurt now, at rest?", "2")
    walker.tap("Start", role="button", exact=True, leads="/questions")
    for _ in range(2):
        walker.tap("I have read them")
        walker.page.evaluate("document.activeElement.closest('[data-all-no]').hidden = true")
    walker.tap("Keep my answers", leads="/intake")
    walker.check("Where does it hurt?", "low back")
    walker.write("What would you like to do again?", "lift my child")
    walker.tap("Go on", role="button", exact=True, leads="/today")


def film_first(walker: Walker) -> None:
    """The first film, kept for the clinician."""
    walker.tap("Send a film", role="link", leads="/upload")
    walker.choose_film(DATA / "rounded_left.mp4")
    walker.see("All of it has arrived")
    walker.page.get_by_label("Keep the film too").check()
    walker.check("How much did it hurt while you bent?", "3")
    walker.check("Where did it hurt?", "low back")
    walker.check("Any new numbness or weakness?", "No")
    walker.tap("Have it looked at", leads="/jobs/")
    walker.page.wait_for_url("**/clips/**", timeout=90_000)


def look_at_patient(walker: Walker) -> None:
    """The clinician: roster, timeline, clip, note."""
    walker.open("/desk")
    walker.tap("Ana", role="link", exact=True, leads="/desk/p/")
    walker.see("Why, line by line")
    walker.page.get_by_role("region", name="Table of sessions").get_by_role("link").filter(has_text="Toe").click()
    walker.page.wait_for_url("**/clips/**")
    walker.page.locator("[data-slider]").wait_for()
    walker.page.locator("[data-slider]").fill("40")
    walker.see(r"\d+° \(\d+ to \d+\)")
    walker.page.go_back()
    walker.write("Reply, or a note of your own", "Good start. Write to kim@clinic.example if it hurts more.")
    walker.tap("Send the note", role="button")
    walker.see("Your note is kept")


def test_from_the_first_link_to_a_first_session_and_an_answer(
    chromium: Any, clinic: Running, worker: None, axe: Callable[[Any], Sequence[str]]
) -> None:
    with walk(chromium, clinic.url) as owner:
        link = invite_clinician(owner, clinic)
    with walk(chromium, clinic.url, viewport={"width": 1280, "height": 800}) as kim, walk(chromium, clinic.url) as ana:
        link = invite_patient(kim, link)
        make_account(ana, link, "ana@home.example")
        assert ana.path.endswith("/today")
        answer_first(ana)
        film_first(ana)
        assert ana.heading() == "Toe-touch: the back went first."
        assert axe(ana.page) == []
        look_at_patient(kim)
        assert axe(kim.page) == []
        ana.tap("Notes", role="link")
        ana.see("Kim Novak, PT")
        assert "kim@clinic.example" not in ana.page.content()
        ana.write("Your note", "Thank you!")
        ana.tap("Leave the note")
        ana.see("Your note is kept")
        ana.open(f"/p/{ana.person}/finish")
        ana.tap("Finish", role="button", exact=True, leads="/sessions/")
        ana.see("The session in four points")
        kim.page.reload()
        kim.see("Thank you!")
        page = kim.page.request.get(f"{clinic.url}/p/{ana.person}/progress.pdf")
        assert page.body()[:5] == b"%PDF-"
    with walk(chromium, clinic.url) as late:
        late.open(link)
        late.see("was used already")
        late.expect("410")


def test_a_visit_by_link_needs_no_account_and_reaches_nothing_else(chromium: Any, clinic: Running) -> None:
    from tests.web.live.people import begin_session, let_in

    other = begin_session(clinic.store, "Zoltan")
    with walk(chromium, clinic.url) as kim:
        token = let_in(clinic.store, "clinician").token
        kim.page.context.add_cookies([{"name": "hiphinge", "value": token, "url": clinic.url}])
        kim.open("/desk/invitations")
        kim.page.get_by_role("region", name="For a visit").get_by_role("button", name="Make a link").click()
        link = kim.page.get_by_label("Link", exact=True).input_value()
    with walk(chromium, clinic.url) as guest:
        guest.open(link)
        guest.tap("Begin", role="button", leads="/coach")
        guest.page.locator("[data-action=start]:enabled").wait_for()
        assert "/login" in guest.page.request.get(f"{clinic.url}/desk").url
        assert guest.page.request.get(f"{clinic.url}/p/{other.id}/today").status == 404
