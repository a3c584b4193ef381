"""What is past its time goes while the server runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hiphinge.errors import StoreError
from hiphinge.store import open_store
from hiphinge.web.tidying import tidy_for_ever


def run_until(context: Any, done: Callable[[], bool]) -> None:
    async def wait() -> None:
        task = asyncio.create_task(tidy_for_ever(context, every_s=0.0))
        for _ in range(2000):
            if done():
                break
            await asyncio.sleep(0.005)
        task.cancel()

    asyncio.run(wait())


def test_a_guest_of_yesterday_is_erased_while_the_server_runs(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    with open_store(tmp_path / "store.sqlite3", clock=lambda: now[0]) as store:
        store.add_person("Guest", guest=True)
        kept = store.add_person("Ana")
        now[0] += timedelta(hours=25)
        run_until(SimpleNamespace(store=store), lambda: len(store.people(guests=True)) == 1)
        assert [one.id for one in store.people(guests=True)] == [kept.id]


def test_a_store_that_does_not_answer_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    asked = []

    class Broken:
        def tidy(self) -> None:
            asked.append(1)
            raise StoreError("The database does not answer.")

    run_until(SimpleNamespace(store=Broken()), lambda: len(asked) >= 2)
    assert len(asked) >= 2
    assert "does not answer" in caplog.text
