"""How many pieces of films are taken at once: each is held in memory until it is whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from starlette.requests import Request

from hiphinge.web.context import context_of
from hiphinge.web.errors import TooLarge, TooMany
from hiphinge.web.translate import _
from hiphinge.web.uploads.receive import PIECE_BYTES

__all__ = ["Pieces", "read_piece"]

_PIECES = "uploads.pieces"
#: A page sends one piece after the other; another may still hang on a connection that was lost. [DESIGN]
_MOST_EACH, _MOST = 3, 24
#: When to try again, seconds.
_WAIT_S = 2.0


class Pieces:
    """Counts what is under way, for one event loop.

    Parameters
    ----------
    most_each, most
        Of one person, and of all of them.
    """

    def __init__(self, *, most_each: int = _MOST_EACH, most: int = _MOST) -> None:
        self._most_each, self._most = most_each, most
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def taking(self, person: str) -> Iterator[None]:
        """Take a piece of a person's film.

        Raises
        ------
        TooMany
            As many as can be are under way.
        """
        if self._under_way[person] >= self._most_each or self._under_way.total() >= self._most:
            raise TooMany(_WAIT_S)
        self._under_way[person] += 1
        try:
            yield
        finally:
            self._under_way[person] -= 1
            if not self._under_way[person]:
                del self._under_way[person]


async def read_piece(request: Request) -> AsyncIterator[bytes]:
    """Yield one piece whole, or nothing of it: a connection that breaks off leaves the film as it was."""
    pieces: Pieces = context_of(request).extras.setdefault(_PIECES, Pieces())
    with pieces.taking(str(request.path_params["person"])):
        taken = bytearray()
        async for part in request.stream():
            taken += part
            if len(taken) > PIECE_BYTES:
                raise TooLarge(_("The piece is too large."), expected=f"{PIECE_BYTES} bytes")
        yield bytes(taken)
