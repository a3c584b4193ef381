"""A coach, a service and a store without an engine and without a disk, for the hub's own tests."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from hiphinge.errors import RecordConflict, StoreError, UsageError
from hiphinge.live.wire import FRAME, Rows, decode_frames
from hiphinge.service.live import OpenedLive, Told
from hiphinge.store import LiveChunk, LiveSet
from hiphinge.web.live.hub import LiveHub
from hiphinge.web.live.limits import LiveLimits

__all__ = ["Bench", "FakeClock", "FakeCoach", "FakeService", "FakeStore", "frames", "read_all", "run"]

NOW = datetime(2026, 3, 2, tzinfo=UTC)
REP_EVERY = 10


def frames(first: int, count: int) -> Rows:
    """Frames at 30 a second; ``luma`` says which."""
    rows = np.zeros(count, dtype=FRAME)
    rows["time_s"] = (first + np.arange(count)) / 30.0
    rows["width_px"], rows["height_px"] = 640, 360
    rows["luma"] = ((first + np.arange(count)) % 100) / 100.0
    return rows


class FakeClock:
    """Seconds that grow when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeCoach:
    """Counts frames: a meter for each, a rep and a cue for every tenth."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self.commands: list[tuple[str, Any, int]] = []
        self.broken = False

    def state(self) -> dict[str, Any]:
        return {"phase": "moving", "mirror": False, "drill": "free_hinge", "plan": {"reps": 8}}

    def step(self, rows: Rows) -> list[dict[str, Any]]:
        if self.broken:
            raise ZeroDivisionError
        said: list[dict[str, Any]] = []
        for row in rows:
            self.seen.append(round(float(row["time_s"]) * 30))
            said.append({"type": "meter", "seq": len(self.seen) - 1})
            if len(self.seen) % REP_EVERY == 0:
                number = len(self.seen) // REP_EVERY
                said += [{"type": "rep", "number": number}, {"type": "cue", "say": f"cue {number}"}]
        return said

    def command(self, name: str, value: Any) -> list[dict[str, Any]]:
        if self.broken:
            raise ZeroDivisionError
        if name == "odd":
            raise UsageError("There is no command 'odd'.")
        self.commands.append((name, value, len(self.seen)))
        return [{"type": "phase", "phase": "done" if name == "stop" else "moving"}]


def step_fakes(batch: Sequence[tuple[FakeCoach, Rows]]) -> list[list[dict[str, Any]]]:
    return [coach.step(rows) for coach, rows in batch]


@dataclass
class FakeStore:
    """Live sets in memory; ``full`` is a disk that takes nothing more."""

    sets: dict[str, LiveSet] = field(default_factory=dict)
    chunks: dict[str, list[LiveChunk]] = field(default_factory=dict)
    full: bool = False
    writes: int = 0

    def add(self, live: str, person: str = "p1", state: str = "open") -> None:
        self.sets[live] = LiveSet(
            id=live, person=person, session="s1", drill="free_hinge", variant="", options={}, state=state,
            next_number=0, bytes=0, assessment=None, created=NOW, changed=NOW, finished=None,
        )  # fmt: skip
        self.chunks[live] = []

    def live(self, live: str) -> LiveSet:
        if live not in self.sets:
            raise StoreError(f"There is no live set {live!r}.")
        return replace(self.sets[live], next_number=len(self.chunks[live]))

    def lives(self, person: str | None = None, state: str | None = None) -> tuple[LiveSet, ...]:
        return tuple(one for one in self.sets.values() if person in (None, one.person) and state in (None, one.state))

    def append_live(self, chunks: Sequence[LiveChunk]) -> None:
        if self.full:
            raise StoreError("The disk is full.")
        self.writes += 1
        held = {chunk.live: list(self.chunks.get(chunk.live, ())) for chunk in chunks}
        for chunk in chunks:
            if self.live(chunk.live).state != "open" or chunk.number > len(held[chunk.live]):
                raise RecordConflict("The live set is over, or the chunk comes too early.")
            if chunk.number == len(held[chunk.live]):
                held[chunk.live].append(chunk)
        self.chunks.update(held)

    def saved_frames(self, live: str) -> int:
        return sum(len(decode_frames(one.data)[1]) for one in self.chunks[live] if one.kind == "frames")


class FakeService:
    """Makes fake coaches from what a fake store holds."""

    def __init__(self, store: FakeStore) -> None:
        self.store = store
        self.finished: list[tuple[str, Told]] = []
        self.fail_finish = 0
        self.left: tuple[str, ...] = ()

    def reopen(self, live: str) -> OpenedLive:
        found, coach = self.store.live(live), FakeCoach()
        said: list[dict[str, Any]] = []
        next_seq = next_command = 0
        last_s, told = -1.0, Told()
        for chunk in self.store.chunks[live]:
            if chunk.kind == "frames":
                first, rows = decode_frames(chunk.data)
                said += coach.step(rows)
                next_seq, last_s = first + len(rows), float(rows["time_s"][-1])
            else:
                command = json.loads(chunk.data)
                said += coach.command(command["name"], command["value"])
                next_command = command["number"] + 1
                told = Told.read(command["value"]) if command["name"] == "stop" else told
        return OpenedLive(
            found,
            coach,
            tuple(said),
            next_seq,
            next_command,
            len(self.store.chunks[live]),
            last_s,
            told,
            hashlib.sha256(),
        )

    def finish(self, live: str, told: Told | None = None, *, opened: OpenedLive | None = None) -> dict[str, Any]:
        if self.fail_finish:
            self.fail_finish -= 1
            raise StoreError("The disk is full.")
        again = self.reopen(live)
        opened = opened or again
        assert (opened.next_seq, opened.next_chunk, opened.told) == (again.next_seq, again.next_chunk, again.told)
        self.finished.append((live, told or opened.told))
        self.store.add(live, opened.live.person, "finished")
        return {"type": "summary", "stored": True, "frames": opened.next_seq, "told": (told or opened.told).touched}

    def left_alone(self, gone_s: float, busy: Sequence[str]) -> tuple[str, ...]:
        found, self.left = tuple(one for one in self.left if one not in busy), ()
        return found


class Bench:
    """A hub on fakes, with one set called ``a``."""

    def __init__(self, **limits: Any) -> None:
        self.clock, self.store = FakeClock(), FakeStore()
        self.store.add("a")
        self.service = FakeService(self.store)
        given = {"tick_s": 0.0, "write_s": 0.001, **limits}
        self.hub = LiveHub(
            lambda: self.service,  # type: ignore[arg-type, return-value]
            limits=LiveLimits(**given),
            clock=self.clock,
            step=step_fakes,  # type: ignore[arg-type]
        )


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run an asynchronous test; one that hangs fails."""

    async def bounded() -> None:
        async with asyncio.timeout(20):
            await work()

    asyncio.run(bounded())


async def read_all(outbox: Any) -> list[dict[str, Any]]:
    """Return what waits to be sent, without waiting for more."""
    found: list[dict[str, Any]] = []
    try:
        while True:
            async with asyncio.timeout(0.02):
                found += map(json.loads, await outbox.take())
    except TimeoutError:
        return found
