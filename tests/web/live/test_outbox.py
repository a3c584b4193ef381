from __future__ import annotations

import json
from typing import Any

from hiphinge.web.live.limits import LiveLimits
from hiphinge.web.live.outbox import Outbox
from tests.web.live.fakes import FakeClock, read_all, run


def outbox(clock: FakeClock, **limits: Any) -> Outbox:
    return Outbox(LiveLimits(**limits), clock)


def test_only_the_newest_meter_and_acknowledgement_wait_and_everything_else_in_order() -> None:
    async def work() -> None:
        clock = FakeClock()
        box = outbox(clock)
        box.put({"type": "meter", "seq": 1})
        box.put({"type": "rep", "number": 1})
        box.put({"type": "ack", "next_seq": 1})
        box.put({"type": "meter", "seq": 2})
        box.put({"type": "cue", "say": "x"})
        box.put({"type": "ack", "next_seq": 2})
        found = await read_all(box)
        assert [(one["type"], one.get("seq", one.get("next_seq"))) for one in found] == [
            ("rep", None), ("cue", None), ("meter", 2), ("ack", 2),
        ]  # fmt: skip

    run(work)


def test_meters_go_out_at_their_pace_and_the_newest_comes_with_the_next_word() -> None:
    async def work() -> None:
        clock = FakeClock()
        box = outbox(clock, meter_hz=10.0)
        told = []
        for k in range(31):
            box.put({"type": "meter", "seq": k})
            told += await read_all(box)
            clock.now += 1 / 30
        assert 8 <= len(told) <= 11
        box.put({"type": "meter", "seq": 99})
        clock.now += 1
        box.put({"type": "rep", "number": 1})
        assert [one["type"] for one in await read_all(box)] == ["rep", "meter"]

    run(work)


def test_a_cue_that_is_late_is_not_sent_and_a_rep_is() -> None:
    async def work() -> None:
        clock = FakeClock()
        box = outbox(clock)
        box.put({"type": "cue", "say": "x"})
        box.put({"type": "rep", "number": 1})
        clock.now += 5
        box.put({"type": "praise", "say": "y"})
        assert [one["type"] for one in await read_all(box)] == ["rep", "praise"]

    run(work)


def test_what_could_not_be_sent_comes_first_again_but_no_old_meter() -> None:
    async def work() -> None:
        box = outbox(FakeClock())
        box.put({"type": "rep", "number": 2})
        box.put_back([json.dumps({"type": "rep", "number": 1}), json.dumps({"type": "meter", "seq": 3})])
        assert [one.get("number") for one in await read_all(box)] == [1, 2]

    run(work)


def test_too_many_waiting_messages_are_an_overflow() -> None:
    async def work() -> None:
        box = outbox(FakeClock(), waiting_messages=3)
        for number in range(4):
            box.put({"type": "rep", "number": number})
        assert box.overflow
        assert [one["number"] for one in await read_all(box)] == [1, 2, 3]
        box.forget_passing()
        assert not box.overflow

    run(work)


def test_what_is_no_number_is_null() -> None:
    async def work() -> None:
        box = outbox(FakeClock())
        box.put({"type": "meter", "depth": float("nan")})
        assert await read_all(box) == [{"type": "meter", "depth": None}]

    run(work)
