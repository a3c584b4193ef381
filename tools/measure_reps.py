"""Measure how often a rep of rendered people is told, and how it is graded: what the program's gates count.

    python tools/make_people.py --clips 30 --seed 111 --rate 12 --out people/rep-clips
    python tools/measure_reps.py people/rep-clips

Every clip is assessed as a free hinge and its reps are graded as ``hiphinge session log`` does. A clip's reps were posed
as a hinge, a bend of the spine, a mixture or a squat; the true lumbar flexion at the bottom is printed beside.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

import hiphinge
from hiphinge.errors import HiphingeError
from hiphinge.program import load_program
from hiphinge.program.history import RepResult
from hiphinge.service.grading import grade_reps

#: A rep is the one posed where its bottom lies this close to the posed one's.
NEAR_S = 0.6
Row = tuple[str, str, float, tuple[str, ...]]


def read_clip(clip: Path, truth: dict[str, object]) -> list[Row]:
    """Give posed strategy, grade, true lumbar flexion at the bottom and untold rules of every posed rep."""
    drill = load_program().drill("free_hinge")
    assessment = hiphinge.assess(clip, drill=drill.rules, video=False)
    graded: dict[int, RepResult] = {rep.number: rep for rep in grade_reps(assessment, drill)}
    times = np.asarray(truth["time_s"])
    lumbar = np.asarray(truth["angles"]["lumbar_flexion"])  # type: ignore[index]
    rows: list[Row] = []
    for strategy, posed in zip(truth["strategies"], truth["reps"], strict=True):  # type: ignore[call-overload]
        near = [rep for rep in assessment.reps if abs(rep.bottom_s - posed["bottom_s"]) <= NEAR_S]
        angle = float(np.interp(posed["bottom_s"], times, lumbar))
        found = graded[near[0].number] if near else None
        rows.append((strategy, found.grade if found else "not found", angle, found.untold_rules if found else ()))
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table: posed strategy against grade."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args(argv)
    table: dict[str, list[Row]] = defaultdict(list)
    for path in sorted(args.folder.glob("*.json")):
        clip = path.with_suffix(".mp4")
        if not clip.is_file():
            continue
        try:
            for row in read_clip(clip, json.loads(path.read_text(encoding="utf-8"))):
                table[row[0]].append(row)
        except HiphingeError as error:
            print(f"{clip.name}: {error.what}", file=sys.stderr)
    print("| posed as | reps | true lumbar flexion, median | pass | miss | cannot tell | not found | untold, by rule |")
    print("|---|---|---|---|---|---|---|---|")
    for strategy, rows in sorted(table.items()):
        count = {grade: sum(row[1] == grade for row in rows) for grade in ("pass", "miss", "cannot_tell", "not found")}
        untold: dict[str, int] = defaultdict(int)
        for row in rows:
            for rule in row[3] if row[1] == "cannot_tell" else ():
                untold[rule] += 1
        rules = ", ".join(f"{rule}: {number}" for rule, number in sorted(untold.items()))
        cells = " | ".join(str(number) for number in count.values())
        print(f"| {strategy} | {len(rows)} | {median(row[2] for row in rows):.0f}° | {cells} | {rules} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
