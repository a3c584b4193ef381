"""A clip's pictures, one by one through the pose worker, with the clip's own times."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions
from hiphinge.clip.recording import reassess
from hiphinge.live.wire import FRAME, Rows, rows_to_tracks
from hiphinge.model import Array
from hiphinge.video import open_video
from tests.web.js.pages import open_chromium, serve_static

BLANK = Path(__file__).with_name("blank.html")
#: Runs the worker on /frames/<n>.png, one picture in flight, and keeps the bytes it gives.
_FOLLOW = """
async ({ times, mirror, model, delegate }) => {
  const worker = new Worker('/js/pose/worker.js', { type: 'module' });
  const ask = (message, moved) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error.what)) : resolve(data));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(message, moved);
  });
  const { ready } = await ask({ init: { model, delegate } }, []);
  const frames = [];
  const took = [];
  for (const [n, time_s] of times.entries()) {
    const png = await (await fetch(`/frames/${n}.png`)).blob();
    const frame = await createImageBitmap(png, { colorSpaceConversion: 'none' });
    const found = await ask({ frame, time_s, mirror, restarted: n === 0 }, [frame]);
    frames.push(btoa(String.fromCharCode(...new Uint8Array(found.bytes))));
    took.push(found.took_ms);
  }
  worker.terminate();
  return { ready, frames, took };
}
"""


@dataclass(frozen=True, slots=True)
class Followed:
    """What the browser made of a clip."""

    rows: Rows
    ready: Mapping[str, Any]
    took_ms: Array
    origins: frozenset[str]


def write_pictures(clip: Path, folder: Path, *, until_s: float = 1e9) -> list[float]:
    """Write a clip's pictures as ``<n>.png``; returns their times."""
    times = []
    with open_video(clip) as reader:
        for number, frame in enumerate(reader.frames(None, until_s)):
            picture = cv2.cvtColor(frame.picture.rgb(), cv2.COLOR_RGB2BGR)
            assert cv2.imwrite(str(folder / f"{number}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            times.append(frame.time_s)
    return times


def follow(
    folder: Path, times: Sequence[float], *, mirror: bool, model: str = "full", delegate: str = "auto"
) -> Followed:
    """Hand pictures to the worker, one after another."""
    files = {f"/frames/{number}.png": folder / f"{number}.png" for number in range(len(times))}
    with serve_static({"/blank.html": BLANK, **files}) as origin, open_chromium() as browser:
        page = browser.new_page()
        asked: set[str] = set()
        page.context.on("request", lambda request: asked.add("/".join(request.url.split("/")[:3])))
        page.goto(f"{origin}/blank.html")
        page.set_default_timeout(0)
        told = page.evaluate(_FOLLOW, {"times": list(times), "mirror": mirror, "model": model, "delegate": delegate})
        asked.discard(origin)
    data = b"".join(base64.b64decode(frame) for frame in told["frames"])
    return Followed(np.frombuffer(data, FRAME).copy(), told["ready"], np.array(told["took"]), frozenset(asked))


def browser_tracks(python: ClipTracks, rows: Rows) -> ClipTracks:
    """The clip's tracks, with what the browser saw in the place of what Python saw."""
    pose, profile, camera = rows_to_tracks(rows)
    video = replace(python.video, width_px=pose.width_px, height_px=pose.height_px)
    return replace(python, video=video, pose=pose, profile=profile, camera=camera)


def lumbar_deg(tracks: ClipTracks, options: AssessOptions) -> Array:
    """Lumbar flexion of every frame, degrees, NaN where none is told."""
    evidence = reassess(tracks, options).evidence
    assert evidence is not None
    return np.asarray(evidence.motion.lumbar_flexion.value_deg)
