"""Several server processes behind one port: one is killed, all are told to stop, the first one is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from hiphinge.errors import ConfigError
from hiphinge.web.processes import Processes
from hiphinge.web.serving import bind, make_plan
from hiphinge.web.settings import Settings
from tests.batch.dask_cluster import wait_until

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are read from /proc")
START = "from hiphinge.cli.commands import main\nmain()"


def servers_of(parent: int) -> set[int]:
    """The server processes that a process started."""
    found = set()
    with suppress(OSError):
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            with suppress(OSError):
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.add(int(child))
    return found


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
            return bool(answer.read() == b'{"status":"ok"}')
    except OSError:
        return False


@contextmanager
def serving(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", START, "serve", "--store", str(folder / "s.db"), "--port", str(port), *more]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield running, port
    finally:
        running.kill()
        running.communicate()


@pytest.mark.slow
def test_a_process_that_is_killed_is_replaced_and_all_stop_when_told_to(tmp_path: Path) -> None:
    with serving(tmp_path, "--processes", "2") as (running, port):
        wait_until(lambda: len(servers_of(running.pid)) == 2, "two servers")
        before = servers_of(running.pid)
        wait_until(lambda: answers(port), "an answer")
        os.kill(min(before), signal.SIGKILL)
        wait_until(lambda: len(servers_of(running.pid) - {min(before)}) == 2, "another server")
        wait_until(lambda: answers(port), "an answer")
        # Those that are left take every connection.
        assert [answers(port) for _ in range(10)] == [True] * 10
        now = servers_of(running.pid)
        assert max(before) in now
        running.send_signal(signal.SIGTERM)
        out, errors = running.communicate(timeout=60)
        assert running.returncode == 0, errors
        assert errors.strip().endswith("Stopped.")
        assert f"http://127.0.0.1:{port}/" in out
        assert all(is_gone(one) for one in now)


@pytest.mark.slow
def test_no_server_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--processes", "2") as (running, port):
        wait_until(lambda: len(servers_of(running.pid)) == 2, "two servers")
        wait_until(lambda: answers(port), "an answer")
        servers = servers_of(running.pid)
        running.kill()
        running.wait()
        wait_until(lambda: all(is_gone(one) for one in servers), "the end of the servers")
        assert not answers(port)


def fail(_plan: object, _sockets: object) -> None:
    raise SystemExit(3)


def test_processes_that_never_begin_are_given_up(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("hiphinge.web.processes._MOST_FALSE", 2)
    plan = make_plan(Settings(port=0, processes=2, store=str(tmp_path / "s.db")), addresses=())
    handler = signal.getsignal(signal.SIGTERM)
    with bind(plan.listeners[0]) as listening, pytest.raises(ConfigError, match="as soon as they are started"):
        Processes(plan, [listening], serve=fail).run()
    assert signal.getsignal(signal.SIGTERM) is handler
