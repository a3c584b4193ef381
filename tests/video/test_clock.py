from fractions import Fraction

from hiphinge.video.clock import StreamClock


def clock(first=900):
    return StreamClock(first, Fraction(1, 90_000), 1 / 30)


def test_times_count_from_the_first_picture():
    one = clock()
    assert [one.tell(pts) for pts in (900, 900 + 9000, 900 + 90_000)] == [0.0, 0.1, 1.0]


def test_repeated_and_stray_times_are_left_out():
    one = clock(0)
    assert [one.tell(pts) for pts in (0, 9000, 9000, 8000, 18_000)] == [0.0, 0.1, None, None, 0.2]
    assert (one.n_repeated, one.n_restarts, one.n_guessed) == (2, 0, 0)


def test_missing_times_get_the_usual_step_and_are_counted():
    one = clock(0)
    times = [one.tell(pts) for pts in (0, None, 9000)]
    assert times == [0.0, 1 / 30, 0.1]
    assert one.n_guessed == 1


def test_count_goes_on_where_the_stamps_start_again():
    one = clock(0)
    for pts in (0, 900_000):
        one.tell(pts)
    after = [one.tell(pts) for pts in (45, 45 + 9000)]
    assert [round(t, 6) for t in after] == [round(10 + 1 / 30, 6), round(10 + 1 / 30 + 0.1, 6)]
    assert one.n_restarts == 1
