"""Nothing leaves the machine: a child process under guard, with a plain import of OpenVINO as positive control."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.helpers import DATA, hiphinge_argv, hiphinge_env

#: Loaded by Python itself at the start of every process, children too. It writes down each attempt to reach the
#: network, or to start another program, and lets none of them through. Audit events are raised by the interpreter,
#: so nothing in Python gets around them; a forked child keeps the hook.
GUARD = """
import os, sys

_LOG = os.environ["HIPHINGE_TEST_GUARD"]

def _note(event, args):
    if event.startswith("socket.") and event in (
        "socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind",
        "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo",
    ) or event in ("urllib.Request", "subprocess.Popen", "os.system", "os.posix_spawn"):
        line = f"{event} {args!r}\\n".encode()
        handle = os.open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, line)
        os.close(handle)
        if event.startswith(("socket.", "urllib.")):
            raise OSError("the guard of the test lets nothing out")

sys.addaudithook(_note)
"""


def _guarded_env(folder: Path) -> tuple[dict[str, str], Path, Path]:
    """Return an environment with the guard in it, where the guard writes, and a home of its own."""
    site, home, log = folder / "site", folder / "home", folder / "attempts.txt"
    site.mkdir()
    home.mkdir()
    (site / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    env = hiphinge_env(HIPHINGE_TEST_GUARD=str(log), HOME=str(home), PYTHONDONTWRITEBYTECODE="1")
    env["PYTHONPATH"] = os.pathsep.join([str(site), env["PYTHONPATH"]])
    # Telemetry hides where it sees that it is watched.
    for name in ("CI", "TF_BUILD", "JENKINS_URL", "GITHUB_ACTIONS", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        env.pop(name, None)
    return env, log, home


def _run(argv: list[str], env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, env=env, cwd=cwd, capture_output=True, text=True, timeout=180)


def _attempts(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def _assess_argv(folder: Path, *more: str) -> list[str]:
    return hiphinge_argv(
        "assess", DATA / "rounded_left.mp4", "--to", "2", "--out", folder / "out", "--model", "lite", "--json", *more
    )


def test_assessment_reaches_for_nothing(tmp_path: Path) -> None:
    env, log, home = _guarded_env(tmp_path)
    done = _run(_assess_argv(tmp_path), env, tmp_path)
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(done.stdout)
    assert entry["assessment"]["provenance"]["engine"].startswith("OpenVINO"), "the engine did run"
    assert (tmp_path / "out" / "rounded_left" / "overlay.mp4").is_file()
    assert _attempts(log) == []
    assert sorted(home.rglob("*")) == [], "telemetry keeps an identifier in the home folder"


#: A person, an answer, a page as PDF (made by native code), a backup: what the program's commands do without a clip.
PROGRAM_COMMANDS = (
    ("person", "add", "Ana"),
    ("session", "start", "Ana", "--pain", "1", "--where", "low_back", "--no-red-flags"),
    ("next", "Ana"),
    ("note", "Ana", "Felt fine", "--author", "Ana"),
    ("session", "finish", "Ana", "--out", "pages"),
    ("progress", "Ana", "--html", "ana.html", "--pdf", "ana.pdf"),
    ("program", "page", "--pdf", "program.pdf"),
    ("store", "backup", "store.zip"),
)


def test_people_and_pages_reach_for_nothing(tmp_path: Path) -> None:
    env, log, home = _guarded_env(tmp_path)
    env["HIPHINGE_STORE"] = str(tmp_path / "people.db")
    for command in PROGRAM_COMMANDS:
        done = _run(hiphinge_argv(*command), env, tmp_path)
        assert done.returncode == 0, (command, done.stderr)
    assert (tmp_path / "program.pdf").read_bytes().startswith(b"%PDF")
    assert _attempts(log) == []
    assert sorted(home.rglob("*")) == [], "a store elsewhere leaves the home folder alone"


@pytest.mark.skipif(
    importlib.util.find_spec("openvino_telemetry") is None, reason="openvino-telemetry is not installed here"
)
def test_guard_sees_a_plain_import_reach_out(tmp_path: Path) -> None:
    env, log, home = _guarded_env(tmp_path)
    done = _run([sys.executable, "-c", "import openvino"], env, tmp_path)
    assert done.returncode == 0, done.stderr
    reached = [line for line in _attempts(log) if line.startswith(("socket.", "urllib."))]
    assert reached, "the plain import sent nothing: this guard proves nothing any more"
    assert any("google-analytics" in line for line in reached)
    assert any(path.is_file() for path in home.rglob("*")), "no identifier was kept: the other half proves nothing"


def test_guard_sees_a_bare_connection(tmp_path: Path) -> None:
    env, log, _ = _guarded_env(tmp_path)
    code = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=1)"
    done = _run([sys.executable, "-c", code], env, tmp_path)
    assert done.returncode != 0
    assert any(line.startswith("socket.") for line in _attempts(log))


#: ``connect`` to anything but a socket in the file system.
_INTERNET = re.compile(r"connect\(.*AF_INET")


def _strace(argv: list[str], trace: Path) -> list[str]:
    return ["strace", "-f", "-qq", "-e", "trace=connect", "-o", str(trace), *argv]


@pytest.fixture
def strace(tmp_path: Path) -> Path:
    """Return where to write the trace; skip where processes cannot be traced."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed; the guard inside Python stands alone")
    trace = tmp_path / "trace.txt"
    if _run(_strace([sys.executable, "-c", "pass"], trace), dict(os.environ), tmp_path).returncode:
        pytest.skip("processes cannot be traced here; the guard inside Python stands alone")
    return trace


def test_no_connection_under_strace_either(strace: Path, tmp_path: Path) -> None:
    env, _, _ = _guarded_env(tmp_path)
    done = _run(_strace(_assess_argv(tmp_path, "--no-video"), strace), env, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line for line in strace.read_text().splitlines() if _INTERNET.search(line)] == []


def test_pdf_pages_connect_nowhere_under_strace(strace: Path, tmp_path: Path) -> None:
    env, _, _ = _guarded_env(tmp_path)
    done = _run(_strace(hiphinge_argv("program", "page", "--pdf", "program.pdf"), strace), env, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line for line in strace.read_text().splitlines() if _INTERNET.search(line)] == []


def test_strace_sees_a_bare_connection(strace: Path, tmp_path: Path) -> None:
    code = "import socket; s = socket.socket(); s.settimeout(1); s.connect_ex(('127.0.0.1', 9))"
    _run(_strace([sys.executable, "-c", code], strace), dict(os.environ), tmp_path)
    assert [line for line in strace.read_text().splitlines() if _INTERNET.search(line)]
