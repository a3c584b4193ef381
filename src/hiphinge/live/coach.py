"""The coach of one live set: from the first frame of a room to the last rep.

A pure function of frames and commands in their order, however they were cut into messages: what was stored of a set,
read again, gives the same messages and the same state. Phases: ``view`` (is the whole person in the picture),
``facing`` (which way, asked in both orientations), ``stand`` (the person's own zero), ``ready``, ``moving``, ``done``.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Sequence
from math import ceil
from typing import Any

import numpy as np

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import UsageError
from hiphinge.live.facing import FacingFinder
from hiphinge.live.film import Film
from hiphinge.live.glance import Glance
from hiphinge.live.judging import RepJudge
from hiphinge.live.plan import SetPlan
from hiphinge.live.prompts import Message, Prompter
from hiphinge.live.run import Run
from hiphinge.live.standing import Stand, count_from, seek_still
from hiphinge.live.together import Wanted, step_together
from hiphinge.live.voice import Phase, Voice
from hiphinge.live.watch import TurnWatch, ViewWatch
from hiphinge.live.wire import Rows, rows_to_tracks, stack_rows
from hiphinge.live.words import ADVICE, Words, words_of
from hiphinge.model import Array, VideoInfo
from hiphinge.program.history import RepResult
from hiphinge.sagittal import FacingDecision
from hiphinge.spine import LiveSpine
from hiphinge.spine.network import OUTPUTS

__all__ = ["Coach"]

#: Frames that follow sooner are passed over: no camera is that fast.
_MIN_STEP_S = 0.004
#: What stands in the way of the view is said once it did so for this long.
_ADVISE_S = 0.5
#: A still stand is looked for in every so many-th frame.
_SEEK_EVERY = 4
#: How much shorter than asked a still stand may be.
_STILL_SLACK_S = 0.15
#: The countdown begins after so long.
_STILL_BEGUN_S = 0.2
#: Without a still stand for so long, going on without one is offered.
_PATIENCE_S = 20.0
#: Frames that are kept while the facing is not known.
_KEPT_BEFORE = 150
_UNREAD: Array = np.full(len(OUTPUTS), np.nan)


class Coach:
    """Coaches one set.

    Parameters
    ----------
    plan
        What is done, and by whom.
    """

    def __init__(self, plan: SetPlan) -> None:
        self.plan = plan
        self.mirror = False
        self._voice = Voice()
        self._view, self._turn = ViewWatch(), TurnWatch()
        self._prompter = Prompter(plan)
        self._judge = RepJudge(plan)
        self._phase: Phase = "view"
        self._n = 0
        self._now = -np.inf
        self._wall = plan.wall
        self._size: tuple[int, int] | None = None
        self._restarted = False
        self._finder = FacingFinder()
        self._facing = FacingDecision(None, 0.0)
        self._early: deque[Rows] = deque(maxlen=_KEPT_BEFORE)
        self._film, self._films = Film(), list[Film]()
        self._run: Run | None = None
        self._since, self._stand_s = 0, 0.0
        self._advice: tuple[str, float] = ("", 0.0)

    # --- what it is and was ---

    @property
    def phase(self) -> Phase:
        """Where the set stands."""
        return self._run.phase if self._run is not None else self._phase

    @property
    def results(self) -> tuple[RepResult, ...]:
        """The reps so far, as they were graded while they were done."""
        return tuple(one.result for one in self._judge.judged)

    def state(self) -> dict[str, Any]:
        """Return what a page that connects is told."""
        return {
            "phase": self.phase,
            "mirror": self.mirror,
            "drill": self.plan.drill.id,
            "plan": dict(self.plan.told()),
        }

    def options(self) -> AssessOptions:
        """How ``tracks`` are to be judged; the drill's own limits are ``plan.drill.limits``."""
        return self.plan.options(self._wall)

    def tracks(self) -> ClipTracks:
        """Return what was seen, as the tracks of a clip: of several stretches the one with most reps, then frames.

        Where the facing was never told, they are those of the picture as it came, and nothing is told from them.
        """
        films = [film for film in (*self._films, self._film) if film.n]
        if films:
            film = max(films, key=lambda one: (one.n_reps, one.n))
            rows, facing = film.rows.copy(), self._facing
        else:
            rows, facing = self._plain_rows(), FacingDecision(None, self._facing.confidence)
        if len(rows):
            rows["time_s"] -= rows["time_s"][0]
        pose, profile, camera = rows_to_tracks(rows)
        span_s = float(rows["time_s"][-1]) if len(rows) else 0.0
        info = VideoInfo(
            name="live",
            width_px=pose.width_px,
            height_px=pose.height_px,
            duration_s=span_s,
            rate_hz=(len(rows) - 1) / span_s if span_s > 0 else None,
            codec="live",
            rotation_deg=0,
            is_photograph=False,
            sha256=hashlib.sha256(rows.tobytes()).hexdigest(),
        )
        return ClipTracks(info, pose, profile, camera, facing, ())

    def _plain_rows(self) -> Rows:
        """Latest frames of one kind, unmirrored, from before the facing was told."""
        kept = [row for row in self._early if (int(row["width_px"][0]), int(row["height_px"][0])) == self._size]
        return stack_rows(kept)

    # --- frames ---

    def step(self, rows: Rows) -> list[Message]:
        """Take in the next frames and return what is said; for several sets at once see ``step_together``."""
        return step_together([(self, rows)])[0]

    def walk(self, rows: Rows, glances: Sequence[Glance]) -> Generator[Wanted, tuple[Array, Array], None]:
        """Walk through frames, asking for readings on the way; what is said is taken afterwards (``take``).

        Parameters
        ----------
        rows
            The next frames.
        glances
            Each of them at a glance.

        Yields
        ------
        Wanted
            A reader and the rows that it is to read next; the answer are their values and half-widths,
            ``(rows, len(OUTPUTS))``.
        """
        first, self._n = self._n, self._n + len(rows)
        left = self._pass_over(glances)
        while left:
            glance = glances[left[0]]
            self._now = glance.time_s
            self._look_for_change(glance)
            if self._run is None or self._run.phase == "done":
                self._open(rows[left[0]], glance)
                left = left[1:]
                continue
            batch = self._take_batch(left, glances)
            if not batch:
                self._ask_for_mirror()
                left = left[1:]
                continue
            value, half = yield self._run.reader, batch
            left = left[self._follow(self._run, first, batch, rows, glances, value, half) :]

    def _follow(
        self,
        run: Run,
        first: int,
        batch: Sequence[int],
        rows: Rows,
        glances: Sequence[Glance],
        value: Array,
        half: Array,
    ) -> int:
        """Take in frames that were read; return how many, since the run may end with one of them."""
        for done, at in enumerate(batch):
            self._now = glances[at].time_s
            run.frame(first + at, rows[at], glances[at], value[done], half[done])
            if run.phase == "done" or self._turns_round(glances[at]):
                return done + 1
        return len(batch)

    def take(self) -> list[Message]:
        """Return what was said since the last time."""
        return self._voice.take()

    def _pass_over(self, glances: Sequence[Glance]) -> list[int]:
        """Return the frames that count: later than the one before by what a camera needs."""
        kept, latest = [], self._now
        for at, glance in enumerate(glances):
            self._restarted |= glance.restarted and glance.time_s <= latest + _MIN_STEP_S
            if glance.time_s > latest + _MIN_STEP_S:
                kept.append(at)
                latest = glance.time_s
        return kept

    def _take_batch(self, left: Sequence[int], glances: Sequence[Glance]) -> list[int]:
        """Return the next frames that the same reader reads: up to the next change of camera or orientation."""
        batch: list[int] = []
        for at in left:
            glance = glances[at]
            changed = glance.restarted or (glance.width_px, glance.height_px) != self._size
            if glance.mirrored != self.mirror or (changed and batch):
                break
            batch.append(at)
        return batch

    def _look_for_change(self, glance: Glance) -> None:
        """Begin anew where the camera was started again, or gives pictures of another size."""
        size = (glance.width_px, glance.height_px)
        changed = self._size is not None and (glance.restarted or self._restarted or size != self._size)
        self._size, self._restarted = size, False
        if changed and self.phase != "done":
            self._begin_again("camera")

    def _begin_again(self, why: str) -> None:
        if self._run is not None:
            self._run.close(self._now)
            if self._run.phase == "done":
                return
        if self._film.n:
            self._films.append(self._film)
        self._film, self._run = Film(), None
        self._early.clear()
        self._view.forget()
        self._seek_facing(say=ADVICE[why])

    def _turns_round(self, glance: Glance) -> bool:
        if not glance.seen or not self._turn.add(glance):
            return False
        self._begin_again("turned_round")
        return self._run is None

    # --- before the first rep ---

    def _open(self, row: np.void, glance: Glance) -> None:
        """Take in a frame in which nothing is read yet."""
        if self.phase == "done":
            return
        if self._phase == "view":
            self._look(row, glance)
        elif self._phase == "facing":
            self._ask_facing(row, glance)
        elif glance.mirrored == self.mirror:
            self._watch_stand(row, glance)
        else:
            self._ask_for_mirror()

    def _tell(self, phase: Phase, words: Words, **more: Any) -> None:
        self._phase = phase
        self._voice.phase(phase, words, mirror=self.mirror, time_s=self._now, **more)

    def _look(self, row: np.void, glance: Glance) -> None:
        if not glance.mirrored:
            self._early.append(np.array([row]))
        if not self._advise(self._view.add(glance, canonical=False)) and self._view.is_good:
            self._tell("facing", words_of("side"))
            if self.plan.facing != "auto":
                self._face(FacingDecision(self.plan.facing, 1.0))

    def _advise(self, found: str) -> bool:
        """Say what stands in the way of the view once it did so for a while; true while something does."""
        if found != self._advice[0]:
            self._advice = (found, self._now)
        if found and self._now - self._advice[1] >= _ADVISE_S:
            self._tell(self._phase, ADVICE[found], advice=(ADVICE[found].show,))
        elif not self._voice.has_spoken:
            self._tell("view", words_of("look"))
        return bool(found)

    def _ask_facing(self, row: np.void, glance: Glance) -> None:
        found = self._view.add(glance, canonical=False)
        if found and not self._view.is_good and self._advise(found):
            return
        if not glance.mirrored:
            self._early.append(np.array([row]))
        decision = self._finder.add(np.array([row]), glance)
        self._set_mirror(self._finder.wants_mirror)
        if decision is not None:
            self._face(decision)
        elif self._finder.asks_again(self._now):
            self._ask_for_mirror()

    def _face(self, decision: FacingDecision) -> None:
        self._facing = decision
        if decision.facing is None:
            self._seek_facing(say=ADVICE["facing"])
            return
        self._judge.facing = decision
        self._set_mirror(decision.facing == "left")
        self._seek_stand()

    def _seek_facing(self, *, say: Words) -> None:
        self._finder = FacingFinder()
        self._set_mirror(False)
        self._view.forget()
        self._turn = TurnWatch()
        self._tell("view", say, advice=(say.show,))

    def _set_mirror(self, on: bool) -> None:
        if on != self.mirror:
            self.mirror = on
            self._ask_for_mirror()

    def _ask_for_mirror(self) -> None:
        """Tell the browser how to draw the picture, at most every other second."""
        if self._voice.may_ask_mirror(self.mirror, self._now):
            self._voice.put({"type": "mirror", "on": self.mirror})

    # --- the still stand ---

    def _seek_stand(self) -> None:
        self._run = None
        self._since, self._stand_s = self._film.n, self._now
        self._turn, self._advice = TurnWatch(), ("", self._now)
        self._view.forget()
        self._tell("stand", words_of("stand"))

    def _watch_stand(self, row: np.void, glance: Glance) -> None:
        self._film.add(row, _UNREAD, _UNREAD)
        if self._turns_round(glance):
            return
        if self._advise(self._view.add(glance, canonical=True)) or (self._film.n - self._since) % _SEEK_EVERY:
            return
        found = seek_still(self._film, since=self._since)
        if found.rows is not None and (found.over or found.still_s >= self.plan.countdown_s - _STILL_SLACK_S):
            self._count_from(found.rows)
        elif found.still_s >= _STILL_BEGUN_S:
            seconds = max(1, ceil(self.plan.countdown_s - found.still_s))
            words = words_of("count", count=seconds, seconds=seconds)
            self._tell("stand", words, countdown_s=seconds)
        elif self._now - self._stand_s >= _PATIENCE_S:
            self._tell("stand", ADVICE["no_stand"], advice=(ADVICE["no_stand"].show,), offer="start")
        else:
            key = "still" if found.upright else "upright"
            self._tell("stand", ADVICE[key], advice=(ADVICE[key].show,))

    def _count_from(self, rows: slice) -> None:
        stand = count_from(self._film, rows)
        if stand is None:
            self._since = self._film.n
            self._tell("stand", ADVICE["hand"], advice=(ADVICE["hand"].show,))
            return
        self._run = self._make_run(stand.reader, stand)
        self._tell("ready", words_of("ready", reps=self.plan.target_reps))

    def _make_run(self, reader: LiveSpine, stand: Stand | None) -> Run:
        return Run(
            self.plan, self._film, stand, reader, wall_px=self._wall_px(), mirror=self.mirror, judge=self._judge,
            prompter=self._prompter, voice=self._voice,
        )  # fmt: skip

    def _wall_px(self) -> float | None:
        if self._wall is None or self._size is None:
            return None
        return (1.0 - self._wall if self.mirror else self._wall) * self._size[0]

    # --- commands ---

    def command(self, name: str, value: object = None) -> list[Message]:
        """Obey a command of the person and return what is said.

        Parameters
        ----------
        name
            ``start``: begin; while a still stand is sought, go on without one. ``stop``: end the set. ``calibrate``:
            stand still once more. ``wall``: the wall's place, a share of the unmirrored picture's width, or None.
            ``again``: say the latest words again. ``feel_skip``: nothing here.

        Raises
        ------
        UsageError
            There is no such command, or its value cannot be used.
        """
        match name:
            case "start":
                self._go_on_without()
            case "stop":
                self._stop()
            case "calibrate":
                self._calibrate()
            case "wall":
                self._place_wall(value)
            case "again":
                self._voice.again()
            case "feel_skip":
                pass
            case _:
                raise UsageError(
                    f"There is no command {name[:40]!r}.", expected="start, stop, calibrate, wall, again or feel_skip"
                )
        return self.take()

    def _go_on_without(self) -> None:
        if self.phase != "stand" or not self._film.n:
            return
        self._run = self._make_run(LiveSpine(), None)
        self._tell("ready", words_of("ready_bare"))

    def _stop(self) -> None:
        if self.phase == "done":
            return
        if self._run is not None:
            self._run.close(self._now)
            self._run.stop(self._now)
        else:
            self._tell("done", words_of("stopped"))

    def _calibrate(self) -> None:
        if self._run is not None or self._phase == "stand":
            if self._run is not None:
                self._run.close(self._now)
            self._seek_stand()

    def _place_wall(self, value: object) -> None:
        if value is not None and not (
            isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
        ):
            raise UsageError(f"The wall's place is {value!r:.40}.", expected="a share of the width, 0 to 1, or null")
        self._wall = None if value is None else float(value)
        if self._run is not None:
            self._run.wall_px = self._wall_px()
