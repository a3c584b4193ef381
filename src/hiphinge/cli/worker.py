"""``hiphinge worker``: look at films that were sent to the web app."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from hiphinge.cli.desk import ProgramFile, StoreUrl
from hiphinge.cli.guard import guarded, say, write_out
from hiphinge.errors import ClusterError, UsageError

if TYPE_CHECKING:
    from hiphinge.batch.looking import ClusterLook
    from hiphinge.service.clips import Runner
    from hiphinge.service.crew import Crew
    from hiphinge.service.jobs import JobRunner
    from hiphinge.store import Store

__all__ = ["listening", "worker"]

#: Each film at once takes a connection to the database now and then, of which there are 45.
MOST_AT_ONCE = 32


def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what waits now, then end.")] = False,
    lease_s: Annotated[
        float,
        typer.Option("--lease", metavar="S", min=1, max=3600, help="A worker that is silent so long loses its film."),
    ] = 60.0,
    cluster: Annotated[
        str,
        typer.Option("--cluster", metavar="ADDRESS", help="Let a Dask cluster look at them: tcp://HOST:PORT, tls://…."),
    ] = "",
    at_once: Annotated[
        int,
        typer.Option("--at-once", metavar="N", min=0, max=MOST_AT_ONCE, help="With --cluster: so many films at once; "
                     "0 is as many as its workers have threads."),
    ] = 0,
    send_films: Annotated[
        bool,
        typer.Option("--send-films", help="With --cluster: send the films themselves, where its workers do not see the "
                     "folder of uploads. Films are health data: only through tls://."),
    ] = False,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:  # fmt: skip
    """Look at films that were sent to the web app, one after the other; several workers may run.

    The first Ctrl-C (or SIGTERM) lets it finish the film at hand, the second gives that back for another to do.

    With --cluster this process keeps the jobs, and a Dask cluster does the looking, several films at once.
    """
    with guarded():
        if not cluster and (at_once or send_films):
            raise UsageError("--at-once and --send-films are for a cluster.", expected="--cluster ADDRESS beside them")
        from hiphinge.service.desk import utc_now
        from hiphinge.store import open_store

        # As for every command about people, a test may put a runner of clips here, and a clock.
        given = context.obj
        look, clock = given if callable(given) else None, getattr(given, "clock", utc_now)
        with open_store(store, clock=clock) as opened, ExitStack() as stack:
            far = _reach(cluster, opened, stack, send_films=send_films) if cluster else None
            crew = _gather(opened, far or look, program, clock, lease_s=lease_s, far=far, at_once=at_once)
            with listening(crew):
                if once:
                    done = crew.run_out()
                else:
                    where = f" The cluster at {cluster} looks at them." if cluster else ""
                    say(f"Waiting for films in {opened.where()}.{where} Ctrl-C ends it.")
                    done = crew.run()
        write_out(f"{done} {'film' if done == 1 else 'films'} taken.")


def _reach(address: str, store: Store, stack: ExitStack, *, send_films: bool) -> ClusterLook:
    """Return what hands films to a cluster, whose workers that are there now can take them."""
    from hiphinge.batch.looking import ClusterLook
    from hiphinge.service.heart import MOST_FRAMES

    # Dask writes a traceback at each try to connect again; that the cluster is away is said here, in a line.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    look = ClusterLook(address, send_films=send_films, most_frames=MOST_FRAMES)
    stack.callback(look.close)
    look.check(store.upload_folder())
    return look


def _gather(
    store: Store,
    look: Runner | None,
    program: Path | None,
    clock: Callable[[], datetime],
    *,
    lease_s: float,
    far: ClusterLook | None,
    at_once: int,
) -> Crew:
    """Return as many runners as films are looked at at once."""
    from hiphinge.service.crew import Crew
    from hiphinge.service.jobs import JobRunner
    from hiphinge.service.opening import desk_maker

    number = at_once or (1 if far is None else far.slots)
    if number < 1:
        raise ClusterError(
            "The cluster has no workers yet.",
            expected="a worker, to know how many films it takes at once",
            next_step="Start some (dask worker ADDRESS), or say --at-once N.",
        )
    make = desk_maker(store, program, runner=look, clock=clock)
    ready = far.is_ready if far is not None else lambda: True
    return Crew(
        [
            JobRunner(store, make, lease_s=lease_s, beat_s=min(5.0, lease_s / 4), ready=ready)
            for _ in range(min(number, MOST_AT_ONCE))
        ]
    )


@contextmanager
def listening(runner: JobRunner | Crew) -> Iterator[None]:
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
