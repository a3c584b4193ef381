"""Several server processes behind one port: started, watched, and replaced where one ends."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType

from hiphinge.errors import ConfigError
from hiphinge.web.serving import Plan, build, run_servers

__all__ = ["Processes"]

_log = logging.getLogger(__name__)
#: A process that ends within this time has not really begun; so many in a row, and it is given up.
_BEGUN_S, _MOST_FALSE = 10.0, 5
_LOOK_S = 0.5

Serve = Callable[[Plan, Sequence[socket.socket]], None]


@dataclass
class Processes:
    """Server processes that share the sockets on which they listen; whoever is free takes the next connection.

    Parameters
    ----------
    plan
        What is served; ``plan.settings.processes`` says by how many.
    sockets
        That listen, as in ``run_servers``.
    serve
        What each process does; for tests.
    """

    plan: Plan
    sockets: Sequence[socket.socket]
    serve: Serve | None = None
    _running: dict[int, tuple[BaseProcess, float]] = field(default_factory=dict)
    _stopped: bool = False

    def run(self) -> None:
        """Serve until told to stop, by Ctrl-C or a polite kill.

        Raises
        ------
        ConfigError
            Processes end as soon as they were started.
        """
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        false = 0
        try:
            while not self._stopped and false < _MOST_FALSE:
                for place in range(self.plan.settings.processes):
                    if place not in self._running:
                        self._start(place)
                wait([process.sentinel for process, _began in self._running.values()], timeout=_LOOK_S)
                false = self._look(false)
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)
        if not self._stopped:
            raise ConfigError(
                "Server processes end as soon as they are started.",
                expected="a store that each of them can open",
                next_step="Start with --processes 1 to see why.",
            )

    def _start(self, place: int) -> None:
        settings = self.plan.settings
        # At home, one of them looks at the films as well.
        plan = replace(self.plan, settings=replace(settings, worker=settings.worker and place == 0))
        # Begun anew, not forked: threads and connections to the database are no process's but their own.
        process = multiprocessing.get_context("spawn").Process(
            target=_serve_here, args=(plan, tuple(self.sockets), self.serve or _serve), name=f"server-{place}"
        )
        process.start()
        self._running[place] = (process, time.monotonic())

    def _look(self, false: int) -> int:
        """Take out who has ended; return how many in a row never really began."""
        for place, (process, began) in list(self._running.items()):
            if process.is_alive():
                if time.monotonic() - began > _BEGUN_S:
                    false = 0
                continue
            del self._running[place]
            if not self._stopped:
                _log.warning("A server process ended (%s); another takes its place.", process.exitcode)
                false += time.monotonic() - began < _BEGUN_S
        return false

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped = True
        self._tell()

    def _tell(self) -> None:
        for process, _began in self._running.values():
            if process.is_alive():
                process.terminate()

    def _end(self) -> None:
        """Wait for all; what is under way is finished first."""
        if not self._stopped:
            self._tell()
        for process, _began in self._running.values():
            process.join()


def _serve(plan: Plan, sockets: Sequence[socket.socket]) -> None:
    """Serve in this process, on a connection to the store of its own."""
    from hiphinge.store import open_store

    with open_store(plan.settings.store or None) as store:
        run_servers(build(plan, store), plan, sockets)


def _serve_here(plan: Plan, sockets: Sequence[socket.socket], work: Serve) -> None:
    """Be one of the processes: end with the one that started it, however that ends."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), name="parent", daemon=True).start()
    work(plan, sockets)


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
