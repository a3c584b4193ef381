"""Stance width from a picture file, with the product's own pose model."""

from pathlib import Path

import pytest

import hiphinge
from hiphinge.clip.stance import read_stance
from hiphinge.errors import InputNotFound, NotAVideo, UsageError

DATA = Path(__file__).parents[1] / "data"


def test_a_rendered_person_from_the_front_is_read():
    found = hiphinge.stance(DATA / "frontal.mp4")
    # The true joints of this rendered person, projected with the fixture's own camera: 64.5 px against 76.1 px.
    assert found.value is not None
    assert found.lo < 64.5 / 76.1 < found.hi
    assert found.place in ("narrow", "shoulder_width")


def test_a_picture_from_the_side_is_refused_kindly():
    found = hiphinge.stance(DATA / "person_side.jpg")
    assert found.value is None
    assert "face the camera" in found.reason


def test_what_cannot_be_used_is_an_error(tmp_path):
    with pytest.raises(InputNotFound):
        hiphinge.stance(tmp_path / "none.jpg")
    (tmp_path / "text.jpg").write_text("hello", encoding="utf-8")
    with pytest.raises(NotAVideo):
        hiphinge.stance(tmp_path / "text.jpg")
    with pytest.raises(UsageError, match="huge"):
        read_stance(DATA / "person_side.jpg", model="huge")
    with pytest.raises(UsageError, match="--person is -1"):
        read_stance(DATA / "person_side.jpg", person=-1)
