"""The wire: what goes in comes out, and what does not belong is refused."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.errors import UsageError
from hiphinge.live.wire import (
    FLAG_RESTARTED,
    FLAG_SEEN,
    FRAME,
    MAX_FRAMES,
    MAX_MESSAGE_BYTES,
    decode_frames,
    encode_frames,
    is_seen,
    rows_to_tracks,
    stack_rows,
)
from tests.live.rows import rows_of_clip
from tests.live.wire_vectors import PATH, make_frames, make_vectors, values_of
from tests.synthetic import PERFECT, film, script

CLIP = film(script(PERFECT, n_reps=1, rate_hz=15.0))
ROWS = rows_of_clip(CLIP)


def test_a_frame_is_as_long_as_the_contract_says():
    assert FRAME.itemsize == 1382
    assert MAX_MESSAGE_BYTES == 12 + 64 * 1382


def test_what_is_encoded_is_decoded():
    first, rows = decode_frames(encode_frames(1234, ROWS[:MAX_FRAMES]))
    assert first == 1234
    assert rows.tobytes() == ROWS[:MAX_FRAMES].tobytes()
    assert rows.flags.writeable


@pytest.mark.parametrize("n", [0, MAX_FRAMES + 1])
def test_no_frame_and_too_many_do_not_fit(n):
    with pytest.raises(ValueError, match="do not fit"):
        encode_frames(0, ROWS[:n])


class TestVectors:
    KEPT = json.loads(PATH.read_text(encoding="utf-8"))

    def test_they_are_up_to_date(self):
        assert make_vectors() == self.KEPT, "run python -m tests.live.wire_vectors"

    def test_each_message_holds_its_values(self):
        for message in self.KEPT["messages"]:
            first, rows = decode_frames(base64.b64decode(message["base64"]))
            assert first == message["first"]
            assert [values_of(row) for row in rows] == message["frames"]

    def test_the_refused_are_refused(self):
        for one in self.KEPT["refused"]:
            with pytest.raises(UsageError):
                decode_frames(base64.b64decode(one["base64"]))


def odd(**changes):
    rows = ROWS[:3].copy()
    for name, value in changes.items():
        rows[name][1] = value
    return encode_frames(0, rows)


@pytest.mark.parametrize(
    "change",
    [
        {"time_s": np.nan}, {"time_s": 0.0}, {"time_s": -1.0}, {"time_s": 1e9}, {"flags": 8}, {"width_px": 0},
        {"height_px": 60_000}, {"keypoints": np.inf}, {"world": 1e30}, {"dorsal": -np.inf}, {"visibility": 7.0},
        {"luma": -3.0}, {"presence": np.inf},
    ],
)  # fmt: skip
def test_what_no_camera_gives_is_refused(change):
    with pytest.raises(UsageError, match="cannot be used"):
        decode_frames(odd(**change))


def test_a_number_that_no_set_has_is_refused():
    with pytest.raises(UsageError, match="no set has a frame 4294967295"):
        decode_frames(encode_frames(2**32 - 1, ROWS[:1]))


@given(st.binary(max_size=3000))
def test_noise_never_does_more_than_be_refused(data):
    with pytest.raises(UsageError):
        decode_frames(data)


@settings(max_examples=200)
@given(st.integers(0, 12 + 3 * FRAME.itemsize - 1), st.integers(0, 255))
def test_a_flipped_byte_is_read_or_refused(place, value):
    data = bytearray(encode_frames(0, ROWS[:3]))
    data[place] = value
    try:
        _, rows = decode_frames(data)
    except UsageError:
        return
    for k in range(len(rows)):
        rows_to_tracks(rows[k : k + 1])


class TestTracks:
    def test_they_are_those_of_the_clip(self):
        pose, profile, camera = rows_to_tracks(ROWS, first=5)
        assert pose.time_s.tolist() == CLIP.pose.time_s.tolist()
        assert pose.frame_index[0] == 5
        assert (pose.width_px, pose.height_px, pose.mirrored) == (900, 800, False)
        for name in ("keypoints_px", "world_m", "visibility", "presence"):
            assert getattr(pose, name) == pytest.approx(getattr(CLIP.pose, name), abs=1e-4)
        for name in ("dorsal_ratio", "ventral_ratio", "seat_px", "body_height_px", "clipped"):
            assert getattr(profile, name) == pytest.approx(getattr(CLIP.profile, name), abs=1e-4, nan_ok=True)
        assert (profile.hidden == CLIP.profile.hidden).all()
        assert not camera.cut.any()

    def test_kinds_of_number_are_those_of_a_clip(self):
        pose, profile, _ = rows_to_tracks(ROWS)
        for mine, theirs in ((pose, CLIP.pose), (profile, CLIP.profile)):
            for name in theirs.__slots__:
                assert getattr(getattr(mine, name), "dtype", None) == getattr(getattr(theirs, name), "dtype", None)

    def test_nobody_is_nan_throughout_and_not_a_last_value(self):
        rows = ROWS[:4].copy()
        rows["flags"][1] &= ~np.uint8(FLAG_SEEN)
        rows["keypoints"][2, 5] = np.nan  # said to be seen, and half of it is missing
        pose, profile, _ = rows_to_tracks(rows)
        assert pose.seen.tolist() == is_seen(rows).tolist() == [True, False, False, True]
        assert np.isnan(pose.keypoints_px[1:3]).all()
        assert np.isnan(profile.dorsal_ratio[1:3]).all()
        assert not pose.visibility[1:3].any()

    def test_a_camera_started_again_is_a_cut(self):
        rows = ROWS[:4].copy()
        rows["flags"][2] |= FLAG_RESTARTED
        assert rows_to_tracks(rows)[2].cut.tolist() == [False, False, True, False]

    @pytest.mark.parametrize(("name", "value"), [("flags", 3), ("width_px", 640)])
    def test_frames_of_different_kinds_are_no_track(self, name, value):
        rows = ROWS[:4].copy()
        rows[name][2] = value
        with pytest.raises(ValueError, match="different kinds"):
            rows_to_tracks(rows)

    def test_no_frames_are_an_empty_track(self):
        pose, profile, camera = rows_to_tracks(stack_rows([]))
        assert pose.n_frames == len(profile.dorsal_ratio) == len(camera.cut) == 0


def test_frames_are_stacked_in_order():
    assert stack_rows([ROWS[:3], ROWS[3:9]]).tobytes() == ROWS[:9].tobytes()
    assert len(make_frames()) == 4
