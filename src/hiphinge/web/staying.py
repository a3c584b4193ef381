"""Connections that stay open: whoever began one is looked at again and again, as with every request."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from hiphinge.errors import StoreError
from hiphinge.web.access import find_who
from hiphinge.web.context import context_of
from hiphinge.web.network import is_local
from hiphinge.web.sessions import find_session
from hiphinge.web.tokens import read_token

__all__ = ["is_still_in", "wait_until_out"]


def is_still_in(connection: HTTPConnection) -> bool:
    """Whether whoever began a connection would be let in again: not signed out since, nor switched off."""
    before, context, token = find_who(connection), context_of(connection), read_token(connection)
    now = None if token is None else find_session(context, token)
    if now is None:
        # Without a session: at home, whoever is on this computer.
        return before.account is None and before.role == "owner" and is_local(connection, context.settings)
    return (now.account, now.role, now.person) == (before.account, before.role, before.person)


async def wait_until_out(connection: HTTPConnection, *, every_s: float) -> None:
    """Return once whoever began a connection is let in no longer; that is looked at every so many seconds."""
    while True:
        await asyncio.sleep(every_s)
        # A store that does not answer now is asked the next time.
        with suppress(StoreError):
            if not await run_in_threadpool(is_still_in, connection):
                return
