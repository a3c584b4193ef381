"""A Dask cluster of separate processes on this machine, that a test can kill piece by piece."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
#: Long enough for a machine that does much else.
PATIENCE_S = 60.0
#: Without the second Dask opens its pages on every address of the machine all the same, only with less on them.
QUIET = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
#: Dask's own settings for encryption; one file may hold key and certificate of all.
TLS_SETTINGS = (
    "distributed.comm.tls.ca-file",
    *(f"distributed.comm.tls.{who}.{what}" for who in ("scheduler", "worker", "client") for what in ("key", "cert")),
)


def wait_until(done: Callable[[], object], what: str, *, patience_s: float = PATIENCE_S) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < end, f"waited in vain for: {what}"
        time.sleep(0.02)


class DaskCluster:
    """A scheduler and workers as one starts them by hand; no dashboard, ports of their own, 127.0.0.1 only."""

    def __init__(self, folder: Path, *, allowed_failures: int | None = None, tls: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._env = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_CONFIG": str(folder)}
        if allowed_failures is not None:
            self._env["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = str(allowed_failures)
        if tls is not None:
            self._env |= {
                f"DASK_{name.upper().replace('.', '__').replace('-', '_')}": str(tls) for name in TLS_SETTINGS
            }
        self._file = folder / "scheduler.json"
        self._processes: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        protocol = ("--protocol", "tls") if tls is not None else ()
        self.scheduler = self._start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", "0", *protocol, *QUIET,
            "--scheduler-file", str(self._file),
        )  # fmt: skip
        wait_until(self._is_up, "the scheduler")

    @property
    def address(self) -> str:
        return str(json.loads(self._file.read_text(encoding="utf-8"))["address"])

    def _is_up(self) -> bool:
        assert self.scheduler.poll() is None, self.log()
        with contextlib.suppress(OSError, ValueError, KeyError):
            return bool(self.address)
        return False

    def add_worker(self, *options: str, nanny: bool = False) -> subprocess.Popen[bytes]:
        """Start a worker of one thread; it joins when it joins."""
        worker = self._start(
            "dask_worker", "--scheduler-file", str(self._file), "--host", "127.0.0.1", "--nthreads", "1",
            *QUIET, "--local-directory", str(self.folder), "--nanny" if nanny else "--no-nanny", *options,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
                stdout=log, stderr=log, env=self._env, cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        self._processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process and what it started, as a power cut does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> DaskCluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes):
            self.kill(process)


@contextlib.contextmanager
def dask_cluster(folder: Path, *, workers: int = 2, nanny: bool = False) -> Iterator[DaskCluster]:
    """Run a cluster with so many workers."""
    with DaskCluster(folder) as cluster:
        for _ in range(workers):
            cluster.add_worker(nanny=nanny)
        yield cluster
