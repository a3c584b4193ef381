from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hiphinge.errors import ModelError, UsageError
from hiphinge.pose.store import LANDMARK_MODELS, find_model, locked_sha256


@pytest.mark.parametrize("name", ["detector", *LANDMARK_MODELS])
def test_find_model_finds_what_is_installed(name: str) -> None:
    path = find_model(name)
    assert path.is_file()
    assert path.name in locked_sha256()


def test_find_model_unknown_name_says_which_exist() -> None:
    with pytest.raises(UsageError, match="'huge'") as caught:
        find_model("huge")
    assert caught.value.expected == "lite, full, heavy"


def test_find_model_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read") as caught:
        find_model("lite", folder=tmp_path)
    assert caught.value.exit_code == 9
    assert "hiphinge doctor" in caught.value.next_step


def test_find_model_altered_file(tmp_path: Path) -> None:
    copy = tmp_path / "pose_landmark_lite.tflite"
    shutil.copy(find_model("lite"), copy)
    assert find_model("lite", folder=tmp_path) == copy
    data = bytearray(copy.read_bytes())
    data[1000] ^= 1
    copy.write_bytes(data)
    with pytest.raises(ModelError, match="not the one"):
        find_model("lite", folder=tmp_path)
