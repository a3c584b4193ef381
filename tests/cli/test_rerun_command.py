"""``hiphinge rerun``: a recording in, a verdict out."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hiphinge.cli import app
from hiphinge.clip.recording import pack_tracks
from tests.clip.clips import tracks_of
from tests.synthetic import ROUNDED, film, script

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "tracks.npz"
    path.write_bytes(pack_tracks(tracks_of(film(script(ROUNDED, n_reps=2, rate_hz=15.0)))))
    return path


def test_it_says_the_verdict(recording: Path) -> None:
    result = RUNNER.invoke(app, ["rerun", str(recording)])
    assert result.exit_code == 0
    assert "The back did much of the bending here." in result.stdout


def test_json_of_another_drill(recording: Path) -> None:
    result = RUNNER.invoke(app, ["rerun", str(recording), "--drill", "toe_touch", "--json"])
    (found,) = json.loads(result.stdout)
    assert found["folder"] is None
    assert found["assessment"]["drill"] == "toe_touch"


def test_what_cannot_be_used_is_said_with_its_code(recording: Path, tmp_path: Path) -> None:
    assert RUNNER.invoke(app, ["rerun", str(tmp_path / "nowhere.npz")]).exit_code == 3
    (tmp_path / "text.npz").write_text("hello", encoding="utf-8")
    assert RUNNER.invoke(app, ["rerun", str(tmp_path / "text.npz")]).exit_code == 2
    assert RUNNER.invoke(app, ["rerun", str(tmp_path)]).exit_code == 1
    assert RUNNER.invoke(app, ["rerun", str(recording), "--wall", "99999"]).exit_code == 2
