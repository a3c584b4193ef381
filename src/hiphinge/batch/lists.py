"""The lists of a batch for people and their spreadsheets: every clip with what was told, and those without a result."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from hiphinge.batch.rows import REASONS_BETWEEN
from hiphinge.report.words import VIEW_TROUBLE, badge_text
from hiphinge.verdict.labels import as_shown

__all__ = ["SUMMARY", "WITHOUT_RESULT", "say_doubts", "write_lists"]

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
    summary, lacking = folder / SUMMARY, folder / WITHOUT_RESULT
    names = ("state", "name", "kind", "reason", "next_step", "attempts", "url")
    n_rows = n_lacking = 0
    with _open(summary) as all_file, _open(lacking) as lacking_file:
        every = csv.DictWriter(all_file, _summary_columns(), lineterminator="\n")
        some = csv.DictWriter(lacking_file, names, lineterminator="\n")
        every.writeheader()
        some.writeheader()
        for row in _rows(parts):
            n_rows += 1
            every.writerow(_plain(_summarise(row)))
            if row["state"] in _LACKING:
                n_lacking += 1
                some.writerow(_plain({name: row[name] for name in names}))
    return {SUMMARY: n_rows > 0, WITHOUT_RESULT: n_lacking > 0}


def say_doubts(doubts: str | None) -> str:
    """Say what widens an answer, from the column ``doubts``."""
    names = (doubts or "").split(REASONS_BETWEEN)
    return REASONS_BETWEEN.join(VIEW_TROUBLE[name][1] for name in names if name in VIEW_TROUBLE)


def _open(path: Path) -> IO[str]:
    # With the mark that tells spreadsheets that it is UTF-8.
    return path.open("w", encoding="utf-8-sig", newline="")


def _rows(parts: Sequence[Path]) -> Iterator[Cells]:
    """Yield the rows; of an archive that is not very large, by address."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if sum(pq.read_metadata(part).num_rows for part in parts) <= _MOST_SORTED:
        tables = [pq.read_table(part, columns=_there(part), partitioning=None) for part in parts]
        if tables:
            table = pa.concat_tables(tables, promote_options="default").sort_by("finished_utc")
            newest = dict(zip(table["entry"].to_pylist(), range(table.num_rows), strict=True))
            table = table.take(list(newest.values())).sort_by("url")
            for rows in table.to_batches(_ROWS_AT_ONCE):
                yield from rows.to_pylist()
        return
    for part in parts:
        for rows in pq.ParquetFile(part).iter_batches(_ROWS_AT_ONCE, columns=_there(part)):
            yield from rows.to_pylist()


def _there(part: Path) -> list[str]:
    """Return the columns that the lists need and that a part has: one of an earlier day may lack some."""
    import pyarrow.parquet as pq

    names = set(pq.read_schema(part).names)
    return [name for name in _NEEDED if name in names]


def _summary_columns() -> list[str]:
    angles = [f"{name}_{_UNITS.get(name, 'deg')}{end}" for name in _ANGLES for end in _ENDS]
    return [
        "name", "drill", "told", "headline", "cue", "why_not_told", "what_would_help", "doubts", "reps", *angles,
        "length_s", "report", "address",
    ]  # fmt: skip


def _summarise(row: Cells) -> Cells:
    angles = {key: value for name in _ANGLES for key, value in _angle_cells(name, row).items()}
    lacks = row["state"] in _LACKING
    return {
        "name": row["name"],
        "drill": row["drill"],
        "told": _LACKING_WORDS[row["state"]] if lacks else badge_text(row["outcome"], row["headline"]),
        "headline": row["headline"],
        "cue": row["cue"],
        "why_not_told": row["reason"] if lacks else row.get("why"),
        "what_would_help": row["next_step"],
        "doubts": say_doubts(row["doubts"]),
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
