import dataclasses
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from threadpoolctl import threadpool_info

from hiphinge.clip.options import AssessOptions
from hiphinge.clip.run import assess_video
from hiphinge.clip.threads import library_threads_held_back

CLIP = Path(__file__).parents[1] / "data" / "rounded_left.mp4"


def blas_threads():
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas" and "numpy" in one["filepath"]}


def test_libraries_work_alone_and_are_put_back():
    before, matrices = cv2.getNumThreads(), blas_threads()
    cv2.setNumThreads(2)
    try:
        with library_threads_held_back():
            assert cv2.getNumThreads() == 1
            assert blas_threads() == {1}
        assert cv2.getNumThreads() == 2
        assert blas_threads() == matrices
        with pytest.raises(ValueError, match="no"), library_threads_held_back():
            raise ValueError("no")
        assert cv2.getNumThreads() == 2
        assert blas_threads() == matrices
    finally:
        cv2.setNumThreads(before)


def test_the_last_of_several_puts_back_what_the_first_found():
    before, matrices = cv2.getNumThreads(), blas_threads()
    cv2.setNumThreads(2)
    first, second = library_threads_held_back(), library_threads_held_back()
    try:
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert cv2.getNumThreads() == 1
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert cv2.getNumThreads() == 2
        assert blas_threads() == matrices
    finally:
        cv2.setNumThreads(before)


def test_one_thread_does_it_all_and_sees_the_same(monkeypatch):
    def look(threads):
        seen = []
        assess_video(CLIP, AssessOptions(model="lite", to_s=1.5), threads=threads, on_tracks=seen.append)
        return seen[0]

    def forbidden(*args, **kwargs):
        raise AssertionError("a thread was started")

    both = look(2)
    look(1)  # the model is loaded, by a thread
    monkeypatch.setattr("hiphinge.video.reader.prefetch", forbidden)
    monkeypatch.setattr(threading.Thread, "start", forbidden)
    alone = look(1)
    for kind in ("pose", "profile", "camera"):
        for name, values in fields_of(getattr(both, kind)):
            np.testing.assert_array_equal(values, dict(fields_of(getattr(alone, kind)))[name], err_msg=name)


def fields_of(track):
    for field in dataclasses.fields(track):
        value = getattr(track, field.name)
        if isinstance(value, np.ndarray):
            yield field.name, value
