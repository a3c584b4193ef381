"""A real server that is killed in the middle of a set: what it acknowledged is on disk, and the end is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from hiphinge.store import Person, open_store
from hiphinge.web.tokens import csrf_of, new_token
from tests.web.live.people import begin_session
from tests.web.live.phone import hinge_rows, messages_of

ROOT = Path(__file__).parents[3]


class Server:
    """The process, and the browser of who sits at that computer."""

    def __init__(self, store: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.web.live.serve_store", str(store)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        token = new_token()
        self.headers = {"cookie": f"hiphinge={token}", "x-csrf-token": csrf_of(token), "accept": "application/json"}

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = httpx2.post(f"http://127.0.0.1:{self.port}{path}", json=body, headers=self.headers, timeout=60)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def connect(self, live: str) -> ClientConnection:
        address = f"ws://127.0.0.1:{self.port}/ws/live/{live}"
        return connect(
            address, additional_headers={"cookie": self.headers["cookie"]}, compression=None, open_timeout=30
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(store: Path) -> Iterator[Server]:
    server = Server(store)
    try:
        yield server
    finally:
        server.kill()
        assert server.process.stdout is not None
        server.process.stdout.close()


def wait_for(line: ClientConnection, kind: str, least: int = 0) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(line.recv(timeout=30))
        if message["type"] == kind and message.get("next_seq", 0) >= least:
            return message


def stop(line: ClientConnection, number: int) -> dict[str, Any]:
    line.send(json.dumps({"type": "command", "number": number, "name": "stop", "value": {"pain": 0}}))
    return wait_for(line, "summary")


@pytest.fixture
def people(tmp_path: Path) -> tuple[Path, Person, Person]:
    path = tmp_path / "store.sqlite3"
    with open_store(path) as store:
        return path, begin_session(store, "Ana"), begin_session(store, "Ben")


def told(summary: dict[str, Any]) -> dict[str, Any]:
    """What does not differ between two people who did the same."""
    return {name: summary[name] for name in ("outcome", "headline", "cue", "praise", "reps", "measures", "stored")}


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_the_end_is_that_of_a_set_without_a_kill(
    people: tuple[Path, Person, Person],
) -> None:
    path, ana, ben = people
    rows = hinge_rows()
    sent = messages_of(rows, size=10)
    wanted = {"drill": "free_hinge"}
    with serving(path) as server:
        live = server.post(f"/api/p/{ana.id}/live", wanted)["live"]
        with server.connect(live) as line:
            wait_for(line, "welcome")
            for message in sent[:12]:
                line.send(message)
            line.send(json.dumps({"type": "command", "number": 0, "name": "again", "value": None}))
            acknowledged = wait_for(line, "ack", 60)["next_seq"]
            for message in sent[12:15]:
                line.send(message)
            server.kill()
            with pytest.raises(ConnectionClosed):
                wait_for(line, "nothing of this kind")
    with serving(path) as server:
        other = server.post(f"/api/p/{ben.id}/live", wanted)["live"]
        with server.connect(live) as line:
            welcome = wait_for(line, "welcome")
            assert acknowledged <= welcome["next_seq"] <= 150
            for message in messages_of(rows, first=welcome["next_seq"]):
                line.send(message)
            first = stop(line, welcome["next_command"])
        with server.connect(other) as line:
            assert wait_for(line, "welcome")["next_seq"] == 0
            for message in sent:
                line.send(message)
            second = stop(line, 0)
        # Once more, as a page that lost the connection at the very end would.
        again = server.post(f"/api/p/{ana.id}/live/{live}/stop", {})
    assert first["stored"]
    assert len(first["reps"]) == 2
    assert told(first) == told(second) == told(again)
    with open_store(path) as store:
        assert [len(store.assessments(one.id)) for one in (ana, ben)] == [1, 1]


@pytest.mark.slow
def test_a_set_that_was_not_ended_when_the_server_died_can_be_ended_after_it(
    people: tuple[Path, Person, Person],
) -> None:
    path, ana, _ = people
    with serving(path) as server:
        live = server.post(f"/api/p/{ana.id}/live", {"drill": "free_hinge"})["live"]
        with server.connect(live) as line:
            for message in messages_of(hinge_rows()):
                line.send(message)
            wait_for(line, "ack", len(hinge_rows()))
            server.kill()
    with serving(path) as server:
        summary = server.post(f"/api/p/{ana.id}/live/{live}/stop", {"touched": None, "pain": None})
    assert summary["stored"]
    assert [rep["grade"] for rep in summary["reps"]] == ["pass", "pass"]
