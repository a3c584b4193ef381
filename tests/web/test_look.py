"""The backbone's pages in a real browser: accessible, within the window, without a word to anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hiphinge.web.tokens import csrf_of, fingerprint, new_token
from tests.browser.running import Running, run_app
from tests.web.clients import quick_passwords
from tests.web.js.pages import open_chromium

pytestmark = pytest.mark.browser

#: Elements that are pressed, smaller than a finger; boxes to tick have a label around them that is large enough.
SMALL = """[...document.querySelectorAll('.button, button, input, select, textarea, .top a, summary')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.height > 0 && box.height < 43.5 && !['radio', 'checkbox', 'hidden'].includes(one.type);
}).map((one) => one.outerHTML)"""
WIDTHS = (360, 768, 1920)
GOOD = "blue heron at noon"


@dataclass(frozen=True)
class Place:
    """Both kinds of installation, a browser, and tokens of sessions and invitations in the clinic."""

    home: Running
    clinic: Running
    browser: Any
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("look")
        browser = stack.enter_context(open_chromium())
        home = stack.enter_context(run_app(folder / "home", requests_per_minute=100_000))
        clinic = stack.enter_context(
            run_app(folder / "clinic", mode="clinic", open_visits=True, requests_per_minute=100_000)
        )
        home.app.state.hiphinge.phone_url = "https://192.168.1.5:8766"
        home.app.state.hiphinge.fingerprint = ":".join(["37"] * 32)
        clinic.app.state.hiphinge.passwords = quick_passwords()
        for name in ("Ana", "Benedikt von Hohenzollern-Sigmaringen-Überlingen"):
            home.store.add_person(name)
        yield Place(home, clinic, browser, fill(clinic))


def fill(clinic: Running) -> dict[str, str]:
    store, later = clinic.store, datetime.now(UTC) + timedelta(hours=2)
    ana = store.add_person("Ana")
    kept = clinic.app.state.hiphinge.passwords.hash(GOOD)
    found = {name: new_token() for name in ("owner", "patient", "account", "visit", "device")}
    for role, name, person in (("owner", "Dr Ada Lovelace", None), ("patient", "Ana", ana.id)):
        account = store.add_account(role, name, role, kept, person)
        sha = fingerprint(found[role])
        store.add_web_session(sha, csrf_of(found[role]), account.id, role, person, later, "Linux")
    store.add_invitation(fingerprint(found["account"]), "patient", ana.id, "Ana", later, "account")
    store.add_invitation(fingerprint(found["visit"]), "visitor", None, "Visit", later, "visit")
    store.add_invitation(fingerprint(found["device"]), "owner", None, "phone", later, "device")
    return found


PAGES = [
    ("home", "/", ""), ("home", "/start", ""), ("home", "/phone", ""), ("home", "/account", ""),
    ("home", "/api-docs", ""), ("home", "/nothing", ""), ("clinic", "/", ""), ("clinic", "/start", ""),
    ("clinic", "/login", ""),
    ("clinic", "/join/account", ""), ("clinic", "/join/visit", ""), ("clinic", "/join/device", ""),
    ("clinic", "/account", "owner"), ("clinic", "/desk/invitations", "owner"), ("clinic", "/desk/accounts", "owner"),
    ("clinic", "/desk/accounts", "patient"),
]  # fmt: skip


def open_page(place: Place, where: str, path: str, who: str, **more: Any) -> tuple[Any, list[str]]:
    """Open a page; everything that the browser complains of is written down."""
    base = (place.home if where == "home" else place.clinic).url
    context = place.browser.new_context(reduced_motion="reduce", **more)
    if who:
        context.add_cookies([{"name": "hiphinge", "value": place.tokens[who], "url": base}])
    page = context.new_page()
    said: list[str] = []
    loud = ("error", "warning")
    # A page that says 404 or 403 is one that was asked for here.
    page.on("console", lambda one: said.append(one.text) if one.type in loud and "of 40" not in one.text else None)
    page.on("pageerror", lambda one: said.append(str(one)))
    page.on("request", lambda one: said.append(f"asked {one.url}") if not one.url.startswith(base) else None)
    for name, token in place.tokens.items():
        path = path.replace(f"/join/{name}", f"/join/{token}")
    page.goto(base + path)
    return page, said


@pytest.mark.parametrize(("where", "path", "who"), PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_fit(place, where, path, who, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page, said = open_page(place, where, path, who, color_scheme=scheme)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, f"too wide at {width} px"
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert not [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]
        assert page.evaluate(SMALL) == []
        assert page.locator("h1").count() == 1
    assert said == []
    assert "Research and education software" in page.locator("footer").inner_text()
    page.context.close()


def test_larger_text_still_fits(place):
    page, _said = open_page(place, "clinic", "/login", "", viewport={"width": 360, "height": 800})
    page.evaluate("document.documentElement.style.setProperty('font-size', '225%')")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.context.close()


def test_the_keyboard_reaches_the_content_first(place):
    page, _said = open_page(place, "home", "/", "")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.context.close()


def test_light_and_dark_are_the_readers_choice(place):
    page, _said = open_page(place, "home", "/", "", color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Light or dark").click()
    page.locator("html[data-theme=dark]").wait_for()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_signing_in_works_with_and_without_scripts(place, scripts):
    page, said = open_page(place, "clinic", "/account", "", java_script_enabled=scripts)
    assert page.url.endswith("/login?next=/account")
    page.get_by_label("Sign-in name").fill("OWNER")
    page.get_by_label("Password").fill("something else")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Password").fill(GOOD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="My account").wait_for()
    assert "Dr Ada Lovelace" in page.content()
    assert page.url.endswith("/account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("heading", name="Do the hips or the back").wait_for()
    assert said == []
    page.context.close()


def test_a_visit_goes_from_the_link_to_the_camera(place):
    page, _said = open_page(place, "clinic", "/start", "")
    page.get_by_role("button", name="Start the camera").click()
    page.wait_for_url("**/coach?drill=toe_touch")
    page.context.close()


def test_a_link_can_be_copied(place):
    page, _said = open_page(place, "home", "/phone", "", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Show the code for a phone").click()
    page.get_by_role("button", name="Copy the link").click()
    page.get_by_role("button", name="Copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith("https://192.168.1.5:8766/join/")
    page.context.close()
