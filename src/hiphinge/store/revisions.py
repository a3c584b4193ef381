"""Corrections of assessments: each a document of its own, the first one kept as it was."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from hiphinge.errors import RecordConflict, StoreError
from hiphinge.store.codec import versions_of
from hiphinge.store.files import put_files, remove_tree
from hiphinge.store.packed import pack, unpack
from hiphinge.store.people import lock_person
from hiphinge.store.records import AssessmentItem, AssessmentRecord, Revision
from hiphinge.store.tables import assessments, revisions

__all__ = [
    "NewRevision",
    "delete_revisions",
    "files_of",
    "insert_revision",
    "read_items",
    "read_record",
    "read_revisions",
]


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A correction that is to be kept: of which assessment, and ``after`` which revision (None: the newest)."""

    of: AssessmentRecord
    document: bytes
    what: Mapping[str, Any]
    files: Mapping[str, Path | bytes]
    after: int | None


def insert_revision(
    connection: Connection, new: NewRevision, root: Path, *, who: str, now: datetime
) -> tuple[int, bool]:
    """Keep a correction and its files; return its number, and whether it is new: not what the newest says already.

    Raises
    ------
    RecordConflict
        Another correction came in between, or the document is no assessment.
    """
    lock_person(connection, new.of.person)
    model, calibration, criteria = versions_of(new.document)
    said, text, names = pack(new.what, "correction"), new.document.decode(), sorted(new.files)
    c = revisions.c
    query = select(revisions).where(c.assessment == new.of.id).order_by(c.number.desc()).limit(1)
    newest = connection.execute(query).one_or_none()
    if newest is not None and (newest.document, newest.correction, json.loads(newest.files)) == (text, said, names):
        return newest.number, False
    last = 0 if newest is None else newest.number
    if new.after is not None and new.after != last:
        raise RecordConflict(
            f"This clip was corrected meanwhile (revision {last}).",
            expected=f"revision {new.after} to be the newest",
            next_step="Look at the newest one, then correct that.",
        )
    number = uuid.uuid4().hex
    values = {"id": number, "person": new.of.person, "assessment": new.of.id, "number": last + 1}
    values |= {"correction": said, "who": who, "model": model, "calibration": calibration, "criteria": criteria}
    values |= {"at": now, "files": json.dumps(names), "document": text}
    folder = root / new.of.person / number
    if names:
        put_files(folder, new.files)
    try:
        connection.execute(insert(revisions).values(values))
    except BaseException:
        remove_tree(folder)
        raise
    return last + 1, True


def read_record(connection: Connection, number: str, revision: int | None) -> AssessmentRecord:
    """Return an assessment as it was made (0), as it was corrected then, or (None) as it is now.

    Raises
    ------
    StoreError
        There is none with this id, or no such revision.
    """
    row = None
    if number.isalnum():
        row = connection.execute(select(assessments).where(assessments.c.id == number)).one_or_none()
    if row is None:
        raise StoreError(f"There is no assessment {number!r} in the store.", next_step="Check its id.")
    first = _record(row, row, 0, tuple(json.loads(row.files)))
    if revision == 0:
        return first
    corrections = _corrections(connection, number, revision)
    if revision is not None and (not corrections or corrections[-1].number != revision):
        raise StoreError(f"The assessment {number!r} has no revision {revision}.", next_step="See its revisions.")
    if not corrections:
        return first
    names = set(first.files)
    for one in corrections:
        names.update(json.loads(one.files))
    newest = connection.execute(select(revisions).where(revisions.c.id == corrections[-1].id)).one()
    return _record(row, newest, newest.number, tuple(sorted(names)))


def files_of(connection: Connection, root: Path, record: AssessmentRecord) -> dict[str, Path]:
    """Return where the files of a record lie: those of the first, in their place what corrections up to it brought."""
    folder = root / record.person
    first = connection.execute(select(assessments.c.files).where(assessments.c.id == record.id)).scalar_one()
    found = {name: folder / record.id / name for name in json.loads(first)}
    for one in _corrections(connection, record.id, record.revision):
        found.update({name: folder / one.id / name for name in json.loads(one.files)})
    return found


def read_revisions(connection: Connection, number: str) -> tuple[Revision, ...]:
    """Return who corrected an assessment, when and what, oldest first."""
    c = revisions.c
    columns = (c.assessment, c.number, c.correction, c.who, c.at, c.files)
    rows = connection.execute(select(*columns).where(c.assessment == number).order_by(c.number))
    return tuple(
        Revision(row.assessment, row.number, unpack(row.correction), row.who, row.at, tuple(json.loads(row.files)))
        for row in rows
    )


def read_items(connection: Connection, person: str) -> tuple[AssessmentItem, ...]:
    """Return a person's assessments without their documents, oldest first."""
    c = assessments.c
    query = select(c.id, c.person, c.sha256, c.model, c.calibration, c.criteria, c.at, c.files)
    query = query.where(c.person == person).order_by(c.at, c.id)
    counted = select(revisions.c.assessment, func.max(revisions.c.number)).where(revisions.c.person == person)
    corrected = {row[0]: row[1] for row in connection.execute(counted.group_by(revisions.c.assessment))}
    return tuple(
        AssessmentItem(**{**row._mapping, "files": tuple(json.loads(row.files))}, revisions=corrected.get(row.id, 0))
        for row in connection.execute(query)
    )


def delete_revisions(connection: Connection, number: str) -> tuple[str, ...]:
    """Delete the corrections of an assessment whose place another takes; return the ids of their folders."""
    c = revisions.c
    return tuple(connection.execute(delete(revisions).where(c.assessment == number).returning(c.id)).scalars())


def _corrections(connection: Connection, number: str, upto: int | None) -> list[Row[Any]]:
    """Return id, number and files of the corrections of an assessment up to one, oldest first."""
    c = revisions.c
    query = select(c.id, c.number, c.files).where(c.assessment == number).order_by(c.number)
    return list(connection.execute(query if upto is None else query.where(c.number <= upto)))


def _record(first: Row[Any], of: Row[Any], revision: int, files: tuple[str, ...]) -> AssessmentRecord:
    """Return an assessment with the document and the versions of one of its rows."""
    return AssessmentRecord(
        id=first.id,
        person=first.person,
        sha256=first.sha256,
        model=of.model,
        calibration=of.calibration,
        criteria=of.criteria,
        at=of.at,
        files=files,
        document=of.document.encode(),
        revision=revision,
    )
