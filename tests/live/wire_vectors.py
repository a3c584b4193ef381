"""Test vectors of the live wire, for every implementation of it (``hiphinge.live.wire``).

``python -m tests.live.wire_vectors`` writes ``tests/data/live_wire.json``: messages as base64 beside the values in them
(``null`` is NaN), and messages that must be refused.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.live.wire import FLAG_RESTARTED, FLAG_SEEN, FRAME, Rows, encode_frames
from tests.live.rows import rows_of_clip
from tests.synthetic import PERFECT, film, script

PATH = Path(__file__).parents[1] / "data" / "live_wire.json"


def make_frames() -> Rows:
    """Four frames: standing, bent, nobody, and somebody half seen after the camera was started again."""
    filmed = script(PERFECT, n_reps=1, rate_hz=15.0)
    rows = rows_of_clip(film(filmed))[[0, 70, 71, 72]]
    for name in FRAME.names or ():
        if FRAME[name].base == np.dtype("<f4"):
            rows[name] = np.round(rows[name].astype(float), 3)
    rows["time_s"] = [0.0, 1 / 3, 0.7, 86_399.875]
    rows["shift_x"][1], rows["shift_y"][1] = -0.0125, 0.25
    rows["flags"][1] |= 1
    rows["flags"][2] &= ~np.uint8(FLAG_SEEN)
    for name in FRAME.names or ():
        if FRAME[name].base == np.dtype("<f4") and name not in ("luma", "presence", "visibility"):
            rows[name][2] = np.nan
    rows["presence"][2], rows["visibility"][2] = 0.0, 0.0
    rows["flags"][3] |= FLAG_RESTARTED
    rows["dorsal"][3, 50:], rows["hidden"][3, 10:20], rows["seat"][3] = np.nan, 1, np.nan
    rows["shift_x"][3] = rows["shift_y"][3] = rows["sharpness"][3] = np.nan
    return rows


def values_of(row: np.void) -> dict[str, Any]:
    """The values of one frame as JSON has them."""
    return {name: _plain(row[name]) for name in FRAME.names or ()}


def _plain(value: Any) -> Any:
    if np.ndim(value):
        return [_plain(one) for one in value]
    number = value.item()
    return None if number != number else number


def make_vectors() -> dict[str, Any]:
    """Compute every vector."""
    rows = make_frames()
    good = encode_frames(7, rows)
    text = base64.b64encode
    refused = {
        "empty": b"",
        "header only": good[:12],
        "cut short": good[:-1],
        "another magic": b"HHL2" + good[4:],
        "count beyond what follows": good[:8] + b"\x05\x00" + good[10:],
        "times that do not grow": encode_frames(0, rows[[1, 0]]),
    }
    return {
        "version": 1,
        "frame_bytes": FRAME.itemsize,
        "fields": [[name, FRAME[name].base.str.lstrip("<|"), list(FRAME[name].shape)] for name in FRAME.names or ()],
        "messages": [
            {"first": 7, "base64": text(good).decode(), "frames": [values_of(row) for row in rows]},
            {"first": 0, "base64": text(encode_frames(0, rows[:1])).decode(), "frames": [values_of(rows[0])]},
        ],
        "refused": [{"name": name, "base64": text(data).decode()} for name, data in refused.items()],
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(make_vectors(), separators=(",", ":")) + "\n", encoding="utf-8")
