"""What became of every source entry: a line for each receipt, written at once and never changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal

import msgspec

from hiphinge.errors import OutputError

__all__ = ["FINAL", "JOURNAL_NAME", "Journal", "Known", "Line", "LineState"]

JOURNAL_NAME = "journal.jsonl"
LineState = Literal["done", "found", "refused", "failed", "quarantined"]
#: After these there is nothing more to do for an entry.
FINAL: tuple[LineState, ...] = ("done", "found", "refused", "quarantined")
_STATES: tuple[LineState, ...] = ("done", "found", "refused", "failed", "quarantined")
#: Bit that says that an entry has a row in the data set, whatever has become of it since.
_HAS_ROW = 1 << 15
#: A power cut may cost what was written after the last time that the disk was asked to keep it.
_SYNC_EVERY_BYTES = 256 << 10


class Line(msgspec.Struct, omit_defaults=True, frozen=True):
    """One receipt, with which source entry it belongs to.

    Parameters
    ----------
    entry
        URL, and which of its appearances in the source, as a hash.
    generation
        Instrument, criteria and options of the run, as a hash.
    fingerprint
        Size and time of the file and the clip's own options, as a hash: another one has to be looked at again.
    partition
        ``model`` and ``criteria`` of the data set.
    """

    entry: str
    generation: str
    fingerprint: str
    partition: tuple[str, str]
    url: str
    state: LineState
    attempt: int
    finished_utc: str
    key: str = ""
    folder: str = ""
    row: dict[str, str | float | int | bool | None] = {}
    kind: str = ""
    reason: str = ""
    next_step: str = ""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    worker: str = ""


class Known:
    """What the journal knows of each entry, small enough for millions: one number each."""

    def __init__(self) -> None:
        self._packed: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._packed)

    def add(self, line: Line) -> bool:
        """Take in a line; True where its row takes the place of an earlier one."""
        place = self._place(line.entry, line.generation)
        had_row = self._packed.get(place, 0) & _HAS_ROW
        has_row = _HAS_ROW if line.state in FINAL else had_row
        code = has_row | (_STATES.index(line.state) + 1) << 8 | min(line.attempt, 255)
        self._packed[place] = int(line.key or "0", 16) << 80 | int(line.fingerprint, 16) << 16 | code
        return bool(had_row) and line.state in FINAL

    def state(self, entry: str, generation: str, fingerprint: str) -> tuple[LineState | None, int, str]:
        """Return state, attempts and key; ``(None, 0, "")`` where nothing is known of it as it is now."""
        packed = self._packed.get(self._place(entry, generation), 0)
        if not packed or packed >> 16 & (1 << 64) - 1 != int(fingerprint, 16):
            return None, 0, ""
        key = packed >> 80
        return self._state(packed), packed & 255, f"{key:032x}" if key else ""

    @staticmethod
    def _place(entry: str, generation: str) -> int:
        return int(entry, 16) ^ int(generation[:16], 16)

    @staticmethod
    def _state(packed: int) -> LineState:
        return _STATES[(packed >> 8 & 127) - 1]


class Journal:
    """The journal of a batch, open to be written.

    Parameters
    ----------
    path
        The file. A last line that a crash tore is cut off.

    Raises
    ------
    OutputError
        It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unsynced = 0
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._size = _whole_bytes(path)
            os.ftruncate(self._file, self._size)
        except OSError as error:
            raise self._cannot(error) from error

    def write(self, line: Line) -> int:
        """Append a line, and return where it ends.

        Raises
        ------
        OutputError
            The disk is full, for example; nothing of the line stays.
        """
        data = msgspec.json.encode(line) + b"\n"
        try:
            written = os.write(self._file, data)
            if written != len(data):
                raise OSError(28, os.strerror(28))
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise self._cannot(error) from error
        self._size += len(data)
        self._unsynced += len(data)
        if self._unsynced > _SYNC_EVERY_BYTES:
            self.sync()
        return self._size

    def sync(self) -> None:
        """Have the disk keep what was written.

        Raises
        ------
        OutputError
            It cannot.
        """
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._cannot(error) from error
        self._unsynced = 0

    def _cannot(self, error: OSError) -> OutputError:
        return OutputError(
            f"The batch's journal {str(self._path)!r} cannot be written ({error.strerror or error}).",
            expected="a folder that can be written, with room for the results",
            next_step="Free some space or change its permissions, and run the same command again.",
        )

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.sync()
        finally:
            os.close(self._file)

    @staticmethod
    def read(path: Path) -> Iterator[tuple[int, Line]]:
        """Yield every whole line with the place where it ends; what cannot be read is passed over."""
        decoder = msgspec.json.Decoder(Line)
        end = 0
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        with file:
            for data in file:
                end += len(data)
                if not data.endswith(b"\n"):
                    return
                try:
                    line = decoder.decode(data)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    continue
                yield end, line


def _whole_bytes(path: Path) -> int:
    """Return the size of the file up to the end of its last whole line."""
    with path.open("rb") as file:
        place = file.seek(0, os.SEEK_END)
        while place:
            start = max(0, place - (1 << 16))
            file.seek(start)
            found = file.read(place - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            place = start
    return 0
