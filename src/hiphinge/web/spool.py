"""Films that come whole, with their form: they lie in the system's temporary folder until the form is read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.datastructures import FormData
from starlette.requests import Request

from hiphinge.web.errors import WebError
from hiphinge.web.places import Places
from hiphinge.web.translate import _

__all__ = ["RESERVE_BYTES", "Spool", "has_room", "is_multipart", "no_room", "read_form"]

#: Room that is left on the disk for everything else.
RESERVE_BYTES = 512 << 20
#: A form of this app has one file, and fewer and shorter fields; each is held in memory.
_FILES, _FIELDS, _FIELD_BYTES = 1, 300, 64 << 10
#: A browser sends one form; another may still hang on a connection that was lost. [DESIGN]
_MOST_EACH, _MOST = 2, 6
#: When to try again, seconds.
_WAIT_S = 10.0


async def read_form(request: Request) -> FormData:
    """Read a form, which has as many parts as this app's pages send, and no more."""
    return await request.form(max_files=_FILES, max_fields=_FIELDS, max_part_size=_FIELD_BYTES)


def is_multipart(content_type: str) -> bool:
    """Whether a form comes in parts: those with a film. Others are read into memory, so they are short."""
    return content_type.lower().startswith("multipart/form-data")


def has_room(folder: Path, n_bytes: int) -> bool:
    """Whether a folder's disk takes so much, and keeps room for everything else."""
    return shutil.disk_usage(folder).free >= n_bytes + RESERVE_BYTES


def no_room() -> WebError:
    """Return the refusal of a film for which there is no room."""
    error = WebError(
        _("There is no room for the film on this computer."),
        next_step=_("Delete kept films under My data, or free some space, then send it again."),
    )
    error.status = 507
    return error


class Spool:
    """Counts the forms with films that are under way, for one event loop.

    Parameters
    ----------
    most_each, most
        Of one session, and of all of them.
    has_room
        Whether the temporary folder takes so many bytes.
    """

    def __init__(
        self, *, most_each: int = _MOST_EACH, most: int = _MOST, has_room: Callable[[int], bool] | None = None
    ) -> None:
        self._places = Places(most_each, most, wait_s=_WAIT_S)
        self._has_room = has_room or _has_room_here
        self._bytes = 0

    @contextmanager
    def taking(self, session: str, n_bytes: int) -> Iterator[None]:
        """Take a form of so many bytes.

        Raises
        ------
        TooMany
            As many as can be are under way.
        WebError
            The temporary folder takes no more.
        """
        with self._places.taking(session):
            if not self._has_room(self._bytes + n_bytes):
                raise no_room()
            self._bytes += n_bytes
            try:
                yield
            finally:
                self._bytes -= n_bytes


def _has_room_here(n_bytes: int) -> bool:
    return has_room(Path(tempfile.gettempdir()), n_bytes)
