"""Two servers and two workers on one PostgreSQL: one of each is killed in the middle, and nothing confirmed is lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from hiphinge.program.history import FeelLog, SetDone
from hiphinge.store import Person, Store, open_store
from hiphinge.web.tokens import csrf_of
from tests.batch.dask_cluster import wait_until
from tests.store.conftest import new_database, server  # noqa: F401
from tests.web.live.people import Visitor, begin_session, let_in
from tests.web.live.phone import hinge_rows, messages_of
from tests.web.live.test_kill import stop, wait_for
from tests.web.patients import make_film

ROOT = Path(__file__).parents[2]
START = "from hiphinge.cli.commands import main\nmain()"
SAID = {"drill": "wall_hinge", "touched": True, "effort": ["hamstrings"], "pain": 0, "numbness": False}
PEOPLE, FILMS = 3, 2


class Clinic:
    """The database, and the processes that work on it."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address, folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log.txt").open("ab") as log:
            made = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=log, stderr=log, env=os.environ)
        self.processes.append(made)
        return made

    def serve(self) -> tuple[subprocess.Popen[bytes], str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        made = self.start("-c", START, "serve", "--clinic", "--store", self.address, "--port", str(port))
        return made, f"http://127.0.0.1:{port}"

    def work(self, sign: Path, number: int = 0) -> subprocess.Popen[bytes]:
        return self.start("-m", "tests.web.quick_worker", self.address, str(sign), str(number))

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def clinic(server, tmp_path: Path, monkeypatch) -> Iterator[Clinic]:  # noqa: F811
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    found = Clinic(new_database(server), tmp_path)
    yield found
    for process in found.processes:
        process.kill()
        process.wait()


def is_up(url: str) -> bool:
    with suppress(httpx2.TransportError):
        return bool(httpx2.get(f"{url}/healthz").status_code == 200)
    return False


class Page:
    """A patient's browser, which sends films in pieces to whichever server it is told to."""

    def __init__(self, store: Store, person: Person) -> None:
        self.person, self.visitor = person, let_in(store, "patient", person.id)
        self.jobs: list[str] = []

    def ask(self, url: str, method: str, path: str, **more: Any) -> Any:
        headers = {**self.visitor.headers, **more.pop("headers", {})}
        answer = httpx2.request(method, f"{url}{path}", headers=headers, timeout=60, **more)
        assert answer.status_code < 300, answer.text
        return answer

    def begin(self, url: str, film: bytes) -> str:
        path = f"/api/p/{self.person.id}/uploads"
        made = self.ask(url, "POST", path, json={"size": len(film), "name": "IMG.MOV"})
        return f"{path}/{made.json()['upload']}"

    def piece(self, url: str, upload: str, film: bytes, first: int, last: int) -> int:
        headers = {"upload-offset": str(first), "content-type": "application/offset+octet-stream"}
        answer = self.ask(url, "PATCH", upload, content=film[first:last], headers=headers)
        return int(answer.headers["upload-offset"])

    def offset(self, url: str, upload: str) -> int:
        return int(self.ask(url, "HEAD", upload).headers["upload-offset"])

    def finish(self, url: str, upload: str) -> None:
        self.jobs.append(self.ask(url, "POST", f"{upload}/finish", json=SAID).json()["job"])


@contextmanager
def live_line(url: str, live: str, visitor: Visitor) -> Iterator[ClientConnection]:
    address = f"{url.replace('http', 'ws', 1)}/ws/live/{live}"
    headers = {"cookie": visitor.headers["cookie"]}
    with connect(address, additional_headers=headers, compression=None, open_timeout=30) as line:
        yield line


def sign_in_at_both(store: Store, one: str, two: str) -> None:
    """A form of the one server is sent to the other; who signed in there is known here."""
    store.add_account("ana@example.org", "Ana", "clinician", PasswordHasher().hash("blue heron at noon"), None)
    token = httpx2.get(f"{one}/login").cookies["hiphinge"]
    told = {"login": "ana@example.org", "password": "blue heron at noon", "csrf_token": csrf_of(token)}
    headers = {"cookie": f"hiphinge={token}", "x-csrf-token": csrf_of(token)}
    answer = httpx2.post(f"{two}/login", data=told, headers=headers)
    assert answer.status_code == 303, answer.text
    cookie = {"cookie": f"hiphinge={answer.cookies['hiphinge']}"}
    assert "Ana" in httpx2.get(f"{one}/account", headers=cookie).text


@pytest.mark.slow
def test_a_server_and_a_worker_are_killed_and_every_film_is_looked_at_once(clinic: Clinic) -> None:
    with open_store(clinic.address) as store:
        pages = [Page(store, begin_session(store, name)) for name in ("Ana", "Ben", "Cay")[:PEOPLE]]
        dan = Page(store, begin_session(store, "Dan"))
        (first, one), (_second, two) = clinic.serve(), clinic.serve()
        sign = clinic.folder / "sign"
        victim = clinic.work(sign, number=2)
        wait_until(lambda: is_up(one) and is_up(two), "both servers")
        sign_in_at_both(store, one, two)

        # Each film goes through both: begun here, its second half there.
        films = {page: [make_film(10 * k + n) for n in range(FILMS)] for k, page in enumerate(pages)}
        for page, (film, _other) in films.items():
            half, upload = len(film) // 2, page.begin(one, film)
            assert page.piece(one, upload, film, 0, half) == half
            assert page.piece(two, upload, film, half, len(film)) == len(film)
            page.finish(one, upload)

        # The worker is killed in the middle of its second film, the server while films and a live set come in.
        wait_until(sign.exists, "a film in the hands of the worker")
        victim.kill()
        begun = {page: page.begin(one, other) for page, (_film, other) in films.items()}
        for page, upload in begun.items():
            assert page.piece(one, upload, films[page][1], 0, 1000) == 1000
        rows = hinge_rows()
        live = dan.ask(one, "POST", f"/api/p/{dan.person.id}/live", json={"drill": "free_hinge"}).json()["live"]
        with live_line(one, live, dan.visitor) as line:
            for message in messages_of(rows)[:4]:
                line.send(message)
            known = wait_for(line, "ack", 40)["next_seq"]
            first.kill()
            with pytest.raises(ConnectionClosed):
                wait_for(line, "nothing of this kind")

        # All goes on at the other one.
        clinic.work(sign)
        with live_line(two, live, dan.visitor) as line:
            welcome = wait_for(line, "welcome")
            assert known <= welcome["next_seq"] <= 80
            for message in messages_of(rows, first=welcome["next_seq"]):
                line.send(message)
            assert len(stop(line, welcome["next_command"])["reps"]) == 2
        for page, upload in begun.items():
            film = films[page][1]
            assert page.offset(two, upload) == 1000
            page.piece(two, upload, film, 1000, len(film))
            page.finish(two, upload)
        wait_until(lambda: all(one.state == "done" for one in store.jobs()), "all films")

        assert max(one.attempt for one in store.jobs()) == 2
        for page in pages:
            events = store.history(page.person.id).events
            keys = [one.key for one in events if isinstance(one, SetDone)]
            assert sorted(keys) == sorted(f"job-{job}" for job in page.jobs)
            assert len([one for one in events if isinstance(one, FeelLog)]) == FILMS
            assert len(store.assessments(page.person.id)) == FILMS
            # What the one took in, and a worker that is no more looked at, the other shows.
            for job in page.jobs:
                told = page.ask(two, "GET", f"/api/p/{page.person.id}/jobs/{job}").json()
                assert told["over"]
            assert page.ask(two, "GET", f"/p/{page.person.id}/history").status_code == 200
        assert list(store.upload_folder().iterdir()) == []
        assert "Traceback" not in clinic.log()
