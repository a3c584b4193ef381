"""Render people with known joint angles: stills for training and testing, or clips.

    python tools/make_people.py --people 40 --seed 2 --split test --out DIR
    python tools/make_people.py --clips 20 --seed 3 --split test --out DIR

Stills: ``DIR/<person>_<k>.jpg`` and ``DIR/<person>.json``, a list with one row of truth per picture. Clips:
``DIR/<person>.mp4`` and ``DIR/<person>.json``. People who are there already are not rendered again, so a run that was
broken off goes on where it stopped, and two runs may share a folder (``--every 2 --first 0`` and ``--first 1``).
People of the split ``test`` come partly from families that ``calibration`` never draws.
Needs the extra: pip install 'hiphinge[synth]'.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hiphinge.synth.dataset import render_clips, render_people


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=0, help="render the people up to this number as stills")
    parser.add_argument("--clips", type=int, default=0, help="render the people up to this number as clips")
    parser.add_argument("--frames-per-person", type=int, default=12)
    parser.add_argument("--first", type=int, default=0, help="number of the first person")
    parser.add_argument("--every", type=int, default=1, help="render only every so-many-th person")
    parser.add_argument("--seed", type=int, default=1, help="no two sets may share it")
    parser.add_argument("--split", choices=("calibration", "test"), default="calibration")
    parser.add_argument("--size", type=int, nargs=2, default=(480, 640), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--rate", type=int, default=15, help="frames per second of clips")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    began = time.monotonic()

    def progress(name: str) -> None:
        print(f"{name} {time.monotonic() - began:.0f} s", flush=True)

    shared = {
        "seed": options.seed,
        "split": options.split,
        "size_px": (int(options.size[0]), int(options.size[1])),
        "progress": progress,
    }
    if options.people:
        people = range(options.first, options.people, options.every)
        render_people(options.out, people=people, frames_per_person=options.frames_per_person, **shared)
    if options.clips:
        render_clips(
            options.out, people=range(options.first, options.clips, options.every), rate_hz=options.rate, **shared
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
