"""The tables: ``frames.csv`` and ``frames.parquet``, a row per picture; ``reps.csv``, a row per bend."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import ANGLES, Array, Assessment, Grade, Measure

__all__ = [
    "FRAME_COLUMNS",
    "REP_COLUMNS",
    "frame_columns",
    "rep_rows",
    "write_frames_csv",
    "write_frames_parquet",
    "write_reps_csv",
]

#: Columns of the frame tables, in order.
FRAME_COLUMNS: tuple[str, ...] = (
    "frame",
    "time_s",
    *(f"{angle}_deg" for angle in ANGLES),
    "hip_back_ratio",
    "hip_drop_ratio",
    *(f"{angle}_{end}_deg" for angle in ANGLES for end in ("lo", "hi")),
)
#: First columns of ``reps.csv``; each measure follows with its interval and grade, e.g. ``lumbar_flexion_deg,
#: lumbar_flexion_lo_deg, lumbar_flexion_hi_deg, lumbar_flexion_grade``.
REP_COLUMNS = (
    "rep",
    "start_s",
    "bottom_s",
    "end_s",
    "has_descent",
    "has_ascent",
    "depth_deg",
)
#: Decimals in CSV by unit: far finer than the error, short enough to read.
_DECIMALS = {"s": 6, "deg": 2, "ratio": 4}
#: Unit of a measure -> end of its column's name.
_UNIT_SUFFIX = {"°": "_deg", "%": "_percent", "FL": "_fl", "s": "_s"}
_UNIT_TEXT = {"s": "second", "deg": "degree", "ratio": "foot length"}
#: A measure that several rules judge shows the grade that asks for most.
_GRADE_ORDER: tuple[Grade, ...] = ("fail", "caution", "cannot_tell", "pass", "reported")

Column = NDArray[np.int64] | Array


def frame_columns(assessment: Assessment) -> dict[str, Column]:
    """Return the columns of the frame tables, by name, in the order of ``FRAME_COLUMNS``.

    Parameters
    ----------
    assessment
        With its evidence.

    Returns
    -------
    dict
        ``frame`` is ``(n_frames,)`` int64, counted from 0 over the whole file; the others are ``(n_frames,)``
        float64, NaN where not told.

    Raises
    ------
    ValueError
        The assessment was read from JSON and has no evidence.
    """
    if assessment.evidence is None:
        raise ValueError("expected an assessment with evidence, got one without (read from JSON?)")
    motion = assessment.evidence.motion
    columns: dict[str, Column] = {
        "frame": assessment.evidence.pose.frame_index,
        "time_s": motion.time_s,
        "hip_back_ratio": motion.hip_back_ratio,
        "hip_drop_ratio": motion.hip_drop_ratio,
    }
    for angle in ANGLES:
        track = motion.angle(angle)
        columns[f"{angle}_deg"] = track.value_deg
        columns[f"{angle}_lo_deg"] = track.lo_deg
        columns[f"{angle}_hi_deg"] = track.hi_deg
    return {name: columns[name] for name in FRAME_COLUMNS}


def write_frames_csv(assessment: Assessment, path: str | Path) -> None:
    """Write ``frames.csv``; a number that is not told is an empty field."""
    columns = [_column_text(name, values) for name, values in frame_columns(assessment).items()]
    _write_csv(Path(path), FRAME_COLUMNS, zip(*columns, strict=True))


def write_frames_parquet(assessment: Assessment, path: str | Path) -> None:
    """Write ``frames.parquet``: the same columns unrounded, null where not told, units as field metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = frame_columns(assessment)
    arrays = [pa.array(values, from_pandas=True) for values in columns.values()]
    fields = [
        pa.field(name, array.type, metadata=_field_metadata(name)) for name, array in zip(columns, arrays, strict=True)
    ]
    about = {
        "hiphinge_version": assessment.provenance.hiphinge_version,
        "schema_version": assessment.schema_version,
        "interval": "lo and hi bound a 90 % interval",
    }
    pq.write_table(pa.table(arrays, schema=pa.schema(fields, metadata=about)), str(path))


def rep_rows(assessment: Assessment) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of ``reps.csv`` as text.

    Notes
    -----
    Where several rules judge one measure, the grade is the one that asks for most, in the order fail,
    caution, cannot_tell, pass, reported; it is empty where no rule judges the measure.
    """
    kinds = {measure.name: measure for measure in assessment.measures if measure.rep is not None}
    measures = {(measure.name, measure.rep): measure for measure in assessment.measures}
    grades = _grades(assessment)
    header = list(REP_COLUMNS)
    for kind in kinds.values():
        header += _measure_columns(kind)
    rows = []
    for rep in assessment.reps:
        row = [str(rep.number)]
        row += [_number_text(value, "s") for value in (rep.start_s, rep.bottom_s, rep.end_s)]
        row += [str(rep.has_descent).lower(), str(rep.has_ascent).lower(), _number_text(rep.depth_deg, "deg")]
        for name in kinds:
            row += [*_measure_texts(measures.get((name, rep.number))), grades.get((name, rep.number), "")]
        rows.append(row)
    return header, rows


def write_reps_csv(assessment: Assessment, path: str | Path) -> None:
    """Write ``reps.csv``: times, depth, and each measure with its interval and the grade of its rule."""
    header, rows = rep_rows(assessment)
    _write_csv(Path(path), header, rows)


def _write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write rows of text with plain line feeds."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _unit(name: str) -> str:
    """Return the unit that ends a column's name, "" for a count."""
    unit = name.rsplit("_", 1)[-1]
    return unit if unit in _DECIMALS else ""


def _field_metadata(name: str) -> Mapping[str, str]:
    """Return the metadata of a parquet field."""
    return {"unit": _UNIT_TEXT.get(_unit(name), "1")}


def _column_text(name: str, values: Column) -> list[str]:
    """Return a column as text, rounded to its unit's decimals."""
    unit = _unit(name)
    if not unit:
        return [str(int(value)) for value in values]
    return [_number_text(float(value), unit) for value in values]


def _number_text(value: float | None, unit: str) -> str:
    """Return a number as text without trailing zeros, "" where it is not told."""
    if value is None or not math.isfinite(value):
        return ""
    text = f"{value:.{_DECIMALS.get(unit, 4)}f}"
    text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _measure_columns(measure: Measure) -> list[str]:
    """Return the column names of a measure: value, interval, grade; the unit stays last."""
    unit = _UNIT_SUFFIX.get(measure.unit, "")
    stem = measure.name.removesuffix(unit)
    return [f"{stem}{unit}", f"{stem}_lo{unit}", f"{stem}_hi{unit}", f"{stem}_grade"]


def _measure_texts(measure: Measure | None) -> list[str]:
    """Return value, lower and upper end as text."""
    if measure is None:
        return ["", "", ""]
    return [
        _number_text(value, "deg" if measure.unit in ("°", "%") else "ratio")
        for value in (measure.value, measure.lo, measure.hi)
    ]


def _grades(assessment: Assessment) -> dict[tuple[str, int | None], str]:
    """Return the grade of each measure and rep: the one that asks for most."""
    grades: dict[tuple[str, int | None], Grade] = {}
    for finding in assessment.findings:
        key = (finding.measure, finding.rep)
        grades[key] = min(grades.get(key, finding.grade), finding.grade, key=_GRADE_ORDER.index)
    return dict(grades)
