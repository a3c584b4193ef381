"""Who may see what, in the browser: what is not for somebody is neither linked nor opened."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.running import Running
from tests.browser.walking import Walker, walk
from tests.web.live.people import begin_session, let_in

pytestmark = pytest.mark.browser

_DESK = (
    "/desk", "/desk/people/new", "/desk/program", "/desk/invitations", "/desk/visit", "/desk/accounts", "/desk/compare",
    "/desk/p/{ana}", "/desk/p/{ana}/log", "/desk/p/{ana}/decide", "/desk/p/{ana}/audit",
)  # fmt: skip
_OWN = ("today", "history", "notes", "data", "questions", "coach", "progress.pdf", "data/export.zip")


def hold(walker: Walker, clinic: Running, role: str, person: str | None = None) -> None:
    """Be signed in."""
    token = let_in(clinic.store, role, person).token
    walker.page.context.add_cookies([{"name": "hiphinge", "value": token, "url": clinic.url}])


def statuses(walker: Walker, paths: Any) -> dict[str, int]:
    """What each address answers to somebody who types it."""
    found = {}
    for path in paths:
        answer = walker.page.request.get(walker.base + path, max_redirects=0)
        found[path] = answer.status
    return found


def test_a_patient_sees_no_desk_and_nobody_else(chromium: Any, clinic: Running) -> None:
    ana, other = begin_session(clinic.store, "Ana"), begin_session(clinic.store, "Zoltan")
    with walk(chromium, clinic.url) as walker:
        hold(walker, clinic, "patient", ana.id)
        walker.open("/")
        assert walker.path == f"/p/{ana.id}/today"
        assert walker.page.locator("a[href^='/desk']").count() == 0
        assert "Zoltan" not in walker.page.content()
        desk = [path.format(ana=ana.id) for path in _DESK]
        assert set(statuses(walker, desk).values()) == {403}
        others = [f"/p/{other.id}/{name}" for name in _OWN] + [f"/desk/p/{other.id}"]
        assert set(statuses(walker, others[:-1]).values()) == {404}
        walker.open("/desk")
        assert walker.heading()
        walker.see("Back|Start|Home|first page")
        walker.expect("403")


def test_a_clinician_sees_everybody_and_no_accounts(chromium: Any, clinic: Running) -> None:
    ana = begin_session(clinic.store, "Ana")
    with walk(chromium, clinic.url) as walker:
        hold(walker, clinic, "clinician")
        walker.open("/")
        assert walker.path == "/desk"
        pages = [path.format(ana=ana.id) for path in _DESK if "accounts" not in path and "compare" not in path]
        assert set(statuses(walker, pages).values()) == {200}
        assert statuses(walker, ["/desk/accounts"]) == {"/desk/accounts": 403}
        walker.tap("Ana", role="link", leads="/desk/p/")
        walker.see("Why, line by line")


def test_signed_out_nothing_is_left_to_go_back_to(chromium: Any, clinic: Running) -> None:
    ana = begin_session(clinic.store, "Ana")
    with walk(chromium, clinic.url) as walker:
        hold(walker, clinic, "patient", ana.id)
        walker.open(f"/p/{ana.id}/history")
        walker.open("/account")
        walker.tap("Sign out", role="button", exact=True)
        assert walker.path == "/"
        walker.page.go_back()
        walker.page.reload()
        assert walker.path.startswith("/login")
        walker.open(f"/p/{ana.id}/history")
        assert walker.path.startswith("/login?next=")


def test_a_visitor_is_led_to_sign_in_and_nowhere_else(chromium: Any, clinic: Running) -> None:
    ana = begin_session(clinic.store, "Ana")
    with walk(chromium, clinic.url) as walker:
        walker.open("/")
        walker.see("Open the link, or scan the code")
        walker.open(f"/p/{ana.id}/today")
        assert walker.path.startswith("/login?next=")
        walker.write("Sign-in name", "ana@example.org")
        walker.write("Password", "not it at all")
        walker.tap("Sign in", role="button", exact=True)
        walker.see("does not fit")
        walker.expect("401")
