"""Several films at once in one process: as many runners as there are places where films are looked at."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from hiphinge.service.jobs import JobRunner

__all__ = ["Crew"]

_log = logging.getLogger(__name__)


class Crew:
    """Runs some runners side by side, each in a thread of its own.

    Where one ends by an error that nobody foresaw, the others take nothing more, and the error is raised.

    Parameters
    ----------
    runners
        One for each film at once; each has a name of its own for its leases.
    """

    def __init__(self, runners: Sequence[JobRunner]) -> None:
        self._runners = tuple(runners)

    def run(self) -> int:
        """Do jobs until ``ask_to_end``; return how many were taken."""
        return self._side_by_side(JobRunner.run)

    def run_out(self) -> int:
        """Do what waits now, then end; return how many were taken."""
        return self._side_by_side(JobRunner.run_out)

    def ask_to_end(self) -> None:
        """Take no further job after those at hand."""
        for one in self._runners:
            one.ask_to_end()

    def give_back(self) -> None:
        """Give the jobs at hand back as soon as they are looked up from."""
        for one in self._runners:
            one.give_back()

    def _side_by_side(self, work: Callable[[JobRunner], int]) -> int:
        with ThreadPoolExecutor(len(self._runners), thread_name_prefix="worker") as pool:
            doing = [pool.submit(work, one) for one in self._runners]
            # In short steps: signals are heard by this thread, between them.
            failed = False
            while (seen := wait(doing, timeout=0.5)).not_done:
                if not failed and (error := next((e for one in seen.done if (e := one.exception())), None)):
                    failed = True
                    _log.error("A runner ended by an error that was not foreseen: %s.", type(error).__name__)
                    self.ask_to_end()
        return sum(one.result() for one in doing)
