"""Files of the cache: whole or not there, and kind words where they cannot be."""

import numpy as np
import pytest

from hiphinge.errors import ConfigError, OutputError
from hiphinge.validation import store


def test_arrays_come_back(tmp_path):
    path = tmp_path / "one.npz"
    store.write_arrays(path, {"a": np.arange(3), "word": np.array("still")})
    held = store.read_arrays(path, ["a", "word"])
    assert held["a"].tolist() == [0, 1, 2]
    assert str(held["word"]) == "still"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04half"])
def test_broken_or_missing_arrays_are_made_again(tmp_path, content):
    path = tmp_path / "one.npz"
    assert store.read_arrays(path, ["a"]) is None
    path.write_bytes(content)
    assert store.read_arrays(path, ["a"]) is None


def test_arrays_that_lack_one_are_made_again(tmp_path):
    store.write_arrays(tmp_path / "one.npz", {"a": np.zeros(2)})
    assert store.read_arrays(tmp_path / "one.npz", ["a", "b"]) is None


def test_a_file_in_the_place_of_a_folder_is_said_kindly(tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written") as caught:
        store.ensure_folder(tmp_path / "cache" / "inner")
    assert "--cache" in caught.value.next_step


def test_a_write_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        store.write_bytes(tmp_path / "missing" / "one.json", b"{}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, "{", "\x00"])
def test_json_that_cannot_be_read_is_said_kindly(tmp_path, content):
    path = tmp_path / "t0.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        store.read_json(path)
    assert caught.value.exit_code == 8


def test_fingerprint_names_the_code(monkeypatch, tmp_path):
    assert store.fingerprint(store.SIGHT) == store.fingerprint(store.SIGHT)
    assert store.fingerprint(store.SIGHT) != store.fingerprint(store.ANALYSIS)
    (tmp_path / "pose").mkdir()
    (tmp_path / "pose" / "model.py").write_text("a = 1")
    monkeypatch.setattr(store, "_PACKAGE", tmp_path)
    before = store.fingerprint.__wrapped__(("pose",))
    (tmp_path / "pose" / "model.py").write_text("a = 2")
    assert store.fingerprint.__wrapped__(("pose",)) != before


def test_an_interval_stays_on_one_line(tmp_path):
    value = {"mae": 1.5, "mae_interval": [-1.25, 2.0], "list": [1.0, 2.0, 3.0], "words": ["a", "b"]}
    store.write_json(tmp_path / "v.json", value, indent=1)
    text = (tmp_path / "v.json").read_text(encoding="utf-8")
    assert '"mae_interval": [-1.25, 2.0]' in text
    assert store.read_json(tmp_path / "v.json") == value
