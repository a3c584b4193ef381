"""What makes two results the same: the clip's content, the instrument that looks, the limits and the options."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from hiphinge import __version__
from hiphinge.clip.analyse import flatten_options
from hiphinge.clip.options import AssessOptions
from hiphinge.clip.settings import load_criteria

__all__ = [
    "KEY_LENGTH",
    "digest",
    "folder_of",
    "keep_reference",
    "keep_settings",
    "key_of",
    "partition_of",
    "setting_of",
]

#: Hexadecimal digits of a key: 128 bits.
KEY_LENGTH = 32
#: Where criteria and references are kept in a batch's folder, so that every worker reads the same.
_SETTINGS = "settings"


def digest(*parts: str, length: int = 64) -> str:
    """Return the SHA-256 of the parts, as so many hexadecimal digits; where one part ends matters."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:length]


@lru_cache(maxsize=4096)
def setting_of(options: AssessOptions) -> str:
    """Return a hash of everything but the content that a result follows from.

    That is the model files and their precision, spine model and calibration, the version of hiphinge, the limits, and
    every option. Not the engine's version, nor what writes the pictures of a report.

    Raises
    ------
    ConfigError
        The criteria or the reference cannot be used.
    """
    parts = {
        **_describe_instrument(options.model),
        "criteria": load_criteria(options.drill, options.criteria).as_mapping(),
        "options": flatten_options(options),
        "reference": "" if options.reference is None else _hash_file(Path(options.reference)),
        "overlay": options.video,
    }
    return digest(msgspec.json.encode(parts, order="sorted").decode())


@cache
def _describe_instrument(model: str) -> Mapping[str, Any]:
    from hiphinge.pose.runtime import PRECISION
    from hiphinge.spine import NetworkEstimator, load_calibration

    return {
        "hiphinge": __version__,
        "models": _model_files(model),
        "precision": PRECISION,
        "calibration": f"{NetworkEstimator().name}; {load_calibration().version}",
    }


def _model_files(model: str) -> Mapping[str, str]:
    from hiphinge.pose.store import locked_sha256

    return {name: locked_sha256()[name] for name in ("pose_detector.tflite", f"pose_landmark_{model}.tflite")}


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key_of(content_sha256: str, setting: str) -> str:
    """Return the name of a result: the same content under the same setting has the same."""
    return digest(content_sha256, setting, length=KEY_LENGTH)


def folder_of(key: str) -> str:
    """Return where the result of a key lies in the batch's folder.

    The folder is named by the key alone: one look tells whether the result is there, a clip that is in the archive
    twice under two names has one result, and no file name, which may be a person's, becomes the name of a
    folder. The data set says which name has which folder.
    """
    return f"videos/{key[:2]}/{key}"


def partition_of(options: AssessOptions, generation: str) -> tuple[str, str]:
    """Return the values of ``model`` and ``criteria`` under which a clip's row stands in the data set.

    Parameters
    ----------
    options
        Of the clip.
    generation
        ``setting_of`` the options of the whole run: options that a manifest gives one clip make no partition.
    """
    model = digest(*_model_files(options.model).values(), length=8)
    return f"{options.model}-{model}", f"{options.drill}-{generation[:12]}"


def keep_settings(options: AssessOptions, dest: Path) -> AssessOptions:
    """Copy the criteria and the reference that options name into the batch's folder, and name them there.

    Every worker then reads the same, also on another machine, and also when the file is changed meanwhile.

    Raises
    ------
    ConfigError, UsageError
        One of them cannot be read or used.
    """
    from hiphinge.clip.run import read_own_maximum

    load_criteria(options.drill, options.criteria)
    if options.reference is not None:
        read_own_maximum(options.reference)
    kept = {
        name: str(_keep(Path(given), dest / _SETTINGS))
        for name, given in (("criteria", options.criteria), ("reference", options.reference))
        if given is not None
    }
    return replace(options, out=None, **kept)  # type: ignore[arg-type]


def keep_reference(options: AssessOptions, dest: Path) -> AssessOptions:
    """Copy the reference that a row of a manifest names into the batch's folder, named by its content."""
    if options.reference is None or Path(options.reference).parent == dest / _SETTINGS:
        return options
    return replace(options, reference=str(_keep(Path(options.reference), dest / _SETTINGS)))


def _keep(path: Path, folder: Path) -> Path:
    data = path.read_bytes()
    target = folder / f"{hashlib.sha256(data).hexdigest()[:16]}{path.suffix}"
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{secrets.token_hex(4)}-{target.name}")
        partial.write_bytes(data)
        partial.replace(target)
    return target
