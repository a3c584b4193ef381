"""The browser writes frames as Python reads them."""

import base64
import json
from pathlib import Path

from hiphinge.live.wire import FRAME, MAX_FRAMES, decode_frames
from tests.web.js.node import run_js

STORED = json.loads((Path(__file__).parents[2] / "data" / "live_wire.json").read_text(encoding="utf-8"))


def flat(value):
    if isinstance(value, list):
        return [item for part in value for item in (flat(part) if isinstance(part, list) else [flat(part)])]
    return "NaN" if value is None else value


def test_the_layout_is_pythons():
    types = {"<f8": "f8", "<f4": "f4", "<u2": "u2", "|u1": "u1"}
    fields = []
    for name in FRAME.names:
        base, count = FRAME[name].base, 1
        for side in FRAME[name].shape:
            count *= side
        fields.append([name, types[base.str], count])
    told, size = run_js([("wire.js", "FIELDS", []), ("wire.js", "FRAME_BYTES", [])])
    assert told["value"] == fields
    assert size["value"] == FRAME.itemsize == STORED["frame_bytes"]


def test_every_message_is_the_stored_one():
    for message in STORED["messages"]:
        frames = [{name: flat(value) for name, value in frame.items()} for frame in message["frames"]]
        written = run_js([("wire.js", "writeFrame", [frame]) for frame in frames])
        parts = [{"bytes": answer["value"]} for answer in written]
        (packed,) = run_js([("wire.js", "packFrames", [message["first"], parts])])
        assert packed["value"] == message["base64"]
        first, rows = decode_frames(base64.b64decode(packed["value"]))
        assert (first, len(rows)) == (message["first"], len(frames))


def test_what_does_not_fit_is_refused():
    frame = {name: flat(value) for name, value in STORED["messages"][0]["frames"][0].items()}
    part = {"bytes": base64.b64encode(bytes(FRAME.itemsize)).decode()}
    told = run_js(
        [
            ("wire.js", "packFrames", [0, []]),
            ("wire.js", "packFrames", [0, [part] * (MAX_FRAMES + 1)]),
            ("wire.js", "writeFrame", [{**frame, "dorsal": [0.0]}]),
            ("wire.js", "writeFrame", [{name: value for name, value in frame.items() if name != "luma"}]),
        ]
    )
    said = [answer["error"] for answer in told]
    assert said == [
        "0 frames do not fit in one message.",
        f"{MAX_FRAMES + 1} frames do not fit in one message.",
        "A frame needs 61 of dorsal.",
        "A frame needs 1 of luma.",
    ]
