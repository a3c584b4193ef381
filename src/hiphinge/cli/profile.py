"""``--profile``: a table of where every millisecond went, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hiphinge.timing import ENGINE, REST, StageClock, StageTime, running_clock

__all__ = ["Profile", "profiled", "tell_rows"]

#: What came before the first line of ours.
START = "start of Python, imports"


@dataclass(slots=True)
class Profile:
    """Filled while the block of ``profiled`` runs: how many pictures were assessed."""

    n_frames: int = 0
    start: StageTime = field(default_factory=StageTime)


@contextmanager
def profiled(wanted: bool) -> Iterator[Profile]:
    """Measure the block and print the table, if it is wanted.

    Yields
    ------
    Profile
        Set its ``n_frames`` before the block ends; without it there is no column for a frame.
    """
    profile = Profile(start=StageTime(1, _wall_since_start_s(), time.process_time()))
    if not wanted:
        yield profile
        return
    with running_clock() as clock:
        yield profile
    _print(profile, clock)


def _wall_since_start_s() -> float:
    """Return how long this process has lived, NaN where the system does not tell."""
    try:
        with open("/proc/self/stat", encoding="ascii") as file:  # noqa: PTH123 - not a file that anybody keeps
            ticks = float(file.read().rsplit(")", 1)[1].split()[19])
        import os

        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return float("nan")


def tell_rows(profile: Profile, clock: StageClock) -> list[tuple[str, StageTime]]:
    """Return start, stages by their processor time, and what no stage accounts for; they add up to the whole.

    Waiting costs wall time alone. The engine's threads have no stages: what the process used beyond the stages is
    theirs once inference ran, and otherwise the rest.
    """
    stages = sorted(clock.rows().items(), key=lambda row: -row[1].cpu_s)
    unnamed = max(0.0, clock.cpu_s - sum(stage.cpu_s for _, stage in stages))
    inferences = clock.rows().get("waiting for an inference")
    name = ENGINE if inferences is not None else REST
    rest = StageTime(inferences.n if inferences else 1, float("nan"), unnamed)
    return [(START, profile.start), *sorted([(name, rest), *stages], key=lambda row: -row[1].cpu_s)]


def _print(profile: Profile, clock: StageClock) -> None:
    """Print the table to stderr, so that stdout stays as it is without ``--profile``."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    rows = tell_rows(profile, clock)
    whole = StageTime(1, profile.start.wall_s + clock.wall_s, profile.start.cpu_s + clock.cpu_s)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("stage")
    for name in ("times", "wall s", "core s", "core-ms a frame", "share"):
        table.add_column(name, justify="right")
    for name, time_s in [*rows, ("all", whole)]:
        a_frame = f"{1000 * time_s.cpu_s / profile.n_frames:.2f}" if profile.n_frames else "–"
        wall = "–" if time_s.wall_s != time_s.wall_s else f"{time_s.wall_s:.3f}"
        share = f"{time_s.cpu_s / whole.cpu_s:.0%}" if whole.cpu_s else "–"
        table.add_row(name, str(time_s.n), wall, f"{time_s.cpu_s:.3f}", a_frame, share)
    console = Console(stderr=True, highlight=False, markup=False, width=None if sys.stderr.isatty() else 100)
    console.print(table)
    if profile.n_frames:
        rate = profile.n_frames / clock.wall_s
        console.print(f"{profile.n_frames} pictures, {rate:.1f} a second after the start; stages run side by side.")
