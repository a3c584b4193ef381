"""Compare our BlazePose with MediaPipe Tasks 0.10.31 on the same pictures, picture by picture.

    python benchmarks/pose_parity.py --peer-python PEER/bin/python [--model full] CLIP_OR_FOLDER...

Both get the same pictures, the same models, f32, no tracking (MediaPipe's IMAGE mode). Printed per input and
over all: median landmark distance in pixels of a picture 720 high, and median mask IoU.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Mask, Picture
from hiphinge.pose.blazepose import BlazePose
from hiphinge.pose.store import find_model
from hiphinge.pose.task import make_task
from hiphinge.video import RgbPicture, open_video

PEER = Path(__file__).parent / "peers" / "mediapipe_tasks.py"
ENDINGS = {".mp4", ".mov", ".gif", ".jpg", ".png", ".webm", ".mkv"}


def main() -> int:
    """Run the comparison; exit 1 where a target is missed."""
    args = parse_args()
    inputs = [path for given in args.inputs for path in list_inputs(given)]
    estimator = BlazePose(args.model)
    rows = []
    print(f"{'input':32} {'pictures':>8} {'both see':>8} {'points px':>9} {'p95 px':>7} {'mask IoU':>8}")
    with tempfile.TemporaryDirectory() as folder:
        task = Path(folder) / "peer.task"
        task.write_bytes(make_task(find_model("detector").read_bytes(), find_model(args.model).read_bytes()))
        for path in inputs:
            rows.append(compare(path, estimator, args, task))
    points = np.concatenate([row[0] for row in rows])
    ious = np.concatenate([row[1] for row in rows])
    print_row(f"all ({args.model})", sum(row[2] for row in rows), points, ious)
    return 0 if np.median(points) <= 1.5 and np.median(ious) >= 0.97 else 1


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("inputs", nargs="+", type=Path)
    parser.add_argument("--peer-python", required=True, help="python with mediapipe==0.10.31")
    parser.add_argument("--model", choices=["lite", "full", "heavy"], default="full")
    parser.add_argument("--pictures", type=int, default=10, help="pictures per clip, spread evenly")
    parser.add_argument("--planes", action="store_true", help="cut ours from the decoder's planes where sizes allow")
    return parser.parse_args()


def list_inputs(given: Path) -> list[Path]:
    """Return a file, or the files of a folder."""
    if given.is_dir():
        return sorted(path for path in given.iterdir() if path.suffix.lower() in ENDINGS)
    return [given]


def run_peer(python: str, *args: object) -> None:
    """Run the peer's script in its own environment."""
    done = subprocess.run([python, str(PEER), *map(str, args)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the peer failed:\n{done.stderr[-2000:]}")


def compare(path: Path, estimator: BlazePose, args: argparse.Namespace, task: Path) -> tuple[NDArray, NDArray, int]:
    """Return landmark distances and IoUs of one input, and its number of pictures."""
    with open_video(path) as reader:
        pictures = [frame.picture for frame in reader.sample(args.pictures)]
    if not args.planes or pictures[0].width_px % 16:
        pictures = [RgbPicture(even_rows(picture.rgb())) for picture in pictures]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, picture in enumerate(pictures):
            np.save(folder / f"{number:04d}.npy", even_rows(picture.rgb()))
        run_peer(args.peer_python, "images", task, folder)
        distances, ious = [], []
        for number, picture in enumerate(pictures):
            peer = np.load(folder / f"{number:04d}.peer.npz")
            ours = estimator.look_once(picture)
            if ours is None or not len(peer["points"]):
                continue
            apart = np.linalg.norm(ours.keypoints_px - peer["points"], axis=1)
            distances.append(apart * 720 / picture.height_px)
            ious.append(mask_iou(ours.mask, picture, peer["mask"]))
    points, shares = np.array(distances).ravel(), np.array(ious)
    print_row(path.name, len(pictures), points, shares)
    return points, shares, len(pictures)


def even_rows(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture cut to a width in steps of 16: the peer aborts on rows that it would pad."""
    return np.ascontiguousarray(rgb[:, : rgb.shape[1] // 16 * 16])


def mask_iou(mask: Mask, picture: Picture, peer_bits: NDArray[np.uint8]) -> float:
    """Return intersection ÷ union of both masks at picture size."""
    size = (picture.width_px, picture.height_px)
    affine = mask.crop_to_image.copy()
    affine[:, 2] += affine[:, :2].sum(axis=1) * 0.5 - 0.5
    ours = cv2.warpAffine(mask.values, affine, size, flags=cv2.INTER_LINEAR) > 127
    theirs = np.unpackbits(peer_bits, count=size[0] * size[1]).reshape(size[1], size[0]).astype(bool)
    return float((ours & theirs).sum() / max(1, (ours | theirs).sum()))


def print_row(name: str, n_pictures: int, points: NDArray, ious: NDArray) -> None:
    """Print one line of the table."""
    if not ious.size:
        print(f"{name:32} {n_pictures:8} {0:8} {'-':>9} {'-':>7} {'-':>8}", flush=True)
        return
    median, high = np.median(points), np.percentile(points, 95)
    numbers = f"{median:9.2f} {high:7.2f} {np.median(ious):8.4f}"
    print(f"{name:32} {n_pictures:8} {ious.size:8} {numbers}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
