"""What every request passes first: the host it asks for, where it comes from, how much it sends, and how often.

Every answer gets its security headers here.
"""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from hiphinge.errors import HiphingeError
from hiphinge.web.context import Context
from hiphinge.web.errors import (
    REFUSED,
    NotAllowed,
    TooLarge,
    TooMany,
    WebError,
    answer_error,
    answer_unforeseen,
    log_unforeseen,
)
from hiphinge.web.network import address_of, host_of
from hiphinge.web.spool import is_multipart
from hiphinge.web.tokens import fingerprint, is_secure, read_token, set_cookies
from hiphinge.web.translate import _, choose_language, set_language

__all__ = ["CONTENT_SECURITY_POLICY", "Guard", "Limited"]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; font-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_HSTS = "max-age=31536000"
#: So many browsers may share an address.
_BROWSERS = 20.0
_DOORS = ("/login", "/join/", "/start")
#: Asking for a way in, per minute and address.
_DOOR_PER_MINUTE = 60.0
#: Who says nothing for so long in the middle of what they send has gone.
SILENT_S = 60.0
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: A form or a call; one piece of an upload.
_FORM_BYTES, _PIECE_BYTES = 1 << 20, 32 << 20
_PIECE = re.compile(r"/api/p/[^/]+/uploads/[^/]+")
#: A whole video sent by a plain form: a person's own, or one of an appointment.
_WHOLE_VIDEO = re.compile(r"(?:/p|/desk/visit)/[^/]+/upload")


class Guard:
    """The outermost part of the app."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app, self._context = app, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if self._context.settings.behind_proxy:
            # Browsers come to the proxy through TLS, whether or not it says so.
            scope["scheme"] = "https" if scope["type"] == "http" else "wss"
        connection = HTTPConnection(scope)
        set_language(choose_language(connection.headers.get("accept-language", "")))
        answering = _Answering(scope, send, hsts=self._wants_hsts(connection))
        try:
            self._check(connection)
            self._count(connection)
            await self._app(scope, Limited(scope, receive, self._limit(connection)), answering)
        except (ClientDisconnect, WebSocketDisconnect):
            # Whoever sent it is gone, and what breaks off is none of our errors.
            return
        except Exception as error:
            if answering.started:
                log_unforeseen(error)
                # The connection has to break, and the server under us writes down what it is given: not the message.
                raise RuntimeError("An answer broke off; the log says before where.") from None
            await self._refuse(connection, error, receive, answering)

    def _check(self, connection: HTTPConnection) -> None:
        """Refuse what does not come from a page of this server, or asks for too much."""
        host = connection.headers.get("host", "")
        if host_of(host) not in self._context.hosts:
            refused = NotAllowed(
                _("This server does not answer to that name."),
                next_step=_("Open the address that hiphinge serve printed, or add the name to HIPHINGE_WEB_HOSTS."),
            )
            refused.status = 421
            raise refused
        method = connection.scope.get("method", "")
        if method in _UNSAFE or connection.scope["type"] == "websocket":
            _check_origin(connection, host)
        length = connection.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._limit(connection):
            raise _too_large(self._limit(connection))

    def _wants_hsts(self, connection: HTTPConnection) -> bool:
        """Whether browsers shall never come without TLS again: not where the certificate is one made here."""
        settings = self._context.settings
        return not settings.home and (settings.behind_proxy or settings.tls == "files") and is_secure(connection)

    def _count(self, connection: HTTPConnection) -> None:
        """Let each browser, and each address, ask only so often; signing in and joining much less."""
        path, settings = connection.url.path, self._context.settings
        address = address_of(connection)
        rate = float(settings.requests_per_minute)
        asked = [(f"address {address}", rate * _BROWSERS)]
        if not path.startswith(("/static/", "/pictures/")):
            token = read_token(connection)
            asked.append((f"page {address if token is None else fingerprint(token)}", rate))
        if connection.scope.get("method") == "POST" and path.startswith(_DOORS):
            asked.append((f"door {address}", _DOOR_PER_MINUTE))
        wait = max(self._context.buckets.take(key, per_minute=limit, burst=limit / 2) for key, limit in asked)
        if wait > 0:
            raise TooMany(wait)

    def _limit(self, connection: HTTPConnection) -> int:
        """Return how many bytes a request may send."""
        path = connection.url.path
        if _PIECE.fullmatch(path):
            return _PIECE_BYTES
        if _WHOLE_VIDEO.fullmatch(path) and is_multipart(connection.headers.get("content-type", "")):
            return (self._context.settings.upload_mb << 20) + _FORM_BYTES
        return _FORM_BYTES

    async def _refuse(self, connection: HTTPConnection, error: Exception, receive: Receive, send: Send) -> None:
        """Answer with an error, a websocket by closing it; one that nobody foresaw is logged."""
        if connection.scope["type"] != "websocket":
            if isinstance(error, HiphingeError):
                answer = answer_error(connection, error)
            else:
                answer = answer_unforeseen(connection, error)
            await answer(connection.scope, receive, send)
        elif isinstance(error, HiphingeError):
            await WebSocket(connection.scope, receive, send).close(code=1008, reason=error.what[:100])
        else:
            log_unforeseen(error)
            await WebSocket(connection.scope, receive, send).close(code=1011)


def _check_origin(connection: HTTPConnection, host: str) -> None:
    """Refuse what another site's page sends. Tools that are no browser say nothing of where they come from."""
    origin = connection.headers.get("origin", "")
    site = connection.headers.get("sec-fetch-site", "")
    other = site not in ("", "same-origin", "none")
    # "null" is what a browser sends for a plain form under Referrer-Policy: no-referrer; then Sec-Fetch-Site tells.
    # No page of ours opens a websocket so.
    if origin not in ("", "null") or (origin == "null" and connection.scope["type"] == "websocket"):
        other = other or urlsplit(origin).netloc.lower() != host.lower()
    if other:
        raise NotAllowed(_("This was sent by another site."), next_step=_("Open hiphinge itself, and do it there."))


def _too_large(limit: int) -> WebError:
    return TooLarge(
        _("That is more than can be taken at once."),
        expected=f"{limit / (1 << 20):g} MB",
        next_step=_("Send a shorter video, or a smaller one."),
    )


def _too_slow() -> WebError:
    error = WebError(
        _("The connection broke off while something was being sent."), next_step=_("Try again: nothing was changed.")
    )
    error.status = 408
    return error


class Limited:
    """Counts what is received, for a sender who did not say how much it will be, and waits only so long for it."""

    def __init__(self, scope: Scope, receive: Receive, limit: int, *, silent_s: float = SILENT_S) -> None:
        self._scope, self._receive, self._left, self._limit = scope, receive, limit, limit
        self._silent_s = silent_s
        self._more = scope["type"] == "http"

    async def __call__(self) -> Message:
        """Return what comes next."""
        if not self._more:
            # All that it sent is here: what comes now is that it leaves, whenever that is.
            return await self._receive()
        try:
            async with asyncio.timeout(self._silent_s):
                message = await self._receive()
        except TimeoutError:
            self._scope[REFUSED] = _too_slow()
            raise self._scope[REFUSED] from None
        self._more = message["type"] == "http.request" and message.get("more_body", False)
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                self._scope[REFUSED] = _too_large(self._limit)
                raise self._scope[REFUSED]
        return message


class _Answering:
    """Sends an answer with its headers and cookies."""

    def __init__(self, scope: Scope, send: Send, *, hsts: bool) -> None:
        self._scope, self._send, self._hsts = scope, send, hsts
        self.started = False

    async def __call__(self, message: Message) -> None:
        self.started = True
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            # Pages are about health: nothing of them stays in a cache.
            headers.setdefault("Cache-Control", "no-store")
            if self._hsts:
                headers["Strict-Transport-Security"] = _HSTS
            for cookie in set_cookies(self._scope):
                headers.append("Set-Cookie", cookie.decode("latin-1"))
        await self._send(message)
