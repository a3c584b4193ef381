"""Where the model files lie, and proof that they are the ones that everything was calibrated with."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

from hiphinge.errors import ModelError, UsageError

__all__ = ["LANDMARK_MODELS", "LandmarkModel", "find_model", "locked_sha256"]

LandmarkModel = Literal["lite", "full", "heavy"]
#: The landmark models that can be asked for.
LANDMARK_MODELS: tuple[str, ...] = get_args(LandmarkModel)

_NEXT_STEP = "install hiphinge again (the installation brings the models), then run `hiphinge doctor`"


@cache
def locked_sha256() -> dict[str, str]:
    """Return file name → sha256 of every model that belongs to this version."""
    text = (resources.files("hiphinge.pose") / "models.lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    return {name: str(part["sha256"]) for package in packages for name, part in package["files"].items()}


def find_model(name: str, *, folder: Path | None = None) -> Path:
    """Return the path of a model file after checking its hash.

    Parameters
    ----------
    name
        ``detector``, or one of ``LANDMARK_MODELS``.
    folder
        Where to look instead of inside the package.

    Raises
    ------
    UsageError
        There is no model of that name.
    ModelError
        The file is missing, or is not the one that was locked.
    """
    if name != "detector" and name not in LANDMARK_MODELS:
        raise UsageError(
            f"There is no pose model called {name!r}.",
            expected=", ".join(LANDMARK_MODELS),
            next_step="choose one of these with --model",
        )
    file_name = "pose_detector.tflite" if name == "detector" else f"pose_landmark_{name}.tflite"
    path = (folder or Path(__file__).parent / "models") / file_name
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(
            f"The pose model {path} cannot be read ({error.strerror or error}).",
            expected="a model file that came with the installation",
            next_step=_NEXT_STEP,
        ) from error
    if found != locked_sha256()[file_name]:
        raise ModelError(
            f"The pose model {path} is not the one this version was calibrated with (sha256 {found[:16]}…).",
            expected=f"sha256 {locked_sha256()[file_name][:16]}…",
            next_step=_NEXT_STEP,
        )
    return path
