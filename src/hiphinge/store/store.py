"""The store: people, their entries, and what belongs to them, in SQLite or PostgreSQL."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, Engine

from hiphinge.program.decision import Decision
from hiphinge.program.history import Event, History
from hiphinge.store import copies, erasing, films, log, people, portable, remarks
from hiphinge.store.faults import told_kindly
from hiphinge.store.files import remove_tree
from hiphinge.store.migrate import bring_up_to_date
from hiphinge.store.opening import Place, connect, find_place
from hiphinge.store.records import AssessmentRecord, AuditEntry, Clip, Erasure, Note, Person, SavedDecision

__all__ = ["Store", "open_store"]


def _utc_now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


def open_store(
    address: str | os.PathLike[str] | None = None, *, who: str | None = None, clock: Callable[[], datetime] = _utc_now
) -> Store:
    """Open the store, made and brought up to date where needed; use it in a ``with`` block.

    Parameters
    ----------
    address
        A file, ``sqlite:///FILE`` or ``postgresql://USER@HOST/DATABASE``; None takes the environment's
        ``HIPHINGE_STORE``, and without it ``store.sqlite3`` in the user's data folder.
    who
        Who is written into the audit trail; None: the user of this computer.
    clock
        What the time is, aware; for tests.

    Raises
    ------
    StoreError
        It cannot be opened: no place to write, no database, made by a newer hiphinge, or no server.
    MissingDependency
        A PostgreSQL address without psycopg.
    """
    place = find_place(address)
    engine = connect(place)
    try:
        with told_kindly(place.text):
            bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    store = Store(engine, place, who=who or _user(), clock=clock)
    store.tidy()
    return store


class Store:
    """An open store. Every method is one transaction: all of it is kept, or nothing of it."""

    def __init__(self, engine: Engine, place: Place, *, who: str, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._place = place
        self._who = who
        self._clock = clock

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database. The store can still be used; it connects again."""
        self._engine.dispose()

    def tidy(self) -> None:
        """Finish an erasure that was cut off; done whenever a store is opened."""
        if any(self._place.files.glob(f"{erasing.ASIDE}*")):
            with self._writing() as connection:
                erasing.finish_erasures(connection, self._place.files)

    def where(self) -> str:
        """Return the place in words that can be shown: a file, or an address without its password."""
        return self._place.text

    def add_person(self, name: str, *, birth_year: int | None = None) -> Person:
        """Add somebody; two people may have the same name.

        Raises
        ------
        UsageError
            No name, one that cannot be kept, or a year nobody alive was born in.
        """
        with self._writing() as connection:
            person = people.insert_person(connection, name, birth_year, now=self._clock())
            self._audit(connection, "person added", person.id)
            return person

    def people(self) -> tuple[Person, ...]:
        """Return everybody, by name."""
        with self._reading() as connection:
            return people.all_people(connection)

    def find_person(self, name_or_id: str) -> Person:
        """Return the one person with this id or this name; case and spaces do not matter.

        Raises
        ------
        PersonNotFound
            Nobody, or more than one.
        """
        with self._reading() as connection:
            return people.find_person(connection, name_or_id)

    def append(self, person_id: str, events: Iterable[Event]) -> int:
        """Add entries to a person's log, all or none, and return the number of the newest entry.

        An entry whose key is there already with the same values (whatever its time) is passed over, so that a call can
        be made again when it is not known whether it came through.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        RecordConflict
            An entry that does not fit: its key is taken by other values, it lies more than five minutes in the future,
            its session was never begun or is over, another session is open, or its film was logged before.
        StoreError
            It could not be written; nothing was changed.
        """
        with self._writing() as connection:
            done = log.append_events(connection, person_id, tuple(events), now=self._clock())
            if done.added:
                self._audit(connection, f"entries {done.last - done.added + 1} to {done.last} added", person_id)
            return done.last

    def history(self, person_id: str, *, now: datetime | None = None) -> History:
        """Return all entries of a person, oldest first; ``now`` (None: this moment) is when they are looked at.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        """
        with self._reading() as connection:
            people.require_person(connection, person_id)
            return History(log.read_events(connection, person_id), now or self._clock())

    def add_assessment(
        self,
        person_id: str,
        document: bytes,
        *,
        sha256: str,
        files: Mapping[str, Path | bytes] | None = None,
        clip: Path | None = None,
        keep_clip: bool = False,
    ) -> str:
        """Keep an assessment's document (JSON) and return the id by which an entry names it.

        Until an entry names it, it is not logged: adding the film again (after a crash, say) returns the same id, or
        takes its place where the document is another.

        Parameters
        ----------
        sha256
            The film's, 64 hex digits.
        files
            Files to keep beside it: name → where it lies now, or its bytes.
        clip
            The film, to write down its name; its file is copied in only with ``keep_clip``.

        Raises
        ------
        RecordConflict
            The film was logged before, for this person or another; it says when.
        """
        new = films.NewAssessment(person_id, document, sha256, dict(files or {}), clip, keep_clip)
        with self._writing() as connection:
            number, instead_of = films.insert_assessment(connection, new, self._place.files, now=self._clock())
            self._audit(connection, f"assessment {number} added", person_id)
        if instead_of:
            remove_tree(self._place.files / person_id / instead_of)
        return number

    def assessment(self, assessment_id: str) -> AssessmentRecord:
        """Return an assessment with its document.

        Raises
        ------
        StoreError
            There is none with this id.
        """
        with self._reading() as connection:
            return films.read_assessment(connection, assessment_id)

    def files_of(self, assessment_id: str) -> Mapping[str, Path]:
        """Return the files that are kept with an assessment, name → where it lies; not to be changed."""
        record = self.assessment(assessment_id)
        folder = self._place.files / record.person / record.id
        return {name: folder / name for name in record.files}

    def clips(self, person_id: str) -> tuple[Clip, ...]:
        """Return a person's films, kept or not, oldest first."""
        with self._reading() as connection:
            people.require_person(connection, person_id)
            return films.read_clips(connection, person_id)

    def remove_clip(self, person_id: str, clip_id: str) -> None:
        """Delete a kept film's file; that it was seen stays written down."""
        with self._writing() as connection:
            path = films.release_clip(connection, person_id, clip_id, now=self._clock())
            self._audit(connection, f"film {clip_id} deleted", person_id)
        if path:
            (self._place.files / path).unlink(missing_ok=True)

    def add_note(self, person_id: str, text: str, *, author: str, session: str | None = None) -> Note:
        """Add a note on a session or (None) on the whole.

        Raises
        ------
        RecordConflict
            An empty note, or a session that was never begun.
        """
        with self._writing() as connection:
            note = remarks.insert_note(connection, person_id, text, author=author, session=session, now=self._clock())
            self._audit(connection, f"note {note.id} added", person_id)
            return note

    def notes(self, person_id: str) -> tuple[Note, ...]:
        """Return a person's notes, oldest first."""
        with self._reading() as connection:
            people.require_person(connection, person_id)
            return remarks.read_notes(connection, person_id)

    def save_decision(self, person_id: str, after_sequence: int, program_sha: str, decision: Decision) -> None:
        """Keep a decision as it was given, after how many entries and by which program; twice in a row is once.

        Raises
        ------
        RecordConflict
            It rests on entries that are not there.
        """
        with self._writing() as connection:
            remarks.save_decision(connection, person_id, after_sequence, program_sha, decision, now=self._clock())

    def decisions(self, person_id: str) -> tuple[SavedDecision, ...]:
        """Return a person's decisions, oldest first."""
        with self._reading() as connection:
            people.require_person(connection, person_id)
            return remarks.read_decisions(connection, person_id)

    def audit(self, person_id: str | None = None) -> tuple[AuditEntry, ...]:
        """Return who did what and when, oldest first; of one person where an id is given."""
        with self._reading() as connection:
            return remarks.read_audit(connection, person_id)

    def export_person(self, person_id: str, folder: str | os.PathLike[str]) -> Path:
        """Write everything of one person into ``folder``: ``person.json`` and the kept files. Return the folder.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        OutputError
            The folder has something in it, or cannot be written.
        """
        with self._reading() as connection:
            document = portable.export_document(connection, person_id, now=self._clock())
            # From within the same state: an erasure that began since leaves nothing half copied.
            written = portable.write_export(document, self._place.files / person_id, Path(folder).absolute())
        with self._writing() as connection:
            self._audit(connection, "everything exported", person_id)
        return written

    def erase_person(self, person_id: str) -> Erasure:
        """Erase every row and file of one person; the audit trail keeps that an erasure took place, and no name.

        Copies elsewhere (backups, exports, a database server's own logs) are not touched.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        """
        root = self._place.files
        try:
            with self._writing() as connection:
                counts = erasing.delete_rows(connection, person_id)
                self._audit(connection, erasing.ERASED, None)
                erasing.set_files_aside(root, person_id)
        finally:
            # Removes the files, or gives them back where the rows could not be deleted.
            with self._reading() as connection:
                removed = erasing.finish_erasures(connection, root)
        complete = erasing.scrub(self._engine) and not (root / person_id).exists()
        return Erasure(counts["events"], counts["assessments"], counts["notes"], removed, complete)

    def backup(self, path: str | os.PathLike[str]) -> Path:
        """Write all of the store into one new file, while others go on using it. Return the file.

        Raises
        ------
        OutputError
            There is something at ``path``, or it cannot be written.
        """
        target = Path(path).absolute()
        with self._reading() as connection:
            copies.write_backup(target, self._engine, connection, self._place.files, now=self._clock())
        with self._writing() as connection:
            self._audit(connection, "backed up", None)
        return target

    def restore(self, path: str | os.PathLike[str]) -> int:
        """Fill this empty store from a backup, all or nothing, and return how many rows there are.

        Raises
        ------
        InputNotFound
            There is no such file.
        StoreError
            This store is not empty, or the file is no backup.
        """
        with self._writing() as connection:
            copies.check_empty(connection, self._place.text)
            with copies.open_backup(Path(path).absolute()) as (archive, rows):
                total = copies.insert_rows(connection, rows)
                copies.unpack_files(archive, self._place.files)
            self._audit(connection, "restored from a backup", None)
        return total

    def _audit(self, connection: Connection, what: str, person: str | None) -> None:
        """Write down what was done, within the transaction that does it."""
        remarks.write_audit(connection, what, person, who=self._who, now=self._clock())

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that writes; it is undone where the block or the commit fails."""
        with told_kindly(self._place.text), self._engine.execution_options(hiphinge_write=True).begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store, whatever others write meanwhile."""
        engine = self._engine
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with told_kindly(self._place.text), engine.connect() as connection:
            yield connection


def _user() -> str:
    """Return the name of this computer's user, as far as there is one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
