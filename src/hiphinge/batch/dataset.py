"""The Parquet data set of a batch: ``clips`` and ``reps``, partitioned by model and criteria.

It follows from the journal and the results and can be made again from them. Each part is named after the stretch of the
journal that it holds: after a crash that tells, partition by partition, which lines are still to come, and a part that
is written again takes the place of itself.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hiphinge.batch.faults import writing_to
from hiphinge.batch.journal import FINAL, JOURNAL_NAME, Journal, Line
from hiphinge.batch.lists import write_lists
from hiphinge.batch.private import private_folder
from hiphinge.batch.rows import clip_schema, rep_rows, rep_schema
from hiphinge.batch.urls import name_of
from hiphinge.batch.work import WORK_FOLDER, read_result
from hiphinge.disk import flush_file, flush_folder

__all__ = ["CLIPS", "REPS", "ClipTable", "describe_line", "end_of", "other_parts", "parts_of", "written_to"]

CLIPS, REPS = "clips", "reps"
#: Rows that are held before they are written.
ROWS_A_PART = 2000
#: Rows that are read at once where parts become one.
ROWS_AT_ONCE = 50_000
#: More parts than this in a partition are made one in the end.
MOST_PARTS = 16
_PART = re.compile(r"part-(\d{16})-(\d{16})\.parquet")
_STALE = ".clips-stale"

Partition = tuple[str, str]


class ClipTable:
    """Writes the data set of one batch; by one process at a time.

    Parameters
    ----------
    dest
        Folder of the batch.
    """

    def __init__(self, dest: Path) -> None:
        self._dest = dest
        self._pending: dict[Partition, dict[str, tuple[int, Line]]] = {}
        self._n_pending = 0

    def add(self, end: int, line: Line) -> None:
        """Take in a line of the journal, with where it ends there; lines that are not final have no row."""
        if line.state not in FINAL:
            return
        held = self._pending.setdefault(line.partition, {})
        held.pop(line.entry, None)  # the newest comes last
        held[line.entry] = (end, line)
        self._n_pending += 1
        if self._n_pending >= ROWS_A_PART:
            self.flush()

    def flush(self) -> None:
        """Write what is held.

        Raises
        ------
        OutputError
            It cannot be written; the journal has it all the same.
        """
        for partition, held in self._pending.items():
            lines = list(held.values())
            name = f"part-{lines[0][0]:016d}-{lines[-1][0]:016d}.parquet"
            # Repetitions first: where the clips' part is there, so is theirs.
            self._write(REPS, partition, name, list(self._reps(lines)), rep_schema())
            self._write(CLIPS, partition, name, [describe_line(line) for _, line in lines], clip_schema())
        self._pending.clear()
        self._n_pending = 0

    def catch_up(self) -> None:
        """Write the rows of lines that a run did not come to write."""
        written = {partition: written_to(self._dest, partition) for partition in _partitions(self._dest, CLIPS)}
        for end, line in Journal.read(self._dest / JOURNAL_NAME):
            if end > written.get(line.partition, 0):
                self.add(end, line)
        self.flush()

    def mark_stale(self) -> None:
        """Remember that an entry has more than one row."""
        with writing_to(self._dest):
            (self._dest / _STALE).touch()

    def rebuild(self, generation: str) -> None:
        """Make everything again from the journal and the results."""
        self.mark_stale()
        for kind in (CLIPS, REPS):
            shutil.rmtree(self._dest / kind, ignore_errors=True)
        self._pending.clear()
        self.catch_up()
        self.tidy(generation)

    def tidy(self, generation: str) -> None:
        """Leave one row for each entry, the newest, and few files; write the lists for people."""
        stale = (self._dest / _STALE).exists()
        wanted = [
            one for one in _partitions(self._dest, CLIPS) if stale or len(_parts(self._dest, CLIPS, one)) > MOST_PARTS
        ]
        if wanted:
            self.mark_stale()  # a crash from here on is made good by the next run
        for partition in wanted:
            self._compact(partition)
        with writing_to(self._dest):
            (self._dest / _STALE).unlink(missing_ok=True)
            self._write_lists(generation)

    def _reps(self, lines: Sequence[tuple[int, Line]]) -> Iterator[Mapping[str, Any]]:
        for _, line in lines:
            document = read_result(self._dest / line.folder) if line.folder else None
            if document is not None:
                start: dict[str, Any] = {"entry": line.entry, "url": line.url, "key": line.key}
                yield from (start | row for row in rep_rows(document))

    def _write(
        self, kind: str, partition: Partition, name: str, rows: Sequence[Mapping[str, Any]], schema: Any
    ) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with writing_to(self._dest), private_folder(self._dest / WORK_FOLDER) as aside:
            pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), aside / name)
            target = _folder(self._dest, kind, partition)
            target.mkdir(parents=True, exist_ok=True)
            flush_file(aside / name)
            (aside / name).replace(target / name)
            flush_folder(target)

    def _compact(self, partition: Partition) -> None:
        """Make one part of a partition's parts, with the newest row of each entry."""
        import pyarrow.parquet as pq

        newest: dict[str, str] = {}
        parts = _parts(self._dest, CLIPS, partition)
        for part in parts:
            newest.update(dict.fromkeys(pq.read_table(part, columns=["entry"])["entry"].to_pylist(), part.name))
        name = f"part-{_start_of(parts[0]):016d}-{written_to(self._dest, partition):016d}.parquet"
        with writing_to(self._dest), private_folder(self._dest / WORK_FOLDER) as aside:
            for kind, schema in ((REPS, rep_schema()), (CLIPS, clip_schema())):
                with pq.ParquetWriter(aside / kind, schema) as writer:
                    for part in _parts(self._dest, kind, partition):
                        for rows in pq.ParquetFile(part).iter_batches(ROWS_AT_ONCE):
                            writer.write_batch(_keep_newest(rows, part.name, newest))
                flush_file(aside / kind)
            # Added before anything is taken away, and taken away from the oldest on, the clips first: wherever a crash
            # falls, the newest row of each entry is told by the clips' parts that are there, and the repetitions of
            # each of these parts are there too.
            for kind in (REPS, CLIPS):
                (aside / kind).replace(_folder(self._dest, kind, partition) / name)
                flush_folder(_folder(self._dest, kind, partition))
            for kind in (CLIPS, REPS):
                for part in _parts(self._dest, kind, partition):
                    if part.name != name:
                        part.unlink()
                flush_folder(_folder(self._dest, kind, partition))

    def _write_lists(self, generation: str) -> None:
        """Write the lists of the last run's clips; one in which nothing would stand is taken away."""
        with private_folder(self._dest / WORK_FOLDER) as aside:
            for name, has_rows in write_lists(parts_of(self._dest, generation), aside).items():
                if has_rows:
                    (aside / name).replace(self._dest / name)
                else:
                    (self._dest / name).unlink(missing_ok=True)


def parts_of(dest: Path, generation: str) -> list[Path]:
    """Return the parts of ``clips`` that hold rows of a run's generation."""
    return [
        part
        for partition in _partitions(dest, CLIPS)
        if partition[1].endswith(f"-{generation[:12]}")
        for part in _parts(dest, CLIPS, partition)
    ]


def other_parts(dest: Path, generation: str) -> list[Path]:
    """Return the parts of ``clips`` of other versions, criteria or options."""
    own = set(parts_of(dest, generation))
    every = (part for partition in _partitions(dest, CLIPS) for part in _parts(dest, CLIPS, partition))
    return [part for part in every if part not in own]


def written_to(dest: Path, partition: Partition) -> int:
    """Return up to where in the journal the lines of a partition have their rows."""
    return max(map(end_of, _parts(dest, CLIPS, partition)), default=0)


def end_of(part: Path) -> int:
    """Return where in the journal the last line of a part ends."""
    found = _PART.fullmatch(part.name)
    return int(found[2]) if found else 0


def _folder(dest: Path, kind: str, partition: Partition) -> Path:
    return dest / kind / f"model={partition[0]}" / f"criteria={partition[1]}"


def _partitions(dest: Path, kind: str) -> list[Partition]:
    folders = sorted((dest / kind).glob("model=*/criteria=*"))
    return [(one.parent.name.partition("=")[2], one.name.partition("=")[2]) for one in folders]


def _parts(dest: Path, kind: str, partition: Partition) -> list[Path]:
    folder = _folder(dest, kind, partition)
    return sorted(path for path in folder.glob("*.parquet") if _PART.fullmatch(path.name))


def _start_of(part: Path) -> int:
    found = _PART.fullmatch(part.name)
    return int(found[1]) if found else 0


def _keep_newest(rows: Any, part: str, newest: Mapping[str, str]) -> Any:
    """Keep the rows of entries whose newest row stands in this part."""
    import pyarrow as pa

    return rows.filter(pa.array([newest.get(entry) == part for entry in rows["entry"].to_pylist()], type=pa.bool_()))


def describe_line(line: Line) -> dict[str, Any]:
    """Return the row of a source entry."""
    return {
        **line.row,
        "entry": line.entry,
        "url": line.url,
        "name": name_of(line.url),
        "key": line.key,
        "folder": line.folder,
        "state": line.state,
        "kind": line.kind,
        "reason": line.reason or line.row.get("reason", ""),
        "next_step": line.next_step or line.row.get("next_step", ""),
        "attempts": line.attempt,
        "wall_s": line.wall_s,
        "cpu_s": line.cpu_s,
        "worker": line.worker,
        "finished_utc": line.finished_utc,
    }
