"""The table of settings: read from the environment and from what is given, and refused kindly."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from hiphinge.errors import ConfigError
from hiphinge.web.settings import SETTINGS, Settings, read_settings


def test_the_table_and_the_settings_are_the_same():
    assert {one.name for one in SETTINGS} == {one.name for one in fields(Settings)}
    assert Settings() == read_settings({})
    assert len({one.variable for one in SETTINGS}) == len(SETTINGS)
    assert all(one.help.endswith(".") for one in SETTINGS)


def test_what_is_given_wins_over_the_environment():
    environ = {"HIPHINGE_WEB_PORT": "9000", "HIPHINGE_WEB_HOSTS": "A.example, b.example,", "HIPHINGE_STORE": "x.db"}
    found = read_settings(environ, port=9001, host=None)
    assert (found.port, found.hosts, found.store, found.host) == (9001, ("a.example", "b.example"), "x.db", "127.0.0.1")


@pytest.mark.parametrize(("told", "value"), [("yes", True), ("0", False), ("On", True), ("false", False)])
def test_flags(told, value):
    assert read_settings({"HIPHINGE_WEB_WORKER": told}).worker is value


def test_paths_and_empty_values():
    assert read_settings({"HIPHINGE_WEB_DATA": "/srv/x", "HIPHINGE_WEB_PORT": ""}).data == Path("/srv/x")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"HIPHINGE_WEB_PROT": "1"}, "HIPHINGE_WEB_PORT"),
        ({"HIPHINGE_WEB_XYZZY": "1"}, "Take it out"),
        ({"HIPHINGE_WEB_MODE": "clinc"}, "clinic"),
        ({"HIPHINGE_WEB_PORT": "many"}, "0 to 65535"),
        ({"HIPHINGE_WEB_PORT": "70000"}, "0 to 65535"),
        ({"HIPHINGE_WEB_WORKER": "perhaps"}, "yes or no"),
        ({"HIPHINGE_WEB_TLS": "files"}, "cert and key"),
        ({"HIPHINGE_WEB_TLS": "self", "HIPHINGE_WEB_BEHIND_PROXY": "1"}, "one of the two"),
        ({"HIPHINGE_WEB_PUBLIC_URL": "clinic.example"}, "https://"),
    ],
)
def test_what_cannot_be_used_is_said_with_what_can(environ, said):
    with pytest.raises(ConfigError) as caught:
        read_settings(environ)
    assert said in str(caught.value)


def test_a_name_that_is_no_setting():
    with pytest.raises(ConfigError, match="no setting prot"):
        read_settings({}, prot=1)
