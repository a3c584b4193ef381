"""Browsers for the tests: they keep cookies and send what the forms of a page would send."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from hiphinge.web.app import create_app
from hiphinge.web.settings import Settings

__all__ = ["Browser", "home_app", "home_browser"]

#: As a browser says it.
HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


class Browser(TestClient):
    """A test client on this computer that sends the CSRF token of the last page with every change."""

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


def _is_page(answer: Any) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


def home_app(store: Any, **more: Any) -> FastAPI:
    """A home installation on an open store; ``more`` are settings, ``clock`` and ``runner`` go to the app."""
    given = {name: more.pop(name) for name in ("clock", "runner") if name in more}
    return create_app(Settings(**more), store=store, **given)


def home_browser(store: Any, **more: Any) -> Browser:
    """The owner's browser on a home installation."""
    return Browser(home_app(store, **more))
