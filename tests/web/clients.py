"""Browsers for the tests: they keep cookies and send what the forms of a page would send."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from hiphinge.web.app import create_app
from hiphinge.web.passwords import Passwords
from hiphinge.web.settings import Settings
from hiphinge.web.tokens import csrf_of, fingerprint, new_token

__all__ = [
    "CLINIC",
    "Browser",
    "clinic_app",
    "clinic_browser",
    "home_app",
    "home_browser",
    "quick_passwords",
    "sign_in",
]

#: As a browser says it.
HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
#: Where the clinic of the tests is.
CLINIC = "https://clinic.example"


class Browser(TestClient):
    """A test client that sends the CSRF token of the last page with every change, and follows no redirect by itself."""

    def __init__(self, app: FastAPI, *, address: str = "127.0.0.1", url: str = "http://127.0.0.1:8765", **more: Any):
        super().__init__(app, base_url=url, client=(address, 50123), headers={"accept": HTML}, **more)
        self.follow_redirects = False
        self.token = ""

    def request(self, method: str, url: Any, **more: Any) -> Any:
        headers = dict(more.pop("headers", None) or {})
        if method.upper() not in ("GET", "HEAD", "OPTIONS") and "x-csrf-token" not in headers:
            if not self.token:
                self.get("/start")
            headers["x-csrf-token"] = self.token
        answer = super().request(method, url, headers=headers, **more)
        found = re.search(r'name="csrf-token" content="([^"]+)"', answer.text) if _is_page(answer) else None
        if found:
            self.token = found[1]
        return answer

    def websocket_connect(self, url: str, *more: Any, **named: Any) -> Any:
        base = str(self.base_url).replace("http", "ws", 1).rstrip("/")
        return super().websocket_connect(url if "://" in url else base + url, *more, **named)

    def hold(self, token: str) -> None:
        """Hold a session's cookie, as after signing in."""
        secure = str(self.base_url).startswith("https")
        self.cookies.set("__Host-hiphinge" if secure else "hiphinge", token)
        self.token = csrf_of(token)


def _is_page(answer: Any) -> bool:
    return str(answer.headers.get("content-type", "")).startswith("text/html")


def quick_passwords() -> Passwords:
    """Password hashes that take no time: for tests that are about something else."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def home_app(store: Any, **more: Any) -> FastAPI:
    """A home installation on an open store; ``more`` are settings, ``clock`` and ``runner`` go to the app."""
    given = {name: more.pop(name) for name in ("clock", "runner", "addresses", "phone_url") if name in more}
    app = create_app(Settings(**more), store=store, **given)
    app.state.hiphinge.passwords = quick_passwords()
    return app


def home_browser(store: Any, **more: Any) -> Browser:
    """The owner's browser on a home installation."""
    return Browser(home_app(store, **more))


def clinic_app(store: Any, **more: Any) -> FastAPI:
    """A clinic behind a proxy, on an open store."""
    return home_app(store, **{"mode": "clinic", "behind_proxy": True, "public_url": CLINIC, **more})


def clinic_browser(app: FastAPI, *, address: str = "203.0.113.7") -> Browser:
    """A visitor's browser, somewhere."""
    return Browser(app, address=address, url=CLINIC)


def sign_in(
    app: FastAPI, role: str, *, person: str | None = None, name: str = "", account: bool = True, until: Any = None
) -> Browser:
    """A browser that is signed in, with an account of its own or (a guest) without."""
    store = app.state.hiphinge.store
    browser = clinic_browser(app)
    token = new_token()
    made = None
    if account:
        login = f"{role}-{fingerprint(token)[:8]}"
        kept = app.state.hiphinge.passwords.hash("a long enough password")
        made = store.add_account(login, name or role.title(), role, kept, person).id
    until = until or datetime.now(UTC) + timedelta(hours=3)
    store.add_web_session(fingerprint(token), csrf_of(token), made, role, person, until, "test")
    browser.hold(token)
    return browser
