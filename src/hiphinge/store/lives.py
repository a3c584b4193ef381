"""Live sets: what comes from them is kept in chunks until they are finished."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hiphinge.store import livesets
from hiphinge.store.core import StoreCore
from hiphinge.store.webrecords import LiveChunk, LiveSet

__all__ = ["LiveStore"]

#: So many are read at once: a minute of a set.
_PAGE = 64


class LiveStore(StoreCore):
    """What a store does with live sets."""

    def open_live(
        self,
        person_id: str,
        session: str | None,
        drill: str,
        variant: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> LiveSet:
        """Open a live set; ``options`` is what it is to be coached by: plain values that JSON has.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        RecordConflict
            The session is not open, or a text or a value that cannot be kept.
        """
        values = {"session": session, "drill": drill, "variant": variant, "options": options or {}}
        with self._writing() as connection:
            live = livesets.insert_live(connection, person_id, values, now=self._clock())
            self._audit(connection, f"live set {live.id} begun", person_id)
            return live

    def live(self, live_id: str) -> LiveSet:
        """Return a live set.

        Raises
        ------
        StoreError
            There is none with this id.
        """
        with self._reading() as connection:
            return livesets.read_live(connection, live_id)

    def lives(self, person_id: str | None = None, state: str | None = None) -> tuple[LiveSet, ...]:
        """Return live sets, oldest first: all, of one person, in one state (``open``, ``finished``, ``abandoned``)."""
        with self._reading() as connection:
            return livesets.read_lives(connection, person_id, state)

    def append_live(self, chunks: Sequence[LiveChunk]) -> Mapping[str, int]:
        """Add chunks to many live sets in one transaction, all or none; return which number comes next, set by set.

        A number that a set has already is passed over, so that a call can be made again when it is not known whether
        it came through. Where one set refuses, nothing is written: add the chunks of each alone to find which.

        Raises
        ------
        StoreError
            A live set that is not there (any more).
        LiveTakenOver
            A number that the set has already, with other bytes: another server went on with it.
        RecordConflict
            A set that is over, a gap (the text says which number is expected), or a chunk that is too large.
        """
        if not chunks:
            return {}
        with self._writing() as connection:
            return livesets.append_chunks(connection, chunks, now=self._clock())

    def live_chunks(self, live_id: str) -> Iterator[LiveChunk]:
        """Yield what came from a live set so far, in order; nothing once it is over.

        Raises
        ------
        StoreError
            There is no such live set.
        """
        self.live(live_id)
        return self._pages(live_id)

    def _pages(self, live_id: str) -> Iterator[LiveChunk]:
        first = 0
        while True:
            with self._reading() as connection:
                page = list(livesets.read_chunks(connection, live_id, first, _PAGE))
            yield from page
            if len(page) < _PAGE:
                return
            first = page[-1].number + 1

    def finish_live(self, live_id: str, assessment: str | None = None) -> LiveSet:
        """End a live set; its chunks go, since its recording is among the files of ``assessment``. Twice is once.

        Raises
        ------
        RecordConflict
            It ended otherwise before, or the assessment is not this person's.
        StoreError
            There is no such live set.
        """
        return self._close(live_id, "finished", assessment)

    def abandon_live(self, live_id: str) -> LiveSet:
        """End a live set that came to nothing; its chunks go. Twice is once.

        Raises
        ------
        RecordConflict
            It is finished.
        StoreError
            There is no such live set.
        """
        return self._close(live_id, "abandoned", None)

    def _close(self, live_id: str, state: str, assessment: str | None) -> LiveSet:
        with self._writing() as connection:
            live, changed = livesets.close_live(connection, live_id, state, assessment, now=self._clock())
            if changed:
                self._audit(connection, f"live set {live_id} {state}", live.person)
            return live
