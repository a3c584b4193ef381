from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hiphinge.errors import HiphingeError, RecordConflict, StoreError, UsageError
from hiphinge.web.live.seat import Command, Gap, Line, Seat
from tests.web.live.fakes import Bench, FakeCoach, frames, read_all, run


def line_of(bench: Bench) -> Line:
    return Line(bench.clock())


async def settle(bench: Bench) -> None:
    """Let the hub read and write what it has."""
    for _ in range(5):
        await asyncio.sleep(0)
    while any(seat.waiting for seat in bench.hub.seats.values()):
        await asyncio.sleep(0.001)
    await bench.hub.flush()


def coach_of(seat: Seat) -> FakeCoach:
    found: Any = seat.coach
    return found


async def sit(bench: Bench, live: str = "a") -> tuple[Seat, Line]:
    line = line_of(bench)
    return await bench.hub.join(live, line), line


async def until(condition: Any) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def test_frames_are_read_written_and_then_acknowledged() -> None:
    async def work() -> None:
        bench = Bench()
        await bench.hub.start()
        seat, _ = await sit(bench)
        bench.hub.add_frames(seat, 0, frames(0, 12))
        await settle(bench)
        said = await read_all(seat.outbox)
        assert [one["type"] for one in said] == ["rep", "cue", "meter", "ack"]
        assert said[-1] == {"type": "ack", "next_seq": 12, "next_command": 0}
        assert bench.store.saved_frames("a") == 12
        assert bench.hub.frames_read == 12
        await bench.hub.stop()

    run(work)


def test_nothing_is_acknowledged_before_it_is_written() -> None:
    async def work() -> None:
        bench = Bench(write_s=1000.0)
        await bench.hub.start()
        seat, _ = await sit(bench)
        bench.store.full = True
        bench.hub.add_frames(seat, 0, frames(0, 5))
        await settle(bench)
        assert "ack" not in [one["type"] for one in await read_all(seat.outbox)]
        bench.hub.add_frames(seat, 5, frames(5, 5))
        bench.store.full = False
        await settle(bench)
        acks = [one for one in await read_all(seat.outbox) if one["type"] == "ack"]
        assert acks == [{"type": "ack", "next_seq": 10, "next_command": 0}]
        assert [one.number for one in bench.store.chunks["a"]] == [0, 1]
        await bench.hub.stop()

    run(work)


def test_duplicates_are_passed_over_and_gaps_refused_with_what_to_resend() -> None:
    async def work() -> None:
        bench = Bench()
        await bench.hub.start()
        seat, _ = await sit(bench)
        bench.hub.add_frames(seat, 0, frames(0, 6))
        bench.hub.add_frames(seat, 3, frames(3, 6))
        bench.hub.add_frames(seat, 0, frames(0, 4))
        bench.hub.add_command(seat, Command(0, "wall", 0.5))
        bench.hub.add_command(seat, Command(0, "wall", 0.7))
        await settle(bench)
        assert coach_of(seat).seen == list(range(9))
        assert coach_of(seat).commands == [("wall", 0.5, 9)]
        with pytest.raises(Gap, match="frame 11 came before frame 9") as caught:
            bench.hub.add_frames(seat, 11, frames(11, 1))
        assert caught.value.next_step == "Send everything from frame 9 on again."
        with pytest.raises(Gap, match="command 3 came before command 1"):
            bench.hub.add_command(seat, Command(3, "again", None))
        with pytest.raises(UsageError, match="do not grow"):
            bench.hub.add_frames(seat, 9, frames(5, 2))
        await bench.hub.stop()

    run(work)


def test_commands_keep_their_place_among_the_frames_and_come_back_so_after_a_restart() -> None:
    async def work() -> None:
        bench = Bench()
        await bench.hub.start()
        seat, _ = await sit(bench)
        bench.hub.add_frames(seat, 0, frames(0, 7))
        bench.hub.add_command(seat, Command(0, "calibrate", None))
        bench.hub.add_frames(seat, 7, frames(7, 70))
        bench.hub.add_command(seat, Command(1, "odd", None))
        bench.hub.add_command(seat, Command(2, "wall", 0.25))
        await settle(bench)
        assert coach_of(seat).commands == [("calibrate", None, 7), ("wall", 0.25, 77)]
        errors = [one for one in await read_all(seat.outbox) if one["type"] == "error"]
        assert [one["what"] for one in errors] == ["There is no command 'odd'."]
        await bench.hub.stop()
        assert all(len(one.data) < 100_000 for one in bench.store.chunks["a"])

    run(work)


def test_a_server_that_starts_again_goes_on_where_the_disk_is() -> None:
    async def work() -> None:
        before = Bench(write_s=1000.0)
        await before.hub.start()
        seat, _ = await sit(before)
        before.hub.add_frames(seat, 0, frames(0, 25))
        await settle(before)
        before.hub.add_frames(seat, 25, frames(25, 5))
        after = Bench()
        after.store = after.service.store = before.store
        await after.hub.start()
        again, _ = await sit(after)
        welcome = after.hub.welcome(again)
        assert (welcome["next_seq"], welcome["next_command"]) == (25, 0)
        assert [one["number"] for one in welcome["reps"]] == [1, 2]
        after.hub.add_frames(again, 25, frames(25, 10))
        await settle(after)
        assert coach_of(again).seen == list(range(35))
        assert after.store.saved_frames("a") == 35
        await after.hub.stop()

    run(work)


def test_a_newer_connection_takes_over_and_what_was_not_sent_goes_to_it() -> None:
    async def work() -> None:
        bench = Bench()
        await bench.hub.start()
        seat, old = await sit(bench)
        bench.hub.add_frames(seat, 0, frames(0, 10))
        await settle(bench)
        again, new = await sit(bench)
        assert again is seat
        assert (old.closed.is_set(), old.code) == (True, 4001)
        assert not new.closed.is_set()
        seat.detach(old)
        assert seat.line is new
        assert [one["type"] for one in await read_all(seat.outbox)] == ["rep", "cue"]
        await bench.hub.stop()
        assert new.code == 1012

    run(work)


def test_stop_ends_the_set_once_with_what_was_told() -> None:
    async def work() -> None:
        bench = Bench()
        await bench.hub.start()
        seat, _ = await sit(bench)
        bench.hub.add_frames(seat, 0, frames(0, 20))
        bench.hub.add_command(seat, Command(0, "stop", {"touched": True}))
        bench.hub.add_frames(seat, 20, frames(20, 3))
        await until(lambda: seat.phase == "ended")
        said = await read_all(seat.outbox)
        assert [one["type"] for one in said if one["type"] in ("phase", "summary")] == ["phase", "summary"]
        assert said[-1]["type"] in ("ack", "summary", "meter")
        first = await bench.hub.end("a")
        assert first == await bench.hub.end("a")
        assert (first["frames"], first["told"], first["url"]) == (20, True, "/p/p1/sessions/s1")
        assert len(bench.service.finished) == 1
        _, line = await sit(bench)
        assert [one["type"] for one in await read_all(seat.outbox)] == ["summary"]
        assert not line.closed.is_set()
        await bench.hub.stop()

    run(work)


def test_a_set_that_is_not_in_memory_is_ended_too_and_a_finished_one_tells_its_summary() -> None:
    async def work() -> None:
        bench = Bench()
        await bench.hub.start()
        summary = await bench.hub.end("a", {"touched": False})
        assert summary["told"] is False
        seat, _ = await sit(bench)
        assert seat.phase == "ended"
        assert [one["type"] for one in await read_all(seat.outbox)] == ["summary"]
        assert seat.add_frames(0, frames(0, 3)) == 0
        await bench.hub.stop()

    run(work)


def test_what_could_not_be_finished_is_told_and_tried_again() -> None:
    async def work() -> None:
        bench = Bench()
        await bench.hub.start()
        bench.service.fail_finish = 2
        seat, _ = await sit(bench)
        bench.hub.add_frames(seat, 0, frames(0, 3))
        bench.hub.add_command(seat, Command(0, "stop", None))
        await until(lambda: bench.service.fail_finish == 1)
        await asyncio.sleep(0.01)
        said = await read_all(seat.outbox)
        assert [(one["what"], one["fatal"]) for one in said if one["type"] == "error"] == [("The disk is full.", False)]
        bench.hub.add_command(seat, Command(0, "stop", None))
        await until(lambda: bench.service.fail_finish == 0)
        await asyncio.sleep(0.01)
        assert seat.phase == "ending"
        await bench.hub.caretaker.look()
        assert seat.phase == "ended"
        assert "summary" in [one["type"] for one in await read_all(seat.outbox)]
        await bench.hub.stop()

    run(work)


def test_a_disk_that_is_full_holds_up_the_end_and_loses_nothing() -> None:
    async def work() -> None:
        bench = Bench()
        await bench.hub.start()
        seat, _ = await sit(bench)
        bench.store.full = True
        bench.hub.add_frames(seat, 0, frames(0, 8))
        with pytest.raises(StoreError, match="could not be written"):
            await bench.hub.end("a")
        bench.store.full = False
        assert (await bench.hub.end("a"))["frames"] == 8
        await bench.hub.stop()

    run(work)


def test_left_and_silent_connections_are_looked_after() -> None:
    async def work() -> None:
        bench = Bench()
        await bench.hub.start()
        seat, line = await sit(bench)
        bench.clock.now += bench.hub.limits.silent_s + 1
        await bench.hub.caretaker.look()
        assert (line.closed.is_set(), line.code) == (True, 4002)
        seat.detach(line)
        bench.clock.now += bench.hub.limits.gone_s - 1
        await bench.hub.caretaker.look()
        assert seat.phase == "open"
        bench.clock.now += 2
        await bench.hub.caretaker.look()
        assert [live for live, _ in bench.service.finished] == ["a"]
        assert seat.phase == "ended"
        bench.clock.now += 100
        await bench.hub.caretaker.look()
        assert not bench.hub.seats
        await bench.hub.stop()

    run(work)


def test_sets_that_were_left_before_the_server_started_are_ended() -> None:
    async def work() -> None:
        bench = Bench()
        bench.service.left = ("a",)
        await bench.hub.start()
        await until(lambda: bench.service.finished)
        bench.store.add("b")
        bench.service.left, bench.service.fail_finish = ("b",), 1
        await bench.hub.caretaker.look()
        assert [live for live, _ in bench.service.finished] == ["a"]
        await bench.hub.stop()

    run(work)


def test_a_server_that_is_full_says_so() -> None:
    async def work() -> None:
        bench = Bench(sets=1)
        bench.store.add("b")
        await bench.hub.start()
        await sit(bench)
        with pytest.raises(RecordConflict, match="1 people are being coached"):
            await sit(bench, "b")
        await sit(bench)
        await bench.hub.stop()

    run(work)


def test_a_set_that_is_not_there_is_refused_and_takes_no_place() -> None:
    async def work() -> None:
        bench = Bench(sets=1)
        await bench.hub.start()
        with pytest.raises(HiphingeError):
            await sit(bench, "nobody")
        await sit(bench)
        await bench.hub.stop()

    run(work)


def test_a_longest_set_is_ended_by_the_server() -> None:
    async def work() -> None:
        bench = Bench(set_frames=20)
        await bench.hub.start()
        seat, _ = await sit(bench)
        bench.hub.add_frames(seat, 0, frames(0, 25))
        await until(lambda: seat.phase == "ended")
        assert (await bench.hub.end("a"))["frames"] == 25
        await bench.hub.stop()

    run(work)


def test_what_comes_too_fast_waits_in_its_pipe() -> None:
    async def work() -> None:
        bench = Bench(waiting_frames=10, step_frames=4)
        seat, _ = await sit(bench)
        await seat.wait_for_room(12)
        bench.hub.add_frames(seat, 0, frames(0, 12))
        waiting = asyncio.create_task(seat.wait_for_room(1))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        await bench.hub.start()
        await waiting
        await bench.hub.stop()

    run(work)


def test_a_set_takes_only_so_many_commands_and_can_still_be_ended() -> None:
    async def work() -> None:
        bench = Bench(set_commands=3)
        await bench.hub.start()
        seat, _ = await sit(bench)
        for number in range(3):
            bench.hub.add_command(seat, Command(number, "calibrate", None))
        with pytest.raises(UsageError, match="too many commands"):
            bench.hub.add_command(seat, Command(3, "calibrate", None))
        bench.hub.add_command(seat, Command(3, "stop", None))
        assert seat.phase == "ending"
        await bench.hub.stop()

    run(work)


def test_too_many_frames_that_are_not_written_hold_up_reading() -> None:
    async def work() -> None:
        bench = Bench(unsaved_frames=10, write_s=1000.0)
        await bench.hub.start()
        seat, _ = await sit(bench)
        bench.store.full = True
        bench.hub.add_frames(seat, 0, frames(0, 12))
        await settle(bench)
        waiting = asyncio.create_task(seat.wait_for_room(1))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        bench.store.full = False
        await bench.hub.flush()
        await waiting
        await bench.hub.stop()

    run(work)


def test_a_phone_that_reads_nothing_loses_its_connection_and_not_its_set() -> None:
    async def work() -> None:
        bench = Bench(waiting_messages=4)
        await bench.hub.start()
        seat, line = await sit(bench)
        bench.hub.add_frames(seat, 0, frames(0, 60))
        await settle(bench)
        assert (line.closed.is_set(), line.code) == (True, 1013)
        assert len(seat.reps) == 6
        await bench.hub.stop()

    run(work)


def test_a_coach_that_breaks_is_made_again_and_the_others_are_read_on() -> None:
    async def work() -> None:
        bench = Bench()
        await bench.hub.start()
        seat, line = await sit(bench)
        coach_of(seat).broken = True
        bench.hub.add_frames(seat, 0, frames(0, 5))
        await until(lambda: "a" not in bench.hub.seats)
        assert line.code == 1011
        again, _ = await sit(bench)
        assert coach_of(again).seen == list(range(5))
        await bench.hub.stop()

    run(work)


def test_a_set_whose_person_was_erased_is_let_go_and_the_others_are_written() -> None:
    async def work() -> None:
        bench = Bench(write_s=1000.0)
        bench.store.add("b")
        await bench.hub.start()
        (one, gone), (two, _) = await sit(bench), await sit(bench, "b")
        bench.hub.add_frames(one, 0, frames(0, 3))
        bench.hub.add_frames(two, 0, frames(0, 3))
        del bench.store.sets["a"], bench.store.chunks["a"]
        await settle(bench)
        assert gone.code == 4004
        assert list(bench.hub.seats) == ["b"]
        assert bench.store.saved_frames("b") == 3
        await bench.hub.stop()

    run(work)


def test_a_command_that_breaks_the_coach_ends_nothing_for_the_others() -> None:
    async def work() -> None:
        bench = Bench()
        bench.store.add("b")
        await bench.hub.start()
        (one, line), (two, _) = await sit(bench), await sit(bench, "b")
        coach_of(one).broken = True
        bench.hub.add_command(one, Command(0, "again", None))
        await until(lambda: "a" not in bench.hub.seats)
        assert line.code == 1011
        bench.hub.add_frames(two, 0, frames(0, 3))
        await until(lambda: bench.hub.frames_read == 3)
        await bench.hub.stop()

    run(work)


def test_what_cannot_be_written_of_one_set_does_not_end_the_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        bench = Bench()
        bench.store.add("b")
        await bench.hub.start()
        (_one, line), (two, _) = await sit(bench), await sit(bench, "b")
        take = Seat.take_chunks

        def fail(seat: Seat) -> Any:
            if seat.live == "a":
                raise RecursionError
            return take(seat)

        monkeypatch.setattr(Seat, "take_chunks", fail)
        await until(lambda: "a" not in bench.hub.seats)
        assert line.code == 4004
        bench.hub.add_frames(two, 0, frames(0, 3))
        await until(lambda: bench.store.saved_frames("b") == 3)
        await bench.hub.stop()

    run(work)


def test_a_set_of_somebody_who_holds_many_is_refused_before_it_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        bench = Bench(sets=8, sets_each=1)
        bench.store.add("long", state="finished")
        await bench.hub.start()
        await sit(bench)
        made: list[str] = []
        monkeypatch.setattr(bench.service, "reopen", made.append)
        with pytest.raises(RecordConflict, match="one person"):
            await sit(bench, "long")
        assert made == []
        await bench.hub.stop()

    run(work)


def test_nobody_takes_the_places_of_all_others() -> None:
    async def work() -> None:
        bench = Bench(sets=3, sets_each=2)
        await bench.hub.start()
        for number in range(4):
            bench.store.add(f"old-{number}", state="finished")
        await sit(bench, "old-0")
        await sit(bench, "old-1")
        with pytest.raises(RecordConflict, match="one person"):
            await sit(bench, "old-2")
        for number in range(3):
            assert not bench.hub.is_full
            bench.store.add(f"new-{number}", person=f"somebody-{number}")
            await sit(bench, f"new-{number}")
        assert bench.hub.is_full
        await bench.hub.stop()

    run(work)
