"""Events and decisions to JSON and back, without loss or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from hiphinge.errors import RecordConflict, StoreError
from hiphinge.program import history as kinds
from hiphinge.program.decision import Decision
from hiphinge.program.history import Event
from hiphinge.store.rules import check_text

__all__ = ["KINDS", "decode_decision", "decode_event", "encode_decision", "encode_event", "versions_of"]

#: The name that is written → the class, for every event of the program.
KINDS: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for kind in vars(kinds).values()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
}
_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder()
_LONGEST_VERSION = 10_000


def encode_event(event: Event) -> str:
    """Return the canonical JSON of all that an event says, without its key and its time.

    Raises
    ------
    RecordConflict
        An event of no known kind, or a value that would not come back as it went in (NaN, text in place of a number).
    """
    kind = type(event).__name__
    if KINDS.get(kind) is not type(event):
        raise RecordConflict(f"An entry of kind {kind} cannot be kept.", expected=f"one of {', '.join(sorted(KINDS))}")
    try:
        fields = msgspec.to_builtins(event)
        del fields["key"], fields["at"]
        text = _ENCODER.encode(fields).decode()
        back = _convert(kind, event.key, event.at, text)
    except (msgspec.ValidationError, OverflowError, TypeError, ValueError) as error:
        raise _unkeepable(event, str(error)) from error
    if back != event:
        raise _unkeepable(event, "a value, such as NaN, would not come back as it is")
    return text


def _unkeepable(event: Event, why: str) -> RecordConflict:
    """An entry with a value of a type it cannot have."""
    why = why.partition("\n")[0]
    return RecordConflict(
        f"The entry {event.key!r} ({type(event).__name__}) cannot be kept: {why}.",
        expected="values of the documented types; what is not known is left out",
    )


def decode_event(kind: str, key: str, at: datetime, payload: str) -> Event:
    """Return the event that ``encode_event`` wrote.

    Raises
    ------
    StoreError
        An entry of a kind or with a value that this version does not know.
    """
    if kind not in KINDS:
        raise StoreError(
            f"The entry {key!r} is of kind {kind!r}, which this hiphinge does not know.",
            next_step="Use the newest hiphinge that has written to this store.",
        )
    try:
        return _convert(kind, key, at, payload)
    except msgspec.ValidationError as error:
        raise StoreError(
            f"The entry {key!r} ({kind}) cannot be read: {error}.",
            next_step="Use the newest hiphinge that has written to this store, or restore a backup.",
        ) from error


def _convert(kind: str, key: str, at: datetime, payload: str) -> Event:
    """Return the event of a payload."""
    fields = _DECODER.decode(payload)
    fields["key"], fields["at"] = key, at
    return msgspec.convert(fields, KINDS[kind])


def encode_decision(decision: Decision) -> str:
    """Return a decision's canonical JSON."""
    return _ENCODER.encode(decision).decode()


def decode_decision(text: str) -> Decision:
    """Return the decision that ``encode_decision`` wrote."""
    try:
        return msgspec.json.decode(text, type=Decision)
    except msgspec.ValidationError as error:
        raise StoreError(
            f"A saved decision cannot be read: {error}.",
            next_step="Use the newest hiphinge that has written to this store.",
        ) from error


def versions_of(document: bytes) -> tuple[str, str, str]:
    """Return ``(model, calibration, criteria)`` of an assessment's document, ``""`` where it does not say.

    Raises
    ------
    RecordConflict
        The bytes are no JSON object in strict UTF-8: no byte order mark, no NaN, no half characters.
    """
    try:
        document.decode("utf-8")
        whole: Any = _DECODER.decode(document)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        why = str(error).partition("\n")[0]
        raise RecordConflict(
            f"The assessment cannot be kept: it is no JSON in UTF-8 ({why}).", expected="assessment.json"
        ) from error
    if not isinstance(whole, dict):
        raise RecordConflict("The assessment cannot be kept: it is no JSON object.", expected="assessment.json")
    made = whole.get("provenance")
    made = made if isinstance(made, dict) else {}
    rules = whole.get("criteria")
    digest = hashlib.sha256(_ENCODER.encode(rules)).hexdigest()[:12] if rules else ""
    model, calibration = (str(made.get(name, "")) for name in ("model", "calibration"))
    for what, value in (("model", model), ("calibration", calibration)):
        if value:
            check_text(value, f"{what} that the assessment names", longest=_LONGEST_VERSION, lines=True)
    return model, calibration, digest
