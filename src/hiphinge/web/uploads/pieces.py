"""How many pieces of films are taken at once: each is held in memory until it is whole."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request

from hiphinge.web.context import context_of
from hiphinge.web.errors import TooLarge
from hiphinge.web.places import Places
from hiphinge.web.translate import _
from hiphinge.web.uploads.receive import PIECE_BYTES

__all__ = ["read_piece"]

_PIECES = "uploads.pieces"
#: A page sends one piece after the other; another may still hang on a connection that was lost. [DESIGN]
_MOST_EACH, _MOST = 3, 24
#: When to try again, seconds.
_WAIT_S = 2.0


async def read_piece(request: Request) -> AsyncIterator[bytes]:
    """Yield one piece whole, or nothing of it: a connection that breaks off leaves the film as it was."""
    places: Places = context_of(request).extras.setdefault(_PIECES, Places(_MOST_EACH, _MOST, wait_s=_WAIT_S))
    with places.taking(str(request.path_params["person"])):
        taken = bytearray()
        async for part in request.stream():
            taken += part
            if len(taken) > PIECE_BYTES:
                raise TooLarge(_("The piece is too large."), expected=f"{PIECE_BYTES} bytes")
        yield bytes(taken)
