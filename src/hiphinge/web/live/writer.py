"""Writing what came in: all sets in one transaction, in a thread of its own, and then the acknowledgements."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from hiphinge.errors import RecordConflict, StoreError
from hiphinge.store import LiveChunk, Store
from hiphinge.web.errors import where_it_was
from hiphinge.web.live.seat import Seat

__all__ = ["ChunkWriter"]

_log = logging.getLogger(__name__)


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

    async def flush(self, seats: Sequence[Seat]) -> set[str]:
        """Write all that is new, and acknowledge it; return the sets that are over.

        Such a set was ended elsewhere, or its person erased, or it cannot be written at all.
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
                return broken
            late, over = await asyncio.get_running_loop().run_in_executor(self._thread, self._save, chunks)
            self._late = late
            waiting = {chunk.live for chunk in late}
            for seat, next_seq, next_command in marks:
                if seat.live not in waiting and seat.live not in over | broken:
                    seat.acknowledge(next_seq, next_command)
            return over | broken

    def stop(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _save(self, chunks: Sequence[LiveChunk]) -> tuple[list[LiveChunk], set[str]]:
        """Write; return what could not be written now, and the sets that are over."""
        store = self._store()
        try:
            store.append_live(chunks)
            return [], set()
        except StoreError as error:
            _log.warning("live: %d chunks could not be written: %s", len(chunks), type(error).__name__)
        late: list[LiveChunk] = []
        over: set[str] = set()
        # One set's trouble is not the others'.
        for live in dict.fromkeys(chunk.live for chunk in chunks):
            own = [chunk for chunk in chunks if chunk.live == live]
            try:
                store.append_live(own)
            except StoreError as error:
                if isinstance(error, RecordConflict) or not self._is_there(store, live):
                    over.add(live)
                else:
                    late += own
        return late, over

    @staticmethod
    def _is_there(store: Store, live: str) -> bool:
        """Whether a set is known: the store says so, or cannot say anything just now."""
        try:
            return any(one.id == live for one in store.lives(state="open"))
        except StoreError:
            return True
