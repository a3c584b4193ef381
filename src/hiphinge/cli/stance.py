"""``hiphinge stance PHOTO``: how far apart the feet stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hiphinge.cli import arguments
from hiphinge.cli.guard import guarded, write_out

if TYPE_CHECKING:
    from hiphinge.verdict.stance import StanceWidth

__all__ = ["stance"]

Photo = Annotated[
    Path,
    typer.Argument(metavar="PHOTO", help="A photograph of the front (or the back), head to feet.", show_default=False),
]
_WORDS = {
    "narrow": "narrower than the shoulders",
    "shoulder_width": "under the shoulders",
    "wide": "wider than the shoulders",
    "very_wide": "much wider than the shoulders",
    "cannot_tell": "cannot tell",
}


def stance(
    photo: Photo,
    model: arguments.Model = None,
    person: arguments.Person = None,
    as_json: arguments.Json = False,
) -> None:
    """Measure how far apart the feet stand, from one photograph of the front.

    Ankle spacing ÷ shoulder spacing, an estimate with its 90 % interval. Advice for the stance; it judges nothing.
    """
    with guarded():
        from hiphinge.api import stance as measure

        found = measure(photo, model=model or "full", person=person)
        write_out(_json_text(found) if as_json else _text(found))


def _text(found: StanceWidth) -> str:
    """Say it in words."""
    if found.value is None:
        return f"Stance width: cannot tell. {found.reason}"
    line = (
        f"Stance width: {found.value:.2f} ({found.lo:.2f} to {found.hi:.2f}) of the shoulders' width: "
        f"{_WORDS[found.place]}."
    )
    return f"{line}\nTry: {found.cue}" if found.cue else line


def _json_text(found: StanceWidth) -> str:
    """Return one JSON object, null where nothing is told."""
    import json
    from dataclasses import asdict

    return json.dumps(asdict(found), indent=2, ensure_ascii=False)
