"""``hiphinge``: help, version, quick start, and what happens around a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

import hiphinge
from hiphinge.cli import app
from tests.cli.runners import FakeRunner

SOURCE = Path(hiphinge.__file__).resolve().parents[1]
TESTS = Path(__file__).resolve().parents[2]
#: Nothing of this is needed to print a help text.
HEAVY = ("numpy", "scipy", "av", "cv2", "openvino", "pyarrow", "jinja2", "msgspec")


def _python(code: str, **kwargs: object) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), str(TESTS)])}
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, **kwargs
    )


@pytest.mark.parametrize(
    "arguments", [["-h"], ["assess", "--help"], ["demo", "-h"], ["doctor", "-h"], ["validate", "-h"]]
)
def test_help_ends_with_an_example(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    last = [line for line in result.stdout.splitlines() if line.strip()][-1]
    assert last.strip().startswith("Example: hiphinge ")


def test_version_is_printed() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout == f"hiphinge {hiphinge.__version__}\n"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['hiphinge', 'assess', '--help']\n"
        "from hiphinge.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    result = _python(code)
    assert result.stdout.splitlines()[-1] == "LOADED []", result.stdout + result.stderr


def test_reader_who_goes_away_is_no_error() -> None:
    code = (
        "import sys; sys.argv = ['hiphinge', 'assess', 'clip.mp4', '--json']\n"
        "from hiphinge.cli import app\n"
        "from tests.cli.runners import FakeRunner\n"
        "from hiphinge.clip.options import AssessOptions\n"
        "class Silent(FakeRunner):\n"
        "    def __call__(self, path, options, *, name=None, progress=None):\n"
        "        return super().__call__(path, AssessOptions(), name=name)\n"
        "app(obj=Silent())\n"
    )
    read_end, write_end = os.pipe()
    os.close(read_end)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), str(TESTS)])}
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(write_end)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_polite_kill_removes_what_was_begun(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        f"sys.argv = ['hiphinge', 'assess', 'clip.mp4', '--out', {str(tmp_path / 'out')!r}]\n"
        "from hiphinge.cli import app\n"
        "from hiphinge.cli.commands import watch_signals\n"
        "from hiphinge.report.folder import write_folder\n"
        "from tests.report.fakes import fake_assessment\n"
        "def draw(path):\n"
        "    path.write_bytes(b'half')\n"
        "    print('BEGUN', flush=True)\n"
        "    time.sleep(50)\n"
        "def run(path, options, *, name=None, progress=None):\n"
        "    write_folder(fake_assessment(), source=path, out=options.out, name=name, pictures={}, overlay=draw)\n"
        "watch_signals()\n"
        "app(obj=run)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), str(TESTS)])}
    with subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "BEGUN\n"
        time.sleep(0.1)
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 143
    assert list(tmp_path.iterdir()) == []


def test_demo_says_where_the_results_lie(tmp_path: Path) -> None:
    runner = FakeRunner()
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["demo", "--out", str(tmp_path)], obj=runner)
    assert result.exit_code == 0, result.output
    assert (runner.calls[0].path.name, runner.calls[0].name) == ("demo.mp4", "demo")
    assert f"Report: {tmp_path / 'demo' / 'report.html'}" in result.stdout
    assert f"Annotated video: {tmp_path / 'demo' / 'overlay.mp4'}" in result.stdout
