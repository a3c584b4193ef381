"""The options of one assessment: the same names on the command line, in a TOML file and in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["DRILLS", "FACINGS", "MODELS", "AssessOptions", "Drill", "ModelName", "Progress", "ProgressCallback"]

Drill = Literal[
    "toe_touch", "pelvic_tilt", "rounding", "wall", "hinge", "goat_bag", "upper_back", "pull_through", "deadlift"
]
ModelName = Literal["lite", "full", "heavy"]
#: Every drill that can be named.
DRILLS: tuple[str, ...] = get_args(Drill)
#: Every pose model that can be named.
MODELS: tuple[str, ...] = get_args(ModelName)
#: Every way to say which way the person faces.
FACINGS: tuple[str, ...] = ("auto", "left", "right")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessOptions:
    """How to assess one video.

    Parameters
    ----------
    out
        Folder that receives ``<name>/``; None writes nothing (Python only).
    facing
        Which way the person faces in the picture, or ``auto``.
    model
        BlazePose landmark model.
    drill
        Which drill was filmed; decides which rules apply.
    from_s, to_s
        Part of the video to look at, seconds from its start.
    still_s
        Start and end, in seconds, of a still stand; None finds one.
    reference
        ``assessment.json`` of a clip of the person's comfortable deliberate rounding.
    criteria
        TOML file with limits that replace the built-in ones.
    person
        Which person to follow, counted from the left, from 0; None chooses.
    wall
        Where the wall behind the person meets the floor, level with the heel nearer to the camera: x in the upright
        picture, as a share of its width (0 to 1) or in pixels (above 1); None where there is none.
    foot_length_cm
        Length of the person's shoe, to give the fingertips' height in centimetres too.
    video
        Whether to draw ``overlay.mp4``.
    """

    out: str | None = None
    facing: Literal["auto", "left", "right"] = "auto"
    model: ModelName = "full"
    drill: Drill = "hinge"
    from_s: float | None = None
    to_s: float | None = None
    still_s: tuple[float, float] | None = None
    reference: str | None = None
    criteria: str | None = None
    person: int | None = None
    wall: float | None = None
    foot_length_cm: float | None = None
    video: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one video is. ``frames_total`` is None where the file does not say."""

    stage: Literal["look", "measure", "draw"]
    frames_done: int
    frames_total: int | None
    elapsed_s: float


ProgressCallback = Callable[[Progress], None]
