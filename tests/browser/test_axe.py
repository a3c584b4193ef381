"""Every page that a guest, a patient or a clinician can reach, filled, light and dark: axe, width, origin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hiphinge.program.history import ClipSeen, SetDone
from hiphinge.service.jobs import CLIP_JOB
from hiphinge.service.orders import ClipOrder, order_payload
from hiphinge.store import Person
from hiphinge.web.serving import invite_first
from tests.browser.people import Past, fill_clinic, run_past
from tests.browser.running import Running
from tests.browser.walking import Walker, walk
from tests.service.clinic import Clinic
from tests.web.live.people import begin_session, let_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_PATIENT = {
    "ana": (
        "today", "coach", "coach?drill=wall_hinge", "upload", "upload?label=usual", "feel", "history", "notes", "data",
        "questions", "cannot", "intake", "undo", "finish", "sessions/{session}", "clips/{clip}", "clips/{clip}/report",
        "jobs/{job}",
    ),
    "ben": ("today", "morning", "begin"),
    "dora": ("today", "coach", "feel"),
    "emil": ("today", "begin", "history", "notes"),
    "fay": ("today", "leave-out?drill=rounding", "cannot"),
}  # fmt: skip
_DESK = (
    "/desk", "/desk/people/new", "/desk/program", "/desk/visit", "/desk/p/{ana}", "/desk/p/{dora}", "/desk/p/{emil}",
    "/desk/p/{ana}/log", "/desk/p/{ana}/audit", "/desk/p/{ana}/decide", "/desk/p/{ana}/sessions/{session}",
    "/desk/p/{ana}/clips/{clip}", "/desk/compare?a={first}&b={clip}", "/desk/p/{ana}/entries/{entry}/take-back",
    "/desk/visit/{guest}", "/desk/visit/{guest}/page", "/p/{guest}/keep",
)  # fmt: skip
_FRONT = ("/", "/start", "/phone", "/api-docs", "/nothing-here", "/p/nobody/today")
_ACCOUNTS = ("/account", "/desk/accounts", "/desk/invitations")
_GUEST = ("today", "coach", "upload", "questions", "history", "notes", "data", "clips/{clip}")


@dataclass(frozen=True, slots=True)
class World:
    """A household in full use, and the names of what is in it."""

    running: Running
    names: dict[str, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with run_past(tmp_path_factory.mktemp("household"), weeks=3) as (running, clinic):
        people = fill_clinic(clinic)
        people["fay"] = clinic.begin("Fay Moreau")
        clinic.film(people["fay"], "toe_touch", "round", label="usual")
        catch_up(clinic)
        people["guest"] = let_guest_in(clinic)
        yield World(running, {name: person.id for name, person in people.items()} | _things(clinic, people["ana"]))


def catch_up(clinic: Clinic) -> None:
    """Let it be today."""
    assert isinstance(clinic.clock, Past)
    clinic.clock.caught_up = True


def let_guest_in(clinic: Clinic) -> Person:
    """Somebody in an appointment, with both bends filmed."""
    guest = clinic.store.add_person("Guest", guest=True)
    clinic.desk.start(guest, resting_pain=3)
    clinic.desk.answer_red_flags(guest, {flag.id: False for flag in clinic.desk.program.red_flags})
    clinic.film(guest, "toe_touch", "round", label="usual", n_reps=2, pain=3)
    clinic.film(guest, "free_hinge", "good", label="coached", pain=1)
    return guest


def _things(clinic: Clinic, ana: Person) -> dict[str, str]:
    clips = [one for one in clinic.desk.history(ana).events if isinstance(one, ClipSeen | SetDone) and one.assessment]
    job = clinic.store.add_job(CLIP_JOB, ana.id, order_payload(ClipOrder(film="film", drill="free_hinge")), "film")
    return {
        "session": clips[-2].session, "clip": clips[-2].assessment, "first": clips[0].assessment, "job": job.id,
        "entry": clips[-1].key,
    }  # fmt: skip


def look(walker: Walker, axe: Any, path: str, *, status: int = 200) -> list[str]:
    """What is amiss on one page: for everybody, in the dark, and on a small phone."""
    page = walker.page
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    answer = page.goto(walker.base + path)
    found = [] if answer.status == status else [f"status {answer.status}"]
    if page.locator("[data-replay]").count():
        page.locator("canvas:visible").first.wait_for()
    found += axe(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark {one}" for one in axe(page, rules=["color-contrast"])]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wide = (
            "[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth)"
        )
        found.append(
            f"wider than the page: {page.evaluate(wide + '.slice(0, 3).map((one) => one.outerHTML.slice(0, 90))')}"
        )
    if page.locator("h1:visible").count() != 1:
        found.append(f"{page.locator('h1:visible').count()} first headings")
    return [f"{path}: {one}" for one in found]


@pytest.fixture
def walker(chromium: Any, world: World) -> Iterator[Walker]:
    with walk(chromium, world.running.url, viewport={"width": 360, "height": 780}) as found:
        yield found
        found.expect("404", "403")


@pytest.mark.parametrize("who", list(_PATIENT))
def test_a_patients_pages(walker: Walker, world: World, axe: Any, who: str) -> None:
    pages = [f"/p/{world.names[who]}/{path.format(**world.names)}" for path in _PATIENT[who]]
    assert [line for path in pages for line in look(walker, axe, path)] == []


def test_the_desk(walker: Walker, world: World, axe: Any) -> None:
    assert [line for path in _DESK for line in look(walker, axe, path.format(**world.names))] == []


def test_what_everybody_sees(walker: Walker, axe: Any) -> None:
    missing = {"/nothing-here": 404, "/p/nobody/today": 404}
    assert [line for path in _FRONT for line in look(walker, axe, path, status=missing.get(path, 200))] == []


def test_an_appointment(walker: Walker, axe: Any) -> None:
    walker.open("/desk/visit")
    walker.tap("Begin", role="button")
    walker.see("Something is still open")
    found = list(axe(walker.page))
    walker.expect("422")
    walker.check("Pain at rest, now", "3")
    walker.page.get_by_label("I have asked all of them").check()
    walker.tap("Begin", role="button", leads="/desk/visit/")
    assert [*found, *look(walker, axe, walker.path)] == []


def test_accounts(chromium: Any, clinic: Running, axe: Any) -> None:
    first = invite_first(clinic.store, clinic.url)
    assert first is not None
    with walk(chromium, clinic.url, viewport={"width": 360, "height": 780}) as walker:
        found = [line for path in ("/", "/login", first.removeprefix(clinic.url)) for line in look(walker, axe, path)]
        token = let_in(clinic.store, "owner").token
        walker.page.context.add_cookies([{"name": "hiphinge", "value": token, "url": clinic.url}])
        found += [line for path in _ACCOUNTS for line in look(walker, axe, path)]
        walker.page.get_by_role("region", name="For a visit").get_by_role("button", name="Make a link").click()
        walker.see("It works once")
        found += axe(walker.page)
        assert found == []


def test_a_guest(chromium: Any, tmp_path: Path, axe: Any) -> None:
    with (
        run_past(tmp_path / "clinic", weeks=1, mode="clinic", open_visits=True) as (running, clinic),
        walk(chromium, running.url, viewport={"width": 360, "height": 780}) as walker,
    ):
        catch_up(clinic)
        walker.open("/")
        walker.tap("Try it", role="link", leads="/start")
        walker.tap("Start the camera", role="button", leads="/coach")
        (guest,) = clinic.store.people(guests=True)
        clip = clinic.film(guest, "toe_touch", "round", n_reps=2)
        pages = [f"/p/{guest.id}/{path.format(clip=clip)}" for path in _GUEST]
        assert [line for path in pages for line in look(walker, axe, path)] == []


def test_a_patient_with_an_account(chromium: Any, clinic: Running, axe: Any) -> None:
    ana = begin_session(clinic.store)
    with walk(chromium, clinic.url, viewport={"width": 360, "height": 780}) as walker:
        token = let_in(clinic.store, "patient", ana.id).token
        walker.page.context.add_cookies([{"name": "hiphinge", "value": token, "url": clinic.url}])
        found = [line for path in (f"/p/{ana.id}/today", "/account") for line in look(walker, axe, path)]
        assert [*found, *look(walker, axe, "/desk", status=403)] == []
        walker.expect("403")


def test_on_a_small_screen_the_head_leaves_the_room_to_the_page(chromium: Any, clinic: Running) -> None:
    ana = begin_session(clinic.store, "Ana Rosenbaum")
    with walk(chromium, clinic.url, viewport={"width": 360, "height": 640}) as walker:
        for role, person in (("patient", ana.id), ("clinician", None)):
            token = let_in(clinic.store, role, person).token
            walker.page.context.add_cookies([{"name": "hiphinge", "value": token, "url": clinic.url}])
            walker.open(f"/p/{ana.id}/today")
            assert walker.page.locator(".subnav").bounding_box()["y"] < 0.1 * 640
            assert walker.page.locator(".subnav li").last.bounding_box()["y"] < 0.2 * 640
            for target in walker.page.locator(".top a, .top button, .subnav a").all():
                box = target.bounding_box()
                assert min(box["width"], box["height"]) >= 44, target.inner_text()
