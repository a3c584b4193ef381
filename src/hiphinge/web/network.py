"""Names and addresses of this computer, found without sending anything anywhere."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from hiphinge.web.settings import Settings

__all__ = ["LOOPBACK_NAMES", "allowed_hosts", "host_of", "is_local", "is_loopback"]

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    """Whether an address or a name means this computer itself."""
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(value: str) -> str:
    """Return the name in a Host header, without the port and small; ``""`` where it is none."""
    try:
        return (urlsplit(f"//{value}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Return the names by which a browser may call this server: another name's page cannot pretend to be ours."""
    found = set(LOOPBACK_NAMES) | set(settings.hosts)
    if settings.public_url:
        found.add(host_of(urlsplit(settings.public_url).netloc))
    if not is_loopback(settings.host):
        found |= {socket.gethostname().lower()}
    return frozenset(found - {""})


def is_local(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether somebody on this very computer asks a home installation: they are its owner."""
    client = connection.client
    if not settings.home or settings.behind_proxy or client is None:
        return False
    return is_loopback(client.host) and is_loopback(host_of(connection.headers.get("host", "")))
