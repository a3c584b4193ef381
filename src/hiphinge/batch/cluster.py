"""Many videos on many machines: a Dask cluster that somebody started, as an ``Executor``.

A worker that dies costs only the clip that it was on. Dask gives the work of a lost worker to others; a mark in the
shared folder tells the clip that had been begun, which comes back as failed, from those that were only waiting there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pickle
import queue
import shutil
import time
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hiphinge import __version__
from hiphinge.batch.connecting import connect, is_private
from hiphinge.batch.remote import Broken, Died, claim, guard
from hiphinge.batch.task import Receipt, Task
from hiphinge.batch.workforce import Workforce
from hiphinge.clip.parts import PartPlan
from hiphinge.errors import ClusterError, OutputError

__all__ = ["ClusterExecutor"]

log = logging.getLogger(__name__)

#: Tasks in flight for each processor thread of the workers: one at work, one waiting beside it.
SLOTS_PER_THREAD = 2
#: How often it is looked who has joined and who has left, seconds.
LOOK_EVERY_S = 1.0
#: A piece of work that was not begun is handed over so often before it counts as failed.
MAX_HANDOVERS = 20
#: A scheduler that fails so often in a row to say who works is gone; whether it is connected is looked at more often.
MAX_FAILURES, PULSE_S = 3, 0.25
#: Marks of a driver that was killed are swept away after this, seconds.
STALE_MARKS_S = 86_400.0
_MARKS = ".cluster"
#: So long it may take to take clips back; then they are waited for.
_TAKE_BACK_S = 30.0
#: Dask's loggers with levels of their own, which write tracebacks of a connection that breaks before it is said here.
_LOUD = ("distributed", "distributed.client")


class ClusterExecutor:
    """Hand tasks to the workers of a Dask scheduler.

    Parameters
    ----------
    address
        Of the scheduler, for example ``tcp://HOST:8786`` or ``tls://HOST:8786``; certificates come from Dask's own
        configuration.
    dest
        Folder of the batch: the same path here and on every worker.
    do
        What a worker does with a task; None assesses the clip. Where it returns a plan, the clip goes on in parts.
    say
        Is told what the person at the terminal should know, in sentences.
    connect_s
        So long the scheduler may take to answer.
    workers_within_s
        So long it is waited for the first worker; None waits without end and says so every minute.

    Raises
    ------
    MissingDependency
        Dask is not installed.
    ClusterError
        No scheduler answers, no worker came in time, or a worker runs another version or does not see ``dest``.
    OutputError
        ``dest`` cannot be written.
    """

    def __init__(
        self,
        address: str,
        dest: str | Path,
        *,
        do: Callable[[Task], Receipt | PartPlan] | None = None,
        say: Callable[[str], None] = log.warning,
        connect_s: float = 10.0,
        workers_within_s: float | None = None,
    ) -> None:
        self._address = address
        self._do: Callable[[Task], Receipt | PartPlan] = do or _load_work()
        self._run = uuid.uuid4().hex[:12]
        self._marks = Path(dest).absolute() / _MARKS / self._run
        self._results: queue.SimpleQueue[Receipt | None] = queue.SimpleQueue()
        self._lost: ClusterError | None = None
        self._closed = False
        self._jobs: set[asyncio.Task[None]] = set()
        self._unbegun: dict[int, tuple[Path, Any, asyncio.Task[Any]]] = {}
        self._n_handed = 0
        self._client = connect(address, timeout_s=connect_s)
        for name in _LOUD:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if not is_private(address):
            say(
                f"{address} is not encrypted: names of films, and what is seen in long ones, can be read on the way. "
                "Use a closed network, or tls:// (docs/batch.md)."
            )
        self._workforce = Workforce(self._client, self._marks, say)
        self._loop: asyncio.AbstractEventLoop = self._client.loop.asyncio_loop
        try:
            _make_marks(self._marks)
            self._workforce.gather(workers_within_s)
            self._start(self._watch())
            self._start(self._feel_pulse())
        except BaseException:
            self.close(cancel=True)
            raise

    @property
    def slots(self) -> int:
        """Two for every processor thread that works now; follows workers that join and leave."""
        return max(1, SLOTS_PER_THREAD * sum(self._workforce.threads.values()))

    def submit(self, task: Task) -> None:
        """Hand over one task; returns at once."""
        self._check_alive()
        self._start(self._follow(task))

    def wait(self, timeout_s: float) -> list[Receipt]:
        """Return what has finished, waiting so long for the first.

        Raises
        ------
        ClusterError
            The scheduler is gone; what had finished before was returned.
        """
        receipts: list[Receipt] = []
        with contextlib.suppress(queue.Empty):
            found = self._results.get(timeout=timeout_s)
            while True:
                if found is not None:
                    receipts.append(found)
                found = self._results.get_nowait()
        if not receipts:
            self._check_alive()
        return receipts

    def take_back(self) -> list[int]:
        """Take back what no worker has begun, and return its numbers.

        Whoever sets a clip's mark first has it: where that is the driver, no worker begins it any more.
        """
        taken: list[int] = []
        taking = asyncio.run_coroutine_threadsafe(self._take_back(taken), self._loop)
        with contextlib.suppress(TimeoutError):
            taking.result(_TAKE_BACK_S)
        taking.cancel()
        return list(taken)

    async def _take_back(self, taken: list[int]) -> None:
        for number, (mark, future, job) in list(self._unbegun.items()):
            with contextlib.suppress(OSError):
                # One that came to its end meanwhile has no mark either.
                if future.status == "pending" and claim(mark):
                    taken.append(number)
                    job.cancel()
            await asyncio.sleep(0)  # others are heard between two looks at the disk

    def close(self, *, cancel: bool = False) -> None:
        """Let go of the cluster, which stays up.

        No clip that waits is begun any more, with ``cancel`` or without; one that is under way is finished by its
        worker, and a later run finds its result.
        """
        if self._closed:
            return
        self._closed = True
        self._loop.call_soon_threadsafe(self._stop_jobs)
        # Before the client: what a worker would still begin finds no folder of marks, and stops.
        shutil.rmtree(self._marks, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._marks.parent.rmdir()
        with contextlib.suppress(TimeoutError):
            self._client.close(timeout=5.0)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        def spawn() -> None:
            job = self._loop.create_task(work)
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)

        self._loop.call_soon_threadsafe(spawn)

    def _stop_jobs(self) -> None:
        for job in self._jobs:
            job.cancel()

    def _check_alive(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _lose(self, why: str) -> None:
        if self._lost is None and not self._closed:
            self._lost = ClusterError(
                f"The scheduler at {self._address} is gone ({why}).",
                expected="a scheduler that stays up until the batch is done",
                next_step="Start it and its workers again, and run the same command: what was written is not redone.",
            )
        self._results.put(None)  # whoever waits, wakes

    async def _watch(self) -> None:
        """Follow who joins and leaves."""
        failures = 0
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._workforce.look()
                failures = 0
            except OSError as error:
                failures += 1
                if failures >= MAX_FAILURES:
                    self._lose(f"{type(error).__name__}: {error}" if str(error) else "no answer")
                    return
            self._workforce.tell()

    async def _feel_pulse(self) -> None:
        """Notice at once that the connection broke, also while nothing is under way."""
        while self._client.status == "running":
            await asyncio.sleep(PULSE_S)
        self._lose("connection lost")

    # From here on: one clip.

    async def _follow(self, task: Task) -> None:
        """See one task through to its receipt."""
        try:
            receipt = await self._assess(task)
            if len(self._workforce.threads) > 1:
                self._workforce.note(receipt)
        except ClusterError:
            return  # told by ``wait``
        except Died as death:
            where = "look at that machine's log; memory that ran out is the usual reason"
            receipt = _fail(task, "WorkerDied", f"The worker {death} died while it was on this clip.", where)
        except Broken as error:
            receipt = _fail(task, *error.args)
        except Exception as error:
            receipt = _fail(task, type(error).__name__, str(error))
        self._results.put(receipt)

    async def _assess(self, task: Task) -> Receipt:
        try:
            found = await self._fetch(await self._hand_over(self._do, task, number=task.number))
        finally:
            self._unbegun.pop(task.number, None)
        while isinstance(found, PartPlan):
            found = await self._assess_in_parts(task, found)
        receipt: Receipt = found
        return receipt

    async def _assess_in_parts(self, task: Task, plan: PartPlan) -> Receipt | PartPlan:
        """Have all parts tracked at once, and joined where one of them lies; the first that fails fails the clip."""
        from hiphinge.batch.long import finish, look_at_part

        jobs = [self._loop.create_task(self._hand_over(look_at_part, task, plan, part)) for part in plan.parts]
        try:
            seen = await asyncio.gather(*jobs)
        finally:
            for job in jobs:
                job.cancel()
        found: Receipt | PartPlan = await self._fetch(await self._hand_over(finish, task, plan, held=tuple(seen)))
        return found

    async def _fetch(self, future: Any) -> Any:
        """Bring a result here."""
        return await self._client.gather(future)

    async def _hand_over(
        self, function: Callable[..., Any], *args: Any, held: tuple[Any, ...] = (), number: int | None = None
    ) -> Any:
        """Have a worker do something; return the future that holds the result, which stays there.

        With the ``number`` of a clip it can be taken back as long as nobody has begun. Work that waited at a worker
        that died or does not fit goes to another, at no cost.

        Raises
        ------
        Died
            It had been begun by a worker that is gone.
        Broken
            It raised something.
        ClusterError
            The scheduler is gone.
        """
        work = pickle.dumps((function, args))
        error: Exception | None = None
        for _ in range(MAX_HANDOVERS):
            self._n_handed += 1
            mark = f"{self._run}-{self._n_handed}"
            future = self._client.submit(
                guard, __version__, str(self._marks), mark, work, *held,
                key=f"hiphinge-{mark}", pure=False, **self._preference(),
            )  # fmt: skip
            if number is not None and (job := asyncio.current_task()) is not None:
                self._unbegun[number] = (self._marks / mark, future, job)
            error = await future.exception()
            if future.status == "finished":
                return future
            if isinstance(error, Died | Broken):
                raise error
            if self._client.status != "running":
                self._lose("connection lost")
                self._check_alive()
            await asyncio.to_thread(self._blame, mark)
            await asyncio.sleep(LOOK_EVERY_S)
        raise Broken("NeverBegun", f"No worker began it in {MAX_HANDOVERS} tries; the last said: {error!r}.")

    def _preference(self) -> dict[str, Any]:
        """Keep work away from workers that do not fit; where no other is left, it waits there to be refused."""
        if not self._workforce.unfit or not self._workforce.threads:
            return {}
        return {"workers": list(self._workforce.threads), "allow_other_workers": True}

    def _blame(self, mark: str) -> None:
        """Raise where work that was lost with its worker had been begun."""
        path = self._marks / mark
        if not claim(path):
            who = path.read_text(encoding="utf-8")
            path.unlink(missing_ok=True)
            raise Died(who or "a worker")
        path.unlink(missing_ok=True)


def _make_marks(marks: Path) -> None:
    """Make the folder by which workers tell that they see the batch's folder, and sweep out forgotten ones."""
    try:
        marks.mkdir(parents=True)
        (marks / "shared").touch()
        for old in marks.parent.iterdir():
            if time.time() - old.stat().st_mtime > STALE_MARKS_S:
                shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"The batch's folder {str(marks.parents[1])!r} cannot be written ({error.strerror or error}).",
            expected="a folder that this machine and every worker can write",
            next_step="Choose another folder, or change its permissions.",
        ) from error


def _fail(task: Task, kind: str, reason: str, next_step: str = "") -> Receipt:
    return Receipt(task.number, task.url, task.attempt, "failed", kind=kind, reason=reason, next_step=next_step)


def _load_work() -> Callable[[Task], Receipt | PartPlan]:
    from hiphinge.batch.long import start

    return start
