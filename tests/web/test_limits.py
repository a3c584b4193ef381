"""Token buckets and the throttle of guesses, by a clock of the test's own."""

from __future__ import annotations

import pytest

from hiphinge.web.limits import Buckets, Throttle


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_bucket_empties_and_fills(clock):
    buckets = Buckets(clock=clock)
    assert [buckets.take("a", per_minute=60, burst=3) for _number in range(3)] == [0, 0, 0]
    assert buckets.take("a", per_minute=60, burst=3) == pytest.approx(1)
    assert buckets.take("b", per_minute=60, burst=3) == 0
    clock.now = 0.5
    assert buckets.take("a", per_minute=60, burst=3) == pytest.approx(0.5)
    clock.now = 1.01
    assert buckets.take("a", per_minute=60, burst=3) == 0
    clock.now = 3600
    assert [buckets.take("a", per_minute=60, burst=3) == 0 for _number in range(4)] == [True, True, True, False]


def test_buckets_do_not_grow_for_ever(clock):
    buckets = Buckets(clock=clock)
    for number in range(30_000):
        buckets.take(str(number), per_minute=60, burst=3)
    assert len(buckets._levels) <= 20_000


def test_each_failure_waits_twice_as_long(clock):
    throttle = Throttle(free=2, longest_s=60, clock=clock)
    waits = []
    for _number in range(9):
        waits.append(throttle.wait_s("a"))
        clock.now += waits[-1]
        throttle.failed("a")
    assert waits == pytest.approx([0, 0, 2, 4, 8, 16, 32, 60, 60])
    assert throttle.wait_s("b") == 0
    throttle.succeeded("a")
    assert throttle.wait_s("a") == 0


def test_one_failure_is_taken_back(clock):
    throttle = Throttle(free=1, longest_s=60, clock=clock)
    throttle.forgiven("a")
    throttle.failed("a")
    throttle.failed("a")
    throttle.forgiven("a")
    assert throttle.wait_s("a") == pytest.approx(2)
    throttle.forgiven("a")
    assert throttle.wait_s("a") == 0


def test_failures_are_forgotten(clock):
    throttle = Throttle(free=1, longest_s=60, clock=clock)
    throttle.failed("a")
    assert throttle.wait_s("a") > 0
    clock.now = 100
    throttle.failed("a")
    clock.now = 102.1
    assert throttle.wait_s("a") == 0


def test_the_throttle_does_not_grow_for_ever(clock):
    throttle = Throttle(clock=clock)
    for number in range(30_000):
        throttle.failed(str(number))
    assert len(throttle._failures) <= 20_000
