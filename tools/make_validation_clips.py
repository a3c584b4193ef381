"""Render the small set that ``hiphinge validate --quick`` reads: tests/data/validation.

    python tools/make_validation_clips.py [--out DIR]

Eight people as stills and two as clips, the same functions as the large benchmark, a seed of their own. Clips are of
the first people whose room has little grain, since grain is what costs bytes. Needs the extra: pip install
'hiphinge[synth]'. Afterwards ``hiphinge validate --quick --write docs`` records the new figures.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from itertools import count, islice
from pathlib import Path

from hiphinge.synth.dataset import draw_scene, render_clips, render_people

OUT = Path(__file__).resolve().parents[1] / "tests" / "data" / "validation"
#: No other set has this seed.
SEED = 90
SIZE_PX = (360, 480)
N_PEOPLE, N_FRAMES, N_CLIPS, RATE_HZ = 8, 8, 2, 12
#: Standard deviation of the grain, grey levels.
MAX_NOISE = 2.0
#: What all files together may weigh.
MAX_BYTES = 1_500_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Render into a fresh folder and say how much it weighs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args(arguments).out
    for name in ("stills", "clips"):
        shutil.rmtree(out / name, ignore_errors=True)
    render_people(
        out / "stills", seed=SEED, people=range(N_PEOPLE), frames_per_person=N_FRAMES, split="test",
        size_px=SIZE_PX, progress=print,
    )  # fmt: skip
    calm = (number for number in count() if draw_scene(100_000 * (SEED + 1) + number).room.noise < MAX_NOISE)
    render_clips(
        out / "clips", seed=SEED + 1, people=list(islice(calm, N_CLIPS)), rate_hz=RATE_HZ, split="test",
        size_px=SIZE_PX, progress=print,
    )  # fmt: skip
    weight = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{weight / 1e6:.2f} MB of at most {MAX_BYTES / 1e6:.1f} MB")
    return int(weight > MAX_BYTES)


if __name__ == "__main__":
    sys.exit(main())
