"""A household on the web: a person, a clock that the test moves, and scripted films that any browser can send."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from hiphinge.clip.options import AssessOptions, ProgressCallback
from hiphinge.errors import StoreError
from hiphinge.model import Assessment
from hiphinge.program.history import Event
from hiphinge.service.jobs import JobRunner
from hiphinge.store import Person, Store, open_store
from hiphinge.video import open_video
from tests.clip.clips import assess_clip
from tests.synthetic import PERFECT, ROUNDED, SQUAT, film, script, solve
from tests.web.clients import Browser, home_app

__all__ = ["House", "make_film", "open_house"]

_POSES = {
    "good": PERFECT, "round": ROUNDED, "squat": SQUAT, "touch": solve(knee=5, lean=90, lumbar=40, thoracic=20),
}  # fmt: skip


@cache
def _assess(pose: str, drill: str, n_reps: int) -> Assessment:
    return assess_clip(film(script(_POSES[pose], n_reps=n_reps, rate_hz=10.0)), drill=drill)


@cache
def make_film(number: int = 0, *, seconds: float = 0.6, rate_hz: int = 10) -> bytes:
    """A real, tiny film; each number another one."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=rate_hz)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(max(1, round(seconds * rate_hz))):
            picture = np.full((48, 64, 3), (37 * number + 5 * k) % 255, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return out.getvalue()


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """Open a household, and close its store at the end."""
    house = House(folder)
    with house.store:
        yield house


@dataclass
class House:
    """A home installation with one person; ``plan`` says what is seen in the next films, such as ``good-5``."""

    folder: Path
    now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    plan: list[str | BaseException] = field(default_factory=list)
    seen: list[AssessOptions] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self.store: Store = open_store(self.folder / "store.sqlite3", clock=self.clock)
        self.person: Person = self.store.add_person("Ana")
        self.app = home_app(self.store, clock=self.clock, runner=self.look)
        self.browser = Browser(self.app)

    def clock(self) -> datetime:
        """A second goes by at every look."""
        self.now += timedelta(seconds=1)
        return self.now

    def sleep(self, hours: float) -> None:
        """Let time go by."""
        self.now += timedelta(hours=hours)

    def look(
        self, path: Path, options: AssessOptions, *, name: str | None = None, progress: ProgressCallback | None = None
    ) -> Assessment:
        """Look at a film as a runner does."""
        self.seen.append(options)
        planned = self.plan.pop(0) if self.plan else "good-5"
        if isinstance(planned, BaseException):
            raise planned
        pose, number = planned.split("-")
        made = _assess(pose, options.drill, int(number))
        with open_video(path) as reader:
            return replace(made, video=reader.info)

    @property
    def base(self) -> str:
        """Where the person's pages are."""
        return f"/p/{self.person.id}"

    def get(self, page: str, status: int = 200) -> str:
        """Open a page of the person."""
        answer = self.browser.get(f"{self.base}/{page}")
        assert answer.status_code == status, _said(answer)
        return answer.text

    def post(self, page: str, status: int = 303, /, **fields: Any) -> Any:
        """Send a form of the person."""
        answer = self.browser.post(f"{self.base}/{page}", data=fields)
        assert answer.status_code == status, _said(answer)
        return answer

    def follow(self, answer: Any) -> str:
        """Open the page that an answer leads to."""
        found = self.browser.get(answer.headers["location"])
        while found.status_code == 303:
            found = self.browser.get(found.headers["location"])
        assert found.status_code == 200, found.text
        return found.text

    def no_flags(self) -> dict[str, str]:
        """No to every red-flag question that the page asks."""
        names = dict.fromkeys(re.findall(r'<fieldset class="field yesno" id="f-(\w+)"', self.get("questions")))
        return dict.fromkeys(names, "no")

    def begin(self, **fields: Any) -> None:
        """Answer the red flags with no, open a session and say how it began."""
        self.post("begin", **{"resting_pain": "0", **fields})
        self.post("questions", **self.no_flags())
        self.post("intake", places="low_back", goal="lift my child")

    def skip_screens(self) -> None:
        """Leave the screens out, so that the wall hinge is due."""
        for drill in ("toe_touch", "pelvic_tilt"):
            self.post("leave-out", drill=drill)

    def send(self, status: int = 303, /, *, film: bytes | None = None, **fields: Any) -> Any:
        """Send a film with a plain form."""
        self.sent += 1
        content = make_film(self.sent) if film is None else film
        answer = self.browser.post(
            f"{self.base}/upload", data=fields, files={"film": ("../IMG_1.MOV", content, "video/quicktime")}
        )
        assert answer.status_code == status, _said(answer)
        return answer

    def work(self) -> int:
        """Look at every film that waits."""
        runner = JobRunner(self.store, self.app.state.hiphinge.desk, beat_s=0.02)
        done = 0
        while runner.run_once():
            done += 1
        return done

    def events(self) -> tuple[Event, ...]:
        """Return the log."""
        return self.store.history(self.person.id, now=self.clock()).events

    def gone(self, upload: str) -> bool:
        """Whether nothing is left of an upload."""
        try:
            self.store.upload(upload)
        except StoreError:
            return not list(self.store.upload_folder().glob(f"{upload}*"))
        return False


def _said(answer: Any) -> str:
    """What the page itself says."""
    return re.sub(r"<[^>]+>|\s+", " ", answer.text.split("<main")[-1])
