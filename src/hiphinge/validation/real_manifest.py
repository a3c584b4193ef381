"""Hand-labelled clips: the manifest that names them, and which of them show the same person."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal, cast

from hiphinge.errors import ConfigError, InputNotFound, NotAVideo, UsageError
from hiphinge.model import Facing

__all__ = ["Label", "LabelledClip", "find_pairs", "parse_pair", "read_manifest"]

Label = Literal["round", "flat", "unclear"]
#: Words of the column ``label_hinge``, and what they mean here.
_LABELS: Mapping[str, Label] = {
    "round": "round", "rounded": "round",
    "good": "flat", "flat": "flat", "neutral": "flat",
    "unclear": "unclear", "unknown": "unclear", "": "unclear",
}  # fmt: skip
_FACINGS: Mapping[str, Facing | None] = {"left": "left", "right": "right", "none": None, "unknown": None, "": None}
_REQUIRED = ("file", "label_hinge")


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One row of a manifest.

    ``view`` and ``movement`` are lower case, "" where not given; ``facing`` is None where nobody said; ``body_visible``
    says in words what the picture cuts off; clips with the same ``person`` or the same ``pair`` show one person.
    """

    file: str
    path: Path
    movement: str
    view: str
    facing: Facing | None
    label: Label
    body_visible: str = ""
    person: str = ""
    pair: str = ""

    @property
    def is_side(self) -> bool:
        """Whether the label calls it a side view."""
        return self.view == "side"

    @property
    def is_deadlift(self) -> bool:
        """Whether the label calls it a deadlift of any kind."""
        return "deadlift" in self.movement


def read_manifest(path: str | Path) -> tuple[LabelledClip, ...]:
    """Read the manifest of a folder of hand-labelled clips.

    Parameters
    ----------
    path
        CSV file with a header. ``file`` (relative to the manifest) and ``label_hinge`` (good, flat, neutral; round,
        rounded; unclear or empty) must be there; ``movement``, ``view`` (side, oblique, front ...), ``facing`` (left,
        right, none), ``body_visible``, ``person`` and ``pair`` may be. Further columns are ignored.

    Returns
    -------
    tuple of LabelledClip
        In the order of the file.

    Raises
    ------
    InputNotFound
        There is no manifest, or a clip that it names is not there.
    ConfigError
        A column is missing, a value is not known, or a clip is named twice; with its line.
    """
    path = Path(path)
    reader = csv.DictReader(io.StringIO(text := _read_text(path), newline=""), delimiter=_delimiter_of(text))
    columns = [(name or "").strip() for name in reader.fieldnames or ()]
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise ConfigError(
            f"{path}, line 1: there is no column {missing[0]!r}, only {', '.join(columns) or 'an empty file'}.",
            expected=f"a CSV file whose header names {' and '.join(_REQUIRED)}",
            next_step="Add the column, or check that this is the manifest.",
        )
    reader.fieldnames = columns
    clips: dict[str, LabelledClip] = {}
    for row in reader:
        values = {name: (row.get(name) or "").strip() for name in columns}
        if not any(values.values()):
            continue
        clip = _read_row(values, path, line=reader.line_num)
        if clip.file in clips:
            raise ConfigError(
                f"{path}, line {reader.line_num}: the clip {clip.file!r} is named twice.", expected="one line for each"
            )
        clips[clip.file] = clip
    if not clips:
        raise ConfigError(f"{path} names no clip.", expected="one line for each clip below the header")
    return tuple(clips.values())


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputNotFound(
            f"There is no manifest {path}.", expected="a CSV file", next_step="Check the path."
        ) from None
    except IsADirectoryError:
        raise NotAVideo(
            f"{path} is a folder.", expected="the CSV file that names its clips", next_step="Give the manifest itself."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The manifest {path} cannot be read: {error}.", expected="a CSV file in UTF-8") from None


def _delimiter_of(text: str) -> str:
    """Spreadsheets of half of Europe write semicolons."""
    header = text.partition("\n")[0]
    return ";" if ";" in header and "," not in header else ","


def _read_row(values: Mapping[str, str], manifest: Path, *, line: int) -> LabelledClip:
    where = f"{manifest}, line {line}"
    if not values["file"]:
        raise ConfigError(f"{where}: the column 'file' is empty.", expected="the name of a clip")
    clip = manifest.parent / values["file"]
    if not clip.is_file():
        raise InputNotFound(
            f"{where}: there is no file {values['file']!r} in {manifest.parent}.",
            expected="a video or photograph beside the manifest",
            next_step="Put the clip there, or take its line out.",
        )
    for column, known in (("label_hinge", _LABELS), ("facing", _FACINGS)):
        if values.get(column, "").lower() not in known:
            raise ConfigError(
                f"{where}: {column} is {values[column]!r}.",
                expected=f"one of {', '.join(word for word in cast(Mapping[str, object], known) if word)}, or nothing",
            )
    return LabelledClip(
        file=values["file"],
        path=clip,
        movement=values.get("movement", "").lower(),
        view=values.get("view", "").lower(),
        facing=_FACINGS[values.get("facing", "").lower()],
        label=_LABELS[values["label_hinge"].lower()],
        body_visible=values.get("body_visible", "").lower(),
        person=values.get("person", ""),
        pair=values.get("pair", ""),
    )


def parse_pair(text: str) -> tuple[str, str]:
    """Read ``ROUND:FLAT`` into the names of two clips.

    Raises
    ------
    UsageError
        It is not two names with one colon between them.
    """
    rounded, _, flat = (part.strip() for part in text.partition(":"))
    if not rounded or not flat or ":" in flat:
        raise UsageError(
            f"--pair is {text!r}.",
            expected="two clips of one person, the rounded one first, for example --pair round.mp4:flat.mp4",
        )
    return rounded, flat


def find_pairs(clips: Sequence[LabelledClip], named: Iterable[tuple[str, str]] = ()) -> tuple[tuple[str, str], ...]:
    """List every pair of a rounded and a flat clip of the same person.

    Parameters
    ----------
    clips
        The manifest.
    named
        Further pairs (rounded, flat) by file.

    Returns
    -------
    tuple of tuple
        Files (rounded, flat), each pair once: first those named, then those that share ``pair`` or ``person``.

    Raises
    ------
    UsageError
        A named clip is not in the manifest, or its label says the opposite of its place in the pair.
    """
    by_file = {clip.file: clip for clip in clips}
    found = [_check_pair(pair, by_file) for pair in named]
    for column in ("pair", "person"):
        groups: dict[str, list[LabelledClip]] = {}
        for clip in clips:
            if getattr(clip, column):
                groups.setdefault(getattr(clip, column), []).append(clip)
        for group in groups.values():
            rounded = [clip.file for clip in group if clip.label == "round"]
            flat = [clip.file for clip in group if clip.label == "flat"]
            found.extend(product(rounded, flat))
    return tuple(dict.fromkeys(found))


def _check_pair(pair: tuple[str, str], by_file: Mapping[str, LabelledClip]) -> tuple[str, str]:
    opposite: tuple[Label, Label] = ("flat", "round")
    for file, label, place in zip(pair, opposite, ("rounded", "flat"), strict=True):
        if file not in by_file:
            raise UsageError(
                f"The pair {pair[0]}:{pair[1]} names {file!r}, which is not in the manifest.",
                expected="two names from its column 'file'",
            )
        if by_file[file].label == label:
            raise UsageError(
                f"The pair {pair[0]}:{pair[1]} calls {file!r} the {place} one, but its label is {label!r}.",
                expected="the rounded clip first, then the flat one: ROUND:FLAT",
            )
    return pair
