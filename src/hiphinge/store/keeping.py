"""Keeping assessments, their corrections, and the films they were made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hiphinge.errors import StoreError
from hiphinge.program.history import Event
from hiphinge.store import films, log, people, revisions, upkeep
from hiphinge.store.core import StoreCore
from hiphinge.store.files import remove_tree
from hiphinge.store.records import AssessmentItem, AssessmentRecord, Clip, LoggedFilm, Revision

__all__ = ["FilmStore"]


class FilmStore(StoreCore):
    """What a store does with assessments and films."""

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
                number, gone = films.insert_assessment(connection, new, self._files, now=self._clock())
                self._audit(connection, f"assessment {number} added", person_id)
        except BaseException:
            # The commit itself can fail, and then the files are there already.
            if self._folder(person_id).is_dir():
                self._tidy_person(person_id)
            raise
        for folder in gone:
            remove_tree(self._folder(person_id) / folder)
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

    def assessment(self, assessment_id: str, *, revision: int | None = None) -> AssessmentRecord:
        """Return an assessment with its document: the newest (None), the first (0), or that of a correction (1, …).

        Raises
        ------
        StoreError
            There is none with this id, or no such revision.
        """
        with self._reading() as connection:
            return revisions.read_record(connection, assessment_id, revision)

    def assessments(self, person_id: str) -> tuple[AssessmentItem, ...]:
        """Return a person's assessments without their documents, oldest first.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        """
        with self._reading() as connection:
            people.require_person(connection, person_id)
            return revisions.read_items(connection, person_id)

    def files_of(self, assessment_id: str, *, revision: int | None = None) -> Mapping[str, Path]:
        """Return the files that are kept with an assessment, name → where it lies; not to be changed.

        Those of the first stay; a correction's file of the same name takes the place of an earlier one (``revision``
        as for ``assessment``).

        Raises
        ------
        StoreError
            There is no such assessment, or no such revision.
        """
        with self._reading() as connection:
            record = revisions.read_record(connection, assessment_id, revision)
            return revisions.files_of(connection, self._files, record)

    def add_revision(
        self,
        assessment_id: str,
        document: bytes,
        what: Mapping[str, Any],
        *,
        files: Mapping[str, Path | bytes] | None = None,
        after: int | None = None,
        entry: Callable[[int], Event] | None = None,
    ) -> int:
        """Keep a correction of an assessment and return its number, from 1; what the newest says already is kept once.

        Parameters
        ----------
        what
            What was corrected, in the caller's words: plain values that JSON has. Who and when is added.
        files
            As for ``add_assessment``.
        after
            The revision that the correction rests on (0: the first document); None: whichever is the newest.
        entry
            Makes, from the number, the entry of the person's log that says so: both are kept, or neither.

        Raises
        ------
        RecordConflict
            Somebody else corrected it since ``after``, the document is no assessment, or the entry does not fit.
        StoreError
            There is no such assessment.
        """
        person, now = "", self._clock()
        try:
            with self._writing() as connection:
                first = revisions.read_record(connection, assessment_id, 0)
                person = first.person
                new = revisions.NewRevision(first, document, what, dict(files or {}), after)
                number, added = revisions.insert_revision(connection, new, self._files, who=self._who, now=now)
                if added:
                    self._audit(connection, f"assessment {assessment_id} corrected ({number})", person)
                if entry is not None:
                    done = log.append_events(connection, person, (entry(number),), now=now)
                    if done.added:
                        self._audit(connection, f"entries {done.last - done.added + 1} to {done.last} added", person)
        except BaseException:
            if person and self._folder(person).is_dir():
                self._tidy_person(person)
            raise
        return number

    def revisions(self, assessment_id: str) -> tuple[Revision, ...]:
        """Return who corrected an assessment, when and what, oldest first.

        Raises
        ------
        StoreError
            There is no such assessment.
        """
        with self._reading() as connection:
            revisions.read_record(connection, assessment_id, 0)
            return revisions.read_revisions(connection, assessment_id)

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
