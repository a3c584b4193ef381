"""Taking a film piece by piece: what is confirmed is on the disk, whatever is cut off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from hiphinge.errors import HiphingeError, InputError, RecordConflict, StoreError, VideoUnsupported
from hiphinge.service.jobs import film_of
from hiphinge.web.errors import NotFound, TooLarge, TooMany, WebError
from hiphinge.web.spool import has_room, no_room
from hiphinge.web.translate import _

try:
    import fcntl
except ImportError:
    # Windows: one server process serves a store there.
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hiphinge.store import Person, Store, Upload

__all__ = ["LONGEST_S", "MOST_OPEN", "PIECE_BYTES", "Film", "WrongOffset", "add_piece", "check_film", "find_upload",
           "offset_of", "open_upload", "take_whole"]  # fmt: skip

#: Largest piece of a film, and what the page sends at a time.
PIECE_BYTES = 16 << 20
#: Films of one person that may be under way or wait to be looked at.
MOST_OPEN = 6
#: A set takes a minute or two; much longer films are somebody's mistake.
LONGEST_S = 20 * 60.0
#: Containers → the ending that the film gets; what is not listed keeps a plain one.
_SUFFIXES = (
    ("matroska", ".mkv"), ("webm", ".webm"), ("mp4", ".mp4"), ("avi", ".avi"), ("gif", ".gif"), ("png", ".png"),
    ("jpeg", ".jpg"), ("webp", ".webp"), ("mpegts", ".ts"), ("image2", ".jpg"),
)  # fmt: skip
#: One for each of many films: two films may share one, and wait for each other's piece.
_LOCKS = tuple(Lock() for _number in range(64))


class WrongOffset(WebError):
    """A piece that does not begin where the last one ended; the header says where it goes on."""

    status = 409

    def __init__(self, offset: int) -> None:
        super().__init__(_("The film goes on elsewhere."), next_step=_("Go on from the place that was answered."))
        self.headers = {"Upload-Offset": str(offset)}


@dataclass(frozen=True, slots=True)
class Film:
    """What a film was found to be."""

    sha256: str
    suffix: str
    duration_s: float | None


def open_upload(
    store: Store, person: Person, *, name: str, size: int, meta: Mapping[str, Any], most_bytes: int
) -> Upload:
    """Begin a film.

    Raises
    ------
    WebError
        Too large, too many at once, or no room on the disk.
    """
    if size < 1:
        raise WebError(_("The film is empty."), next_step=_("Choose another one."))
    if size > most_bytes:
        raise TooLarge(
            _("The film has {size} MB.").format(size=round(size / (1 << 20))),
            expected=_("at most {most} MB").format(most=most_bytes >> 20),
            next_step=_("Film shorter, or choose a smaller size on the phone: 1280 × 720 is enough."),
        )
    if len(_waiting(store, person)) >= MOST_OPEN:
        raise _too_many()
    if not has_room(store.upload_folder(), size):
        raise no_room()
    # The name is shown again, and never used as a name of a file.
    shown = "".join(one for one in name.replace("\\", "/").rpartition("/")[2] if one.isprintable())[:200]
    return store.add_upload(person.id, shown.strip() or _("film"), size, meta)


def _waiting(store: Store, person: Person) -> list[Upload]:
    """Return films that are under way, or wait to be looked at."""
    over = {str(job.payload.get("film")) for job in store.jobs(person.id) if job.state in ("done", "failed")}
    return [one for one in store.uploads(person.id) if one.id not in over]


def _too_many() -> TooMany:
    error = TooMany(60)
    error.what = _("Too many films are under way at once.")
    error.next_step = _("Wait until one has been looked at, or take one back.")
    return error


def find_upload(store: Store, person: Person, upload: str) -> Upload:
    """Return an upload of this person; 404 for another's."""
    try:
        found = store.upload(upload)
    except StoreError:
        raise NotFound(_("There is no such film under way.")) from None
    if found.person != person.id:
        raise NotFound(_("There is no such film under way."))
    return found


def offset_of(store: Store, upload: Upload) -> int:
    """Return from where the film goes on: what was confirmed and is still on the disk."""
    try:
        there = film_of(store, upload.id).stat().st_size
    except OSError:
        there = 0
    return min(upload.received, there)


def add_piece(store: Store, upload: Upload, offset: int, piece: bytes) -> int:
    """Write a piece to the disk, and return from where the film goes on.

    Raises
    ------
    WrongOffset
        It begins elsewhere.
    TooLarge
        It is larger than what is left of the film.
    WebError
        The disk takes no more.
    """
    with _LOCKS[hash(upload.id) % len(_LOCKS)], _held(film_of(store, upload.id)) as handle:
        upload = store.upload(upload.id)
        goes_on = offset_of(store, upload)
        if offset != goes_on:
            raise WrongOffset(goes_on)
        if offset + len(piece) > upload.size:
            raise TooLarge(_("That is more than the film was said to have."), next_step=_("Send it once more."))
        try:
            # Asked again: several films may have been begun while there was room for one.
            if not has_room(store.upload_folder(), len(piece)):
                raise no_room()
            _write(handle, offset, piece)
        except OSError:
            raise no_room() from None
        return store.set_upload_received(upload.id, offset + len(piece)).received


def take_whole(store: Store, upload: Upload, source: Any) -> None:
    """Take a film that came whole, with a form."""
    offset = 0
    while piece := source.read(PIECE_BYTES):
        offset = add_piece(store, upload, offset, piece)


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """Open a film's file while no other server's process writes into it: a piece may come twice, by two ways."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    except OSError:
        raise no_room() from None
    try:
        if fcntl is not None:
            # A shared folder that knows no locks: then it is one server's, or what the database says decides.
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _write(handle: int, offset: int, piece: bytes) -> None:
    """Have a piece on the disk; what was cut off in the middle of one is written over."""
    with os.fdopen(handle, "r+b", closefd=False) as part:
        part.truncate(offset)
        part.seek(offset)
        part.write(piece)
        part.flush()
        os.fsync(part.fileno())


def check_film(store: Store, upload: Upload) -> Film:
    """Look whether the bytes are a film, whatever its name says; what is none is deleted at once.

    Raises
    ------
    RecordConflict
        Bytes are missing.
    InputError
        It is no film, or much too long.
    """
    upload = store.upload(upload.id)
    if offset_of(store, upload) != upload.size:
        raise RecordConflict(
            _("The film is not here as a whole yet."), expected=_("all of it"), next_step=_("Send the rest.")
        )
    path = film_of(store, upload.id)
    try:
        film = _open(path)
    except HiphingeError as error:
        store.drop_upload(upload.id)
        error.what = error.what.replace(repr(str(path)), _("The file")).replace(str(path), _("the file"))
        raise
    store.finish_upload(upload.id, film.sha256)
    return film


def _open(path: Path) -> Film:
    from hiphinge.video import open_video
    from hiphinge.video.source import open_container

    with open_video(path) as reader:
        info = reader.info
    if info.duration_s is not None and info.duration_s > LONGEST_S:
        raise VideoUnsupported(
            _("The film is {minutes} minutes long.").format(minutes=round(info.duration_s / 60)),
            expected=_("at most {minutes} minutes").format(minutes=round(LONGEST_S / 60)),
            next_step=_("Send one set: one film for each."),
        )
    with open_container(path) as container:
        names = container.format.name
    suffix = next((ending for word, ending in _SUFFIXES if word in names), ".mp4")
    if info.sha256 is None:
        raise InputError(_("The film cannot be read."), next_step=_("Send it again."))
    return Film(info.sha256, suffix, info.duration_s)
