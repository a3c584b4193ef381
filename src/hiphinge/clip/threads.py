"""Threads that libraries keep for themselves, held back while a clip is assessed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["library_threads_held_back"]


@contextmanager
def library_threads_held_back() -> Iterator[None]:
    """Let OpenCV and the matrix library work in the caller's thread alone, and put both back afterwards.

    Their work here is small; their threads wait for it in a loop, which took a fourteenth of the processor time of a
    clip away from the inference, and more where several workers share a machine. The setting is the whole process's:
    where several threads assess clips at once, the last one to end puts it back.
    """
    with _lock:
        if _held.n == 0:
            _held.put_back = _hold_back()
        _held.n += 1
    try:
        yield
    finally:
        with _lock:
            _held.n -= 1
            if _held.n == 0:
                _held.put_back()


class _Held:
    """How many are at work, and what puts back what the first of them found."""

    n = 0
    put_back: Callable[[], None]


_lock, _held = threading.Lock(), _Held()


def _hold_back() -> Callable[[], None]:
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    matrices = _controller().limit(limits=1, user_api="blas")

    def put_back() -> None:
        cv2.setNumThreads(before)
        matrices.restore_original_limits()

    return put_back


@cache
def _controller() -> Any:
    """Find the matrix library of numpy, once."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
