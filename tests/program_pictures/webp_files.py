"""Reading the header of a WebP file without an image library."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class WebP:
    """Size of a WebP file and, if it moves, its frames' times (milliseconds) and how often it plays (0: for ever)."""

    width_px: int
    height_px: int
    times_ms: tuple[int, ...] = ()
    loops: int | None = None


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert content[:4] == b"RIFF"
    assert content[8:12] == b"WEBP"
    assert struct.unpack("<I", content[4:8])[0] == len(content) - 8
    place = 12
    while place < len(content):
        name, length = struct.unpack("<4sI", content[place : place + 8])
        body = content[place + 8 : place + 8 + length]
        assert len(body) == length
        yield name, body
        place += 8 + length + length % 2


def _int24(body: bytes) -> int:
    return int.from_bytes(body[:3], "little")


def read_webp(content: bytes) -> WebP:
    """Read a still (lossy) or an animation."""
    chunks = list(_chunks(content))
    name, body = chunks[0]
    if name == b"VP8 ":
        assert body[3:6] == b"\x9d\x01\x2a"
        width, height = struct.unpack("<HH", body[6:10])
        return WebP(width & 0x3FFF, height & 0x3FFF)
    assert name == b"VP8X"
    loops = [struct.unpack("<H", part[4:6])[0] for key, part in chunks if key == b"ANIM"]
    times = tuple(_int24(part[12:15]) for key, part in chunks if key == b"ANMF")
    return WebP(_int24(body[4:7]) + 1, _int24(body[7:10]) + 1, times, loops[0] if loops else None)
