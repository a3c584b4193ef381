"""A connection to a Dask scheduler that somebody started."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from hiphinge.errors import ClusterError, MissingDependency, UsageError

__all__ = ["connect", "is_private"]

_HERE = ("127.0.0.1", "localhost", "::1")


def connect(address: str, *, timeout_s: float = 10.0) -> Any:
    """Return a ``distributed.Client`` that answers.

    Parameters
    ----------
    address
        ``tcp://HOST:PORT``, or ``tls://HOST:PORT`` with the certificates of Dask's own configuration.
    timeout_s
        So long the scheduler may take to answer.

    Raises
    ------
    UsageError
        No address of a scheduler.
    MissingDependency
        Dask is not installed.
    ClusterError
        Nobody answers there.
    """
    _check_address(address)
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingDependency(
            f"A cluster needs Dask, which is not installed ({error}).", next_step="pip install 'hiphinge[cluster]'"
        ) from error
    try:
        return Client(address, timeout=timeout_s, set_as_default=False, name="hiphinge")
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
        # TypeError and RuntimeError: a tls:// address without certificates, said so differently by each version.
        raise ClusterError(
            f"No scheduler answers at {address} ({type(error).__name__}).",
            expected="a Dask scheduler that runs, with the same certificates where the address begins with tls://",
            next_step="Start one: dask scheduler",
        ) from error


def is_private(address: str) -> bool:
    """Whether nobody on the way can read what is sent: encrypted, or this computer alone."""
    parts = urlsplit(address)
    return parts.scheme == "tls" or (parts.hostname or "") in _HERE


def _check_address(address: str) -> None:
    parts = urlsplit(address)
    try:
        known = parts.scheme in ("tcp", "tls") and bool(parts.hostname) and parts.port is not None
    except ValueError:
        known = False
    if not known:
        raise UsageError(
            f"{address!r} is no address of a scheduler.",
            expected="tcp://HOST:PORT or tls://HOST:PORT",
            next_step="Take the address that dask scheduler prints.",
        )
