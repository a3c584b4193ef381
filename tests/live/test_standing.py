"""The stand as it is looked for while somebody stands: what the whole way finds, and no more work in a long set."""

import numpy as np
import pytest

from hiphinge.live.film import Film
from hiphinge.live.standing import seek_still
from hiphinge.live.wire import rows_to_pose, rows_to_tracks
from hiphinge.sagittal import compute_segments, find_standing
from hiphinge.spine.network import OUTPUTS
from tests.live.rows import rows_of_clip
from tests.live.sets import rows_for
from tests.synthetic import PERFECT, film, script

UNREAD = np.full(len(OUTPUTS), np.nan)
TIMES = np.arange(120) / 15


def swaying(share):
    """Somebody who sways, a little or more."""
    return rows_of_clip(film(script(PERFECT, time_s=TIMES, depth=0.02 + share * (1 + np.sin(5 * TIMES)))))


def film_of(rows):
    held = Film()
    for row in rows:
        held.add(row, UNREAD, UNREAD)
    return held


@pytest.mark.parametrize("share", [0.0, 0.004, 0.01, 0.02, 0.1])
def test_the_short_way_finds_the_stand_that_a_clip_has(share):
    rows = np.concatenate([swaying(share), rows_for("rounded", 1)])
    rows["time_s"] = np.arange(len(rows)) / 15
    rows["keypoints"][40:44] = np.nan
    rows["keypoints"][60, 11] += 90.0  # a slip
    for end in range(5, len(rows), 7):
        held = film_of(rows[max(0, end - 64) : end])
        found = seek_still(held, since=0)
        start = held.from_time(held.time_s[-1] - 4.2)
        whole = find_standing(compute_segments(rows_to_pose(held.rows[start:])))
        assert (found.rows is not None) == (whole.reference.angles == "still")
        if found.rows is not None:
            told = start + np.flatnonzero(whole.rows)
            assert (found.rows.start, found.rows.stop - 1) == (told[0], told[-1])


def test_the_pose_of_frames_is_that_of_their_tracks():
    rows = rows_for("hinge", 1)[:20]
    one, other = rows_to_pose(rows), rows_to_tracks(rows)[0]
    for name in ("time_s", "frame_index", "keypoints_px", "visibility", "world_m", "presence"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
    assert (one.mirrored, one.width_px, one.height_px) == (other.mirrored, other.width_px, other.height_px)


def test_a_film_keeps_what_was_added_while_it_grows():
    one = rows_for("hinge", 1)
    rows = one[np.arange(1500) % len(one)]
    rows["time_s"] = np.arange(1500) / 30
    held = film_of(rows)
    assert held.n == 1500
    assert held.rows.tobytes() == rows.tobytes()
    assert np.array_equal(held.time_s, rows["time_s"])
    assert held.from_time(40.0) == 1200
