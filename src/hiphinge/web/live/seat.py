"""One live set in memory: what came in, what was not read yet, what was not written yet, and who is connected."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec
import numpy as np

from hiphinge.errors import UsageError
from hiphinge.live.wire import MAX_FRAMES, Rows, encode_frames, stack_rows
from hiphinge.service.live import OpenedLive, Told
from hiphinge.store import LiveChunk
from hiphinge.web.live.limits import LiveLimits
from hiphinge.web.live.outbox import Outbox

__all__ = ["Command", "Gap", "Line", "Seat"]

#: Messages of one connection that cannot be used before it is ended.
_MOST_ODD = 20
Phase = Literal["open", "ending", "ended"]


class Gap(UsageError):
    """Something came too early: what lies between is missing."""

    def __init__(self, kind: str, got: int, wanted: int) -> None:
        super().__init__(
            f"The {kind} {got} came before {kind} {wanted}.",
            expected=f"{kind} {wanted} next",
            next_step=f"Send everything from {kind} {wanted} on again.",
        )


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the person, numbered from 0 on."""

    number: int
    name: str
    value: Any

    def data(self) -> bytes:
        """Return it as it is stored."""
        return msgspec.json.encode({"number": self.number, "name": self.name, "value": self.value})


@dataclass(slots=True, eq=False)
class Line:
    """One connection. ``closed`` is set, with a code and a reason, once the hub wants it to end."""

    heard_at: float
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    code: int = 1000
    reason: str = ""
    odd: int = 0
    gapped: bool = False

    def close(self, code: int, reason: str) -> None:
        """Ask the connection to end."""
        if not self.closed.is_set():
            self.code, self.reason = code, reason
            self.closed.set()

    def is_odd_again(self) -> bool:
        """Count a message that could not be used; true once there were too many."""
        self.odd += 1
        return self.odd > _MOST_ODD


class Seat:
    """A live set that somebody does right now."""

    def __init__(self, opened: OpenedLive, limits: LiveLimits, clock: Callable[[], float]) -> None:
        self.live, self.person, self.coach = opened.live.id, opened.live.person, opened.coach
        self.next_seq, self.next_command, self._next_chunk = opened.next_seq, opened.next_command, opened.next_chunk
        self.saved_seq, self.saved_command = opened.next_seq, opened.next_command
        self.outbox = Outbox(limits, clock)
        self.phase: Phase = "open"
        self.line: Line | None = None
        self.left_at = clock()
        self.reps: list[Mapping[str, Any]] = [one for one in opened.messages if one["type"] == "rep"]
        self.summary: Mapping[str, Any] | None = None
        self.waiting: deque[Rows | Command] = deque()
        self.waiting_frames = 0
        self._limits, self._clock = limits, clock
        self._opened, self._told = opened, opened.told
        self._last_s = opened.last_s
        self._unsaved: list[Rows | Command] = []
        self._first_unsaved = opened.next_seq
        self._room = asyncio.Event()
        self._room.set()
        self._credit, self._credit_at = float(limits.burst_frames), clock()

    # --- taking in ---

    def add_frames(self, first: int, rows: Rows) -> int:
        """Take in frames; those that came before are passed over. Return how many were new.

        Raises
        ------
        Gap
            Frames between are missing.
        UsageError
            Their times do not grow.
        """
        if first > self.next_seq:
            raise Gap("frame", first, self.next_seq)
        rows = rows[self.next_seq - first :]
        if not len(rows) or self.phase != "open":
            return 0
        times = np.concatenate([[self._last_s], rows["time_s"]])
        if not (np.diff(times) > 0).all():
            raise UsageError(
                "The frames' times do not grow.",
                expected="each frame later than the one before",
                next_step="Start the camera again.",
            )
        self._last_s = float(times[-1])
        self.next_seq += len(rows)
        self.waiting.append(rows)
        self.waiting_frames += len(rows)
        self._unsaved.append(rows)
        self.look_for_room()
        return len(rows)

    def add_command(self, command: Command) -> bool:
        """Take in a command; False where it came before. After ``stop`` nothing more is taken in.

        Raises
        ------
        Gap
            Commands between are missing.
        UsageError
            There were too many.
        """
        if command.number > self.next_command:
            raise Gap("command", command.number, self.next_command)
        if command.number < self.next_command or self.phase != "open":
            return False
        if self.next_command >= self._limits.set_commands and command.name != "stop":
            raise UsageError(
                "This set has had too many commands.",
                expected=f"at most {self._limits.set_commands}",
                next_step="End it, and begin another.",
            )
        self.next_command += 1
        self.waiting.append(command)
        self._unsaved.append(command)
        if command.name == "stop":
            self.phase, self._told = "ending", Told.read(command.value)
        return True

    async def wait_for_room(self, n_frames: int) -> None:
        """Wait until so many frames may be taken in: what a connection sends faster stays in its pipe."""
        now = self._clock()
        most = float(self._limits.burst_frames)
        self._credit = min(most, self._credit + (now - self._credit_at) * self._limits.frames_hz) - n_frames
        self._credit_at = now
        if self._credit < 0:
            await asyncio.sleep(-self._credit / self._limits.frames_hz)
        await self._room.wait()

    @property
    def is_full(self) -> bool:
        """Whether the set has as many frames as one may have."""
        return self.next_seq >= self._limits.set_frames

    @property
    def unsaved_frames(self) -> int:
        """How many frames are not known to be written yet."""
        return self.next_seq - self.saved_seq

    def look_for_room(self) -> None:
        """Let more in, or hold it back, by how much waits to be read and to be written."""
        room = self.waiting_frames < self._limits.waiting_frames
        if room and self.unsaved_frames < self._limits.unsaved_frames:
            self._room.set()
        else:
            self._room.clear()

    # --- reading ---

    def take_frames(self) -> Rows | None:
        """Return the frames to read now, None where a command (or nothing) is next."""
        found: list[Rows] = []
        room = self._limits.step_frames
        while room and self.waiting:
            rows = self.waiting[0]
            if isinstance(rows, Command):
                break
            self.waiting.popleft()
            if len(rows) > room:
                self.waiting.appendleft(rows[room:])
                rows = rows[:room]
            found.append(rows)
            room -= len(rows)
        if not found:
            return None
        self.waiting_frames -= self._limits.step_frames - room
        self.look_for_room()
        return found[0] if len(found) == 1 else stack_rows(found)

    def take_command(self) -> Command | None:
        """Return the command that is next, None where frames (or nothing) are."""
        if self.waiting and isinstance(self.waiting[0], Command):
            found = self.waiting.popleft()
            assert isinstance(found, Command)
            return found
        return None

    # --- writing ---

    def take_chunks(self) -> list[LiveChunk]:
        """Return everything that is not written yet as numbered chunks, in the order in which it came."""
        chunks: list[LiveChunk] = []
        together: list[Rows] = []
        first = self._first_unsaved

        def close() -> None:
            nonlocal first
            rows = stack_rows(together)
            together.clear()
            for k in range(0, len(rows), MAX_FRAMES):
                data = encode_frames(first, rows[k : k + MAX_FRAMES])
                self._opened.seen.update(data)
                chunks.append(LiveChunk(self.live, self._take_number(), "frames", data))
                first += len(rows[k : k + MAX_FRAMES])

        for one in self._unsaved:
            if isinstance(one, Command):
                close()
                chunks.append(LiveChunk(self.live, self._take_number(), "command", one.data()))
            else:
                together.append(one)
        close()
        self._unsaved.clear()
        self._first_unsaved = first
        return chunks

    def acknowledge(self, next_seq: int, next_command: int) -> None:
        """Note that everything before is on disk, and say so."""
        if (next_seq, next_command) != (self.saved_seq, self.saved_command):
            self.saved_seq, self.saved_command = next_seq, next_command
            self.look_for_room()
            self.outbox.put({"type": "ack", "next_seq": next_seq, "next_command": next_command})

    @property
    def next_chunk(self) -> int:
        """The number that the next chunk gets, which is what the store has where everything is written."""
        return self._next_chunk

    def _take_number(self) -> int:
        self._next_chunk += 1
        return self._next_chunk - 1

    def as_opened(self) -> OpenedLive:
        """Return the set as it stands, which is how it would be made again once everything is written."""
        return replace(
            self._opened, next_seq=self.next_seq, next_command=self.next_command, next_chunk=self._next_chunk,
            last_s=self._last_s, told=self._told,
        )  # fmt: skip

    # --- who is connected ---

    def attach(self, line: Line) -> None:
        """Take over the set: an older connection is ended."""
        if self.line is not None:
            self.line.close(4001, "taken over")
        self.line = line
        self.outbox.forget_passing()

    def detach(self, line: Line) -> None:
        """Give the set up again, unless another connection has taken it over."""
        if self.line is line:
            self.line, self.left_at = None, self._clock()
