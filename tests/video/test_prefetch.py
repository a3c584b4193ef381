import threading
import time

import pytest

from hiphinge.video.prefetch import prefetch


def threads():
    return [t for t in threading.enumerate() if t.name == "hiphinge-decode"]


def counting(n, closed):
    try:
        yield from range(n)
    finally:
        closed.append(True)


def test_order_and_end():
    closed = []
    assert list(prefetch(counting(50, closed))) == list(range(50))
    assert closed == [True]
    assert not threads()


def test_leaving_early_stops_the_thread():
    closed = []
    items = prefetch(counting(10_000, closed))
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    items.close()
    assert closed == [True]
    assert not threads()


def test_error_in_the_loop_stops_the_thread():
    closed = []

    def loop():
        for item in prefetch(counting(10_000, closed)):
            if item == 5:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop()
    deadline = time.monotonic() + 5
    while threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert closed == [True]
    assert not threads()


def test_error_of_the_source_comes_after_its_items():
    def failing():
        yield 1
        yield 2
        raise ValueError("broken")

    got = []
    with pytest.raises(ValueError, match="broken"):
        got.extend(prefetch(failing()))
    items = prefetch(failing())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_never_further_ahead_than_asked():
    made = []

    def source():
        for i in range(100):
            made.append(i)
            yield i

    items = prefetch(source(), depth=4)
    next(items)
    time.sleep(0.05)
    assert len(made) <= 1 + 4 + 1 + 1  # taken, queued, waiting to be queued
    items.close()
