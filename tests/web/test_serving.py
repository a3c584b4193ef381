"""What is listened on, who gets in first, and a real server that starts, answers and stops."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from datetime import UTC, datetime

import pytest
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from hiphinge.errors import ConfigError, UsageError
from hiphinge.web.serving import (
    Connection,
    Listener,
    bind,
    build,
    invite_first,
    invite_phone,
    make_plan,
    run_servers,
    terminal_qr,
)
from hiphinge.web.settings import Settings
from hiphinge.web.tls import authority_bytes, ensure_certificate
from hiphinge.web.tokens import fingerprint

LAN = ("192.168.1.5",)


def test_home_listens_on_this_computer_without_tls():
    plan = make_plan(Settings(), addresses=LAN)
    assert [(one.host, one.port, one.cert) for one in plan.listeners] == [("127.0.0.1", 8765, None)]
    assert (plan.url, plan.phone_url, plan.addresses) == ("http://127.0.0.1:8765/", "", ())


@pytest.mark.parametrize("settings", [Settings(host="0.0.0.0"), Settings(mode="clinic", host="192.168.1.5")])
def test_nobody_else_is_let_in_without_tls(settings):
    with pytest.raises(ConfigError, match="without TLS"):
        make_plan(settings, addresses=LAN)


def test_behind_a_proxy_its_name_is_needed():
    with pytest.raises(ConfigError, match="by what name"):
        make_plan(Settings(behind_proxy=True), addresses=LAN)
    plan = make_plan(Settings(behind_proxy=True, host="0.0.0.0", public_url="https://a.example"), addresses=LAN)
    assert plan.url == "https://a.example/"


def test_a_clinic_makes_its_certificate(tmp_path):
    plan = make_plan(Settings(mode="clinic", host="0.0.0.0", tls="self", data=tmp_path), addresses=LAN)
    assert plan.url == "https://127.0.0.1:8765/"
    assert plan.fingerprint.count(":") == 31
    assert plan.addresses == LAN


def test_a_clinic_brings_its_certificate(tmp_path):
    made = ensure_certificate(tmp_path, ("localhost",), now=datetime.now(UTC))
    plan = make_plan(Settings(mode="clinic", tls="files", cert=made.cert, key=made.key), addresses=LAN)
    assert plan.fingerprint == made.fingerprint


def test_a_phone_comes_through_tls_and_this_computer_without(tmp_path):
    plan = make_plan(Settings(data=tmp_path), phone=True, addresses=LAN)
    assert [(one.host, one.cert is None) for one in plan.listeners] == [("127.0.0.1", True), ("0.0.0.0", False)]
    assert plan.phone_url == "https://192.168.1.5:8766"


@pytest.mark.parametrize(
    "settings", [Settings(mode="clinic"), Settings(host="0.0.0.0"), Settings(behind_proxy=True), Settings(tls="files")]
)
def test_a_phone_is_for_homes(settings):
    with pytest.raises(UsageError, match="--phone"):
        make_plan(settings, phone=True, addresses=LAN)


def test_a_phone_needs_a_network(tmp_path):
    with pytest.raises(UsageError, match="no network"):
        make_plan(Settings(data=tmp_path), phone=True, addresses=())


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "https://127.0.0.1:8765/"), ("::", "https://[::1]:8765/"), ("a.example", "https://a.example:8765/")],
)
def test_where_a_browser_goes(tmp_path, host, url):
    assert make_plan(Settings(host=host, tls="self", data=tmp_path), addresses=LAN).url == url


def test_the_first_administrator_is_invited_until_there_is_one(store):
    first = invite_first(store, "https://a.example")
    second = invite_first(store, "https://a.example")
    assert first is not None
    assert second is not None
    assert store.invitation(fingerprint(first.rpartition("/")[2])) is None
    invited = store.invitation(fingerprint(second.rpartition("/")[2]))
    assert (invited.role, invited.kind) == ("owner", "account")
    store.add_account("boss", "Boss", "owner", "x" * 20)
    assert invite_first(store, "https://a.example") is None


def test_a_phone_is_invited_for_an_hour(store):
    link = invite_phone(store, "https://192.168.1.5:8766")
    invited = store.invitation(fingerprint(link.rpartition("/")[2]))
    assert (invited.role, invited.kind) == ("owner", "device")
    assert (invited.expires - invited.created).total_seconds() == pytest.approx(3600, abs=60)


def test_a_code_for_the_terminal():
    lines = terminal_qr("https://192.168.1.5:8766/join/x").splitlines()
    assert len({len(one) for one in lines if one}) == 1
    assert len(lines) > 10


def test_a_port_that_is_taken_is_said():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=str(port)):
            bind(Listener("127.0.0.1", port))


def test_an_address_of_another_computer_is_said():
    with pytest.raises(ConfigError, match="Nothing can listen"):
        bind(Listener("192.0.2.1", 0))


def test_one_worker_runs_at_home_and_none_elsewhere(store):
    started = []
    for settings in (Settings(), Settings(mode="clinic"), Settings(worker=False)):
        app = build(make_plan(settings, addresses=LAN), store)

        async def stop_at_once(app=app):
            async with app.router.lifespan_context(app):
                started.append(sum(one.name == "worker" for one in threading.enumerate()))

        asyncio.run(stop_at_once())
    assert started == [1, 0, 0]


def test_a_server_that_runs_has_one_worker(store):
    plan = make_plan(Settings(port=0), addresses=LAN)
    app, seen = build(plan, store), []

    @app.get("/threads")
    def threads() -> int:
        seen.append(sum(one.name == "worker" for one in threading.enumerate()))
        os.kill(os.getpid(), signal.SIGTERM)
        return seen[0]

    with bind(plan.listeners[0]) as listening:
        asked = threading.Thread(
            target=lambda: urllib.request.urlopen(f"http://127.0.0.1:{listening.getsockname()[1]}/threads", timeout=60)
        )
        asked.start()
        run_servers(app, plan, [listening])
    asked.join()
    assert seen == [1]


class Hasty(Connection):
    """Waits for no time at all for the head of a request."""

    head_s = 0.0


async def hello(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await receive()
        await receive()
        await send({"type": "websocket.send", "text": "hello"})
        return
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@contextlib.asynccontextmanager
async def listening(kind):
    """A server that speaks with a kind of connection; yields its port and the connections that were made."""
    config, made = Config(hello, ws="websockets-sansio", log_config=None), []
    config.load()

    def make():
        made.append(kind(config=config, server_state=ServerState(), app_state={}))
        return made[-1]

    async with await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], made


def test_who_asks_for_nothing_holds_no_place():
    async def ask():
        async with listening(Hasty) as (port, _made):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.read() == b""
            writer.close()

    asyncio.run(asyncio.wait_for(ask(), 30))


def test_half_a_request_holds_no_place():
    async def ask():
        async with listening(Connection) as (port, made):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
            assert made[0]._late is None
            made[0].head_s = 0.0
            writer.write(b"GET / HTTP/1.1\r\n")
            assert await reader.read() == b""
            writer.close()

    asyncio.run(asyncio.wait_for(ask(), 30))


def test_a_websocket_may_be_silent():
    async def ask():
        async with listening(Connection) as (port, made), connect(f"ws://127.0.0.1:{port}/") as line:
            assert made[0]._late is None
            await line.send("x")
            assert await line.recv() == "hello"

    asyncio.run(asyncio.wait_for(ask(), 30))


START = """
import sys
from hiphinge.cli.commands import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--tls", "self"), ("--clinic", "--tls", "self")])
def test_a_real_server_starts_answers_and_stops(tmp_path, more):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", START, "serve", "--store", str(tmp_path / "s.db"), "--port", str(port), *more]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said = running.stdout.readline()
        assert f"://127.0.0.1:{port}/" in said
        assert running.stdout.readline().startswith("Its people")
        if "--clinic" in more:
            assert running.stdout.readline().startswith("Its certificate's SHA-256 fingerprint")
            assert f"https://127.0.0.1:{port}/join/" in running.stdout.readline()
        context = ssl.create_default_context(cadata=authority_bytes(tmp_path / "web")) if more else None
        scheme = "https" if more else "http"
        with urllib.request.urlopen(f"{scheme}://127.0.0.1:{port}/healthz", timeout=60, context=context) as answer:
            assert answer.read() == b'{"status":"ok"}'
    finally:
        running.send_signal(signal.SIGTERM)
        out, errors = running.communicate(timeout=60)
    assert running.returncode == 0, errors
    assert errors.strip().endswith("Stopped.")
    assert "healthz" not in out + errors
