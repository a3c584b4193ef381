"""Pictures of the drills for a page, where there are any: a place without one is left out."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from hiphinge.program.figures import figures, read_figure

__all__ = ["Key", "Still", "as_jpeg", "find_stills"]


#: Drill, variant and equipment: ``""`` as the drill stands, and where none is named.
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Still:
    """One still, with its bytes; ``caption`` says what its two sides show."""

    name: str
    alt: str
    caption: str
    width_px: int
    height_px: int
    content: bytes

    @property
    def uri(self) -> str:
        """Return the still as a data URI."""
        kind = "png" if self.content.startswith(b"\x89PNG") else "webp"
        return f"data:image/{kind};base64,{base64.b64encode(self.content).decode('ascii')}"


def find_stills(wanted: Iterable[Key]) -> dict[Key, Still]:
    """Return the stills that exist; a drill as it stands has the first of its equipment's."""
    try:
        known = figures()
    except FileNotFoundError:  # a build without pictures
        return {}
    found: dict[Key, Still] = {}
    by_key = {(one.drill, one.variant, one.equipment): one for one in reversed(known)}
    by_key |= {(one.drill, one.variant, ""): one for one in reversed(known)}
    for key in wanted:
        figure = by_key.get(key)
        if figure is not None:
            found[key] = Still(
                figure.still,
                figure.alt,
                f"Left: {figure.left}. Right: {figure.right}.",
                figure.width_px,
                figure.height_px,
                read_figure(figure.still),
            )
    return found


def as_jpeg(content: bytes) -> bytes:
    """Return a picture as JPEG, on white: a PDF holds that as it is, and other kinds unpacked, many times larger.

    What cannot be read is returned as it was.
    """
    import cv2
    import numpy as np

    picture = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        return content
    if picture.ndim == 3 and picture.shape[2] == 4:
        opaque = picture[..., 3:].astype(np.float32) / 255
        picture = (picture[..., :3] * opaque + 255 * (1 - opaque)).round().astype(np.uint8)
    done, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return packed.tobytes() if done else content
