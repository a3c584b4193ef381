"""The lists of a batch for people and their spreadsheets: every clip with what was told, and those without a result."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hiphinge.batch.rows import REASONS_BETWEEN
from hiphinge.batch.tables import newest_rows, read_part
from hiphinge.report.words import VIEW_TROUBLE, badge_text
from hiphinge.verdict.labels import as_shown

__all__ = ["SUMMARY", "WITHOUT_RESULT", "list_doubts", "write_lists"]

#: Every clip of the last run, a line each.
SUMMARY = "summary.csv"
#: Every clip that has no result, and why.
WITHOUT_RESULT = "without_result.csv"
_ROWS_AT_ONCE = 2_000
#: More rows than this are listed as they come, and not held.
_MOST_SORTED = 50_000
_LACKING = ("refused", "quarantined")
_LACKING_WORDS = {"refused": "No result: not a film that can be assessed", "quarantined": "No result: put aside"}
_ANGLES = ("lumbar_flexion_median", "hip_flexion_median", "hip_share_median", "trunk_lean_median")
_ENDS = ("", "_lo", "_hi")
_UNITS = {"hip_share_median": "pct"}
_NEEDED = (
    "entry", "finished_utc", "drill", "state", "name", "kind",
    "reason", "next_step", "attempts", "url", "outcome", "headline", "cue", "why", "doubts",
    "n_reps", "duration_s", "is_photograph", "folder", *(f"{name}{end}" for name in _ANGLES for end in _ENDS),
)  # fmt: skip
#: A spreadsheet takes what begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cells = Mapping[str, Any]


def write_lists(parts: Sequence[Path], folder: Path) -> dict[str, bool]:
    """Write the lists into a folder.

    Parameters
    ----------
    parts
        Of the data set ``clips``.
    folder
        Where the lists are laid.

    Returns
    -------
    dict
        By name of the list, whether anything stands in it.
    """
    names = ("state", "name", "kind", "reason", "next_step", "attempts", "url")
    with _List(folder / SUMMARY) as every, _List(folder / WITHOUT_RESULT) as lacking:
        for row in _rows(parts):
            every.add(_summarise(row))
            if row["state"] in _LACKING:
                lacking.add({name: row[name] for name in names})
    return {SUMMARY: every.has_rows, WITHOUT_RESULT: lacking.has_rows}


def list_doubts(doubts: str | None) -> list[str]:
    """Return in words what widens an answer, from the column ``doubts``."""
    return [VIEW_TROUBLE[name][1] for name in (doubts or "").split(REASONS_BETWEEN) if name in VIEW_TROUBLE]


class _List:
    """A list that is written line by line; the names of its columns are those of its first line."""

    def __init__(self, path: Path) -> None:
        # With the mark that tells spreadsheets that it is UTF-8.
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer: csv.DictWriter[str] | None = None

    @property
    def has_rows(self) -> bool:
        return self._writer is not None

    def add(self, cells: Cells) -> None:
        if self._writer is None:
            self._writer = csv.DictWriter(self._file, list(cells), lineterminator="\n")
            self._writer.writeheader()
        self._writer.writerow(_plain(cells))

    def __enter__(self) -> _List:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _rows(parts: Sequence[Path]) -> Iterator[Cells]:
    """Yield the rows; of an archive that is not very large, by address."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables: Iterator[Any]
    if parts and sum(pq.read_metadata(part).num_rows for part in parts) <= _MOST_SORTED:
        tables = iter([newest_rows(pa.concat_tables(read_part(part, _NEEDED) for part in parts)).sort_by("url")])
    else:
        tables = (read_part(part, _NEEDED) for part in parts)
    for table in tables:
        for rows in table.to_batches(_ROWS_AT_ONCE):
            yield from rows.to_pylist()


def _summarise(row: Cells) -> Cells:
    angles = {key: value for name in _ANGLES for key, value in _angle_cells(name, row).items()}
    lacks = row["state"] in _LACKING
    return {
        "name": row["name"],
        "drill": row["drill"],
        "told": _LACKING_WORDS[row["state"]] if lacks else badge_text(row["outcome"], row["headline"]),
        "headline": row["headline"],
        "cue": row["cue"],
        "why_not_told": row["reason"] if lacks else row["why"],
        "what_would_help": row["next_step"],
        "doubts": REASONS_BETWEEN.join(list_doubts(row["doubts"])),
        "reps": row["n_reps"],
        **angles,
        "length_s": None if row["duration_s"] is None or row["is_photograph"] else f"{row['duration_s']:.1f}",
        "report": f"{row['folder']}/report.html" if row["folder"] else "",
        "address": row["url"],
    }


def _angle_cells(name: str, row: Cells) -> dict[str, int | None]:
    """Return an angle with its interval in whole degrees or percents, as reports show it."""
    value, lo, hi = (row[f"{name}{end}"] for end in _ENDS)
    shown = (None,) * 3 if value is None else map(round, as_shown(name.removesuffix("_median"), value, lo, hi))
    return {f"{name}_{_UNITS.get(name, 'deg')}{end}": cell for end, cell in zip(_ENDS, shown, strict=True)}


def _plain(cells: Cells) -> dict[str, Any]:
    """Return the cells so that no spreadsheet calculates with a name or a sentence."""
    return {
        name: f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
        for name, cell in cells.items()
    }
