"""The store: people, their entries, and what belongs to them, in SQLite or PostgreSQL."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from hiphinge.errors import StoreError
from hiphinge.program.decision import Decision
from hiphinge.program.history import Event, History
from hiphinge.store import copies, erasing, films, log, people, portable, remarks, upkeep
from hiphinge.store.core import StoreCore
from hiphinge.store.facts import want_scrub
from hiphinge.store.faults import told_kindly
from hiphinge.store.files import remove_tree
from hiphinge.store.migrate import bring_up_to_date
from hiphinge.store.opening import connect, find_place, keep_private
from hiphinge.store.records import (
    AssessmentRecord,
    AuditEntry,
    Clip,
    Erasure,
    LoggedFilm,
    Note,
    Person,
    SavedDecision,
)

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
        if place.path is not None:
            keep_private(place.path)
        store = Store(engine, place, who=who or _user(), clock=clock)
    except BaseException:
        engine.dispose()
        raise
    store.tidy(thorough=False)
    return store


class Store(StoreCore):
    """An open store. Every method is one transaction: all of it is kept, or nothing of it."""

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
        try:
            with self._writing() as connection:
                number, instead_of = films.insert_assessment(connection, new, self._files, now=self._clock())
                self._audit(connection, f"assessment {number} added", person_id)
        except BaseException:
            # The commit itself can fail, and then the files are there already.
            if self._folder(person_id).is_dir():
                self._tidy_person(person_id)
            raise
        if instead_of:
            remove_tree(self._folder(person_id) / instead_of)
        return number

    def find_film(self, person_id: str, sha256: str) -> LoggedFilm | None:
        """Return where a film was logged already, None where it can be logged; to be asked before it is assessed.

        ``str()`` of what is returned says it in a sentence: when, and that it was for another person, if so, whose
        name is not told.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        """
        with self._reading() as connection:
            people.require_person(connection, person_id)
            return log.find_film(connection, person_id, sha256)

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
        folder = self._folder(record.person) / record.id
        return {name: folder / name for name in record.files}

    def clips(self, person_id: str) -> tuple[Clip, ...]:
        """Return a person's films, kept or not, oldest first."""
        with self._reading() as connection:
            people.require_person(connection, person_id)
            return films.read_clips(connection, person_id)

    def remove_clip(self, person_id: str, clip_id: str) -> None:
        """Delete a kept film's file; that it was seen stays written down.

        Raises
        ------
        StoreError
            The person has no such film, or its file cannot be deleted just now: it is tried again whenever the store
            is opened.
        """
        try:
            with self._writing() as connection:
                path = films.release_clip(connection, person_id, clip_id, now=self._clock())
                self._audit(connection, f"film {clip_id} deleted", person_id)
                aside = upkeep.set_file_aside(self._files, path) if path else None
        except BaseException:
            self._tidy_person(person_id)
            raise
        if aside is None:
            self._tidy_person(person_id)
        elif not upkeep.remove_file(aside):
            raise StoreError(
                f"The film {clip_id!r} is no longer in the record, but its file cannot be deleted just now.",
                next_step="Close what may have it open. It is deleted when the store is next opened.",
            )

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
            written = portable.write_export(document, self._folder(person_id), Path(folder).absolute())
        with self._writing() as connection:
            self._audit(connection, "everything exported", person_id)
        return written

    def erase_person(self, person_id: str) -> Erasure:
        """Erase every row and file of one person; the audit trail keeps that an erasure took place, and no name.

        Copies elsewhere (backups, exports, a database server's own logs) are not touched; a backup made before brings
        the person back where it is restored. The result says what could not be removed, and whether files lie on
        another computer; both are removed when the store is next opened there.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        """
        try:
            with self._writing() as connection:
                elsewhere = erasing.count_elsewhere(connection, self._files, person_id)
                counts = erasing.delete_rows(connection, person_id)
                want_scrub(connection, wanted=True)
                self._audit(connection, erasing.ERASED, None)
                upkeep.set_files_aside(self._files, person_id)
        except BaseException:
            # Gives the files back.
            self._tidy_person(person_id)
            raise
        removed, left = upkeep.remove_files_of(self._files, person_id)
        complete = self._scrub() and not left and not elsewhere
        return Erasure(
            counts["events"], counts["assessments"], counts["notes"], removed, complete, left=left, elsewhere=elsewhere
        )

    def backup(self, path: str | os.PathLike[str]) -> Path:
        """Write all of the store into one new file, while others go on using it. Return the file.

        Raises
        ------
        OutputError
            There is something at ``path``, or it cannot be written.
        """
        target = Path(path).absolute()
        with self._reading() as connection:
            copies.write_backup(target, self._engine, connection, self._files, now=self._clock())
        with self._writing() as connection:
            self._audit(connection, "backed up", None)
        return target

    def restore(self, path: str | os.PathLike[str]) -> int:
        """Fill this empty store from a backup, all or nothing, and return how many rows there are.

        People who were erased since the backup was made come back with it: erase them again.

        Raises
        ------
        InputNotFound
            There is no such file.
        StoreError
            This store is not empty, or the file is no backup.
        """
        try:
            with self._writing() as connection:
                copies.check_empty(connection, self._place.text)
                # Files whose rows are not yet committed are not for others to tidy away.
                upkeep.hold_files(connection, wait=True)
                with copies.open_backup(Path(path).absolute()) as (archive, rows):
                    total = copies.insert_rows(connection, rows)
                    copies.unpack_files(archive, self._files)
                self._audit(connection, "restored from a backup", None)
        except BaseException:
            # Files that came out before the failure belong to nobody.
            self.tidy(thorough=False)
            raise
        return total


def _user() -> str:
    """Return the name of this computer's user, as far as there is one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
