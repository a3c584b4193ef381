"""Bands: the parts of a benchmark in which figures are told apart (view, build, clothes, arms, colours, families)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BASE_FAMILY", "FAIR_GROUPS", "YAW", "Band", "Columns", "columns_of", "make_bands"]

Columns = Mapping[str, NDArray[Any]]

#: Name of the group of bands by how far the person is turned from side-on.
YAW = "turned from side-on"
#: The family that a model may be trained on.
BASE_FAMILY = "base"
#: Groups in which no band may be more than 1.5 times the best.
FAIR_GROUPS = ("skin", "shirt", "sex", "build")

#: A turn of exactly 20° is still side-on: upper ends of yaw belong to their band.
_TO = {end: float(np.nextafter(end, 90)) for end in (10, 20, 35)}
#: Group → column and its ranges ``(label, from, below)``; a group whose column nobody has is left out.
_RANGES: tuple[tuple[str, str, tuple[tuple[str, float, float], ...]], ...] = (
    (YAW, "yaw_deg", (("0–10°", -1, _TO[10]), ("10–20°", _TO[10], _TO[20]), ("20–35°", _TO[20], _TO[35]),
                      ("35–45°", _TO[35], 46))),
    ("build", "bmi", (("BMI under 18.5", 0, 18.5), ("BMI 18.5–25", 18.5, 25), ("BMI 25–30", 25, 30),
                      ("BMI 30 and over", 30, 99))),
    ("age", "age", (("younger third", 0, 0.74), ("middle third", 0.74, 0.86), ("older third", 0.86, 2))),
    ("garment", "garment_cm", (("tight, under 0.8 cm", -9, 0.8), ("0.8–2 cm", 0.8, 2), ("loose, over 2 cm", 2, 99))),
    ("lumbar flexion", "lumbar_deg", (("arched, under −5°", -99, -5), ("−5–10°", -5, 10), ("10–35°", 10, 35),
                                      ("over 35°", 35, 180))),
    ("trunk lean", "lean_deg", (("20–45°", 20, 45), ("45–75°", 45, 75), ("over 75°", 75, 180))),
    ("skin", "skin", (("light skin", -1, 4), ("dark skin", 4, 99))),
    ("shirt", "shirt_luma", (("dark shirt", -1, 110), ("light shirt", 110, 256))),
    ("person's height in the picture", "height_px", (("under 300 px", 0, 300), ("300–450 px", 300, 450),
                                                     ("over 450 px", 450, 9999))),
    ("lens height", "lens_m", (("lens under 0.4 m", -9, 0.4), ("0.4–1.3 m", 0.4, 1.3), ("over 1.3 m", 1.3, 9))),
    ("lens", "view_angle_deg", (("long or normal, under 60°", 0, 60), ("phone, 60–75°", 60, 75),
                                ("ultra-wide, over 75°", 75, 180))),
    ("pitch", "pitch_deg", (("camera level within 10°", -1, 10), ("pitch 10–25°", 10, 25), ("pitch over 25°", 25, 91))),
    ("back hidden", "hidden_share", (("under 5 % of the low back", -1, 0.05), ("5–30 %", 0.05, 0.30),
                                     ("30–60 %", 0.30, 0.6001))),
    ("light", "exposure", (("low light", 0, 0.52), ("dim", 0.52, 0.82), ("ordinary light", 0.82, 99))),
    ("motion blur", "shake_px", (("sharp", -1, 1.5), ("blurred", 1.5, 999))),
    ("compression", "jpeg_quality", (("JPEG under 65", 0, 65), ("JPEG 65 and over", 65, 101))),
)  # fmt: skip
#: Group → column whose every value is a band.
_CHOICES: tuple[tuple[str, str], ...] = (
    ("sex", "sex"),
    ("arms", "arms"),
    ("load", "load"),
    ("phase", "phase"),
    ("company", "bystander"),
    ("in the way", "occluder"),
)
_FLAGS = {"bystander": ("alone", "a second person"), "occluder": ("nothing in front", "something in front")}


@dataclass(frozen=True, slots=True)
class Band:
    """One part of a benchmark: its group, its label, and which readings belong to it."""

    group: str
    label: str
    rows: Callable[[Columns], NDArray[np.bool_]]


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Turn truth rows into columns, ``(n,)`` each; what a row does not know is NaN or ""."""
    numbers = ("bmi", "age", "garment_cm", "skin", "shirt_luma", "lens_m", "view_angle_deg", "exposure", "shake_px",
               "jpeg_quality", "hidden_share")  # fmt: skip
    columns: dict[str, NDArray[Any]] = {name: _numbers([row.get(name) for row in rows]) for name in numbers}
    columns["yaw_deg"] = np.abs(_numbers([row.get("yaw_deg") for row in rows]))
    columns["pitch_deg"] = np.abs(_numbers([row.get("pitch_deg") for row in rows]))
    columns["lumbar_deg"] = _numbers([row.get("lumbar_flexion") for row in rows])
    columns["lean_deg"] = _numbers([row.get("trunk_lean") for row in rows])
    columns["height_px"] = _numbers([_height_px(row) for row in rows])
    for name in ("sex", "arms", "load", "phase", "family"):
        columns[name] = np.array([str(row.get(name) or "") for row in rows], dtype="U24")
    for name, (no, yes) in _FLAGS.items():
        words = [(yes if row[name] else no) if name in row else "" for row in rows]
        columns[name] = np.array(words, dtype="U24")
    return columns


def _numbers(values: Sequence[Any]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else float(value) for value in values], dtype=float)


def _height_px(row: Mapping[str, Any]) -> float | None:
    box = row.get("box_px")
    return None if box is None else float(box[3]) - float(box[1])


def make_bands(columns: Columns) -> list[Band]:
    """Return the bands that the readings know something about; families first the known one, then those held out."""
    bands = [
        Band(group, label, _between(column, low, high))
        for group, column, ranges in _RANGES
        if np.isfinite(columns[column]).any()
        for label, low, high in ranges
    ]
    for group, column in _CHOICES:
        values = [str(value) for value in np.unique(columns[column]) if value]
        if len(values) > 1:
            bands += [Band(group, value.replace("_", " "), _equal(column, value)) for value in values]
    return bands + _family_bands(columns)


def _family_bands(columns: Columns) -> list[Band]:
    families = [str(value) for value in np.unique(columns["family"]) if value]
    unseen = [family for family in families if family != BASE_FAMILY]
    bands = [Band("family", BASE_FAMILY, _equal("family", BASE_FAMILY))] if BASE_FAMILY in families else []
    bands += [Band("family", f"held out: {family.replace('_', ' ')}", _equal("family", family)) for family in unseen]
    if unseen:
        bands.append(Band("family", "all held out", lambda c: np.asarray(c["family"] != BASE_FAMILY)))
    return bands


def _between(column: str, low: float, high: float) -> Callable[[Columns], NDArray[np.bool_]]:
    return lambda columns: np.asarray((columns[column] >= low) & (columns[column] < high))


def _equal(column: str, value: str) -> Callable[[Columns], NDArray[np.bool_]]:
    return lambda columns: np.asarray(columns[column] == value)
