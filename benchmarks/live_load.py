"""Live patients on one core of server: how many frames it reads, how soon it answers, what a set costs.

    python -m benchmarks.live_load [--patients 60] [--seconds 40] [--rate 30] [--restless]

The real server (``hiphinge serve``) runs in a process of its own on the first core; this process plays the phones on
the others. Every phone sends a frame at a time, and mirrors its picture when it is told to. Prints frames, latency from
a frame to the meter that it moved and to the words that it caused, acknowledgements, the server's share of its core,
its memory, and what the engine alone costs against reading frames one by one. With ``--restless`` nobody ever stands
still: half of them sway, half bend again and again, and all are looked at for a stand until the end.
"""

from __future__ import annotations

import os

# As the server does.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import asyncio
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from tests.live.rows import flipped, rows_of_clip
from tests.synthetic import film, script, solve
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from hiphinge.live import Coach, SetPlan, step_together
from hiphinge.live.wire import FRAME, encode_frames, rows_to_tracks
from hiphinge.program import load_program
from hiphinge.service.desk import Desk
from hiphinge.spine import LiveSpine
from hiphinge.store import open_store
from hiphinge.web.tokens import csrf_of, new_token

DRILL = "free_hinge"
#: A scripted set: a stand, then reps of this length (2.4 s down, 0.6 s held, 2 s up, 0.6 s between).
STILL_S, REP_S = 6.0, 5.6
#: Whoever is restless goes to and fro so often in so long.
SWAY_S, N_SWAYS = 10.0, 8
#: Patients begin one after another within so long.
BEGIN_WITHIN_S = 8.0
#: Alone, a set runs for so long before the memory of the server is read.
ALONE_S = 12.0
#: Sets whose words are played again here, to know which frame caused them.
N_REPLAYED = 5
#: The longest that is waited for the last acknowledgement.
DRAIN_S = 10.0


@dataclass
class Film:
    """What a phone sees of one person, plain and mirrored: a stand, then what lies after ``first`` again and again."""

    plain: np.ndarray
    mirrored: np.ndarray
    first: int

    def frame(self, number: int, time_s: float, *, mirror: bool) -> np.ndarray:
        """Return frame ``number``, at this time."""
        rows = self.mirrored if mirror else self.plain
        place = number if number < self.first else self.first + (number - self.first) % (len(rows) - self.first)
        row = rows[place][None].copy()
        row["time_s"] = time_s
        return row


@dataclass
class Phone:
    """One patient's phone and what it saw."""

    live: str
    film: Film
    rate_hz: float
    sent_at: list[float] = field(default_factory=list)
    sent: list[np.ndarray] = field(default_factory=list)
    meters: list[float] = field(default_factory=list)
    words: list[tuple[str, float]] = field(default_factory=list)
    acked: int = 0
    acks: int = 0
    mirror: bool = False
    late_s: float = 0.0
    failed: str = ""

    async def run(self, url: str, cookie: str, seconds: float, wait_s: float) -> None:
        """Film for so long, and wait for the last acknowledgement."""
        await asyncio.sleep(wait_s)
        try:
            async with connect(
                url + self.live, additional_headers={"cookie": cookie}, compression=None, ping_interval=None
            ) as line:
                listening = asyncio.create_task(self._listen(line))
                await self._film(line, seconds)
                deadline = time.perf_counter() + DRAIN_S
                while self.acked < len(self.sent_at) and time.perf_counter() < deadline:
                    await asyncio.sleep(0.05)
                listening.cancel()
                await asyncio.wait([listening])
        except (OSError, WebSocketException) as error:  # one phone's end is not the others'
            self.failed = f"{type(error).__name__}: {error}"

    async def _film(self, line: Any, seconds: float) -> None:
        began = time.perf_counter()
        for number in range(int(seconds * self.rate_hz)):
            due = began + number / self.rate_hz
            now = time.perf_counter()
            if now < due:
                await asyncio.sleep(due - now)
            else:
                self.late_s = max(self.late_s, now - due)
            row = self.film.frame(number, number / self.rate_hz, mirror=self.mirror)
            self.sent.append(row)
            self.sent_at.append(time.perf_counter())
            await line.send(encode_frames(number, row))

    async def _listen(self, line: Any) -> None:
        async for text in line:
            now = time.perf_counter()
            message = json.loads(text)
            kind = message["type"]
            if kind == "meter":
                self.meters.append(now - self.sent_at[message["seq"]])
            elif kind == "ack":
                self.acked, self.acks = message["next_seq"], self.acks + 1
            elif kind in ("rep", "cue", "praise", "phase", "mirror"):
                self.words.append((kind, now))
                self.mirror = message["on"] if kind == "mirror" else self.mirror

    def word_latencies(self) -> list[float]:
        """Play the set again, frame by frame, and return how long after its frame each message came."""
        coach, latencies = Coach(plan()), []
        words = iter(self.words)
        for number, row in enumerate(self.sent):
            for message in coach.step(row):
                if message["type"] == "meter":
                    continue
                kind, at = next(words, ("", 0.0))
                if kind != message["type"]:
                    return latencies
                latencies.append(at - self.sent_at[number])
        return latencies


class Server:
    """``hiphinge serve`` on the first core."""

    def __init__(self, store: Path, core: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        code = "import sys; from hiphinge.cli import main; sys.argv[0] = 'hiphinge'; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "serve", "--store", str(store), "--port", str(port), "--no-worker"],
            stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )  # fmt: skip
        assert self.process.stdout is not None
        found = re.search(r"http://([0-9.:]+)/", self.process.stdout.readline())
        assert found is not None
        self.place = found[1]

    def cpu_s(self) -> float:
        """Seconds of processor time so far."""
        parts = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024  # type: ignore[index]


def plan() -> SetPlan:
    """What every patient does."""
    drill = load_program(None).drill(DRILL)
    return SetPlan(drill=drill, target_reps=50)


def make_films(rate_hz: float) -> list[Film]:
    """Film scripted people, one who hinges and one who rounds."""
    films = []
    for lumbar_deg in (6.0, 45.0):
        bottom = solve(knee=20.0, lean=70.0, lumbar=lumbar_deg)
        clip = film(script(bottom, n_reps=1, still_s=STILL_S, rate_hz=rate_hz))
        rows = rows_of_clip(clip)[: round((STILL_S + REP_S) * rate_hz)]
        films.append(Film(plain=rows, mirrored=flipped(rows), first=round(STILL_S * rate_hz)))
    return films


def make_restless_films(rate_hz: float) -> list[Film]:
    """Film scripted people who never stand still: one sways, one bends without a rest."""
    bottom = solve(knee=20.0, lean=70.0, lumbar=6.0)
    time_s = np.arange(round(SWAY_S * rate_hz)) / rate_hz
    sway = np.sin(2 * np.pi * N_SWAYS * time_s / SWAY_S)
    films = []
    for depth in (0.12 + 0.1 * sway, 0.5 + 0.5 * sway):
        rows = rows_of_clip(film(script(bottom, time_s=time_s, depth=depth)))
        films.append(Film(plain=rows, mirrored=flipped(rows), first=0))
    return films


def make_people(store_file: Path, count: int) -> list[str]:
    """Add so many people, each in an open session with everything answered."""
    with open_store(store_file) as store:
        desk, people = Desk(store, load_program(None)), []
        for number in range(count):
            person = store.add_person(f"Patient {number}")
            desk.answer_red_flags(person, {flag.id: False for flag in desk.program.red_flags})
            desk.take_intake(person, pain=0)
            desk.start(person, resting_pain=0, new_symptoms=False)
            people.append(person.id)
        return people


def begin(server: Server, people: Sequence[str], token: str) -> list[str]:
    """Begin a set for everybody."""
    headers = {"cookie": f"hiphinge={token}", "x-csrf-token": csrf_of(token), "accept": "application/json"}
    patient = httpx2.HTTPTransport(retries=8)
    with httpx2.Client(base_url=f"http://{server.place}", headers=headers, timeout=60, transport=patient) as client:
        answers = [client.post(f"/api/p/{one}/live", json={"drill": DRILL, "reps": 50}) for one in people]
    return [answer.raise_for_status().json()["live"] for answer in answers]


def engine_ms(film_of: Film, patients: int, n_frames: int = 500) -> tuple[float, float]:
    """Core-milliseconds a frame: ``patients`` sets stepped together, and one reading after another of one set."""
    coaches = [Coach(plan()) for _ in range(patients)]
    spent = 0.0
    for k in range(n_frames):
        row = film_of.frame(k, k / 30.0, mirror=coaches[0].mirror)
        began = time.process_time()
        step_together([(coach, row) for coach in coaches])
        spent += time.process_time() - began
    frames = [film_of.frame(k, k / 30.0, mirror=False) for k in range(n_frames)]
    tracks = [rows_to_tracks(row)[:2] for row in frames]
    reader = LiveSpine()
    began = time.process_time()
    for pose, profile in tracks:
        reader.read(pose, profile)
    return 1000 * spent / (n_frames * patients), 1000 * (time.process_time() - began) / n_frames


def spread(values: Sequence[float]) -> str:
    """Median, 95 of 100 and the longest, milliseconds."""
    if not values:
        return "none"
    low, high = np.percentile(values, [50, 95]) * 1000
    return f"p50 {low:6.0f} ms   p95 {high:6.0f} ms   longest {max(values) * 1000:6.0f} ms   ({len(values)})"


async def play(server: Server, phones: Sequence[Phone], cookie: str, seconds: float) -> dict[str, float]:
    """One phone alone, then all of them; return what the server used meanwhile."""
    url = f"ws://{server.place}/ws/live/"
    await phones[0].run(url, cookie, ALONE_S, 0.0)
    alone_mb = server.memory_mb()
    rest = phones[1:]
    before, began = server.cpu_s(), time.perf_counter()
    step_s = BEGIN_WITHIN_S / len(rest)
    await asyncio.gather(*(one.run(url, cookie, seconds, k * step_s) for k, one in enumerate(rest)))
    wall_s = time.perf_counter() - began
    return {
        "alone_mb": alone_mb, "all_mb": server.memory_mb(), "cpu_s": server.cpu_s() - before, "wall_s": wall_s,
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--restless", action="store_true")
    options = parser.parse_args(arguments)
    films = make_restless_films(options.rate) if options.restless else make_films(options.rate)
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="hiphinge-load-") as folder:
        people = make_people(Path(folder) / "store.sqlite3", options.patients + 1)
        server = Server(Path(folder) / "store.sqlite3", cores[0])
        try:
            os.sched_setaffinity(0, set(cores[1:]) or set(cores))
            token = new_token()
            lives = begin(server, people, token)
            phones = [Phone(live, films[k % len(films)], options.rate) for k, live in enumerate(lives)]
            used = asyncio.run(play(server, phones, f"hiphinge={token}", options.seconds))
        finally:
            server.process.terminate()
            server.process.wait(30)
    report(phones[1:], used)
    together, single = engine_ms(films[0], options.patients)
    print(f"engine alone, {options.patients} sets together: {together:.3f} core-ms a frame, {together / single:.2f} of "
          f"reading frames one by one ({single:.3f})")  # fmt: skip
    return 0


def report(phones: Sequence[Phone], used: dict[str, float]) -> None:
    """Print what came of a run."""
    sent, acked = sum(len(one.sent_at) for one in phones), sum(one.acked for one in phones)
    acks, failed = sum(one.acks for one in phones), [one.failed for one in phones if one.failed]
    wall_s, cpu_s, n = used["wall_s"], used["cpu_s"], len(phones)
    words = [one for phone in phones[:N_REPLAYED] for one in phone.word_latencies()]
    a_set = (used["all_mb"] - used["alone_mb"]) / n
    lines = (
        f"{n} patients, {sent} frames of {FRAME.itemsize} bytes in {wall_s:.1f} s: {sent / wall_s:.0f} a second",
        f"acknowledged {acked} in {acks} acknowledgements, lost {sent - acked}; connections that failed: {len(failed)}",
        *failed[:1],
        f"frame to meter      {spread([one for phone in phones for one in phone.meters])}",
        f"frame to words      {spread(words)}",
        f"phones late by at most {1000 * max(one.late_s for one in phones):.0f} ms (this process, not the server)",
        f"server: {100 * cpu_s / wall_s:.0f} % of a core, {1000 * cpu_s / sent:.3f} core-ms a frame with network, disk",
        f"memory: {used['alone_mb']:.0f} MB with one set, {used['all_mb']:.0f} MB with {n + 1}: "
        f"{a_set:.2f} MB a set of {len(phones[0].sent_at)} frames",
    )
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
