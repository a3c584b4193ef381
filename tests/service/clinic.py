"""A clinic with people in it: logs of weeks, with clips whose numbers are kept, made by the service itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions, Drill
from hiphinge.clip.recording import TRACKS_NAME, pack_tracks, reassess
from hiphinge.model import Assessment
from hiphinge.program import load_program
from hiphinge.program.history import ClipSeen, FeelLog, SetDone
from hiphinge.report.document import document_bytes
from hiphinge.service.desk import Desk
from hiphinge.service.grading import grade_reps, middle_measures
from hiphinge.store import Person, Store, open_store
from tests.clip.clips import tracks_of
from tests.synthetic import PERFECT, ROUNDED, film, script

POSES = {
    "good": PERFECT,
    "round": ROUNDED,
}


@cache
def tracks_for(pose: str, n_reps: int, mirrored: bool = False) -> ClipTracks:
    """Return what would be seen of ``n_reps`` bends."""
    tracks = tracks_of(film(script(POSES[pose], n_reps=n_reps, rate_hz=10.0)))
    if not mirrored:
        return tracks
    return replace(tracks, pose=replace(tracks.pose, mirrored=True), facing=replace(tracks.facing, facing="left"))


@cache
def judge(pose: str, n_reps: int, rules: str, mirrored: bool = False) -> Assessment:
    """Return what would be said of them."""
    return replace(reassess(tracks_for(pose, n_reps, mirrored), AssessOptions(drill=cast(Drill, rules))), evidence=None)


@dataclass
class Clock:
    """A clock that the test moves; ten seconds go by with every look."""

    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=10)
        return self.now


@dataclass
class Clinic:
    """A store with a desk and a clock."""

    store: Store
    clock: Clock
    number: int = 0
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = Desk(self.store, load_program(), program_sha="0" * 64, clock=self.clock)

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Clinic]:
        """A clinic in an empty folder."""
        clock = Clock()
        with open_store(folder / "store.sqlite3", clock=clock) as store:
            yield cls(store, clock)

    def later(self, **span: float) -> None:
        self.clock.now += timedelta(**span)

    def begin(self, name: str, *, pain: int = 1) -> Person:
        """Add somebody, with an open first session and every question answered."""
        person = self.desk.add_person(name)
        self.desk.start(person, resting_pain=pain)
        self.desk.answer_red_flags(person, {flag.id: False for flag in self.desk.program.red_flags})
        self.desk.take_intake(person, pain=pain, places=("low_back",) if pain else (), goal="lift my daughter")
        return person

    def film(
        self, person: Person, drill: str, pose: str, *, n_reps: int = 3, label: str = "", pain: int = 1,
        variant: str = "", touched: bool | None = None, kept: Path | None = None, recorded: bool = True,
        mirrored: bool = False,
    ) -> str:  # fmt: skip
        """Log a clip, as the worker would, and return the assessment's id."""
        self.number += 1
        found = self.desk.drill(drill)
        tracks = tracks_for(pose, n_reps, mirrored)
        sha = hashlib.sha256(f"film {self.number}".encode() if kept is None else kept.read_bytes()).hexdigest()
        made = judge(pose, n_reps, found.rules, mirrored)
        made = replace(made, video=replace(made.video, sha256=sha, name=f"film-{self.number}.mp4"))
        number = self.store.add_assessment(
            person.id, document_bytes(made), sha256=sha, clip=kept, keep_clip=kept is not None,
            files={TRACKS_NAME: pack_tracks(replace(tracks, video=made.video))} if recorded else None,
        )  # fmt: skip
        session = self.desk.need_session(person)
        fields: dict[str, Any] = {"at": self.clock(), "session": session, "drill": drill, "assessment": number}
        fields |= {"outcome": made.verdict.outcome, "measures": middle_measures(made)}
        if label or found.kind == "screen":
            self.desk.record(person, ClipSeen(key=f"clip-{self.number}", label=label, pain=pain, **fields))
            return number
        reps = grade_reps(made, found, variant=variant, touched=touched)
        self.desk.record(person, SetDone(key=f"set-{self.number}", variant=variant, reps=reps, **fields))
        self.feel(person, drill, pain=pain)
        return number

    def feel(self, person: Person, drill: str, *, pain: int = 1) -> None:
        """Say how a set felt."""
        self.number += 1
        self.desk.record(
            person,
            FeelLog(
                key=f"feel-{self.number}", at=self.clock(), session=self.desk.need_session(person), drill=drill,
                effort=("hamstrings",), pain=pain, pain_places=("low_back",) if pain else (), new_numbness=False,
            ),
        )  # fmt: skip

    def screened(self, name: str, *, pain: int = 1) -> Person:
        """Add somebody who has done the first look."""
        person = self.begin(name, pain=pain)
        self.film(person, "toe_touch", "round", label="usual", pain=pain, n_reps=2)
        self.desk.leave_out(person, "pelvic_tilt")
        self.desk.leave_out(person, "rounding")
        return person
