"""The browser's pose models: the packaged ``.tflite`` files, put together as MediaPipe's tasks want them.

A task is a zip, stored, of detector and landmark model. Each must say in its metadata how pictures become its input,
which the packaged files do not; the metadata is added in front of the file, whose own bytes stay as they are. Run by
the build hook with the standard library alone, so nothing of this package is imported here.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["add_normalisation", "make_task"]

_MODEL_ID, _METADATA_ID, _METADATA_NAME = b"TFL3", b"M001", b"TFLITE_METADATA"
#: FlatBuffer field numbers of TFLite's ``Model`` and of the tables that describe an input.
_VERSION, _BUFFERS, _METADATA = 0, 4, 6
_SUBGRAPHS, _INPUTS = 3, 2
_CONTENT, _PROCESS_UNITS = 3, 4
_IMAGE_PROPERTIES, _NORMALISATION, _RGB = 2, 1, 1
#: Weights must lie at multiples of this.
_ALIGN = 64
#: Extra field of a zip entry that pads its data to a multiple of a number (Android's zipalign).
_PADDING_ID = 0xD935
_EPOCH = (1980, 1, 1, 0, 0, 0)


def make_task(detector: bytes, landmarks: bytes) -> bytes:
    """Put a detector and a landmark model together as one task file; the same models give the same bytes.

    Parameters
    ----------
    detector, landmarks
        The ``.tflite`` files as packaged.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as bundle:
        for name, model, mean, std in (
            ("pose_detector.tflite", detector, 127.5, 127.5),
            ("pose_landmarks_detector.tflite", landmarks, 0.0, 255.0),
        ):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            # 30 bytes of local header, the name, 6 bytes of padding's own header.
            padding = -(packed.tell() + 30 + len(name.encode()) + 6) % _ALIGN
            entry.extra = struct.pack("<HHH", _PADDING_ID, 2 + padding, _ALIGN) + bytes(padding)
            bundle.writestr(entry, add_normalisation(model, mean=mean, std=std))
    return packed.getvalue()


def add_normalisation(model: bytes, *, mean: float, std: float) -> bytes:
    """Return a TFLite model that says how its one RGB input is normalised.

    Parameters
    ----------
    model
        The ``.tflite`` file, without such metadata.
    mean, std
        The input is ``(byte - mean) / std``.

    Raises
    ------
    ValueError
        This is no TFLite model, or it has metadata of its own already.
    """
    if model[4:8] != _MODEL_ID:
        raise ValueError(f"No TFLite model: its mark is {model[4:8]!r}, not {_MODEL_ID!r}.")
    if _METADATA_NAME in model:
        raise ValueError("This model has such metadata already.")
    fields = _table_fields(model, _target(model, 0))
    root: dict[int, _Part] = {
        number: _Kept(_target(model, place)) for number, place in fields.items() if number != _VERSION
    }
    root[_VERSION] = _Number("<I", struct.unpack_from("<I", model, fields[_VERSION])[0])
    buffers, entries = _items(model, fields.get(_BUFFERS)), _items(model, fields.get(_METADATA))
    described = _Table({0: _Bytes(_normalisation(mean, std))})
    entry = _Table({0: _Bytes(_METADATA_NAME, text=True), 1: _Number("<I", len(buffers))})
    root[_BUFFERS] = _Vector([*buffers, described])
    root[_METADATA] = _Vector([*entries, entry])
    return _write(_Table(root), _MODEL_ID, model)


def _normalisation(mean: float, std: float) -> bytes:
    """Return the metadata of one RGB input."""
    image = _Table({0: _Number("<B", _RGB)})
    content = _Table({0: _Number("<B", _IMAGE_PROPERTIES), 1: image})
    numbers = _Table({0: _Floats((mean,)), 1: _Floats((std,))})
    unit = _Table({0: _Number("<B", _NORMALISATION), 1: numbers})
    tensor = _Table({_CONTENT: content, _PROCESS_UNITS: _Vector([unit])})
    return _write(_Table({_SUBGRAPHS: _Vector([_Table({_INPUTS: _Vector([tensor])})])}), _METADATA_ID)


@dataclass(frozen=True, slots=True)
class _Number:
    form: str
    value: int


@dataclass(frozen=True, slots=True)
class _Bytes:
    data: bytes
    text: bool = False


@dataclass(frozen=True, slots=True)
class _Floats:
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """Something of the old file, by its place there."""

    place: int


@dataclass(frozen=True, slots=True)
class _Table:
    fields: Mapping[int, _Part]


@dataclass(frozen=True, slots=True)
class _Vector:
    items: Sequence[_Part]


_Part = _Number | _Bytes | _Floats | _Kept | _Table | _Vector


def _table_fields(data: bytes, table: int) -> dict[int, int]:
    """Return field number → its place, for the fields that a table has."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    size = struct.unpack_from("<H", data, vtable)[0]
    offsets = struct.unpack_from(f"<{(size - 4) // 2}H", data, vtable + 4)
    return {number: table + offset for number, offset in enumerate(offsets) if offset}


def _target(data: bytes, place: int) -> int:
    """Return what the offset at a place points to."""
    return place + int(struct.unpack_from("<I", data, place)[0])


def _items(data: bytes, place: int | None) -> list[_Kept]:
    """Return the items of the vector that the offset at a place points to."""
    if place is None:
        return []
    start = _target(data, place)
    (count,) = struct.unpack_from("<I", data, start)
    return [_Kept(_target(data, start + 4 + 4 * number)) for number in range(count)]


def _write(root: _Table, file_id: bytes, old: bytes = b"") -> bytes:
    """Write a FlatBuffer in front of an old one: offsets point forward only, so whatever refers comes first."""
    out = bytearray(b"\0\0\0\0" + file_id)
    waiting: list[tuple[int, _Part]] = [(0, root)]
    kept: list[tuple[int, int]] = []
    while waiting:
        at, part = waiting.pop(0)
        if isinstance(part, _Kept):
            kept.append((at, part.place))
            continue
        place, more = _place(out, part)
        struct.pack_into("<I", out, at, place - at)
        waiting += more
    out += bytes(-len(out) % (_ALIGN if old else 4))
    for at, place in kept:
        struct.pack_into("<I", out, at, len(out) + place - at)
    return bytes(out) + old


def _place(out: bytearray, part: _Part) -> tuple[int, list[tuple[int, _Part]]]:
    """Append a part; returns where it is, and where the offsets of its children belong."""
    out += bytes(-len(out) % 4)
    place = len(out)
    if isinstance(part, _Bytes):
        if not part.text:
            # Data begin after their length, at a multiple of 16, as TFLite wants them.
            out += bytes((-len(out) - 4) % 16)
            place = len(out)
        out += struct.pack("<I", len(part.data)) + part.data + bytes(part.text)
        return place, []
    if isinstance(part, _Floats):
        out += struct.pack(f"<I{len(part.values)}f", len(part.values), *part.values)
        return place, []
    if isinstance(part, _Vector):
        out += struct.pack("<I", len(part.items)) + bytes(4 * len(part.items))
        return place, [(place + 4 + 4 * number, item) for number, item in enumerate(part.items)]
    assert isinstance(part, _Table)
    return _place_table(out, part)


def _place_table(out: bytearray, table: _Table) -> tuple[int, list[tuple[int, _Part]]]:
    """Append a table behind its vtable."""
    n_fields = max(table.fields) + 1
    vtable = len(out)
    size = 4 + 2 * n_fields
    place = vtable + size + -size % 4
    offsets, end = [0] * n_fields, 4
    # Single bytes last: what needs four bytes stays aligned.
    for number in sorted(table.fields, key=lambda number: _size(table.fields[number]), reverse=True):
        offsets[number] = end
        end += _size(table.fields[number])
    out += struct.pack(f"<HH{n_fields}H", size, end, *offsets)
    out += bytes(place - len(out)) + struct.pack("<i", place - vtable) + bytes(end - 4)
    children: list[tuple[int, _Part]] = []
    for number, part in table.fields.items():
        if isinstance(part, _Number):
            struct.pack_into(part.form, out, place + offsets[number], part.value)
        else:
            children.append((place + offsets[number], part))
    return place, children


def _size(part: _Part) -> int:
    return struct.calcsize(part.form) if isinstance(part, _Number) else 4
