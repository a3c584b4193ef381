"""The arguments and options of the commands: types with their help. None means "not given"."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from hiphinge.clip.options import Drill as DrillName
from hiphinge.clip.options import ModelName

__all__ = [
    "DEFAULT_OUT",
    "Config",
    "Criteria",
    "Drill",
    "Facing",
    "FootLength",
    "From",
    "Json",
    "Model",
    "Out",
    "OutTried",
    "Person",
    "Profile",
    "Reference",
    "Still",
    "To",
    "Video",
    "Videos",
    "Wall",
]

#: Where results go when nothing is said.
DEFAULT_OUT = "hiphinge-out"

Videos = Annotated[
    list[Path],
    typer.Argument(metavar="VIDEO", help="Side-view videos (or photographs).", show_default=False),
]
Out = Annotated[
    str | None,
    typer.Option(metavar="DIR", help=f"Folder that receives one folder per video. Default: {DEFAULT_OUT}."),
]
Facing = Annotated[
    Literal["auto", "left", "right"] | None,
    typer.Option(help="Which way the person faces in the picture. Default: auto."),
]
Model = Annotated[ModelName | None, typer.Option(help="Pose model; heavy is slower. Default: full.")]
Drill = Annotated[
    DrillName | None,
    typer.Option(help="What was filmed; decides which rules apply. Default: hinge."),
]
From = Annotated[float | None, typer.Option("--from", metavar="S", help="Start at this time, seconds.")]
To = Annotated[float | None, typer.Option("--to", metavar="S", help="End at this time, seconds.")]
Still = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--still",
        metavar="S S",
        help="Start and end of a still stand, seconds. Default: hiphinge looks for one.",
    ),
]
Reference = Annotated[
    str | None,
    typer.Option(metavar="ASSESSMENT.json", help="Result of a clip of this person's comfortable deliberate rounding."),
]
Criteria = Annotated[str | None, typer.Option(metavar="FILE.toml", help="Limits that replace the built-in ones.")]
Person = Annotated[
    int | None,
    typer.Option(metavar="N", help="Whom to follow, counted from the left, from 0. Default: hiphinge chooses."),
]
Wall = Annotated[
    float | None,
    typer.Option(
        metavar="X",
        help="Where the wall behind the person meets the floor, level with the nearer heel: 0 to 1 of the picture's "
        "width, or pixels.",
    ),
]
FootLength = Annotated[
    float | None,
    typer.Option("--foot-length", metavar="CM", help="Length of the shoe; gives the fingertips' height in cm too."),
]
Video = Annotated[bool | None, typer.Option("--video/--no-video", help="Draw overlay.mp4. Default: yes.")]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.toml",
        help="Settings file: its table 'assess' holds options by their Python names; the command line wins.",
    ),
]
Profile = Annotated[bool, typer.Option("--profile", help="Show on stderr where every millisecond went.")]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout, for machines.")]
OutTried = Annotated[str, typer.Option("--out", metavar="DIR", help="Folder to try writing results to.")]
