"""Writing what came in: all sets in one transaction, in a thread of its own, and then the acknowledgements."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from hiphinge.errors import RecordConflict, StoreError
from hiphinge.store import LiveChunk, LiveTakenOver, Store
from hiphinge.web.errors import where_it_was
from hiphinge.web.live.seat import Seat

__all__ = ["ChunkWriter", "Gone"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gone:
    """Sets that are this hub's no more: ``over`` for all, or gone on with by another server (``moved``)."""

    over: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()


class ChunkWriter:
    """Writes for all seats of a hub; what the disk does not take now is kept and written later."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self._late: list[LiveChunk] = []
        self._one_at_a_time = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="live-write")

    def is_late(self, live: str) -> bool:
        """Whether something of this set could not be written yet."""
        return any(chunk.live == live for chunk in self._late)

    async def flush(self, seats: Sequence[Seat]) -> Gone:
        """Write all that is new, and acknowledge it; return the sets that are over, and those that moved.

        A set is over that was ended elsewhere, or whose person was erased, or that cannot be written at all.
        """
        async with self._one_at_a_time:
            marks = [(seat, seat.next_seq, seat.next_command) for seat in seats]
            chunks, broken = list(self._late), set[str]()
            for seat in seats:
                try:
                    chunks += seat.take_chunks()
                except Exception as error:
                    # One set's trouble is not the others'.
                    _log.error("live: a set cannot be written: %s", where_it_was(error))
                    broken.add(seat.live)
            if not chunks:
                return Gone(frozenset(broken))
            late, gone = await asyncio.get_running_loop().run_in_executor(self._thread, self._save, chunks)
            self._late = late
            waiting = {chunk.live for chunk in late}
            for seat, next_seq, next_command in marks:
                if seat.live not in waiting | gone.over | gone.moved | broken:
                    seat.acknowledge(next_seq, next_command)
            return Gone(gone.over | broken, gone.moved)

    async def is_behind(self, seat: Seat) -> bool:
        """Whether the store has more of a set than its seat knows of; ask once everything is written."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: self._store().live(seat.live).next_number > seat.next_chunk
        )

    def stop(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _save(self, chunks: Sequence[LiveChunk]) -> tuple[list[LiveChunk], Gone]:
        """Write; return what could not be written now, and the sets that are over or moved."""
        store = self._store()
        try:
            store.append_live(chunks)
            return [], Gone()
        except StoreError as error:
            _log.warning("live: %d chunks could not be written: %s", len(chunks), type(error).__name__)
        late: list[LiveChunk] = []
        over, moved = set[str](), set[str]()
        # One set's trouble is not the others'.
        for live in dict.fromkeys(chunk.live for chunk in chunks):
            own = [chunk for chunk in chunks if chunk.live == live]
            try:
                store.append_live(own)
            except LiveTakenOver:
                moved.add(live)
            except StoreError as error:
                if isinstance(error, RecordConflict) or not self._is_there(store, live):
                    over.add(live)
                else:
                    late += own
        return late, Gone(frozenset(over), frozenset(moved))

    @staticmethod
    def _is_there(store: Store, live: str) -> bool:
        """Whether a set is known: the store says so, or cannot say anything just now."""
        try:
            return any(one.id == live for one in store.lives(state="open"))
        except StoreError:
            return True
