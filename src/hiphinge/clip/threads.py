"""Threads that libraries keep for themselves, held back while a clip is assessed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["library_threads_held_back"]


@contextmanager
def library_threads_held_back() -> Iterator[None]:
    """Let OpenCV and the matrix library work in the caller's thread alone, and put both back afterwards.

    Their work here is small; their threads wait for it in a loop, which took a fourteenth of the processor time of a
    clip away from the inference, and more where several workers share a machine.
    """
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with _controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        cv2.setNumThreads(before)


@cache
def _controller() -> Any:
    """Find the matrix library of numpy, once."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
