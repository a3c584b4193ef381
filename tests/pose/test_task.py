"""The browser's models: whole inside, described, the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from pathlib import Path

import pytest

from hiphinge.pose.store import find_model
from hiphinge.pose.task import add_normalisation, make_task

ROOT = Path(__file__).parents[2]
DETECTOR = find_model("detector").read_bytes()


class Table:
    """A FlatBuffer's table, read independently of the writer."""

    def __init__(self, data: bytes, place: int) -> None:
        self.data, self.place = data, place
        self.vtable = place - self.number("<i", place)

    def number(self, form: str, at: int) -> int:
        value: int = struct.unpack_from(form, self.data, at)[0]
        return value

    def at(self, field: int) -> int | None:
        size = self.number("<H", self.vtable)
        offset = self.number("<H", self.vtable + 4 + 2 * field) if 4 + 2 * field < size else 0
        return self.place + offset if offset else None

    def scalar(self, field: int, form: str) -> int:
        place = self.at(field)
        return 0 if place is None else self.number(form, place)

    def follow(self, field: int) -> int:
        place = self.at(field)
        assert place is not None
        return place + self.number("<I", place)

    def table(self, field: int) -> Table:
        return Table(self.data, self.follow(field))

    def tables(self, field: int) -> list[Table]:
        start = self.follow(field)
        places = [start + 4 + 4 * n for n in range(self.number("<I", start))]
        return [Table(self.data, place + self.number("<I", place)) for place in places]

    def bytes(self, field: int) -> bytes:
        start = self.follow(field)
        return self.data[start + 4 : start + 4 + self.number("<I", start)]

    def floats(self, field: int) -> tuple[float, ...]:
        start = self.follow(field)
        return struct.unpack_from(f"<{self.number('<I', start)}f", self.data, start + 4)


def root(data: bytes) -> Table:
    return Table(data, struct.unpack_from("<I", data)[0])


def test_the_input_is_described_as_the_model_was_trained() -> None:
    model = root(add_normalisation(DETECTOR, mean=127.5, std=64.0))
    entry = model.tables(6)[-1]
    assert entry.bytes(0) == b"TFLITE_METADATA"
    metadata = model.tables(4)[entry.scalar(1, "<I")].bytes(0)
    assert metadata[4:8] == b"M001"
    (tensor,) = root(metadata).tables(3)[0].tables(2)
    content = tensor.table(3)
    assert content.scalar(0, "<B") == 2  # an image ...
    assert content.table(1).scalar(0, "<B") == 1  # ... in RGB
    (unit,) = tensor.tables(4)
    assert unit.scalar(0, "<B") == 1
    assert unit.table(1).floats(0) == (127.5,)
    assert unit.table(1).floats(1) == (64.0,)


def test_the_model_itself_stays_as_it_is() -> None:
    described = add_normalisation(DETECTOR, mean=0.0, std=255.0)
    assert described.endswith(DETECTOR)
    assert (len(described) - len(DETECTOR)) % 64 == 0
    before, after = root(DETECTOR), root(described)
    assert after.scalar(0, "<I") == before.scalar(0, "<I")
    old, new = before.tables(4), after.tables(4)
    assert len(new) == len(old) + 1
    for one, other in zip(old, new, strict=False):
        assert (one.at(0) is None) == (other.at(0) is None)
        if one.at(0) is not None:
            assert one.bytes(0) == other.bytes(0)
            assert (other.follow(0) + 4) % 16 == 0
    assert [t.bytes(0) for t in after.tables(6)[:-1]] == [t.bytes(0) for t in before.tables(6)]
    assert after.bytes(3) == before.bytes(3)


def test_a_task_is_a_stored_zip_with_aligned_models() -> None:
    task = make_task(DETECTOR, DETECTOR)
    assert task == make_task(DETECTOR, DETECTOR)
    with zipfile.ZipFile(io.BytesIO(task)) as bundle:
        assert bundle.testzip() is None
        entries = bundle.infolist()
        assert [entry.filename for entry in entries] == ["pose_detector.tflite", "pose_landmarks_detector.tflite"]
        for entry, (mean, std) in zip(entries, [(127.5, 127.5), (0.0, 255.0)], strict=True):
            assert entry.compress_type == zipfile.ZIP_STORED
            assert bundle.read(entry) == add_normalisation(DETECTOR, mean=mean, std=std)
            place = entry.header_offset + 30 + len(entry.filename) + len(entry.extra)
            assert place % 64 == 0
            assert task[place + 4 : place + 8] == b"TFL3"


@pytest.mark.parametrize(
    ("model", "said"),
    [(b"no model at all", "No TFLite model"), (add_normalisation(DETECTOR, mean=0.0, std=1.0), "already")],
)
def test_what_cannot_be_described_is_refused(model: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        add_normalisation(model, mean=0.0, std=255.0)


def test_the_lock_composes_the_models_that_python_loads() -> None:
    lock = json.loads((ROOT / "src/hiphinge/web/vendor.lock.json").read_text(encoding="utf-8"))
    assert sorted(lock["tasks"]) == ["models/pose_landmarker_full.task", "models/pose_landmarker_lite.task"]
    for name, task in lock["tasks"].items():
        model = name.removesuffix(".task").split("_")[-1]
        assert ROOT / task["detector"] == find_model("detector")
        assert ROOT / task["landmarks"] == find_model(model)
        made = make_task(DETECTOR, find_model(model).read_bytes())
        assert hashlib.sha256(made).hexdigest() == task["sha256"]
