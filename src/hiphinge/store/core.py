"""What every part of the store rests on: transactions, the audit trail, and keeping files and rows together."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine

from hiphinge.errors import StoreError
from hiphinge.store import ageing, erasing, people, remarks, upkeep, uploads
from hiphinge.store.facts import Facts, read_facts, want_scrub
from hiphinge.store.faults import told_kindly
from hiphinge.store.opening import Place
from hiphinge.store.rules import check_text

__all__ = ["StoreCore"]

#: How long tidying waits for another writer: it can be done another time.
_PATIENCE_S = 1.0
#: Every file is looked at once a day; what was set aside, whenever a store is opened.
_LOOK_AGAIN_S = 86_400.0
_LOOKED = ".looked"


@dataclass(frozen=True, slots=True)
class _Deleted:
    """What was deleted of a person: rows by table, files that are gone, that are left, and that lie elsewhere."""

    counts: Mapping[str, int]
    files: int
    left: int
    elsewhere: int


class StoreCore:
    """An open database, the folder of its kept files, and whoever works with them."""

    def __init__(self, engine: Engine, place: Place, *, who: str, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._place = place
        self._who = who
        self._clock = clock
        self._facts = self._read_facts()
        #: Each store's own: two databases of one computer never share files.
        self._files = place.files / self._facts.number

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database. The store can still be used; it connects again."""
        self._engine.dispose()

    def acting_as(self, who: str) -> Self:
        """Return this store with another name for the audit trail; both use the same connections.

        Raises
        ------
        RecordConflict
            A name that cannot be written down.
        """
        check_text(who, "name for the audit trail")
        other = copy.copy(self)
        other._who = who
        return other

    def where(self) -> str:
        """Return the place in words that can be shown: a file, or an address without its password."""
        return self._place.text

    def tidy(self, *, thorough: bool = True) -> None:
        """Finish or undo what was cut off: an erasure, a removal, a film that was being added; delete what is old.

        What is old: guests after a day, web sessions and invitations that have expired, uploads and live sets that
        nobody has gone on with for two days, films that were sent a week ago and that no job waits for, and jobs that
        were over a month ago.

        Files are removed whose person is not in the store (erased from another computer, say) and, where ``thorough``,
        those that no row names. Opening a store does it too, thoroughly once a day. What cannot be done now, because
        somebody else is writing, is left for the next time. A database that was copied on its server leaves the files
        alone: they may belong to the other one.
        """
        with suppress(StoreError):
            self._tidy_old()
        with suppress(StoreError):
            if self._files.is_dir() and not self._facts.copied:
                self._tidy_files(thorough=thorough or self._is_due())
        with suppress(StoreError):
            if self._read_facts().scrub and erasing.scrub(self._engine, wait_ms=int(_PATIENCE_S * 1000)):
                self._scrubbed()

    def _tidy_old(self) -> None:
        with self._reading() as connection:
            if not ageing.is_anything_old(connection, now=self._clock()):
                return
        with self._writing(wait_s=_PATIENCE_S) as connection:
            grown = ageing.delete_old(connection, now=self._clock())
        uploads.remove_parts(self._files, grown.uploads)
        for guest in grown.guests:
            self._delete_person(guest, only_guest=True)

    def _delete_person(self, person_id: str, *, only_guest: bool = False) -> _Deleted | None:
        """Delete a person's rows, then the files; None where ``only_guest`` and meanwhile it is no old guest's."""
        try:
            with self._writing() as connection:
                people.lock_person(connection, person_id)
                if only_guest and person_id not in people.old_guests(connection, now=self._clock()):
                    return None
                elsewhere = erasing.count_elsewhere(connection, self._files, person_id)
                parts = uploads.upload_ids(connection, person_id)
                counts = erasing.delete_rows(connection, person_id, now=self._clock())
                want_scrub(connection, wanted=True)
                self._audit(connection, erasing.ERASED, None)
                upkeep.set_files_aside(self._files, person_id)
        except BaseException:
            # Gives the files back.
            self._tidy_person(person_id)
            raise
        of_person = upkeep.remove_files_of(self._files, person_id)
        of_parts = uploads.remove_parts(self._files, parts)
        return _Deleted(counts, of_person[0] + of_parts[0], of_person[1] + of_parts[1], elsewhere)

    def _tidy_files(self, *, thorough: bool) -> None:
        with self._reading() as connection:
            astray = upkeep.find_astray(self._files) | upkeep.find_unowned(connection, self._files)
            if thorough:
                astray |= upkeep.find_unnamed(connection, self._files)
            parts = uploads.has_unnamed_parts(connection, self._files)
        if astray or parts:
            with self._writing(wait_s=_PATIENCE_S) as connection:
                if not upkeep.hold_files(connection, wait=False):
                    return
                for person in sorted(astray):
                    upkeep.finish(connection, self._files, person, all_files=thorough)
                uploads.remove_unnamed_parts(connection, self._files)
        if thorough:
            with told_kindly(str(self._files)):
                (self._files / _LOOKED).touch(mode=0o600)

    def _is_due(self) -> bool:
        """Whether nobody has looked at every file for a day."""
        try:
            return abs(time.time() - (self._files / _LOOKED).stat().st_mtime) > _LOOK_AGAIN_S
        except OSError:
            return True

    def _tidy_person(self, person: str) -> None:
        """Bring the files of one person together with the rows after something failed; else the next opening does."""
        with suppress(StoreError), self._writing(wait_s=_PATIENCE_S) as connection:
            ours = not self._facts.copied
            upkeep.finish(connection, self._files, person, all_files=ours, gone=ours)

    def _read_facts(self) -> Facts:
        with told_kindly(self._place.text), self._engine.connect() as connection:
            return read_facts(connection)

    def _scrub(self) -> bool:
        """Leave nothing of deleted rows in the database's own files; False where that must be tried again."""
        done = erasing.scrub(self._engine)
        if done:
            with suppress(StoreError):
                self._scrubbed()
        return done

    def _scrubbed(self) -> None:
        with self._writing(wait_s=_PATIENCE_S) as connection:
            want_scrub(connection, wanted=False)

    def _folder(self, person: str) -> Path:
        """Return where a person's files lie."""
        return self._files / person

    def _audit(self, connection: Connection, what: str, person: str | None) -> None:
        """Write down what was done, within the transaction that does it."""
        remarks.write_audit(connection, what, person, who=self._who, now=self._clock())

    @contextmanager
    def _writing(self, *, wait_s: float | None = None) -> Iterator[Connection]:
        """A transaction that writes; it is undone where the block or the commit fails."""
        options = {} if wait_s is None else {"hiphinge_wait_s": wait_s}
        engine = self._engine.execution_options(hiphinge_write=True, **options)
        with told_kindly(self._place.text), engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store, whatever others write meanwhile."""
        engine = self._engine
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with told_kindly(self._place.text), engine.connect() as connection:
            yield connection
