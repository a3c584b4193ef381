"""Test vectors of the dorsal profile, for every implementation of its specification (``hiphinge.spine.profile``).

``python -m tests.profile_vectors`` writes ``tests/data/profile_vectors.json``. Each vector holds the keypoints, the
mask (its outline as polygons in the picture, and the 256 x 256 bytes as zlib + base64, so that a reader needs no
polygon filler), the crop's affine, and what the profile must be; ``null`` is "not seen".
"""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.spine.profile import DEPTHS, STATIONS, THIGH_STATIONS, VENTRAL_STATIONS, compute_profile
from tests.synthetic import (
    PERFECT,
    ROUNDED,
    Array,
    View,
    body_polygons,
    build,
    crop_of,
    draw_mask,
    keypoints_of,
    script,
)
from tests.synthetic import _to_px as to_px

PATH = Path(__file__).parent / "data" / "profile_vectors.json"

#: Name -> (posture, depth, arms, view).
CASES = {
    "standing": (PERFECT, 0.0, "crossed", View()),
    "hinge": (PERFECT, 1.0, "crossed", View()),
    "rounded": (ROUNDED, 1.0, "crossed", View()),
    "rounded, crop turned": (ROUNDED, 1.0, "crossed", View(crop_turn_deg=35.0, crop_scale=1.6)),
    "hand on the back": (PERFECT, 0.8, "on_back", View()),
    "seat beyond the picture's border": (PERFECT, 1.0, "crossed", View(origin_px=(110.0, 740.0))),
    "crop too small": (PERFECT, 1.0, "crossed", View(crop_scale=0.62)),
}


def make_vectors() -> dict[str, Any]:
    """Compute every vector."""
    return {
        "station_ratio": _numbers(STATIONS),
        "depth_ratio": _numbers(DEPTHS),
        "ventral_station_ratio": _numbers(VENTRAL_STATIONS),
        "thigh_station_ratio": _numbers(THIGH_STATIONS),
        "tolerance_ratio": 0.002,
        "vectors": [_make_vector(name) for name in CASES],
    }


def _make_vector(name: str) -> dict[str, Any]:
    posture, depth, arms, view = CASES[name]
    time_s = np.zeros(1)
    filmed = script(posture, time_s=time_s, depth=np.array([depth]))
    figure = build(filmed, arms=arms)
    keypoints = np.round(keypoints_of(figure, view, time_s)[0][0], 4)
    polygons = [np.round(to_px(p[None], view, time_s)[0], 3) for p in body_polygons(figure, 0)]
    affine = np.round(crop_of(keypoints, view), 8)
    mask = draw_mask(polygons, affine, width_px=view.width_px, height_px=view.height_px)
    row = compute_profile(keypoints, mask, width_px=view.width_px, height_px=view.height_px)
    return {
        "name": name,
        "width_px": view.width_px,
        "height_px": view.height_px,
        "keypoints_px": keypoints.tolist(),
        "crop_to_image": affine.tolist(),
        "mask_polygons_px": [np.round(p, 2).tolist() for p in polygons[:1]],
        "mask_zlib_base64": base64.b64encode(zlib.compress(mask.values.tobytes(), 9)).decode("ascii"),
        "dorsal_ratio": _numbers(row.dorsal_ratio),
        "hidden": row.hidden.tolist(),
        "ventral_ratio": _numbers(row.ventral_ratio),
        "thigh_back_ratio": _numbers(row.thigh_back_ratio),
        "thigh_front_ratio": _numbers(row.thigh_front_ratio),
        "seat_px": [_number(v) for v in row.seat_px],
        "edge_softness_px": _number(row.edge_softness_px),
    }


def _number(value: float) -> float | None:
    return round(float(value), 5) if np.isfinite(value) else None


def _numbers(values: Array) -> list[float | None]:
    return [_number(v) for v in values]


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(make_vectors(), separators=(",", ":")) + "\n", encoding="utf-8")
