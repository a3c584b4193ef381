from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hiphinge.errors import VideoUnreadable
from hiphinge.video.still import read_jpeg, read_jpeg_size

PHOTO = (Path(__file__).parents[1] / "data" / "person_side.jpg").read_bytes()


def jpeg(width: int = 64, height: int = 48, *, progressive: bool = False) -> bytes:
    rgb = np.zeros((height, width, 3), dtype=np.uint8)
    rgb[:, : width // 2] = (200, 30, 60)
    ok, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive)])
    assert ok
    return data.tobytes()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_picture_is_read_with_its_colours(progressive: bool) -> None:
    picture = read_jpeg(jpeg(progressive=progressive), most_px=64)
    assert (picture.width_px, picture.height_px) == (64, 48)
    assert picture.rgb()[24, 10].tolist() == pytest.approx([200, 30, 60], abs=6)
    assert picture.rgb()[24, 60].max() < 6


def test_a_photograph_says_its_size() -> None:
    assert read_jpeg_size(PHOTO) == (720, 960)


def test_a_larger_picture_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(VideoUnreadable, match="64 x 48"):
        read_jpeg(jpeg(), most_px=63)


def claims(width: int, height: int) -> bytes:
    """A picture that says it is of another size than it is."""
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = height.to_bytes(2) + width.to_bytes(2)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"GIF89a" + bytes(60),
        jpeg()[:-2],
        jpeg()[: len(jpeg()) // 2],
        b"\xff\xd8" + b"\xff" * 400,
        b"\xff\xd8\xff\xe0\x00\x00" * 50,
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x30\x00\x40" + bytes(40) + b"\xff\xd9",
        claims(0, 48),
        PHOTO[:300] + b"\xff\xd9",
    ],
)
def test_what_is_no_whole_picture_is_refused(data: bytes) -> None:
    with pytest.raises(VideoUnreadable):
        read_jpeg(data, most_px=2000)
