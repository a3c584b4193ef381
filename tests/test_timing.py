import threading
import time

import pytest

from hiphinge.timing import Stage, running_clock


def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_without_a_clock_nothing_is_kept():
    with Stage("alone"):
        spin(0.001)
    with running_clock() as clock:
        pass
    assert clock.rows() == {}


def test_a_stage_inside_another_is_not_its_own():
    with running_clock() as clock, Stage("outer"):
        spin(0.02)
        with Stage("inner"):
            spin(0.06)
    rows = clock.rows()
    assert list(rows) == ["inner", "outer"]
    assert rows["inner"].cpu_s >= 0.06
    # Everything of the outer stage but what the inner one took; its own share is far below the sum of both.
    assert 0.02 <= rows["outer"].cpu_s < 0.06
    assert clock.cpu_s >= rows["inner"].cpu_s + rows["outer"].cpu_s
    assert clock.wall_s >= rows["inner"].wall_s + rows["outer"].wall_s


def test_threads_are_added_up_and_do_not_nest_in_each_other():
    def work():
        for _ in range(3):
            with Stage("side"):
                spin(0.01)

    with running_clock() as clock, Stage("main"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert clock.rows()["side"].n == 3
    assert clock.rows()["side"].cpu_s >= 0.03
    # Waiting takes wall time, no processor time; the other thread's stages are not subtracted.
    assert clock.rows()["main"].wall_s >= clock.rows()["side"].wall_s * 0.9


def test_an_error_ends_the_stage():
    with running_clock() as clock:
        with pytest.raises(ValueError, match="no"), Stage("failing"):
            raise ValueError("no")
        with Stage("next"):
            pass
    assert set(clock.rows()) == {"failing", "next"}


def test_clocks_end_with_their_block():
    with running_clock() as first, Stage("a"):
        pass
    with running_clock() as second, Stage("b"):
        pass
    assert set(first.rows()) == {"a"}
    assert set(second.rows()) == {"b"}
