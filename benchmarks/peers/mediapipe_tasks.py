"""MediaPipe Tasks as a peer. Runs in MediaPipe's own environment and knows nothing of hiphinge.

python mediapipe_tasks.py images TASK FOLDER                    every FOLDER/*.npy -> FOLDER/*.peer.npz
python mediapipe_tasks.py video TASK CLIP                       follow the person; prints JSON
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np


def open_landmarker(task: Path, *, video: bool) -> object:
    """Return a landmarker for one person, masks on."""
    from mediapipe.tasks.python.core.base_options import BaseOptions
    from mediapipe.tasks.python.vision import PoseLandmarker, PoseLandmarkerOptions, RunningMode

    options = PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(task)),
        running_mode=RunningMode.VIDEO if video else RunningMode.IMAGE,
        output_segmentation_masks=True,
    )
    return PoseLandmarker.create_from_options(options)


def run_images(task: Path, folder: Path) -> None:
    """Landmarks in pixels and the mask's bits for every picture of the folder."""
    import mediapipe as mp

    with open_landmarker(task, video=False) as landmarker:  # type: ignore[attr-defined]
        for path in sorted(folder.glob("*.npy")):
            rgb = np.load(path)
            found = landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb))
            height, width = rgb.shape[:2]
            out = {"points": np.empty((0, 2)), "mask": np.empty(0, dtype=np.uint8)}
            if found.pose_landmarks:
                points = [(one.x * width, one.y * height) for one in found.pose_landmarks[0]]
                share = np.squeeze(found.segmentation_masks[0].numpy_view())
                out = {"points": np.array(points), "mask": np.packbits(share > 0.5)}
            np.savez(path.with_suffix(".peer.npz"), **out)


def run_video(task: Path, clip: Path) -> None:
    """Follow the person through a clip; print frames, seconds and processor seconds."""
    import mediapipe as mp

    begin, used, count = time.perf_counter(), _processor_s(), 0
    with open_landmarker(task, video=True) as landmarker:  # type: ignore[attr-defined]
        for count, rgb in enumerate(read_pictures(clip), start=1):
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb)
            found = landmarker.detect_for_video(image, count * 33)
            if found.segmentation_masks:
                found.segmentation_masks[0].numpy_view()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = {"frames": count, "wall_s": time.perf_counter() - begin, "cpu_s": _processor_s() - used}
    print(json.dumps({**report, "peak_mb": peak_mb}))


def read_pictures(clip: Path) -> Iterator[np.ndarray]:
    """Yield RGB pictures with whichever decoder the environment has."""
    try:
        import av
    except ImportError:
        import cv2

        capture = cv2.VideoCapture(str(clip))
        while True:
            more, bgr = capture.read()
            if not more:
                return
            yield cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    with av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    {"images": run_images, "video": run_video}[what](*map(Path, paths))
