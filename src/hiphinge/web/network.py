"""Names and addresses of this computer, found without sending anything anywhere."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from hiphinge.web.settings import Settings

__all__ = [
    "LOOPBACK_NAMES",
    "address_of",
    "allowed_hosts",
    "computer_names",
    "host_of",
    "is_local",
    "is_loopback",
    "lan_addresses",
]

#: What a proxy says of where a request came from, and how such a header begins; no browser sends these.
_FORWARDED = frozenset({"forwarded", "x-real-ip", "via", "cf-connecting-ip", "true-client-ip", "x-client-ip"})
_FORWARDED_BEGINS = ("x-forwarded-", "x-original-")
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
#: Addresses that home and office networks use, and one that is for documents only.
_PROBES = ("192.168.254.254", "10.254.254.254", "172.31.254.254", "192.0.2.1")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


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
    if any(character in value for character in "/?#@\\") or value != value.strip():
        return ""
    try:
        return (urlsplit(f"//{value}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _probe(address: str) -> str:
    """Return this computer's own address on the way to another. A datagram socket that connects sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect((address, 9))
        found: str = asked.getsockname()[0]
        return found


def lan_addresses(probe: Callable[[str], str] = _probe) -> tuple[str, ...]:
    """Return the addresses under which others in the same network reach this computer."""
    found: dict[str, None] = {}
    for address in _PROBES:
        try:
            own = ipaddress.ip_address(probe(address))
        except (OSError, ValueError):
            continue
        if not (own.is_loopback or own.is_unspecified):
            found[str(own)] = None
    return tuple(found)


def computer_names(name: str | None = None) -> tuple[str, ...]:
    """Return this computer's own name, alone and as home networks say it; nothing where it has none to show."""
    own = (socket.gethostname() if name is None else name).lower().rstrip(".")
    if not _NAME.fullmatch(own) or own == "localhost":
        return ()
    return (own,) if "." in own else (own, f"{own}.local")


def allowed_hosts(settings: Settings, *, addresses: tuple[str, ...] = ()) -> frozenset[str]:
    """Return the names by which a browser may call this server: another name's page cannot pretend to be ours.

    ``addresses`` are further ones on which it listens.
    """
    found = set(LOOPBACK_NAMES) | set(settings.hosts) | set(addresses)
    if settings.public_url:
        found.add(host_of(urlsplit(settings.public_url).netloc))
    if not is_loopback(settings.host):
        found.add(settings.host.lower())
    return frozenset(found - {"", "0.0.0.0", "::"})


def address_of(connection: HTTPConnection) -> str:
    """Return by what a client is counted: its address; of a newer one (IPv6) its network, of which it has them all."""
    host = connection.client.host if connection.client is not None else ""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def is_local(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether somebody on this very computer asks a home installation: they are its owner.

    What comes through a proxy or a tunnel on this computer is somebody else's, whether or not the settings know of it.
    """
    client = connection.client
    if not settings.home or settings.behind_proxy or client is None:
        return False
    if any(name in _FORWARDED or name.startswith(_FORWARDED_BEGINS) for name in connection.headers):
        return False
    return is_loopback(client.host) and is_loopback(host_of(connection.headers.get("host", "")))
