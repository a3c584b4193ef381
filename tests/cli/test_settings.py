"""Options from the command line and from a TOML file."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from hiphinge.cli.arguments import DEFAULT_OUT
from hiphinge.cli.settings import build_options, check_options, read_settings
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import ConfigError, UsageError


def _file(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_the_built_in_values_hold() -> None:
    assert build_options({"model": None}) == AssessOptions(out=DEFAULT_OUT)


def test_every_option_is_a_key_of_the_file(tmp_path: Path) -> None:
    text = """
    [assess]
    out = "results"
    facing = "left"
    model = "lite"
    drill = "toe_touch"
    from_s = 1
    to_s = 20.5
    still_s = [0.5, 2.5]
    reference = "own.json"
    criteria = "limits.toml"
    person = 0
    wall = 0.12
    foot_length_cm = 27
    video = false
    """
    found = read_settings(_file(tmp_path, text))
    assert set(found) == {field.name for field in fields(AssessOptions)}
    assert build_options({}, config=_file(tmp_path, text)) == AssessOptions(
        out="results",
        facing="left",
        model="lite",
        drill="toe_touch",
        from_s=1.0,
        to_s=20.5,
        still_s=(0.5, 2.5),
        reference="own.json",
        criteria="limits.toml",
        person=0,
        wall=0.12,
        foot_length_cm=27.0,
        video=False,
    )


def test_only_what_the_file_says_is_taken(tmp_path: Path) -> None:
    assert read_settings(_file(tmp_path, '[assess]\nmodel = "heavy"')) == {"model": "heavy"}
    assert read_settings(_file(tmp_path, "")) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[assess]\nfacings = "left"', "Did you mean 'facing'?"),
        ("[assess]\nfrom = 2", "Did you mean 'from_s'?"),
        ("[assess]\nzzz = 2", "Remove it."),
        ("[asses]\nperson = 2", "Did you mean 'assess'?"),
        ('[assess]\nmodel = "huge"', "hiphinge assess --help"),
        ('[assess]\nvideo = "yes"', "hiphinge assess --help"),
        ("[assess]\nstill_s = [1.0]", "hiphinge assess --help"),
        ("[assess]\nperson = -1", "hiphinge assess --help"),
        ("assess = 3", "[assess]"),
        ("[assess", "Mend that line."),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings(_file(tmp_path, text))
    assert said in str(caught.value)
    assert "settings.toml" in caught.value.what


def test_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not TOML"):
        read_settings(tmp_path / "binary.toml")


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"from_s": -1.0}, "-1 s"),
        ({"to_s": math.nan}, "nan s"),
        ({"from_s": 4.0, "to_s": 4.0}, "nothing lies between"),
        ({"to_s": 0.0}, "nothing lies between"),
        ({"still_s": (3.0, 1.0)}, "3 to 1 s"),
        ({"still_s": (-1.0, 1.0)}, "-1 to 1 s"),
        ({"still_s": (1.0, math.inf)}, "inf"),
        ({"person": -2}, "-2"),
        ({"wall": -0.1}, "--wall is -0.1"),
        ({"wall": math.nan}, "--wall is nan"),
        ({"foot_length_cm": 2.6}, "2.6 cm"),
        ({"foot_length_cm": math.nan}, "nan cm"),
    ],
)
def test_values_that_fit_no_video_are_refused_with_the_value_seen(given: dict[str, Any], seen: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_options(AssessOptions(**given))
    assert seen in caught.value.what
    assert caught.value.expected
    assert caught.value.next_step


def test_values_that_fit_pass() -> None:
    check_options(AssessOptions(from_s=0.0, to_s=0.1, still_s=(0.0, 2.0), person=0, wall=0.0, foot_length_cm=45))
