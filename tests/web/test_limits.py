"""Token buckets, by a clock of the test's own."""

from __future__ import annotations

import pytest

from hiphinge.web.limits import Buckets


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
