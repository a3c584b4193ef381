"""Assessments and the films they were made from."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from hiphinge.errors import RecordConflict, StoreError
from hiphinge.store.codec import versions_of
from hiphinge.store.files import put_files, remove_tree, sha256_of
from hiphinge.store.log import check_film
from hiphinge.store.people import lock_person
from hiphinge.store.records import Clip
from hiphinge.store.revisions import delete_revisions
from hiphinge.store.rules import check_text
from hiphinge.store.tables import assessments, clips, events, lives

__all__ = ["NewAssessment", "insert_assessment", "read_clips", "release_clip"]

#: The name under which a kept film lies among an assessment's files.
_CLIP = "clip"


@dataclass(frozen=True, slots=True)
class NewAssessment:
    """An assessment that is to be kept; ``clip`` is the film's file, copied in where ``keep_clip``."""

    person: str
    document: bytes
    sha256: str
    files: Mapping[str, Path | bytes]
    clip: Path | None
    keep_clip: bool


def insert_assessment(
    connection: Connection, new: NewAssessment, root: Path, *, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Keep an assessment and its files; return its id, and the folders of the one whose place it takes, if any.

    Raises
    ------
    RecordConflict
        The film was logged already, here or for another person; or the document is no assessment.
    """
    lock_person(connection, new.person)
    model, calibration, criteria = versions_of(new.document)
    if not re.fullmatch(r"[0-9a-f]{64}", new.sha256):
        raise RecordConflict(f"{new.sha256[:80]!r} is no sha256 of a film.", expected="64 hex digits")
    if new.clip is not None:
        _check_name(new.clip.name)
    check_film(connection, new.person, new.sha256)
    files = _files_of(new)
    text = new.document.decode()
    earlier = _not_logged(connection, new)
    if earlier is not None and (earlier.document, json.loads(earlier.files)) == (text, sorted(files)):
        return earlier.id, ()
    number = uuid.uuid4().hex
    values = {"id": number, "person": new.person, "sha256": new.sha256, "at": now, "document": text}
    values |= {"model": model, "calibration": calibration, "criteria": criteria, "files": json.dumps(sorted(files))}
    if files:
        put_files(root / new.person / number, files)
    gone: tuple[str, ...] = ()
    try:
        connection.execute(insert(assessments).values(values))
        _insert_clip(connection, new, number, now)
        if earlier is not None:
            gone = (earlier.id, *_replace(connection, earlier.id, number))
    except BaseException:
        remove_tree(root / new.person / number)
        raise
    return number, gone


def _replace(connection: Connection, earlier: str, number: str) -> tuple[str, ...]:
    """Let an assessment take the place of an earlier one; return the folders of that one's corrections."""
    folders = delete_revisions(connection, earlier)
    connection.execute(update(lives).where(lives.c.assessment == earlier).values(assessment=number))
    connection.execute(delete(clips).where(clips.c.assessment == earlier))
    connection.execute(delete(assessments).where(assessments.c.id == earlier))
    return folders


def _check_name(name: str) -> None:
    """Refuse a name that could not be written down."""
    try:
        check_text(name, "name of the film", longest=255)
    except RecordConflict as error:
        error.next_step = "Rename the file with plain letters and digits, then log it again."
        raise


def _not_logged(connection: Connection, new: NewAssessment) -> Any:
    """Return this person's assessment of the same film that no entry names: cut off before its entry was made."""
    c = assessments.c
    logged = select(events.c.assessment).where(events.c.assessment == c.id).exists()
    query = select(c.id, c.document, c.files).where(c.person == new.person, c.sha256 == new.sha256, ~logged)
    return connection.execute(query.order_by(c.at)).first()


def _files_of(new: NewAssessment) -> dict[str, Path | bytes]:
    """Return all files to be kept, the film among them where it is to be."""
    files = dict(new.files)
    if new.clip is None or not new.keep_clip:
        return files
    name = _CLIP + new.clip.suffix.lower()
    if name in files:
        raise RecordConflict(f"{name!r} is the name of the kept film.", expected="another name for the other file")
    if new.clip.is_file() and sha256_of(new.clip) != new.sha256:
        raise RecordConflict(
            f"{new.clip.name} is not the film that was assessed.",
            expected=f"a file with sha256 {new.sha256[:12]}…",
            next_step="Assess it again.",
        )
    return {**files, name: new.clip}


def _insert_clip(connection: Connection, new: NewAssessment, number: str, now: datetime) -> None:
    """Write down the film, kept or not."""
    if new.clip is None:
        return
    path = f"{new.person}/{number}/{_CLIP}{new.clip.suffix.lower()}" if new.keep_clip else ""
    values: dict[str, object] = {"id": uuid.uuid4().hex, "person": new.person, "assessment": number}
    values |= {
        "name": new.clip.name,
        "path": path,
        "sha256": new.sha256,
        "kept": new.keep_clip,
        "at": now,
        "removed_at": None,
    }
    connection.execute(insert(clips).values(values))


def read_clips(connection: Connection, person: str) -> tuple[Clip, ...]:
    """Return a person's films, oldest first."""
    rows = connection.execute(select(clips).where(clips.c.person == person).order_by(clips.c.at, clips.c.id))
    return tuple(Clip(**row._mapping) for row in rows)


def release_clip(connection: Connection, person: str, number: str, *, now: datetime) -> str:
    """Write down that a kept film is kept no longer, and return its path (``""``: it was not kept).

    Raises
    ------
    StoreError
        The person has no such film.
    """
    lock_person(connection, person)
    row = connection.execute(select(clips).where(clips.c.id == number, clips.c.person == person)).one_or_none()
    if row is None:
        raise StoreError(f"There is no film {number!r} of this person.", next_step="Check its id.")
    if not row.kept:
        return ""
    connection.execute(update(clips).where(clips.c.id == number).values(kept=False, path="", removed_at=now))
    name = Path(row.path).name
    kept = connection.execute(select(assessments.c.files).where(assessments.c.id == row.assessment)).scalar_one()
    rest = json.dumps([one for one in json.loads(kept) if one != name])
    connection.execute(update(assessments).where(assessments.c.id == row.assessment).values(files=rest))
    return str(row.path)
