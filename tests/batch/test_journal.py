"""The journal survives crashes, and what it knows is small."""

from __future__ import annotations

import os

import msgspec
import pytest

from hiphinge.batch.journal import Journal, Known, Line
from hiphinge.errors import OutputError


def line(number: int, **more: object) -> Line:
    given = {"state": "done", "attempt": 1, "fingerprint": f"{number:016x}", "key": f"{number:032x}"} | more
    return Line(
        entry=f"{number:016x}", generation="ab" * 8, partition=("full", "hinge"), url=f"/{number}.mp4",
        finished_utc="", **given,
    )  # fmt: skip


@pytest.mark.parametrize("torn", [b'{"entry": "0', b"\x00" * 4096, b"x" * 200_000])
def test_a_torn_end_is_cut_off_and_written_over(tmp_path, torn):
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        first = journal.write(line(1))
    with path.open("ab") as file:
        file.write(torn)
    assert [found.entry for _, found in Journal.read(path)] == [line(1).entry]
    with Journal(path) as journal:
        second = journal.write(line(2))
    assert list(Journal.read(path)) == [(first, line(1)), (second, line(2))]
    assert path.stat().st_size == second


def test_a_damaged_line_costs_only_itself(tmp_path):
    path = tmp_path / "journal.jsonl"
    whole = msgspec.json.encode(line(1)) + b"\n"
    path.write_bytes(b"\xff damaged\n" + whole)
    assert list(Journal.read(path)) == [(len(whole) + 10, line(1))]


def test_a_line_that_finds_no_room_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.write(line(1))
        write = os.write
        monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:10]))
        with pytest.raises(OutputError, match="No space left"):
            journal.write(line(2))
        monkeypatch.undo()
        journal.write(line(3))
    assert [found for _, found in Journal.read(path)] == [line(1), line(3)]


def test_what_is_known_comes_back(tmp_path):
    known = Known()
    assert known.state(line(1).entry, line(1).generation, line(1).fingerprint) == (None, 0, "")
    assert not known.add(line(1, state="failed", attempt=2, key=""))
    assert known.state(line(1).entry, line(1).generation, line(1).fingerprint) == ("failed", 2, "")
    assert not known.add(line(1))
    assert known.add(line(1, state="found"))
    assert known.state(line(1).entry, line(1).generation, line(1).fingerprint) == ("found", 1, line(1).key)
    assert known.state(line(1).entry, line(1).generation, "f" * 16) == (None, 0, "")
    assert known.state(line(1).entry, "cd" * 8, line(1).fingerprint) == (None, 0, "")
    assert len(known) == 1
