"""``hiphinge serve``: its help lists every setting, and what does not fit is said kindly."""

from __future__ import annotations

import re
import socket

import pytest
from typer.testing import CliRunner

from hiphinge.cli.commands import app
from hiphinge.web.settings import SETTINGS

WIDE = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}


def run(*words, env=None):
    return CliRunner().invoke(app, ["serve", *words], env={**WIDE, **(env or {})})


def test_help_lists_every_setting():
    text = re.sub(r"\s+", " ", run("--help").output.replace("│", " "))
    for one in SETTINGS:
        assert f"--{one.name.replace('_', '-')}" in text
        assert f"${one.variable}" in text
    for word in ("--clinic", "--phone", "--open"):
        assert word in text


@pytest.mark.parametrize(
    ("words", "env", "said", "code"),
    [
        ((), {"HIPHINGE_WEB_PROT": "1"}, "Did you mean HIPHINGE_WEB_PORT?", 8),
        (("--mode", "clinc"), {}, "Did you mean clinic?", 8),
        (("--host", "0.0.0.0"), {}, "without TLS", 8),
        (("--phone", "--clinic"), {}, "home installation", 2),
        (("--tls", "files"), {}, "certificate and its key", 8),
        (("--port", "99999"), {}, "0 to 65535", 8),
    ],
)
def test_what_does_not_fit(tmp_path, words, env, said, code):
    done = run(*words, env={"HIPHINGE_STORE": str(tmp_path / "s.db"), **env})
    assert done.exit_code == code
    assert said in done.output
    assert not (tmp_path / "s.db").exists()


def test_a_port_that_is_taken(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = run("--port", port, env={"HIPHINGE_STORE": str(tmp_path / "s.db")})
    assert done.exit_code == 8
    assert f"port {port}" in done.output
