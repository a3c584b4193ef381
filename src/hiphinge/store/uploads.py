"""Films that are being sent: what is known of them in rows, their bytes in files beside the database."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from hiphinge.errors import RecordConflict, StoreError
from hiphinge.store.log import in_parts
from hiphinge.store.packed import check_sha256, pack, unpack
from hiphinge.store.people import lock_person
from hiphinge.store.rules import check_text
from hiphinge.store.tables import jobs, uploads
from hiphinge.store.upkeep import remove_file
from hiphinge.store.webrecords import Upload

__all__ = [
    "FOLDER",
    "complete_upload",
    "delete_old_uploads",
    "delete_upload",
    "has_unnamed_parts",
    "insert_upload",
    "part_of",
    "read_upload",
    "read_uploads",
    "receive",
    "remove_parts",
    "remove_unnamed_parts",
    "upload_ids",
]

#: Among the kept files, and no person's.
FOLDER = ".uploads"
_PART = re.compile(r"([0-9a-f]{32})\.part")
#: Beyond any film: 64 GiB.
_LARGEST = 64 << 30
_LONGEST_META = 20_000
#: What nobody has gone on sending for so long is given up.
ABANDONED = timedelta(hours=48)
#: What was sent whole, and that no job is waiting for.
_FORGOTTEN = timedelta(days=7)


def part_of(root: Path, number: str) -> Path:
    """Return where the bytes of an upload lie."""
    return root / FOLDER / f"{number}.part"


def insert_upload(
    connection: Connection, person: str, name: str, size: int, meta: Mapping[str, Any], *, now: datetime
) -> Upload:
    """Add an upload of which nothing was received yet.

    Raises
    ------
    PersonNotFound
        Nobody has this id.
    RecordConflict
        A name, a size or a value that cannot be kept.
    """
    lock_person(connection, person)
    check_text(name, "name of the film", longest=255)
    if not 0 < size <= _LARGEST:
        raise RecordConflict(f"The film has {size} bytes.", expected=f"1 to {_LARGEST}")
    said = pack(meta, "description of the film", longest=_LONGEST_META)
    number = uuid.uuid4().hex
    values = {"id": number, "person": person, "name": name, "size": size, "received": 0, "meta": said}
    connection.execute(insert(uploads).values({**values, "created": now, "changed": now}))
    return read_upload(connection, number)


def read_upload(connection: Connection, number: str, *, hold: bool = False) -> Upload:
    """Return an upload; ``hold`` keeps it as it is until the transaction ends.

    Raises
    ------
    StoreError
        There is none with this id.
    """
    row = None
    if number.isalnum():
        query = select(uploads).where(uploads.c.id == number)
        row = connection.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None:
        raise StoreError(f"There is no upload {number[:40]!r}.", next_step="Send the film again.")
    return _upload(row)


def read_uploads(connection: Connection, person: str) -> tuple[Upload, ...]:
    """Return a person's uploads, oldest first."""
    c = uploads.c
    rows = connection.execute(select(uploads).where(c.person == person).order_by(c.created, c.id))
    return tuple(_upload(row) for row in rows)


def receive(connection: Connection, number: str, received: int, *, now: datetime) -> Upload:
    """Write down how many bytes are on the disk.

    Raises
    ------
    RecordConflict
        More than the film has, or it is finished.
    """
    upload = read_upload(connection, number, hold=True)
    if upload.finished is not None:
        raise RecordConflict("The film was received already.", expected="an upload that is not finished")
    if not 0 <= received <= upload.size:
        raise RecordConflict(f"{received} bytes were received.", expected=f"0 to {upload.size}")
    connection.execute(update(uploads).where(uploads.c.id == number).values(received=received, changed=now))
    return read_upload(connection, number)


def complete_upload(connection: Connection, number: str, sha256: str, *, now: datetime) -> Upload:
    """Write down that a film is whole, and its hash; twice is once.

    Raises
    ------
    RecordConflict
        Bytes are missing, or it was finished with another hash.
    """
    check_sha256(sha256, "hash of the film")
    upload = read_upload(connection, number, hold=True)
    if upload.finished is not None:
        if upload.sha256 != sha256:
            raise RecordConflict("The film was received already, with other bytes.", next_step="Send it again.")
        return upload
    if upload.received != upload.size:
        raise RecordConflict(
            f"{upload.received} of {upload.size} bytes were received.", expected="all", next_step="Send the rest."
        )
    values = {"sha256": sha256, "finished": now, "changed": now}
    connection.execute(update(uploads).where(uploads.c.id == number).values(values))
    return read_upload(connection, number)


def delete_upload(connection: Connection, number: str) -> str | None:
    """Delete an upload's row, and return whose it was; None where there is none."""
    return connection.execute(delete(uploads).where(uploads.c.id == number).returning(uploads.c.person)).scalar()


def upload_ids(connection: Connection, person: str) -> tuple[str, ...]:
    """Return the ids of a person's uploads."""
    return tuple(connection.execute(select(uploads.c.id).where(uploads.c.person == person)).scalars())


def delete_old_uploads(connection: Connection, *, now: datetime, only_look: bool = False) -> tuple[str, ...]:
    """Delete what nobody goes on sending, and what was sent and forgotten; return their ids."""
    c = uploads.c
    waiting = select(jobs.c.id).where(jobs.c.person == c.person, jobs.c.state.in_(("queued", "running"))).exists()
    given_up = c.finished.is_(None) & (c.changed < now - ABANDONED)
    forgotten = c.finished.is_not(None) & (c.changed < now - _FORGOTTEN) & ~waiting
    old = given_up | forgotten
    query = select(c.id).where(old) if only_look else delete(uploads).where(old).returning(c.id)
    return tuple(connection.execute(query).scalars())


def remove_parts(root: Path, numbers: Iterable[str]) -> tuple[int, int]:
    """Remove the bytes of uploads; return how many files are gone, and how many could not be removed."""
    removed, left = 0, 0
    for path in [part_of(root, number) for number in numbers]:
        if path.exists():
            gone = remove_file(path)
            removed, left = removed + gone, left + (not gone)
    return removed, left


def has_unnamed_parts(connection: Connection, root: Path) -> bool:
    """Whether bytes lie there that no row names: of somebody who was erased, say."""
    return bool(_unnamed(connection, root))


def remove_unnamed_parts(connection: Connection, root: Path) -> None:
    """Remove the bytes that no row names. A row comes before its file, so that none is just being made."""
    remove_parts(root, _unnamed(connection, root))


def _unnamed(connection: Connection, root: Path) -> set[str]:
    """Return the ids of uploads whose bytes lie there without a row."""
    found = (_PART.fullmatch(path.name) for path in (root / FOLDER).glob("*.part"))
    here = sorted(match[1] for match in found if match)
    named: set[str] = set()
    for part in in_parts(here):
        named.update(connection.execute(select(uploads.c.id).where(uploads.c.id.in_(part))).scalars())
    return set(here) - named


def _upload(row: Row[Any]) -> Upload:
    """Return a row as an upload."""
    return Upload(**{**row._mapping, "meta": unpack(row.meta)})
