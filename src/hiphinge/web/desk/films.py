"""What a clip's page needs: its numbers to draw, kept at hand and sent packed, and its film where that was kept."""

from __future__ import annotations

import gzip
import json
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hiphinge.service.corrections import SeenClip, judge_clip, load_tracks, mirror_corrections
from hiphinge.service.desk import Desk
from hiphinge.store import Person, Store
from hiphinge.web.context import Context

__all__ = ["corrections_view", "film_path", "film_type", "packed_replay", "replay_view", "send_packed"]

_REPLAYS = "desk.replays"
#: So many clips are kept at hand, packed: about 100 kB each.
_MOST = 24
_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm",
    ".mkv": "video/x-matroska", ".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp",
}  # fmt: skip


def film_path(store: Store, person: Person, assessment: str) -> Path | None:
    """Return where the film of a clip lies, None where it was not kept."""
    clip = next((one for one in store.clips(person.id) if one.assessment == assessment and one.kept), None)
    if clip is None:
        return None
    found = store.files_of(assessment).get(Path(clip.path).name)
    return found if found is not None and found.is_file() else None


def film_type(path: Path) -> str:
    """Return what kind of file a film is."""
    return _TYPES.get(path.suffix.lower(), "application/octet-stream")


def replay_view(desk: Desk, person: Person, clip: SeenClip) -> dict[str, Any]:
    """Return what is needed to draw a clip again, with the corrections that are in force, in the picture's places."""
    from hiphinge.report.replay import replay_document

    document = replay_document(judge_clip(desk, person, clip))
    return {**document, "revision": clip.revision, "corrections": corrections_view(desk, clip)}


def corrections_view(desk: Desk, clip: SeenClip) -> dict[str, Any]:
    """Return the corrections in force, in places of the picture as it was filmed."""
    tracks = load_tracks(desk, clip)
    found = mirror_corrections(tracks, clip.corrections)
    wall = found.wall_ratio
    return {
        "joints": [{"row": one.row, "joint": one.joint, "x": one.x_px, "y": one.y_px} for one in found.joints],
        "wall_x": None if wall is None else wall * tracks.pose.width_px,
    }


def packed_replay(context: Context, desk: Desk, person: Person, clip: SeenClip) -> bytes:
    """Return the replay of a clip as gzipped JSON; judged once for each revision, and kept at hand."""
    kept, lock = context.extras.setdefault(_REPLAYS, (OrderedDict(), Lock()))
    key = (clip.assessment, clip.revision)
    with lock:
        if key in kept:
            kept.move_to_end(key)
            found: bytes = kept[key]
            return found
    text = json.dumps(replay_view(desk, person, clip), allow_nan=False, separators=(",", ":"))
    packed = gzip.compress(text.encode(), 6, mtime=0)
    with lock:
        kept[key] = packed
        while len(kept) > _MOST:
            kept.popitem(last=False)
    return packed


def send_packed(request: Request, packed: bytes) -> Response:
    """Send gzipped JSON, plain to a browser that cannot unpack it; no browser keeps it, since it is about a person."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(packed), media_type="application/json", headers=headers)
