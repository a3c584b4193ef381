"""An open store, and the browser of a home installation on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hiphinge.store import Store, open_store
from tests.web.clients import Browser, home_browser


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    with open_store(tmp_path / "store.sqlite3") as found:
        yield found


@pytest.fixture
def home(store) -> Browser:
    return home_browser(store)
