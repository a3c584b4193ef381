"""Running the web app: what it listens on, its certificate, and what is said at the start."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from hiphinge.errors import ConfigError, UsageError
from hiphinge.web.app import create_app
from hiphinge.web.context import Context
from hiphinge.web.network import computer_names, is_loopback, lan_addresses
from hiphinge.web.settings import Settings
from hiphinge.web.tls import check_files, ensure_certificate
from hiphinge.web.tokens import fingerprint, new_token

if TYPE_CHECKING:
    from hiphinge.store import Store

__all__ = [
    "Connection",
    "Listener",
    "Plan",
    "bind",
    "build",
    "invite_first",
    "invite_phone",
    "make_plan",
    "plain_url",
    "run_servers",
    "terminal_qr",
]

#: A live message is at most 64 frames of 1382 bytes, or a picture of 300 kB.
_MESSAGE_BYTES = 1 << 19
#: How long a connection may take to say what it asks for.
HEAD_S = 20.0
#: How long requests that are under way may take after the server was told to stop.
_GRACE_S = 10
#: How long the first administrator's link, and a phone's, can be used.
_FIRST_LINK, PHONE_LINK = timedelta(hours=24), timedelta(hours=1)
ADMINISTRATOR = "Administrator"


@dataclass(frozen=True, slots=True)
class Listener:
    """An address to listen on, and the certificate there, ``""`` for none."""

    host: str
    port: int
    cert: Path | None = None
    key: Path | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be served: the settings, the addresses, and where a browser goes."""

    settings: Settings
    listeners: tuple[Listener, ...]
    #: For this computer, and for phones in the same network (``""``: none).
    url: str
    phone_url: str
    addresses: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the certificate, ``""`` without one."""
        return next((one.fingerprint for one in self.listeners if one.fingerprint), "")


def make_plan(settings: Settings, *, phone: bool = False, addresses: Sequence[str] | None = None) -> Plan:
    """Return what to listen on, with a certificate where one is needed.

    Parameters
    ----------
    settings
        What was asked for.
    phone
        At home: phones in the same network as well, through TLS; this computer goes on without.
    addresses
        This computer's in its network; None looks for them.

    Raises
    ------
    ConfigError
        Others could reach the server without TLS.
    UsageError
        ``phone`` does not fit the other settings, or there is no network; several processes on Windows.
    """
    found = tuple(lan_addresses() if addresses is None else addresses)
    if settings.processes > 1 and os.name == "nt":
        raise UsageError("Several server processes are not for Windows.", expected="--processes 1")
    if phone:
        return _phone_plan(settings, found)
    _refuse_open(settings)
    cert: Path | None = None
    key: Path | None = None
    seen = ""
    if settings.cert is not None and settings.key is not None and settings.tls == "files":
        cert, key = settings.cert, settings.key
        seen = check_files(cert, key)
    elif settings.tls == "self":
        cert, key, seen = _own_certificate(settings, found)
    outside = () if is_loopback(settings.host) else found
    listener = Listener(settings.host, settings.port, cert, key, seen)
    return Plan(settings, (listener,), plain_url(settings, tls=cert is not None), "", outside)


def _phone_plan(settings: Settings, addresses: tuple[str, ...]) -> Plan:
    if not settings.home or settings.behind_proxy or settings.tls == "files" or not is_loopback(settings.host):
        raise UsageError(
            "--phone is for a home installation on this computer.",
            expected="no --clinic, --host, --tls files or --behind-proxy beside it",
            next_step="Leave them out; in a clinic, phones use the same address as everybody.",
        )
    if not addresses:
        raise UsageError(
            "This computer is in no network that a phone could share.",
            expected="a home network",
            next_step="Connect it to the same Wi-Fi as the phone, then start again.",
        )
    cert, key, seen = _own_certificate(settings, addresses)
    listeners = (
        Listener(settings.host, settings.port),
        Listener("0.0.0.0", settings.phone_port, cert, key, seen),
    )
    phone_url = f"https://{addresses[0]}:{settings.phone_port}"
    hosts = (*settings.hosts, *computer_names())
    return Plan(replace(settings, hosts=hosts), listeners, plain_url(settings, tls=False), phone_url, addresses)


def _refuse_open(settings: Settings) -> None:
    """Refuse to let others in without TLS, and to be asked for by names that nobody allowed."""
    if not is_loopback(settings.host) and not settings.secure:
        raise ConfigError(
            f"Others could reach {settings.host} without TLS, and read what is sent.",
            expected="TLS for every address but this computer's own",
            next_step="Add --tls self, --tls files --cert FILE --key FILE, --behind-proxy, or (home) --phone.",
        )
    if settings.behind_proxy and not (settings.hosts or settings.public_url):
        raise ConfigError(
            "Behind a proxy the server has to know by what name browsers ask for it.",
            expected="--public-url https://NAME, or --hosts NAME",
            next_step="Give one of them.",
        )


def _own_certificate(settings: Settings, addresses: tuple[str, ...]) -> tuple[Path, Path, str]:
    from hiphinge.service.desk import utc_now

    names = ("localhost", *computer_names(), *settings.hosts, "127.0.0.1", "::1", *addresses)
    names += () if is_loopback(settings.host) or settings.host in ("0.0.0.0", "::") else (settings.host,)
    made = ensure_certificate(Context.data_folder_of(settings), names, now=utc_now())
    return made.cert, made.key, made.fingerprint


def plain_url(settings: Settings, *, tls: bool) -> str:
    """Return the address to open on this computer, or the public one."""
    if settings.public_url:
        return settings.public_url.rstrip("/") + "/"
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "") else "::1" if settings.host == "::" else settings.host
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{settings.port}/"


def invite_phone(store: Store, base: str) -> str:
    """Return a link that lets one phone in, once."""
    return _invite(store, base, name="phone", kind="device", lasts=PHONE_LINK)


def invite_first(store: Store, base: str) -> str | None:
    """Return the link that makes the administrator's account, None where there is one already."""
    if any(one.role == "owner" and one.disabled_at is None for one in store.accounts()):
        return None
    for one in store.invitations():
        if one.role == "owner" and one.kind == "account":
            store.revoke_invitation(one.id)
    return _invite(store, base, name=ADMINISTRATOR, kind="account", lasts=_FIRST_LINK)


def _invite(store: Store, base: str, *, name: str, kind: str, lasts: timedelta) -> str:
    from hiphinge.service.desk import utc_now

    token = new_token()
    store.add_invitation(fingerprint(token), "owner", None, name, utc_now() + lasts, kind)
    return f"{base.rstrip('/')}/join/{token}"


def terminal_qr(text: str) -> str:
    """Return a QR code in characters."""
    import io

    import segno

    out = io.StringIO()
    segno.make(text, error="l").terminal(out, compact=True, border=2)
    return out.getvalue()


def build(plan: Plan, store: Store) -> FastAPI:
    """Return the app for a plan, on an open store."""
    app = create_app(plan.settings, store=store, addresses=plan.addresses, phone_url=plan.phone_url)
    context: Context = app.state.hiphinge
    context.fingerprint = plan.fingerprint
    return app


def bind(listener: Listener) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    ConfigError
        The port is taken, or the address is not this computer's.
    """
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((listener.host, listener.port))
        made.listen(2048)
    except (OSError, OverflowError) as error:
        made.close()
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"Nothing can listen on {listener.host}, port {listener.port}: {why}.",
            expected="an address of this computer, and a port that no other program uses",
            next_step="Give another one, for example --port 8770; perhaps hiphinge serve runs already.",
        ) from None
    made.setblocking(False)
    return made


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """A connection that has to ask for something: half a request would hold its place for ever."""

    head_s = HEAD_S
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Go on waiting, unless that was the rest of a request's head."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._is_asked():
            self._stop_waiting()
        elif self._late is None:
            self._late = self.loop.call_later(self.head_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _is_asked(self) -> bool:
        """Whether a request is under way, or a websocket has taken the connection over."""
        taken_over = self.transport.is_closing() or self.transport.get_protocol() is not self
        return taken_over or (self.cycle is not None and not self.cycle.response_complete)

    def _give_up(self) -> None:
        self._late = None
        if not self._is_asked():
            self.transport.close()


class _Server(uvicorn.Server):
    """A server whose signals are looked after outside: several run in one process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals alone."""
        yield


def run_servers(app: FastAPI, plan: Plan, sockets: Sequence[socket.socket]) -> None:
    """Serve until told to stop; what is under way is finished first, and a second Ctrl-C does not wait for it."""
    servers = [_Server(_config(app, plan.settings, one, first=one is plan.listeners[0])) for one in plan.listeners]
    stopped = 0

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped += 1
        for server in servers:
            server.should_exit = True
            server.force_exit = stopped > 1

    async def run() -> None:
        # The first one runs what the app starts and ends; the others share it.
        await asyncio.gather(*(server.serve([one]) for server, one in zip(servers, sockets, strict=True)))

    _until_told(run(), stop)


def _until_told(running: Coroutine[Any, Any, None], stop: Callable[[int, FrameType | None], None]) -> None:
    """Run until it ends, with ``stop`` called at Ctrl-C and at a polite kill."""
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        asyncio.run(running)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _config(app: FastAPI, settings: Settings, listener: Listener, *, first: bool) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="on" if first else "off",
        # Nothing is written down of what is asked for: addresses carry tokens and people's numbers.
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        http=Connection,
        ws="websockets-sansio",
        ws_max_size=_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=_GRACE_S,
        proxy_headers=settings.behind_proxy,
        forwarded_allow_ips="127.0.0.1,::1",
        ssl_certfile=listener.cert,
        ssl_keyfile=listener.key,
    )
