"""Reading parts of the data set ``clips``, and keeping one row of those that say the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from hiphinge.batch.rows import clip_schema

__all__ = ["newest_rows", "one_each", "read_part", "schema_of"]


def schema_of(columns: Sequence[str]) -> Any:
    """Return these columns of ``clips`` with their types."""
    import pyarrow as pa

    schema = clip_schema()
    return pa.schema([schema.field(name) for name in columns])


def read_part(part: Path, columns: Sequence[str]) -> Any:
    """Return these columns of a part; empty where a part of an earlier day lacks them."""
    import pyarrow.dataset as ds

    return ds.dataset(part, schema=schema_of(columns), format="parquet").to_table()


def newest_rows(table: Any) -> Any:
    """Keep the newest row of each entry; a manifest that gives a film another drill leaves the older one beside it."""
    return one_each(table.sort_by("finished_utc"), "entry", "max")


def one_each(table: Any, name: str, which: Literal["min", "max"]) -> Any:
    """Keep one row for each value of a column, the first (``min``) or the last (``max``)."""
    import numpy as np
    import pyarrow as pa

    places = pa.array(np.arange(table.num_rows), type=pa.int64())
    grouped = table.select([name]).append_column("place", places).group_by(name).aggregate([("place", which)])
    return table.take(grouped[f"place_{which}"])
