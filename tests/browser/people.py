"""A clinic with people in it behind a real server: weeks of sessions, made by the service, then looked at today."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions, Drill
from hiphinge.clip.recording import TRACKS_NAME, pack_tracks, reassess
from hiphinge.clip.run import assess_video
from hiphinge.program.history import ClipSeen, SetDone
from hiphinge.report.document import document_bytes
from hiphinge.service.desk import utc_now
from hiphinge.service.grading import grade_reps, middle_measures
from hiphinge.store import Person, open_store
from hiphinge.web.app import create_app
from hiphinge.web.settings import Settings
from tests.browser.running import Running, run_server
from tests.service.clinic import Clinic, Clock

__all__ = ["Past", "fill_clinic", "log_clip", "run_past", "track"]

ROOT = Path(__file__).parents[2]
HINGE = ROOT / "src/hiphinge/data/demo.mp4"
ROUND = ROOT / "tests/data/rounded_left.mp4"
SQUAT = ROOT / "tests/data/squat.mp4"


@dataclass
class Past(Clock):
    """Runs ten seconds at every look until it has caught up; then it is the real one."""

    caught_up: bool = False

    def __call__(self) -> datetime:
        return utc_now() if self.caught_up else super().__call__()


@contextmanager
def run_past(folder: Path, *, weeks: int = 8, **settings: Any) -> Iterator[tuple[Running, Clinic]]:
    """Run the app on a store whose clock stands some weeks ago; set ``clinic.clock.caught_up`` before looking."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = Past(now=utc_now() - timedelta(weeks=weeks))
    with socket.socket() as free, open_store(folder / "store.sqlite3", clock=clock) as store:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        app = create_app(Settings(port=port, **settings), store=store, clock=clock)
        with run_server(app, free):
            yield Running(f"http://127.0.0.1:{port}", app, store), Clinic(store, clock)


@cache
def track(clip: Path) -> ClipTracks:
    """Track a clip for real, once."""
    kept: list[ClipTracks] = []
    assess_video(clip, AssessOptions(video=False), on_tracks=kept.append)
    return kept[0]


def log_clip(
    clinic: Clinic, person: Person, drill: str, clip: Path, *, label: str = "", pain: int = 0, variant: str = "",
    touched: bool | None = None, keep: bool = False,
) -> str:  # fmt: skip
    """Log a rendered clip as the worker would, by its drill's own rules, and return the assessment's id."""
    clinic.number += 1
    found = clinic.desk.drill(drill)
    rules = "hinge" if label == "coached" else "toe_touch" if label == "usual" else found.rules
    tracks = track(clip)
    sha = hashlib.sha256(clip.read_bytes() if keep else f"film {clinic.number}".encode()).hexdigest()
    tracks = replace(tracks, video=replace(tracks.video, sha256=sha, name=f"film-{clinic.number}.mp4"))
    made = reassess(tracks, AssessOptions(drill=cast(Drill, rules)), limits=found.limits)
    number = clinic.store.add_assessment(
        person.id, document_bytes(made), sha256=sha, clip=clip if keep else None, keep_clip=keep,
        files={TRACKS_NAME: pack_tracks(tracks)},
    )  # fmt: skip
    fields: dict[str, Any] = {
        "at": clinic.clock(), "session": clinic.desk.need_session(person), "drill": drill, "assessment": number,
        "outcome": made.verdict.outcome, "measures": middle_measures(made),
    }  # fmt: skip
    if label or found.kind == "screen":
        clinic.desk.record(person, ClipSeen(key=f"clip-{clinic.number}", label=label, pain=pain, **fields))
    else:
        reps = grade_reps(made, found, variant=variant, touched=touched)
        clinic.desk.record(person, SetDone(key=f"set-{clinic.number}", variant=variant, reps=reps, **fields))
        clinic.feel(person, drill, pain=pain)
    return number


def fill_clinic(clinic: Clinic, *, clips: Mapping[str, Path] | None = None) -> dict[str, Person]:
    """Fill a clinic with people of every kind; ``clips`` takes films in the place of stick figures.

    They are ``good``, of at least five reps (else no step is passed), and ``round``.
    """

    def film(person: Person, drill: str, pose: str, **more: Any) -> None:
        pain = more.pop("pain", 0)
        if clips is not None:
            more.pop("n_reps", None)
            log_clip(clinic, person, drill, clips[pose], pain=pain, keep=False, **more)
        else:
            clinic.film(person, drill, pose, pain=pain, **more)

    def begin(name: str, *, pain: int) -> Person:
        person = clinic.begin(name, pain=pain)
        film(person, "toe_touch", "round", label="usual", pain=pain, n_reps=2)
        clinic.desk.leave_out(person, "pelvic_tilt")
        clinic.desk.leave_out(person, "rounding")
        return person

    def again(person: Person, pain: int, *, hours: float = 48) -> None:
        clinic.desk.finish(person)
        clinic.later(hours=20)
        clinic.desk.answer_morning(person, max(0, pain - 1))
        clinic.later(hours=hours - 20)
        clinic.desk.start(person, resting_pain=pain, new_symptoms=False)

    found: dict[str, Person] = {"emil": clinic.desk.add_person("Emil Haugen")}
    dora = found["dora"] = begin("Dora Weiss", pain=2)
    clinic.desk.answer_red_flags(dora, {flag.id: flag.id == "bladder" for flag in clinic.desk.program.red_flags})

    ben = found["ben"] = begin("Ben Okafor", pain=4)
    for _ in range(2):
        film(ben, "wall_hinge", "round", touched=False, n_reps=3, pain=4)
        again(ben, 4)
    film(ben, "wall_hinge", "round", touched=False, n_reps=3, pain=4)
    clinic.desk.finish(ben)

    ana = found["ana"] = begin("Ana Lindqvist", pain=3)
    for pain, drill, pose in (
        (2, "wall_hinge", "good"), (2, "wall_hinge", "good"), (2, "free_hinge", "round"), (1, "free_hinge", "good"),
    ):  # fmt: skip
        for _ in range(2):
            film(ana, drill, pose, n_reps=5, pain=pain, **({"touched": True} if drill == "wall_hinge" else {}))
        again(ana, pain)
    film(ana, "free_hinge", "good", n_reps=5, pain=1)
    session = clinic.desk.need_session(ana)
    again(ana, 1, hours=max(48.0, (utc_now() - clinic.clock.now).total_seconds() / 3600 - 0.5))
    film(ana, "free_hinge", "good", n_reps=5, pain=1)
    clinic.desk.add_note(ana, "The last three felt easy. May I take the kettlebell now?", author=ana.name)
    clinic.desk.add_note(ana, "Looks good. One more set with the weight you have.", author="Kim Novak", session=session)
    return found
