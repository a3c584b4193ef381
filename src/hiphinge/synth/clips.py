"""Film an actor: pictures with their truth, and clips on disk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import ANGLES
from hiphinge.synth.actor import Actor, Take
from hiphinge.synth.camera import Camera
from hiphinge.synth.extras import load_extra
from hiphinge.synth.mesh import Layer
from hiphinge.synth.motion import MotionPlan
from hiphinge.synth.room import Room
from hiphinge.synth.scene import Studio
from hiphinge.synth.shoes import SOLE_M

__all__ = ["clip_truth", "describe_camera", "film", "frame_truth", "write_clip", "write_json"]

Image = NDArray[np.uint8]


def describe_camera(camera: Camera) -> dict[str, Any]:
    """Return what to store of a camera."""
    return {
        "width_px": camera.width_px,
        "height_px": camera.height_px,
        "facing": camera.facing,
        "yaw_deg": round(camera.yaw_deg, 2),
        "pitch_deg": round(camera.pitch_deg, 2),
        "roll_deg": round(camera.roll_deg, 2),
        "lens_m": round(camera.position[2], 3),
        "distance_m": round(float(np.hypot(*np.subtract(camera.position, camera.target)[:2])), 3),
        "view_angle_deg": round(camera.view_angle_deg, 2),
    }


def frame_truth(actor: Actor, take: Take, camera: Camera) -> dict[str, Any]:
    """Return the truth about one picture: angles, travel, points, the body's box in pixels."""
    row: dict[str, Any] = {name: round(value, 3) for name, value in actor.measure(take).items()}
    box = camera.project(take.points)
    low, high = box.min(axis=0), box.max(axis=0)
    row["box_px"] = [round(float(v), 1) for v in (*low, *high)]
    row["arms"] = take.bend.arms.name
    row["points_px"] = actor.points_px(take, camera)
    hips = np.array([row["points_px"][f"{side}_hip"] for side in ("left", "right")])
    row["hip_px"] = [round(float(v), 1) for v in hips.mean(axis=0)]
    return row


def film(
    studio: Studio,
    takes: Iterable[Take],
    *,
    room: Room,
    camera: Camera,
    extras: Sequence[Layer] = (),
    seed: int = 0,
) -> Iterator[Image]:
    """Render takes one after another in one scene.

    Parameters
    ----------
    studio
        The renderer, of the camera's size.
    takes
        Postures of one actor.
    room, camera
        The scene.
    extras
        Layers that stand in the background and do not move.
    seed
        Decides the grain.

    Yields
    ------
    ndarray
        ``(height, width, 3)`` RGB.
    """
    for i, take in enumerate(takes):
        if i == 0:
            layers = [*take.layers, *extras]
            studio.stage(layers, room=room, camera=camera, floor_z=-SOLE_M, seed=seed)
        else:
            studio.update(take.layers)
        yield studio.shoot()


def clip_truth(actor: Actor, takes: Iterable[Take], plan: MotionPlan, camera: Camera) -> dict[str, Any]:
    """Return the truth about a clip, one list per quantity.

    Parameters
    ----------
    actor, takes
        Who, and every posture.
    plan
        When what was to happen.
    camera
        Where it was filmed from.

    Returns
    -------
    dict
        ``person``, ``camera``, ``reps``, ``time_s``, ``phase``, ``angles`` (name → degrees per frame),
        ``hip_back_ratio``, ``hip_drop_ratio``, ``hip_px``.
    """
    seen = [(actor.measure(take), actor.points_px(take, camera)) for take in takes]
    rows, hips = [angles for angles, _ in seen], [points for _, points in seen]
    middle = [[round(0.5 * (p["left_hip"][k] + p["right_hip"][k]), 1) for k in (0, 1)] for p in hips]
    return {
        "person": actor.describe(),
        "camera": describe_camera(camera),
        "strategies": list(plan.strategies),
        "reps": [
            {
                "start_s": round(rep.start_s, 3),
                "bottom_s": round(rep.bottom_s, 3),
                "leave_s": round(rep.leave_s, 3),
                "end_s": round(rep.end_s, 3),
            }
            for rep in plan.reps
        ],
        "time_s": [round(float(t), 3) for t in plan.time_s],
        "phase": list(plan.phases),
        "angles": {name: [round(row[name], 1) for row in rows] for name in ANGLES},
        "hip_back_ratio": [round(row["hip_back_ratio"], 3) for row in rows],
        "hip_drop_ratio": [round(row["hip_drop_ratio"], 3) for row in rows],
        "hip_px": middle,
    }


def write_clip(path: Path, images: Iterable[Image], *, rate_hz: int, crf: int = 24) -> int:
    """Write an H.264 clip that plays everywhere (yuv420p, index at the front), aside first and then renamed.

    Parameters
    ----------
    path
        Where to.
    images
        ``(height, width, 3)`` RGB, even sizes.
    rate_hz
        Frames per second.
    crf
        x264's quality, lower is better and larger.

    Returns
    -------
    int
        Number of frames written.
    """
    av = load_extra("av")
    n = 0
    aside = path.with_name(f".{path.stem}.part{path.suffix}")
    with av.open(str(aside), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate_hz)
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(crf), "preset": "slow"}
        for image in images:
            if n == 0:
                stream.height, stream.width = image.shape[:2]
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                container.mux(packet)
            n += 1
        for packet in stream.encode():
            container.mux(packet)
    aside.replace(path)
    return n


def write_json(path: Path, value: Any) -> None:
    """Write compact JSON, aside first and then renamed."""
    aside = path.with_suffix(path.suffix + ".part")
    aside.write_text(json.dumps(value, separators=(",", ":")) + "\n", encoding="utf-8")
    aside.replace(path)
