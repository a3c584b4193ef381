"""Errors of the web app, and the one place that turns every error into a kind page or a JSON answer."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.websockets import WebSocket, WebSocketState

from hiphinge.errors import (
    ConfigError,
    HiphingeError,
    InputError,
    InputNotFound,
    MissingDependency,
    ModelError,
    PersonNotFound,
    RecordConflict,
    StoreError,
    UsageError,
)
from hiphinge.web.translate import _

__all__ = [
    "REFUSED",
    "NotAllowed",
    "NotFound",
    "SignInNeeded",
    "TooLarge",
    "TooMany",
    "WebError",
    "add_error_handlers",
    "answer_error",
    "answer_unforeseen",
    "for_visitors",
    "log_unforeseen",
    "refuse_websocket",
    "status_of",
    "wants_json",
    "where_it_was",
]

#: Where a request keeps the error for which no more of it was read.
REFUSED = "hiphinge.refused"
_LOG = logging.getLogger("hiphinge.web")


class WebError(HiphingeError):
    """A request that is answered with an error; ``status`` is HTTP's."""

    status = 400
    #: Sent with the answer.
    headers: Mapping[str, str] = {}


class SignInNeeded(WebError):
    """Only for people who are signed in."""

    status = 401

    def __init__(self) -> None:
        super().__init__(_("Please sign in first."), next_step=_("Sign in, or open the link you were given."))


class NotAllowed(WebError):
    """Not for this visitor."""

    status = 403

    def __init__(self, what: str = "", *, expected: str = "", next_step: str = "") -> None:
        super().__init__(
            what or _("This page is not for your account."), expected=expected, next_step=next_step or _("Go back.")
        )


class NotFound(WebError):
    """There is no such thing, or this visitor may not know of it."""

    status = 404

    def __init__(self, what: str = "") -> None:
        super().__init__(
            what or _("There is no such page."), next_step=_("Check the address, or go to the first page.")
        )


class TooLarge(WebError):
    """More was sent than is taken."""

    status = 413


class TooMany(WebError):
    """Asked too often; ``wait_s`` says when to try again."""

    status = 429

    def __init__(self, wait_s: float, what: str = "", *, next_step: str = "") -> None:
        super().__init__(
            what or _("That was a lot at once."), next_step=next_step or _("Wait a moment, then try again.")
        )
        self.headers = {"Retry-After": str(max(1, round(wait_s)))}


#: Added to HTTP's status, so that a page knows why its websocket was closed: 4401 is to sign in, 4404 nothing there.
_WEBSOCKET = 4000
#: The first class that fits gives the status.
_STATUS: tuple[tuple[type[HiphingeError], int], ...] = (
    (PersonNotFound, 404),
    (InputNotFound, 404),
    (RecordConflict, 409),
    (StoreError, 503),
    (ModelError, 503),
    (MissingDependency, 503),
    (UsageError, 422),
    (InputError, 422),
    (ConfigError, 422),
)


def status_of(error: HiphingeError) -> int:
    """Return HTTP's status for an error."""
    if isinstance(error, WebError):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def for_visitors(error: HiphingeError) -> HiphingeError:
    """Return an error as whoever asks is told it: where the store lies, and what its database says, goes to the log."""
    if type(error) is not StoreError or error.__cause__ is None:
        return error
    _LOG.error("The store does not answer: %s", error.what)
    return StoreError(
        _("The records cannot be reached just now."),
        expected=_("what was confirmed before is kept"),
        next_step=_("Try again in a moment; if it stays, tell whoever looks after this server."),
    )


def wants_json(connection: HTTPConnection) -> bool:
    """Whether a program asks, not a person with a browser."""
    accept = connection.headers.get("accept", "")
    return connection.url.path.startswith("/api/") or ("application/json" in accept and "text/html" not in accept)


def add_error_handlers(app: FastAPI) -> None:
    """Let every error that is raised in a route be answered here."""
    handlers: dict[type[Exception], Any] = {
        HiphingeError: _on_hiphinge,
        HTTPException: _on_http,
        RequestValidationError: _on_invalid,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _on_hiphinge(connection: Request | WebSocket, error: Exception) -> Response | None:
    assert isinstance(error, HiphingeError)
    if isinstance(connection, WebSocket):
        await refuse_websocket(connection, error)
        return None
    return answer_error(connection, error)


async def refuse_websocket(connection: WebSocket, error: HiphingeError) -> None:
    """Close a websocket with 4000 and HTTP's status: a page cannot see why one was refused that never opened."""
    if connection.application_state is WebSocketState.CONNECTING:
        await connection.accept()
    error = for_visitors(error)
    await connection.close(code=_WEBSOCKET + status_of(error), reason=error.what[:100])


async def _on_http(connection: Request | WebSocket, error: Exception) -> Response | None:
    assert isinstance(error, HTTPException)
    if error.status_code in (204, 304):
        return Response(status_code=error.status_code, headers=error.headers)
    kind: WebError
    refused = connection.scope.get(REFUSED)
    if isinstance(refused, WebError):
        # Raised while a form was read, which tells of a form that cannot be read instead.
        return await _on_hiphinge(connection, refused)
    if error.status_code == 404:
        kind = NotFound()
    elif error.status_code == 405:
        kind = WebError(_("This address does not take that kind of request."))
    else:
        kind = WebError(str(error.detail))
    kind.status = error.status_code
    kind.headers = error.headers or {}
    return await _on_hiphinge(connection, kind)


async def _on_invalid(connection: Request | WebSocket, error: Exception) -> Response | None:
    assert isinstance(error, RequestValidationError)
    # Where it was and what was expected, never the value: it may be about a person.
    fields = [".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]) for one in error.errors()]
    kind = WebError(
        _("What was sent does not fit: ") + ", ".join(dict.fromkeys(fields)) + ".",
        expected="; ".join(dict.fromkeys(str(one["msg"]) for one in error.errors())),
        next_step=_("Go back, correct it, and send it again."),
    )
    kind.status = 422
    return await _on_hiphinge(connection, kind)


def answer_error(connection: HTTPConnection, error: HiphingeError) -> Response:
    """Return the page, or the JSON, that an error is answered with."""
    error = for_visitors(error)
    status = status_of(error)
    headers = dict(getattr(error, "headers", {}))
    if wants_json(connection):
        body: dict[str, Any] = {"what": error.what, "expected": error.expected, "next_step": error.next_step}
        return JSONResponse(body, status_code=status, headers=headers)
    if isinstance(error, SignInNeeded) and connection.scope.get("method") in ("GET", "HEAD"):
        from urllib.parse import quote

        path = connection.url.path + (f"?{connection.url.query}" if connection.url.query else "")
        return RedirectResponse(f"/login?next={quote(path, safe='/')}", status_code=303)
    from hiphinge.web.pages import error_page

    return error_page(connection, error, status=status, headers=headers)


def where_it_was(error: BaseException) -> str:
    """Return for the log what kind of error it was, and where; not its message: that may carry a name or an answer."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"


def log_unforeseen(error: BaseException) -> str:
    """Write down an error that nobody foresaw, nothing of what was sent, and return the reference it stands under."""
    reference = secrets.token_hex(4)
    _LOG.error("Error %s: %s", reference, where_it_was(error))
    return reference


def answer_unforeseen(connection: HTTPConnection, error: Exception) -> Response:
    """Return the page for an error that nobody foresaw; the log gets where it happened, nothing of what was sent."""
    reference = log_unforeseen(error)
    kind = WebError(
        _("hiphinge met an error that it did not foresee. Its reference is ") + reference + ".",
        next_step=_("Try again; if it stays, give the reference to whoever looks after this server."),
    )
    kind.status = 500
    return answer_error(connection, kind)
