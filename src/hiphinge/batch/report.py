"""What a batch found, as one table: verdicts, doubts, what could not be told and why, failures, spreads, throughput."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hiphinge.batch.lists import SUMMARY, WITHOUT_RESULT, list_doubts
from hiphinge.batch.lock import is_locked
from hiphinge.batch.rows import REASONS_BETWEEN
from hiphinge.batch.standing import count_earlier, read_rows, unique_results
from hiphinge.batch.start import About, read_about
from hiphinge.report.words import badge_text
from hiphinge.verdict.headlines import NOTICE

__all__ = ["ANGLES", "LEAST_FOR_SPREAD", "OTHERS", "BatchReport", "Spread", "Untold", "make_report"]

#: Column → what it is called, and its unit; with an interval each.
ANGLES: Mapping[str, tuple[str, str]] = {
    "lumbar_flexion_median": ("lumbar flexion, middle rep", "°"),
    "lumbar_flexion_worst": ("lumbar flexion, most rounded rep", "°"),
    "hip_flexion_median": ("hip flexion, middle rep", "°"),
    "hip_share_median": ("hip share of the bend, middle rep", "%"),
    "trunk_lean_median": ("trunk lean, middle rep", "°"),
}
#: The same without an interval; ``wall_s`` of what was assessed and not found.
OTHERS: Mapping[str, tuple[str, str]] = {
    "n_reps": ("reps in a film", ""),
    "duration_s": ("length of a film", "s"),
    "wall_s": ("time that a worker took", "s"),
}
#: Fewer clips than this have no spread.
LEAST_FOR_SPREAD = 5
#: So many clips that could not be told are named; all stand in the list.
MOST_NAMED = 10
_RESULTS = ("done", "found")
#: Kinds of error in words; what was not foreseen keeps its name.
_KINDS = {
    "InputNotFound": "it is not there",
    "NotAVideo": "it is no film",
    "VideoUnreadable": "no picture of it can be read",
    "VideoUnsupported": "a film that is not supported",
    "UsageError": "its own options do not fit it",
    "WorkerDied": "the worker died while it was on it",
    "TimedOut": "it took too long",
}
State = Literal["running", "killed", "unknown", "stopped", "ended"]


@dataclass(frozen=True, slots=True)
class Spread:
    """How one number is spread over clips: 1 in 10 lies below ``p10``, half below ``p50``, 1 in 10 above ``p90``.

    ``half_width`` is the middle clip's 90 % interval, ± so much; None for what has none.
    """

    label: str
    unit: str
    n: int
    p10: float
    p50: float
    p90: float
    half_width: float | None


@dataclass(frozen=True, slots=True)
class Untold:
    """A clip that could not be told: why in a few words, what would help, and where its report lies."""

    name: str
    why: str
    next_step: str
    report: str


@dataclass(frozen=True, slots=True)
class BatchReport:
    """The summary of a batch.

    Parameters
    ----------
    about
        The last run; only what was made as it was made counts.
    state
        ``killed``: it neither runs nor came to an end; ``unknown``: it came to no end, and the disk does not tell
        whether it runs.
    n_rows
        Entries that are over; with those of an earlier source that had the same settings.
    n_results
        Different results among them: a copy, or a film that was moved, counts once.
    n_copies, n_lacking
        Entries with the result of another one; without a result.
    n_earlier
        Rows of earlier versions, criteria or options, which are not counted here.
    outcomes, doubts, untold, lacking
        Counts of results: by verdict, as a report's badge says it; of those that are told, by what widens them; of
        those that are not, by what decided that. Counts of entries without a result, by what was amiss.
    named
        The first clips that could not be told.
    spreads
        See ``ANGLES``, of clips that are told, and ``OTHERS``; every angle is an estimate.
    video_min, worker_min
        Minutes of video that have a result, and that workers took for them.
    summary, without_result
        Where the lists lie; "" where there is none that is up to date.
    """

    about: About
    state: State
    n_rows: int
    n_results: int
    n_copies: int
    n_lacking: int
    n_earlier: int
    outcomes: Mapping[str, int]
    doubts: Mapping[str, int]
    untold: Mapping[str, int]
    lacking: Mapping[str, int]
    named: tuple[Untold, ...]
    spreads: tuple[Spread, ...]
    video_min: float
    worker_min: float
    summary: str
    without_result: str
    notice: str = NOTICE


def make_report(dest: Path) -> BatchReport:
    """Read a batch's data set and count; while it runs, what stands in the journal too.

    Raises
    ------
    InputNotFound
        There is no batch.
    """
    about = read_about(dest)
    table = read_rows(dest, about, _columns())
    with_result = _keep(table, "state", _RESULTS)
    results = unique_results(with_result)
    told = _pick(results, [outcome != "cannot_tell" for outcome in results["outcome"].to_pylist()])
    untold = _keep(results, "outcome", ("cannot_tell",))
    lacking = _keep(table, "state", ("refused", "quarantined"))
    worked = _keep(table, "state", ("done",))
    ended = bool(about.ended_utc)
    return BatchReport(
        about=about,
        state=_state(dest, about),
        n_rows=table.num_rows,
        n_results=results.num_rows,
        n_copies=with_result.num_rows - results.num_rows,
        n_lacking=lacking.num_rows,
        n_earlier=count_earlier(dest, about),
        outcomes=_count(map(badge_text, results["outcome"].to_pylist(), results["headline"].to_pylist())),
        doubts=_count(doubt for text in told["doubts"].to_pylist() for doubt in list_doubts(text)),
        untold=_count(why for text in untold["why"].to_pylist() for why in (text or "").split(REASONS_BETWEEN) if why),
        lacking=_count(map(_say_kind, lacking["state"].to_pylist(), lacking["kind"].to_pylist())),
        named=tuple(_name(row) for row in untold.sort_by("name").slice(0, MOST_NAMED).to_pylist()),
        spreads=(*_spread_angles(told), *_spread_others(results, worked)),
        video_min=_total(worked, "duration_s") / 60,
        worker_min=_total(worked, "wall_s") / 60,
        summary=_listed(dest, SUMMARY) if ended else "",
        without_result=_listed(dest, WITHOUT_RESULT) if ended else "",
    )


def _columns() -> list[str]:
    angles = [f"{name}{end}" for name in ANGLES for end in ("", "_lo", "_hi")]
    return [
        "name", "state", "key", "folder", "kind", "outcome", "headline", "why", "next_step", "doubts", "is_photograph",
        *angles, *OTHERS,
    ]  # fmt: skip


def _state(dest: Path, about: About) -> State:
    if about.ended_utc:
        return "stopped" if about.stopped else "ended"
    locked = is_locked(dest)
    if locked is None:
        return "unknown"
    return "running" if locked else "killed"


def _listed(dest: Path, name: str) -> str:
    return str(dest / name) if (dest / name).is_file() else ""


def _say_kind(state: str, kind: str) -> str:
    return f"{'refused' if state == 'refused' else 'put aside'}: {_KINDS.get(kind, kind)}"


def _name(row: Mapping[str, Any]) -> Untold:
    return Untold(row["name"], row["why"] or "", row["next_step"] or "", f"{row['folder']}/report.html")


def _pick(table: Any, wanted: Sequence[bool]) -> Any:
    import pyarrow as pa

    return table.filter(pa.array(wanted, type=pa.bool_()))


def _keep(table: Any, name: str, values: Iterable[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table[name], value_set=pa.array(list(values))))


def _count(values: Iterable[str]) -> Mapping[str, int]:
    return dict(Counter(values).most_common())


def _spread_angles(told: Any) -> Iterator[Spread]:
    import pyarrow.compute as pc

    for name, (label, unit) in ANGLES.items():
        rows = told.filter(pc.is_valid(told[name]))
        if rows.num_rows >= LEAST_FOR_SPREAD:
            widths = pc.divide(pc.subtract(rows[f"{name}_hi"], rows[f"{name}_lo"]), 2.0)
            yield _spread(label, unit, rows[name], pc.quantile(widths, q=0.5)[0].as_py())


def _spread_others(results: Any, worked: Any) -> Iterator[Spread]:
    import pyarrow.compute as pc

    for name, (label, unit) in OTHERS.items():
        rows = worked if name == "wall_s" else results.filter(pc.invert(results["is_photograph"]))
        column = rows[name].drop_null()
        if len(column) >= LEAST_FOR_SPREAD:
            yield _spread(label, unit, column, None)


def _spread(label: str, unit: str, column: Any, half_width: float | None) -> Spread:
    import pyarrow.compute as pc

    p10, p50, p90 = pc.quantile(column, q=[0.1, 0.5, 0.9]).to_pylist()
    return Spread(label, unit, len(column), p10, p50, p90, half_width)


def _total(table: Any, name: str) -> float:
    import pyarrow.compute as pc

    return float(pc.sum(table[name]).as_py() or 0.0)
