"""``hiphinge worker``: look at films that were sent to the web app."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from hiphinge.cli.desk import ProgramFile, StoreUrl
from hiphinge.cli.guard import guarded, say, write_out

if TYPE_CHECKING:
    from hiphinge.service.jobs import JobRunner

__all__ = ["listening", "worker"]


def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what waits now, then end.")] = False,
    lease_s: Annotated[
        float,
        typer.Option("--lease", metavar="S", min=1, max=3600, help="A worker that is silent so long loses its film."),
    ] = 60.0,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Look at films that were sent to the web app, one after the other; several workers may run.

    The first Ctrl-C (or SIGTERM) lets it finish the film at hand, the second gives that back for another to do.
    """
    with guarded():
        from hiphinge.service.desk import utc_now
        from hiphinge.service.jobs import JobRunner
        from hiphinge.service.opening import desk_maker
        from hiphinge.store import open_store

        # As for every command about people, a test may put a runner of clips here, and a clock.
        given = context.obj
        look, clock = given if callable(given) else None, getattr(given, "clock", utc_now)
        with open_store(store, clock=clock) as opened:
            make = desk_maker(opened, program, runner=look, clock=clock)
            runner = JobRunner(opened, make, lease_s=lease_s, beat_s=min(5.0, lease_s / 4))
            with listening(runner):
                if once:
                    done = 0
                    while runner.run_once():
                        done += 1
                else:
                    say(f"Waiting for films in {opened.where()}. Ctrl-C ends it.")
                    done = runner.run()
        write_out(f"{done} {'film' if done == 1 else 'films'} taken.")


@contextmanager
def listening(runner: JobRunner) -> Iterator[None]:
    """Let the first signal end the work after the film at hand, and the second in the middle of it."""
    asked = 0

    def leave(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            runner.give_back()
        else:
            runner.ask_to_end()

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
