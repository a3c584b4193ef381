import cv2
import pytest
from threadpoolctl import threadpool_info

from hiphinge.clip.threads import library_threads_held_back


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
