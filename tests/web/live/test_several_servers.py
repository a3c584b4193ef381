"""Two servers on one store: a set is gone on with at the other one, and nothing that was confirmed is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hiphinge.live.wire import Rows
from hiphinge.program import load_program
from hiphinge.service.desk import Desk
from hiphinge.service.live import LiveService, LiveWish
from hiphinge.store import LiveChunk, LiveTakenOver, Store, open_store
from hiphinge.web.live.hub import LiveHub
from hiphinge.web.live.limits import LiveLimits
from hiphinge.web.live.seat import Command, Line, Seat
from tests.web.live.fakes import FakeClock, read_all, run
from tests.web.live.people import begin_session
from tests.web.live.phone import hinge_rows


class Clinic:
    """A person's live set, and servers that write only when they are told to."""

    def __init__(self, folder: Path) -> None:
        self.address = folder / "store.sqlite3"
        self.stores: list[Store] = [open_store(self.address)]
        self.clock = FakeClock()
        self.person = begin_session(self.stores[0])
        self.live = self.service().start(self.person, LiveWish(drill="free_hinge")).id

    def service(self, store: Store | None = None) -> LiveService:
        return LiveService(Desk(store or self.stores[0], load_program(None)))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[LiveHub]:
        store = open_store(self.address)
        self.stores.append(store)
        limits = LiveLimits(write_s=3600.0, tick_s=0.0)
        hub = LiveHub(lambda: self.service(store), limits=limits, clock=self.clock)
        await hub.start()
        yield hub
        await hub.stop()

    async def join(self, hub: LiveHub) -> tuple[Seat, Line]:
        line = Line(self.clock())
        return await hub.join(self.live, line), line

    def stored(self) -> int:
        return self.service().reopen(self.live).next_seq


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    found = Clinic(tmp_path)
    yield found
    for store in found.stores:
        store.close()


async def send(hub: LiveHub, seat: Seat, rows: Rows, first: int, last: int, *, write: bool = True) -> None:
    for at in range(first, last, 10):
        hub.add_frames(seat, at, rows[at : min(at + 10, last)])
    if write:
        await hub.flush()


async def confirmed(seat: Seat) -> int:
    acks = [one["next_seq"] for one in await read_all(seat.outbox) if one["type"] == "ack"]
    return max(acks, default=0)


def test_the_same_number_with_other_bytes_is_refused_and_the_same_bytes_are_fine(clinic: Clinic) -> None:
    store, other = clinic.stores[0], open_store(clinic.address)
    clinic.stores.append(other)
    chunk = LiveChunk(clinic.live, 0, "frames", b"one")
    assert store.append_live([chunk]) == other.append_live([chunk]) == {clinic.live: 1}
    for odd in (LiveChunk(clinic.live, 0, "frames", b"two"), LiveChunk(clinic.live, 0, "command", b"one")):
        with pytest.raises(LiveTakenOver, match="another one"):
            other.append_live([odd, LiveChunk(clinic.live, 1, "frames", b"next")])
    assert store.live(clinic.live).next_number == 1


@pytest.mark.parametrize("first_writes", ["old", "new"])
def test_frames_that_the_old_server_holds_back_are_never_confirmed_by_both(clinic: Clinic, first_writes: str) -> None:
    rows = hinge_rows()

    async def work() -> None:
        async with clinic.serving() as old, clinic.serving() as new:
            seat, line = await clinic.join(old)
            await send(old, seat, rows, 0, 30)
            assert await confirmed(seat) == 30
            await send(old, seat, rows, 30, 40, write=False)
            # The line breaks, and the next one leads to the other server.
            seat.detach(line)
            there, there_line = await clinic.join(new)
            assert there.next_seq == 30
            await send(new, there, rows, 30, 70, write=False)
            winner, loser = (seat, there) if first_writes == "old" else (there, seat)
            for hub in (old, new) if first_writes == "old" else (new, old):
                await hub.flush()
            assert await confirmed(loser) == 0
            least = 40 if first_writes == "old" else 70
            assert await confirmed(winner) == least
            assert clinic.stored() == least
            if first_writes == "old":
                # The page is sent back for the rest, and told from where.
                assert (there_line.closed.is_set(), there_line.code) == (True, 1012)
            for hub in (old, new):
                again, _line = await clinic.join(hub)
                assert again.next_seq == least

    run(work)


def test_a_page_that_comes_back_to_the_first_server_finds_what_the_second_stored(clinic: Clinic) -> None:
    rows = hinge_rows()

    async def work() -> None:
        async with clinic.serving() as first, clinic.serving() as second:
            seat, line = await clinic.join(first)
            await send(first, seat, rows, 0, 20)
            seat.detach(line)
            there, _ = await clinic.join(second)
            await send(second, there, rows, 20, 90)
            back, _ = await clinic.join(first)
            assert back.next_seq == 90
            await send(first, back, rows, 90, len(rows))
            first.add_command(back, Command(0, "stop", {"pain": 0}))
            summary = await first.end(clinic.live)
            assert [one["grade"] for one in summary["reps"]] == ["pass", "pass"]

    run(work)


def test_a_server_that_was_left_long_ago_does_not_end_what_another_goes_on_with(clinic: Clinic) -> None:
    rows = hinge_rows()

    async def work() -> None:
        async with clinic.serving() as old, clinic.serving() as new:
            seat, line = await clinic.join(old)
            await send(old, seat, rows, 0, 20)
            seat.detach(line)
            there, _ = await clinic.join(new)
            await send(new, there, rows, 20, 60)
            clinic.clock.now += old.limits.gone_s + 1
            there.line.heard_at = clinic.clock.now
            await old.caretaker.look()
            assert clinic.live not in old.seats
            assert clinic.stores[0].live(clinic.live).state == "open"
            await send(new, there, rows, 60, 80)
            assert await confirmed(there) == 80

    run(work)


def test_a_set_that_is_ended_at_the_server_that_was_left_is_judged_whole(clinic: Clinic) -> None:
    rows = hinge_rows()

    async def work() -> None:
        async with clinic.serving() as old, clinic.serving() as new:
            seat, line = await clinic.join(old)
            await send(old, seat, rows, 0, 20)
            seat.detach(line)
            there, there_line = await clinic.join(new)
            await send(new, there, rows, 20, len(rows))
            summary = await old.end(clinic.live, {"pain": 0})
            assert len(summary["reps"]) == 2
            # The one who is connected elsewhere is told when the next frames come.
            more = rows[-1:].copy()
            more["time_s"] += 1.0
            new.add_frames(there, len(rows), more)
            await new.flush()
            assert (there_line.closed.is_set(), there_line.code) == (True, 4004)

    run(work)


def test_two_servers_that_end_a_set_at_once_make_one_entry(clinic: Clinic) -> None:
    rows = hinge_rows()

    async def work() -> None:
        async with clinic.serving() as one, clinic.serving() as two:
            seat, line = await clinic.join(one)
            await send(one, seat, rows, 0, len(rows))
            seat.detach(line)
            ended: list[Any] = await asyncio.gather(
                *(hub.end(clinic.live) for hub in (one, two, one, two)), return_exceptions=True
            )
            assert any(isinstance(each, dict) and each["stored"] for each in ended)
            # Whoever came too late is told that it is so, or gets the same when asking again.
            again = await asyncio.gather(*(hub.end(clinic.live) for hub in (one, two)))
            assert all(len(each["reps"]) == 2 for each in again)

    run(work)
    store = clinic.stores[0]
    assert store.live(clinic.live).state == "finished"
    keys = [one.key for one in store.history(clinic.person.id).events]
    assert keys.count(f"live-{clinic.live}") == 1
    assert len(store.assessments(clinic.person.id)) == 1
