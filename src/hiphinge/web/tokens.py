"""The session cookie: a random token, of which the server keeps only the SHA-256."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.requests import HTTPConnection

__all__ = ["cookie_name", "csrf_of", "fingerprint", "give_token", "is_secure", "new_token", "read_token", "set_cookies"]

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
#: Where a request keeps the cookies that its answer sets.
_SCOPE = "hiphinge.cookies"
#: Where a request keeps the token that it was given on the way.
_GIVEN = "hiphinge.token"


def new_token() -> str:
    """Return a token that nobody can guess: 256 bits."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """Return the SHA-256 of a token, in hexadecimal: all that is kept of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """Return what a form has to send along: only pages of this server can know it, for the cookie cannot be read."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"csrf:" + token.encode()).digest()).decode().rstrip("=")


def is_secure(connection: HTTPConnection) -> bool:
    """Whether a request came through TLS."""
    return connection.url.scheme in ("https", "wss")


def cookie_name(connection: HTTPConnection) -> str:
    """Return the cookie's name; with TLS the browser itself makes sure that nobody else sets it."""
    return "__Host-hiphinge" if is_secure(connection) else "hiphinge"


def read_token(connection: HTTPConnection) -> str | None:
    """Return the visitor's token, None where there is none that could be ours."""
    given: str | None = connection.scope.get(_GIVEN)
    if given is not None:
        return given
    found = connection.cookies.get(cookie_name(connection), "")
    return found if _SHAPE.fullmatch(found) else None


def give_token(connection: HTTPConnection, token: str, *, max_age_s: int | None = None) -> None:
    """Let the answer set the cookie to ``token``; without ``max_age_s`` it lasts as long as the browser is open."""
    parts = [f"{cookie_name(connection)}={token}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if is_secure(connection):
        parts.append("Secure")
    if max_age_s is not None:
        parts.append(f"Max-Age={max_age_s}")
    connection.scope[_GIVEN] = token
    connection.scope.setdefault(_SCOPE, {})["session"] = "; ".join(parts)


def set_cookies(scope: Mapping[str, Any]) -> list[bytes]:
    """Return the ``Set-Cookie`` values that a request's answer carries."""
    found = scope.get(_SCOPE)
    return [str(value).encode("latin-1") for value in found.values()] if isinstance(found, dict) else []
