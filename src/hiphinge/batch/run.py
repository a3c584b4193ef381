"""The driver of a batch: hands out what is missing, writes down what came back, and never loses a clip in silence."""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from hiphinge import errors
from hiphinge.batch.dataset import ClipTable
from hiphinge.batch.identity import digest, folder_of, partition_of, setting_of
from hiphinge.batch.journal import JOURNAL_NAME, Journal, Known, Line, LineState
from hiphinge.batch.source import Entry, Source
from hiphinge.batch.task import Executor, Receipt, Task
from hiphinge.batch.urls import shown
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import HiphingeError

__all__ = ["BatchRun", "Tally"]

#: So often the loop looks up: for a request to stop, and to let the progress be shown.
_LOOK_S = 0.25
#: The data set is written at least so often while something comes in.
_FLUSH_EVERY_S = 60.0
#: Errors that are not the clip's: when nothing but these comes back, the batch stops.
_NOT_THE_CLIPS = ("OutputError", "ModelError", "MissingDependency", "ConfigError")


@dataclass(slots=True)
class Tally:
    """How far a run is.

    Parameters
    ----------
    total
        Entries of the source; None while that is not known.
    skipped, skipped_lacking
        Known from an earlier run; those of them that have no result.
    done, found, refused, quarantined
        By what became of them in this run; ``found``: the result was there already.
    failures
        Tries that failed.
    video_s
        Length of the videos that were assessed, seconds.
    """

    total: int | None = None
    skipped: int = 0
    skipped_lacking: int = 0
    done: int = 0
    found: int = 0
    refused: int = 0
    quarantined: int = 0
    failures: int = 0
    in_flight: int = 0
    video_s: float = 0.0
    began_s: float = field(default_factory=time.monotonic)

    @property
    def finished(self) -> int:
        """Entries that this run has brought to an end."""
        return self.done + self.found + self.refused + self.quarantined

    @property
    def n_lacking(self) -> int:
        """Entries that are over and have no result."""
        return self.skipped_lacking + self.refused + self.quarantined

    @property
    def n_results(self) -> int:
        """Entries that have a result."""
        return self.finished + self.skipped - self.n_lacking


@dataclass(frozen=True, slots=True)
class _Job:
    """An entry with what the journal calls it."""

    entry: Entry
    number: int
    name: str
    fingerprint: str
    attempt: int


class BatchRun:
    """One run over a source; the folder has to be locked by the caller.

    Parameters
    ----------
    source
        Gives the entries.
    dest
        Folder of the batch.
    options
        Of the run.
    executor
        Where the work is done.
    attempts
        So many tries a clip has before it is put aside.
    retry
        Try again what was put aside, or was not found, in an earlier run.
    limit
        At most so many clips are handed out.
    threads
        For inference, in each worker.
    on_look
        Called several times a second with how far it is.
    say
        Is told what the person at the terminal should know.
    """

    def __init__(
        self,
        source: Source,
        dest: Path,
        options: AssessOptions,
        *,
        executor: Executor,
        attempts: int = 3,
        retry: bool = False,
        limit: int | None = None,
        threads: int = 1,
        on_look: Callable[[Tally], None] = lambda _: None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._source, self._dest, self._options, self._executor = source, dest, options, executor
        self._attempts, self._retry, self._limit, self._threads = attempts, retry, limit, threads
        self._on_look, self._say = on_look, say
        self.tally = Tally()
        self.generation = setting_of(options)
        self._known, self._table = Known(), ClipTable(dest)
        self._again: deque[_Job] = deque()
        self._in_flight: dict[int, _Job] = {}
        self._held: list[tuple[_Job, Receipt]] = []
        self._stopping = False
        self._reached_end = False
        self._n_taken_back = 0

    def stop(self) -> None:
        """Hand out nothing more, and take back what waits; what is under way is finished."""
        self._stopping = True

    @property
    def was_stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopping

    @property
    def reached_end(self) -> bool:
        """Whether every entry of the source is over."""
        all_seen = self._reached_end or self.tally.total == self.tally.finished + self.tally.skipped
        return all_seen and not self._again and not self._in_flight and not self._n_taken_back

    def run(self) -> Tally:
        """Do everything that is missing.

        Raises
        ------
        OutputError
            The folder cannot be written any more; what was written stays.
        HiphingeError
            What every worker says of itself: a model that is missing, a cluster that was lost.
        """
        for _, line in Journal.read(self._dest / JOURNAL_NAME):
            self._known.add(line)
        self._table.catch_up()
        with Journal(self._dest / JOURNAL_NAME) as journal:
            try:
                self._loop(journal, self._jobs())
            finally:
                self._table.flush()
                self._table.tidy(self.generation)
        return self.tally

    def _loop(self, journal: Journal, jobs: Iterator[_Job]) -> None:
        flushed_s, taken_back = time.monotonic(), False
        while True:
            self._fill(jobs)
            if self._stopping and not taken_back:
                taken_back = True
                for number in self._executor.take_back():
                    del self._in_flight[number]
                    self._n_taken_back += 1
            if not self._in_flight:
                self._give_up_on_held()
                return
            for receipt in self._executor.wait(_LOOK_S):
                self._take(journal, receipt)
            self.tally.in_flight = len(self._in_flight)
            self._on_look(self.tally)
            if time.monotonic() - flushed_s > _FLUSH_EVERY_S:
                flushed_s = time.monotonic()
                self._table.flush()

    def _fill(self, jobs: Iterator[_Job]) -> None:
        """Keep the workers busy, and no queue longer than that."""
        while not self._stopping and len(self._in_flight) < self._executor.slots:
            job = self._again.popleft() if self._again else next(jobs, None)
            if job is None:
                return
            self._in_flight[job.number] = job
            self._executor.submit(
                Task(
                    job.number,
                    job.entry.url,
                    str(self._dest),
                    job.entry.options,
                    threads=self._threads,
                    attempt=job.attempt,
                )
            )

    def _jobs(self) -> Iterator[_Job]:
        """Yield what is missing of the source."""
        n_handed = 0
        for number, entry in enumerate(self._source()):
            if self._limit is not None and n_handed >= self._limit:
                return
            name = digest(entry.url, str(entry.nth), length=16)
            fingerprint = digest(entry.signature, setting_of(entry.options), length=16)
            state, attempt, key = self._known.state(name, self.generation, fingerprint)
            if self._is_over(state, attempt, key):
                self.tally.skipped += 1
                self.tally.skipped_lacking += state in ("refused", "quarantined")
                if self.tally.skipped % 1000 == 0:
                    self._on_look(self.tally)
                continue
            again = attempt if state == "failed" and attempt < self._attempts else 0
            n_handed += 1
            yield _Job(entry, number, name, fingerprint, again + 1)
        self._reached_end = True

    def _is_over(self, state: LineState | None, attempt: int, key: str) -> bool:
        """Tell whether there is nothing to do; a result that somebody deleted is made again."""
        if state in ("done", "found"):
            return (self._dest / folder_of(key) / "assessment.json").exists()
        return state in ("refused", "quarantined") and not self._retry

    def _take(self, journal: Journal, receipt: Receipt) -> None:
        """Write down what came of a task."""
        job = self._in_flight.pop(receipt.number)
        if receipt.state == "failed" and receipt.kind in _NOT_THE_CLIPS:
            self._held.append((job, receipt))
            if len(self._held) > max(3, self._executor.slots):
                self._give_up_on_held()
            return
        if receipt.state == "done":  # somebody can work and write, so it may be the clip after all
            held, self._held = self._held, []
            for one in held:
                self._settle(journal, *one)
        self._settle(journal, job, receipt)

    def _give_up_on_held(self) -> None:
        """Stop where nothing comes back but what is no clip's fault; nothing of it counts as a try."""
        if not self._held or self._stopping:
            return
        _, receipt = self._held[-1]
        kind: type[HiphingeError] = getattr(errors, receipt.kind)
        raise kind(receipt.reason, next_step=receipt.next_step or "Mend it and run the same command again.")

    def _settle(self, journal: Journal, job: _Job, receipt: Receipt) -> None:
        state: LineState = receipt.state
        if state == "failed":
            self.tally.failures += 1
            if job.attempt < self._attempts:
                self._again.append(replace(job, attempt=job.attempt + 1))
            else:
                state = "quarantined"
                self._say(
                    f"Put aside after {job.attempt} tries: {shown(job.entry.url)}: {receipt.kind}: {receipt.reason}"
                )
        line = self._make_line(job, receipt, state)
        end = journal.write(line)
        if self._known.add(line):
            self._table.mark_stale()
        self._table.add(end, line)
        if state != "failed":
            setattr(self.tally, state, getattr(self.tally, state) + 1)
        if state == "done":
            self.tally.video_s += float(receipt.row.get("duration_s") or 0.0)

    def _make_line(self, job: _Job, receipt: Receipt, state: LineState) -> Line:
        return Line(
            entry=job.name,
            generation=self.generation[:16],
            fingerprint=job.fingerprint,
            partition=partition_of(job.entry.options, self.generation),
            url=shown(job.entry.url),
            state=state,
            attempt=job.attempt,
            finished_utc=dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            key=receipt.key,
            folder=receipt.folder,
            row=dict(receipt.row),
            kind=receipt.kind,
            reason=receipt.reason,
            next_step=receipt.next_step,
            wall_s=round(receipt.wall_s, 3),
            cpu_s=round(receipt.cpu_s, 3),
            worker=receipt.worker,
        )
