"""What a batch found, as one table: verdicts, what could not be told and why, failures, distributions, throughput."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hiphinge.batch.dataset import CLIPS, WITHOUT_RESULT
from hiphinge.batch.rows import REASONS_BETWEEN
from hiphinge.batch.start import About, read_about
from hiphinge.verdict.headlines import NOTICE

__all__ = ["DISTRIBUTIONS", "BatchReport", "Spread", "make_report"]

#: Column → what it is called, and its unit.
DISTRIBUTIONS: Mapping[str, tuple[str, str]] = {
    "lumbar_flexion_median": ("lumbar flexion, median rep", "°"),
    "lumbar_flexion_worst": ("lumbar flexion, most rounded rep", "°"),
    "hip_flexion_median": ("hip flexion, median rep", "°"),
    "hip_share_median": ("hip share of the bend, median rep", "%"),
    "trunk_lean_median": ("trunk lean, median rep", "°"),
    "n_reps": ("reps", ""),
    "duration_s": ("length of the clip", "s"),
    "answered_ratio": ("share of the frames that could be answered", ""),
    "wall_s": ("time that a worker took", "s"),
}


@dataclass(frozen=True, slots=True)
class Spread:
    """How one number is spread over the clips that tell it: 10, 50 and 90 % lie below."""

    label: str
    unit: str
    n: int
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class BatchReport:
    """The summary of a batch.

    Parameters
    ----------
    about
        The last run; only what was made as it was made counts.
    n_entries, n_results
        Entries of the source that are over, and different clips among them that have a result.
    n_earlier
        Rows of earlier versions, criteria or options, which are not counted here.
    states, outcomes, gates, reasons
        Counts: by state; by verdict; by what of the view allowed no answer, of the clips without one; by kind of error
        of those without a result.
    spreads
        See ``DISTRIBUTIONS``; every angle is an estimate.
    video_min, worker_min
        Minutes of video that have a result, and that workers took for them.
    """

    about: About
    n_entries: int
    n_results: int
    n_earlier: int
    states: Mapping[str, int]
    outcomes: Mapping[str, int]
    gates: Mapping[str, int]
    reasons: Mapping[str, int]
    spreads: tuple[Spread, ...]
    video_min: float
    worker_min: float
    without_result: str
    notice: str = NOTICE


def make_report(dest: Path) -> BatchReport:
    """Read a batch's data set and count.

    Raises
    ------
    InputNotFound
        There is no batch.
    """
    about = read_about(dest)
    table, n_earlier = _read(dest, about)
    told = table["state"].to_pylist()
    has_result = [state in ("done", "found") for state in told]
    outcomes = table["outcome"].to_pylist()
    gates = table["gates"].to_pylist()
    assessed = _pick(table, has_result)
    worked = _pick(table, [state == "done" for state in told])
    listed = dest / WITHOUT_RESULT
    return BatchReport(
        about=about,
        n_entries=table.num_rows,
        n_results=len(set(assessed["key"].to_pylist())),
        n_earlier=n_earlier,
        states=_count(iter(told)),
        outcomes=_count(outcome for outcome, there in zip(outcomes, has_result, strict=True) if there),
        gates=_count(
            gate
            for outcome, text in zip(outcomes, gates, strict=True)
            if outcome == "cannot_tell"
            for gate in (text or "the estimate leaves several answers open").split(REASONS_BETWEEN)
        ),
        reasons=_count(
            f"{state}: {kind}"
            for state, kind, there in zip(told, table["kind"].to_pylist(), has_result, strict=True)
            if not there
        ),
        spreads=tuple(_spreads(assessed, worked)),
        video_min=_total(worked, "duration_s") / 60,
        worker_min=_total(worked, "wall_s") / 60,
        without_result=str(listed) if listed.is_file() else "",
    )


def _read(dest: Path, about: About) -> tuple[Any, int]:
    """Return the rows of the last run's generation, and how many others there are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from hiphinge.batch.rows import clip_schema

    columns = ["state", "key", "kind", "outcome", "gates", *DISTRIBUTIONS]
    schema = pa.schema([clip_schema().field(name) for name in columns])
    tables, n_earlier = [schema.empty_table()], 0
    for part in sorted((dest / CLIPS).glob("model=*/criteria=*/part-*.parquet")):
        if part.parent.name.endswith(f"-{about.generation[:12]}"):
            tables.append(pq.read_table(part, columns=columns, partitioning=None).cast(schema))
        else:
            n_earlier += pq.read_metadata(part).num_rows
    return pa.concat_tables(tables), n_earlier


def _pick(table: Any, wanted: Sequence[bool]) -> Any:
    import pyarrow as pa

    return table.filter(pa.array(wanted, type=pa.bool_()))


def _count(values: Iterator[str]) -> Mapping[str, int]:
    return dict(Counter(values).most_common())


def _spreads(assessed: Any, worked: Any) -> Iterator[Spread]:
    import pyarrow.compute as pc

    for name, (label, unit) in DISTRIBUTIONS.items():
        column = (worked if name == "wall_s" else assessed)[name].drop_null()
        if len(column):
            p10, p50, p90 = pc.quantile(column, q=[0.1, 0.5, 0.9]).to_pylist()
            yield Spread(label, unit, len(column), p10, p50, p90)


def _total(table: Any, name: str) -> float:
    import pyarrow.compute as pc

    return float(pc.sum(table[name]).as_py() or 0.0)
