"""The pictures of the drills: which there are, what they show in words, and their bytes. Pure.

Made by ``tools/make_drill_pictures.py``: left the way that the drill asks for, right the way where the back does it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from hiphinge.errors import UsageError

__all__ = ["Figure", "figures", "find_figure", "read_figure"]

_MANIFEST = "pictures.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture of a drill: two panels side by side, without words in them.

    Parameters
    ----------
    drill, variant, equipment
        What it shows; ``variant`` empty for the drill itself, ``equipment`` empty where there is none.
    still, animation
        File names (WebP) for ``read_figure``; the animation loops, and is None where only a still was made.
    alt
        The picture in words.
    left, right
        What each panel shows.
    marks
        ``judged``: a green disc on the left, an amber ring on the right; ``equal``: neither way is a fault.
    width_px, height_px
        Of both files.
    """

    drill: str
    variant: str
    equipment: str
    still: str
    animation: str | None
    alt: str
    left: str
    right: str
    marks: Literal["judged", "equal"]
    width_px: int
    height_px: int


def _read_entry(entry: dict[str, Any]) -> Figure:
    animation = entry["animation"]
    return Figure(
        drill=entry["drill"],
        variant=entry["variant"],
        equipment=entry["equipment"],
        still=entry["still"]["file"],
        animation=animation["file"] if animation else None,
        alt=entry["alt"],
        left=entry["left"],
        right=entry["right"],
        marks=entry["marks"],
        width_px=entry["width_px"],
        height_px=entry["height_px"],
    )


@cache
def figures() -> tuple[Figure, ...]:
    """Return every figure, in the order of the program."""
    text = files("hiphinge.program").joinpath("pictures", _MANIFEST).read_text(encoding="utf-8")
    return tuple(_read_entry(entry) for entry in json.loads(text)["pictures"])


def find_figure(drill: str, variant: str = "", equipment: str = "") -> Figure | None:
    """Find the figure of a drill.

    Parameters
    ----------
    drill
        Id of the drill in the program.
    variant
        Id of the variant; empty for the drill itself.
    equipment
        Id of the equipment; empty, or one without a figure of its own: the first there is.

    Returns
    -------
    Figure or None
        None if there is no figure: a variant that looks the same (less weight), or a drill of somebody's own program.
    """
    found = [one for one in figures() if one.drill == drill and one.variant == variant]
    exact = [one for one in found if one.equipment == equipment]
    return next(iter(exact or found), None)


def read_figure(name: str) -> bytes:
    """Read a figure's file.

    Parameters
    ----------
    name
        ``still`` or ``animation`` of a figure.

    Returns
    -------
    bytes
        WebP.

    Raises
    ------
    UsageError
        No figure has a file of this name.
    """
    known = {file for one in figures() for file in (one.still, one.animation) if file}
    if name not in known:
        raise UsageError(
            f"There is no picture called {name!r}.",
            expected="a file name of hiphinge.program.figures.figures()",
            next_step="Look the figure up with find_figure.",
        )
    return files("hiphinge.program").joinpath("pictures", name).read_bytes()
