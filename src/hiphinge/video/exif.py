"""The orientation that a photograph's EXIF asks for."""

from __future__ import annotations

import struct
from pathlib import Path

from hiphinge.video.picture import UPRIGHT, Orientation

__all__ = ["read_exif_orientation"]

#: EXIF 2.32, tag 0x0112: value -> clockwise quarter turns after mirroring left to right.
_ORIENTATIONS = {
    1: UPRIGHT,
    2: Orientation(0, mirrored=True),
    3: Orientation(2),
    4: Orientation(2, mirrored=True),
    5: Orientation(3, mirrored=True),
    6: Orientation(1),
    7: Orientation(1, mirrored=True),
    8: Orientation(3),
}
_TAG = 0x0112
#: EXIF lies near the start of a JPEG; PNG and WebP may keep it further back.
_SEARCHED_BYTES = 1 << 20
_TIFF = {b"II*\x00": "<", b"MM\x00*": ">"}


def read_exif_orientation(path: Path) -> Orientation:
    """Return how to turn a photograph upright; upright where it does not say, or says nonsense."""
    with path.open("rb") as file:
        head = file.read(_SEARCHED_BYTES)
    for mark, skip in ((b"Exif\x00\x00", 6), (b"eXIf", 4), (b"EXIF", 8)):
        at = head.find(mark)
        if at >= 0 and head[at + skip : at + skip + 4] in _TIFF:
            return _ORIENTATIONS.get(_first_directory_value(head[at + skip :]), UPRIGHT)
    return UPRIGHT


def _first_directory_value(tiff: bytes) -> int:
    """Return the orientation tag of a TIFF header's first directory, 1 where there is none."""
    order = _TIFF[tiff[:4]]
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(count):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * entry)
            if tag == _TAG:
                return int(value)
    except struct.error:
        return 1
    return 1
