"""Test vectors of the dorsal profile, for every implementation of its specification (``hiphinge.spine.profile``).

``python -m tests.profile_vectors`` writes ``tests/data/profile_vectors.json``. Each vector holds the keypoints, the
mask (its outline as polygons in the picture, and its bytes row by row as zlib + base64, so that a reader needs no
polygon filler; 256 x 256 where its size is not given), the affine from mask to picture, and what the profile must be;
``null`` is "not seen".
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.spine.profile import DEPTHS, STATIONS, THIGH_STATIONS, VENTRAL_STATIONS, compute_profile
from tests.synthetic import (
    PERFECT,
    ROUNDED,
    Array,
    Posture,
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

#: A camera's picture, and masks that cover all of it: name -> (posture, depth, arms, view, mask width and height).
CAMERA = View(width_px=640, height_px=360, px_per_m=165.0, origin_px=(270.0, 345.0))
CAMERA_CASES = {
    "mask of the whole picture": (PERFECT, 1.0, "crossed", CAMERA, (640, 360)),
    "mask of the whole picture, half its size": (ROUNDED, 0.9, "crossed", CAMERA, (320, 180)),
    "mask of the whole picture, seat at its border": (
        ROUNDED, 1.0, "crossed", replace(CAMERA, origin_px=(44.0, 345.0)), (640, 360),
    ),
    "mask of the whole picture, too near": (
        PERFECT, 0.5, "on_back", replace(CAMERA, px_per_m=240.0, origin_px=(320.0, 400.0)), (480, 270),
    ),
}  # fmt: skip


def make_vectors() -> dict[str, Any]:
    """Compute every vector."""
    return {
        "station_ratio": _numbers(STATIONS),
        "depth_ratio": _numbers(DEPTHS),
        "ventral_station_ratio": _numbers(VENTRAL_STATIONS),
        "thigh_station_ratio": _numbers(THIGH_STATIONS),
        "tolerance_ratio": 0.002,
        "vectors": [
            *(_make_vector(name, *case) for name, case in CASES.items()),
            *(_make_vector(name, *case) for name, case in CAMERA_CASES.items()),
        ],
    }


def _make_vector(
    name: str, posture: Posture, depth: float, arms: str, view: View, mask_px: tuple[int, int] | None = None
) -> dict[str, Any]:
    time_s = np.zeros(1)
    filmed = script(posture, time_s=time_s, depth=np.array([depth]))
    figure = build(filmed, arms=arms)
    keypoints = np.round(keypoints_of(figure, view, time_s)[0][0], 4)
    polygons = [np.round(to_px(p[None], view, time_s)[0], 3) for p in body_polygons(figure, 0)]
    if mask_px is None:
        affine, size = np.round(crop_of(keypoints, view), 8), (256, 256)
    else:
        affine, size = np.diag([view.width_px / mask_px[0], view.height_px / mask_px[1], 0.0])[:2], mask_px
    mask = draw_mask(polygons, affine, width_px=view.width_px, height_px=view.height_px, mask_px=size)
    row = compute_profile(keypoints, mask, width_px=view.width_px, height_px=view.height_px)
    return {
        "name": name,
        "width_px": view.width_px,
        "height_px": view.height_px,
        **({} if mask_px is None else {"mask_width_px": mask_px[0], "mask_height_px": mask_px[1]}),
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
        "body_top_px": _number(row.body_top_px),
        "body_bottom_px": _number(row.body_bottom_px),
        "clipped": _number(row.clipped),
    }


def _number(value: float) -> float | None:
    return round(float(value), 5) if np.isfinite(value) else None


def _numbers(values: Array) -> list[float | None]:
    return [_number(v) for v in values]


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(make_vectors(), separators=(",", ":")) + "\n", encoding="utf-8")
