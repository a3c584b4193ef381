"""Decode ahead in a thread of its own, so that decoding overlaps whatever the reader of the frames does."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from queue import Empty, Full, Queue
from typing import TypeVar

from hiphinge.timing import Stage

__all__ = ["prefetch"]

T = TypeVar("T")

#: How long a waiting thread sleeps before it looks whether it is still wanted, seconds.
_LOOK_S = 0.1


def prefetch(source: Generator[T, None, None], *, depth: int = 4) -> Iterator[T]:
    """Yield what ``source`` yields, taken up to ``depth`` items ahead by a thread.

    The source runs, fails and is closed in that thread alone; its error is raised here, after the items
    before it. Closing this generator (or leaving its loop by any error, Ctrl-C included) stops the thread
    and waits for it.
    """
    queue: Queue[tuple[str, T | BaseException | None]] = Queue(depth)
    unwanted = threading.Event()
    end = object()

    def put(item: tuple[str, T | BaseException | None]) -> None:
        while not unwanted.is_set():
            try:
                queue.put(item, timeout=_LOOK_S)
            except Full:
                continue
            return

    def work() -> None:
        try:
            while not unwanted.is_set():
                with Stage("decode"):
                    item = next(source, end)
                if item is end:
                    put(("end", None))
                    return
                put(("item", item))  # type: ignore[arg-type]
        except BaseException as error:  # handed over to the reader, whatever it is
            put(("error", error))
        finally:
            source.close()

    thread = threading.Thread(target=work, name="hiphinge-decode", daemon=True)
    thread.start()
    try:
        yield from _drain(queue)
    finally:
        unwanted.set()
        while True:
            try:
                queue.get_nowait()
            except Empty:
                break
        thread.join()


def _drain(queue: Queue[tuple[str, T | BaseException | None]]) -> Iterator[T]:
    while True:
        with Stage("waiting for a picture"):
            kind, value = queue.get()
        if kind == "end":
            return
        if kind == "error":
            assert isinstance(value, BaseException)
            raise value
        yield value  # type: ignore[misc]
