"""``hiphinge rerun TRACKS``: judge what was seen once more, without the film."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hiphinge.cli import arguments
from hiphinge.cli.guard import guarded, write_out
from hiphinge.cli.settings import build_options

if TYPE_CHECKING:
    from hiphinge.cli.several import Outcome
    from hiphinge.clip.options import AssessOptions

__all__ = ["rerun"]

Tracks = Annotated[
    Path,
    typer.Argument(metavar="TRACKS.npz", help="What was seen, as kept beside an assessment.", show_default=False),
]


def rerun(
    tracks: Tracks,
    drill: arguments.Drill = None,
    still_s: arguments.Still = None,
    reference: arguments.Reference = None,
    criteria: arguments.Criteria = None,
    wall: arguments.Wall = None,
    foot_length_cm: arguments.FootLength = None,
    as_json: arguments.Json = False,
) -> None:
    """Judge a recording of what was seen (tracks.npz) again: other rules, other limits, no film needed."""
    given: dict[str, Any] = {
        "drill": drill,
        "still_s": still_s,
        "reference": reference,
        "criteria": criteria,
        "wall": wall,
        "foot_length_cm": foot_length_cm,
    }
    with guarded():
        outcome = _judge(tracks, build_options(given, config=None))
        if as_json:
            import json

            from hiphinge.cli.several import outcome_document

            write_out(json.dumps([outcome_document(outcome)], indent=2, ensure_ascii=False))
        else:
            from hiphinge.cli.present import print_outcomes

            print_outcomes([outcome])


def _judge(path: Path, options: AssessOptions) -> Outcome:
    from hiphinge.cli.several import Outcome
    from hiphinge.clip.recording import reassess, unpack_tracks
    from hiphinge.clip.run import read_own_maximum
    from hiphinge.errors import InputError, InputNotFound

    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputNotFound(
            f"There is no file {path}.", expected="a tracks.npz", next_step="Check the path for typing errors."
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", expected="a tracks.npz") from None
    own = None if options.reference is None else read_own_maximum(options.reference)
    assessment = reassess(unpack_tracks(data), options, own_maximum_deg=own)
    return Outcome(path, None, assessment, None, 0)
