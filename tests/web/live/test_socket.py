"""The websocket as a page sees it: what it says, what it refuses, and who may."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from hiphinge.live.wire import FRAME, encode_frames
from hiphinge.service.desk import Desk
from hiphinge.store import Person, Store
from hiphinge.web.app import create_app
from hiphinge.web.live.life import LIMITS
from hiphinge.web.live.limits import LiveLimits
from hiphinge.web.settings import Settings
from hiphinge.web.tokens import new_token
from tests.web.live.fakes import frames
from tests.web.live.people import Visitor, begin_session, let_in

ORIGIN = "http://127.0.0.1:8765"


@pytest.fixture
def ana(store: Store) -> Person:
    return begin_session(store)


@pytest.fixture
def patient(store: Store, ana: Person) -> Visitor:
    return let_in(store, "patient", ana.id)


def clinic(store: Store, *, live_frames: bool = False, **limits: Any) -> FastAPI:
    app = create_app(Settings(mode="clinic", live_frames=live_frames), store=store)
    app.state.hiphinge.extras[LIMITS] = LiveLimits(write_s=0.01, **limits)
    return app


@pytest.fixture
def web(store: Store) -> Iterator[TestClient]:
    with TestClient(clinic(store), base_url=ORIGIN) as found:
        yield found


def begin(web: TestClient, who: Visitor, person: Person) -> str:
    answer = web.post(f"/api/p/{person.id}/live", json={"drill": "free_hinge"}, headers=who.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["live"])


def connect(web: TestClient, live: str, who: Visitor, *, origin: str = ORIGIN) -> WebSocketTestSession:
    return web.websocket_connect(f"ws://127.0.0.1:8765/ws/live/{live}", headers={**who.headers, "origin": origin})


def wait_for(
    socket: WebSocketTestSession, kind: str, accept: Callable[[dict[str, Any]], bool] = bool
) -> dict[str, Any]:
    """Return the next message of a kind, reading over the others."""
    while True:
        message = json.loads(socket.receive_text())
        if message["type"] == kind and accept(message):
            return dict(message)


def closed_with(socket: WebSocketTestSession) -> int:
    """Read until the connection ends, and return the code."""
    while True:
        try:
            socket.receive_text()
        except WebSocketDisconnect as ended:
            return ended.code


def test_welcome_acknowledgement_and_pong(web: TestClient, ana: Person, patient: Visitor) -> None:
    live = begin(web, patient, ana)
    with connect(web, live, patient) as socket:
        welcome = json.loads(socket.receive_text())
        assert (welcome["type"], welcome["live"], welcome["next_seq"], welcome["next_command"]) == (
            "welcome",
            live,
            0,
            0,
        )
        assert {"phase", "mirror", "drill", "plan", "reps"} <= set(welcome)
        socket.send_bytes(encode_frames(0, frames(0, 10)))
        socket.send_text(json.dumps({"type": "command", "number": 0, "after_seq": 10, "name": "start", "value": None}))
        socket.send_text(json.dumps({"type": "ping", "t": 12.5}))
        assert wait_for(socket, "pong")["t"] == 12.5
        ack = wait_for(socket, "ack", lambda one: one["next_seq"] == 10 and one["next_command"] == 1)
        assert set(ack) == {"type", "next_seq", "next_command"}


def test_a_page_that_comes_back_is_told_where_to_go_on(web: TestClient, ana: Person, patient: Visitor) -> None:
    live = begin(web, patient, ana)
    with connect(web, live, patient) as socket:
        socket.send_bytes(encode_frames(0, frames(0, 20)))
        wait_for(socket, "ack", lambda one: one["next_seq"] == 20)
    with connect(web, live, patient) as socket:
        assert wait_for(socket, "welcome")["next_seq"] == 20
        socket.send_bytes(encode_frames(15, frames(15, 10)))
        assert wait_for(socket, "ack", lambda one: one["next_seq"] > 20)["next_seq"] == 25


def test_a_gap_is_answered_once_with_what_to_send_again(web: TestClient, ana: Person, patient: Visitor) -> None:
    live = begin(web, patient, ana)
    with connect(web, live, patient) as socket:
        wait_for(socket, "welcome")
        for first in (5, 6, 7):
            socket.send_bytes(encode_frames(first, frames(first, 1)))
        error = wait_for(socket, "error")
        assert (error["fatal"], error["next_step"]) == (False, "Send everything from frame 0 on again.")
        assert wait_for(socket, "welcome")["next_seq"] == 0
        socket.send_bytes(encode_frames(0, frames(0, 9)))
        assert wait_for(socket, "ack")["next_seq"] == 9


def test_commands_come_no_faster_than_frames(store: Store, ana: Person, patient: Visitor) -> None:
    """They are written as frames are, and shall not fill the disk."""
    with TestClient(clinic(store, burst_frames=2, frames_hz=1e-6), base_url=ORIGIN) as web:
        live = begin(web, patient, ana)
        with connect(web, live, patient) as socket:
            for number in range(4):
                told = {"type": "command", "number": number, "after_seq": 0, "name": "calibrate", "value": None}
                socket.send_text(json.dumps(told))
            assert wait_for(socket, "ack", lambda one: one["next_command"] == 2)["next_seq"] == 0
        assert sum(1 for chunk in store.live_chunks(live) if chunk.kind == "command") == 2


def test_a_newer_connection_takes_over(web: TestClient, ana: Person, patient: Visitor) -> None:
    live = begin(web, patient, ana)
    with connect(web, live, patient) as old:
        wait_for(old, "welcome")
        with connect(web, live, patient) as new:
            wait_for(new, "welcome")
            assert closed_with(old) == 4001
            new.send_bytes(encode_frames(0, frames(0, 2)))
            assert wait_for(new, "ack")["next_seq"] == 2


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"HHL1",
        b"XXXX" + bytes(2000),
        bytes(200_000),
        encode_frames(0, frames(0, 2))[:-1],
        "",
        "{",
        "[]",
        "null",
        '{"type": "command"}',
        '{"type": "command", "number": -1, "name": "start"}',
        '{"type": "command", "number": true, "name": "start"}',
        '{"type": "command", "number": 0, "name": 3}',
        '{"type": "command", "number": 0, "name": "again", "value": []}',
        '{"type": "command", "number": 0, "name": "again", "value": {"a": {}}}',
        # Deeper than can be read, and as deep as can be read but not written from where it is written.
        *(
            '{"type": "command", "number": 0, "name": "again", "value": ' + "[" * depth + "]" * depth + "}"
            for depth in (2000, *range(900, 1000, 3))
        ),
        '{"type": "ping", "t": "soon"}',
        '{"type": "ping", "t": ' + "1" * 5000 + "}",
        '{"type": "other", "number": 0, "name": "start"}',
    ],
)
def test_what_cannot_be_used_is_refused_kindly_and_the_set_goes_on(
    web: TestClient, ana: Person, patient: Visitor, odd: bytes | str
) -> None:
    live = begin(web, patient, ana)
    with connect(web, live, patient) as socket:
        socket.send_bytes(odd) if isinstance(odd, bytes) else socket.send_text(odd)
        error = wait_for(socket, "error")
        assert error["what"]
        assert not error["fatal"]
        socket.send_bytes(encode_frames(0, frames(0, 3)))
        assert wait_for(socket, "ack")["next_seq"] == 3


def test_too_much_that_cannot_be_used_ends_the_connection(web: TestClient, ana: Person, patient: Visitor) -> None:
    live = begin(web, patient, ana)
    with connect(web, live, patient) as socket:
        for _ in range(30):
            socket.send_text("{")
        assert closed_with(socket) == 1008


def test_who_may_not_be_here_is_told_by_the_code(web: TestClient, store: Store, ana: Person, patient: Visitor) -> None:
    live = begin(web, patient, ana)
    ben = begin_session(store, "Ben")
    for who, code in (
        (let_in(store, "patient", ben.id), 4404),
        (let_in(store, "visitor", ben.id), 4404),
        (Visitor("A" * 43), 4401),
    ):
        with connect(web, live, who) as socket:
            assert closed_with(socket) == code
    for who in (let_in(store, "clinician"), let_in(store, "owner"), let_in(store, "visitor", ana.id)):
        with connect(web, live, who) as socket:
            wait_for(socket, "welcome")
    with connect(web, "0" * 32, patient) as socket:
        assert closed_with(socket) == 4404


def test_another_sites_page_is_refused_before_anything(web: TestClient, ana: Person, patient: Visitor) -> None:
    live = begin(web, patient, ana)
    with pytest.raises(WebSocketDisconnect) as refused, connect(web, live, patient, origin="https://evil.example"):
        pass
    assert refused.value.code == 1008


def test_a_server_that_is_full_says_so_and_lets_go(store: Store, ana: Person, patient: Visitor) -> None:
    ben = begin_session(store, "Ben")
    other = let_in(store, "patient", ben.id)
    with TestClient(clinic(store, sets=1), base_url=ORIGIN) as web:
        live, second = begin(web, patient, ana), begin(web, other, ben)
        with connect(web, live, patient) as socket:
            wait_for(socket, "welcome")
            with connect(web, second, other) as waiting:
                assert wait_for(waiting, "error")["fatal"]
                assert closed_with(waiting) == 1013


def test_stop_gives_the_summary_and_a_page_that_comes_back_gets_it_too(
    web: TestClient, store: Store, ana: Person, patient: Visitor
) -> None:
    live = begin(web, patient, ana)
    with connect(web, live, patient) as socket:
        socket.send_text(json.dumps({"type": "command", "number": 0, "name": "stop", "value": {"touched": True}}))
        first = wait_for(socket, "summary")
        assert first["stored"] is False
    assert store.live(live).state == "abandoned"
    with connect(web, live, patient) as socket:
        wait_for(socket, "welcome")
        assert wait_for(socket, "summary") == first


def test_a_set_of_a_person_who_was_erased_is_over(web: TestClient, store: Store, ana: Person) -> None:
    doctor = let_in(store, "clinician")
    live = begin(web, doctor, ana)
    with connect(web, live, doctor) as socket:
        wait_for(socket, "welcome")
        store.erase_person(ana.id)
        socket.send_bytes(encode_frames(0, frames(0, 3)))
        assert closed_with(socket) == 4004


def test_a_stop_that_comes_up_during_a_set_lets_it_end(web: TestClient, store: Store, ana: Person) -> None:
    doctor = let_in(store, "clinician")
    live = begin(web, doctor, ana)
    with connect(web, live, doctor) as socket:
        wait_for(socket, "welcome")
        with_desk = Desk(store, web.app.state.hiphinge.program()[0])  # type: ignore[attr-defined]
        with_desk.answer_red_flags(ana, {"bladder": True})
        socket.send_text(json.dumps({"type": "command", "number": 0, "name": "stop", "value": None}))
        assert wait_for(socket, "summary")["stored"] is False
    again = web.post(f"/api/p/{ana.id}/live", json={"drill": "free_hinge"}, headers=doctor.headers)
    assert again.status_code == 409


def picture(seq: int) -> bytes:
    return struct.pack("<4sIdB", b"HHJ1", seq, seq / 10, 0) + b"\xff\xd8 no picture \xff\xd9"


def test_pictures_are_refused_where_the_owner_did_not_allow_them(
    web: TestClient, store: Store, ana: Person, patient: Visitor
) -> None:
    live = begin(web, patient, ana)
    with connect(web, live, patient) as socket:
        socket.send_bytes(picture(0))
        error = wait_for(socket, "error")
        assert "stay on your device" in error["what"]
    assert store.live(live).bytes == 0


def test_pictures_are_read_into_the_same_frames_where_they_are_allowed(
    store: Store, ana: Person, patient: Visitor
) -> None:
    from tests.web.live.test_pictures import message

    with TestClient(clinic(store, live_frames=True), base_url=ORIGIN) as web:
        live = begin(web, patient, ana)
        with connect(web, live, patient) as socket:
            socket.send_bytes(picture(0))
            assert "cannot be read" in wait_for(socket, "error")["what"]
            for seq in range(3):
                socket.send_bytes(message(seq, seq / 10))
            socket.send_bytes(message(1, 0.1))
            wait_for(socket, "ack", lambda one: one["next_seq"] == 3)
    assert store.live(live).bytes >= 3 * FRAME.itemsize
    assert b"\xff\xd8" not in b"".join(one.data for one in store.live_chunks(live))


@pytest.mark.parametrize("way", ["signs out", "is switched off", "is signed out everywhere"])
def test_whoever_is_let_in_no_longer_is_no_longer_coached(
    store: Store, ana: Person, patient: Visitor, way: str
) -> None:
    account = next(one for one in store.accounts() if one.role == "patient").id
    with TestClient(clinic(store, look_s=0.01), base_url=ORIGIN) as web:
        live = begin(web, patient, ana)
        with connect(web, live, patient) as socket:
            wait_for(socket, "welcome")
            socket.send_bytes(encode_frames(0, frames(0, 1)))
            wait_for(socket, "ack", lambda one: one["next_seq"] == 1)
            if way == "signs out":
                web.post("/logout", headers=patient.headers)
            elif way == "is switched off":
                store.disable_account(account)
            else:
                store.end_web_sessions_of(account)
            assert closed_with(socket) == 4401
    assert store.live(live).state == "open"


def test_at_home_whoever_sits_there_stays_in(store: Store, ana: Person) -> None:
    app, here = create_app(Settings(worker=False), store=store), Visitor(new_token())
    app.state.hiphinge.extras[LIMITS] = LiveLimits(write_s=0.01, look_s=0.001)
    with (
        TestClient(app, base_url=ORIGIN, client=("127.0.0.1", 50123)) as web,
        connect(web, begin(web, here, ana), here) as socket,
    ):
        for k in range(20):
            socket.send_text(json.dumps({"type": "ping", "t": k}))
            wait_for(socket, "pong", lambda one, k=k: one["t"] == k)  # type: ignore[misc]
