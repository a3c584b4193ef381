"""What programs can ask for, as a page and as a document."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import applications

from hiphinge.web.app import create_app
from hiphinge.web.reference import operations, schema_of
from hiphinge.web.settings import Settings


def test_the_document_is_made_once_however_many_ask_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = applications.get_openapi, []

    def make_slowly(**wanted: Any) -> dict[str, Any]:
        made.append(threading.current_thread().name)
        time.sleep(0.02)
        return real(**wanted)

    monkeypatch.setattr(applications, "get_openapi", make_slowly)
    app = create_app(Settings(mode="clinic"))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: schema_of(app), range(8)))
    assert len(made) == 1
    assert all(one is found[0] for one in found)
    assert operations(found[0])
