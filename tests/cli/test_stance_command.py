"""``hiphinge stance``: words for people, one JSON object for machines."""

import json
from pathlib import Path

from typer.testing import CliRunner

from hiphinge.cli import app

DATA = Path(__file__).parents[1] / "data"
RUNNER = CliRunner()


def test_it_says_the_width_and_what_to_try() -> None:
    result = RUNNER.invoke(app, ["stance", str(DATA / "frontal.mp4")])
    assert result.exit_code == 0
    assert result.stdout.startswith("Stance width: 0.")
    assert " to " in result.stdout
    assert "of the shoulders' width" in result.stdout


def test_cannot_tell_is_a_result() -> None:
    result = RUNNER.invoke(app, ["stance", str(DATA / "person_side.jpg")])
    assert result.exit_code == 0
    assert result.stdout.startswith("Stance width: cannot tell. You are turned")


def test_json() -> None:
    result = RUNNER.invoke(app, ["stance", str(DATA / "person_side.jpg"), "--json"])
    found = json.loads(result.stdout)
    assert set(found) == {"value", "lo", "hi", "place", "cue", "reason"}
    assert (found["value"], found["place"]) == (None, "cannot_tell")


def test_a_missing_photo_is_said_with_its_code() -> None:
    assert RUNNER.invoke(app, ["stance", "nowhere.jpg"]).exit_code == 3
