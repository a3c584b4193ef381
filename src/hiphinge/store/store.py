"""The store: people, their entries, and what belongs to them, in SQLite or PostgreSQL."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hiphinge.program.decision import Decision
from hiphinge.program.history import Event, History
from hiphinge.store import copies, log, people, portable, remarks, upkeep, uploads
from hiphinge.store.faults import told_kindly
from hiphinge.store.keeping import FilmStore
from hiphinge.store.lives import LiveStore
from hiphinge.store.migrate import bring_up_to_date
from hiphinge.store.opening import connect, find_place, keep_private
from hiphinge.store.queue import QueueStore
from hiphinge.store.records import AuditEntry, Erasure, Note, Person, SavedDecision
from hiphinge.store.web import AccountStore, ProgramStore

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


class Store(FilmStore, AccountStore, QueueStore, LiveStore, ProgramStore):
    """An open store. Every method is one transaction: all of it is kept, or nothing of it."""

    def add_person(self, name: str, *, birth_year: int | None = None, guest: bool = False) -> Person:
        """Add somebody; two people may have the same name.

        A guest is here for one visit: not among the people, found by the id alone, and erased a day later unless
        ``keep_guest`` is called.

        Raises
        ------
        UsageError
            No name, one that cannot be kept, or a year nobody alive was born in.
        """
        with self._writing() as connection:
            person = people.insert_person(connection, name, birth_year, guest=guest, now=self._clock())
            self._audit(connection, "guest added" if guest else "person added", person.id)
            return person

    def people(self, *, guests: bool = False) -> tuple[Person, ...]:
        """Return everybody, by name; guests only where they are asked for."""
        with self._reading() as connection:
            return people.all_people(connection, guests=guests)

    def count_guests(self, *, within: timedelta) -> int:
        """Return how many guests came within the last hours; those who were kept since are none."""
        with self._reading() as connection:
            return people.count_guests(connection, since=self._clock() - within)

    def person(self, person_id: str) -> Person:
        """Return the person with this id.

        Raises
        ------
        PersonNotFound
            Nobody has it.
        """
        with self._reading() as connection:
            return people.require_person(connection, person_id)

    def find_person(self, name_or_id: str) -> Person:
        """Return the one person with this id or this name; case and spaces do not matter.

        Raises
        ------
        PersonNotFound
            Nobody, or more than one.
        """
        with self._reading() as connection:
            return people.find_person(connection, name_or_id)

    def rename_person(self, person_id: str, name: str) -> Person:
        """Give somebody another name.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        UsageError
            No name, or one that cannot be kept.
        """
        with self._writing() as connection:
            person = people.rename(connection, person_id, name)
            self._audit(connection, "person renamed", person_id)
            return person

    def keep_guest(self, person_id: str, name: str) -> Person:
        """Make a guest one of the people, with a name; twice is once.

        Raises
        ------
        PersonNotFound
            Nobody has this id: the visit was too long ago, say.
        RecordConflict
            Somebody who is no guest.
        UsageError
            No name, or one that cannot be kept.
        """
        with self._writing() as connection:
            person = people.keep(connection, person_id, name)
            self._audit(connection, "guest kept", person_id)
            return person

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

        How the person logs in is left out: the folder may be in a clinician's hands.

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
            sent = [uploads.part_of(self._files, number) for number in uploads.upload_ids(connection, person_id)]
            written = portable.write_export(document, self._folder(person_id), sent, Path(folder).absolute())
        with self._writing() as connection:
            self._audit(connection, "everything exported", person_id)
        return written

    def erase_person(self, person_id: str) -> Erasure:
        """Erase every row and file of one person; the audit trail keeps that an erasure took place, and no name.

        Copies elsewhere (backups, exports, a database server's own logs) are not touched; a backup made before brings
        the person back where it is restored. A patient's own account is disabled and forgets login and name; a
        clinician's that had this record as its own goes on without it. Every other way into the record ends. The
        result says what could not be removed, and whether files lie on another computer; both are removed when the
        store is next opened there.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        """
        done = self._delete_person(person_id)
        # None is for guests who were kept meanwhile.
        assert done is not None
        complete = self._scrub() and not done.left and not done.elsewhere
        return Erasure(
            entries=done.counts["events"],
            assessments=done.counts["assessments"],
            notes=done.counts["notes"],
            files=done.files,
            complete=complete,
            left=done.left,
            elsewhere=done.elsewhere,
        )

    def backup(self, path: str | os.PathLike[str]) -> Path:
        """Write all of the store into one new file, while others go on using it. Return the file.

        Accounts are in it; web sessions, invitations and films of which only a part was sent are not.

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
