"""The hub: one a server. Takes frames in, reads all sets together, writes once a second, answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from hiphinge.errors import HiphingeError, RecordConflict, StoreError
from hiphinge.live import Coach, step_together
from hiphinge.live.wire import Rows
from hiphinge.service.live import LiveService, Told
from hiphinge.web.errors import for_visitors, where_it_was
from hiphinge.web.live.caretaker import Caretaker
from hiphinge.web.live.limits import LiveLimits
from hiphinge.web.live.seat import Command, Line, Seat
from hiphinge.web.live.writer import ChunkWriter

__all__ = ["LiveHub", "error_message"]

_log = logging.getLogger(__name__)
#: A tick takes at most so large a share of the time: connections are served in the rest.
_TICK_SHARE = 0.75
_OVER, _MOVED = (4004, "this set is over"), (1012, "another server went on with it")

Message = Mapping[str, Any]


class LiveHub:
    """All live sets of one server.

    Parameters
    ----------
    service
        Makes the service anew whenever it is needed, so that a program saved meanwhile counts.
    limits
        How much is taken on.
    clock
        Seconds that only grow; for tests.
    step
        Reads the frames of several coaches together; None takes the engine's.
    """

    def __init__(
        self,
        service: Callable[[], LiveService],
        *,
        limits: LiveLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        step: Callable[[Sequence[tuple[Coach, Rows]]], list[list[dict[str, Any]]]] | None = None,
    ) -> None:
        self.limits = limits or LiveLimits()
        self._service, self._clock = service, clock
        self._step_together = step or step_together
        self.seats: dict[str, Seat] = {}
        self.frames_read = 0
        self.seconds_read = 0.0
        self._loading: dict[str, asyncio.Task[Seat]] = {}
        self._ending: dict[str, asyncio.Task[Message]] = {}
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._errands: set[asyncio.Task[None]] = set()
        self.caretaker = Caretaker(self, self._find_left)
        self._writer = ChunkWriter(lambda: service().store)
        # Another thread: a set that is being judged does not hold up the writing.
        self._judge = ThreadPoolExecutor(1, thread_name_prefix="live-judge")
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- life ---

    async def start(self) -> None:
        """Begin to tick, to write and to look after sets that were left."""
        self._loop = asyncio.get_running_loop()
        self._tasks = [asyncio.create_task(one) for one in (self._tick(), self._write(), self.caretaker.run())]

    async def stop(self) -> None:
        """Write everything and end all connections; the sets stay open and go on after a restart."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        for ending in list(self._ending.values()):
            with suppress(Exception):
                await ending
        await self.flush()
        for seat in self.seats.values():
            if seat.line is not None:
                seat.line.close(1012, "the server restarts")
        self._writer.stop()
        self._judge.shutdown()

    @property
    def is_full(self) -> bool:
        """Whether as many sets run as this server takes."""
        # A list at once: other threads ask as well, while sets come and go.
        open_sets = sum(one.phase != "ended" for one in list(self.seats.values()))
        return open_sets + len(self._loading) >= self.limits.sets

    def full_error(self) -> RecordConflict:
        """Return the refusal of one set more."""
        return RecordConflict(
            f"{self.limits.sets} people are being coached right now, and that is as many as this server takes.",
            expected="a free place",
            next_step="Try again in a minute.",
        )

    def _refuse_greedy(self, person: str) -> None:
        """Refuse somebody who holds many sets: an open one, and those that ended just now, are enough."""
        if sum(one.person == person for one in self.seats.values()) >= self.limits.sets_each:
            raise RecordConflict(
                "Too many sets of one person are open at once.",
                expected=f"at most {self.limits.sets_each} within a minute",
                next_step="Close the other pages, and wait a minute.",
            )

    def running(self) -> asyncio.AbstractEventLoop:
        """Return the loop that the hub runs in, for who waits for it in another thread."""
        assert self._loop is not None
        return self._loop

    def now(self) -> float:
        """Return the hub's time, seconds."""
        return self._clock()

    # --- sets ---

    async def join(self, live: str, line: Line) -> Seat:
        """Connect to a live set, which is made again from what was stored where it is not in memory.

        Raises
        ------
        RecordConflict
            Too many sets run at once.
        HiphingeError
            There is no such set, or it cannot be read.
        """
        seat = self.seats.get(live)
        if seat is not None and await self.let_go_if_moved(seat):
            seat = self.seats.get(live)
        if seat is None:
            if self.is_full and live not in self._loading:
                raise self.full_error()
            task = self._loading.get(live)
            if task is None:
                task = asyncio.create_task(self._load(live))
                self._loading[live] = task
            seat = await asyncio.shield(task)
        seat.attach(line)
        if seat.summary is not None:
            seat.outbox.put(seat.summary)
        return seat

    async def _load(self, live: str) -> Seat:
        loop = asyncio.get_running_loop()
        try:
            # Asked before it is made again, which of a long set takes the one thread that judges all sets many seconds.
            self._refuse_greedy(await loop.run_in_executor(self._judge, self._whose, live))
            opened = await loop.run_in_executor(self._judge, lambda: self._service().reopen(live))
            self._refuse_greedy(opened.live.person)
            seat = Seat(opened, self.limits, self._clock)
            if opened.live.state != "open":
                seat.phase = "ended"
                seat.summary = await loop.run_in_executor(self._judge, self._finish, live, None, None)
            self.seats[live] = seat
            return seat
        finally:
            self._loading.pop(live, None)

    def _whose(self, live: str) -> str:
        return self._service().store.live(live).person

    def welcome(self, seat: Seat) -> Message:
        """Return the first message of a connection: where the set stands."""
        return {
            "type": "welcome",
            "live": seat.live,
            "next_seq": seat.next_seq,
            "next_command": seat.next_command,
            **seat.coach.state(),
            "reps": seat.reps,
        }

    def add_frames(self, seat: Seat, first: int, rows: Rows) -> None:
        """Take frames in."""
        if seat.add_frames(first, rows):
            self._work.set()
        if seat.is_full:
            self.add_command(seat, Command(seat.next_command, "stop", None))

    def add_command(self, seat: Seat, command: Command) -> None:
        """Take a command in; ``stop`` again tries again to end a set that could not be ended."""
        if seat.add_command(command):
            self._work.set()
        elif command.name == "stop" and seat.phase == "ending":
            self._begin_end(seat)

    async def end(self, live: str, value: Any = None) -> Message:
        """End a set, wait until it is judged and stored, and return its summary; a second time returns the same.

        Parameters
        ----------
        live
            The set.
        value
            What the person said at its end, as in the command ``stop``.

        Raises
        ------
        HiphingeError
            It cannot be judged or stored just now; what was streamed stays, and it is tried again.
        """
        seat = self.seats.get(live)
        if seat is not None:
            seat.add_command(Command(seat.next_command, "stop", value))
        return await asyncio.shield(self._ending.get(live) or self._make_end(live, value))

    def is_ending(self, live: str) -> bool:
        """Whether a set is being judged and stored right now."""
        return live in self._ending

    def _make_end(self, live: str, value: Any) -> asyncio.Task[Message]:
        task = asyncio.create_task(self._end(live, value))
        self._ending[live] = task
        task.add_done_callback(lambda _: self._ending.pop(live, None))
        return task

    async def _end(self, live: str, value: Any) -> Message:
        seat = self.seats.get(live)
        if seat is not None:
            if seat.summary is not None:
                return seat.summary
            while seat.waiting:
                self._step([seat])
            await self.flush()
            if self._writer.is_late(live):
                raise StoreError("The set could not be written just now.", next_step="It is kept, and tried again.")
        summary = await asyncio.get_running_loop().run_in_executor(self._judge, self._finish, live, value, seat)
        if seat is not None:
            seat.phase, seat.summary, seat.left_at = "ended", summary, self._clock()
            if seat.line is not None:
                seat.outbox.put(summary)
        return summary

    def _finish(self, live: str, value: Any, seat: Seat | None) -> Message:
        service = self._service()
        # Another server may have gone on with it: what is stored counts.
        known = seat is not None and seat.next_chunk == service.store.live(live).next_number
        opened = seat.as_opened() if seat is not None and known else None
        summary = service.finish(live, None if value is None else Told.read(value), opened=opened)
        found = service.store.live(live)
        url = f"/p/{found.person}/sessions/{found.session}" if summary["stored"] else ""
        return {**summary, "url": url}

    # --- reading ---

    async def _tick(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            began = time.perf_counter()
            with self._going_on("read"):
                self._step([seat for seat in self.seats.values() if seat.waiting])
            took = time.perf_counter() - began
            if any(seat.waiting for seat in self.seats.values()):
                self._work.set()
            await asyncio.sleep(max(self.limits.tick_s - took, took * (1 / _TICK_SHARE - 1), 0.0))

    def _step(self, seats: Sequence[Seat]) -> None:
        """Read the next frames of these sets together, then the commands that come next."""
        batch = [(seat, rows) for seat in seats if (rows := seat.take_frames()) is not None]
        if batch:
            began = time.perf_counter()
            self._read(batch)
            self.seconds_read += time.perf_counter() - began
            self.frames_read += sum(len(rows) for _, rows in batch)
        for seat in seats:
            while (command := seat.take_command()) is not None:
                self._obey(seat, command)

    def _read(self, batch: Sequence[tuple[Seat, Rows]]) -> None:
        try:
            answers = self._step_together([(seat.coach, rows) for seat, rows in batch])
        except Exception as error:
            # One set's trouble is not the others'; a coach may have read a part, so the set is made again.
            _log.error("live: frames of %d sets could not be read together: %s", len(batch), where_it_was(error))
            for seat, _ in batch:
                self._drop(seat)
            return
        for (seat, _), messages in zip(batch, answers, strict=True):
            self._tell(seat, messages)

    def _obey(self, seat: Seat, command: Command) -> None:
        try:
            self._tell(seat, seat.coach.command(command.name, command.value))
        except HiphingeError as error:
            seat.outbox.put(error_message(error, fatal=False))
        except Exception as error:
            _log.error("live: a command could not be obeyed: %s", where_it_was(error))
            self._drop(seat)
            return
        if command.name == "stop":
            self._begin_end(seat)

    def _begin_end(self, seat: Seat) -> None:
        if seat.live not in self._ending:
            self._make_end(seat.live, None).add_done_callback(lambda done: self._say_failure(seat, done))

    def _say_failure(self, seat: Seat, done: asyncio.Future[Message]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            _log.warning("live: a set could not be finished: %s", type(error).__name__)
            seat.outbox.put(error_message(error, fatal=False))

    def _tell(self, seat: Seat, messages: Sequence[Message]) -> None:
        for message in messages:
            if message["type"] == "rep":
                seat.reps.append(message)
            seat.outbox.put(message)
        if seat.outbox.overflow and seat.line is not None:
            seat.line.close(1013, "too slow")

    def _drop(self, seat: Seat) -> None:
        """Forget a set in memory once it is written: a connection that comes back makes it again."""
        if seat.line is not None:
            seat.line.close(1011, "read again")
        seat.waiting.clear()
        seat.phase = "ended"
        self._keep(asyncio.create_task(self._forget(seat)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        """Hold on to a task until it is done."""
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _forget(self, seat: Seat) -> None:
        await self.flush()
        if self.seats.get(seat.live) is seat:
            del self.seats[seat.live]
        if seat.line is not None:
            seat.line.close(1011, "read again")

    # --- writing ---

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(self.limits.write_s)
            with self._going_on("written"):
                await self.flush()

    @contextmanager
    def _going_on(self, what: str) -> Iterator[None]:
        """Go on whatever happens: what is read and written for all sets does not end with one of them."""
        try:
            yield
        except Exception as error:
            _log.error("live: sets could not be %s: %s", what, where_it_was(error))

    async def flush(self) -> None:
        """Write all that is new in one transaction, and acknowledge it."""
        gone = await self._writer.flush(list(self.seats.values()))
        for live in gone.over | gone.moved:
            seat = self.seats.pop(live, None)
            if seat is not None and seat.line is not None and seat.phase != "ended":
                # Of a set that moved, the page has what was not acknowledged: it comes back, and is told from where.
                seat.line.close(*(_OVER if live in gone.over else _MOVED))

    async def let_go_if_moved(self, seat: Seat) -> bool:
        """Forget a set that another server went on with since; it is read again when somebody comes back to it."""
        await self.flush()
        behind = await self._writer.is_behind(seat)
        if self.seats.get(seat.live) is not seat:
            return True
        if not behind or seat.phase != "open":
            return False
        del self.seats[seat.live]
        if seat.line is not None:
            seat.line.close(4001, "taken over")
        return True

    async def _find_left(self) -> tuple[str, ...]:
        """Return the sets in the store that were left, and that are not in memory."""
        busy = tuple(self.seats)
        return await asyncio.get_running_loop().run_in_executor(
            self._judge, lambda: self._service().left_alone(self.limits.gone_s, busy)
        )


def error_message(error: BaseException, *, fatal: bool) -> Message:
    """Return an error as the screen gets it."""
    if isinstance(error, HiphingeError):
        error = for_visitors(error)
        said = {"what": error.what, "expected": error.expected, "next_step": error.next_step}
    else:
        said = {"what": "Something went amiss on the server.", "expected": "", "next_step": "Try again in a moment."}
    return {"type": "error", **said, "fatal": fatal}
