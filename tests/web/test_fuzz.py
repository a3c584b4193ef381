"""The API under made-up requests: whatever is sent, the server answers, and says kindly what it did not understand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis.core import NOT_SET

from hiphinge.store import Store, open_store
from hiphinge.web.app import create_app
from hiphinge.web.settings import Settings
from tests.store.samples import FILM, document
from tests.web.clients import Browser, home_app

#: Requests made up for each operation: enough to find what is careless, few enough for every run.
N_REQUESTS = 25
#: A stream that lasts; what it is asked for is looked at elsewhere.
ENDLESS = "/events"


def operations() -> list[tuple[str, Any]]:
    schema = schemathesis.openapi.from_dict(create_app(Settings()).openapi())
    found = [result.ok() for result in schema.get_all_operations()]
    return [(f"{one.method.upper()} {one.path}", one) for one in found if not one.path.endswith(ENDLESS)]


OPERATIONS = operations()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Browser, dict[str, str]]]:
    with open_store(tmp_path / "fuzz.sqlite3") as store, Browser(home_app(store, worker=False)) as browser:
        yield browser, things(store)


def things(store: Store) -> dict[str, str]:
    """One of each that a path can name, so that requests get further than "there is nobody here"."""
    ana = store.add_person("Ana")
    assessment = store.add_assessment(ana.id, document(), sha256=FILM)
    upload = store.add_upload(ana.id, "clip.mp4", 1000, {})
    job = store.add_job("assess", ana.id, {}, "one")
    return {"person": ana.id, "assessment": assessment, "upload": upload.id, "job": job.id}


@pytest.mark.slow
@pytest.mark.parametrize("operation", [one for _, one in OPERATIONS], ids=[name for name, _ in OPERATIONS])
def test_every_request_gets_an_answer(operation: Any, place: tuple[Browser, dict[str, str]]) -> None:
    browser, known = place

    @hypothesis.settings(
        max_examples=N_REQUESTS, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck), phases=[hypothesis.Phase.generate],
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.path_parameters = {**(case.path_parameters or {}), **_named(case, known)}
        answer = browser.request(case.method, case.formatted_path, **_parts(case))
        assert answer.status_code < 500, answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        if answer.status_code >= 400 and case.method.upper() != "HEAD":
            said = answer.json()
            assert said["what"], said
            assert "Traceback" not in answer.text

    ask()


def _named(case: Any, known: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in known.items() if name in (case.path_parameters or {})}


def _parts(case: Any) -> dict[str, Any]:
    """What of a made-up request a client can send: header values that HTTP allows, the body as it is."""
    headers = {"accept": "application/json"}
    for name, value in (case.headers or {}).items():
        text = str(value)
        if text.isascii() and text.isprintable():
            headers[str(name)] = text
    parts: dict[str, Any] = {"headers": headers, "params": dict(case.query or {})}
    if case.body is not NOT_SET:
        body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
        parts["content"] = body
        headers["content-type"] = "application/json"
    return parts
