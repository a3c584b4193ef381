"""Who works at a scheduler: who has joined, who has left, and who of them fits."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hiphinge import __version__
from hiphinge.batch.remote import name_worker, probe
from hiphinge.batch.task import Receipt
from hiphinge.errors import ClusterError

__all__ = ["Workforce"]

#: How often it is said that nobody is there to work, seconds.
SAY_EVERY_S = 60.0
#: A scheduler that answers nothing for so long is gone.
SILENT_S = 60.0
#: A worker that fails so often in a row in the same way, while others bring so many clips to an end, gets no more work.
MOST_FAILURES = 5
#: So long a newcomer may take to say whether it fits; it is asked again later.
PROBE_S = 10.0


class Workforce:
    """The workers of one scheduler.

    Parameters
    ----------
    client
        Connected to the scheduler.
    marks
        Folder that every worker has to see.
    say
        Is told what the person at the terminal should know.

    Notes
    -----
    ``threads`` are the processor threads of the workers that fit, ``unfit`` says why the others do not.
    """

    def __init__(self, client: Any, marks: Path, say: Callable[[str], None]) -> None:
        self._client, self._marks, self._say = client, marks, say
        self._address = str(client.scheduler.address)
        self._told: set[str] = set()
        self._next_word_s = time.monotonic() + 1.0
        self.threads: dict[str, int] = {}
        self.unfit: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._in_a_row: dict[str, tuple[str, int, int]] = {}
        self._n_ended = 0

    def gather(self, within_s: float | None) -> None:
        """Wait for the first worker, aloud.

        Raises
        ------
        ClusterError
            One of those there does not fit, or none came in time.
        """
        began_s = time.monotonic()
        while True:
            self._client.sync(self.look)
            if self.unfit:
                raise self._misfit()
            if self.threads:
                return
            if within_s is not None and time.monotonic() - began_s >= within_s:
                raise ClusterError(
                    f"No worker joined {self._address} within {within_s:g} s.",
                    expected="at least one worker",
                    next_step=self._how_to_join(),
                )
            self.tell()
            time.sleep(0.1)

    async def look(self) -> None:
        """Ask the scheduler who works, and newcomers whether they fit."""
        there: dict[str, int] = await asyncio.wait_for(self._client.nthreads(), SILENT_S)
        new = [address for address in there if address not in self.threads and address not in self.unfit]
        for address, why in (await self._ask(new)).items():
            if why:
                self.unfit[address] = why
            else:
                self.threads[address] = there[address]
        await self._learn_names([address for address in self.threads if address not in self._names])
        self.threads = {address: n for address, n in self.threads.items() if address in there}
        self.unfit = {address: why for address, why in self.unfit.items() if address in there}

    async def _learn_names(self, workers: list[str]) -> None:
        """Learn what each calls itself in its receipts; who does not answer is asked again later."""
        if workers:
            asked = self._client.run(name_worker, workers=workers, on_error="return")
            with contextlib.suppress(OSError):
                answers = await asyncio.wait_for(asked, PROBE_S)
                self._names |= {address: name for address, name in answers.items() if isinstance(name, str)}

    def note(self, receipt: Receipt) -> None:
        """Take in how a worker fared; one that fails all the time while others do not gets no more work.

        A machine whose disk is full fails at once, and would draw clip after clip from those that work.
        """
        name = receipt.worker
        if receipt.state != "failed":
            self._in_a_row.pop(name, None)
            self._n_ended += 1
            return
        kind, number, n_ended = self._in_a_row.get(name, ("", 0, 0))
        if kind != receipt.kind:
            number, n_ended = 0, self._n_ended
        number += 1
        self._in_a_row[name] = (receipt.kind, number, n_ended)
        # What came to an end meanwhile did so elsewhere: here it would have ended the row.
        if number >= MOST_FAILURES and self._n_ended - n_ended >= MOST_FAILURES:
            self._set_aside(name, f"{receipt.kind} in {number} clips in a row ({receipt.reason}), and not elsewhere")

    def _set_aside(self, name: str, why: str) -> None:
        for address in [address for address in self.threads if self._names.get(address) == name]:
            self.unfit[address] = why
            del self.threads[address]

    async def _ask(self, workers: list[str]) -> dict[str, str]:
        """Return why each worker does not fit; one that does not answer is left out, and asked again later."""
        if not workers:
            return {}
        asked = self._client.run(probe, __version__, str(self._marks), workers=workers, on_error="return")
        try:
            answers = await asyncio.wait_for(asked, PROBE_S)
        except OSError:  # a timeout is one
            return {}
        return {
            address: f"{type(why).__name__}: {why}" if isinstance(why, Exception) else why
            for address, why in answers.items()
            if not isinstance(why, OSError)
        }

    def tell(self) -> None:
        """Say who gets no work, and now and then that nobody is there."""
        for address in self.unfit.keys() - self._told:
            self._told.add(address)
            self._say(f"The worker {address} gets no work: {self.unfit[address]}.")
        if not self.threads and time.monotonic() >= self._next_word_s:
            self._next_word_s = time.monotonic() + SAY_EVERY_S
            self._say(f"No worker is at {self._address}; waiting. {self._how_to_join()}")

    def _how_to_join(self) -> str:
        return f"Start one with: dask worker {self._address} --nthreads 1"

    def _misfit(self) -> ClusterError:
        address, why = next(iter(self.unfit.items()))
        return ClusterError(
            f"{len(self.unfit)} of {len(self.unfit) + len(self.threads)} workers cannot take part; {address}: {why}.",
            expected=f"hiphinge {__version__} on every worker, and the batch's folder under the same path, writable",
            next_step="Install the same version everywhere, or name a folder that all machines share; then run again.",
        )
