"""Many videos on this machine: worker processes that are watched, as an ``Executor``.

One thread of the driver looks after each worker: hands it a task, waits for the receipt or for its end, and starts
another in place of one that died. A task that waits has not been given to anybody, so a death costs only the clip at
hand.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from hiphinge.batch.task import Receipt, Task

__all__ = ["PoolExecutor"]

#: A worker that ends by itself has so long, seconds; then it is killed.
_GRACE_S = 5.0


class PoolExecutor:
    """Hand tasks to processes of this machine.

    Parameters
    ----------
    workers
        How many; each does one clip at a time.
    do
        What a worker does with a task, something that can be pickled; None assesses the clip.
    timeout_s
        A clip may take so long; then its worker is killed. None waits.
    """

    def __init__(
        self, workers: int, *, do: Callable[[Task], Receipt] | None = None, timeout_s: float | None = None
    ) -> None:
        self._do, self._timeout_s = do or _load_work(), timeout_s
        self._waiting: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Receipt] = queue.SimpleQueue()
        self._closed, self._cancelled = False, threading.Event()
        self._keepers = [_Keeper(self) for _ in range(max(1, workers))]

    @property
    def slots(self) -> int:
        """Two for each worker: one at work, one waiting."""
        return 2 * len(self._keepers)

    @property
    def pids(self) -> list[int]:
        """The workers' processes, as they are now."""
        return [keeper.pid for keeper in self._keepers if keeper.pid]

    def submit(self, task: Task) -> None:
        """Hand over one task; returns at once."""
        self._waiting.put(task)

    def wait(self, timeout_s: float) -> list[Receipt]:
        """Return what has finished, waiting so long for the first."""
        receipts: list[Receipt] = []
        with contextlib.suppress(queue.Empty):
            receipts.append(self._results.get(timeout=timeout_s))
            while True:
                receipts.append(self._results.get_nowait())
        return receipts

    def take_back(self) -> list[int]:
        """Take back what waits and was not begun, and return its numbers."""
        taken: list[int] = []
        with contextlib.suppress(queue.Empty):
            while True:
                task = self._waiting.get_nowait()
                if task is not None:
                    taken.append(task.number)
        return taken

    def close(self, *, cancel: bool = False) -> None:
        """Let go of the workers: after the clip at hand, or at once with ``cancel``; what waits is not begun."""
        if self._closed:
            return
        self._closed = True
        self.take_back()
        for _ in self._keepers:
            self._waiting.put(None)
        if cancel:
            self._cancelled.set()
            for keeper in self._keepers:
                keeper.kill()
        for keeper in self._keepers:
            keeper.thread.join()


class _Keeper:
    """Looks after one worker process."""

    def __init__(self, pool: PoolExecutor) -> None:
        self._pool = pool
        self._process: Any = None
        self._pipe: Connection | None = None
        self._lock = threading.Lock()
        self.thread = threading.Thread(target=self._keep, daemon=True)
        self.thread.start()

    @property
    def pid(self) -> int | None:
        process = self._process
        return None if process is None else process.pid

    def kill(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def _keep(self) -> None:
        # Ctrl-C reaches every process of a terminal. Workers are deaf to it from their first moment on, by this
        # thread's mask, which they inherit: they would die of it while they are still importing.
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while (task := self._pool._waiting.get()) is not None:
            try:
                receipt = self._see_through(task)
            except Exception as error:  # nothing may end this thread: its tasks would be lost in silence
                receipt = _fail(task, type(error).__name__, str(error))
            self._pool._results.put(receipt)
        self._let_go()

    def _see_through(self, task: Task) -> Receipt:
        """Have a task done, and return what came of it or of its worker."""
        pipe = self._hand_over(task)
        ready = wait([pipe, self._process.sentinel], self._pool._timeout_s)
        if not ready:
            self.kill()
            self._drop()
            return _fail(
                task,
                "TimedOut",
                f"The clip took longer than {self._pool._timeout_s:g} s.",
                "Raise --timeout, or cut it.",
            )
        try:
            receipt: Receipt = pipe.recv()
        except (EOFError, OSError):
            return _fail(task, "WorkerDied", f"The worker {_ending(self._drop())} while it was on this clip.", _ADVICE)
        return receipt

    def _hand_over(self, task: Task) -> Connection:
        """Give the task to the worker, starting one where there is none that lives."""
        if self._pipe is not None and self._process.is_alive():
            with contextlib.suppress(OSError):
                self._pipe.send(task)
                return self._pipe
        self._drop()
        pipe = self._start()
        pipe.send(task)
        return pipe

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_work, args=(there, self._pool._do), daemon=True, name="hiphinge-batch")
        with self._lock:
            if self._pool._cancelled.is_set():
                raise RuntimeError("the batch was stopped")
            process.start()
            self._process, self._pipe = process, here
        there.close()
        return here

    def _drop(self) -> int | None:
        """Forget a worker that has died; return how it ended."""
        if self._process is None:
            return None
        self._process.join(_GRACE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        code: int | None = self._process.exitcode
        with self._lock:
            self._process.close()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        return code

    def _let_go(self) -> None:
        if self._pipe is not None:
            self._pipe.close()  # the worker sees its end
            self._pipe = None
        self._drop()


_ADVICE = "Memory that ran out is the usual reason; see the system's log, and try fewer --workers."


def _fail(task: Task, kind: str, reason: str, next_step: str = "") -> Receipt:
    return Receipt(task.number, task.url, task.attempt, "failed", kind=kind, reason=reason, next_step=next_step)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _load_work() -> Callable[[Task], Receipt]:
    from hiphinge.batch.work import do_task

    return do_task


def _work(pipe: Connection, do: Callable[[Task], Receipt]) -> None:
    """Be a worker: do what comes until the pipe or the driver ends."""
    # Ctrl-C in a terminal reaches every process of it; the driver decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_driver, daemon=True).start()
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            receipt = do(task)
        except Exception as error:
            receipt = _fail(task, type(error).__name__, str(error))
        with contextlib.suppress(OSError):
            pipe.send(receipt)


def _end_with_driver() -> None:
    """End at once when the driver has died: nobody would take the result."""
    driver = multiprocessing.parent_process()
    if driver is not None:
        wait([driver.sentinel])
        os._exit(1)
