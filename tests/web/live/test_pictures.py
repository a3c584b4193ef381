from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from hiphinge.errors import UsageError, VideoUnreadable
from hiphinge.live.wire import FLAG_MIRRORED, FLAG_RESTARTED, FLAG_SEEN, decode_frames, encode_frames
from hiphinge.model import Frame, Mask, PoseFrame
from hiphinge.pose.tracking import empty_pose
from hiphinge.web.live.pictures import PicturePool, PictureReader, is_picture, split_picture
from tests.web.live.fakes import run


def jpeg(shade: int = 120) -> bytes:
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 60, (36, 64, 3), dtype=np.uint8) + np.uint8(shade)
    ok, data = cv2.imencode(".jpg", picture)
    assert ok
    return data.tobytes()


def message(seq: int = 3, time_s: float = 0.5, flags: int = 0, data: bytes | None = None) -> bytes:
    return struct.pack("<4sIdB", b"HHJ1", seq, time_s, flags) + (jpeg() if data is None else data)


class FakeFollower:
    """Sees a person who stands, with a mask of the whole crop, wherever ``seen``."""

    def __init__(self, *, seen: bool = True) -> None:
        self.seen, self.turns, self.read_frames = seen, 0, 0

    def read(self, frame: Frame) -> PoseFrame:
        self.read_frames += 1
        if not self.seen:
            return empty_pose(frame)
        points = np.column_stack([np.full(33, 24.0), np.linspace(4, 32, 33)])
        mask = Mask(np.full((256, 256), 255, np.uint8), np.array([[0.1, 0, 20], [0, 0.14, 0]]))
        return PoseFrame(frame.index, frame.time_s, points, np.ones(33), np.zeros((33, 3)), 1.00001, mask)

    def turn(self) -> None:
        self.turns += 1


def reader(follower: FakeFollower) -> PictureReader:
    made: Callable[[], FakeFollower] = lambda: follower  # noqa: E731
    return PictureReader(made)


def test_a_picture_becomes_a_frame_that_the_wire_takes() -> None:
    row = reader(FakeFollower()).read(3, 0.5, 0, jpeg())
    first, back = decode_frames(encode_frames(3, row))
    assert (first, len(back), float(back["time_s"][0])) == (3, 1, 0.5)
    assert (int(row["width_px"][0]), int(row["height_px"][0]), int(row["flags"][0])) == (64, 36, FLAG_SEEN)
    assert np.isfinite(row["keypoints"]).all()
    assert 0.3 < float(row["luma"][0]) < 0.8
    assert float(row["presence"][0]) == 1.0
    assert np.isfinite(row["dorsal"]).any()


def test_nobody_is_nan_and_not_flagged() -> None:
    row = reader(FakeFollower(seen=False)).read(0, 0.0, 0, jpeg())
    assert int(row["flags"][0]) == 0
    assert np.isnan(row["keypoints"]).all()
    assert np.isnan(row["dorsal"]).all()
    decode_frames(encode_frames(0, row))


def test_a_mirrored_picture_turns_the_follower_once_and_is_no_cut() -> None:
    follower = FakeFollower()
    pictures = reader(follower)
    flags = [pictures.read(k, k / 10, FLAG_MIRRORED if k > 2 else 0, jpeg())["flags"][0] for k in range(6)]
    assert follower.turns == 1
    assert [int(one) for one in flags] == [FLAG_SEEN] * 3 + [FLAG_SEEN | FLAG_MIRRORED] * 3


def test_a_camera_that_started_again_is_told_on() -> None:
    row = reader(FakeFollower()).read(0, 0.0, FLAG_RESTARTED, jpeg())
    assert int(row["flags"][0]) & FLAG_RESTARTED


def test_messages_are_split_and_odd_ones_refused() -> None:
    assert is_picture(message())
    assert not is_picture(b"HHL1")
    seq, time_s, flags, data = split_picture(message(flags=1))
    assert (seq, time_s, flags, data) == (3, 0.5, 1, jpeg())
    for odd in (
        message(data=b""),
        message(data=bytes(300_001)),
        message(time_s=float("nan")),
        message(time_s=-1.0),
        message(flags=2),
        message(flags=8),
        b"HHJ1",
    ):
        with pytest.raises(UsageError):
            split_picture(odd)


def test_the_pool_reads_in_its_thread_and_a_broken_picture_is_an_error_of_its_own() -> None:
    async def work() -> None:
        follower = FakeFollower()
        pool = PicturePool(lambda: follower)
        one, other = pool.reader(), pool.reader()
        rows = await asyncio.gather(*(pool.read(one, k, k / 10, 0, jpeg()) for k in range(3)))
        assert [float(row["time_s"][0]) for row in rows] == [0.0, 0.1, 0.2]
        with pytest.raises(VideoUnreadable):
            await pool.read(other, 0, 0.0, 0, jpeg()[:100])
        pool.stop()
        pool.stop()

    run(work)
