"""The rows of a batch's last run as they stand: also while it goes on, and after it was killed. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hiphinge.batch.dataset import describe_line, end_of, other_parts, parts_of
from hiphinge.batch.journal import FINAL, JOURNAL_NAME, Journal
from hiphinge.batch.start import About
from hiphinge.batch.tables import newest_rows, one_each, read_part, schema_of

__all__ = ["count_earlier", "read_rows", "unique_results"]

#: A driver that makes parts one takes away what was about to be read; then it is read anew.
_TRIES = 5


def read_rows(dest: Path, about: About, columns: Sequence[str]) -> Any:
    """Return the newest row of each entry.

    Parameters
    ----------
    dest
        Folder of the batch.
    about
        The run that counts.
    columns
        Of ``clips``; ``entry`` and ``finished_utc`` come with them.

    Returns
    -------
    pyarrow.Table
        In no particular order.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            return newest_rows(_read(dest, about, ["entry", "finished_utc", *columns]))
        except FileNotFoundError:
            if attempt == _TRIES:
                raise
    raise AssertionError


def count_earlier(dest: Path, about: About) -> int:
    """Return how many rows are of other versions, criteria or options."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(part).num_rows for part in other_parts(dest, about.generation))


def unique_results(table: Any) -> Any:
    """Return a row for each different result: a copy, or a film that was moved, counts once."""
    return one_each(table, "key", "min")


def _read(dest: Path, about: About, columns: list[str]) -> Any:
    import pyarrow as pa

    parts = parts_of(dest, about.generation)
    tables = [schema_of(columns).empty_table(), *(read_part(part, columns) for part in parts)]
    if not about.ended_utc:
        tables.append(pa.Table.from_pylist(_unwritten(dest, about, parts), schema=schema_of(columns)))
    return pa.concat_tables(tables)


def _unwritten(dest: Path, about: About, parts: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the rows that stand in the journal and not yet in the data set."""
    ends: dict[tuple[str, str], int] = {}
    for part in parts:
        partition = (part.parent.parent.name.partition("=")[2], part.parent.name.partition("=")[2])
        ends[partition] = max(ends.get(partition, 0), end_of(part))
    return [
        describe_line(line)
        for end, line in Journal.read(dest / JOURNAL_NAME)
        if line.generation == about.generation[:16] and line.state in FINAL and end > ends.get(line.partition, 0)
    ]
