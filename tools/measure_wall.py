"""Measure how exactly a wall's distance can be told on rendered people: the heel, the seat's edge, the foot's length.

    python tools/measure_wall.py DIR... [--kept DIR] [--clips DIR] [--edges FILE...]

``DIR`` are folders of stills made by ``tools/make_people.py``. The numbers printed stand in ``verdict/wall.py``; the
rear edge of the rendered body is the truth for the seat wherever the seat is the rearmost part of a deep bend.
``--clips`` is a folder made by ``tools/make_wall_clips.py``: whole clips with a wall, given where it truly is.
``--edges`` looks for a wall without being told, as the strongest upright edge behind the person, and says how often that
edge is the wall's place: the reason why the product does not look for walls. Clips without a truth have no wall.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hiphinge.api import assess
from hiphinge.errors import HiphingeError
from hiphinge.spine.calibration import load_calibration
from hiphinge.validation.observe import Observed, observe_folder
from hiphinge.video import open_video

#: People turned further out of the side view than this are left out: distances along the picture then shrink.
MAX_YAW_DEG = 20.0
#: In a hinge so deep the seat is the rearmost part of the body.
MIN_HIP_BACK = 0.5
LEVEL = 90.0
#: An upright edge: this steep (Sobel, grey levels), over this share of the way from the heels to the face.
MIN_EDGE, MIN_EDGE_SHARE = 24.0, 0.6


def canonical_x(x_px: float, row: dict[str, object]) -> float:
    """Mirror a place in the picture where the person faces left."""
    return float(row["width_px"]) - x_px if row["facing"] == "left" else x_px  # type: ignore[arg-type]


def measure(one: Observed) -> dict[str, list[float]]:
    """Give the errors of one person, foot lengths (their own true foot): heel, seat; and true ÷ told foot length."""
    reference = one.standing(still=True).reference
    found: dict[str, list[float]] = {"heel": [], "seat_still": [], "seat_bent": [], "foot": [], "gap": []}
    if not reference.foot_length_px or abs(float(one.truth[0]["yaw_deg"])) > MAX_YAW_DEG:
        return found
    unit = reference.foot_length_px * load_calibration().foot_length_gain
    for k, row in enumerate(one.truth):
        points = row["points_px"]
        ends = [[canonical_x(points[f"{side}_{end}"][0], row) for side in ("left", "right")] for end in ("heel", "toe")]
        heel, toe = (float(np.mean(xs)) for xs in ends)
        foot = toe - heel
        rear = min(canonical_x(row["box_px"][0], row), canonical_x(row["box_px"][2], row))
        seat = float(one.profile.seat_px[k, 0])
        if row["kind"] == "still":
            found["heel"].append((float(one.segments.heel[k, 0]) - heel) / foot)
            found["foot"].append(foot / unit)
        if row["kind"] == "bent" and row["hip_back_ratio"] > MIN_HIP_BACK and row["trunk_lean"] > 35:
            found["seat_bent"].append((seat - rear) / foot)
            # A wall that the seat truly touches: what gap would be told?
            found["gap"].append((seat - rear) / unit)
    return found


def describe(name: str, people: list[list[float]]) -> None:
    """Print centre and spread of one error, every person counting the same."""
    values = np.array([float(np.nanmedian(one)) for one in people if np.isfinite(one).any()])
    middle = float(np.median(values))
    half = float(np.percentile(np.abs(values - middle), LEVEL))
    print(f"{name:10s} n {values.size:4d}  median {middle:+.3f}  {LEVEL:.0f} % within ±{half:.3f} of it")


def judge_clips(folder: Path) -> None:
    """Print gap, heels and grade told of every clip beside the truth."""
    n_gap = n_heel = n_told = n_right = n_grade = 0
    for file in sorted(folder.glob("*.json")):
        truth = json.loads(file.read_text(encoding="utf-8"))
        found = assess(folder / truth["file"], drill="wall", wall=truth["wall_px"] / truth["width_px"], video=False)
        told = {m.name: m for m in found.measures if m.name in ("wall_gap", "heel_to_wall")}
        grade = next((f.grade for f in found.findings if f.rule == "11"), "no rep")
        gap, heel = (told.get(name) for name in ("wall_gap", "heel_to_wall"))
        line = (
            f"{file.stem} gap {truth['gap']:.2f} heel {truth['heel_to_wall']:.2f} reach {truth['reach_m']}: {grade:12s}"
        )
        for one, true in ((gap, truth["gap"]), (heel, truth["heel_to_wall"])):
            if one is None or one.value is None:
                line += f" – {one.reason if one else found.verdict.headline}"
            else:
                line += f" {one.name} {one.value:.2f} ({one.lo:.2f} to {one.hi:.2f}){'' if one.lo <= true <= one.hi else ' !'}"
        if gap is not None and gap.value is not None:
            n_told += 1
            n_gap += gap.lo <= truth["gap"] <= gap.hi
        if heel is not None and heel.value is not None:
            n_heel += heel.lo <= truth["heel_to_wall"] <= heel.hi
        if grade in ("pass", "caution", "fail"):
            n_grade += 1
            n_right += (grade == "pass") == (truth["gap"] <= 0.12)
        print(f"{line}; {found.verdict.outcome}", flush=True)
    print(
        f"{n_told} gaps told, {n_gap} in their interval; {n_heel} heels in theirs; {n_right} of {n_grade} touches told right"
    )


def find_edge(path: Path) -> tuple[float, float] | None:
    """Look for the strongest upright edge within 2.5 foot lengths behind the heels: its x ÷ width, and foot length."""
    import cv2

    found = assess(path, drill="wall", video=False)
    evidence, foot = found.evidence, found.reference.foot_length_px
    if evidence is None or not foot or found.reference.start_s is None:
        return None
    pose = evidence.pose
    row = int(np.searchsorted(pose.time_s, found.reference.start_s))
    with open_video(path) as reader:
        frame = next(f for f in reader.frames() if f.index == int(pose.frame_index[row]))
    grey = frame.picture.luma()
    grey = np.ascontiguousarray(grey[:, ::-1] if pose.mirrored else grey)
    top, bottom = (float(pose.keypoints_px[row, k, 1]) for k in (0, 30))
    heel = float(pose.keypoints_px[row, 30, 0])
    low, high = max(0, int(heel - 2.5 * foot)), max(0, int(heel - 0.15 * foot))
    if high - low < 4 or int(bottom) - int(top) < 20:
        return None
    part = cv2.GaussianBlur(grey, (0, 0), 1.2)[max(0, int(top)) : int(bottom)]
    across = cv2.Sobel(part, cv2.CV_32F, 1, 0)
    along = cv2.Sobel(part, cv2.CV_32F, 0, 1)
    upright = (np.abs(across) > MIN_EDGE) & (np.abs(across) > 4 * np.abs(along))
    thick = cv2.dilate(upright.astype(np.uint8), np.ones((1, 3), np.uint8))
    share = thick.mean(axis=0)[low:high]
    best = int(np.argmax(share))
    if share[best] < MIN_EDGE_SHARE:
        return None
    place = (low + best + 0.5) / pose.width_px
    return (1 - place if pose.mirrored else place), foot / pose.width_px


def judge_edges(paths: Sequence[Path]) -> None:
    """Print how often the strongest upright edge is the wall."""
    n_found = n_close = n_walls = n_invented = n_plain = 0
    for path in paths:
        try:
            edge = find_edge(path)
        except HiphingeError as error:
            print(f"{path.name}: {error.what}")
            continue
        file = path.with_suffix(".json")
        truth = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        if "wall_px" not in truth:
            n_plain += 1
            n_invented += edge is not None
            print(f"{path.name}: no wall; {'an edge' if edge else 'nothing'} found")
            continue
        n_walls += 1
        if edge is None:
            print(f"{path.name}: nothing found")
            continue
        off = (edge[0] - truth["wall_px"] / truth["width_px"]) / edge[1]
        n_found += 1
        n_close += abs(off) <= 0.12
        print(f"{path.name}: an edge {off:+.2f} foot lengths off")
    print(f"of {n_walls} walls {n_found} gave an edge, {n_close} within 0.12 foot lengths of the wall's place")
    print(f"of {n_plain} clips without a wall {n_invented} gave one all the same")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--clips", type=Path, help="folder of clips with a wall")
    parser.add_argument("--kept", type=Path, help="folder for what was seen (default: beside the pictures)")
    parser.add_argument("--edges", type=Path, nargs="+", default=(), help="clips in which to look for a wall")
    options = parser.parse_args(arguments)
    errors: dict[str, list[list[float]]] = {}
    for folder in options.folders:
        for one in observe_folder(folder, kept=options.kept):
            for name, values in measure(one).items():
                if values:
                    errors.setdefault(name, []).append(values)
    for name, people in errors.items():
        describe(name, people)
    if options.clips is not None:
        judge_clips(options.clips)
    if options.edges:
        judge_edges(options.edges)
    return 0


if __name__ == "__main__":
    sys.exit(main())
