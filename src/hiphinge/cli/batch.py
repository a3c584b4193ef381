"""``hiphinge batch``: many videos, on this machine or on a cluster, and what came of them."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from hiphinge.cli import arguments
from hiphinge.cli.guard import INTERRUPTED, LACKING, guarded, say, write_out
from hiphinge.cli.settings import build_options

if TYPE_CHECKING:
    from hiphinge.batch.run import BatchRun, Tally
    from hiphinge.batch.source import Source
    from hiphinge.batch.task import Executor
    from hiphinge.cli.batch_progress import Watcher

__all__ = ["batch_app", "stopping"]


class _RunUnlessNamed(TyperGroup):
    """A group in which what is no command is the source of ``run``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and not set(args) & {"-h", "--help"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


batch_app = typer.Typer(
    name="batch",
    cls=_RunUnlessNamed,
    no_args_is_help=True,
    help="Assess an archive: hiphinge batch SOURCE --out DEST is short for hiphinge batch run SOURCE --out DEST, and\n"
    "hiphinge batch report DEST counts what came of it. A folder called run, report or forget is ./run, and so on.",
)
Workers = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Worker processes on this machine, one thread each. Default: one a core."),
]


@batch_app.command("run", epilog="Example: hiphinge batch films --out results --workers 8")
def run(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="Folder, pattern ('films/*.mp4'), manifest (.csv, .parquet), or a URL such as s3://bucket/films.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DEST", help="Folder of the batch; an earlier one is gone on with.")],
    workers: Workers = None,
    cluster: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Let a Dask cluster do it: tcp://HOST:PORT or tls://HOST:PORT.")
    ] = "",
    attempts: Annotated[
        int, typer.Option(metavar="N", min=1, max=20, help="Tries that a clip has before it is put aside.")
    ] = 3,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try again what was put aside or refused in an earlier run.")
    ] = False,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Do at most so many clips.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help=f"End with exit code {LACKING} where a clip has no result.")
    ] = False,
    timeout_s: Annotated[
        float | None,
        typer.Option("--timeout", metavar="S", min=1, help="On this machine: a clip that takes longer is given up."),
    ] = None,
    facing: arguments.Facing = None,
    model: arguments.Model = None,
    drill: arguments.Drill = None,
    from_s: arguments.From = None,
    to_s: arguments.To = None,
    still_s: arguments.Still = None,
    reference: arguments.Reference = None,
    criteria: arguments.Criteria = None,
    person: arguments.Person = None,
    wall: arguments.Wall = None,
    foot_length_cm: arguments.FootLength = None,
    video: Annotated[bool, typer.Option("--video/--no-video", help="Draw overlay.mp4. Default: no.")] = False,
) -> None:
    """Assess every clip of a source: a result folder each, and a Parquet data set of all.

    What has a result is not done again, so the same command goes on after Ctrl-C, a crash or a power cut, and does what
    is new. A clip that cannot be assessed never stops the others; summary.csv says what came of each.
    """
    given = {
        "facing": facing, "model": model, "drill": drill, "from_s": from_s, "to_s": to_s, "still_s": still_s,
        "reference": reference, "criteria": criteria, "person": person, "wall": wall,
        "foot_length_cm": foot_length_cm, "video": video,
    }  # fmt: skip
    with guarded():
        from hiphinge.batch.identity import keep_settings
        from hiphinge.batch.run import BatchRun
        from hiphinge.batch.source import list_source
        from hiphinge.batch.start import note_end, note_run, open_batch
        from hiphinge.cli.batch_progress import watch_batch
        from hiphinge.errors import InputNotFound, UsageError

        if cluster and (workers is not None or timeout_s is not None):
            raise UsageError(
                "--workers and --timeout are for this machine.",
                expected="neither of them beside --cluster, whose workers somebody else starts",
                next_step="Leave them out.",
            )
        options = build_options(given)
        dest = out.absolute()
        # Before anything is written: a source that is not there leaves no folder behind.
        list_source(source, options, dest=dest)
        with open_batch(dest), watch_batch() as watcher:
            options = keep_settings(options, dest)
            entries = list_source(source, options, dest=dest, say=watcher.say)
            if next(iter(entries()), None) is None:
                raise InputNotFound(
                    f"No clip was found in {source!r}.",
                    expected="files that end in .mp4, .mov, .jpg or another known ending",
                    next_step="Check the path; docs/batch.md says what is left out.",
                )
            note_run(dest, source, options)
            executor = _make_executor(cluster, dest, workers, timeout_s, watcher)
            try:
                batch = BatchRun(
                    entries, dest, options, executor=executor, attempts=attempts, retry=retry, limit=limit,
                    on_look=watcher.look, say=watcher.say,
                )  # fmt: skip
                _count_beside(entries, batch.tally, limit)
                with stopping(batch, watcher):
                    tally = batch.run()
                total = tally.finished + tally.skipped if batch.reached_end else tally.total
                note_end(dest, stopped=not batch.reached_end, n_entries=total)
            except BaseException:
                executor.close(cancel=True)
                raise
            executor.close()
        raise typer.Exit(_tell(tally, batch, dest, strict=strict))


def _make_executor(
    cluster: str, dest: Path, workers: int | None, timeout_s: float | None, watcher: Watcher
) -> Executor:
    if cluster:
        from hiphinge.batch.cluster import ClusterExecutor

        return ClusterExecutor(cluster, dest, say=watcher.say)
    from hiphinge.batch.pool import PoolExecutor

    return PoolExecutor(workers or _cores(), timeout_s=timeout_s)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _count_beside(entries: Source, tally: Tally, limit: int | None) -> None:
    """Count the source while the work has begun: listing millions of files takes minutes."""

    def count() -> None:
        try:
            tally.total = sum(1 for _ in entries())
        except Exception:  # the driver lists it too, and says what is amiss
            tally.total = None

    if limit is None:
        threading.Thread(target=count, daemon=True).start()


@contextmanager
def stopping(batch: BatchRun, watcher: Watcher) -> Iterator[None]:
    """Let the first Ctrl-C end the work after the clips that are under way, and the second at once."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        if batch.was_stopped:
            raise KeyboardInterrupt
        batch.stop()
        watcher.say("Stopping after the clips that are under way; Ctrl-C again leaves at once.")

    # SIGTERM is how SLURM, systemd and containers ask.
    before = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(tally: Tally, batch: BatchRun, dest: Path, *, strict: bool) -> int:
    """Say in the end what there is, and return the exit code."""
    from hiphinge.batch.lists import SUMMARY, WITHOUT_RESULT
    from hiphinge.cli.batch_progress import describe_end

    stopped = batch.was_stopped and not batch.reached_end
    if stopped:
        say(f"Stopped at {describe_end(tally)}. What is done is kept; the same command goes on.")
    else:
        write_out(f"{describe_end(tally)}.")
    if tally.n_lacking:
        write_out(f"Which have none, and why: {dest / WITHOUT_RESULT}")
    write_out(f"Every clip: {dest / SUMMARY}")
    write_out(f"Counted: hiphinge batch report {dest}")
    if stopped:
        return INTERRUPTED
    return LACKING if strict and tally.n_lacking else 0


@batch_app.command(epilog="Example: hiphinge batch report results")
def report(
    dest: Annotated[Path, typer.Argument(metavar="DEST", help="Folder that was given with --out.")],
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="First make the Parquet data set again from the journal and the results.")
    ] = False,
    as_json: arguments.Json = False,
) -> None:
    """Count what came of a batch: verdicts, what could not be told and why, failures, distributions, throughput.

    Only results of the last run's version, criteria and options count.
    """
    with guarded():
        from hiphinge.batch.dataset import ClipTable
        from hiphinge.batch.report import make_report
        from hiphinge.batch.start import open_batch, read_about

        about = read_about(dest)
        if rebuild:
            with open_batch(dest):
                ClipTable(dest).rebuild(about.generation)
        found = make_report(dest)
        if as_json:
            from msgspec import to_builtins

            document: dict[str, Any] = asdict(found) | {"about": to_builtins(found.about)}
            write_out(json.dumps(document, indent=2, ensure_ascii=False))
        else:
            from hiphinge.cli.batch_report import print_report

            print_report(found)


@batch_app.command(epilog="Example: hiphinge batch forget results 0001.mp4")
def forget(
    dest: Annotated[Path, typer.Argument(metavar="DEST", help="Folder that was given with --out.")],
    film: Annotated[str, typer.Argument(metavar="FILM", help="Name or address of the film, as summary.csv has it.")],
) -> None:
    """Erase what a batch knows of one film: result, rows and journal. The film itself is not touched.

    While it lies in the source, the next run assesses it again.
    """
    with guarded():
        from hiphinge.batch.forget import forget_film
        from hiphinge.batch.start import open_batch, read_about
        from hiphinge.cli.batch_progress import count_of

        read_about(dest)
        with open_batch(dest):
            gone = forget_film(dest, film)
        write_out(f"Forgotten: {gone.address} ({count_of(gone.n_results, 'result')} erased). The film is not touched.")
        for other in gone.shared_with:
            write_out(f"{other} has the same content and shared its result: the next run makes that again.")
