"""See whether the memory of a batch grows with the number of clips.

``python -m benchmarks.batch_memory`` replays what was seen of two seconds of a clip 10,000 times through the driver of
``hiphinge batch`` and one worker of its pool: everything is done as for a film (hash, key, analysis, measures, verdict,
tables, rename, receipt, journal, data set) but decoding, inference and the report's page. Printed are megabytes of
driver and worker at the start and after 100, 1,000, 5,000 and 10,000 clips.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from hiphinge.batch.pool import PoolExecutor
from hiphinge.batch.run import BatchRun, Tally
from hiphinge.batch.source import list_source
from hiphinge.batch.start import open_batch
from hiphinge.batch.work import do_task
from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions
from hiphinge.report import write_assessment

CLIP = Path(__file__).resolve().parents[1] / "tests" / "data" / "wall_short.mp4"


@cache
def read_tracks(path: str) -> ClipTracks:
    """Read what was seen of the clip, once in a worker."""
    from hiphinge.clip.recording import unpack_tracks

    return unpack_tracks(Path(path).read_bytes())


def replay(path: Path, options: AssessOptions, name: str, threads: int, *, tracks: str) -> None:
    """Judge the recorded clip and write its result."""
    from hiphinge.clip.recording import reassess
    from hiphinge.report.tables import write_frames_csv, write_reps_csv
    from hiphinge.video.source import compute_sha256

    seen = read_tracks(tracks)
    seen = replace(seen, video=replace(seen.video, sha256=compute_sha256(path)))
    assessment = reassess(seen, options)
    folder = Path(str(options.out)) / name
    folder.mkdir()
    write_assessment(assessment, folder / "assessment.json")
    write_frames_csv(assessment, folder / "frames.csv")
    write_reps_csv(assessment, folder / "reps.csv")


def record(path: Path) -> None:
    """Look at the clip once, and keep what was seen."""
    from hiphinge.clip.recording import pack_tracks
    from hiphinge.clip.run import assess_video

    assess_video(CLIP, AssessOptions(to_s=2.0), on_tracks=lambda tracks: path.write_bytes(pack_tracks(tracks)) and None)


def resident_mb(pid: int | str) -> float:
    """Return the memory of a process, megabytes."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def main(arguments: list[str]) -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=10_000)
    given = parser.parse_args(arguments)
    marks = [mark for mark in (100, 1000, 5000, 10_000) if mark <= given.clips]
    with tempfile.TemporaryDirectory() as name:
        folder, dest = Path(name), Path(name) / "out"
        record(folder / "tracks.npz")
        (folder / "films").mkdir()
        for one in range(given.clips):
            (folder / "films" / f"{one:05d}.mp4").write_bytes(one.to_bytes(8, "big"))
        options, began_s = AssessOptions(video=False), time.monotonic()
        print("clips   driver MB   worker MB   seconds")
        with open_batch(dest):
            pool = PoolExecutor(1, do=partial(do_task, assess=partial(replay, tracks=str(folder / "tracks.npz"))))

            def look(tally: Tally) -> None:
                while marks and tally.done >= marks[0]:
                    worker = resident_mb(pool.pids[0])
                    took_s = time.monotonic() - began_s
                    sizes = f"{resident_mb('self'):9.0f}   {worker:9.0f}"
                    print(f"{marks.pop(0):>5}   {sizes}   {took_s:7.0f}", flush=True)

            print(f"{0:>5}   {resident_mb('self'):9.0f}")
            source = list_source(str(folder / "films"), options, dest=dest)
            BatchRun(source, dest, options, executor=pool, on_look=look).run()
            print(f"{'end':>5}   {resident_mb('self'):9.0f}")
            pool.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
